"""The three samplers together: which APIs, which examples, which prompt (paper, section 3.1).

A draw is a pure function of seed, batch, round and index, and of the library's version: a larger target continues a
run, and every generator is asked the same, which makes their pass rates comparable.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

from apigen_assets.domain.api import Api
from apigen_assets.domain.style import Style
from apigen_assets.generation.api_sampler import MAX_TOOLS, NEIGHBOURS, ApiSampler
from apigen_assets.generation.built_arguments import has_several_calls
from apigen_assets.generation.example_sampler import ExampleSampler
from apigen_assets.generation.library import Library
from apigen_assets.generation.pair_plan import PairPlan, Planner
from apigen_assets.generation.prompts import LANGUAGES, WORDINGS
from apigen_assets.generation.shown_examples import ShownExample
from apigen_assets.generation.templates import Wording

__all__ = ["MAX_TOOLS", "NEIGHBOURS", "Draw", "Sampler"]

STYLE_TURNS: tuple[Style, ...] = (
    *(Style.SIMPLE, Style.MULTIPLE, Style.PARALLEL, Style.PARALLEL_MULTIPLE) * 2,
    *(Style.SIMPLE, Style.MULTIPLE),
)
"""The styles of one API's prompts in turn: 30, 30, 20 and 20 %. The paper does not publish its own shares.

APIs start at different places, so that every round over a batch has these shares too.
"""
_ALL_FROM = 7
"""From each of the first places on, four prompts have four styles: a batch of few APIs starts there."""

LANGUAGE_SHARE = 0.15
"""Share of the prompts in other languages, where any is switched on."""


@dataclass(frozen=True)
class Draw:
    """Everything one prompt is made of."""

    index: int
    style: Style
    wording: Wording
    language: str | None
    tools: tuple[Api, ...]
    """Offered, in shuffled order."""
    targets: tuple[str, ...]
    """Names of the tools that the answers should use, the main one first."""
    examples: tuple[ShownExample, ...]
    asked: tuple[str, ...] = ()
    """Queries of earlier rounds that shall not come again."""
    tone: tuple[str, ...] = ()
    """Real queries without answers that show how people ask."""
    visit: int = 0
    """How many prompts of the round had the same main target before."""
    planner: Planner | None = None
    """Plans for the pairs of the main target."""

    def plans(self, number: int) -> tuple[PairPlan, ...]:
        """What each of `number` pairs shall be like; the next prompt of the API goes on where this one ends."""
        if self.planner is None:
            return ()
        return self.planner.plans(self.visit * number, number, terse=self.wording.name == "terse")


class Sampler:
    """Draws prompts for one batch of APIs.

    Args:
        apis: the batch; their order does not matter.
        examples: the pool of examples; their order does not matter.
        seed: the run's seed.
        batch: the batch's partition key.
        languages: codes of further query languages.
        library: the whole catalog as pinned for the batch; null for the batch alone.
        round_: 1, or the number of a later round, whose draws are others.
    """

    def __init__(
        self,
        apis: Sequence[Api],
        examples: Sequence[ShownExample],
        seed: int,
        batch: str,
        languages: Sequence[str] = (),
        library: Library | None = None,
        round_: int = 1,
    ) -> None:
        unknown = set(languages) - set(LANGUAGES)
        if unknown:
            raise ValueError(
                f"APIGEN_LANGUAGES: {', '.join(sorted(unknown))} unknown; there are {', '.join(LANGUAGES)}"
            )
        self._languages = tuple(sorted(languages))
        self._key = f"{seed}|{batch}" if round_ == 1 else f"{seed}|{batch}|round {round_}"
        self._apis = ApiSampler(apis, library)
        self._examples = ExampleSampler(examples, self._key)
        self._round = round_
        self._planners: dict[int, Planner] = {}
        self._starts: dict[int, int] = {}
        self._orders: dict[int, list[int]] = {}

    def draw(self, index: int) -> Draw:
        """The `index`-th prompt; the batch must not be empty."""
        rng = self._rng("draw", index)
        main, visit = self._target(index)
        style = self._style(main, visit)
        wording = rng.choices(WORDINGS, [one.share for one in WORDINGS])[0]
        language = None
        if self._languages and rng.random() < LANGUAGE_SHARE:
            language = rng.choice(self._languages)
        choice = self._apis.choose(rng, style, main)
        examples = self._examples.show(index, style, wording.name, language, choice.tools, choice.targets)
        return Draw(
            index=index,
            style=style,
            wording=wording,
            language=language,
            tools=choice.tools,
            targets=choice.targets,
            examples=examples,
            asked=self._examples.asked(index, choice.targets[0], examples) if self._round > 1 else (),
            tone=self._examples.tone(index, wording.name),
            visit=visit,
            planner=self._planner(main),
        )

    def _target(self, index: int) -> tuple[int, int]:
        """Every API is the target once before any is again; with how often it was."""
        turn, place = divmod(index, len(self._apis.own))
        if turn not in self._orders:
            order = list(range(len(self._apis.own)))
            self._rng("round", turn).shuffle(order)
            self._orders = {turn: order}
        return self._orders[turn][place], turn

    def _style(self, main: int, visit: int) -> Style:
        """Each style once in the first prompts of an API of a small batch; by the shares over every batch and API."""
        if not self._starts:
            order = list(range(len(self._apis.own)))
            self._rng("styles", 0).shuffle(order)
            places = len(STYLE_TURNS) if len(order) >= len(STYLE_TURNS) else _ALL_FROM
            self._starts = {api: rank % places for rank, api in enumerate(order)}
        possible = set(self._apis.styles)
        if not has_several_calls(self._apis.own[main].parameters):
            possible.discard(Style.PARALLEL)
        turns = [style for style in STYLE_TURNS if style in possible]
        return turns[(self._starts[main] + visit) % len(turns)]

    def _planner(self, main: int) -> Planner:
        if main not in self._planners:
            api = self._apis.own[main]
            self._planners[main] = Planner(f"{self._key}|{api.api_id}", api.parameters)
        return self._planners[main]

    def _rng(self, what: str, number: int) -> random.Random:
        return random.Random(hashlib.sha256(f"{self._key}|{what}|{number}".encode()).digest())
