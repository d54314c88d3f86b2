"""The example sampler: examples of the asked style and wording that call offered functions only (paper, section 3.1).

A model copies what it is shown: a call to a function that is not offered, the style of another task, a default written
here and left out there. So an example fits its prompt wholly, or it is not shown; where nobody wrote one it is built.
"""

import hashlib
import heapq
import itertools
import random
from collections.abc import Iterable, Iterator, Sequence

from apigen_assets.domain.api import Api
from apigen_assets.domain.call import Call
from apigen_assets.domain.style import Style
from apigen_assets.files.json_types import JsonObject
from apigen_assets.generation.built_arguments import built_arguments
from apigen_assets.generation.built_examples import build_example
from apigen_assets.generation.shown_examples import ShownExample
from apigen_assets.tool_formats.json_schema import is_valid

MOST = 2
"""Examples in one prompt: a weak model that is shown as many as it shall write copies them."""
MOST_QUERIES = 2
"""Real queries without answers in one prompt."""
MOST_ASKED = 3
"""Queries of earlier rounds that one prompt names."""

_SEVERAL = (Style.PARALLEL, Style.PARALLEL_MULTIPLE)


class ExampleSampler:
    """Chooses the examples of prompts.

    Args:
        pool: hand-written seeds and verified rows; their order does not matter.
        key: text that all chance comes from, such as the run's seed and the batch.
    """

    def __init__(self, pool: Iterable[ShownExample], key: str) -> None:
        self._key = key
        self._by_tool: dict[str, list[ShownExample]] = {}
        self._queries: dict[str | None, list[ShownExample]] = {}
        self._valid: dict[tuple[str, str], bool] = {}
        self._arguments: dict[str, _Remembered] = {}
        for example in sorted(pool, key=lambda one: one.example_id):
            if not example.answers:
                self._queries.setdefault(example.wording, []).append(example)
            for name in dict.fromkeys(call.name for call in example.answers):
                self._by_tool.setdefault(name, []).append(example)

    def show(
        self,
        index: int,
        style: Style,
        wording: str,
        language: str | None,
        tools: Sequence[Api],
        targets: Sequence[str],
    ) -> tuple[ShownExample, ...]:
        """The examples of the `index`-th prompt, the first of which calls one of its targets.

        Every example has the prompt's style and tools, whatever it was offered with where it comes from. One that calls
        no target is shown only where no valid call to one can be made up.
        """
        fitting = self._fitting(tools)
        exact = [one for one in fitting if _counts(one) == _counts_of(style) and one.wording == wording]
        english = [one for one in exact if one.language is None]
        exact = [one for one in exact if one.language == language]
        of_targets = [one for one in exact if all(call.name in targets for call in one.answers)]
        of_main = [one for one in of_targets if one.answers[0].name == targets[0]] or of_targets
        shown: dict[str, ShownExample] = {}
        for example in self._first(of_main, index, 1):
            shown[example.example_id] = example
        if not shown:
            singles: dict[str, list[ShownExample]] = {}
            for example in fitting:
                if len(example.answers) == 1 and example.language is None:
                    singles.setdefault(example.answers[0].name, []).append(example)
            chance = random.Random(f"{self._key}|built|{index}")
            built = build_example(style, wording, tools, targets, singles, chance, self._arguments_of, language)
            if built is not None:
                shown[built.example_id] = built
        exact = exact or english
        # What calls another offered tool is shown only where nothing calls a target: models copy it.
        for example in self._first(of_targets if shown else exact, index, MOST):
            if len(shown) < MOST and all(example.query != other.query for other in shown.values()):
                shown.setdefault(example.example_id, example)
        names = [api.name for api in tools]
        return tuple(example.model_copy(update={"style": style, "tools": names}) for example in shown.values())

    def asked(self, index: int, target: str, shown: Sequence[ShownExample]) -> tuple[str, ...]:
        """Queries that verified rows of earlier rounds asked of a tool, beside those shown."""
        queries = {example.query for example in shown}
        rows = [one for one in self._by_tool.get(target, ()) if one.origin == "verified" and one.query not in queries]
        return tuple(dict.fromkeys(one.query for one in self._first(rows, index, MOST_ASKED)))

    def tone(self, index: int, wording: str) -> tuple[str, ...]:
        """Real queries without answers in the wording, which show how people ask."""
        return tuple(one.query for one in self._first(self._queries.get(wording, ()), index, MOST_QUERIES))

    def _arguments_of(self, api: Api) -> "_Remembered":
        if api.api_id not in self._arguments:
            self._arguments[api.api_id] = _Remembered(built_arguments(api))
        return self._arguments[api.api_id]

    def _fitting(self, tools: Sequence[Api]) -> list[ShownExample]:
        """The examples all of whose calls go to offered tools and have their arguments, by id."""
        offered = {api.name: api for api in tools}
        found: dict[str, ShownExample] = {}
        for name in sorted(offered):
            for example in self._by_tool.get(name, ()):
                calls = example.answers
                if all(call.name in offered for call in calls) and all(
                    self._takes(offered[call.name], call, f"{example.example_id}.{place}")
                    for place, call in enumerate(calls)
                ):
                    found[example.example_id] = example
        return [found[key] for key in sorted(found)]

    def _takes(self, api: Api, call: Call, key: str) -> bool:
        """Whether a tool takes a call's arguments: a tool of another source may have the name."""
        if (api.api_id, key) not in self._valid:
            named = call.arguments.keys() <= set(api.parameters.get("properties") or ())
            self._valid[(api.api_id, key)] = named and is_valid(call.arguments, api.parameters)
        return self._valid[(api.api_id, key)]

    def _first(self, pool: Sequence[ShownExample], index: int, count: int) -> list[ShownExample]:
        """The first by a hash of draw and example: a pool that grows changes only draws that a new one enters."""

        def place(example: ShownExample) -> bytes:
            text = f"{self._key}|{index}|{example.example_id}"
            return hashlib.blake2b(text.encode(), digest_size=8).digest()

        return heapq.nsmallest(count, pool, key=place)


class _Remembered:
    """What an iterator gives, made once and as far as somebody asks."""

    def __init__(self, source: Iterator[JsonObject]) -> None:
        self._source = source
        self._made: list[JsonObject] = []

    def __iter__(self) -> Iterator[JsonObject]:
        for place in itertools.count():
            if place == len(self._made):
                following = next(self._source, None)
                if following is None:
                    return
                self._made.append(following)
            yield self._made[place]


def _counts(example: ShownExample) -> bool:
    """Whether an example makes several calls: with the prompt's tools that decides its style."""
    return len(example.answers) > 1


def _counts_of(style: Style) -> bool:
    return style in _SEVERAL
