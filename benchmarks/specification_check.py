"""Compares imported tools with their specification, parameter by parameter, without any code of the importer.

It reads the specification itself (own YAML rules, own references) and asks of each imported tool: is every parameter
there, in its place, with its types, allowed values, default, and is it required exactly where the document says so?
A difference is counted under a reason where one of the rules below states it, else as a fault.
"""

import json
import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

ALL = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
_NAMES = {
    "int": "integer", "long": "integer", "int32": "integer", "int64": "integer", "float": "number", "double": "number",
    "decimal": "number", "bool": "boolean", "date": "string", "datetime": "string", "date-time": "string",
    "uuid": "string", "str": "string", "text": "string", "list": "array", "dict": "object", "map": "object",
}  # fmt: skip
_MEDIA = (
    "application/json",
    "text/json",
    "merge-patch+json",
    "+json",
    "*/*",
    "application/*",
    "urlencoded",
    "multipart",
)


class _Loader(yaml.CSafeLoader):
    """YAML 1.2's booleans; no dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if not tag.endswith((":timestamp", ":bool"))]
    for first, rules in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", __import__("re").compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


@dataclass
class Report:
    """What a comparison found."""

    tools: int = 0
    parameters: int = 0
    stated: Counter[str] = field(default_factory=Counter)
    """Differences by the reason that explains them."""
    faults: list[str] = field(default_factory=list)
    """Differences without one."""


class Specification:
    """The documents under one root, with references between them."""

    def __init__(self, root: Path) -> None:
        self._folder = root.parent
        self._root = root.name
        self._files: dict[str, Any] = {}

    @property
    def value(self) -> dict[str, Any]:
        """The root document."""
        return dict(self._file(self._root))

    def _file(self, name: str) -> Any:
        if name not in self._files:
            text = (self._folder / name).read_text(encoding="utf-8-sig")
            is_json = text.lstrip()[:1] == "{"
            self._files[name] = json.loads(text) if is_json else yaml.load(text, Loader=_Loader)
        return self._files[name]

    def resolve(self, node: Any, here: str) -> tuple[Any, str]:
        """The node behind references, and the file in which it stands."""
        for _ in range(30):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return node, here
            target, _, pointer = node["$ref"].partition("#")
            beside = {key: value for key, value in node.items() if key != "$ref"}
            if target:
                here = posixpath.normpath(posixpath.join(posixpath.dirname(here), unquote(target)))
            found = self._file(here)
            for step in pointer.split("/")[1:]:
                step = unquote(step).replace("~1", "/").replace("~0", "~")
                found = found[int(step)] if isinstance(found, list) else found[step]
            node = {**found, **beside} if isinstance(found, dict) and beside else found
        return {}, here

    def operations(self) -> Iterator[tuple[str, dict[str, Any], list[dict[str, Any]], str]]:
        """`METHOD path`, operation, parameters with their files in `x-file`, and the operation's file."""
        for path, item in self.value.get("paths", {}).items():
            item, here = self.resolve(item, self._root)
            if not isinstance(item, dict):
                continue
            for method in ("get", "put", "post", "delete", "options", "head", "patch"):
                operation, there = self.resolve(item.get(method), here)
                if not isinstance(operation, dict):
                    continue
                parameters: dict[tuple[str, str], dict[str, Any]] = {}
                for listed, base in ((item.get("parameters"), here), (operation.get("parameters"), there)):
                    for raw in listed or ():
                        parameter, file = self.resolve(raw, base)
                        if isinstance(parameter, dict):
                            key = (str(parameter.get("name")), str(parameter.get("in")))
                            parameters[key] = {**parameter, "x-file": file}
                yield f"{method.upper()} {path}", operation, list(parameters.values()), there


def check(root: Path, apis: list[dict[str, Any]], file: str | None = None) -> Report:
    """Compares the imported tools of one root document with it.

    Args:
        root: the document.
        apis: records as JSON objects.
        file: path of the document within the source, where the source holds several.
    """
    spec = Specification(root)
    report = Report()
    by_name = {
        api["source"]["original_name"].partition("#")[0]: api for api in apis if file in (None, api["source"]["file"])
    }
    by_name |= {api["source"]["original_name"]: api for api in apis if file in (None, api["source"]["file"])}
    for name, operation, parameters, here in spec.operations():
        api = by_name.get(name)
        if api is not None:
            report.tools += 1
            _Tool(spec, api, report).compare(operation, parameters, here)
    return report


