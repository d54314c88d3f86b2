"""What the schema of an imported tool's parameter says."""

from typing import Any

from benchmarks.schema_values import ALL, common, key_of


def types_of(schema: Any, defs: dict[str, Any], level: int = 0) -> frozenset[str]:
    """The types of an imported schema."""
    if not isinstance(schema, dict) or level > 12:
        return ALL
    if "$ref" in schema:
        return types_of(defs.get(schema["$ref"].rpartition("/")[2], {}), defs, level + 1)
    kinds = schema.get("type")
    out = ALL if kinds is None else frozenset([kinds] if isinstance(kinds, str) else kinds)
    for part in schema.get("allOf", ()):
        out = common(out, types_of(part, defs, level + 1))
    if schema.get("anyOf"):
        out = common(out, frozenset().union(*(types_of(part, defs, level + 1) for part in schema["anyOf"])))
    return out


def enum_of(schema: Any, defs: dict[str, Any], level: int = 0) -> set[str] | None:
    """The values that an imported schema allows, each as text; null where it names none."""
    if not isinstance(schema, dict) or level > 12:
        return None
    if "$ref" in schema:
        return enum_of(defs.get(schema["$ref"].rpartition("/")[2], {}), defs, level + 1)
    out = {key_of(value) for value in schema["enum"]} if "enum" in schema else None
    if "const" in schema:
        out = {key_of(schema["const"])}
    for part in schema.get("allOf", ()):
        inner = enum_of(part, defs, level + 1)
        out = inner if out is None else out if inner is None else out & inner
    if schema.get("anyOf"):
        branches = [part for part in schema["anyOf"] if part != {"type": "null"}]
        sets = [enum_of(part, defs, level + 1) for part in branches]
        if sets and all(values is not None for values in sets):
            union = set().union(*(values for values in sets if values is not None))
            out = union if out is None else out & union
    return out
