"""The API sampler: targets of a batch in turn, distractors and partners of the whole library, near ones first."""

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from apigen_assets.domain.api import Api
from apigen_assets.domain.style import Style
from apigen_assets.files.json_types import JsonMapping
from apigen_assets.generation.built_arguments import has_several_calls
from apigen_assets.generation.library import Library, source_of
from apigen_assets.generation.similarity import SimilarityIndex, terms_of

MAX_TOOLS = 5
NEIGHBOURS = 12
"""How many of the most similar APIs distractors are taken from."""
_KINDS = ("near", "near_elsewhere", "far")
_KIND_SHARES = (0.55, 0.35, 0.1)
"""Of the distractors and partners: the most similar ones, the most similar of other sources, any.

Easy distractors teach nothing, and a source's own operations are mostly the nearest; without the second kind its rows
would never stand beside another source.
"""
TWINS = 900
"""Likeness (thousandths) from which a tool of another source does the same under another name: beside its twin nobody
could say which of the two a query asks for."""
_PARTNERLESS = 0.15
"""Share of `parallel_multiple` prompts whose calls all go to one function."""
_NOISE = 4
"""Places by which the order of the neighbours is blurred."""


class Choice(NamedTuple):
    """The tools of one prompt."""

    tools: tuple[Api, ...]
    """In shuffled order."""
    targets: tuple[str, ...]
    """Names of the tools to be called, the main one first."""


class ApiSampler:
    """Chooses the tools of prompts.

    Args:
        apis: the batch, from which the targets come; their order does not matter.
        library: what distractors and partners come from beside the batch; null for the batch alone.
    """

    def __init__(self, apis: Sequence[Api], library: Library | None = None) -> None:
        self.own = sorted(apis, key=lambda api: api.api_id)
        self._library = library
        self._places: list[int] = []
        if library is not None:
            ids, names = (api.api_id for api in self.own), (api.name for api in self.own)
            self._places = library.without(ids, names)
        self.size = len(self.own) + len(self._places)
        self._own_names = [api.name for api in self.own]
        """The library has none of these; two of the batch may be equal, and then never stand beside each other."""
        terms = [terms_of(api.name, api.description, _names(api.parameters)) for api in self.own]
        sources = source_of(self.own)
        if library is not None and self._places:
            of_library = list(library.terms())
            terms += [of_library[place] for place in self._places]
            sources += [library.sources[place] for place in self._places]
        numbers = {name: number for number, name in enumerate(sorted(set(sources)))}
        self._sources = np.array([numbers[name] for name in sources], np.int32)
        self._index = SimilarityIndex(terms)
        self._near: dict[int, tuple[list[int], list[int], list[int]]] = {}

    @property
    def styles(self) -> tuple[Style, ...]:
        """The styles that this library can serve."""
        names = len(set(self._own_names)) + len(self._places)
        return tuple(Style) if names > 1 else (Style.SIMPLE, Style.PARALLEL)

    def choose(self, rng: random.Random, style: Style, main: int) -> Choice:
        """Tools for a prompt of a style whose main target is the `main`-th API of the batch."""
        used, offered = [main], []
        if style in (Style.MULTIPLE, Style.PARALLEL_MULTIPLE):
            room = min(MAX_TOOLS, self.size - len(self._neighbours(main)[2]))
            alone = rng.random() < _PARTNERLESS and has_several_calls(self.own[main].parameters)
            if style is Style.PARALLEL_MULTIPLE and not alone:
                used += self._pick(rng, main, min(room - 1, rng.choice((1, 1, 2))), used)
            fewest = 0 if len(used) > 1 else 1
            wanted = rng.randint(fewest, max(fewest, room - len(used)))
            offered = self._pick(rng, main, wanted, used)
        order = [*used, *offered]
        rng.shuffle(order)
        tools = {place: self._api(place) for place in order}
        return Choice(tuple(tools.values()), tuple(tools[place].name for place in used))

    def _pick(self, rng: random.Random, main: int, count: int, taken: Sequence[int]) -> list[int]:
        near, elsewhere, twins = self._neighbours(main)
        taken = [*taken, *twins]
        pools = {"near": _blurred(rng, near), "near_elsewhere": _blurred(rng, elsewhere or near)}
        picked: list[int] = []
        for _ in range(count):
            kind = rng.choices(_KINDS, _KIND_SHARES)[0]
            pool = [place for place in pools.get(kind, ()) if place not in taken and place not in picked]
            picked.append(pool[0] if pool else self._any(rng, {*taken, *picked}))
        return picked

    def _any(self, rng: random.Random, taken: set[int]) -> int:
        while True:
            # Of the many untaken ones a few tries find one; a small library is counted out.
            place = rng.randrange(self.size)
            if place not in taken:
                return place

    def _neighbours(self, main: int) -> tuple[list[int], list[int], list[int]]:
        """The nearest, the nearest of other sources, and the twins, which are none of them."""
        if main not in self._near:
            elsewhere = self._sources != self._sources[main]
            scores = self._index.scores(main)
            twins = elsewhere & (scores >= TWINS)
            namesakes = self._namesakes(main)
            if self.size - int((twins | namesakes).sum()) < 2:
                twins = np.zeros_like(twins)  # with nothing else to offer a twin is better than no row of the style
            twins |= namesakes
            scores = np.where(twins, 0, scores)
            self._near[main] = (
                self._index.ranked(scores, NEIGHBOURS),
                self._index.ranked(np.where(elsewhere, scores, 0), NEIGHBOURS),
                [int(place) for place in np.flatnonzero(twins)],
            )
        return self._near[main]

    def _namesakes(self, main: int) -> NDArray[np.bool_]:
        """Of equal names in the batch, all but one: the main one, or the first."""
        hidden = np.zeros(self.size, bool)
        seen = {self._own_names[main]: main}
        for place, name in enumerate(self._own_names):
            hidden[place] = seen.setdefault(name, place) != place
        return hidden

    def _api(self, place: int) -> Api:
        if place < len(self.own):
            return self.own[place]
        assert self._library is not None
        return self._library.api(self._places[place - len(self.own)])


def _blurred(rng: random.Random, places: Sequence[int]) -> list[int]:
    keys = [rank + rng.uniform(0, _NOISE) for rank in range(len(places))]
    return [place for _, place in sorted(zip(keys, places, strict=True))]


def _names(parameters: JsonMapping) -> Sequence[str]:
    return tuple(parameters.get("properties") or ())
