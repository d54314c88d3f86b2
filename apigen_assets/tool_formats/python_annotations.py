"""JSON Schemas from Python annotations, read as syntax: nothing is imported or evaluated."""

import ast

from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import nullable, object_schema

MAX_NESTING = 20

_SCALARS: dict[str, JsonObject] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "NoneType": {"type": "null"},
    "Any": {},
    "object": {},
    "dict": {"type": "object"},
    "Dict": {"type": "object"},
    "Mapping": {"type": "object"},
    "list": {"type": "array"},
    "List": {"type": "array"},
    "tuple": {"type": "array"},
    "Tuple": {"type": "array"},
    "Sequence": {"type": "array"},
    "Iterable": {"type": "array"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
    "UUID": {"type": "string", "format": "uuid"},
    "Decimal": {"type": "number"},
    "LiteralString": {"type": "string"},
    "PositiveInt": {"type": "integer", "exclusiveMinimum": 0},
    "NonNegativeInt": {"type": "integer", "minimum": 0},
    "PositiveFloat": {"type": "number", "exclusiveMinimum": 0},
    "NonNegativeFloat": {"type": "number", "minimum": 0},
    "EmailStr": {"type": "string", "format": "email"},
    "HttpUrl": {"type": "string", "format": "uri"},
}
_LISTS = {"list", "List", "Sequence", "Iterable", "MutableSequence", "Collection"}
_SETS = {"set", "Set", "frozenset", "FrozenSet", "AbstractSet", "MutableSet"}
_MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "DefaultDict"}
_TRANSPARENT = {"Required", "NotRequired", "ReadOnly", "Final", "ClassVar", "InitVar"}
_BASES_OF_MODELS = {"BaseModel", "TypedDict", "NamedTuple"}
_ENUMS = {"Enum", "IntEnum", "StrEnum"}

_CONSTRAINTS = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
    "description": "description",
    "examples": "examples",
}
_MARKERS = {"Ge": "ge", "Le": "le", "Gt": "gt", "Lt": "lt", "MultipleOf": "multiple_of", "Doc": "description"}


