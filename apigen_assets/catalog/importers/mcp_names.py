"""Names of MCP tools' arguments and of the fields inside them: those that are offered, and those of the server."""

from apigen_assets.catalog.importers.openapi.field_names import FieldNames, NestedTable, renamed
from apigen_assets.catalog.importers.openapi.schema_parts import offered_names
from apigen_assets.catalog.names import field_name
from apigen_assets.domain.api import NestedNames
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject, JsonValue

_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")
_LISTS = ("anyOf", "allOf", "prefixItems")
_SAME_VALUE = ("anyOf", "allOf")
_SAME_VALUE_SINGLE = ("if", "then", "else")
_SINGLE = ("items", "not", "contains", "if", "then", "else", "propertyNames", "additionalProperties")
_REFERENCE = "#/$defs/"
_COMPOSED = ("anyOf", "allOf", "if", "then", "else", "dependentSchemas", "not")


def distinct_names(wire: list[str]) -> dict[str, str]:
    """A name that model APIs take for each of the server's, the same where it fits."""
    names: dict[str, str] = {}
    for name in sorted(wire, key=lambda name: field_name(name) != name):
        own = field_name(name)
        names[name] = own if own not in names.values() else f"{own[:55]}_{content_hash(name, 6)}"
    return names


def with_arguments(schema: JsonObject, names: dict[str, str]) -> JsonObject:
    """The object's schema with its arguments' own names, in the branches it is composed of too."""
    if all(own == wire for wire, own in names.items()):
        return schema
    out = dict(schema)
    if "properties" in out:
        out["properties"] = {names.get(name, name): part for name, part in out["properties"].items()}
    if "required" in out:
        out["required"] = [names.get(name, name) for name in out["required"]]
    if isinstance(out.get("dependentRequired"), dict):
        out["dependentRequired"] = {
            names.get(name, name): [names.get(one, one) for one in needed]
            for name, needed in out["dependentRequired"].items()
        }
    for key in _COMPOSED:
        if isinstance(out.get(key), list):
            out[key] = [with_arguments(part, names) for part in out[key]]
        elif key == "dependentSchemas" and key in out:
            out[key] = {names.get(name, name): with_arguments(part, names) for name, part in out[key].items()}
        elif isinstance(out.get(key), dict):
            out[key] = with_arguments(out[key], names)
    return out


def with_offered_fields(parameters: JsonObject) -> tuple[JsonObject, tuple[NestedNames, ...]]:
    """The parameters with the fields inside their arguments under names that model APIs take.

    One wire name has one offered name in the whole tool, so that every branch of a choice means the same field by it.

    Args:
        parameters: of the tool, the arguments themselves already named; schemas that contain themselves in `$defs`.

    Returns:
        The parameters, and the names of all that is inside: index 0 is of the object of arguments. No names where
        every field has its own.
    """
    wires = _names(parameters)
    if all(field_name(name) == name for name in wires):
        return parameters, ()
    names = _Names(offered_names(list(dict.fromkeys(wires))), parameters.get("$defs", {}))
    own = names.of(parameters, is_top=True)
    table = NestedTable()
    table.add(own)
    return names.schema(parameters, is_top=True), table.rows()


class _Names:
    def __init__(self, offered: dict[str, str], definitions: JsonObject) -> None:
        self._offered = offered
        self._definitions = definitions
        self._known: dict[str, FieldNames] = {}

    def of(self, schema: JsonValue, is_top: bool = False) -> FieldNames | None:
        """The names of the fields of a value, by its schema as the server wrote it."""
        if not isinstance(schema, dict):
            return None
        out = FieldNames([self._definition(schema["$ref"])] if isinstance(schema.get("$ref"), str) else [])
        for name, part in schema.get("properties", {}).items():
            offered = name if is_top else self._offered.get(name, name)
            if offered != name:
                out.fields[offered] = name
            if (inner := self.of(part)) is not None:
                out.inner[offered] = inner
        out.items = FieldNames(self.of(part) for part in (schema.get("items"), *schema.get("prefixItems", ())))
        values = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
        out.values = FieldNames(self.of(part) for part in values)
        branches = [part for key in _SAME_VALUE for part in schema.get(key, ())]
        branches += [schema[key] for key in _SAME_VALUE_SINGLE if key in schema]
        branches += schema.get("dependentSchemas", {}).values()
        out.also += [names for part in branches if (names := self.of(part, is_top)) is not None]
        return out

    def _definition(self, reference: str) -> FieldNames | None:
        name = reference.removeprefix(_REFERENCE)
        if name not in self._definitions:
            return None
        if name not in self._known:
            self._known[name] = FieldNames()
            self._known[name].also.append(self.of(self._definitions[name]) or FieldNames())
        return self._known[name]

    def schema(self, schema: JsonValue, is_top: bool = False) -> JsonValue:
        """The schema under the offered names, with what it says of values: required fields, defaults, examples."""
        if not isinstance(schema, dict):
            return schema
        names = self.of(schema, is_top)
        out: JsonObject = {}
        for key, value in schema.items():
            if key in _MAPS and isinstance(value, dict):
                inner = key == "dependentSchemas" and is_top
                named = key in ("properties", "dependentSchemas") and not is_top
                out[key] = {self._name(name, named): self.schema(part, inner) for name, part in value.items()}
            elif key in _LISTS and isinstance(value, list):
                out[key] = [self.schema(part, is_top and key in _SAME_VALUE) for part in value]
            elif key in _SINGLE and isinstance(value, dict):
                out[key] = self.schema(value, is_top and key in (*_SAME_VALUE_SINGLE, "not"))
            elif key == "required" and not is_top:
                out[key] = [self._name(name, True) for name in value]
            elif key == "dependentRequired" and not is_top:
                out[key] = {self._name(name, True): [self._name(one, True) for one in value[name]] for name in value}
            elif key in ("default", "const"):
                out[key] = renamed(value, names)
            elif key in ("examples", "enum"):
                out[key] = [renamed(item, names) for item in value]
            else:
                out[key] = value
        return out

    def _name(self, name: str, is_offered: bool) -> str:
        return self._offered.get(name, name) if is_offered else name


def _names(schema: JsonValue) -> list[str]:
    """The names of all properties of a schema and of those in it."""
    out: list[str] = []
    waiting: list[JsonValue] = [schema]
    while waiting:
        node = waiting.pop(0)
        if not isinstance(node, dict):
            continue
        out += node.get("properties", {})
        for key, value in node.items():
            if key in _MAPS and isinstance(value, dict):
                waiting += value.values()
            elif key in _LISTS and isinstance(value, list):
                waiting += value
            elif key in _SINGLE:
                waiting.append(value)
    return out
