"""From a batch of APIs to raw candidates: draw, ask, parse, until the target is met."""

import contextlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from apigen_assets.domain.api import Api
from apigen_assets.domain.candidate import Candidate, make_candidate_id
from apigen_assets.domain.chat import BudgetError, ChatRequest, ChatStream, Completion
from apigen_assets.domain.reason import Reason
from apigen_assets.files.json_types import JsonObject
from apigen_assets.functions.seed import Seed
from apigen_assets.generation.copies import copied_from
from apigen_assets.generation.parsing import Pair, parse_completion
from apigen_assets.generation.prompts import instructions, make_messages, make_prompt_id
from apigen_assets.generation.samplers import Draw, Sampler
from apigen_assets.generation.shown_examples import ShownExample, from_seeds

TEMPERATURE = 0.7
"""As in the paper, for every generator."""
TOKENS_PER_PAIR = 320
EXTRA_DRAWS = 1.0
"""Further prompts, as a share of the planned ones, that may be asked where completions hold fewer pairs."""


@dataclass
class Generated:
    """The candidates of one partition and how they came about."""

    candidates: pl.DataFrame
    prompts: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    isolated: int = 0
    """Completions whose list stood among other text."""
    statuses: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None
    """Why fewer than the target were written, where something stopped the run."""


def make_request(draw: Draw, pairs: int) -> ChatRequest:
    """The request for one draw."""
    return ChatRequest(
        messages=make_messages(
            draw.style,
            draw.wording,
            pairs,
            [api.tool() for api in draw.tools],
            draw.targets,
            draw.examples,
            draw.language,
        ),
        temperature=TEMPERATURE,
        max_tokens=max(1024, TOKENS_PER_PAIR * pairs),
        purpose="generate",
    )


def planned_requests(sampler: Sampler, target: int, pairs: int) -> Iterator[ChatRequest]:
    """The requests a target needs when every completion holds all its pairs."""
    return (make_request(sampler.draw(index), pairs) for index in range(-(-target // pairs)))


def generate(
    apis: Sequence[Api],
    seeds: Sequence[Seed] | Sequence[ShownExample],
    generator: str,
    batch: str,
    target: int,
    chat: ChatStream,
    seed: int = 20240626,
    pairs_per_prompt: int = 5,
    languages: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> Generated:
    """Write at least `target` pairs, and keep the first `target` of them, parseable or not.

    The prompts and their order depend on (seed, batch, index) alone and all answers are journalled, so that a
    larger target keeps every candidate of a smaller one and pays for the difference.

    Args:
        apis: the batch; empty gives no candidates.
        seeds: seeds, or examples made of them and of verified rows.
        generator: name of the generator.
        batch: the batch's partition key.
        target: candidates wanted.
        chat: who completes chats.
        seed: the run's seed.
        pairs_per_prompt: pairs asked for in one prompt.
        languages: codes of further query languages.
        on_progress: called with (candidates so far, target).

    Raises:
        resources.llm.resource.EndpointError: the endpoint cannot be used.
        OSError: the journal cannot be written.
    """
    rows: list[JsonObject] = []
    report = Generated(Candidate.frame([]))
    if not apis or target <= 0:
        return report
    examples = [one if isinstance(one, ShownExample) else from_seeds([one])[0] for one in seeds]
    sampler = Sampler(apis, examples, seed, batch, languages)
    planned = -(-target // pairs_per_prompt)
    last = planned + int(planned * EXTRA_DRAWS) + 4
    asked = 0
    while len(rows) < target and asked < last and report.stopped is None:
        wanted = min(-(-(target - len(rows)) // pairs_per_prompt), last - asked)
        for_draws, for_requests = itertools.tee(sampler.draw(index) for index in range(asked, asked + wanted))
        requests = (make_request(draw, pairs_per_prompt) for draw in for_requests)
        asked += wanted
        try:
            with contextlib.closing(chat.stream(generator, requests)) as completions:
                for completion, draw in zip(completions, for_draws, strict=False):
                    rows += _rows(draw, completion, generator, batch, report)
                    if on_progress:
                        on_progress(min(len(rows), target), target)
        except BudgetError as error:
            report.stopped = str(error)
    report.candidates = pl.DataFrame(rows[:target], schema=Candidate.SCHEMA, orient="row")
    if len(rows) < target and report.stopped is None:
        report.stopped = (
            f"{asked} prompts gave {len(rows)} of {target} pairs: the completions hold fewer pairs than asked for"
        )
    return report


def _rows(draw: Draw, completion: Completion, generator: str, batch: str, report: Generated) -> list[JsonObject]:
    report.prompts += 1
    report.cached += completion.cached
    report.prompt_tokens += completion.prompt_tokens
    report.completion_tokens += completion.completion_tokens
    report.statuses[completion.status] += 1
    parsed = parse_completion(completion)
    report.isolated += parsed.isolated
    tools = [api.tool() for api in draw.tools]
    prompt_id = make_prompt_id(draw.style, draw.wording, draw.language)
    return [
        _candidate(draw, pair, index, tools, prompt_id, completion.key, generator, batch).row()
        for index, pair in enumerate(parsed.pairs)
    ]


def _candidate(
    draw: Draw,
    pair: Pair,
    index: int,
    tools: list[JsonObject],
    prompt_id: str,
    key: str,
    generator: str,
    batch: str,
) -> Candidate:
    return Candidate(
        candidate_id=make_candidate_id(key, index),
        generator=generator,
        batch=batch,
        style=draw.style,
        query=pair.query,
        tools=tools,
        answers=pair.answers,
        thought=pair.thought,
        prompt_id=prompt_id,
        completion_key=key,
        raw_text=pair.raw,
        parse_error=pair.error or _copy_error(draw, pair, tools),
    )


def _copy_error(draw: Draw, pair: Pair, tools: list[JsonObject]) -> str | None:
    """Why the format stage shall reject a pair that can be read: it repeats its prompt."""
    if pair.answers is None:
        return None
    source = copied_from(pair.query, pair.answers, draw.examples, tools, instructions())
    return source and f"{Reason.COPIED_EXAMPLE}: {source}"
