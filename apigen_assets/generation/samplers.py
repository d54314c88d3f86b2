"""The three samplers: which APIs, which examples, which prompt (paper, section 3.1).

A draw is a pure function of seed, batch and index: a larger target continues a run, and every generator is asked the
same, which makes their pass rates comparable.
"""

import hashlib
import heapq
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from apigen_assets.domain.api import Api
from apigen_assets.domain.style import Style
from apigen_assets.generation.prompts import LANGUAGES, WORDINGS, Wording
from apigen_assets.generation.shown_examples import ShownExample

STYLE_SHARES: dict[Style, float] = {
    Style.SIMPLE: 0.3,
    Style.MULTIPLE: 0.3,
    Style.PARALLEL: 0.2,
    Style.PARALLEL_MULTIPLE: 0.2,
}
"""Shares among the prompts. The paper does not publish its own."""

MAX_TOOLS = 5
NEIGHBOURS = 12
"""How many of the most similar APIs distractors are taken from."""
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
    """Names of the tools that the answers should use."""
    examples: tuple[ShownExample, ...]


class Sampler:
    """Draws prompts for one batch of APIs.

    Args:
        apis: the batch; their order does not matter.
        examples: the pool of examples; their order does not matter.
        seed: the run's seed.
        batch: the batch's partition key.
        languages: codes of further query languages.
    """

    def __init__(
        self,
        apis: Sequence[Api],
        examples: Sequence[ShownExample],
        seed: int,
        batch: str,
        languages: Sequence[str] = (),
    ) -> None:
        self._apis = sorted(apis, key=lambda api: api.api_id)
        self._seed = seed
        self._batch = batch
        unknown = set(languages) - set(LANGUAGES)
        if unknown:
            raise ValueError(
                f"APIGEN_LANGUAGES: {', '.join(sorted(unknown))} unknown; there are {', '.join(LANGUAGES)}"
            )
        self._languages = tuple(sorted(languages))
        self._words = [_words(api) for api in self._apis]
        self._near: dict[int, list[int]] = {}
        self._examples: dict[Style, list[ShownExample]] = {style: [] for style in Style}
        self._by_tool: dict[tuple[Style, str], list[ShownExample]] = {}
        for example in sorted(examples, key=lambda one: one.example_id):
            self._examples[example.style].append(example)
            for name in dict.fromkeys(call.name for call in example.answers):
                self._by_tool.setdefault((example.style, name), []).append(example)

    def draw(self, index: int) -> Draw:
        """The `index`-th prompt; the batch must not be empty."""
        rng = self._rng("draw", index)
        styles = [style for style in Style if len(self._apis) > 1 or style in (Style.SIMPLE, Style.PARALLEL)]
        style = rng.choices(styles, [STYLE_SHARES[one] for one in styles])[0]
        wording = rng.choices(WORDINGS, [one.share for one in WORDINGS])[0]
        language = None
        if self._languages and rng.random() < LANGUAGE_SHARE:
            language = rng.choice(self._languages)
        main = self._target(index)
        used, offered = self._choose(rng, style, main)
        order = [*used, *offered]
        rng.shuffle(order)
        targets = tuple(self._apis[one].name for one in used)
        return Draw(
            index=index,
            style=style,
            wording=wording,
            language=language,
            tools=tuple(self._apis[one] for one in order),
            targets=targets,
            examples=self._show(rng, index, style, targets),
        )

    def _target(self, index: int) -> int:
        """Every API is the target once before any is again."""
        round_, place = divmod(index, len(self._apis))
        order = list(range(len(self._apis)))
        self._rng("round", round_).shuffle(order)
        return order[place]

    def _choose(self, rng: random.Random, style: Style, main: int) -> tuple[list[int], list[int]]:
        """Indices of the tools to be used and of the distractors."""
        used = [main]
        if style in (Style.SIMPLE, Style.PARALLEL):
            return used, []
        near = self._neighbours(main)
        if style is Style.PARALLEL_MULTIPLE and (len(near) > 1 or rng.random() < 0.7):
            pool = near if rng.random() < 0.5 else [one for one in range(len(self._apis)) if one != main]
            used += rng.sample(pool, min(len(pool), rng.choice((1, 1, 2))))
        room = min(MAX_TOOLS, len(self._apis)) - len(used)
        fewest = 0 if len(used) > 1 else 1
        rest = [one for one in near if one not in used]
        # Nearest first, with some noise: easy distractors teach nothing.
        rest.sort(key=lambda one: near.index(one) + rng.uniform(0, 4))
        return used, rest[: rng.randint(fewest, max(fewest, room))]

    def _neighbours(self, main: int) -> list[int]:
        if main not in self._near:
            words, category = self._words[main], self._apis[main].category

            def likeness(other: int) -> tuple[float, str]:
                both = len(words & self._words[other])
                union = len(words | self._words[other]) or 1
                same = 0.15 * (self._apis[other].category == category)
                return (-(both / union) - same, self._apis[other].api_id)

            others = [one for one in range(len(self._apis)) if one != main]
            self._near[main] = sorted(others, key=likeness)[:NEIGHBOURS]
        return self._near[main]

    def _show(self, rng: random.Random, index: int, style: Style, targets: tuple[str, ...]) -> tuple[ShownExample, ...]:
        """Two to four examples of the style; one that uses a target comes first where there is any."""
        pool = self._examples[style] or [one for style_ in Style for one in self._examples[style_]]
        if not pool:
            return ()
        shown: dict[str, ShownExample] = {}
        for name in targets:
            for other in (style, Style.SIMPLE, Style.MULTIPLE):
                if own := self._by_tool.get((other, name)):
                    one = self._first(own, index, 1)[0]
                    shown[one.example_id] = one
                    break
        for one in self._first(pool, index, rng.randint(2, 3)):
            if len(shown) < 4:
                shown.setdefault(one.example_id, one)
        return tuple(shown.values())

    def _first(self, pool: Sequence[ShownExample], index: int, count: int) -> list[ShownExample]:
        """The first by a hash of draw and example: a pool that grows changes only draws that a new one enters."""

        def place(example: ShownExample) -> bytes:
            text = f"{self._seed}|{self._batch}|{index}|{example.example_id}"
            return hashlib.blake2b(text.encode(), digest_size=8).digest()

        return heapq.nsmallest(count, pool, key=place)

    def _rng(self, what: str, number: int) -> random.Random:
        text = f"{self._seed}|{self._batch}|{what}|{number}"
        return random.Random(hashlib.sha256(text.encode()).digest())


def _words(api: Api) -> frozenset[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", api.name)
    return frozenset(
        word for word in re.findall(r"[a-z]{3,}", f"{spaced} {api.description}".lower()) if word not in _STOP_WORDS
    )


_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "the and for with from that this its are not all any one two given returns return calculate calculates compute "
        "computes get gets find finds determine determines into whether which between using used number value values "
        "list string",
    )
)
