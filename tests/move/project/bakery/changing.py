"""Changes by all that a site has: the admin, commands, models."""

from __future__ import annotations

import io
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

import waffle

from .visiting import instrumented

COMMANDS = [
    "waffle_flag users --user bob --append",
    "waffle_flag groups --group strangers",
    "waffle_flag some-staff --everyone",
    "waffle_switch oven on",
    "waffle_sample always 25.5",
    "waffle_sample always 100",
    "waffle_delete --flags spare",
]


def change() -> None:
    """Change something in every way."""
    with instrumented():
        by_admin()
    for command in COMMANDS:
        call_command(*command.split(), stdout=io.StringIO())
    by_models()


def by_admin() -> None:
    """Use the admin's forms and actions."""
    flags, switches, samples = (
        waffle.get_waffle_flag_model(),
        waffle.get_waffle_switch_model(),
        waffle.get_waffle_sample_model(),
    )
    client = Client()
    client.force_login(User.objects.get(username="dora"))
    submit(client, flags, "staff", everyone="true", note="by the admin")
    submit(client, flags, "ünïcode ☃", users=str(User.objects.get(username="emil").pk))
    submit(client, flags, "testing", testing=None)
    submit(client, samples, "never", percent="100.0")
    act(client, flags, "enable_for_all", "nothing", "superusers")
    act(client, flags, "disable_for_all", "with space")
    act(client, flags, "delete_individually", "</script>")
    act(client, switches, "disable_switches", "with space", "shop")
    act(client, switches, "enable_switches", "it's off")
    act(client, switches, "delete_individually", "spare")


# Any, from here on: models are the site's own, and forms hold values of many types.
def submit(client: Client, model: Any, name: str, **changes: str | None) -> None:
    """Send the form of a toggle with some fields changed; None stands for a box without its tick."""
    address = reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk(model, name)]
    )
    form = client.get(address).context["adminform"].form
    filled = {field.html_name: _sent(form, field) for field in form}
    sent = {key: value for key, value in {**filled, **changes}.items() if value is not None}
    response = client.post(address, sent)
    assert response.status_code == 302, response.context["errors"]


def _sent(form: Any, field: Any) -> Any:
    """Return what a browser sends for a field that nobody has touched."""
    if field.widget_type.endswith("manytomanyrawid"):
        return ",".join(str(each.pk) for each in getattr(form.instance, field.name).all())
    if field.widget_type == "checkbox":
        return "on" if field.value() else None
    value = field.value()
    if field.widget_type == "nullboolean":
        return {True: "true", False: "false", None: "unknown"}[value]
    return [getattr(each, "pk", each) for each in value] if isinstance(value, list) else value


def act(client: Client, model: Any, action: str, *names: str) -> None:
    """Tick some toggles, and do something with them."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    response = client.post(
        address, {"action": action, "_selected_action": [pk(model, name) for name in names]}
    )
    assert response.status_code == 302, action


def pk(model: Any, name: str) -> int:
    return int(model.objects.get(name=name).pk)


def by_models() -> None:
    """Use the models: save, update, rename, delete, create, and lists from either side."""
    flags = waffle.get_waffle_flag_model().objects
    users = {user.username: user for user in User.objects.all()}
    flags.filter(name="language").update(languages="pt-br")
    flags.filter(name="dots.and-dashes_").update(percent=None)
    flags.bulk_create([flags.model(name="new", staff=True), flags.model(name="new, too", everyone=True)])
    renamed = flags.get(name="it's")
    renamed.name = "it is"
    renamed.save()
    flags.get(name="semi;colon, comma").delete()
    flags.get(name="list").users.remove(users["ada"])
    users["emil"].groups.add(Group.objects.get(name="strangers"))
    # The site's own name for the other side of the list.
    getattr(users["emil"], f"{flags.model._meta.model_name}_set").add(flags.get(name="list"))
    Group.objects.get(name="tasters").delete()
    waffle.get_waffle_switch_model().objects.create(name="new", active=True)
    if hasattr(flags.model, "clubs"):
        flags.get(name="clubs").clubs.clear()
