"""What the tests in a browser go by: the policy is in force, problems are found, and people sign in."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from playwright.sync_api import expect
from pytest_django import Settings

from tests.browser.axe import problems_of
from tests.browser.visits import LOOKS, Visits, each_scheme


def bad(request: HttpRequest) -> HttpResponse:
    """Return a page that breaks the policy, and whose picture says nothing to who cannot see it."""
    return HttpResponse("<title>x</title><script>document.title = 'y'</script><img src='/nothing.png'>")


urlpatterns = [path("bad/", bad), path("", include("test_app.urls"))]


def test_what_is_inline_is_refused_and_problems_are_found(visits: Visits, settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__

    page = visits.open("/bad/")
    complaints = [*visits.complaints]
    visits.complaints.clear()

    assert page.title() == "x"
    assert [text for text in complaints if "Content Security Policy" in text]
    assert [text for text in complaints if "404" in text]
    assert "image-alt" in problems_of(page)


@each_scheme
def test_a_visitor_signs_in(visits: Visits, root: User, look: str) -> None:
    page = visits.open("/admin/", **LOOKS[look])
    found = problems_of(page)

    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill("root")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="Flags").first).to_be_visible()
    assert found == ""
