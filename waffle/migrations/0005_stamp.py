"""The stamp. Its row comes with the first change: a row made here would not outlive a flush."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("waffle", "0004_update_everyone_nullbooleanfield")]

    operations = [
        migrations.CreateModel(
            name="Stamp",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("version", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "stamp",
                "verbose_name_plural": "stamps",
                "db_table": "waffle_stamp",
                "base_manager_name": "objects",
                "default_permissions": (),
            },
        ),
    ]
