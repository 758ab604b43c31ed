"""The tables of django-waffle, column by column: a database that it made has this migration as applied."""

from __future__ import annotations

import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Sample",
            fields=[
                (
                    "id",
                    models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The name that code and templates use.",
                        max_length=100,
                        unique=True,
                        verbose_name="name",
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(
                        decimal_places=1,
                        help_text="On in this share of all checks, from 0.0 to 100.0.",
                        max_digits=4,
                        verbose_name="percent",
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True,
                        help_text="What it is for, and when it can be removed.",
                        verbose_name="note",
                    ),
                ),
                (
                    "created",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="modified"),
                ),
            ],
            options={
                "verbose_name": "sample",
                "verbose_name_plural": "samples",
                "abstract": False,
                "swappable": "WAFFLE_SAMPLE_MODEL",
            },
        ),
        migrations.CreateModel(
            name="Switch",
            fields=[
                (
                    "id",
                    models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The name that code and templates use.",
                        max_length=100,
                        unique=True,
                        verbose_name="name",
                    ),
                ),
                (
                    "active",
                    models.BooleanField(
                        default=False, help_text="Whether this switch is on.", verbose_name="active"
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True,
                        help_text="What it is for, and when it can be removed.",
                        verbose_name="note",
                    ),
                ),
                (
                    "created",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="modified"),
                ),
            ],
            options={
                "verbose_name": "switch",
                "verbose_name_plural": "switches",
                "abstract": False,
                "swappable": "WAFFLE_SWITCH_MODEL",
            },
        ),
        migrations.CreateModel(
            name="Flag",
            fields=[
                (
                    "id",
                    models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The name that code and templates use.",
                        max_length=100,
                        unique=True,
                        verbose_name="name",
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=1,
                        help_text="On for this share of everyone else, from 0.1 to 99.9. Each of them keeps the answer.",
                        max_digits=3,
                        null=True,
                        verbose_name="percent",
                    ),
                ),
                (
                    "testing",
                    models.BooleanField(
                        default=False,
                        help_text="Let a query string, a header or a cookie turn this flag on or off for one visitor.",
                        verbose_name="testing",
                    ),
                ),
                (
                    "superusers",
                    models.BooleanField(
                        default=True, help_text="On for superusers.", verbose_name="superusers"
                    ),
                ),
                (
                    "staff",
                    models.BooleanField(default=False, help_text="On for staff.", verbose_name="staff"),
                ),
                (
                    "authenticated",
                    models.BooleanField(
                        default=False,
                        help_text="On for everyone who is signed in.",
                        verbose_name="authenticated",
                    ),
                ),
                (
                    "languages",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="On for requests in one of these languages: codes separated by commas, such as de,pt-br.",
                        verbose_name="languages",
                    ),
                ),
                (
                    "rollout",
                    models.BooleanField(
                        default=False,
                        help_text="Draw again in the next session for those who did not get it, so that the share grows.",
                        verbose_name="rollout",
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True,
                        help_text="What it is for, and when it can be removed.",
                        verbose_name="note",
                    ),
                ),
                (
                    "created",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="modified"),
                ),
                (
                    "everyone",
                    models.BooleanField(
                        blank=True,
                        help_text="Yes or No decides for everyone, before anything below. Choose Unknown to let the rest decide.",
                        null=True,
                        verbose_name="everyone",
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="On for members of these groups.",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "users",
                    models.ManyToManyField(
                        blank=True,
                        help_text="On for these users.",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="users",
                    ),
                ),
            ],
            options={
                "verbose_name": "flag",
                "verbose_name_plural": "flags",
                "abstract": False,
                "swappable": "WAFFLE_FLAG_MODEL",
            },
        ),
    ]
