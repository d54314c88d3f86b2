"""What the branches of a composed schema say together: all fields that there may be, and those that have to be."""

from apigen_assets.files.json_types import JsonObject, JsonValue


def lifted(schema: JsonObject, definitions: JsonObject, opened: tuple[str, ...] = ()) -> tuple[JsonObject, list[str]]:
    """All properties of an object and of the branches it is composed of, and those that every value needs.

    Args:
        schema: as it was read.
        definitions: what its references lead to, by name.
        opened: references that are being followed.
    """
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference in opened:
            return {}, []
        schema, opened = definitions[reference.rpartition("/")[2]], (*opened, reference)

    def inside(part: JsonObject) -> tuple[JsonObject, list[str]]:
        return lifted(part, definitions, opened)

    properties: JsonObject = dict(schema.get("properties", {}))
    required = list(schema.get("required", []))
    for part in schema.get("allOf", []):
        inner, needed = inside(part)
        properties = _joined(properties, inner)
        required += needed
    sometimes: JsonObject = {}
    conditional = [schema[key] for key in ("then", "else", "if") if key in schema]
    for part in [*conditional, *schema.get("dependentSchemas", {}).values()]:
        sometimes = _united(sometimes, inside(part)[0])
    branches = [inside(part) for part in schema.get("anyOf", [])]
    either: JsonObject = {}
    for inner, _ in branches:
        either = _united(either, inner)
    everywhere = {name: part for name, part in either.items() if all(name in inner for inner, _ in branches)}
    properties = _joined(properties, everywhere)
    properties |= {name: part for name, part in _united(sometimes, either).items() if not properties.get(name)}
    if branches:
        required += [name for name in branches[0][1] if all(name in needed for _, needed in branches)]
    known = [name for name in dict.fromkeys(required) if name in properties]
    missing = [name for name in dict.fromkeys(required) if name not in properties]
    properties |= {name: {} for name in missing}
    return properties, [*known, *missing]


def _joined(first: JsonObject, second: JsonObject) -> JsonObject:
    """Properties of two schemas that hold together; one that both have fits both."""
    out = dict(first)
    for name, part in second.items():
        known = out.get(name, {})
        if any(known[key] != part[key] for key in known.keys() & part.keys() - {"description"}):
            out[name] = {"allOf": [known, part]}
        else:
            out[name] = {**part, **known}
    return out


def _united(first: JsonObject, second: JsonObject) -> JsonObject:
    """Properties of two branches; one that both have takes what either takes."""
    out = dict(first)
    for name, part in second.items():
        if name not in out or out[name] == {}:
            out[name] = part
        elif part not in (out[name], {}) and part not in out[name].get("anyOf", []):
            values = [*values_of(out[name]), *values_of(part)]
            if all(isinstance(value, str) for value in values) and values_of(out[name]) and values_of(part):
                about = {"description": out[name]["description"]} if "description" in out[name] else {}
                out[name] = {"type": "string", **about, "enum": list(dict.fromkeys(values))}
            else:
                known = out[name]["anyOf"] if out[name].keys() == {"anyOf"} else [out[name]]
                out[name] = {"anyOf": [*known, part]}
    return out


def values_of(schema: JsonObject) -> list[JsonValue]:
    """The only values that a schema permits; none where it permits others."""
    return [schema["const"]] if "const" in schema else list(schema.get("enum", []))
