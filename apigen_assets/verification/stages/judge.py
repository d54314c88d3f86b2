"""The LLM judge of stage 3: asks one or several models and counts the votes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from apigen_assets.domain.chat import ChatModel, ChatRequest, Completion, EndpointError
from apigen_assets.domain.reason import Reason
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.stages.judge_prompt import ShownTools, judge_messages, response_format
from apigen_assets.verification.stages.vote import RULE_REASONS, JudgeAnswer, Vote, quotes_stand_in, read_vote

__all__ = [
    "RULE_REASONS",
    "Item",
    "JudgeAnswer",
    "JudgeOptions",
    "Vote",
    "decide",
    "judge_items",
    "read_vote",
]

UNSETTLED = frozenset({Reason.JUDGE_UNAVAILABLE, Reason.JUDGE_UNPARSEABLE})
"""Reasons that say nothing of the row: it waits as undecided until the judges can be asked again."""


class Item(NamedTuple):
    """What a judge sees of one candidate."""

    candidate_id: str
    query: str
    tools: Sequence[JsonObject] | ShownTools
    calls: list[JsonObject]
    results: list[JsonObject]
    questions: tuple[str, ...] = ()
    """What grounding found and could not settle."""


class JudgeOptions(BaseModel):
    """How the committee asks and decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Literal["majority", "unanimity"] = "majority"
    """`majority`: more than half of all judges must pass the item; `unanimity`: every one."""
    reasks: int = Field(default=3, ge=0)
    """Further questions to a judge whose answer could not be read, each a new sample."""
    temperature: float = Field(default=0.0, ge=0)
    max_tokens: int = Field(default=1024, ge=16)
    """For the reasoning and the verdict."""
    seed: int = 0
    """Varies wording and order between items and judges."""
    scores: bool = False
    """Ask for a number from 0 to 10 per rule as well; an item passes where each is at least `threshold`."""
    threshold: float = Field(default=7.0, ge=0, le=10)
    controls: int = Field(default=0, ge=0)
    """Control items per partition, half of them known to be good, half known to be bad."""
    undecided: Literal["keep", "drop"] = "keep"
    """What becomes of rows with open questions where no judge settles them."""


def judge_items(
    items: Sequence[Item],
    chat: ChatModel,
    judges: Sequence[str],
    options: JudgeOptions | None = None,
) -> list[dict[str, Vote]]:
    """Every judge's vote on every item.

    Args:
        items: what to judge.
        chat: where the judges answer.
        judges: names of generators; all of them are asked about every item.
        options: how to ask.

    Returns:
        Per item a vote per judge, in the order given.

    Raises:
        ValueError: no judge was named.
    """
    if not judges:
        raise ValueError("no judge is named: give at least one generator")
    options = options or JudgeOptions()
    votes: list[dict[str, Vote]] = [{} for _ in items]
    for judge in dict.fromkeys(judges):
        waiting = list(range(len(items)))
        for sample in range(options.reasks + 1):
            if not waiting:
                break
            requests = [_request(items[i], judge, sample, options) for i in waiting]
            unread = []
            for i, completion in zip(waiting, _asked(chat, judge, requests), strict=True):
                vote = _vote_of(completion, items[i], options)
                votes[i][judge] = vote
                if vote.answer is JudgeAnswer.UNPARSEABLE:
                    unread.append(i)
            waiting = unread
    return votes


def decide(votes: dict[str, Vote], rule: Literal["majority", "unanimity"] = "majority") -> tuple[Reason, str] | None:
    """Reason and detail of a rejection by the committee; null where the item passes.

    A judge that gave no readable answer does not pass the item: what is not said to be right is not kept. A reason of
    `UNSETTLED` says nothing of the item, which is undecided.
    """
    passes = sum(vote.answer is JudgeAnswer.PASS for vote in votes.values())
    if passes == len(votes) or (rule == "majority" and passes * 2 > len(votes)):
        return None
    fails = {name: vote for name, vote in votes.items() if vote.answer is JudgeAnswer.FAIL}
    if fails:
        counted = Counter(vote.reason or Reason.JUDGE_REJECTED for vote in fails.values())
        reason = max(counted, key=lambda each: (counted[each], -list(Reason).index(each)))
        judge, vote = next(
            (name, vote) for name, vote in fails.items() if (vote.reason or Reason.JUDGE_REJECTED) == reason
        )
        count = f"{len(fails)} of {len(votes)} judges; " if len(votes) > 1 else ""
        return reason, f"{count}{judge}: {vote.thought}"
    if any(vote.answer is JudgeAnswer.UNAVAILABLE for vote in votes.values()):
        name, vote = next(pair for pair in votes.items() if pair[1].answer is JudgeAnswer.UNAVAILABLE)
        return Reason.JUDGE_UNAVAILABLE, f"{name}: {vote.thought}"
    name, vote = next(pair for pair in votes.items() if pair[1].answer is JudgeAnswer.UNPARSEABLE)
    return Reason.JUDGE_UNPARSEABLE, f"{name}: {vote.thought}"


def _asked(chat: ChatModel, judge: str, requests: Sequence[ChatRequest]) -> list[Completion]:
    """The judge's answers; where its endpoint is down, failures, so that rows wait instead of being lost."""
    try:
        return chat.complete(judge, requests)
    except EndpointError as error:
        return [Completion(key="", status="error", text=str(error)) for _ in requests]


def _vote_of(completion: Completion, item: Item, options: JudgeOptions) -> Vote:
    if completion.status == "error":
        return Vote(JudgeAnswer.UNAVAILABLE, thought=completion.text[:200])
    vote = read_vote(completion.text, options.threshold if options.scores else None)
    if vote.answer is JudgeAnswer.PASS and not quotes_stand_in(vote.quotes, item.query):
        # A judge that quotes what is not there did not read the query.
        return Vote(JudgeAnswer.UNPARSEABLE, thought="quotes words that the query does not have")
    return vote


def votes_json(votes: Mapping[str, Vote], counting: Sequence[str]) -> JsonObject:
    """What the column `votes` keeps: every judge's answer, so that disagreement can be seen."""
    return {
        name: {
            "answer": vote.answer.value,
            **({"reason": vote.reason.value} if vote.reason is not None else {}),
            **({"score": vote.score} if vote.score is not None else {}),
            "thought": vote.thought,
            "counts": name in counting,
        }
        for name, vote in votes.items()
    }


def _request(item: Item, judge: str, sample: int, options: JudgeOptions) -> ChatRequest:
    variant = int(content_hash([options.seed, item.candidate_id, judge], 8), 16)
    return ChatRequest(
        messages=judge_messages(
            item.query, item.tools, item.calls, item.results, variant, item.questions, options.scores
        ),
        # At temperature 0 the second answer would be the first one again.
        temperature=options.temperature if sample == 0 else max(options.temperature, 0.7),
        max_tokens=options.max_tokens,
        sample=sample,
        response_format=response_format(options.scores),
        purpose="judge",
    )
