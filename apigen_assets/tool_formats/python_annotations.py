"""JSON Schemas from Python annotations, read as syntax: nothing is imported or evaluated."""

import ast
from collections.abc import Callable

from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats import python_classes
from apigen_assets.tool_formats.json_schema import nullable
from apigen_assets.tool_formats.python_aliases import alias_schema
from apigen_assets.tool_formats.python_syntax import (
    MAX_NESTING,
    AnnotationError,
    Unknown,
    arithmetic,
    assigned_names,
    dotted_name,
    imported_names,
    last_name,
    members_of_union,
)
from apigen_assets.tool_formats.python_types import (
    CONSTRAINED,
    CONSTRAINTS,
    DESCRIBERS,
    LENGTHS,
    LISTS,
    MAPPINGS,
    MARKERS,
    NOT_JSON,
    SCALARS,
    SETS,
    STANDARD,
    TUPLES,
    WRAPPERS,
)

_INFINITIES = (float("inf"), float("-inf"))
Described = tuple[JsonObject, ast.expr | None, bool]
"""What a `Field(...)` says: schema keywords, the default as written, whether there is one (perhaps made by code)."""


class Scope:
    """The classes, aliases, constants and imports of one module, and schemas of annotations in it.

    Args:
        tree: the module.
        module: its dotted name, from which relative imports start; the package's own where it is an `__init__`.
        is_package: whether it is one.
        neighbour: the scope of another module of the same source by its dotted name, null for all others.
    """

    def __init__(
        self,
        tree: ast.Module,
        module: str = "",
        is_package: bool = False,
        neighbour: "Callable[[str], Scope | None] | None" = None,
    ) -> None:
        self.module = module
        self._neighbour = neighbour or (lambda name: None)
        self._classes: dict[str, ast.ClassDef] = {}
        self._imports = imported_names(tree, module, is_package)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                self._classes.setdefault(node.name, node)
        self._values = assigned_names(tree.body)

    def schema(self, annotation: ast.expr, _open: tuple[str, ...] = (), _level: int = 0) -> JsonObject:
        """The JSON Schema of an annotation.

        Raises:
            AnnotationError: it has no JSON form, or a name in it is not known here.
        """
        if _level > MAX_NESTING:
            raise AnnotationError("type_too_deep", f"annotation nested more than {MAX_NESTING} levels deep")
        match annotation:
            case ast.Constant(value=None):
                return {"type": "null"}
            case ast.Constant(value=str() as text):
                try:
                    return self.schema(ast.parse(text.strip(), mode="eval").body, _open, _level + 1)
                except SyntaxError:
                    raise AnnotationError("unreadable_type", f"the annotation {text!r} is not valid Python") from None
            case ast.BinOp(op=ast.BitOr()):
                return self.union(members_of_union(annotation), _open, _level)
            case ast.Subscript():
                return self._generic(annotation, _open, _level)
            case ast.Call(func=function) if last_name(function) in CONSTRAINED:
                return self._constrained_call(annotation, _open, _level)
            case ast.Name() | ast.Attribute():
                return self._named(annotation, _open, _level)
        raise AnnotationError("unreadable_type", f"the annotation {ast.unparse(annotation)} is not a type")

    def value(self, node: ast.expr, _level: int = 0) -> JsonValue:
        """The JSON value of an expression of literals, of this module's constants and enum members.

        Raises:
            Unknown: it is computed, or has no JSON form.
        """
        if _level > MAX_NESTING:
            raise Unknown("nested too deeply")
        match node:
            case ast.Constant(value=None | bool() | int() | float() | str() as value) if value not in _INFINITIES:
                return value
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                number = self.value(operand, _level + 1)
                if isinstance(number, bool) or not isinstance(number, int | float):
                    raise Unknown("a sign before something that is not a number")
                return -number if isinstance(sign, ast.USub) else number
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [self.value(item, _level + 1) for item in items]
            case ast.Dict(keys=keys, values=values):
                out: JsonObject = {}
                for key, item in zip(keys, values, strict=True):
                    name = self.value(key, _level + 1) if key is not None else None
                    if not isinstance(name, str):
                        raise Unknown("a key that is not text")
                    out[name] = self.value(item, _level + 1)
                return out
            case ast.BinOp(left=left, op=operator, right=right):
                return arithmetic(operator, self.value(left, _level + 1), self.value(right, _level + 1))
            case ast.Name(id=name) if name in self._values:
                return self.value(self._values[name], _level + 1)
            case ast.Attribute(value=ast.Attribute() as inner, attr="value"):
                return self.value(inner, _level + 1)
            case ast.Attribute(value=owner, attr=name) if (found := self.class_named(owner)) is not None:
                members = dict(python_classes.enum_members(found[0], found[1]))
                if name in members:
                    return members[name]
            case ast.Name() | ast.Attribute() if (other := self._elsewhere(node)) is not None:
                return other[0].value(ast.Name(other[1]), _level + 1)
        raise Unknown("computed, not written")

    def qualified(self, node: ast.expr, _level: int = 0) -> str:
        """The full dotted name behind a name as it is written here; the written one where it is not imported."""
        first, _, rest = dotted_name(node).partition(".")
        full = self._imports.get(first, first) if first not in self._classes else first
        full = f"{full}.{rest}" if rest else full
        module, _, name = full.rpartition(".")
        other = self._neighbour(module) if module and _level < MAX_NESTING else None
        if other is not None and name in other._imports.keys() - other._classes.keys():  # handed on by that module
            return other.qualified(ast.Name(name), _level + 1)
        return full

    def short(self, node: ast.expr | None) -> str:
        """The last part of the full name behind a name; empty where the expression is not a name."""
        return self.qualified(node).rpartition(".")[2] if node is not None else ""

    def is_standard(self, node: ast.expr, names: frozenset[str]) -> bool:
        """Whether a name is one of those, and not another thing of the same name from elsewhere."""
        full = self.qualified(node)
        top, dot, _ = full.partition(".")
        return full.rpartition(".")[2] in names and (not dot or top in STANDARD)

    def class_named(self, node: ast.expr, _level: int = 0) -> "tuple[Scope, ast.ClassDef] | None":
        """The class that a name means, here or in a module of the same source, with the scope it stands in."""
        name = last_name(node)
        if name in self._classes and dotted_name(node).partition(".")[0] not in self._imports:
            return self, self._classes[name]
        other = self._elsewhere(node) if _level <= MAX_NESTING else None
        return other[0].class_named(ast.Name(other[1]), _level + 1) if other is not None else None

    def field(self, node: ast.expr) -> Described | None:
        """What a `Field(...)`, `field(...)`, `Query(...)`, `Option(...)` says; None where it is not such a call."""
        if not (isinstance(node, ast.Call) and self.is_standard(node.func, DESCRIBERS)):
            return None
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        default = node.args[0] if node.args else keywords.get("default")
        if isinstance(default, ast.Constant) and default.value is ...:
            default = None
        if isinstance(default, ast.Name | ast.Attribute) and last_name(default) in {"PydanticUndefined", "MISSING"}:
            default = None
        return self._keywords(keywords), default, default is not None or "default_factory" in keywords

    def annotated_field(self, annotation: ast.expr) -> Described | None:
        """What the `Field(...)` inside `Annotated[...]` says."""
        if not (isinstance(annotation, ast.Subscript) and self.short(annotation.value) == "Annotated"):
            return None
        parts = annotation.slice.elts[1:] if isinstance(annotation.slice, ast.Tuple) else []
        return next((field for part in parts if (field := self.field(part)) is not None), None)

    def _keywords(self, keywords: dict[str, ast.expr]) -> JsonObject:
        out: JsonObject = {}
        for name, node in keywords.items():
            if name not in CONSTRAINTS and name not in LENGTHS:
                continue
            try:
                value = self.value(node)
            except Unknown:
                continue
            if value is not None:
                out[CONSTRAINTS.get(name, name)] = value
        return out

    def _elsewhere(self, node: ast.expr) -> "tuple[Scope, str] | None":
        """The module of the same source that a name was imported from, and what it is called there."""
        module, _, name = self.qualified(node).rpartition(".")
        other = self._neighbour(module) if module else None
        return (other, name) if other is not None and other is not self else None

    def union(self, parts: list[ast.expr], opened: tuple[str, ...], level: int) -> JsonObject:
        """The schema of a value that is of one of several types; those without a JSON form are left out.

        Raises:
            AnnotationError: none of them has one.
        """
        schemas: list[JsonObject] = []
        refused: AnnotationError | None = None
        for part in parts:
            try:
                schema = self.schema(part, opened, level + 1)
            except AnnotationError as error:
                if error.reason not in {"type_not_json", "unknown_type"}:
                    raise
                refused = refused or error  # the other branches can be given
                continue
            if schema not in schemas:
                schemas.append(schema)
        null = {"type": "null"}
        rest = [schema for schema in schemas if schema != null]
        if {} in rest:
            return {}
        if not rest and refused is not None:
            raise refused
        if not rest:
            return null
        if len(rest) == 1:
            return nullable(rest[0]) if null in schemas else rest[0]
        if all(set(schema) == {"type"} and isinstance(schema["type"], str) for schema in rest):
            kinds = [schema["type"] for schema in rest]
            if "number" in kinds:  # every integer is a number
                kinds = [kind for kind in kinds if kind != "integer"]
            if null in schemas:
                kinds.append("null")
            return {"type": kinds[0] if len(kinds) == 1 else kinds}
        return {"anyOf": [*rest, null] if null in schemas else rest}

    def _alias(
        self, node: ast.expr, arguments: list[ast.expr] | None, opened: tuple[str, ...], level: int
    ) -> JsonObject | None:
        """The type behind a name that was assigned, here or in a module of the same source; null where none was."""
        if isinstance(node, ast.Name) and node.id in self._values:
            return alias_schema(self, node.id, self._values, opened, level, arguments)
        other = self._elsewhere(node) if level <= MAX_NESTING else None
        return other[0]._alias(ast.Name(other[1]), arguments, opened, level + 1) if other is not None else None

    def _generic(self, node: ast.Subscript, opened: tuple[str, ...], level: int) -> JsonObject:
        full = self.qualified(node.value)
        name = full.rpartition(".")[2]
        if "." in full and full.partition(".")[0] not in STANDARD:
            name = ""
        if self.class_named(node.value) is not None:  # a generic class of the source: as it is without parameters
            return self._named(node.value, opened, level)
        items = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        aliased = self._alias(node.value, items, opened, level)
        if aliased is not None:
            return aliased
        if name == "Optional":
            return self.union([*items, ast.Constant(None)], opened, level)
        if name == "Union":
            return self.union(items, opened, level)
        if name == "Literal":
            return self._literal(items, opened, level)
        if name == "Annotated":
            return self._annotated(items, opened, level)
        if name in WRAPPERS and items:
            return self.schema(items[0], opened, level + 1)
        if name in LISTS:
            return _with({"type": "array"}, "items", self.schema(items[0], opened, level + 1))
        if name in SETS:
            return _with({"type": "array", "uniqueItems": True}, "items", self.schema(items[0], opened, level + 1))
        if name == "Counter" and items:
            items = [items[0], ast.Name("int")]
        if name in MAPPINGS:
            return self._mapping(items, opened, level)
        if name in {"Pattern", "PathLike"}:
            return dict(SCALARS[name])
        if name in TUPLES:
            return self._tuple(items, opened, level)
        raise AnnotationError("type_not_json", f"{ast.unparse(node)} has no JSON form")

    def _mapping(self, items: list[ast.expr], opened: tuple[str, ...], level: int) -> JsonObject:
        if len(items) != 2:
            raise AnnotationError("unreadable_type", "a dictionary's annotation has two parts: dict[str, X]")
        key = self.schema(items[0], opened, level + 1)
        if key not in ({}, {"type": "string"}) and "enum" not in key:
            raise AnnotationError("type_not_json", f"keys of a JSON object are text, not {ast.unparse(items[0])}")
        schema = _with({"type": "object"}, "additionalProperties", self.schema(items[1], opened, level + 1))
        return {**schema, "propertyNames": {"enum": key["enum"]}} if "enum" in key else schema

    def _tuple(self, items: list[ast.expr], opened: tuple[str, ...], level: int) -> JsonObject:
        if len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is ...:
            return _with({"type": "array"}, "items", self.schema(items[0], opened, level + 1))
        if not items or (len(items) == 1 and isinstance(items[0], ast.Tuple) and not items[0].elts):
            return {"type": "array", "maxItems": 0}
        parts = [self.schema(item, opened, level + 1) for item in items]
        if parts and all(part == parts[0] for part in parts):
            return _with({"type": "array", "minItems": len(parts), "maxItems": len(parts)}, "items", parts[0])
        return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}

    def _literal(self, items: list[ast.expr], opened: tuple[str, ...], level: int) -> JsonObject:
        values: list[JsonValue] = []
        for item in items:
            try:
                values.append(self.value(item))
            except Unknown as error:
                try:  # a Literal inside it, written there or an alias (PEP 586)
                    values += self.schema(item, opened, level + 1)["enum"]
                except (AnnotationError, KeyError):
                    raise AnnotationError("type_not_json", f"a Literal whose value has no JSON form: {error}") from None
        return python_classes.enum_of(list({repr(value): value for value in values}.values()))

    def _annotated(self, items: list[ast.expr], opened: tuple[str, ...], level: int) -> JsonObject:
        schema = dict(self.schema(items[0], opened, level + 1))
        for extra in items[1:]:
            found: JsonObject = {}
            if isinstance(extra, ast.Constant) and isinstance(extra.value, str):
                found = {"description": extra.value}
            elif (field := self.field(extra)) is not None:
                found = field[0]
            elif isinstance(extra, ast.Call) and last_name(extra.func) in {"Interval", "Len", "StringConstraints"}:
                names = ("min_length", "max_length") if last_name(extra.func) == "Len" else ()
                found = self._keywords({k.arg: k.value for k in extra.keywords if k.arg})
                found = {**self._keywords(dict(zip(names, extra.args, strict=False))), **found}
            elif isinstance(extra, ast.Call) and last_name(extra.func) in MARKERS:
                keyword = MARKERS[last_name(extra.func)]
                given = [*extra.args, *(k.value for k in extra.keywords)]
                found = self._keywords({keyword: given[0]}) if given else {}
            schema = constrained(schema, found)
        return schema

    def _constrained_call(self, node: ast.Call, opened: tuple[str, ...], level: int) -> JsonObject:
        """`conint(ge=1)` and its like."""
        schema = dict(CONSTRAINED[last_name(node.func)])
        if schema["type"] == "array":
            given = [*node.args, *(k.value for k in node.keywords if k.arg == "item_type")]
            schema = _with(schema, "items", self.schema(given[0], opened, level + 1) if given else {})
        return constrained(schema, self._keywords({k.arg: k.value for k in node.keywords if k.arg}))

    def _named(self, node: ast.expr, opened: tuple[str, ...], level: int) -> JsonObject:
        found = self.class_named(node)
        if found is not None:
            return python_classes.class_schema(found[0], found[1], opened, level)
        aliased = self._alias(node, None, opened, level)
        if aliased is not None:
            return aliased
        full = self.qualified(node)
        other = self._elsewhere(node)
        if other is not None and level <= MAX_NESTING:
            return other[0]._named(ast.Name(other[1]), opened, level + 1)
        top, dot, _ = full.partition(".")
        name = full.rpartition(".")[2]
        if dot and top not in STANDARD:
            raise AnnotationError(
                "unknown_type",
                f"{ast.unparse(node)} comes from {full.rpartition('.')[0]}, which is not of this source and has no "
                "JSON form: use a plain type, or a dataclass, model, TypedDict, enum or class that is defined in it",
            )
        if name in SCALARS:
            return dict(SCALARS[name])
        if name in SETS:
            return {"type": "array", "uniqueItems": True}
        if name in MAPPINGS:
            return {"type": "object"}
        if name in LISTS | TUPLES:
            return {"type": "array"}
        if name in NOT_JSON:
            raise AnnotationError("type_not_json", f"{ast.unparse(node)} has no JSON form")
        raise AnnotationError("unknown_type", f"{ast.unparse(node)} is not defined in this file")


def with_default(schema: JsonObject, node: ast.expr | None, scope: Scope) -> JsonObject:
    """The schema with the default where that is written as a value; `x: int = None` also allows null."""
    if node is None:
        return schema
    try:
        value = scope.value(node)
    except Unknown:
        return schema
    if value is None:
        schema = nullable(schema)
    return {**schema, "default": value}


def constrained(schema: JsonObject, found: JsonObject) -> JsonObject:
    """The schema with the keywords found in a `Field`; lengths go to the keyword of the schema's own type."""
    out = dict(schema)
    kinds = schema.get("type")
    is_array = kinds == "array" or (isinstance(kinds, list) and "array" in kinds)
    for key, value in found.items():
        if key in {"min_length", "max_length"}:
            out[f"{key[:3]}{'Items' if is_array else 'Length'}"] = value
        else:
            out[key] = value
    return out


def _with(schema: JsonObject, key: str, part: JsonObject) -> JsonObject:
    return {**schema, key: part} if part else dict(schema)
