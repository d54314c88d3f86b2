"""The values of a call one by one, each with what its schema says of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, lru_cache

from apigen_assets.domain.call import Call
from apigen_assets.domain.tool import Tool
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import unrolled
from apigen_assets.verification.grounding.english import HUMP, content_stems, fold, words_in
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.quantities import declares_units, scale_wanted, unit_wanted


class Status(StrEnum):
    """What is known of a value's origin."""

    GROUNDED = "grounded"
    UNGROUNDED = "ungrounded"
    UNDECIDED = "undecided"


_KEY = re.compile(r"\.([^.\[\]]+)")


@dataclass(eq=False)
class Leaf:
    """One scalar inside the arguments of a call, and what became of it."""

    call: int
    tool: Tool
    parameter: str
    path: str
    value: JsonValue
    schema: JsonObject
    optional: bool
    in_list: bool
    has_default: bool = False
    is_default: bool = False
    matched: bool = False
    status: Status = Status.UNDECIDED
    why: str = ""
    spans: list[tuple[int, int]] = field(default_factory=list)
    """Where in the query the value may stand; the first is the one taken."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def place(self) -> str:
        """`<call>.<parameter><path>`."""
        return f"{self.call}.{self.parameter}{self.path}"

    @property
    def name(self) -> str:
        """What the value itself is called: the innermost key of a nested argument, else the parameter."""
        keys = _KEY.findall(self.path)
        return keys[-1] if keys else self.parameter

    @cached_property
    def cues(self) -> frozenset[str]:
        """Stems that speak of this parameter and of no other of its tool."""
        return parameter_cues(self.tool, self.parameter)

    @cached_property
    def wanted(self) -> str | None:
        """Pint's name of the unit that the parameter wants; null where it wants none, or the call names the unit."""
        if declares_units(self.tool.parameters):
            return None
        return unit_wanted(fold(self.name), fold(str(self.schema.get("description") or "")))

    @cached_property
    def scale(self) -> str | None:
        """`fraction` or `percent` where the parameter says which of both it wants."""
        return scale_wanted(fold(self.name), fold(str(self.schema.get("description") or "")))

    def say(self, status: Status, why: str) -> None:
        """Set the status."""
        self.status, self.why = status, why

    def against(self, rule: Rule, why: str) -> None:
        """Note what speaks against the value."""
        self.status, self.why = Status.UNGROUNDED, why
        self.findings.append(Finding(rule, self.place, why))

    def ask(self, rule: Rule, why: str) -> None:
        """Leave the value undecided, and note what may speak against it."""
        self.status, self.why = Status.UNDECIDED, why
        self.findings.append(Finding(rule, self.place, why))


def as_tool(tool: Tool | Mapping[str, JsonValue]) -> Tool:
    """The record of a tool, of which schemas that contain themselves are written out some levels deep."""
    record = tool if isinstance(tool, Tool) else Tool.from_json(dict(tool))
    parameters = unrolled(record.parameters)
    return record if parameters is record.parameters else replace(record, parameters=parameters)


def as_call(call: Call | Mapping[str, JsonValue]) -> Call:
    """The record of a call."""
    return call if isinstance(call, Call) else Call.model_validate(call)


def leaves_of(index: int, call: Call, tool: Tool) -> Iterator[Leaf]:
    """The scalars of one call; the tool is as `as_tool` gives it."""
    properties = tool.parameters.get("properties") or {}
    required = tool.parameters.get("required") or ()
    for name, value in call.arguments.items():
        own = properties.get(name)
        own = own if isinstance(own, dict) else {}
        has_default = "default" in own
        is_default = _same(value, own["default"]) if has_default else is_described_default(value, own)
        for path, scalar, inner, in_list in _scalars(value, own, "", False):
            yield Leaf(index, tool, name, path, scalar, inner, name not in required, in_list, has_default, is_default)