class _Tool:
    def __init__(self, spec: Specification, api: dict[str, Any], report: Report) -> None:
        self._spec = spec
        self._api = api
        self._report = report
        schema = api["parameters"]
        self._defs = schema.get("$defs", {})
        self._required = set(schema.get("required", ()))
        self._at = {(where["place"], where["wire_name"]): name for name, where in api["binding"]["parameters"].items()}
        self._secret = {(one["place"], one["wire_name"].lower()) for one in api["binding"]["credentials"]}
        self._seen: set[str] = set()
        self._body_of: tuple[Any, str] | None = None

    def compare(self, operation: dict[str, Any], parameters: list[dict[str, Any]], here: str) -> None:
        swagger = "swagger" in self._spec.value
        for parameter in parameters:
            place = parameter.get("in")
            wire = str(parameter.get("name"))
            file = parameter["x-file"]
            schema = parameter.get("schema")
            if schema is None and parameter.get("content"):
                schema = next(iter(parameter["content"].values())).get("schema", {})
            if schema is None:
                schema = {k: v for k, v in parameter.items() if k not in ("name", "in", "required", "description")}
            if place == "formData":
                self._one("body", wire, schema, file, parameter.get("required") is True)
            elif place in ("query", "path", "header", "cookie"):
                self._one(place, wire, schema, file, place == "path" or parameter.get("required") is True)
            elif place == "body" and swagger:
                self._body(parameter.get("schema", {}), file, parameter.get("required") is True)
        if not swagger and operation.get("requestBody"):
            body, file = self._spec.resolve(operation["requestBody"], here)
            content = (body or {}).get("content") or {}
            sent = (self._api["binding"]["body_type"] or "").partition(";")[0]
            media = next((one for one in content if one.partition(";")[0].lower() == sent.lower()), None)
            media = media or next((one for want in _MEDIA for one in content if want in one), None)
            if media is not None and self._api["binding"]["body_type"]:
                self._body((content[media] or {}).get("schema", {}), file, body.get("required") is True)
        for key, name in self._at.items():
            if name not in self._seen:
                if key[0] == "path":
                    self._report.stated["a hole of the path that no parameter declares"] += 1
                else:
                    self._fault(name, "is offered and not in the specification")

    def _body(self, schema: Any, file: str, required: bool) -> None:
        self._body_of = (schema, file)
        whole = self._api["binding"]["whole_body"]
        if whole is not None:
            self._seen.add(whole)
            self._report.parameters += 1
            self._same(whole, schema, file, required)
            return
        fields: dict[str, tuple[Any, str]] = {}
        needed: set[str] = set()
        self._collect(schema, file, fields, needed, 0)
        for name in needed - set(fields):
            fields[name] = ({}, file)
        for name, (part, part_file) in fields.items():
            self._one("body", name, part, part_file, name in needed)

    def _collect(self, schema: Any, file: str, fields: dict[str, Any], needed: set[str], level: int) -> None:
        schema, file = self._spec.resolve(schema, file)
        if not isinstance(schema, dict) or level > 12:
            return
        for part in schema.get("allOf", ()):
            self._collect(part, file, fields, needed, level + 1)
        for name, part in (schema.get("properties") or {}).items():
            before = fields.get(name)
            fields[name] = ({"allOf": [before[0], part]} if before and before[1] == file else part, file)
            if isinstance(part, dict) and part.get("required") is True:
                needed.add(name)
        listed = schema.get("required")
        needed |= set(listed) if isinstance(listed, list) else set()
        for key in ("oneOf", "anyOf"):
            branches = [self._spec.resolve(one, file)[0] for one in schema.get(key, ())]
            if branches and all(set(one) <= {"required", "type", "title"} for one in branches if isinstance(one, dict)):
                common = set.intersection(*(set(one.get("required", ())) for one in branches))
                needed |= common
            elif len(branches) == 1:
                self._collect(schema[key][0], file, fields, needed, level + 1)

    def _one(self, place: str, wire: str, schema: Any, file: str, required: bool) -> None:
        name = self._at.get((place, wire)) or next(
            (
                own
                for (where, known), own in self._at.items()
                if where == place == "path" and _letters(known) == _letters(wire)
            ),
            None,
        )
        self._report.parameters += 1
        if name is not None:
            self._seen.add(name)
            self._same(name, schema, file, required)
            return
        if (place, wire.lower()) in self._secret:
            self._report.stated["a secret: comes from the environment"] += 1
        elif place == "header" and wire.lower() in ("accept", "content-type"):
            self._report.stated["a header that the call sets itself"] += 1
        elif self._says(schema, file, "readOnly"):
            self._report.stated["read-only: the server fills it in"] += 1
        elif self._is_file(schema, file, 0):
            self._report.stated["an optional file"] += 1
        elif place == "path" and "{" + wire + "}" not in self._api["binding"]["url"]:
            self._report.stated["a path parameter without a place in the path"] += 1
        else:
            self._fault(wire, f"in {place} is not offered")

    def _same(self, name: str, schema: Any, file: str, required: bool) -> None:
        own = self._api["parameters"]["properties"][name]
        expected = self._types(schema, file, 0)
        found = _types(own, self._defs, 0)
        if expected != found:
            without_file = expected - {"string"} if self._is_file(schema, file, 0) else expected
            if self._has_file_branch(schema, file):
                self._report.stated["a union without its file"] += 1
            elif without_file != found:
                self._fault(name, f"has types {sorted(found)}, not {sorted(expected)}")
        if (name in self._required) != required:
            self._fault(name, f"is {'required' if name in self._required else 'optional'}, and should not be")
        self._enum(name, own, schema, file)
        default, has = self._default(schema, file, 0)
        if has and default is not None:
            if "default" not in own:
                fits = _type_of(default) & expected or str(default)
                values = self._enum_of(schema, file, 0)
                if _type_of(default) & expected and (values is None or _key(default) in values):
                    self._report.stated["a default that a further bound of its schema excludes"] += 1
                else:
                    self._report.stated["a default that is not of its own type"] += bool(fits)
            elif _key(own["default"]) != _key(default) and str(own["default"]) != str(default):
                if isinstance(own["default"], dict | list | bool | int | float):
                    self._report.stated["a default written as text, or with renamed fields"] += 1
                else:
                    self._fault(name, f"has the default {own['default']!r}, not {default!r}")
        elif "default" in own:
            self._fault(name, f"has the default {own['default']!r}, and should have none")

    def _enum(self, name: str, own: dict[str, Any], schema: Any, file: str) -> None:
        expected = self._enum_of(schema, file, 0)
        found = _enum_of(own, self._defs, 0)
        types = self._types(schema, file, 0)
        if expected is not None:
            kept = {value for value in expected if _type_of(json.loads(value)) & types or json.loads(value) is None}
            if found is not None and found - {"null"} == kept - {"null"}:
                if kept != expected:
                    self._report.stated["allowed values that are not of their own type"] += 1
                return
            if not kept - {"null"}:
                self._report.stated["allowed values that are not of their own type"] += 1
                return
        if expected != found and found is not None and found <= self._tied(name):
            self._report.stated["the value that a base's discriminator gives to its subtypes"] += 1
        elif expected != found:
            shown = None if found is None else sorted(found)[:4]
            self._fault(name, f"allows {shown}, not {None if expected is None else sorted(expected)[:4]}")

    def _tied(self, name: str) -> set[str]:
        """The values that discriminators of the body's bases give to the body's schema, where this field is theirs."""
        wire = next((wire for (place, wire), own in self._at.items() if own == name and place == "body"), None)
        if wire is None or self._body_of is None:
            return set()
        return self._tied_by(*self._body_of, wire, 0)

    def _tied_by(self, schema: Any, file: str, wire: str, level: int, child: str = "") -> set[str]:
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        schema, file = self._spec.resolve(schema, file)
        if not isinstance(schema, dict) or level > 12:
            return set()
        child = child or str(reference)
        out: set[str] = set()
        discriminator = schema.get("discriminator")
        described = discriminator if isinstance(discriminator, dict) else {"propertyName": discriminator}
        if described.get("propertyName") == wire:
            last = child.rpartition("/")[2]
            mapping = described.get("mapping") or {}
            is_base = level == 0 or (level == 1 and reference is None)
            mapped = {value for value, target in mapping.items() if is_base or target in (child, last)}
            out |= {json.dumps(value) for value in mapped or {last}}
        for part in schema.get("allOf", ()):
            out |= self._tied_by(part, file, wire, level + 1, child)
        return out

    # what the specification says

    def _types(self, schema: Any, file: str, level: int) -> frozenset[str]:
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
            out = _common(out, self._types(part, file, level + 1))
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                branches = [one for one in schema[key] if not self._is_file(one, file, 0)]
                union = frozenset().union(*(self._types(part, file, level + 1) for part in branches or schema[key]))
                out = _common(out, union)
        if schema.get("nullable") is True or schema.get("x-nullable") is True:
            out |= {"null"}
        return out

    def _enum_of(self, schema: Any, file: str, level: int) -> set[str] | None:
        schema, file = self._spec.resolve(schema, file)
        if not isinstance(schema, dict) or level > 12:
            return None
        out = (
            {_key(value) for value in schema["enum"]}
            if isinstance(schema.get("enum"), list) and schema["enum"]
            else None
        )
        if "const" in schema:
            out = {_key(schema["const"])}
        for part in schema.get("allOf", ()):
            inner = self._enum_of(part, file, level + 1)
            out = inner if out is None else out if inner is None else (out & inner or inner)
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                branches = [self._enum_of(part, file, level + 1) for part in schema[key]]
                nulls = [self._types(part, file, level + 1) == {"null"} for part in schema[key]]
                sets = [one for one, null in zip(branches, nulls, strict=True) if not null]
                if sets and all(one is not None for one in sets):
                    union = set().union(*(one for one in sets if one is not None))
                    out = union if out is None else out & union
        return out

    def _default(self, schema: Any, file: str, level: int) -> tuple[Any, bool]:
        schema, file = self._spec.resolve(schema, file)
        if not isinstance(schema, dict) or level > 12:
            return None, False
        if "default" in schema:
            return schema["default"], True
        for part in reversed(schema.get("allOf", ())):
            found, has = self._default(part, file, level + 1)
            if has:
                return found, True
        for key in ("anyOf", "oneOf"):
            branches: list[Any] = schema.get(key) or []
            if len(branches) == 1:
                return self._default(branches[0], file, level + 1)
        return None, False

    def _says(self, schema: Any, file: str, key: str, level: int = 0) -> bool:
        schema, file = self._spec.resolve(schema, file)
        if not isinstance(schema, dict) or level > 6:
            return False
        return schema.get(key) is True or any(self._says(one, file, key, level + 1) for one in schema.get("allOf", ()))

    def _is_file(self, schema: Any, file: str, level: int) -> bool:
        schema, file = self._spec.resolve(schema, file)
        if not isinstance(schema, dict) or level > 6:
            return False
        if schema.get("type") == "file" or schema.get("format") == "binary":
            return True
        if "contentMediaType" in schema and "contentEncoding" not in schema:
            return True
        inner = [schema["items"]] if isinstance(schema.get("items"), dict) else []
        choices = [one for key in ("anyOf", "oneOf") for one in schema.get(key, ())]
        if choices and all(self._is_file(one, file, level + 1) for one in choices):
            return True
        needed = schema.get("required") if isinstance(schema.get("required"), list) else ()
        inner += [part for name, part in (schema.get("properties") or {}).items() if name in (needed or ())]
        return any(self._is_file(one, file, level + 1) for one in inner + list(schema.get("allOf", ())))

    def _has_file_branch(self, schema: Any, file: str) -> bool:
        schema, file = self._spec.resolve(schema, file)
        return isinstance(schema, dict) and any(
            self._is_file(one, file, 0) for key in ("anyOf", "oneOf") for one in schema.get(key, ())
        )

    def _fault(self, name: str, what: str) -> None:
        self._report.faults.append(f"{self._api['source']['original_name']}: {name} {what}")


