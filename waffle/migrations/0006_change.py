"""The history of changes, in a table of its own. It refers to no other: whoever goes back may leave it there."""

from __future__ import annotations

import django.core.serializers.json
import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("waffle", "0005_stamp"),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="time"
                    ),
                ),
                ("user_id", models.CharField(blank=True, max_length=255, verbose_name="key of the user")),
                ("user_label", models.CharField(blank=True, max_length=255, verbose_name="user")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("admin", "Admin"),
                            ("command", "Command"),
                            ("code", "Code"),
                            ("migration", "Migration"),
                            ("test", "Test"),
                        ],
                        max_length=20,
                        verbose_name="source",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("flag", "Flag"), ("switch", "Switch"), ("sample", "Sample")],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=255, verbose_name="name")),
                ("object_id", models.CharField(max_length=255, verbose_name="key")),
                (
                    "action",
                    models.CharField(
                        choices=[("created", "created"), ("changed", "changed"), ("deleted", "deleted")],
                        max_length=20,
                        verbose_name="action",
                    ),
                ),
                (
                    "before",
                    models.JSONField(
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        verbose_name="before",
                    ),
                ),
                (
                    "after",
                    models.JSONField(
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        verbose_name="after",
                    ),
                ),
                ("comment", models.TextField(blank=True, verbose_name="comment")),
                (
                    "reverts",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="waffle.change",
                        verbose_name="reverts",
                    ),
                ),
            ],
            options={
                "verbose_name": "change",
                "verbose_name_plural": "changes",
                "db_table": "waffle_change",
                "ordering": ("-id",),
                "default_permissions": ("view",),
                "required_db_features": ("supports_json_field",),
                "base_manager_name": "objects",
                "default_manager_name": "none",
                "indexes": [
                    models.Index(fields=["kind", "object_id"], name="waffle_change_object"),
                    models.Index(fields=["kind", "name"], name="waffle_change_name"),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("none", django.db.models.manager.Manager()),
            ],
        ),
    ]
