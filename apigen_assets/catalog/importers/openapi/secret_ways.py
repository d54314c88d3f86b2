"""The ways from a body to the secrets inside it, through schemas that refer to each other and to themselves."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

from apigen_assets.domain.api import BodyStep, Holds, ObjectTest
from apigen_assets.files.json_types import JsonObject

MAX_SECRETS = 60
"""Places of one body that are filled with secrets; those that lie deeper are not offered, and not sent either."""
_MAX_VISITS = 500
"""Fields that are looked at to find them, each once for every way to it."""
_MAX_STEPS = 1_500
"""Steps of the ways that say how to go on in schemas that lead to themselves; where it is more, nobody goes on."""
_MAX_NAMES = 12
_FAR = 1_000_000
"""Schemas between here and a secret that no way leads to."""

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
        if not self.steps and not self.tests and self.required:
            return inner
        inner = inner.of_branch(*self.tests) if self.tests else inner
        return replace(inner, required=self.required and inner.required, steps=(*self.steps, *inner.steps))


class SecretWays:
    """The secrets inside the schemas of one document.

    Args:
        at: the secrets that stand in the schema at an address itself, and the schemas with secrets that it refers to.
    """

    def __init__(self, at: Callable[[Address], list[NestedSecret]]) -> None:
        self._at = at
        self._distances: dict[Address, int] = {}
        self._sorted: dict[Address, list[NestedSecret]] = {}
        self._found: dict[Address, tuple[list[NestedSecret], bool]] = {}

    def below(self, start: list[NestedSecret]) -> tuple[list[NestedSecret], bool]:
        """All secrets, and whether that is all; if not, the outermost.

        Args:
            start: the secrets of a schema itself, and the schemas beyond.
        """
        out: list[NestedSecret] = []
        is_all = True
        for secret in start:
            if secret.beyond is None:
                out.append(secret)
                continue
            if secret.beyond not in self._found:
                self._found[secret.beyond] = self._search(secret.beyond)
            inside, is_all_of_it = self._found[secret.beyond]
            out += [secret.then(inner) for inner in inside]
            is_all = is_all and is_all_of_it
        out = sorted(each_once(out), key=lambda secret: len(secret.steps))
        return out[:MAX_SECRETS], is_all and len(out) <= MAX_SECRETS

    def _search(self, start: Address) -> tuple[list[NestedSecret], bool]:
        """The secrets of a schema and of what it leads to, those to which the fewest schemas lead first.

        A schema that leads to itself is gone through once; the step to it says how to go on from there to the same
        schema. Where there are too many ways, nobody goes on.
        """
        found: list[NestedSecret] = []
        cycles: dict[tuple[str, ...], list[tuple[BodyStep, ...]]] = {}
        first = NestedSecret("", True)
        heap = [(0, 0, first, {start: 0}, self._nearest(start), 0)]
        visits = 0
        while heap and visits < _MAX_VISITS and len(found) <= MAX_SECRETS:
            visits += 1
            _, _, before, opened, inside, place = heappop(heap)
            if place + 1 < len(inside):
                rank = len(opened) + self._distance(inside[place + 1].beyond)
                heappush(heap, (rank, 2 * visits, before, opened, inside, place + 1))
            way = before.then(inside[place])
            if way.beyond is None:
                found.append(way)
            elif way.beyond in opened:
                length = opened[way.beyond]
                if len(way.steps) > length:
                    cycles.setdefault(_names(way.steps[:length]), []).append(way.steps[length:])
            else:
                opened = {**opened, way.beyond: len(way.steps)}
                rank = len(opened) + self._distance(way.beyond)
                heappush(heap, (rank, 2 * visits + 1, way, opened, self._nearest(way.beyond), 0))
        whole = each_once(found)
        if heap:
            return whole, False
        try:
            return _Cycles(cycles).going_on(whole), True
        except _TooManyStepsError:
            return whole, False

    def _nearest(self, address: Address) -> list[NestedSecret]:
        """What is in a schema, sorted by how near its secrets are."""
        if address not in self._sorted:
            self._sorted[address] = sorted(self._at(address), key=lambda inner: self._distance(inner.beyond))
        return self._sorted[address]

    def _distance(self, address: Address | None) -> int:
        """How many schemas lie between here and the nearest secret in the schema at an address; none without one."""
        if address is None:
            return 0
        if address not in self._distances:
            self._measure(address)
        return self._distances[address] + 1

    def _measure(self, start: Address) -> None:
        """Finds the distances of a schema and of all that it leads to."""
        users: dict[Address, list[Address]] = {}
        new: dict[Address, None] = {}
        waiting = [start]
        while waiting:
            address = waiting.pop()
            if address in new or address in self._distances:
                continue
            new[address] = None
            for inner in self._at(address):
                if inner.beyond is not None:
                    users.setdefault(inner.beyond, []).append(address)
                    waiting.append(inner.beyond)
        near = [(0, address) for address in new if any(inner.beyond is None for inner in self._at(address))]
        near += [(self._distances[address], address) for address in users if address in self._distances]
        heapify(near)
        settled: set[Address] = set()
        while near:
            distance, address = heappop(near)
            if address not in settled:
                settled.add(address)
                self._distances.setdefault(address, distance)
                for user in users.get(address, ()):
                    heappush(near, (distance + 1, user))
        for address in new:  # those whose only secrets are in branches that nothing tells apart
            self._distances.setdefault(address, _FAR)


class _TooManyStepsError(Exception):
    pass


class _Cycles:
    """Ways back to the schemas that lead to themselves, by the names of the steps to those."""

    def __init__(self, cycles: dict[tuple[str, ...], list[tuple[BodyStep, ...]]]) -> None:
        self._cycles = cycles
        self._left = _MAX_STEPS

    def going_on(self, ways: list[NestedSecret]) -> list[NestedSecret]:
        """Ways whose steps to a schema that leads to itself say how to go on from there.

        Raises:
            _TooManyStepsError: there are more than are kept.
        """
        out = []
        for way in ways:
            again = self._again(())
            to_start = (BodyStep(name="", again=again),) if again else ()
            out.append(replace(way, steps=(*to_start, *self._with_cycles(way.steps, ()))))
        return out

    def _again(self, place: tuple[str, ...]) -> tuple[tuple[BodyStep, ...], ...]:
        return tuple(self._with_cycles(cycle, place) for cycle in self._cycles.get(place, ()))

    def _with_cycles(self, steps: tuple[BodyStep, ...], place: tuple[str, ...]) -> tuple[BodyStep, ...]:
        out = []
        for step in steps:
            self._left -= 1
            if self._left < 0:
                raise _TooManyStepsError
            place = (*place, step.name)
            again = self._again(place)
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
