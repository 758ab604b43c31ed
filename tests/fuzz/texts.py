"""Texts that somebody might not have thought of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from hypothesis import strategies as st

# What is near to the encoding of cookies, ends a header, a cookie, a string, a script or a comment, or is
# something else to some language; halves of a surrogate pair, which JSON may hold and UTF-8 may not.
_PIECES = [
    *("%", "%%", "%s", "%d", "%(a)s", "%2", "%20", "%2520", "%C3%A9", "%c3%28", "%0D%0A"),
    *("\r\nSet-Cookie: a=b", "\r", "\n", "\0", "\x7f", "\x85", "\t", ";", ",", "=", " ", "_", "-", "."),
    *('"', "'", "\\", "\\u003c", "</script>", "</SCRIPT ", "<!--", "-->", "]]>", "&lt;", "\u2028", "\u2029"),
    *("{{", "{%", "%}", "${a}", "`", "!", "__proto__", "constructor", "True", "dwf_", "dwft_", "*", "/", "@"),
    *("é", "İ", "ß", "\u0301", "\u202e", "\ufeff", "🧇", "\ud83e", "\udcff"),
]

any_text: st.SearchStrategy[str] = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=6).map("".join),
    st.lists(st.sampled_from(_PIECES) | st.text(max_size=5), max_size=6).map("".join),
    st.text(st.characters(), max_size=300),
)
"""Any text that Python can hold, of up to some 300 characters."""


def fits_the_column(name: str) -> bool:
    """Say whether every database can hold it: PostgreSQL takes no NUL, and nobody half a character."""
    return (
        len(name) <= 100
        and "\0" not in name
        and not any("\ud800" <= character <= "\udfff" for character in name)
    )


stored_names = any_text.map(lambda text: text[:100]).filter(fits_the_column)
"""What a row may be called, whatever the forms allow."""

raw_texts: st.SearchStrategy[str] = st.one_of(
    st.text(st.characters(max_codepoint=255), max_size=80),
    any_text.map(lambda text: text.encode("utf-8", "surrogatepass").decode("latin-1")),
)
"""Bytes that a server may pass on, as WSGI has them: in a text whose characters are all below 256."""


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is written within: each example begins with empty tables."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
