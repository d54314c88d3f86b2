"""What an endpoint of the embedded server is: its description for people and machines, and the function behind it."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from apigen_assets.files.json_types import JsonObject, JsonValue

Kind = Literal["string", "integer", "number", "boolean", "date", "strings", "numbers"]
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class BadArgumentError(ValueError):
    """An argument is missing or not as described; the server answers 400."""


class NotFoundError(LookupError):
    """Nothing is known under that name; the server answers 404."""


@dataclass(frozen=True)
class Parameter:
    """One parameter. `examples` all work, in every combination with the examples of the other parameters."""

    name: str
    kind: Kind
    description: str
    examples: tuple[JsonValue, ...] = ()
    required: bool = True
    default: JsonValue = None
    enum: tuple[JsonValue, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None

    def schema(self) -> JsonObject:
        """The JSON Schema of the value."""
        kinds: dict[str, JsonObject] = {
            "date": {"type": "string", "format": "date"},
            "strings": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "numbers": {"type": "array", "items": {"type": "number"}, "minItems": 1},
        }
        out: JsonObject = dict(kinds.get(self.kind, {"type": self.kind}))
        for name in ("enum", "examples"):
            if getattr(self, name):
                out[name] = [list(item) if isinstance(item, tuple) else item for item in getattr(self, name)]
        for name in ("minimum", "maximum", "pattern", "default"):
            if getattr(self, name) is not None:
                out[name] = getattr(self, name)
        return out

    def read(self, values: list[str]) -> JsonValue:
        """The value from the text of the URL.

        Raises:
            BadArgumentError: it is missing or not as described.
        """
        if not values or values == [""]:
            if self.required:
                raise BadArgumentError(f"parameter {self.name!r} is required")
            return self.default
        if self.kind in ("strings", "numbers"):
            parts = [part for value in values for part in value.split(",")]
            return [part if self.kind == "strings" else self._number(part) for part in parts]
        if len(values) > 1:
            raise BadArgumentError(f"parameter {self.name!r} is given {len(values)} times")
        value = self._one(values[0])
        if self.enum and value not in self.enum:
            raise BadArgumentError(f"parameter {self.name!r} must be one of {', '.join(map(str, self.enum))}")
        if self.minimum is not None and value < self.minimum:
            raise BadArgumentError(f"parameter {self.name!r} must be at least {self.minimum:g}")
        if self.maximum is not None and value > self.maximum:
            raise BadArgumentError(f"parameter {self.name!r} must be at most {self.maximum:g}")
        if self.pattern is not None and not re.search(self.pattern, value):
            raise BadArgumentError(f"parameter {self.name!r} must match {self.pattern}")
        return value

    def _one(self, text: str) -> JsonValue:
        if self.kind == "string":
            return text
        if self.kind == "boolean":
            if text in ("true", "false"):
                return text == "true"
            raise BadArgumentError(f"parameter {self.name!r} must be true or false")
        if self.kind == "date":
            try:
                if _DATE.fullmatch(text):
                    return dt.date.fromisoformat(text)
            except ValueError:
                pass
            raise BadArgumentError(f"parameter {self.name!r} must be a date such as 2025-03-01")
        if self.kind == "integer":
            if re.fullmatch(r"[+-]?\d{1,18}", text):
                return int(text)
            raise BadArgumentError(f"parameter {self.name!r} must be an integer")
        return self._number(text)

    def _number(self, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not abs(value) < float("inf"):
            raise BadArgumentError(f"parameter {self.name!r} must be a number")
        return value


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: `run` takes the parameters by name and returns what becomes JSON."""

    path: str
    name: str
    tag: str
    description: str
    parameters: tuple[Parameter, ...]
    run: Callable[..., JsonValue]

    def arguments(self, path: Mapping[str, str], query: Mapping[str, list[str]]) -> JsonObject:
        """The arguments of a request.

        Raises:
            BadArgumentError: one is missing, unknown or not as described.
        """
        known = {parameter.name for parameter in self.parameters}
        for name in query:
            if name not in known:
                raise BadArgumentError(f"there is no parameter {name!r}")
        return {
            parameter.name: parameter.read(
                [path[parameter.name]] if parameter.name in path else query.get(parameter.name, [])
            )
            for parameter in self.parameters
        }


_Decorator = Callable[[Callable[..., JsonValue]], Callable[..., JsonValue]]


@dataclass
class Endpoints:
    """The endpoints of one domain, in order of definition."""

    tag: str
    items: list[Endpoint] = field(default_factory=list)

    def get(self, path: str, description: str, *parameters: Parameter, tag: str | None = None) -> _Decorator:
        """Decorator: the function answers GET requests to the path; its name is the operation's."""

        def add(function: Callable[..., JsonValue]) -> Callable[..., JsonValue]:
            self.items.append(Endpoint(path, function.__name__, tag or self.tag, description, parameters, function))
            return function

        return add


def text(name: str, description: str, *examples: str, **more: Any) -> Parameter:
    """A string."""
    return Parameter(name, "string", description, examples, **more)


def choice(name: str, description: str, *values: str, **more: Any) -> Parameter:
    """A string of a closed list."""
    return Parameter(name, "string", description, values[:3], enum=values, **more)


def whole(name: str, description: str, *examples: int, **more: Any) -> Parameter:
    """An integer."""
    return Parameter(name, "integer", description, examples, **more)


def number(name: str, description: str, *examples: float, **more: Any) -> Parameter:
    """A number."""
    return Parameter(name, "number", description, examples, **more)


def date(name: str, description: str, *examples: str, **more: Any) -> Parameter:
    """A calendar date, `YYYY-MM-DD`."""
    return Parameter(name, "date", description, examples, **more)
