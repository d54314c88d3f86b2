"""A user's module whose functions take more than JSON; imported into the catalog and called in the sandbox."""

import typing
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum, auto
from typing import Annotated, Any, Literal, NamedTuple, NewType, TypedDict
from uuid import UUID

from pydantic import BaseModel, Field, HttpUrl, PositiveInt


class Colour(Enum):
    RED = "red"
    GREEN = "green"


class Size(IntEnum):
    SMALL = 1
    LARGE = 2


class Mode(StrEnum):
    FAST = auto()


class Pair(NamedTuple):
    first: int
    day: date


class Line(TypedDict):
    item: str
    on: date
    note: typing.NotRequired[str]


class Plain(TypedDict):
    item: str
    count: int


@dataclass
class Point:
    x: float
    y: float = 0.0
    tags: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.x > 1000:
            raise ValueError("x is beyond the map")
        if self.x < -1000:
            raise KeyError("no such place")

    def far(self) -> float:
        return abs(self.x) + abs(self.y)


@dataclass(frozen=True)
class Route:
    start: Point
    lines: list[Line] = field(default_factory=list)
    colour: Colour = Colour.RED


class Order(BaseModel):
    count: PositiveInt
    due: date
    origin: Point | None = None
    kind: str = Field(default="plain", alias="type")


Day = NewType("Day", date)


def by_dataclass(point: Point) -> float:
    return point.far()


def by_nested(route: Route) -> list[Any]:
    return [route.start.far(), route.colour.name, [line["on"].year for line in route.lines]]


def by_enum(colour: Colour, size: Size = Size.SMALL, mode: Mode = Mode.FAST) -> str:
    return f"{colour.name} {size.name} {mode.name}"


def by_member(colour: Literal[Colour.RED, "any"]) -> str:
    return colour if isinstance(colour, str) else colour.name


def by_named_tuple(pair: Pair) -> str:
    return f"{pair.first} {pair.day.isoformat()}"


def by_model(order: Order) -> str:
    return f"{order.count} {order.due.year} {order.kind}"


def by_date(day: date, moment: datetime, hour: time, other: Day) -> list[int]:
    return [day.year, moment.month, hour.hour, other.day]


def by_optional_date(day: date | None = None, other: date = None) -> str:  # noqa: RUF013 (allowed by the importer)
    return f"{day and day.year} {other and other.year}"


def by_date_as_text(day: "date", days: "list[date]") -> int:
    return day.year + len([one.year for one in days])


def by_set(items: set[int], frozen: frozenset[str]) -> list[int]:
    return [len(items | {7}), len(frozen - {"x"})]


def by_tuple(pair: tuple[int, str], many: tuple[float, ...], bare: tuple) -> str:
    return f"{(*pair, 1)} {sum(many)} {type(bare).__name__}"


def by_number(amount: Decimal, key: UUID) -> list[Any]:
    return [amount.quantize(Decimal("0.01")), key.version]


def by_mapping(prices: dict[str, Decimal], days: Mapping[Colour, date]) -> list[Any]:
    return [sorted(prices), [colour.name for colour in days]]


def by_iterable(days: Iterable[date]) -> list[int]:
    return [day.year for day in days]


def by_typed_dict(line: Line) -> int:
    return line["on"].year


def by_url(address: HttpUrl) -> str | None:
    return address.host


def plainly(
    count: int,
    share: float,
    text: Annotated[str, Field(min_length=1)],
    values: list[int],
    choice: Literal["a", "b"],
    fields: Plain,
    extra: dict[str, list[float]] | None = None,
) -> list[str]:
    return [type(value).__name__ for value in (count, share, text, values, choice, fields, extra)]


def of_other_class(items: deque, thing: "Missing") -> str:  # noqa: F821
    return f"{type(items).__name__} {type(thing).__name__}"
