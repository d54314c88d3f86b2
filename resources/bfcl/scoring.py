"""Verdicts of the official checker, each command in one subprocess; one answer that kills it costs itself only."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from apigen_assets.files.json_types import JsonObject
from resources.bfcl.environment import Environment, environment
from resources.bfcl.process import BfclEnvironmentError, DiedError, ask, complete_lines, scratch_folder
from resources.bfcl.records import BfclAnswer, IncompleteAnswersError, Scored

ITEM_LIMIT_S = 10.0
"""Decoding, and checking, one answer may take this long; it takes well under a millisecond."""

CONVERSATION_LIMIT_S = 5.0
"""One multi-turn item may take this long; it takes some milliseconds."""

_MAX_CRASHES = 20


def score(
    answers: Sequence[BfclAnswer],
    form: str,
    *,
    decoding: Path,
    thinking: bool = False,
    categories: Sequence[str] | None = None,
    ids: Mapping[str, list[str]] | None = None,
    underscore_to_dot: bool | None = None,
    model_name: str = "",
    env: Environment | None = None,
    timeout_s: float = 600.0,
) -> Scored:
    """Verdicts on answers to single-turn questions.

    Args:
        answers: exactly one per question of the categories.
        form: how the answers are written; a form of the decoders.
        decoding: the folder of the package that decodes answers (`decode`, `prepared`, `PYTHON_FORMS` and the like):
            standard library only, since the small environment runs it.
        thinking: what a model thinks before it answers is cut off first.
        categories: the categories that must be complete; by default those of the answers.
        ids: for a sample, the ids that must be there, by category; by default all of a category.
        underscore_to_dot: whether the model was shown `_` for `.` in function names; by default the leaderboard's
            own setting for `model_name`, else what the names in the answers show.
        model_name: a name from the leaderboard's list, or any other.
        env: the environment to use; by default `environment()`.
        timeout_s: limit for the whole subprocess.

    Raises:
        IncompleteAnswersError: ids are missing, doubled or unknown.
        BfclEnvironmentError: the environment cannot be used.
    """
    env = env or environment()
    header: JsonObject = {
        "form": form,
        "decoding": str(decoding),
        "thinking": thinking,
        "categories": _categories(answers, categories, env.counts),
        "ids": dict(ids or {}),
        "underscore_to_dot": underscore_to_dot,
        "model_name": model_name,
        "item_limit_s": ITEM_LIMIT_S,
        "check_ids": True,
    }
    remaining = list(answers)
    crashed: dict[int, JsonObject] = {}
    positions = list(range(len(answers)))
    while True:
        outcome = _attempt(env, "score", header, remaining, timeout_s)
        if "culprit" not in outcome:
            break
        # One answer took the process down: it is wrong, and the others are scored without it.
        culprit = _spared(outcome, len(crashed))
        crashed[positions.pop(culprit)] = _crash(remaining.pop(culprit), outcome["reason"])
        header["check_ids"] = False
    verdicts: list[JsonObject] = [{}] * len(answers)
    for position, verdict in zip(positions, outcome["verdicts"], strict=True):
        verdicts[position] = verdict
    for position, verdict in crashed.items():
        verdicts[position] = verdict
    rule = outcome["rule"]
    return Scored(
        verdicts=verdicts,
        underscore_to_dot=rule["underscore_to_dot"],
        underscore_reason=rule["underscore_reason"],
        names=rule["names"],
    )


def judge(
    answers: Sequence[BfclAnswer],
    form: str,
    *,
    decoding: Path,
    thinking: bool = False,
    categories: Sequence[str] | None = None,
    ids: Mapping[str, list[str]] | None = None,
    env: Environment | None = None,
    timeout_s: float = 600.0,
) -> list[JsonObject]:
    """Verdicts on multi-turn items, whose answers are lists of turns, each a list of steps; in their order.

    Every verdict is made with tools of its own. Arguments and errors as in `score`.

    Returns:
        `id`, `category`, `valid`; where invalid `error_type`, `error`; and, of items that could be read, `calls`,
        `refusal_turns` (turns in which nothing should be called) and `needless_turns` (of those, with a call).
    """
    env = env or environment()
    env.need_multi_turn()
    header: JsonObject = {
        "form": form,
        "decoding": str(decoding),
        "thinking": thinking,
        "categories": _categories(answers, categories, env.multi_turn),
        "ids": dict(ids or {}),
        "item_limit_s": CONVERSATION_LIMIT_S,
        "check_ids": True,
    }
    verdicts: list[JsonObject] = []
    crashes = 0
    while True:
        rest = list(answers[len(verdicts) :])
        outcome = _attempt(env, "judge", header, rest, timeout_s)
        verdicts += outcome["verdicts"]
        if "culprit" not in outcome:
            return verdicts
        culprit = _spared(outcome, crashes)
        crashes += 1
        verdicts.append(_crash(rest[culprit], outcome["reason"]))
        header["check_ids"] = False


def proceed(
    entries: Sequence[JsonObject], *, decoding: Path, env: Environment | None = None, timeout_s: float = 600.0
) -> list[list[str]]:
    """What the tools of each item answer to its last step.

    Args:
        entries: `{id, category, steps}`; `steps` are all calls so far, step by step, each a text such as `ls(a=True)`.
        decoding: as in `score`.
        env: as in `score`.
        timeout_s: as in `score`.
    """
    env = env or environment()
    env.need_multi_turn()
    header = {"decoding": str(decoding), "item_limit_s": CONVERSATION_LIMIT_S}
    with scratch_folder() as scratch:
        request, output = scratch / "request.jsonl", scratch / "output.jsonl"
        request.write_text("".join(json.dumps(line) + "\n" for line in [header, *entries]), encoding="utf-8")
        try:
            ask(env.python, ["continue", str(request), str(output)], scratch, timeout_s)
        except DiedError as error:
            done = complete_lines(output)
            if len(done) >= len(entries):
                raise BfclEnvironmentError(f"the tools died after the last item: {error}") from None
            failed = [f"Error during execution: {error}"] * len(entries[len(done)]["steps"][-1])
            results = [line["results"] for line in done]
            rest = entries[len(done) + 1 :]
            return [*results, failed, *(proceed(rest, decoding=decoding, env=env) if rest else [])]
        return [line["results"] for line in complete_lines(output)]


def _categories(
    answers: Sequence[BfclAnswer], categories: Sequence[str] | None, counts: Mapping[str, int]
) -> list[str]:
    names = list(categories) if categories is not None else list(dict.fromkeys(answer.category for answer in answers))
    unknown = [name for name in names if name not in counts]
    if unknown:
        raise ValueError(f"unknown categories {', '.join(unknown)}; there are {', '.join(counts)}")
    return names


def _attempt(
    env: Environment, command: str, header: JsonObject, answers: list[BfclAnswer], timeout_s: float
) -> JsonObject:
    """Verdicts (and the naming rule), or with the process dead `culprit`, `reason` and the verdicts before it."""
    with scratch_folder() as scratch:
        request, output = scratch / "request.jsonl", scratch / "output.jsonl"
        with request.open("w", encoding="utf-8") as file:
            file.write(json.dumps(header) + "\n")
            for answer in answers:
                file.write(json.dumps(_entry(answer)) + "\n")
        reason = None
        try:
            ask(env.python, [command, str(request), str(output)], scratch, timeout_s)
        except DiedError as error:
            reason = str(error)
        lines = complete_lines(output)
    if lines and "problems" in lines[0]:
        raise IncompleteAnswersError(lines[0]["problems"])
    if not lines:
        raise BfclEnvironmentError(f"the checker could not start: {reason}")
    decoded = sum(1 for line in lines if line == "d")
    heads = 2 if command == "score" else 1
    verdicts = lines[decoded + heads :]
    if reason is None:
        rule: JsonObject = next((line for line in lines[1:] if line != "d"), {}) if command == "score" else {}
        return {"rule": rule, "verdicts": verdicts}
    culprit = decoded if command == "score" and decoded < len(answers) else len(verdicts)
    if culprit >= len(answers):
        raise BfclEnvironmentError(f"the checker died after the last answer: {reason}")
    return {"culprit": culprit, "reason": reason, "verdicts": verdicts}


def _spared(outcome: JsonObject, crashes: int) -> int:
    if crashes >= _MAX_CRASHES:
        raise BfclEnvironmentError(f"the checker died on {crashes + 1} answers: {outcome['reason']}")
    culprit: int = outcome["culprit"]
    return culprit


def _crash(answer: BfclAnswer, reason: str) -> JsonObject:
    return {
        "id": answer.id,
        "category": answer.category,
        "valid": False,
        "error_type": "checker:crash",
        "error": reason,
        "decoded": None,
    }


def _entry(answer: BfclAnswer) -> JsonObject:
    try:
        json.dumps(answer.answer)
        value = answer.answer
    except RecursionError:
        value = None
    entry = {"id": answer.id, "category": answer.category, "answer": value}
    if answer.failure:
        entry |= {"failure": answer.failure, "detail": answer.detail}
    return entry