def _types(schema: Any, defs: dict[str, Any], level: int) -> frozenset[str]:
    """The types of an imported schema."""
    if not isinstance(schema, dict) or level > 12:
        return ALL
    if "$ref" in schema:
        return _types(defs.get(schema["$ref"].rpartition("/")[2], {}), defs, level + 1)
    kinds = schema.get("type")
    out = ALL if kinds is None else frozenset([kinds] if isinstance(kinds, str) else kinds)
    for part in schema.get("allOf", ()):
        out = _common(out, _types(part, defs, level + 1))
    if schema.get("anyOf"):
        out = _common(out, frozenset().union(*(_types(part, defs, level + 1) for part in schema["anyOf"])))
    return out


def _enum_of(schema: Any, defs: dict[str, Any], level: int) -> set[str] | None:
    if not isinstance(schema, dict) or level > 12:
        return None
    if "$ref" in schema:
        return _enum_of(defs.get(schema["$ref"].rpartition("/")[2], {}), defs, level + 1)
    out = {_key(value) for value in schema["enum"]} if "enum" in schema else None
    if "const" in schema:
        out = {_key(schema["const"])}
    for part in schema.get("allOf", ()):
        inner = _enum_of(part, defs, level + 1)
        out = inner if out is None else out if inner is None else out & inner
    if schema.get("anyOf"):
        branches = [part for part in schema["anyOf"] if part != {"type": "null"}]
        sets = [_enum_of(part, defs, level + 1) for part in branches]
        if sets and all(one is not None for one in sets):
            union = set().union(*(one for one in sets if one is not None))
            out = union if out is None else out & union
    return out


def _common(one: frozenset[str], two: frozenset[str]) -> frozenset[str]:
    out = one & two
    if "integer" in one | two and "number" in one | two and {"integer", "number"} - one and {"integer", "number"} - two:
        out |= {"integer"}
    return out or two


def _type_of(value: Any) -> frozenset[str]:
    if value is None:
        return frozenset({"null"})
    if isinstance(value, bool):
        return frozenset({"boolean"})
    if isinstance(value, int):
        return frozenset({"integer", "number"})
    if isinstance(value, float):
        return frozenset({"number"} | ({"integer"} if value.is_integer() else set()))
    return frozenset({"string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"})


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
