"""What a run would ask for and cost, before anything is asked."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from apigen_assets.catalog.batches import BatchKey
from apigen_assets.catalog.filters.categories import classify
from apigen_assets.catalog.filters.rewriting import rewrite
from apigen_assets.catalog.names import BUILTIN
from apigen_assets.domain.api import Api
from apigen_assets.domain.chat import ChatRequest, Completion
from apigen_assets.generation.generate import planned_requests
from apigen_assets.generation.library import Library
from apigen_assets.generation.samplers import Sampler
from apigen_assets.generation.shown_examples import ShownExample
from resources.llm.experience import Experience
from resources.llm.protocol import characters

CHARS_PER_TOKEN = 4
TOKENS_PER_PAIR = 95
"""Completion tokens per pair, where the journal knows nothing better."""
JUDGE_PROMPT_TOKENS = 900
JUDGE_COMPLETION_TOKENS = 60
REWORD_PROMPT_TOKENS = 350
REWORD_COMPLETION_TOKENS = 50
GUESSED = 0.25
"""How far characters / 4 and a guessed length of answers may be off."""
LATENCY_S = 1.0
"""Time to the first token."""


class Pricing(Protocol):
    """The part of a generator's settings that an estimate needs."""

    @property
    def name(self) -> str:
        """The generator's name."""
        ...

    @property
    def concurrency(self) -> int:
        """Requests in flight."""
        ...

    @property
    def tokens_per_second(self) -> float:
        """Speed of one stream."""
        ...


class Journalled(Protocol):
    """What has been answered already."""

    def answered(self, generator: str, request: ChatRequest) -> bool:
        """Whether the journal holds the answer."""
        ...


@dataclass(frozen=True)
class Estimate:
    """One generator's share of a run."""

    generator: str
    purpose: str
    requests: int
    journalled: int
    """Of the requests, those already answered: they cost nothing."""
    prompt_tokens: int
    """Of the requests not yet answered."""
    completion_tokens: int
    seconds: float
    """At the configured concurrency and speed."""
    spread: float = GUESSED
    """Relative uncertainty of the tokens: a guess, or what the journal taught."""


def estimate_generation(
    batches: Mapping[str, Sequence[Api]],
    examples: Sequence[ShownExample],
    generator: Pricing,
    target: Callable[[int], int],
    pairs: int,
    seed: int,
    journal: Journalled,
    languages: Sequence[str] = (),
    tokens_per_pair: float = TOKENS_PER_PAIR,
    library: Callable[[str], Library | None] = lambda _: None,
    structured: bool = False,
    known: Experience | None = None,
) -> Estimate:
    """Requests, tokens and time for `target(number of APIs)` candidates from every batch.

    The prompts are those the run would send; `library` gives a batch's by its key, `structured` is the generator's
    setting. Tokens are what the journal taught (`known`), else characters / 4, so that the real count may differ by a
    quarter.
    """
    per_char = known.tokens_per_char if known else 1 / CHARS_PER_TOKEN
    asked = journalled = prompt = 0
    for batch, apis in batches.items():
        if not apis:
            continue
        sampler = Sampler(apis, examples, seed, batch, languages, library(batch))
        for request in planned_requests(sampler, target(len(apis)), pairs, structured):
            asked += 1
            if journal.answered(generator.name, request):
                journalled += 1
            else:
                prompt += math.ceil(sum(len(message["content"]) for message in request.messages) * per_char)
    new = asked - journalled
    completion = math.ceil(new * (known.completion_tokens if known else pairs * tokens_per_pair))
    return Estimate(
        generator.name,
        "generate",
        asked,
        journalled,
        prompt,
        completion,
        _seconds(generator, new, completion),
        known.spread if known else GUESSED,
    )


class _Recorder:
    """A chat model that takes requests down and answers none."""

    def __init__(self) -> None:
        self.requests: list[ChatRequest] = []

    def complete(
        self,
        generator: str,
        requests: Sequence[ChatRequest],
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Completion]:
        """No answers, one for each request."""
        self.requests += requests
        return [Completion(key="", status="error", text="") for _ in requests]


def estimate_catalog(
    batches: Mapping[str, Sequence[Api]],
    generator: Pricing,
    journal: Journalled,
    known: Mapping[str, Experience | None],
) -> list[Estimate]:
    """Requests, tokens and time of rewriting noisy documentation and of sorting APIs into categories.

    Args:
        batches: the APIs that the catalog's last step takes in, by the key of their batch.
        generator: who writes the catalog's texts.
        journal: what has been answered already.
        known: what the journal taught, by purpose.
    """
    recorder = _Recorder()
    for key, apis in batches.items():
        if BatchKey.parse(key).slug != BUILTIN:
            rewrite(apis, recorder, generator.name)
        classify(apis, recorder, generator.name)
    estimates = []
    for purpose in ("document", "classify"):
        requests = [request for request in recorder.requests if request.purpose == purpose]
        new = [request for request in requests if not journal.answered(generator.name, request)]
        taught = known.get(purpose)
        per_char = taught.tokens_per_char if taught else 1 / CHARS_PER_TOKEN
        prompt = sum(math.ceil(characters(request.messages) * per_char) for request in new)
        # Half of the most that is allowed, where the journal knows nothing better.
        each = taught.completion_tokens * len(new) if taught else sum(request.max_tokens for request in new) / 2
        completion = math.ceil(each)
        estimates.append(
            Estimate(
                generator.name,
                purpose,
                len(requests),
                len(requests) - len(new),
                prompt,
                completion,
                _seconds(generator, len(new), completion),
                taught.spread if taught else GUESSED,
            )
        )
    return [estimate for estimate in estimates if estimate.requests]


def estimate_judging(judge: Pricing, candidates: int, share: float = 0.75, known: Experience | None = None) -> Estimate:
    """Requests, tokens and time of one judge; `share` of the candidates reach it."""
    return _estimate_each(
        judge, "judge", math.ceil(candidates * share), (JUDGE_PROMPT_TOKENS, JUDGE_COMPLETION_TOKENS), known
    )


def estimate_rewording(
    writer: Pricing, candidates: int, relevance_share: float, known: Experience | None = None
) -> Estimate:
    """Requests, tokens and time of rewording relevance rows, at most: as if every candidate were verified.

    Args:
        writer: who rewords.
        candidates: rows that may be chosen.
        relevance_share: the share of the data set that relevance rows have; a third of them lacks a value, and is
            reworded.
        known: what the journal taught.
    """
    requests = math.ceil(candidates * relevance_share / (1 - relevance_share) / 3)
    return _estimate_each(writer, "reword", requests, (REWORD_PROMPT_TOKENS, REWORD_COMPLETION_TOKENS), known)


def _estimate_each(
    generator: Pricing, purpose: str, requests: int, guess: tuple[int, int], known: Experience | None
) -> Estimate:
    """So many requests of one kind; `guess` has the tokens of a prompt and of an answer where nothing is known."""
    prompt, completion = (known.prompt_tokens, known.completion_tokens) if known else guess
    written = math.ceil(requests * completion)
    return Estimate(
        generator.name,
        purpose,
        requests,
        0,
        math.ceil(requests * prompt),
        written,
        _seconds(generator, requests, written),
        known.spread if known else GUESSED,
    )


def _seconds(generator: Pricing, requests: int, completion_tokens: int) -> float:
    return (requests * LATENCY_S + completion_tokens / generator.tokens_per_second) / generator.concurrency
