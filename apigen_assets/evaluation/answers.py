"""Stored model outputs: finding them, reading them, and refusing those that no honest figure can come from."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from apigen_assets.evaluation.categories import NOT_SINGLE_TURN, official_id, official_name
from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.bfcl.environment import BfclAnswer
from resources.bfcl.runner.decoding import FORMS, count_calls, is_blank

RESULT_FILE = re.compile(
    r"(?:BFCL_v\d+|gorilla_openfunctions_v1_test)_(?P<category>\w+?)(?:_result)?\.jsonl?$", re.IGNORECASE
)
"""File names of the official layouts, V1 to V4."""

ANSWER_FIELDS = ("result", "answer", "output", "response", "text", "tool_calls")
"""Where an entry may keep its answer; the official name is `result`."""


class OutputsError(ValueError):
    """The outputs cannot be scored; the message lists what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Outputs:
    """The answers of one model, as found."""

    answers: list[BfclAnswer]
    files: list[Path]
    skipped: list[str] = field(default_factory=list)
    """Files that hold other categories, with the reason."""
    model_folder: str = ""
    """Name of the folder that the official layout names after the model; empty where there is none."""


@dataclass(frozen=True)
class Detected:
    """The form of the answers, and on what evidence."""

    form: str
    readable: dict[str, int]
    """How many answers hold a call if read in each form."""
    warning: str = ""


def read(path: Path) -> Outputs:
    """The answers in a file or folder, sub-folders included.

    Official result files are told by their names; where there are none, every `.jsonl` file is one of ours:
    a JSON object per line with `id` and `result`.

    Raises:
        OutputsError: nothing to score, several models, a line that is no JSON, an entry without id or answer, or
            inference errors stored as answers.
    """
    if not path.exists():
        raise OutputsError(f"{path} does not exist")
    files, skipped = _files(path)
    answers: list[BfclAnswer] = []
    wrong: list[str] = []
    for file, category in files:
        for place, entry in _entries(file):
            answer = _answer(entry, category, file, place, wrong)
            if answer is not None:
                answers.append(answer)
    if wrong:
        shown = "\n  ".join(wrong[:10]) + (f"\n  and {len(wrong) - 10} more" if len(wrong) > 10 else "")
        raise OutputsError(
            f"{len(wrong)} of {len(wrong) + len(answers)} entries are no answers of a model:\n  {shown}\n"
            "Generate those again; scored as they are, an error would count as a correct refusal."
        )
    if not answers:
        what = "; ".join(skipped) or "the files are empty"
        raise OutputsError(f"{path} holds no answers to single-turn questions ({what})")
    folders = {_model_folder(file) for file, category in files if category}
    return Outputs(
        answers=answers,
        files=[file for file, _ in files],
        skipped=skipped,
        model_folder=folders.pop() if len(folders) == 1 else "",
    )


def detect_form(answers: Sequence[BfclAnswer]) -> Detected:
    """The form in which most answers hold a call.

    Raises:
        OutputsError: answers say something, but none holds a call in any form: prose, or an unknown form.
    """
    given = [one.answer for one in answers if not one.failure]
    readable = {form: sum(1 for one in given if count_calls(form, one)) for form in FORMS}
    readable["openai"] = sum(1 for one in unquoted(given) if count_calls("openai", one))
    # A bare list is read alike as `xlam` and as `json`; it is named for what it is.
    preferred = ("json", *(form for form in FORMS if form != "json"))
    best = max(preferred, key=lambda form: (readable[form], -preferred.index(form)))
    if readable[best]:
        return Detected(best, readable)
    spoken = [one for one in answers if not one.failure and not is_blank(one.answer)]
    if spoken:
        raise no_calls(spoken, len(answers), "any known form")
    wrapped = any(isinstance(one, str) and "tool_calls" in one for one in given)
    return Detected(
        "xlam" if wrapped else "json",
        readable,
        "no answer holds a call: every answer is empty, so (ir)relevance figures say nothing about the model",
    )


