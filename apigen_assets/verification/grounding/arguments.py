"""The values of a call one by one, each with what its schema says of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from apigen_assets.domain.call import Call
from apigen_assets.domain.tool import Tool
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonValue
from apigen_assets.verification.grounding.english import fold
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.tool_view import ParameterView, ToolView


class Status(StrEnum):
    """What is known of a value's origin."""

    GROUNDED = "grounded"
    UNGROUNDED = "ungrounded"
    UNDECIDED = "undecided"


@dataclass(eq=False)
class Leaf:
    """One scalar inside the arguments of a call, and what became of it."""

    call: int
    tool: ToolView
    argument: ParameterView
    """The parameter whose value it is, or is in."""
    path: str
    value: JsonValue
    slot: ParameterView
    """What is said of the value itself; of a value that is not nested the same as `argument`."""
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

    def __post_init__(self) -> None:
        """Set what nearly every rule asks for."""
        self.parameter = self.argument.name
        self.schema = self.slot.schema
        self.place = f"{self.call}.{self.argument.name}{self.path}"
        """`<call>.<parameter><path>`."""
        self.is_number = isinstance(self.value, int | float) and not isinstance(self.value, bool)

    @cached_property
    def parent(self) -> str:
        """The path of the object that holds it, by the parameter's name; empty for what is not nested."""
        return f"{self.parameter}{self.path}".rpartition(".")[0]

    @cached_property
    def key(self) -> str:
        """What its own place is called behind the parent's path, folded."""
        return fold(f"{self.parameter}{self.path}".rpartition(".")[2])

    @property
    def name(self) -> str:
        """What the value itself is called: the innermost key of a nested argument, else the parameter."""
        return self.slot.name

    @property
    def cues(self) -> frozenset[str]:
        """Stems that speak of this parameter and of no other of its tool."""
        return self.tool.cues.get(self.parameter, frozenset())

    @property
    def wanted(self) -> str | None:
        """Pint's name of the unit that the parameter wants; null where it wants none, or the call names the unit."""
        return None if self.tool.declares_units else self.slot.unit

    @property
    def scale(self) -> str | None:
        """`fraction` or `percent` where the parameter says which of both it wants."""
        return self.slot.scale

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


def as_tool(tool: ToolView | Tool | Mapping[str, JsonValue]) -> ToolView:
    """The view of a tool, given as such, as its record or as its object in a table's column."""
    if isinstance(tool, ToolView):
        return tool
    return ToolView(tool if isinstance(tool, Tool) else Tool.from_json(dict(tool)))


def as_call(call: Call | Mapping[str, JsonValue]) -> Call:
    """The record of a call."""
    return call if isinstance(call, Call) else Call.model_validate(call)


def leaves_of(index: int, call: Call, tool: ToolView) -> Iterator[Leaf]:
    """The scalars of one call."""
    for name, value in call.arguments.items():
        argument = tool.parameter(name)
        has_default = "default" in argument.schema
        is_default = _same(value, argument.schema["default"]) if has_default else is_described_default(value, argument)
        for path, scalar, slot, in_list in _scalars(value, argument, "", False):
            yield Leaf(
                index, tool, argument, path, scalar, slot, name not in tool.required, in_list, has_default, is_default
            )


def is_described_default(value: JsonValue, parameter: ParameterView) -> bool:
    """Whether a description says that a value is the default (`Default is 52`), which a schema need not."""
    if "default" not in parameter.described or isinstance(value, bool | list | dict) or value is None:
        return False
    said = re.escape(fold(str(value)).removesuffix(".0"))
    said_default = rf"\bdefaults?\b[^.;]{{0,24}}(?<![\w.-]){said}(?!\w|\.\d)"
    return bool(said) and re.search(said_default, parameter.described) is not None


def _same(one: object, two: object) -> bool:
    if type(one) is type(two) and not isinstance(one, float | list | dict):
        return one == two
    try:
        return dumps(one) == dumps(two) or (
            isinstance(one, int | float) and isinstance(two, int | float) and not isinstance(one, bool) and one == two
        )
    except ValueError:
        return False


def _scalars(
    value: JsonValue, view: ParameterView, path: str, in_list: bool
) -> Iterator[tuple[str, JsonValue, ParameterView, bool]]:
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _scalars(item, view.items, f"{path}[{i}]", True)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _scalars(item, view.inside(key), f"{path}.{key}", in_list)
    else:
        yield path, value, view, in_list
