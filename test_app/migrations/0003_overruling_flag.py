from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("test_app", "0002_tailored_flag"),
    ]

    operations = [
        migrations.CreateModel(
            name="OverrulingFlag",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("test_app.tailoredflag",),
        ),
    ]