def check_form(answers: Sequence[BfclAnswer], form: str) -> Detected:
    """The form as told, if any answer is in it or all are empty.

    Raises:
        OutputsError: answers say something, but none holds a call in this form; names the form that fits.
    """
    given = [one.answer for one in answers if not one.failure]
    if form == "openai":
        given = unquoted(given)
    readable = {form: sum(1 for one in given if count_calls(form, one))}
    if readable[form] or all(is_blank(one) for one in given):
        warning = "" if readable[form] else "no answer holds a call: every answer is empty"
        return Detected(form, readable, warning)
    spoken = [one for one in answers if not one.failure and not is_blank(one.answer)]
    raise no_calls(spoken, len(answers), f"the form {form!r}")


def no_calls(spoken: Sequence[BfclAnswer], total: int, form: str) -> OutputsError:
    """The error for outputs without a single call."""
    samples = "\n  ".join(f"{one.id}: {_short(one.answer)}" for one in spoken[:3])
    return OutputsError(
        f"none of {total} answers holds a function call in {form}; for example\n  {samples}\n"
        f"Known forms: {', '.join(FORMS)}. A model that never calls would get full marks for irrelevance, so such "
        "outputs are not scored."
    )


def unquoted(given: Iterable[JsonValue]) -> list[JsonValue]:
    """Tool calls stored as JSON text, parsed; only where no answer is stored as a structure.

    In the official layout text beside structures is what the model said instead of calling.
    """
    given = list(given)
    if any(isinstance(one, list | dict) for one in given):
        return given
    return [_parsed(one) for one in given]


def for_form(answers: Sequence[BfclAnswer], form: str) -> list[BfclAnswer]:
    """The answers as the decoder of the form takes them."""
    if form != "openai":
        return list(answers)
    values = unquoted(one.answer for one in answers)
    return [
        BfclAnswer(one.id, one.category, value, one.failure, one.detail)
        for one, value in zip(answers, values, strict=True)
    ]


_ERROR_TEXTS = re.compile(
    r"(?i:error during inference\b|traceback \(most recent call last\)|<!doctype html|<html\b|error code: ?\d{3}\b|"
    r"(?:http(?:/[\d.]+)? ?|status(?: code)?:? ?|error:? ?)?(?:4\d\d|5\d\d)\b[\s:,-]*"
    r"(?:client error|server error|bad request|unauthori[sz]ed|payment|forbidden|not found|method not|proxy|"
    r"request time|conflict|gone|payload|unprocessable|too many|internal|bad gateway|service|gateway)|"
    r"(?:unauthori[sz]ed|forbidden|bad gateway|service unavailable|gateway time-?out|internal server error|"
    r"too many requests|request timed out|rate limit (?:reached|exceeded))\b.{0,80}$|"
    r"(?:incorrect|invalid|missing|no) api[ _-]?key\b|"
    r"(?:connection|network|proxy) (?:error|refused|reset|aborted|timed out|timeout)\b|"
    r"\[?errno -?\d+\]?|"
    r"(?:error|exception|failed)(?:: | to ).{0,80}(?:connection (?:error|refused|reset|aborted|timed out)|timed out|"
    r"unauthori[sz]ed|rate limit exceeded|max retries exceeded))"
    # The name of an exception class; a function of that spelling would have no capital.
    r"|(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Timeout)\s*[:(]"
)
"""How texts begin that clients and servers give in place of an answer."""


def inference_error(entry: JsonObject, answer: object) -> str | None:
    """What went wrong where an entry holds a failure of the endpoint in place of an answer, else null."""
    if entry.get("traceback"):
        return f"traceback: {_short(str(entry['traceback']).strip().splitlines()[-1])}"
    if entry.get("error"):
        return f"error: {_short(entry['error'])}"
    if isinstance(answer, str):
        if _ERROR_TEXTS.match(answer.strip()[:400]):
            return _short(answer)
        answer = _parsed(answer)
    if isinstance(answer, dict) and "tool_calls" not in answer and "name" not in answer:
        status = next((answer[one] for one in ("status", "status_code", "code") if one in answer), None)
        told = answer.get("error", answer.get("detail"))
        failed = (isinstance(status, int) and status >= 400) or answer.get("object") == "error"
        if failed or isinstance(told, dict) or (isinstance(told, str) and _ERROR_TEXTS.match(told)):
            return _short(answer)
    return None


