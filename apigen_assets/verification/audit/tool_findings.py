"""Defects of the tool definitions themselves, whatever is called: the audit reads past most of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import JSON_TYPES
from apigen_assets.tool_formats.xlam_types import TypeStringError, is_json_schema, parse_type


class ToolDefect(StrEnum):
    """The closed set of defects of a tool definition."""

    DUPLICATE_NAME = "duplicate_name"  # two tools of one row share it
    NO_DESCRIPTION = "no_description"
    NO_PARAMETER_DESCRIPTION = "no_parameter_description"
    UNKNOWN_TYPE = "unknown_type"  # constrains nothing, or cannot be read
    NOT_A_JSON_TYPE = "not_a_json_type"  # a Python-style type name inside a JSON Schema
    REQUIRED_UNKNOWN = "required_unknown"  # `required` names what `properties` does not have


class Finding(NamedTuple):
    """One defect and where it is, such as `forecast.city: type 'Place'`."""

    defect: ToolDefect
    place: str


@dataclass
class ToolReport:
    """Counts of an audit's tool defects."""

    rows_affected: int = 0
    places: Counter[ToolDefect] = field(default_factory=Counter)
    """A tool that many rows offer counts in each."""
    rows: Counter[ToolDefect] = field(default_factory=Counter)
    examples: dict[ToolDefect, tuple[JsonValue, str]] = field(default_factory=dict)
    """The first: the row's id and the place."""

    def count(self, identity: object, findings: tuple[Finding, ...]) -> None:
        """Add one row."""
        self.rows_affected += bool(findings)
        self.places.update(one.defect for one in findings)
        self.rows.update({one.defect for one in findings})
        for one in findings:
            self.examples.setdefault(one.defect, (identity, one.place))


def tool_findings(tools: list[JsonValue]) -> tuple[Finding, ...]:
    """The defects of one row's tools, in xLAM or OpenAI form; a tool without a name is the format check's affair."""
    found: list[Finding] = []
    names: Counter[str] = Counter()
    for tool in tools:
        inner = tool.get("function", tool) if isinstance(tool, dict) else tool
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            continue
        name = inner["name"]
        names[name] += 1
        if not _said(inner):
            found.append(Finding(ToolDefect.NO_DESCRIPTION, name))
        parameters = inner.get("parameters", inner.get("input_schema"))
        if isinstance(parameters, dict):
            found += _of_schema(parameters, name) if is_json_schema(parameters) else _of_flat(parameters, name)
    found += [
        Finding(ToolDefect.DUPLICATE_NAME, f"{name}: {count} tools") for name, count in names.items() if count > 1
    ]
    return tuple(found)


def _of_flat(parameters: JsonObject, tool: str) -> Iterator[Finding]:
    for name, spec in parameters.items():
        place = f"{tool}.{name}"
        if not isinstance(spec, dict) or not _said(spec):
            yield Finding(ToolDefect.NO_PARAMETER_DESCRIPTION, place)
        kind = spec.get("type") if isinstance(spec, dict) else spec
        if not isinstance(kind, str) or not _is_type(kind):
            yield Finding(ToolDefect.UNKNOWN_TYPE, f"{place}: type {kind!r}"[:200])


def _of_schema(parameters: JsonObject, tool: str) -> Iterator[Finding]:
    properties = parameters.get("properties")
    for name, spec in properties.items() if isinstance(properties, dict) else ():
        if not isinstance(spec, dict) or not _said(spec):
            yield Finding(ToolDefect.NO_PARAMETER_DESCRIPTION, f"{tool}.{name}")
    waiting: list[tuple[str, JsonValue]] = [(tool, parameters)]
    while waiting:
        place, schema = waiting.pop()
        if not isinstance(schema, dict):
            continue
        given = schema.get("type", [])
        for kind in given if isinstance(given, list) else [given]:
            if not isinstance(kind, str) or kind not in JSON_TYPES:
                known = isinstance(kind, str) and _is_type(kind)
                defect = ToolDefect.NOT_A_JSON_TYPE if known else ToolDefect.UNKNOWN_TYPE
                yield Finding(defect, f"{place}: type {kind!r}"[:200])
        inner = schema.get("properties")
        inner = inner if isinstance(inner, dict) else {}
        required = schema.get("required")
        for name in required if isinstance(required, list) else ():
            if not isinstance(name, str) or name not in inner:
                yield Finding(ToolDefect.REQUIRED_UNKNOWN, f"{place}: {name!r}"[:200])
        waiting += [(f"{place}.{name}", one) for name, one in inner.items()]
        waiting += [(f"{place}[]", schema.get("items")), (f"{place}.*", schema.get("additionalProperties"))]
        for keyword in ("anyOf", "oneOf", "allOf"):
            branches = schema.get(keyword)
            waiting += [(place, one) for one in branches] if isinstance(branches, list) else []


def _said(spec: JsonObject) -> bool:
    return isinstance(spec.get("description"), str) and bool(spec["description"].strip())


def _is_type(kind: str) -> bool:
    try:
        return parse_type(kind).known
    except TypeStringError:
        return False
