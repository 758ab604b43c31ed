"""What the demo's database holds."""

from __future__ import annotations

from io import StringIO

from django.contrib.auth.models import Group, User
from django.core.management import call_command

from waffle import get_waffle_flag_model

PASSWORD = "waffles"

GROUP = "regulars"

USERS = {
    "lisa": "whom birthday_cake lists",
    "gina": f"in the group {GROUP}, which regulars_table lists",
    "sam": "staff",
    "admin": "superuser",
}

COMMANDS = (
    "waffle_flag house_waffle --create --everyone",
    "waffle_flag snow_waffle --create --deactivate --staff",
    "waffle_flag jam_to_go --create --authenticated",
    "waffle_flag birthday_cake --create --user lisa",
    f"waffle_flag regulars_table --create --group {GROUP}",
    "waffle_flag staff_meal --create --staff",
    "waffle_flag chefs_table --create --superusers",
    "waffle_flag german_menu --create",
    "waffle_flag new_batter --create --percent 50",
    "waffle_flag secret_sauce --create --testing",
    "waffle_switch happy_hour on --create",
    "waffle_sample free_coffee 25 --create",
)

LANGUAGE = "de"


def fill() -> None:
    """Make the tables, and put everything in."""
    call_command("migrate", verbosity=0)
    _add_users()
    for line in COMMANDS:
        command, *arguments = line.split()
        call_command(command, *arguments, stdout=StringIO())
    # The command has no option for languages; the admin has the field.
    get_waffle_flag_model().objects.filter(name="german_menu").update(languages=LANGUAGE)


def _add_users() -> None:
    group = Group.objects.create(name=GROUP)
    User.objects.create_user("lisa", password=PASSWORD)
    User.objects.create_user("gina", password=PASSWORD).groups.add(group)
    User.objects.create_user("sam", password=PASSWORD, is_staff=True)
    User.objects.create_superuser("admin", password=PASSWORD)
