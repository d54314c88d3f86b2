"""From a batch of APIs to raw candidates: draw, ask, parse, until the target is met."""

import contextlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from apigen_assets.domain.api import Api
from apigen_assets.domain.candidate import Candidate, make_candidate_id
from apigen_assets.domain.chat import BudgetError, ChatRequest, ChatStream, Completion, EndpointError
from apigen_assets.domain.reason import Reason
from apigen_assets.domain.style import style_of
from apigen_assets.files.json_types import JsonObject
from apigen_assets.functions.seed import Seed
from apigen_assets.generation.copies import copied_from
from apigen_assets.generation.generated import Generated
from apigen_assets.generation.library import Library
from apigen_assets.generation.parsing import Pair, parse_completion
from apigen_assets.generation.prompts import instructions, make_messages, make_prompt_id
from apigen_assets.generation.samplers import Draw, Sampler
from apigen_assets.generation.shown_examples import ShownExample, from_seeds
from apigen_assets.generation.structured import pairs_schema
from apigen_assets.generation.target import draws_of
from apigen_assets.tool_formats.schema_nulls import without_unmeant_nulls

TEMPERATURE = 0.7
"""As in the paper, for every generator."""
WRITING_TOKENS = 16_384
"""Tokens that a completion may have where the generator's settings say nothing else: reasoning counts against it."""
EXTRA_DRAWS = 1.0
"""Further prompts, as a share of the planned ones, that may be asked where completions hold fewer pairs."""
UNREADABLE_COMPLETIONS = 20
"""Completions without one pair that can be read from which on asking further is a waste."""
LOOK_AHEAD = 40
"""Prompts to look at for one of a style that fell short."""


def make_request(draw: Draw, pairs: int, structured: bool = False) -> ChatRequest:
    """The request for one draw; structured: an object that follows a schema made from the tools offered."""
    tools = [api.tool() for api in draw.tools]
    messages = make_messages(
        draw.style,
        draw.wording,
        pairs,
        tools,
        draw.targets,
        draw.examples,
        draw.language,
        draw.plans(pairs),
        draw.asked,
        draw.tone,
        structured,
    )
    return ChatRequest(
        messages=messages,
        response_format=pairs_schema(tools) if structured else None,
        temperature=TEMPERATURE,
        max_tokens=WRITING_TOKENS,
        purpose="generate",
    )


