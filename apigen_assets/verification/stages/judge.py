"""The LLM judge of stage 3: asks one or several models, reads what they answer, counts the votes."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from apigen_assets.domain.chat import ChatModel, ChatRequest
from apigen_assets.domain.reason import Reason
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.stages.judge_prompt import RESPONSE_FORMAT, RULES, judge_messages

RULE_REASONS = (
    Reason.WRONG_ARGUMENTS,
    Reason.WRONG_FUNCTION,
    Reason.WRONG_CALL_COUNT,
    Reason.IRRELEVANT_RESULT,
    Reason.FAILED_RESULT,
)
"""The reason for each of the prompt's rules, in their order."""


class Item(NamedTuple):
    """What a judge sees of one candidate."""

    candidate_id: str
    query: str
    tools: list[JsonObject]
    calls: list[JsonObject]
    results: list[JsonObject]


class JudgeAnswer(StrEnum):
    """How one judge answered."""

    PASS = "pass"
    FAIL = "fail"
    UNPARSEABLE = "unparseable"
    UNAVAILABLE = "unavailable"


class Vote(NamedTuple):
    """One judge's answer to one item."""

    answer: JudgeAnswer
    reason: Reason | None = None
    thought: str = ""


class JudgeOptions(BaseModel):
    """How the committee asks and decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Literal["majority", "unanimity"] = "majority"
    """`majority`: more than half of all judges must pass the item; `unanimity`: every one."""
    reasks: int = Field(default=3, ge=0)
    """Further questions to a judge whose answer could not be read, each a new sample."""
    temperature: float = Field(default=0.0, ge=0)
    max_tokens: int = Field(default=512, ge=16)
    seed: int = 0
    """Varies wording and order between items and judges."""


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
            completions = chat.complete(judge, requests)
            unread = []
            for i, completion in zip(waiting, completions, strict=True):
                if completion.status == "error":
                    vote = Vote(JudgeAnswer.UNAVAILABLE, thought=completion.text[:200])
                else:
                    vote = read_vote(completion.text)
                votes[i][judge] = vote
                if vote.answer is JudgeAnswer.UNPARSEABLE:
                    unread.append(i)
            waiting = unread
    return votes


def decide(votes: dict[str, Vote], rule: Literal["majority", "unanimity"] = "majority") -> tuple[Reason, str] | None:
    """Reason and detail of a rejection by the committee; null where the item passes.

    A judge that gave no readable answer does not pass the item: what is not said to be right is not kept.
    """
    passes = sum(vote.answer is JudgeAnswer.PASS for vote in votes.values())
    if passes == len(votes) or (rule == "majority" and passes * 2 > len(votes)):
        return None
    fails = {name: vote for name, vote in votes.items() if vote.answer is JudgeAnswer.FAIL}
    if fails:
        counted = Counter(vote.reason or Reason.JUDGE_REJECTED for vote in fails.values())
        reason = max(counted, key=lambda one: (counted[one], -list(Reason).index(one)))
        judge, vote = next(
            (name, one) for name, one in fails.items() if (one.reason or Reason.JUDGE_REJECTED) == reason
        )
        count = f"{len(fails)} of {len(votes)} judges; " if len(votes) > 1 else ""
        return reason, f"{count}{judge}: {vote.thought}"
    if any(vote.answer is JudgeAnswer.UNAVAILABLE for vote in votes.values()):
        name, vote = next(pair for pair in votes.items() if pair[1].answer is JudgeAnswer.UNAVAILABLE)
        return Reason.JUDGE_UNAVAILABLE, f"{name}: {vote.thought}"
    name, vote = next(pair for pair in votes.items() if pair[1].answer is JudgeAnswer.UNPARSEABLE)
    return Reason.JUDGE_UNPARSEABLE, f"{name}: {vote.thought}"


def read_vote(text: str) -> Vote:
    """What a judge's answer says.

    Reads JSON objects wherever they stand (after a think block, in a fence, behind a preamble) and takes the
    verdict from `pass` or `passes`: yes/no in any case, or a boolean. Where several objects are verdicts the
    last one counts; where they disagree none does. Other keys are never looked at.
    """
    body = _THINK.sub("", text)
    if "</think>" in body:
        body = body.rsplit("</think>", 1)[1]
    # A think block that never ends holds drafts, not a verdict.
    body = _OPEN_THINK.split(body, maxsplit=1)[0]
    verdicts = [found for found in map(_as_verdict, _objects(body)) if found is not None]
    if not verdicts or len({passed for passed, _ in verdicts}) > 1:
        return Vote(JudgeAnswer.UNPARSEABLE, thought=body.strip()[:200])
    passed, said = verdicts[-1]
    thought = said.get("thought")
    thought = thought.strip()[:400] if isinstance(thought, str) else ""
    thought = thought.encode("utf-8", "replace").decode()
    if passed:
        return Vote(JudgeAnswer.PASS, thought=thought)
    rule = said.get("rule")
    if isinstance(rule, str) and rule.strip().isdecimal():
        rule = int(rule)
    if isinstance(rule, int) and not isinstance(rule, bool) and 1 <= rule <= len(RULES):
        return Vote(JudgeAnswer.FAIL, RULE_REASONS[rule - 1], thought)
    return Vote(JudgeAnswer.FAIL, None, thought)


_THINK = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_OPEN_THINK = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_YES = {
    "yes": True,
    "true": True,
    "pass": True,
    "passed": True,
    "no": False,
    "false": False,
    "fail": False,
    "failed": False,
}
_MAX_OBJECTS = 64


def _objects(text: str) -> list[JsonObject]:
    """The outermost JSON objects in a text."""
    decoder = json.JSONDecoder()
    found: list[JsonObject] = []
    at = text.find("{")
    tries = 0
    while at >= 0 and tries < _MAX_OBJECTS:
        tries += 1
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(value, dict):
                found.append(value)
        at = text.find("{", end)
    return found


def _as_verdict(said: JsonObject) -> tuple[bool, JsonObject] | None:
    values = []
    for key, value in said.items():
        if key.strip().lower() in {"pass", "passes", "passed"}:
            if isinstance(value, bool):
                values.append(value)
            elif isinstance(value, str) and value.strip().strip(".").lower() in _YES:
                values.append(_YES[value.strip().strip(".").lower()])
            else:
                return None
    if not values or len(set(values)) > 1:
        return None
    return values[0], {key.strip().lower(): value for key, value in said.items()}


def _request(item: Item, judge: str, sample: int, options: JudgeOptions) -> ChatRequest:
    variant = int(content_hash([options.seed, item.candidate_id, judge], 8), 16)
    return ChatRequest(
        messages=judge_messages(item.query, item.tools, item.calls, item.results, variant),
        # At temperature 0 the second answer would be the first one again.
        temperature=options.temperature if sample == 0 else max(options.temperature, 0.7),
        max_tokens=options.max_tokens,
        sample=sample,
        response_format=RESPONSE_FORMAT,
        purpose="judge",
    )
