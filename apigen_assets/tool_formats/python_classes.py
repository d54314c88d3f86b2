"""Schemas of dataclasses, models, typed dictionaries, named tuples and enums, read as syntax."""

import ast
from typing import TYPE_CHECKING

from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import DEFINITIONS, object_schema
from apigen_assets.tool_formats.python_objects import plain_object
from apigen_assets.tool_formats.python_syntax import MAX_NESTING, AnnotationError, Unknown, last_name
from apigen_assets.tool_formats.python_types import ENUM_BASES, MODEL_BASES

if TYPE_CHECKING:
    from apigen_assets.tool_formats.python_annotations import Scope

_MADE_FROM_FIELDS = frozenset({"dataclass", "model", "typed_dict", "named_tuple"})
_MARKERS = frozenset({"Required", "NotRequired", "ReadOnly", "Annotated"})


def class_schema(scope: "Scope", node: ast.ClassDef, opened: tuple[str, ...], level: int) -> JsonObject:
    """The JSON Schema of the values that a class is made from; of a plain class, of what its `__init__` takes.

    Raises:
        AnnotationError: the class is not made from JSON.

    A class that contains itself is a reference, with its schema in `$defs` beside it.
    """
    mark = f"{scope.module}:{node.name}"
    kinds = _kinds(scope, node)
    if mark in opened and kinds:
        return {"$ref": f"#/{DEFINITIONS}/{node.name}"}
    if "enum" in kinds:
        members = [value for _, value in enum_members(scope, node)]
        if not members:
            raise AnnotationError("type_not_json", f"the enum {node.name} has no members with JSON values")
        return enum_of(list({(type(value), value): value for value in members}.values()))
    if not kinds & _MADE_FROM_FIELDS:
        return plain_object(scope, node, opened, level)
    for base in node.bases:
        if isinstance(base, ast.Subscript) and scope.short(base.value) == "RootModel":
            return scope.schema(base.slice, (*opened, mark), level + 1)
    properties, required = _members(scope, node, (*opened, mark), level)
    described = {"description": text} if (text := ast.get_docstring(node)) else {}
    schema = {**object_schema(properties, required), **described}
    reference = {"$ref": f"#/{DEFINITIONS}/{node.name}"}
    return {**reference, DEFINITIONS: {node.name: schema}} if refers(schema, reference["$ref"]) else schema


def _members(scope: "Scope", node: ast.ClassDef, opened: tuple[str, ...], level: int) -> tuple[JsonObject, list[str]]:
    """The schemas of a class's fields, inherited ones among them, and the names of those that have to be given.

    A class that it inherits from is not opened by that, so that either may contain the other.
    """
    if level > MAX_NESTING:
        raise AnnotationError("type_too_deep", f"{node.name} inherits more than {MAX_NESTING} levels deep")
    properties: JsonObject = {}
    required: list[str] = []
    kinds = _kinds(scope, node)
    for base in reversed(node.bases):  # as the method resolution order: what comes first wins
        parent = scope.class_named(base.value if isinstance(base, ast.Subscript) else base)
        if parent is None or not _kinds(*parent) & _MADE_FROM_FIELDS:
            continue
        inherited, needed = _members(*parent, opened, level + 1)
        required = [name for name in required if name not in inherited] + needed
        properties |= inherited
    total = not any(k.arg == "total" and getattr(k.value, "value", True) is False for k in node.keywords)
    for name, statement, docs in _fields(scope, node, kinds):
        schema, optional = _field(scope, statement, opened, level + 1)
        if "typed_dict" in kinds:
            optional = _may_be_absent(scope, statement.annotation, total)
        properties[name] = {**schema, "description": docs} if docs and "description" not in schema else schema
        required = [*(known for known in required if known != name), *([] if optional else [name])]
    return properties, required


def refers(schema: JsonValue, reference: str) -> bool:
    """Whether a schema holds a reference."""
    if isinstance(schema, list):
        return any(refers(item, reference) for item in schema)
    if not isinstance(schema, dict):
        return False
    return schema.get("$ref") == reference or any(refers(item, reference) for item in schema.values())


def lifted(schema: JsonObject) -> JsonObject:
    """The schema with every `$defs` inside it at its top, where its references look for them.

    Raises:
        AnnotationError: two classes of one name contain themselves.
    """
    definitions: JsonObject = {}
    out = _without_definitions(schema, definitions)
    return {**out, DEFINITIONS: dict(sorted(definitions.items()))} if definitions else schema


