"""The history of changes: who changed what, when and from where, and how it is taken back.

Public is what `__all__` names; the modules within are internal.
"""

from __future__ import annotations

from waffle.history.authors import by
from waffle.history.reading import changes, describe
from waffle.history.reverting import Conflict, conflicts, revert

__all__ = ["Conflict", "by", "changes", "conflicts", "describe", "revert"]
