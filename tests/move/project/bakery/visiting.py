"""Visits to the site, by real requests; browsers keep their cookies in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.test.utils import setup_test_environment, teardown_test_environment

from .people import VISITORS, Visitor
from .settings import FOLDER

JARS = FOLDER / "cookies.json"
ROOMS = ("staff", "public", "shop", "closed", "flag", "switch", "sample")


@contextmanager
def instrumented() -> Iterator[None]:
    """Let responses tell what their templates were given."""
    setup_test_environment()
    try:
        yield
    finally:
        teardown_test_environment()


# Any: an answer is whatever a page shows.
def visit_all() -> dict[str, dict[str, Any]]:
    """Return what everybody has seen, and the cookies of each browser afterwards."""
    jars = json.loads(JARS.read_text()) if JARS.exists() else {}
    answers = {}
    with instrumented():
        for name, visitor in VISITORS.items():
            client = open_browser(visitor, jars.get(name))
            answers.update({f"{name}: {what}": answer for what, answer in visit(client, visitor)})
            jars[name] = {key: morsel.value for key, morsel in sorted(client.cookies.items())}
    JARS.write_text(json.dumps(jars, indent=1))
    cookies = {f"{name}: {key}": value for name in jars for key, value in jars[name].items()}
    return {"answers": answers, "cookies": cookies}


def open_browser(visitor: Visitor, jar: dict[str, str] | None) -> Client:
    """Return a browser with its cookies; at its first visit it has none, and signs in."""
    client = Client(headers=visitor.headers)
    for name, value in (jar or {}).items():
        client.cookies[name] = value
    if jar is None and visitor.user:
        client.force_login(User.objects.get(username=visitor.user))
    if jar is None:
        client.get(f"/asked/?{visitor.first}")
    return client


def visit(client: Client, visitor: Visitor) -> Iterator[tuple[str, Any]]:
    """Look at every page."""
    query = f"?{visitor.query}"
    yield from client.get(f"/asked/{query}").json().items()
    for line in client.get(f"/shown/{query}").content.decode().splitlines():
        if line.strip():
            yield f"shown, {line.rpartition(': ')[0]}", line.rpartition(": ")[2]
    status = client.get(f"/waffle_status{query}").json()
    for kind, toggles in status.items():
        yield from ((f"status, {kind} {name}", toggle["is_active"]) for name, toggle in toggles.items())
    script = client.get(f"/wafflejs{query}")
    for kind in ("flags", "switches", "samples"):
        yield from ((f"script, {kind} {name}", bool(active)) for name, active in script.context[kind])
    for name in ROOMS:
        response = client.get(f"/rooms/{name}/{query}")
        yield f"room {name}", [response.status_code, response.headers.get("Location")]