def _without_definitions(node: JsonValue, definitions: JsonObject) -> JsonValue:
    if isinstance(node, list):
        return [_without_definitions(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    inner = node.get(DEFINITIONS)
    if "$ref" in node and isinstance(inner, dict):
        for name, schema in inner.items():
            clean = _without_definitions(schema, definitions)
            if definitions.setdefault(name, clean) != clean:
                raise AnnotationError("recursive_type", f"two classes {name} contain themselves")
        node = {key: value for key, value in node.items() if key != DEFINITIONS}
    return {key: _without_definitions(value, definitions) for key, value in node.items()}


def _kinds(scope: "Scope", node: ast.ClassDef, seen: tuple[str, ...] = ()) -> set[str]:
    """What a class is, itself or by what it inherits: `enum`, `dataclass`, `model`, `typed_dict`, `named_tuple`."""
    if node.name in seen:
        return set()
    found: set[str] = set()
    for decorator in node.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        if scope.short(call) == "dataclass":
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            if any(k.arg == "init" and getattr(k.value, "value", True) is False for k in keywords):
                raise AnnotationError("type_not_json", f"the dataclass {node.name} is not made from its fields")
            found.add("dataclass")
    for base in node.bases:
        base = base.value if isinstance(base, ast.Subscript) else base
        parent = scope.class_named(base)
        if parent is not None:
            found |= _kinds(parent[0], parent[1], (*seen, node.name))
        elif scope.is_standard(base, ENUM_BASES):
            found.add("enum")
        elif scope.is_standard(base, MODEL_BASES):
            found.add({"TypedDict": "typed_dict", "NamedTuple": "named_tuple"}.get(scope.short(base), "model"))
    return found


def _may_be_absent(scope: "Scope", annotation: ast.expr, total: bool) -> bool:
    while isinstance(annotation, ast.Subscript) and scope.short(annotation.value) in _MARKERS:
        marker = scope.short(annotation.value)
        if marker in {"Required", "NotRequired"}:
            return marker == "NotRequired"
        annotation = annotation.slice.elts[0] if isinstance(annotation.slice, ast.Tuple) else annotation.slice
    return not total


def _field(scope: "Scope", statement: ast.AnnAssign, opened: tuple[str, ...], level: int) -> tuple[JsonObject, bool]:
    from apigen_assets.tool_formats.python_annotations import constrained, with_default

    schema = scope.schema(statement.annotation, opened, level + 1)
    default, optional = statement.value, statement.value is not None
    described = scope.field(statement.value) if statement.value is not None else None
    if described is not None:
        schema = constrained(schema, described[0])
        default, optional = described[1], described[2]
    if not optional and (inner := scope.annotated_field(statement.annotation)) is not None:
        default, optional = inner[1], inner[2]
    return with_default(schema, default, scope), optional


def _fields(scope: "Scope", node: ast.ClassDef, kinds: set[str]) -> list[tuple[str, ast.AnnAssign, str]]:
    """Annotated fields that are given when an object is made, each with the string literal that follows it."""
    out: list[tuple[str, ast.AnnAssign, str]] = []
    for at, statement in enumerate(node.body):
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            continue
        name = statement.target.id
        outer = getattr(statement.annotation, "value", None) or statement.annotation
        if scope.short(outer) in {"ClassVar", "KW_ONLY"} or _is_inner(statement.value) or name == "model_config":
            continue
        if name.startswith("_") and "typed_dict" not in kinds and ("dataclass" not in kinds or name == "_"):
            continue
        following = node.body[at + 1] if at + 1 < len(node.body) else None
        docs = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            docs = following.value.value.strip() if isinstance(following.value.value, str) else ""
        out.append((name, statement, docs))
    return out


def _is_inner(value: ast.expr | None) -> bool:
    """Whether a field is not given from outside: `field(init=False)`, `PrivateAttr()`."""
    if not isinstance(value, ast.Call):
        return False
    never = any(k.arg == "init" and getattr(k.value, "value", True) is False for k in value.keywords)
    return never or last_name(value.func) == "PrivateAttr"


def enum_members(scope: "Scope", node: ast.ClassDef) -> list[tuple[str, JsonValue]]:
    """Names and values of an enum's members; those whose values are not scalars written out are left out."""
    out: list[tuple[str, JsonValue]] = []
    text = "StrEnum" in [scope.short(base) for base in node.bases]
    for statement in node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        given = getattr(statement, "value", None)
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(target, ast.Name) or given is None:
            continue
        name = target.id
        if name.startswith("_"):
            continue
        automatic = isinstance(given, ast.Call) and last_name(given.func) == "auto"
        try:
            value = (name.lower() if text else len(out) + 1) if automatic else scope.value(given)
        except Unknown:
            continue
        if value is None or isinstance(value, str | int | float):
            out.append((name, value))
    return out


def class_of_call(name: str, call: ast.Call) -> ast.ClassDef | None:
    """The class statement that says what `TypedDict("X", {...})`, `NamedTuple(...)`, `Enum("X", "A B")` says."""
    maker = last_name(call.func)
    given = call.args[1] if len(call.args) > 1 else None
    body: list[ast.stmt] = []
    if maker in {"TypedDict", "NamedTuple", "namedtuple"}:
        for field, annotation in _pairs(given):
            typed = annotation if maker != "namedtuple" else ast.Name("Any")
            if typed is not None:
                body.append(ast.AnnAssign(ast.Name(field), typed, None, 1))
        base = "TypedDict" if maker == "TypedDict" else "NamedTuple"
    elif maker in ENUM_BASES:
        for at, (member, value) in enumerate(_pairs(given)):
            counted = ast.Constant(member.lower() if maker == "StrEnum" else at + 1)
            body.append(ast.Assign([ast.Name(member)], value or counted))
        base = maker
    else:
        return None
    keywords = [k for k in call.keywords if k.arg == "total"]
    made = ast.ClassDef(name, [ast.Name(base)], keywords, body or [ast.Pass()], [])
    return made if body else None


def _pairs(given: ast.expr | None) -> list[tuple[str, ast.expr | None]]:
    """Names, with what each is, of a dictionary, a list of pairs, a list of names, or a text of names."""
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return [(name, None) for name in given.value.replace(",", " ").split()]
    if isinstance(given, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in given.keys]
        return [(key, value) for key, value in zip(keys, given.values, strict=True) if isinstance(key, str)]
    out: list[tuple[str, ast.expr | None]] = []
    for item in given.elts if isinstance(given, ast.List | ast.Tuple) else []:
        parts = item.elts if isinstance(item, ast.Tuple | ast.List) else [item]
        if parts and isinstance(parts[0], ast.Constant) and isinstance(parts[0].value, str):
            out.append((parts[0].value, parts[1] if len(parts) > 1 else None))
    return out


def enum_of(values: list[JsonValue]) -> JsonObject:
    """The schema of a closed list of values."""
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