def planned_requests(sampler: Sampler, target: int, pairs: int, structured: bool = False) -> Iterator[ChatRequest]:
    """The requests a target needs when every completion holds all its pairs."""
    return (make_request(sampler.draw(index), pairs, structured) for index in range(-(-target // pairs)))


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
    structured: bool = False,
    library: Library | None = None,
    round_: int = 1,
    most_prompts: int | None = None,
    prompts: Mapping[str, int] | None = None,
) -> Generated:
    """Write at least `target` pairs, and keep the first `target` of them, readable or not.

    The prompts and their order depend on (seed, batch, index) alone and all answers are journalled, so that a
    larger target keeps every candidate of a smaller one and pays for the difference. Where completions hold fewer
    pairs than asked for, further prompts are asked, first those of the styles that fell short.

    Args:
        apis: the batch; empty gives no candidates.
        seeds: seeds, or examples made of them and of verified rows.
        generator: name of the generator.
        batch: the batch's partition key.
        target: candidates wanted.
        chat: who completes chats.
        seed: the run's seed.
        pairs_per_prompt: pairs asked for in one prompt, and the most that one completion gives.
        languages: codes of further query languages.
        on_progress: called with (candidates so far, target).
        structured: ask for an object of a JSON Schema made from the tools offered instead of a plain list.
        library: the whole catalog as pinned for the batch, for distractors and partners; null: the batch alone.
        round_: 1, or the number of a later round, whose prompts are others.
        most_prompts: prompts to ask at most; null: twice the planned ones, where completions hold fewer pairs.
        prompts: how many of each style, and no others; `target` is then the most candidates that are kept.

    Raises:
        resources.llm.resource.EndpointError: the endpoint cannot be used.
        OSError: the journal cannot be written.
    """
    rows: list[JsonObject] = []
    report = Generated(Candidate.frame([]))
    if not apis or target <= 0:
        return report
    examples = [seed if isinstance(seed, ShownExample) else from_seeds([seed])[0] for seed in seeds]
    sampler = Sampler(apis, examples, seed, batch, languages, library, round_)
    plan = _Plan(sampler, target, pairs_per_prompt, most_prompts, prompts)
    while len(rows) < target and plan.left and report.stopped is None:
        for_draws, for_requests = itertools.tee(plan.next(target - len(rows)))
        requests = (make_request(draw, pairs_per_prompt, structured) for draw in for_requests)
        try:
            with contextlib.closing(chat.stream(generator, requests)) as completions:
                for completion, draw in zip(completions, for_draws, strict=False):
                    if completion.status == "waiting":
                        report.waiting += 1
                        continue
                    new = _rows(draw, completion, generator, batch, pairs_per_prompt, round_, report)
                    plan.count(new)
                    rows += new
                    if on_progress:
                        on_progress(min(len(rows), target), target)
                    if report.prompts >= UNREADABLE_COMPLETIONS and not report.readable:
                        report.stopped, report.ended = report.likely_cause(), "unreadable"
                        break
            if report.waiting:
                # What is asked next depends on what these answers hold.
                report.stopped, report.ended = f"{report.waiting} requests wait for a batch", "waiting"
        except BudgetError as error:
            report.stopped, report.ended = str(error), "budget"
        except EndpointError as error:
            if not rows:
                raise
            report.stopped, report.ended = str(error), "endpoint"
    report.beyond_target = max(0, len(rows) - target)
    report.candidates = pl.DataFrame(rows[:target], schema=Candidate.SCHEMA, orient="row")
    if len(rows) < target and report.stopped is None and (prompts is None or report.likely_cause()):
        cause = report.likely_cause()
        report.ended = "unreadable" if cause else "short"
        report.stopped = cause or (
            f"{report.prompts} prompts gave {len(rows)} of {target} pairs: the completions hold fewer pairs than "
            "asked for"
        )
    return report


class _Plan:
    """Which prompt is asked next: the planned ones in their order, then those that make up for what fell short."""

    def __init__(
        self,
        sampler: Sampler,
        target: int,
        pairs: int,
        most: int | None = None,
        prompts: Mapping[str, int] | None = None,
    ) -> None:
        self._sampler = sampler
        self._pairs = pairs
        self._planned = -(-target // pairs)
        self._most = most if most is not None else self._planned + int(self._planned * EXTRA_DRAWS) + 4
        self._prompts = prompts
        self._next = 0
        self._asked = 0
        self._wanted: Counter[str] = Counter()
        self._have: Counter[str] = Counter()
        self._set_aside: list[int] = []

    @property
    def left(self) -> int:
        """Prompts that may still be asked."""
        return self._most - self._asked

    def next(self, missing: int) -> Iterator[Draw]:
        """The draws for so many more pairs.

        Those that make up for a shortfall are chosen before any of them is asked: answers come in any order, and a
        choice that looked at them would differ from run to run.
        """
        if self._prompts is not None:
            self._asked = self._most
            yield from draws_of(self._sampler, self._prompts)
            return
        count = min(-(-missing // self._pairs), self.left)
        for _ in range(min(count, max(0, self._planned - self._asked))):
            count -= 1
            yield self._draw()
        expected = self._have.copy()
        yield from [self._draw(expected) for _ in range(count)]

    def count(self, rows: Sequence[JsonObject]) -> None:
        """Take note of the styles that were written."""
        self._have.update(row["style"] for row in rows if row["parse_error"] is None)

    def _draw(self, expected: Counter[str] | None = None) -> Draw:
        if expected is None:
            draw = self._sampler.draw(self._next)
            self._next += 1
            self._wanted[draw.style] += self._pairs
        else:
            draw = self._of_short_style(expected)
            expected[draw.style] += self._pairs
        self._asked += 1
        return draw

    def _of_short_style(self, expected: Counter[str]) -> Draw:
        """The next prompt of a style of which too little is expected; any prompt where none is near."""
        short = {style for style, wanted in self._wanted.items() if expected[style] < wanted}
        for index in itertools.chain(list(self._set_aside), range(self._next, self._next + LOOK_AHEAD)):
            draw = self._sampler.draw(index)
            if draw.style in short or not short:
                break
        else:
            index = self._set_aside[0] if self._set_aside else self._next
            draw = self._sampler.draw(index)
        if index in self._set_aside:
            self._set_aside.remove(index)
        else:
            self._set_aside += range(self._next, index)
            self._next = index + 1
        return draw


def _rows(
    draw: Draw, completion: Completion, generator: str, batch: str, most: int, round_: int, report: Generated
) -> list[JsonObject]:
    report.prompts += 1
    report.cached += completion.cached
    report.prompt_tokens += completion.prompt_tokens
    report.completion_tokens += completion.completion_tokens
    report.statuses[completion.status] += 1
    tools = [api.tool() for api in draw.tools]
    parsed = parse_completion(
        completion,
        [str(tool["name"]) for tool in tools],
        most,
        lambda pair: _copy_error(draw, pair, tools) is not None,
    )
    parsed.pairs = [_without_nulls(pair, tools) for pair in parsed.pairs]
    report.count(parsed)
    prompt_id = make_prompt_id(draw.style, draw.wording, draw.language)
    rows = [
        _candidate(draw, pair, index, tools, prompt_id, completion.key, generator, batch, round_).row()
        for index, pair in enumerate(parsed.pairs)
    ]
    report.relabelled += sum(row["style"] != draw.style for row in rows)
    return rows


def _without_nulls(pair: Pair, tools: list[JsonObject]) -> Pair:
    """The pair without null for optional arguments that take none, and that said."""
    answers = [without_unmeant_nulls(call, tools) for call in pair.answers or ()]
    if pair.answers is None or answers == pair.answers:
        return pair
    return replace(pair, answers=answers, repairs=tuple(sorted({*pair.repairs, "null_argument"})))


def _candidate(
    draw: Draw,
    pair: Pair,
    index: int,
    tools: list[JsonObject],
    prompt_id: str,
    key: str,
    generator: str,
    batch: str,
    round_: int,
) -> Candidate:
    return Candidate(
        candidate_id=make_candidate_id(key, index),
        generator=generator,
        batch=batch,
        # A good row of another style than asked for is a good row of that style.
        style=style_of(len(tools), len(pair.answers)) if pair.answers else draw.style,
        query=pair.query,
        tools=tools,
        answers=pair.answers,
        thought=pair.thought,
        prompt_id=prompt_id,
        completion_key=key,
        raw_text=pair.raw,
        parse_error=pair.error or _copy_error(draw, pair, tools),
        repairs=list(pair.repairs),
        round=round_,
    )


def _copy_error(draw: Draw, pair: Pair, tools: list[JsonObject]) -> str | None:
    """Why the format stage shall reject a pair that can be read: it repeats its prompt."""
    if pair.answers is None:
        return None
    source = copied_from(pair.query, pair.answers, draw.examples, tools, (*instructions(), *draw.asked, *draw.tone))
    return source and f"{Reason.COPIED_EXAMPLE}: {source}"