class AnnotationError(ValueError):
    """An annotation that JSON Schema cannot express, or that names something not defined in the file."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Unknown(ValueError):
    """A value that is not written as a literal."""


class Scope:
    """The classes, aliases and constants of one module, and schemas of annotations in it."""

    def __init__(self, tree: ast.Module) -> None:
        self._classes: dict[str, ast.ClassDef] = {}
        self._values: dict[str, ast.expr] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                self._classes.setdefault(node.name, node)
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                target = statement.targets[0]
                if isinstance(target, ast.Name):
                    self._values[target.id] = statement.value
            elif (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and statement.value is not None
            ):
                self._values[statement.target.id] = statement.value

    def schema(self, annotation: ast.expr, _open: tuple[str, ...] = (), _level: int = 0) -> JsonObject:
        """The JSON Schema of an annotation.

        Raises:
            AnnotationError: it has no JSON form, or a name in it is not defined in this file.
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
                    raise AnnotationError("unreadable_type", f"the annotation {text!r} is no Python") from None
            case ast.BinOp(op=ast.BitOr()):
                return self._union(_members(annotation), _open, _level)
            case ast.Subscript():
                return self._generic(annotation, _open, _level)
            case ast.Name(id=name):
                return self._named(name, _open, _level)
            case ast.Attribute(attr=name):
                return self._named(name, _open, _level)
        raise AnnotationError("unreadable_type", f"the annotation {ast.unparse(annotation)} is no type")

    def value(self, node: ast.expr, _level: int = 0) -> JsonValue:
        """The JSON value of an expression of literals, of this module's constants and enum members.

        Raises:
            Unknown: it is computed, or has no JSON form.
        """
        if _level > MAX_NESTING:
            raise Unknown("nested too deeply")
        match node:
            case ast.Constant(value=value) if value is None or isinstance(value, bool | int | float | str):
                if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
                    raise Unknown("not a JSON number")
                return value
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                number = self.value(operand, _level + 1)
                if isinstance(number, bool) or not isinstance(number, int | float):
                    raise Unknown("a sign before something that is no number")
                return -number if isinstance(sign, ast.USub) else number
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [self.value(item, _level + 1) for item in items]
            case ast.Dict(keys=keys, values=values):
                out: JsonObject = {}
                for key, item in zip(keys, values, strict=True):
                    name = self.value(key, _level + 1) if key is not None else None
                    if not isinstance(name, str):
                        raise Unknown("a key that is no text")
                    out[name] = self.value(item, _level + 1)
                return out
            case ast.Name(id=name) if name in self._values:
                return self.value(self._values[name], _level + 1)
            case ast.Attribute(value=ast.Attribute() as inner, attr="value"):
                return self.value(inner, _level + 1)
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in self._classes:
                members = dict(self._enum_members(self._classes[owner]))
                if name in members:
                    return members[name]
        raise Unknown("computed, not written")

    def field(self, node: ast.expr) -> tuple[JsonObject, ast.expr | None, bool] | None:
        """What a `Field(...)` or `field(...)` call says: schema keywords, its default, whether it has one.

        None where the expression is no such call. A default that is made by a factory is there, but unknown.
        """
        if not (isinstance(node, ast.Call) and _last_name(node.func) in {"Field", "field", "Query", "Body", "Path"}):
            return None
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        default = node.args[0] if node.args else keywords.get("default")
        if isinstance(default, ast.Constant) and default.value is ...:
            default = None
        known = self._keywords(keywords)
        return known, default, default is not None or "default_factory" in keywords

    def _keywords(self, keywords: dict[str, ast.expr]) -> JsonObject:
        out: JsonObject = {}
        for name, node in keywords.items():
            if name not in _CONSTRAINTS and name not in {"min_length", "max_length"}:
                continue
            try:
                out[_CONSTRAINTS.get(name, name)] = self.value(node)
            except Unknown:
                continue
        return out

    def _union(self, parts: list[ast.expr], opened: tuple[str, ...], level: int) -> JsonObject:
        schemas: list[JsonObject] = []
        for part in parts:
            schema = self.schema(part, opened, level + 1)
            if schema not in schemas:
                schemas.append(schema)
        null = {"type": "null"}
        rest = [schema for schema in schemas if schema != null]
        if {} in rest:
            return {}
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

    def _generic(self, node: ast.Subscript, opened: tuple[str, ...], level: int) -> JsonObject:
        name = _last_name(node.value)
        items = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Optional":
            return self._union([*items, ast.Constant(None)], opened, level)
        if name == "Union":
            return self._union(items, opened, level)
        if name == "Literal":
            return self._literal(items)
        if name == "Annotated":
            return self._annotated(items, opened, level)
        if name in _TRANSPARENT and items:
            return self.schema(items[0], opened, level + 1)
        if name in _LISTS:
            return _with(_SCALARS["list"], "items", self.schema(items[0], opened, level + 1))
        if name in _SETS:
            return _with({"type": "array", "uniqueItems": True}, "items", self.schema(items[0], opened, level + 1))
        if name in _MAPPINGS:
            return self._mapping(items, opened, level)
        if name in {"tuple", "Tuple"}:
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
        if len(items) == 1 and isinstance(items[0], ast.Tuple) and not items[0].elts:
            return {"type": "array", "maxItems": 0}
        parts = [self.schema(item, opened, level + 1) for item in items]
        if parts and all(part == parts[0] for part in parts):
            return _with({"type": "array", "minItems": len(parts), "maxItems": len(parts)}, "items", parts[0])
        return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}

    def _literal(self, items: list[ast.expr]) -> JsonObject:
        try:
            values = [self.value(item) for item in items]
        except Unknown as error:
            raise AnnotationError("type_not_json", f"a Literal whose value has no JSON form: {error}") from None
        return _enum(values)

    def _annotated(self, items: list[ast.expr], opened: tuple[str, ...], level: int) -> JsonObject:
        schema = dict(self.schema(items[0], opened, level + 1))
        for extra in items[1:]:
            found: JsonObject = {}
            if isinstance(extra, ast.Constant) and isinstance(extra.value, str):
                found = {"description": extra.value}
            elif (field := self.field(extra)) is not None:
                found = field[0]
            elif isinstance(extra, ast.Call) and _last_name(extra.func) in {"Interval", "Len", "MinLen", "MaxLen"}:
                found = self._keywords({k.arg: k.value for k in extra.keywords if k.arg})
            elif isinstance(extra, ast.Call) and _last_name(extra.func) in _MARKERS and extra.args:
                found = self._keywords({_MARKERS[_last_name(extra.func)]: extra.args[0]})
            schema = constrained(schema, found)
        return schema

    def _named(self, name: str, opened: tuple[str, ...], level: int) -> JsonObject:
        if name in self._classes:
            return self._class(self._classes[name], opened, level)
        if name in self._values and name not in opened:
            value = self._values[name]
            if isinstance(value, ast.Call) and _last_name(value.func) == "NewType" and len(value.args) == 2:
                value = value.args[1]
            if isinstance(value, ast.Call) and _last_name(value.func) in {"TypeVar", "ParamSpec"}:
                raise AnnotationError("type_not_json", f"{name} is a type variable")
            return self.schema(value, (*opened, name), level + 1)
        if name in _SCALARS:
            return dict(_SCALARS[name])
        if name in _SETS:
            return {"type": "array", "uniqueItems": True}
        if name in _MAPPINGS:
            return {"type": "object"}
        if name in _LISTS:
            return {"type": "array"}
        if name in {"bytes", "bytearray", "complex", "Callable", "type", "Generator", "Iterator"}:
            raise AnnotationError("type_not_json", f"{name} has no JSON form")
        raise AnnotationError("unknown_type", f"{name} is not defined in this file")

    def _class(self, node: ast.ClassDef, opened: tuple[str, ...], level: int) -> JsonObject:
        if node.name in opened:
            raise AnnotationError("recursive_type", f"{node.name} contains itself")
        bases = [_last_name(base) for base in node.bases]
        if _ENUMS & set(bases):
            members = [value for _, value in self._enum_members(node)]
            if not members:
                raise AnnotationError("type_not_json", f"the enum {node.name} has no members with JSON values")
            return _enum(members)
        dataclass = any(
            _last_name(d.func if isinstance(d, ast.Call) else d) == "dataclass" for d in node.decorator_list
        )
        inherited = [self._classes[base] for base in bases if base in self._classes]
        if not (dataclass or _BASES_OF_MODELS & set(bases) or inherited):
            raise AnnotationError("type_not_json", f"the class {node.name} is no dataclass, model, TypedDict or enum")
        properties: JsonObject = {}
        required: list[str] = []
        for parent in inherited:
            schema = self._class(parent, (*opened, node.name), level + 1)
            properties |= schema.get("properties", {})
            required += schema.get("required", [])
        total = not any(k.arg == "total" and getattr(k.value, "value", True) is False for k in node.keywords)
        for name, statement, docs in _fields(node):
            schema, optional = self._field_schema(statement, (*opened, node.name), level + 1)
            if "TypedDict" in bases:
                marker = _last_name(getattr(statement.annotation, "value", None))
                optional = marker == "NotRequired" or (not total and marker != "Required")
            properties[name] = {**schema, "description": docs} if docs and "description" not in schema else schema
            required = [*(one for one in required if one != name), *([] if optional else [name])]
        described = {"description": text} if (text := ast.get_docstring(node)) else {}
        return {**object_schema(properties, required), **described}

    def _field_schema(self, statement: ast.AnnAssign, opened: tuple[str, ...], level: int) -> tuple[JsonObject, bool]:
        schema = self.schema(statement.annotation, opened, level + 1)
        if statement.value is None:
            return schema, False
        field = self.field(statement.value)
        default: ast.expr | None = statement.value
        optional = True
        if field is not None:
            schema = constrained(schema, field[0])
            default, optional = field[1], field[2]
        return with_default(schema, default, self), optional

    def _enum_members(self, node: ast.ClassDef) -> list[tuple[str, JsonValue]]:
        out: list[tuple[str, JsonValue]] = []
        text = "StrEnum" in [_last_name(base) for base in node.bases]
        for statement in node.body:
            if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
                continue
            name = statement.targets[0].id
            automatic = isinstance(statement.value, ast.Call) and _last_name(statement.value.func) == "auto"
            try:
                value = (name.lower() if text else len(out) + 1) if automatic else self.value(statement.value)
            except Unknown:
                continue
            out.append((name, value))
        return out


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


def _enum(values: list[JsonValue]) -> JsonObject:
    kinds = list(dict.fromkeys(_kind(value) for value in values))
    return {"type": kinds[0] if len(kinds) == 1 else kinds, "enum": values}


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _members(node: ast.expr) -> list[ast.expr]:
    out: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        out.append(node.right)
        node = node.left
    return [node, *reversed(out)]


def _fields(node: ast.ClassDef) -> list[tuple[str, ast.AnnAssign, str]]:
    """Annotated fields of a class, each with the string literal that follows it."""
    out: list[tuple[str, ast.AnnAssign, str]] = []
    for at, statement in enumerate(node.body):
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            continue
        if (
            statement.target.id.startswith("_")
            or _last_name(getattr(statement.annotation, "value", None)) == "ClassVar"
        ):
            continue
        following = node.body[at + 1] if at + 1 < len(node.body) else None
        docs = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            docs = following.value.value.strip() if isinstance(following.value.value, str) else ""
        out.append((statement.target.id, statement, docs))
    return out


def _last_name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
