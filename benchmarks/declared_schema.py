"""What the schemas of a specification say: types, allowed values, default, files."""

from typing import Any

from benchmarks.schema_values import ALL, common, key_of
from benchmarks.specification_document import Specification

_NAMES = {
    "int": "integer", "long": "integer", "int32": "integer", "int64": "integer", "float": "number", "double": "number",
    "decimal": "number", "bool": "boolean", "date": "string", "datetime": "string", "date-time": "string",
    "uuid": "string", "str": "string", "text": "string", "list": "array", "dict": "object", "map": "object",
}  # fmt: skip


class DeclaredSchemas:
    """Schemas as they stand in documents; each method takes one, the file it stands in, and a level."""

    def __init__(self, spec: Specification) -> None:
        self._spec = spec

    def types(self, schema: Any, file: str, level: int = 0) -> frozenset[str]:
        """The types that a schema allows; all where it names none."""
        schema, file = self._spec.resolve(schema, file)
        if not isinstance(schema, dict) or level > 12:
            return ALL
        kinds = schema.get("type")
        out = ALL
        if kinds is not None:
            listed = kinds if isinstance(kinds, list) else [kinds]
            named = [_NAMES.get(str(kind).lower(), str(kind).lower()) for kind in listed]
            named = ["string" if kind in ("file", "binary") else kind for kind in named]
            out = frozenset(kind for kind in named if kind in ALL) or ALL
        elif isinstance(schema.get("properties"), dict):
            out = frozenset({"object"})
        elif isinstance(schema.get("enum"), list) and schema["enum"]:
            values = [value for value in schema["enum"] if value is not None]
            if values and all(isinstance(value, str) for value in values):
                out = frozenset({"string"})
            elif values and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
                out = frozenset({"integer"})
            if out != ALL and len(values) < len(schema["enum"]):
                out |= {"null"}
        for part in schema.get("allOf", ()):
            out = common(out, self.types(part, file, level + 1))
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                branches = [branch for branch in schema[key] if not self.is_file(branch, file, 0)]
                union = frozenset().union(*(self.types(part, file, level + 1) for part in branches or schema[key]))
                out = common(out, union)
        if schema.get("nullable") is True or schema.get("x-nullable") is True:
            out |= {"null"}
        return out

    def enum(self, schema: Any, file: str, level: int = 0) -> set[str] | None:
        """The values that a schema allows, each as text; null where it names none."""
        schema, file = self._spec.resolve(schema, file)
        if not isinstance(schema, dict) or level > 12:
            return None
        out = (
            {key_of(value) for value in schema["enum"]}
            if isinstance(schema.get("enum"), list) and schema["enum"]
            else None
        )
        if "const" in schema:
            out = {key_of(schema["const"])}
        for part in schema.get("allOf", ()):
            inner = self.enum(part, file, level + 1)
            out = inner if out is None else out if inner is None else (out & inner or inner)
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                branches = [self.enum(part, file, level + 1) for part in schema[key]]
                nulls = [self.types(part, file, level + 1) == {"null"} for part in schema[key]]
                sets = [values for values, null in zip(branches, nulls, strict=True) if not null]
                if sets and all(values is not None for values in sets):
                    union = set().union(*(values for values in sets if values is not None))
                    out = union if out is None else out & union
        return out

    def default(self, schema: Any, file: str, level: int = 0) -> tuple[Any, bool]:
        """The default of a schema, and whether it has one."""
        schema, file = self._spec.resolve(schema, file)
        if not isinstance(schema, dict) or level > 12:
            return None, False
        if "default" in schema:
            return schema["default"], True
        for part in reversed(schema.get("allOf", ())):
            value, has = self.default(part, file, level + 1)
            if has:
                return value, True
        for key in ("anyOf", "oneOf"):
            branches: list[Any] = schema.get(key) or []
            if len(branches) == 1:
                return self.default(branches[0], file, level + 1)
        return None, False

    def says(self, schema: Any, file: str, key: str, level: int = 0) -> bool:
        """Whether a schema, or what it is made of, has a flag."""
        schema, file = self._spec.resolve(schema, file)
        if not isinstance(schema, dict) or level > 6:
            return False
        return schema.get(key) is True or any(self.says(part, file, key, level + 1) for part in schema.get("allOf", ()))

    def is_file(self, schema: Any, file: str, level: int = 0) -> bool:
        """Whether a value of the schema is a file, or cannot be given without one."""
        schema, file = self._spec.resolve(schema, file)
        if not isinstance(schema, dict) or level > 6:
            return False
        if schema.get("type") == "file" or schema.get("format") == "binary":
            return True
        if "contentMediaType" in schema and "contentEncoding" not in schema:
            return True
        inner = [schema["items"]] if isinstance(schema.get("items"), dict) else []
        choices = [branch for key in ("anyOf", "oneOf") for branch in schema.get(key, ())]
        if choices and all(self.is_file(choice, file, level + 1) for choice in choices):
            return True
        needed = schema.get("required") if isinstance(schema.get("required"), list) else ()
        inner += [part for name, part in (schema.get("properties") or {}).items() if name in (needed or ())]
        return any(self.is_file(part, file, level + 1) for part in inner + list(schema.get("allOf", ())))

    def has_file_branch(self, schema: Any, file: str) -> bool:
        """Whether one of a schema's choices is a file."""
        schema, file = self._spec.resolve(schema, file)
        return isinstance(schema, dict) and any(
            self.is_file(branch, file, 0) for key in ("anyOf", "oneOf") for branch in schema.get(key, ())
        )
