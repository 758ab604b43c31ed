"""Who visits the site."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser, and with what it sends along."""

    user: str = ""
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    first: str = ""
    """The query of the first visit alone: what it asks for is remembered in a cookie."""


VISITORS = {
    "nobody": Visitor(),
    "a German reader": Visitor(headers={"accept-language": "de"}),
    "a Brazilian reader": Visitor(headers={"accept-language": "pt-BR"}),
    "ada, listed": Visitor("ada"),
    "bob, in a group": Visitor("bob"),
    "cleo, staff": Visitor("cleo"),
    "dora, superuser": Visitor("dora"),
    "emil, a mere user": Visitor("emil"),
    "a tester by query": Visitor(query="dwft_testing=1&bakery_test_testing=1"),
    "a tester by header": Visitor(headers={"DWFT-testing": "1", "bakery-test-testing": "1"}),
    "a tester by cookie": Visitor(first="dwft_testing=1&bakery_test_testing=1"),
    "a tester by cookie, off": Visitor("emil", first="dwft_testing=0&bakery_test_testing=0"),
    "an overrider": Visitor(query="everyone=0&groups=1"),
    **{f"passer-by {number}": Visitor() for number in range(4)},
    **{f"ada, browser {number}": Visitor("ada") for number in range(2)},
}