def is_described_default(value: JsonValue, schema: JsonObject) -> bool:
    """Whether a description says that a value is the default (`Default is 52`), which a schema need not."""
    if isinstance(value, bool | list | dict) or value is None:
        return False
    described = fold(str(schema.get("description") or ""))
    if "default" not in described:
        return False
    said = re.escape(fold(str(value)).removesuffix(".0"))
    return bool(said) and re.search(rf"\bdefaults?\b[^.;]{{0,24}}(?<![\w.-]){said}(?!\w|\.\d)", described) is not None


def _same(one: object, two: object) -> bool:
    if isinstance(one, str) and isinstance(two, str):
        return one == two
    try:
        return dumps(one) == dumps(two) or (
            isinstance(one, int | float) and isinstance(two, int | float) and not isinstance(one, bool) and one == two
        )
    except ValueError:
        return False


def _scalars(
    value: JsonValue, schema: JsonObject, path: str, in_list: bool
) -> Iterator[tuple[str, JsonValue, JsonObject, bool]]:
    if isinstance(value, list):
        items = schema.get("items")
        for i, item in enumerate(value):
            yield from _scalars(item, items if isinstance(items, dict) else {}, f"{path}[{i}]", True)
    elif isinstance(value, dict):
        properties = schema.get("properties") or {}
        for key, item in value.items():
            inner = properties.get(key)
            yield from _scalars(item, inner if isinstance(inner, dict) else {}, f"{path}.{key}", in_list)
    else:
        yield path, value, schema, in_list


_LISTED = re.compile(r"(?:^|(?<=\s))One of: (.+?)\.(?=$|\s+Fields: )", re.DOTALL)
"""Allowed values at the end of a description, where a flat tool of a release (`dataset.xlam`) has them."""


def enum_of(schema: JsonObject) -> list[str]:
    """The strings a schema allows, where it lists them, or its description at the end (`One of: a, b.`)."""
    if isinstance(schema.get("enum"), list):
        return [one for one in schema["enum"] if isinstance(one, str)]
    for branch in schema.get("anyOf", ()):
        if isinstance(branch, dict) and isinstance(branch.get("enum"), list):
            return [one for one in branch["enum"] if isinstance(one, str)]
    listed = _LISTED.search(str(schema.get("description") or "")) if _is_text(schema) else None
    return listed[1].split(", ") if listed else []


def _is_text(schema: JsonObject) -> bool:
    kinds = schema.get("type")
    return "string" in (kinds if isinstance(kinds, list) else [kinds]) or any(
        isinstance(branch, dict) and _is_text(branch) for branch in schema.get("anyOf", ())
    )


def parameter_cues(tool: Tool, parameter: str) -> frozenset[str]:
    """Stems of a parameter's name and description that no other parameter of its tool shares."""
    return _cues_of(_described(tool)).get(parameter, frozenset())


def name_words(tool: Tool) -> frozenset[str]:
    """Folded words of the names of a tool and of its parameters."""
    return _words_of((tool.name, *(tool.parameters.get("properties") or {})))


@lru_cache(maxsize=8192)
def _words_of(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.text for name in names for word in words_in(fold(HUMP.sub(" ", name))))


def _described(tool: Tool) -> tuple[str, tuple[tuple[str, str], ...]]:
    properties = tool.parameters.get("properties") or {}
    texts = tuple(
        (name, _LISTED.sub("", str(one.get("description") or "")) if isinstance(one, dict) else "")
        for name, one in properties.items()
    )
    return f"{tool.name} {tool.description}", texts


@lru_cache(maxsize=8192)
def _cues_of(described: tuple[str, tuple[tuple[str, str], ...]]) -> dict[str, frozenset[str]]:
    whole, texts = described
    of_tool = content_stems(re.sub(r"[_.-]", " ", whole))
    names = {name: content_stems(name.replace("_", " ")) for name, _ in texts}
    full = {name: names[name] | content_stems(description) for name, description in texts}
    out = {}
    for name in names:
        others = frozenset().union(*(full[other] for other in names if other != name))
        names_of_others = frozenset().union(*(names[other] for other in names if other != name))
        out[name] = (names[name] - names_of_others) | (full[name] - others - of_tool)
    return out
