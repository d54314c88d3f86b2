"""The ways from a body to the secrets inside it, through schemas that refer to each other and to themselves."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from apigen_assets.domain.api import BodyStep, Holds, ObjectTest
from apigen_assets.files.json_types import JsonObject

MAX_SECRETS = 60
"""Places of one body that are filled with secrets; those that lie deeper are not offered, and not sent either."""
_MAX_VISITS = 500
"""Schemas that are gone through to find them, each once for every way to it."""
_MAX_CYCLES = 12
"""Ways from a schema to itself; those that are longer are not gone."""
_MAX_NAMES = 12

Address = tuple[str, bool]
"""Of a schema, and whether it stands in an object that proves who calls."""


@dataclass(frozen=True)
class NestedSecret:
    """A field that was taken out, or a schema in which there are more."""

    name: str
    required: bool
    """The objects that it stands in need it."""
    holds: Holds = "text"
    steps: tuple[BodyStep, ...] = ()
    """From the schema it was taken out of."""
    tests: tuple[ObjectTest, ...] = ()
    beyond: Address | None = None
    """Of a schema with more secrets: where it is."""

    def below(self, step: BodyStep) -> "NestedSecret":
        """The same, seen from what the step starts at."""
        return replace(self, steps=(step, *self.steps))

    def of_branch(self, *tests: ObjectTest) -> "NestedSecret":
        """The same, where it stands only in objects that pass one of these tests."""
        if not self.steps:
            return self if self.tests else replace(self, tests=tests)
        if self.steps[0].tests or self.steps[0].name == "[]":
            return self
        return replace(self, steps=(self.steps[0].model_copy(update={"tests": tests}), *self.steps[1:]))

    def then(self, inner: "NestedSecret") -> "NestedSecret":
        """A secret of the schema that lies beyond, seen from here."""
        inner = inner.of_branch(*self.tests) if self.tests else inner
        return replace(inner, required=self.required and inner.required, steps=(*self.steps, *inner.steps))


def found_from(
    start: list[NestedSecret], at: Callable[[Address], list[NestedSecret]], warn: Callable[[str], None]
) -> list[NestedSecret]:
    """All secrets, the outermost first where schemas that are used in many places make the ways to them very many.

    A schema that leads to itself is gone through once; the step to it says how to go on from there to the same schema.

    Args:
        start: the secrets of a schema itself, and the schemas beyond.
        at: likewise for a schema beyond.
        warn: told what is not filled.
    """
    found: list[NestedSecret] = []
    cycles: dict[tuple[str, ...], list[tuple[BodyStep, ...]]] = {}
    waiting: deque[tuple[NestedSecret, dict[Address, int]]] = deque((secret, {}) for secret in start)
    visits = 0
    while waiting and visits <= _MAX_VISITS:
        way, opened = waiting.popleft()
        if way.beyond is None:
            found.append(way)
        elif way.beyond in opened:
            length = opened[way.beyond]
            known = cycles.setdefault(_names(way.steps[:length]), [])
            if len(way.steps) > length and len(known) < _MAX_CYCLES:
                known.append(way.steps[length:])
        else:
            visits += 1
            opened = {**opened, way.beyond: len(way.steps)}
            waiting.extend((way.then(inner), opened) for inner in at(way.beyond))
    found = each_once(found)
    if waiting or len(found) > MAX_SECRETS:
        count = f"more than {len(found)}" if waiting else len(found)
        warn(f"of {count} places for secrets inside the body {min(len(found), MAX_SECRETS)} are filled")
    found = sorted(found, key=lambda secret: len(secret.steps))[:MAX_SECRETS]
    again = tuple(_with_cycles(cycle, (), cycles) for cycle in cycles.get((), ()))
    first = (BodyStep(name="", again=again),) if again else ()
    return [replace(secret, steps=(*first, *_with_cycles(secret.steps, (), cycles))) for secret in found]


def _with_cycles(
    steps: tuple[BodyStep, ...], before: tuple[str, ...], cycles: dict[tuple[str, ...], list[tuple[BodyStep, ...]]]
) -> tuple[BodyStep, ...]:
    """The steps, each to a schema that leads to itself with the ways back to it."""
    out = []
    for step in steps:
        before = (*before, step.name)
        again = tuple(_with_cycles(cycle, before, cycles) for cycle in cycles.get(before, ()))
        out.append(step.model_copy(update={"again": again}) if again else step)
    return tuple(out)


def _names(steps: tuple[BodyStep, ...]) -> tuple[str, ...]:
    return tuple(step.name for step in steps)


def each_once(secrets: list[NestedSecret]) -> list[NestedSecret]:
    """Secrets of one place as one, needed where any of them is; different tests of it are a choice."""
    out: dict[tuple[str, Address | None, tuple[str, ...]], NestedSecret] = {}
    for secret in secrets:
        key = (secret.name, secret.beyond, _names(secret.steps))
        known = out.get(key)
        if known is None:
            out[key] = secret
            continue
        steps = tuple(
            mine.model_copy(update={"tests": _either(mine.tests, yours.tests)})
            for mine, yours in zip(known.steps, secret.steps, strict=True)
        )
        tests, required = _either(known.tests, secret.tests), known.required or secret.required
        out[key] = replace(known, required=required, steps=steps, tests=tests)
    return list(out.values())


def _either(mine: tuple[ObjectTest, ...], yours: tuple[ObjectTest, ...]) -> tuple[ObjectTest, ...]:
    return tuple(dict.fromkeys([*mine, *yours])) if mine and yours else ()


def object_test(shape: JsonObject, others: list[JsonObject]) -> ObjectTest:
    """What tells objects of one branch from those of the others, secrets aside."""
    properties = shape["properties"]
    values = []
    for name, part in properties.items():
        texts = [part["const"]] if "const" in part else part.get("enum", [])
        if texts and all(isinstance(text, str) for text in texts):
            values.append((name, tuple(texts)))
    foreign = dict.fromkeys(name for other in others for name in other["properties"] if name not in properties)
    return ObjectTest(
        needs=tuple(name for name in shape.get("required", ()) if name in properties),
        lacks=tuple(foreign)[:_MAX_NAMES],
        values=tuple(values),
    )
