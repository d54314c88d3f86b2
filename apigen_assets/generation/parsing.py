"""From the text of a completion to candidates. Nothing is dropped: what cannot be read is a candidate with a reason.

The rule, in order:

1. The text, without surrounding white space and thinking blocks, is a strict JSON list: its elements are the pairs.
   So is the only list in an object (`{"pairs": [...]}`), which endpoints in JSON mode must return.
2. Otherwise the list is isolated: the text from the first `[` that opens a list of objects. Code fences and prose
   around it are forgiven, and counted (`isolated`).
3. Elements are read one by one. One that is no strict JSON becomes an unparseable candidate and reading goes on at
   the next object that looks like a pair, so that it costs itself and not its neighbours.
4. Text without any such list is one unparseable candidate.

`parse_error` is `<code>: <detail>`, where the code is a reason of the format stage.
"""

import json
import re
from dataclasses import dataclass, field

from apigen_assets.domain.chat import Completion
from apigen_assets.files.canonical import StrictJsonError, dumps, loads_strict
from apigen_assets.files.json_types import JsonValue

_THINKING = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_LIST_START = re.compile(r"\[\s*(?=\{|\])")
_PAIR_START = re.compile(r'\{\s*"(?:query|thought|answers)"\s*:')
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_MAX_RAW = 20_000


@dataclass(frozen=True)
class Pair:
    """One element of a completion: readable (`answers` set) or not (`error` and `raw` set)."""

    query: str = ""
    answers: list[JsonValue] | None = None
    thought: str | None = None
    raw: str | None = None
    error: str | None = None


@dataclass
class Parsed:
    """What a completion held."""

    pairs: list[Pair] = field(default_factory=list)
    isolated: bool = False
    """The list stood among other text, such as code fences or prose."""


def parse_completion(completion: Completion) -> Parsed:
    """The pairs of a completion, at least one: a completion without any is one unparseable pair."""
    text = completion.text
    if completion.status == "error":
        return Parsed([Pair(error=f"no_answer: {text}"[:500], raw="")])
    if completion.status == "refused":
        return Parsed([Pair(error="no_answer: the model refused", raw=text[:_MAX_RAW])])
    parsed = _parse(text)
    if completion.status == "length":
        cut = [i for i, pair in enumerate(parsed.pairs) if pair.error is not None]
        if cut and cut[-1] == len(parsed.pairs) - 1:
            last = parsed.pairs[-1]
            parsed.pairs[-1] = Pair(raw=last.raw, error="truncated: cut at the token limit")
    return parsed


def _parse(text: str) -> Parsed:
    body = _THINKING.sub("", text).strip()
    if not body:
        return Parsed([Pair(error="no_answer: the completion is empty", raw=text[:_MAX_RAW])])
    try:
        value = loads_strict(body)
    except StrictJsonError as error:
        whole: StrictJsonError | None = error
    else:
        whole = None
        if isinstance(value, dict):
            lists = [inner for inner in value.values() if isinstance(inner, list)]
            if "query" not in value and len(lists) == 1:
                value = lists[0]
        if isinstance(value, list) and value:
            return Parsed([_pair(element) for element in value])
        if isinstance(value, dict):
            return Parsed([_pair(value)])
        return Parsed([Pair(error="not_json: no list of pairs", raw=body[:_MAX_RAW])])
    assert whole is not None
    start = _LIST_START.search(body)
    if start is None:
        return Parsed([Pair(error=f"{whole.kind}: {whole}"[:500], raw=body[:_MAX_RAW])])
    pairs = _elements(body, start.end())
    if not pairs:
        return Parsed([Pair(error=f"{whole.kind}: {whole}"[:500], raw=body[:_MAX_RAW])])
    around = body[: start.start()].strip() or not body.endswith("]")
    return Parsed(pairs, isolated=bool(around) and any(pair.error is None for pair in pairs))


def _elements(text: str, position: int) -> list[Pair]:
    """The elements of a list from just after its `[` on, as far as they go."""
    pairs: list[Pair] = []
    while True:
        position = _skip(text, position)
        if position >= len(text) or text[position] != "{":
            return pairs
        end = _end_of_object(text, position)
        following = _PAIR_START.search(text, position + 1)
        if end is not None:
            chunk = text[position:end]
            try:
                pairs.append(_pair(loads_strict(chunk)))
                position = end
                continue
            except StrictJsonError as error:
                problem = error
            # Braces that close within a broken element may have closed too late, over its neighbours.
            nearer = following is not None and following.start() < end
            stop = following.start() if following is not None and nearer else end
        else:
            problem = StrictJsonError("not_json", "the object does not end")
            stop = following.start() if following is not None else len(text)
        pairs.append(Pair(error=f"{problem.kind}: {problem}"[:500], raw=text[position:stop].rstrip(" \n,")[:_MAX_RAW]))
        position = stop


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n,":
        position += 1
    return position


def _end_of_object(text: str, start: int) -> int | None:
    """Just after the brace that closes the object at `start`, strings respected; null where it does not close."""
    depth = 0
    position = start
    while position < len(text):
        character = text[position]
        if character == '"':
            string = _STRING.match(text, position)
            if string is None:
                return None
            position = string.end()
            continue
        if character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
            if depth == 0:
                return position + 1
        position += 1
    return None


def _pair(element: JsonValue) -> Pair:
    problem = _problem(element)
    if problem is None:
        thought = element.get("thought")
        return Pair(
            query=element["query"],
            answers=element["answers"],
            thought=thought if isinstance(thought, str) and thought else None,
        )
    query = element.get("query") if isinstance(element, dict) else None
    readable = isinstance(query, str) and _problem({"query": query, "answers": []}) is None
    return Pair(
        query=query if readable and isinstance(query, str) else "",
        error=problem,
        raw=_text(element)[:_MAX_RAW],
    )


def _problem(element: object) -> str | None:
    if not isinstance(element, dict):
        return "missing_field: the element is no object with `query` and `answers`"
    for name in ("query", "answers"):
        if name not in element:
            return f"missing_field: no `{name}`"
    if not isinstance(element["query"], str):
        return "missing_field: `query` is no text"
    if not isinstance(element["answers"], list):
        return "malformed_call: `answers` is no list"
    try:
        dumps(element).encode()
    except UnicodeEncodeError:
        return "not_json: a lone surrogate is no character"
    except ValueError:
        return "non_finite_number: a number is too large for a double"
    except RecursionError:
        return "too_deep: nested too deeply to be written"
    return None


def _text(element: object) -> str:
    try:
        return json.dumps(element, ensure_ascii=True)
    except (ValueError, RecursionError):
        return repr(type(element).__name__)
