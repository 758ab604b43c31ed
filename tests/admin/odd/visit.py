"""Visits every page of the admin in that project, does what can be done there, and prints what came of it."""

from __future__ import annotations

import json
import re
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402  # the project is there now
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.urls import reverse  # noqa: E402

from tests.admin.odd.models import Feature, Fuse, Member  # noqa: E402
from waffle import history  # noqa: E402
from waffle.models import Sample  # noqa: E402

setup_test_environment()
call_command("migrate", run_syncdb=True, verbosity=0)
call_command("check", fail_level="WARNING", verbosity=0)
root, ada = (
    Member.objects.create_superuser("root@example.org"),
    Member.objects.create(email="ada@example.org"),
)
flag = Feature.objects.create(code="a/b_c", name="x")
switch, sample = Fuse.objects.create(name="s/1"), Sample.objects.create(name="m", percent=5)
client = Client()
client.force_login(root)  # type: ignore[arg-type]  # the stubs know of one model of users
told: dict[str, Any] = {}  # Any: what JSON takes


# Any, from here on: responses, with what a test client hangs on them.
def at(model: Any, page: str, *arguments: Any) -> str:
    from django.contrib.admin.utils import quote

    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    return reverse(name, args=[quote(argument) for argument in arguments])


def seen(name: str, url: str, **query: str) -> Any:
    response = client.get(url, query)
    told[name] = response.status_code
    return response


def pressed(model: Any, choice: str) -> None:
    page = client.get(at(model, "changelist")).content.decode()
    url, value = next(
        found
        for found in re.findall(r'<button[^>]*formaction="([^"]*)"[^>]*value="([^"]*)"', page)
        if found[1].startswith(choice)
    )
    client.post(url.replace("&amp;", "&"), {"flip": value})


for model, toggle in ((Feature, flag), (Fuse, switch), (Sample, sample)):
    label = model.__name__
    seen(f"{label} list", at(model, "changelist"), q=toggle.name[0])
    seen(f"{label} page", at(model, "change", toggle.pk))
    seen(f"{label} history", at(model, "history", toggle.pk))
    seen(f"{label} add", at(model, "add"))
    seen(f"{label} delete", at(model, "delete", toggle.pk))
    pressed(model, "on")
    change = history.changes().first()
    told[f"{label} flipped"] = (change.user == root, change.user_label, change.object_id)
    seen(f"{label} change", at(history.changes().model, "change", change.pk))
    client.post(reverse("admin:waffle_change_revert", args=[change.pk]))
    told[f"{label} reverted"] = history.changes().first().reverts_id == change.pk

members = at(Feature, "members", flag.pk, "users")
preview = client.post(members, {"_preview": "1", "names": "ada@example.org\nnobody@example.org"})
told["preview"] = (len(preview.context["found"]), preview.context["unknown"])
client.post(members, {"_add": "1", "previewed": preview.context["keys"]})
told["listed"] = [str(member) for member in flag.users.all()]
seen("members", members, q="ada")
seen("groups", at(Feature, "members", flag.pk, "groups"))
page = seen("why", at(Feature, "why", flag.pk), user="ada@example.org")
told["decides"] = [step.label for step in page.context["steps"] if step.decides]
page = seen("flags", reverse("admin:waffle_why"), key=str(ada.pk))
told["decided"] = [(row.name, row.active) for row in page.context["rows"]]
field = {"app_label": "odd", "model_name": "feature", "field_name": "users"}
found = client.get(reverse("admin:autocomplete"), {**field, "term": "ada"}).json()
told["searched"] = [row["id"] for row in found["results"]] == [str(ada.pk)]
form = {"code": flag.pk, "name": "x", "everyone": "unknown", "note": "new", "users": f"{root.pk}"}
effect = client.post(at(Feature, "change", flag.pk), {**form, "_effect": "1"})
told["effect"] = effect.context["effect"].sentence
told["saved"] = client.post(at(Feature, "change", flag.pk), form).status_code
flag.refresh_from_db()
told["saved"] = (told["saved"], flag.note, [str(member) for member in flag.users.all()])
told["deleted"] = client.post(at(Feature, "delete", flag.pk), {"post": "yes"}).status_code
client.post(reverse("admin:waffle_change_revert", args=[history.changes().first().pk]))
anew = Feature.objects.get()
told["made anew"] = [anew.pk, [str(member) for member in anew.users.all()]]
seen("changes", at(history.changes().model, "changelist"))
told["header"] = "Back office" in client.get(reverse("admin:index")).content.decode()
print(json.dumps(told))
