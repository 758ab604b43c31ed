"""Changes no column: databases that django-waffle has made know a migration of this name."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("waffle", "0001_initial")]
