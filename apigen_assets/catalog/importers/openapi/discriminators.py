"""Discriminators: which values of a property go with which schema, and which schemas a base stands for."""

from collections.abc import Callable, Iterator

from apigen_assets.catalog.importers.openapi.merging import TIED, merged, untied
from apigen_assets.catalog.importers.openapi.references import ReferenceProblem, References
from apigen_assets.files.json_types import JsonObject, JsonValue

MAX_SUBTYPES = 24
"""Subtypes that a base is replaced by; of more, only the values of the property are said."""

Shape = Callable[[JsonObject], JsonObject]


class Discriminators:
    """Reads `discriminator` (an object in OpenAPI 3, a property's name in Swagger 2.0)."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._children: dict[str, list[str]] | None = None
        self._mappings: dict[str, dict[str, list[str]]] = {}

    def values_of(self, node: JsonObject, branch: JsonValue) -> list[str]:
        """The values of the property for one branch of a `oneOf` or `anyOf`; none where nothing ties them."""
        if _property_of(node) is None or not isinstance(branch, dict) or not isinstance(branch.get("$ref"), str):
            return []
        try:
            address = self._references.absolute(branch["$ref"])
        except ReferenceProblem:
            return []
        return self._mapping(node).get(address) or [self._value_of(address)]

    def subtypes(self, node: JsonObject, address: str | None) -> list[tuple[str, list[str]]]:
        """What a base stands for: address and values of each subtype; none where there are many."""
        found = self._all_subtypes(node, address)
        return found if len(found) <= MAX_SUBTYPES else []

    def valued(self, schema: JsonObject, node: JsonObject, address: str | None) -> JsonObject:
        """A base whose subtypes are too many to be written out, with the values that its property may have."""
        name = _property_of(node)
        values = [value for _, values in self._all_subtypes(node, address) for value in values]
        if name is None or len(values) <= MAX_SUBTYPES or name not in schema.get("properties", {}):
            return schema
        part = schema["properties"][name]
        if part.keys() & {"enum", "const", "$ref"}:
            return schema
        return {**schema, "properties": {**schema["properties"], name: {**part, "enum": list(dict.fromkeys(values))}}}

    def restricted(self, schema: JsonObject, address: str, node: JsonObject, shape: Shape) -> JsonObject:
        """A subtype with the value that its base's mapping gives it, or the base of its base.

        Of a base further up that has a mapping without the subtype, the value is that of the subtype's own base.
        """
        for base_address, base, is_own in self._bases(node):
            holder = _discriminated(base)
            if holder is None or _has_choice(holder):
                continue
            mapping = self._mapping(holder, base_address if holder is base else None)
            if address in mapping or is_own or not mapping:
                schema = self.tied(schema, holder, mapping.get(address) or [self._value_of(address)], shape)
        return schema

    def tied(self, branch: JsonObject, node: JsonObject, values: list[str], shape: Shape) -> JsonObject:
        """A schema whose discriminating property has these values only; one of its own that differ stays.

        What the discriminator of a base had given it is no value of its own.
        """
        name = _property_of(node)
        properties = branch.get("properties")
        if name is None or not isinstance(properties, dict):
            return branch
        own = untied(shape(properties.get(name, {"type": "string"})))
        if "const" in own or ("enum" in own and not set(map(str, own["enum"])) & set(values)):
            return branch
        if own.get("type", "string") not in ("string", ["string", "null"]):
            return branch
        part = {**merged([own, {"enum": values}], shape), TIED: own.get("enum")}
        return {**branch, "properties": {**properties, name: part}}

    def has_same_property(self, node: JsonObject, address: str) -> bool:
        """Whether the schema at an address has a discriminator on the same property as another one."""
        try:
            other = self._references.at(address)
        except ReferenceProblem:
            return False
        return isinstance(other, dict) and _property_of(other) == _property_of(node)

    def _bases(self, node: JsonObject) -> Iterator[tuple[str, JsonValue, bool]]:
        """Address and schema of what one inherits from, up to a discriminator, and whether it does so directly."""
        seen: set[str] = set()
        waiting = [(node, True)]
        while waiting:
            inheritor, is_own = waiting.pop(0)
            inherited = inheritor.get("allOf")
            for part in inherited if isinstance(inherited, list) else ():
                if not isinstance(part, dict) or not isinstance(part.get("$ref"), str):
                    continue
                try:
                    address = self._references.absolute(part["$ref"])
                    base = self._references.at(address)
                except ReferenceProblem:
                    continue
                if address in seen:
                    continue
                seen.add(address)
                yield address, base, is_own
                if isinstance(base, dict) and _discriminated(base) is None:
                    waiting.append((base, False))

    def _all_subtypes(self, node: JsonObject, address: str | None) -> list[tuple[str, list[str]]]:
        if _property_of(node) is None or _has_choice(node):
            return []
        mapping = self._mapping(node, address)
        if mapping or address is None:
            return list(mapping.items())
        return [(child, [self._value_of(child)]) for child in self._inheritors(address)]

    def _value_of(self, address: str) -> str:
        """The value of a subtype that no mapping names: what Azure's documents say of it, or its name."""
        schema = self._references.at(address)
        said = schema.get("x-ms-discriminator-value") if isinstance(schema, dict) else None
        return said if isinstance(said, str) and said else _name_of(address)

    def _inheritors(self, address: str) -> list[str]:
        """All that inherit from a base; of one with a discriminator of its own, what inherits from it is not listed."""
        out: dict[str, None] = {}
        waiting = list(self._by_base().get(address, ()))
        while waiting:
            child = waiting.pop(0)
            if child in out or child == address:
                continue
            out[child] = None
            if _discriminated(self._references.at(child)) is None:
                waiting += self._by_base().get(child, ())
        return list(out)

    def _mapping(self, node: JsonObject, at: str | None = None) -> dict[str, list[str]]:
        """Address to values; entries that lead nowhere are left out. `at` is the address of the node, if it has one."""
        if at is not None and at in self._mappings:
            return self._mappings[at]
        out = self._read_mapping(node)
        if at is not None:
            self._mappings[at] = out
        return out

    def _read_mapping(self, node: JsonObject) -> dict[str, list[str]]:
        discriminator = node.get("discriminator")
        given = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        out: dict[str, list[str]] = {}
        for value, target in given.items() if isinstance(given, dict) else ():
            if not isinstance(target, str):
                continue
            bare = not any(mark in target for mark in "#/.")
            try:
                address = self._references.absolute(f"#/components/schemas/{target}" if bare else target)
                self._references.at(address)
            except ReferenceProblem:
                continue
            out.setdefault(address, []).append(str(value))
        return out

    def _by_base(self) -> dict[str, list[str]]:
        """Named schemas by the bases that their `allOf` refers to."""
        if self._children is None:
            self._children = {}
            for pointer in ("/components/schemas", "/definitions"):
                self._add_children(pointer)
        return self._children

    def _add_children(self, pointer: str) -> None:
        assert self._children is not None
        try:
            schemas = self._references.at(self._references.absolute(f"#{pointer}"))
        except ReferenceProblem:
            return
        for name, schema in schemas.items() if isinstance(schemas, dict) else ():
            inherited = schema.get("allOf") if isinstance(schema, dict) else None
            for part in inherited if isinstance(inherited, list) else ():
                if isinstance(part, dict) and isinstance(part.get("$ref"), str):
                    escaped = str(name).replace("~", "~0").replace("/", "~1")
                    try:
                        base = self._references.absolute(part["$ref"])
                        self._children.setdefault(base, []).append(self._references.absolute(f"#{pointer}/{escaped}"))
                    except ReferenceProblem:
                        continue


def _property_of(node: JsonObject) -> str | None:
    discriminator = node.get("discriminator")
    name = discriminator.get("propertyName") if isinstance(discriminator, dict) else discriminator
    return name if isinstance(name, str) and name else None


def _discriminated(base: JsonValue) -> JsonObject | None:
    """Where a base has its discriminator: itself, or a part of its `allOf` that is written out."""
    if not isinstance(base, dict):
        return None
    parts = base.get("allOf")
    for node in (base, *(parts if isinstance(parts, list) else ())):
        if isinstance(node, dict) and _property_of(node) is not None:
            return node
    return None


def _has_choice(node: JsonObject) -> bool:
    return any(isinstance(node.get(key), list) and node[key] for key in ("oneOf", "anyOf"))


def _name_of(address: str) -> str:
    """The name of a schema: the last step of its pointer, or the stem of its file."""
    document, _, pointer = address.partition("#")
    if pointer:
        return pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    return document.rpartition("/")[2].partition(".")[0]
