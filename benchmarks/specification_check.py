"""Compares imported tools with their specification, parameter by parameter, without any code of the importer.

It reads the specification itself (own YAML rules, own references) and asks of each imported tool: is every parameter
there, in its place, with its types, allowed values, default, and is it required exactly where the document says so?
A difference is counted under a reason where one of the rules below states it, else as a fault.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.declared_schema import DeclaredSchemas
from benchmarks.imported_schema import enum_of, types_of
from benchmarks.schema_values import key_of, letters_of, type_of
from benchmarks.specification_document import Specification

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

_NEARLY_FULL = 30_000
"""Bytes of a tool beside which an optional argument may have had no room; the largest ones go first."""


@dataclass
class Report:
    """What a comparison gave."""

    tools: int = 0
    parameters: int = 0
    stated: Counter[str] = field(default_factory=Counter)
    """Differences by the reason that explains them."""
    faults: list[str] = field(default_factory=list)
    """Differences without one."""


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
        self._declared = DeclaredSchemas(spec)
        self._api = api
        self._report = report
        schema = api["parameters"]
        self._defs = schema.get("$defs", {})
        self._required = set(schema.get("required", ()))
        self._at = {(where["place"], where["wire_name"]): name for name, where in api["binding"]["parameters"].items()}
        self._secret = {
            (secret["place"], (secret["steps"][0]["name"] if secret.get("steps") else secret["wire_name"]).lower())
            for secret in api["binding"]["credentials"]
        }
        self._seen: set[str] = set()
        self._body_of: tuple[Any, str] | None = None
        self._encoding: dict[str, Any] = {}

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
                self._parameter("body", wire, schema, file, parameter.get("required") is True)
            elif place in ("query", "path", "header", "cookie"):
                self._parameter(place, wire, schema, file, place == "path" or parameter.get("required") is True)
            elif place == "body" and swagger:
                self._body(parameter.get("schema", {}), file, parameter.get("required") is True)
        if not swagger and operation.get("requestBody"):
            body, file = self._spec.resolve(operation["requestBody"], here)
            content = (body or {}).get("content") or {}
            sent = (self._api["binding"]["body_type"] or "").partition(";")[0]
            media = next((kind for kind in content if kind.partition(";")[0].lower() == sent.lower()), None)
            media = media or next((kind for want in _MEDIA for kind in content if want in kind), None)
            if media is not None and self._api["binding"]["body_type"]:
                described = content[media] or {}
                self._encoding = described.get("encoding") or {}
                self._body(described.get("schema", {}), file, body.get("required") is True)
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
            self._parameter("body", name, part, part_file, name in needed)

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
            branches = [self._spec.resolve(branch, file)[0] for branch in schema.get(key, ())]
            if branches and all(
                set(branch) <= {"required", "type", "title"} for branch in branches if isinstance(branch, dict)
            ):
                common = set.intersection(*(set(branch.get("required", ())) for branch in branches))
                needed |= common
            elif len(branches) == 1:
                self._collect(schema[key][0], file, fields, needed, level + 1)

    def _parameter(self, place: str, wire: str, schema: Any, file: str, required: bool) -> None:
        name = self._at.get((place, wire)) or next(
            (
                own
                for (where, known), own in self._at.items()
                if where == place == "path" and letters_of(known) == letters_of(wire)
            ),
            None,
        )
        self._report.parameters += 1
        if name is not None:
            self._seen.add(name)
            self._same(name, schema, file, required, place)
            return
        if (place, wire.lower()) in self._secret:
            self._report.stated["a secret: comes from the environment"] += 1
        elif place == "header" and wire.lower() in ("accept", "content-type"):
            self._report.stated["a header that the call sets itself"] += 1
        elif self._declared.says(schema, file, "readOnly"):
            self._report.stated["read-only: the server fills it in"] += 1
        elif self._declared.is_file(schema, file) or (place == "body" and self._is_sent_as_file(wire)):
            self._report.stated["an optional file"] += 1
        elif not required and isinstance(schema, dict) and "$ref" in schema and not self._spec.resolve(schema, file)[0]:
            self._report.stated["a reference that leads nowhere"] += 1
        elif place == "path" and "{" + wire + "}" not in self._api["binding"]["url"]:
            self._report.stated["a path parameter without a place in the path"] += 1
        elif not required and len(json.dumps(self._api["parameters"])) > _NEARLY_FULL:
            self._report.stated["optional, and too large beside the others: a tool takes 64,000 bytes"] += 1
        else:
            self._fault(wire, f"in {place} is not offered")

    def _is_sent_as_file(self, wire: str) -> bool:
        described = self._encoding.get(wire)
        media = str(described.get("contentType", "")) if isinstance(described, dict) else ""
        return bool(media) and not any(kind in media for kind in ("json", "text/", "*", "xml", "yaml"))

    def _same(self, name: str, schema: Any, file: str, required: bool, place: str = "body") -> None:
        own = self._api["parameters"]["properties"][name]
        expected = self._declared.types(schema, file)
        offered = types_of(own, self._defs)
        if expected != offered:
            without_file = expected - {"string"} if self._declared.is_file(schema, file) else expected
            if required and place != "body" and offered == expected - {"null"}:
                self._report.stated["a null where something has to be sent outside a body"] += 1
            elif self._declared.has_file_branch(schema, file):
                self._report.stated["a union without its file"] += 1
            elif without_file != offered:
                self._fault(name, f"has types {sorted(offered)}, not {sorted(expected)}")
        if (name in self._required) != required:
            self._fault(name, f"is {'required' if name in self._required else 'optional'}, and should not be")
        self._enum(name, own, schema, file)
        default, has = self._declared.default(schema, file)
        if has and default is not None:
            if "default" not in own:
                fits = type_of(default) & expected or str(default)
                values = self._declared.enum(schema, file)
                if type_of(default) & expected and (values is None or key_of(default) in values):
                    self._report.stated["a default that a further bound of its schema excludes"] += 1
                else:
                    self._report.stated["a default that is not of its own type"] += bool(fits)
            elif key_of(own["default"]) != key_of(default) and str(own["default"]) != str(default):
                is_text = own["default"] == json.dumps(default)
                if is_text or isinstance(own["default"], dict | list | bool | int | float):
                    self._report.stated["a default written as text, or with renamed fields"] += 1
                else:
                    self._fault(name, f"has the default {own['default']!r}, not {default!r}")
        elif "default" in own:
            self._fault(name, f"has the default {own['default']!r}, and should have none")

    def _enum(self, name: str, own: dict[str, Any], schema: Any, file: str) -> None:
        expected = self._declared.enum(schema, file)
        offered = enum_of(own, self._defs)
        types = self._declared.types(schema, file)
        if expected is not None:
            kept = {value for value in expected if type_of(json.loads(value)) & types or json.loads(value) is None}
            if offered is not None and offered - {"null"} == kept - {"null"}:
                if kept != expected:
                    self._report.stated["allowed values that are not of their own type"] += 1
                return
            if not kept - {"null"}:
                self._report.stated["allowed values that are not of their own type"] += 1
                return
        if expected != offered and offered is not None and offered <= self._tied(name):
            self._report.stated["the value that a base's discriminator gives to its subtypes"] += 1
        elif expected != offered:
            shown = None if offered is None else sorted(offered)[:4]
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

    def _fault(self, name: str, what: str) -> None:
        self._report.faults.append(f"{self._api['source']['original_name']}: {name} {what}")