def _files(path: Path) -> tuple[list[tuple[Path, str | None]], list[str]]:
    if path.is_file():
        found = RESULT_FILE.search(path.name)
        if not found:
            return [(path, None)], []
        category = official_name(found["category"])
        if category:
            return [(path, category)], []
        return [], [f"{path.name}: {found['category']} is no single-turn category"]
    files: list[tuple[Path, str | None]] = []
    skipped = []
    for file in sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith(".")):
        found = RESULT_FILE.search(file.name)
        if not found or file.stem.endswith("_score"):
            continue
        category = official_name(found["category"])
        if category:
            files.append((file, category))
        elif NOT_SINGLE_TURN.match(found["category"]):
            skipped.append(f"{file.relative_to(path)}: not scored, {found['category']} is no single-turn category")
        else:
            skipped.append(f"{file.relative_to(path)}: not scored, {found['category']} is no category of the board")
    if files:
        _refuse_doubles(path, files)
        return files, skipped
    ours = sorted(one for one in path.rglob("*.jsonl") if one.is_file() and not RESULT_FILE.search(one.name))
    if not ours and not skipped:
        raise OutputsError(
            f"{path} holds no result files: neither BFCL_v4_<category>_result.json (or a name of V1 to V3) nor .jsonl"
        )
    return [(file, None) for file in ours], skipped


def _refuse_doubles(path: Path, files: list[tuple[Path, str | None]]) -> None:
    counts = Counter(category for _, category in files)
    double = next((category for category, count in counts.items() if count > 1), None)
    if double is None:
        return
    holders = [file for file, category in files if category == double]
    folders = sorted({str(file.parent.relative_to(path)) for file in holders})
    raise OutputsError(
        f"{len(holders)} files hold {double}: {', '.join(str(file.relative_to(path)) for file in holders)}. "
        f"One score is for one model: name one folder of {', '.join(folders)}."
    )


def _entries(file: Path) -> Iterable[tuple[str, JsonObject]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OutputsError(f"cannot read {file}: {error}") from None
    if text.lstrip().startswith("["):
        try:
            whole = json.loads(text)
        except ValueError as error:
            raise OutputsError(f"{file} is a JSON list that does not end well ({error}); is it half-written?") from None
        lines = [(f"{file.name}, entry {number}", one) for number, one in enumerate(whole, 1)]
    else:
        lines = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            try:
                lines.append((f"{file.name}, line {number}", json.loads(line)))
            except (ValueError, RecursionError) as error:
                last = number == len(text.splitlines())
                hint = "; the file seems to be half-written" if last and not text.endswith("\n") else ""
                raise OutputsError(f"{file}, line {number} is no JSON ({error}){hint}") from None
    for place, one in lines:
        if not isinstance(one, dict):
            raise OutputsError(f"{place}: an entry is a JSON object with id and result, not {_short(one)}")
        yield place, one


def _answer(entry: JsonObject, category: str | None, file: Path, place: str, wrong: list[str]) -> BfclAnswer | None:
    given = entry.get("id", entry.get("idx"))
    if given is None or isinstance(given, float | bool | dict | list):
        raise OutputsError(f"{place}: no id; the fields are {', '.join(entry) or 'none'}")
    named = category or official_name(str(entry.get("category", ""))) or None
    found = official_id(given, named)
    if found is None:
        where = f" of {named}" if named else ""
        raise OutputsError(f"{place}: {given!r} is no id of a single-turn question{where}")
    if category and found[0] != category:
        raise OutputsError(f"{place}: {given!r} is a question of {found[0]}, but the file is named for {category}")
    name, entry_id = found
    if entry.get("failure"):
        return BfclAnswer(entry_id, name, None, str(entry["failure"]), str(entry.get("detail") or "") or None)
    key = next((one for one in ANSWER_FIELDS if one in entry), None)
    if key is None and not (entry.get("error") or entry.get("traceback")):
        raise OutputsError(f"{place} ({given}): no answer; expected one of {', '.join(ANSWER_FIELDS)}")
    answer = entry.get(key) if key else None
    told = inference_error(entry, answer)
    if told is not None:
        wrong.append(f"{entry_id}: {told}")
        return None
    return BfclAnswer(entry_id, name, answer)


def _model_folder(file: Path) -> str:
    folder = file.parent
    while folder.name in {"non_live", "live"}:
        folder = folder.parent
    return folder.name


def _parsed(value: object) -> JsonValue:
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _short(value: object, length: int = 120) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
