"""Values: small frozen objects that modules hand to each other. Internal.

They are no dataclasses, for these compile their methods when they are imported: it takes each of them half a
millisecond or more, and all together took half of what the app adds to the start of a process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**promises: bool) -> Any:
        """Stand in for Python 3.11's own: only type checkers read it."""
        return lambda cls: cls


Own = TypeVar("Own", bound="Value")


# Any, throughout: fields hold what their class says.
class _Slotted(type):
    """Makes a slot of each name that a class annotates."""

    _names: tuple[str, ...]
    _defaults: dict[str, Any]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _Slotted:
        names = tuple(namespace.get("__annotations__", ()))
        # Left where it stands, a default would be in the slot's place.
        defaults = {name: namespace.pop(name) for name in names if name in namespace}
        made = super().__new__(mcs, name, bases, {**namespace, "__slots__": names})
        made._names, made._defaults = names, defaults
        return made


@dataclass_transform(frozen_default=True, eq_default=False)
class Value(metaclass=_Slotted):
    """A frozen object: its class annotates its fields, with or without a default, as a dataclass does.

    It is equal to itself alone, unless its class says otherwise.
    """

    def __init__(self, *values: Any, **named: Any) -> None:
        kind = type(self)
        if named or len(values) < len(kind._names):
            given = {**kind._defaults, **dict(zip(kind._names, values, strict=False)), **named}
            values = tuple([given[name] for name in kind._names])
        for name, value in zip(kind._names, values, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set: a value does not change.")

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self._fields().items())
        return f"{type(self).__name__}({fields})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it be copied and pickled."""
        return type(self), tuple(self._fields().values())

    def replaced(self: Own, **changes: Any) -> Own:
        """Return another value, with some fields changed."""
        return type(self)(**{**self._fields(), **changes})

    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self)._names}
