"""One schema that says what several say together (`allOf`)."""

from collections.abc import Callable

from apigen_assets.files.json_types import JsonObject, JsonValue

FILE: JsonObject = {"$file": True}
"""Stands for a value that no JSON argument can be, such as an uploaded file."""


def nowhere(problem: str) -> JsonObject:
    """Likewise for a value that cannot be known, since the reference to its schema leads nowhere; says which."""
    return {"$file": problem}


NULL = "$null"
"""Marks a schema to which null is added when it is complete."""

CHOICES = "$choices"
"""Of each choice that is listed there, one group of fields at least has to be whole: `[[["a"], ["b", "c"]]]`."""

TIED = "$tied"
"""Marks a property whose value a discriminator gives: the values that it had before, or null for any."""

MARK = "$mark"
"""Says how the specification marks a value as secret: `secret` by an extension, or `write-only`."""

_LOWER = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"}
_UPPER = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"}
_ANNOTATIONS = {"description", "default", "examples", NULL, TIED, MARK}

_MOST_FOLLOWED = 4
"""Properties below which a reference is left as one; real ones meet their like after two or three."""

Shape = Callable[[JsonObject], JsonObject]


def merged(parts: list[JsonObject], shape: Shape, level: int = 0) -> JsonObject:
    """The schema of values that fit every part; what cannot be said in one object stays in `allOf`.

    Args:
        parts: converted schemas; a later one's description, default and examples win.
        shape: gives the object that a reference stands for.
        level: how many properties deep the parts stand in those that are put together.
    """
    parts = [part for part in parts if part]
    if len(parts) > 1:
        parts = [shape(part) if "$ref" in part else part for part in parts]
    for part in parts:
        if "$file" in part:
            return part
    if len(parts) == 1:
        return parts[0]
    out: JsonObject = {}
    nulls = [NULL in part or _takes_null(part) for part in parts if part.keys() - _ANNOTATIONS or NULL in part]
    for part in parts:
        for key, value in part.items():
            if key not in out or out[key] == value:
                out[key] = value
            else:
                _unite(out, key, value, shape, level)
    out.pop(NULL, None)
    if nulls and all(nulls) and not _takes_null(out):
        out[NULL] = True
    return out


def untied(part: JsonObject) -> JsonObject:
    """A property without the value that a discriminator gave it."""
    if TIED not in part:
        return part
    before = {} if part[TIED] is None else {"enum": part[TIED]}
    return {**{key: value for key, value in part.items() if key not in ("enum", TIED)}, **before}


def _unite(out: JsonObject, key: str, value: JsonValue, shape: Shape, level: int) -> None:
    old = out[key]
    if key in {"properties", "patternProperties"}:
        both = dict(old)
        for name, part in value.items():
            both[name] = _both(both[name], part, shape, level) if name in both else part
        out[key] = both
    elif key == "required":
        out[key] = list(dict.fromkeys([*old, *value]))
    elif key == "type":
        out[key] = _common_type(old, value)
    elif key == "enum":
        common = [item for item in old if item in value]
        out[key] = common or value
    elif key in _LOWER:
        out[key] = max(old, value)
    elif key in _UPPER:
        out[key] = min(old, value)
    elif key == "items":
        out[key] = _both(old, value, shape, level)
    elif key == "additionalProperties":
        if old is False or value is False:
            out[key] = False
        elif old is True or value is True:
            out[key] = value if old is True else old
        else:
            out[key] = _both(old, value, shape, level)
    elif key == "dependentRequired":
        out[key] = {**old, **value}
    elif key in {"allOf", CHOICES}:
        out[key] = [*old, *value]
    elif key in _ANNOTATIONS or key in {"format", "const", "prefixItems"}:
        out[key] = value
    else:  # two patterns, two choices: both hold
        out.setdefault("allOf", [])
        out["allOf"] = [*out["allOf"], {key: value}]


def _both(one: JsonObject, two: JsonObject, shape: Shape, level: int) -> JsonObject:
    """What a part inside has to fit; two different references are not followed, since they may lead in circles.

    So may one, where what it refers to holds it below an object of its own.
    """
    if not isinstance(one, dict) or not isinstance(two, dict):
        return two
    if TIED not in two and {"enum", "const"} & two.keys():
        one = untied(one)
    refer = [bool({"$ref", "allOf"} & part.keys()) for part in (one, two)]
    if one != two and (all(refer) or (any(refer) and level >= _MOST_FOLLOWED)):
        parts = [*_conjuncts(one), *_conjuncts(two)]
        return {"allOf": [part for at, part in enumerate(parts) if part not in parts[:at]]}
    return merged([one, two], shape, level + 1)


def _conjuncts(part: JsonObject) -> list[JsonObject]:
    return list(part["allOf"]) if part.keys() == {"allOf"} else [part]


def _common_type(one: JsonValue, two: JsonValue) -> JsonValue:
    kinds = [one] if isinstance(one, str) else list(one)
    others = [two] if isinstance(two, str) else list(two)
    common = [kind for kind in kinds if kind in others or (kind == "integer" and "number" in others)]
    common += [kind for kind in others if kind == "integer" and "number" in kinds and kind not in common]
    if not common:
        return two
    return common[0] if len(common) == 1 else common


def _takes_null(part: JsonObject) -> bool:
    kind = part.get("type")
    return kind == "null" or (isinstance(kind, list) and "null" in kind)
