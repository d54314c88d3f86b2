"""Names of fields inside arguments that differ on the wire: gathered while schemas are completed."""

from collections.abc import Iterable

from apigen_assets.domain.api import NestedNames
from apigen_assets.files.json_types import JsonObject, JsonValue


class FieldNames:
    """The names of one object's fields and what lies below them; may contain itself, as schemas do."""

    def __init__(self, also: Iterable["FieldNames | None"] = ()) -> None:
        self.fields: dict[str, str] = {}
        self.inner: dict[str, FieldNames] = {}
        self.items: FieldNames | None = None
        self.values: FieldNames | None = None
        self.also = [names for names in also if names is not None]
        """Names of further branches of the same value; they may be filled later, so they are read at the end."""

    @property
    def says_something(self) -> bool:
        """Whether any name differs, here or below."""
        seen: set[FieldNames] = set()
        stack = [self]
        while stack:
            names = stack.pop()
            if names in seen:
                continue
            seen.add(names)
            if names.fields:
                return True
            stack.extend((*names.inner.values(), *names.also))
            stack.extend(one for one in (names.items, names.values) if one is not None)
        return False


class _Level:
    """All that is known of one place of a value: the branches that it may be of, taken together."""

    def __init__(self, branches: Iterable[FieldNames]) -> None:
        known: dict[FieldNames, None] = {}
        waiting = list(reversed(list(branches)))
        while waiting:
            names = waiting.pop()
            if names not in known:
                known[names] = None
                waiting.extend(reversed(names.also))
        self.branches = tuple(known)
        self.fields: dict[str, str] = {}
        for names in known:
            self.fields = {**names.fields, **self.fields}

    def field(self, offered: str) -> list[FieldNames]:
        """What lies below a field; what lies below those without a name of their own where it is not known."""
        inner = [names.inner[offered] for names in self.branches if offered in names.inner]
        return inner or self.values()

    def fields_below(self) -> list[str]:
        return list(dict.fromkeys(offered for names in self.branches for offered in names.inner))

    def items(self) -> list[FieldNames]:
        return [names.items for names in self.branches if names.items is not None]

    def values(self) -> list[FieldNames]:
        return [names.values for names in self.branches if names.values is not None]


class NestedTable:
    """The names of one operation's arguments as the list that its binding holds."""

    def __init__(self) -> None:
        self._index: dict[tuple[FieldNames, ...], int] = {}
        self._order: list[_Level] = []

    def add(self, names: FieldNames | None) -> int | None:
        """The index of the names of an argument; null where nothing in it differs."""
        return None if names is None else self._add([names])

    def _add(self, branches: list[FieldNames]) -> int | None:
        level = _Level(names for names in branches if names.says_something)
        if not level.branches:
            return None
        if level.branches not in self._index:
            self._index[level.branches] = len(self._order)
            self._order.append(level)
            for inner in (*map(level.field, level.fields_below()), level.items(), level.values()):
                self._add(inner)
        return self._index[level.branches]

    def rows(self) -> tuple[NestedNames, ...]:
        """The list."""
        return tuple(
            NestedNames(
                fields=level.fields,
                inner={name: at for name in level.fields_below() if (at := self._add(level.field(name))) is not None},
                items=self._add(level.items()),
                values=self._add(level.values()),
            )
            for level in self._order
        )


def renamed(value: JsonValue, names: FieldNames | None) -> JsonValue:
    """An example or default with its fields under the names that are offered."""
    return value if names is None else _renamed(value, [names])


def _renamed(value: JsonValue, branches: list[FieldNames]) -> JsonValue:
    if not branches or not isinstance(value, list | dict):
        return value
    level = _Level(branches)
    if isinstance(value, list):
        return [_renamed(item, level.items()) for item in value]
    own = {wire: offered for offered, wire in level.fields.items()}
    out: JsonObject = {}
    for key, item in value.items():
        offered = own.get(str(key), str(key))
        out[offered] = _renamed(item, level.field(offered))
    return out
