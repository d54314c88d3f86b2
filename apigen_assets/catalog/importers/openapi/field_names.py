"""Names of fields inside arguments that differ on the wire: gathered while schemas are completed."""

from apigen_assets.domain.api import NestedNames
from apigen_assets.files.json_types import JsonObject, JsonValue


class FieldNames:
    """The names of one object's fields and what lies below them; may contain itself, as schemas do."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.inner: dict[str, FieldNames] = {}
        self.items: FieldNames | None = None
        self.values: FieldNames | None = None

    def take(self, names: "FieldNames") -> None:
        """Adds the names of another branch of the same value."""
        for offered, wire in names.fields.items():
            self.fields.setdefault(offered, wire)
        for offered, inner in names.inner.items():
            self.inner.setdefault(offered, inner)
        self.items = self.items or names.items
        self.values = self.values or names.values

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
            stack.extend(names.inner.values())
            stack.extend(one for one in (names.items, names.values) if one is not None)
        return False


class NestedTable:
    """The names of one operation's arguments as the list that its binding holds."""

    def __init__(self) -> None:
        self._index: dict[FieldNames, int] = {}
        self._order: list[FieldNames] = []

    def add(self, names: FieldNames | None) -> int | None:
        """The index of the names of an argument; null where nothing in it differs."""
        if names is None or not names.says_something:
            return None
        if names not in self._index:
            self._index[names] = len(self._order)
            self._order.append(names)
            for inner in (*names.inner.values(), names.items, names.values):
                self.add(inner)
        return self._index[names]

    def rows(self) -> tuple[NestedNames, ...]:
        """The list."""
        return tuple(
            NestedNames(
                fields=names.fields,
                inner={offered: at for offered, one in names.inner.items() if (at := self.add(one)) is not None},
                items=self.add(names.items),
                values=self.add(names.values),
            )
            for names in self._order
        )


def renamed(value: JsonValue, names: FieldNames | None) -> JsonValue:
    """An example or default with its fields under the names that are offered."""
    if names is None:
        return value
    if isinstance(value, list):
        return [renamed(item, names.items) for item in value]
    if not isinstance(value, dict):
        return value
    own = {wire: offered for offered, wire in names.fields.items()}
    out: JsonObject = {}
    for key, item in value.items():
        offered = own.get(str(key), str(key))
        out[offered] = renamed(item, names.inner.get(offered, names.values))
    return out
