"""Recorded calls of ToolBench as replays: its function names, its cut texts, its way of writing JSON as Python.

A record is `{function, input, error, response, code}`: `function` is `<api>_for_<tool>` cut to its last 64 characters,
`input` is JSON text, `response` is JSON or the text of a Python value, cut after some length and then often escaped.
"""

import ast
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from apigen_assets.catalog.importers.toolbench.tools import change_name, standardize
from apigen_assets.domain.api import Api, RestBinding
from apigen_assets.domain.outcome import CallResult, Outcome
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.rest.recordings import Recordings, call_key
from resources.rest.response import Reading, read

_CUT_FROM = 900
"""A text of at least so many characters that ends in dots was cut."""
_LONGEST = 200_000
_NAME = 64
_NETWORK = re.compile(r"Max retries exceeded|ConnectionError|Connection (aborted|refused|reset)", re.IGNORECASE)


class Recorded(NamedTuple):
    """One line of a file of recorded calls."""

    function: str
    arguments: JsonObject | None
    """Null where the input is not a JSON object."""
    error: str
    response: str
    code: int


def recorded_calls(path: Path) -> Iterator[Recorded | None]:
    """The calls of a JSON Lines file, plain or gzipped; null for a line that is none.

    Raises:
        OSError: the file cannot be read.
    """
    opener = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.strip():
                yield _recorded(line)


def outcome_of(call: Recorded) -> Reading | None:
    """The outcome class of a recorded call; null where no call reached the API (no such function, bad input)."""
    if call.code == 1:
        return None
    if call.error and not call.response:
        status = re.search(r"status_code=(\d{3})", call.error)
        if status:
            return Reading(Outcome.HTTP_5XX if status[1] >= "500" else Outcome.HTTP_4XX, f"HTTP {status[1]}")
        return Reading(Outcome.TRANSPORT, "no connection") if _NETWORK.search(call.error) else None
    return read_text(call.response)


def read_text(response: str) -> Reading:
    """The outcome class of a response whose status and media type were not kept."""
    text, cut = response, False
    if len(text) >= _CUT_FROM and text.endswith("..."):
        text, cut = _unescaped(text.removesuffix("...")), True
    if "\0" in text[:200] or "\\x00" in text[:200] or text[:200].count("\ufffd") > 10:
        return Reading(Outcome.OK, "", dumps({"media_type": "application/octet-stream"}))
    if text == "None":
        return Reading(Outcome.EMPTY, "the body is null")
    if text[:1] in "{[\"'":
        value = _value(text)
        if value is None and cut:
            value = _value(closed(text))
        if value is not None:
            return read(None, "application/json", dumps(value))
    if cut and text.startswith("<?xml") and "<html" not in text:
        return Reading(Outcome.OK, "an XML document, cut", dumps(text))
    return read(None, None, text)


def closed(text: str) -> str:
    """A cut JSON or Python text, ended after its last whole item and with its brackets closed."""
    stack: list[str] = []
    quote = ""
    last, open_then = 0, ""
    skip = False
    for at, sign in enumerate(text):
        if skip:
            skip = False
        elif quote:
            if sign == "\\":
                skip = True
            elif sign == quote:
                quote = ""
        elif sign in "'\"":
            quote = sign
        elif sign in "{[(":
            stack.append({"{": "}", "[": "]", "(": ")"}[sign])
            last, open_then = at + 1, "".join(reversed(stack))
        elif sign in "}])" and stack:
            stack.pop()
            last, open_then = at + 1, "".join(reversed(stack))
        elif sign == ",":
            last, open_then = at, "".join(reversed(stack))
    return text[:last] + open_then


class Imported(NamedTuple):
    """What an import did: calls kept, by outcome, and calls left out, by reason."""

    kept: dict[str, int]
    left_out: dict[str, int]


def import_calls(
    calls: Iterable[Recorded | None], apis: Iterable[Api], recordings: Recordings, origin: str = "toolbench"
) -> Imported:
    """Keep recorded calls of the given APIs as recordings, to be replayed.

    A call that is recorded already is left alone, so that importing twice changes nothing and no live recording is
    hidden by an older one.
    """
    known = functions(apis)
    kept: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for call in calls:
        reason, api, reading = "", None, None
        if call is None:
            reason = "unreadable line"
        elif call.arguments is None:
            reason = "input is not a JSON object"
        else:
            reading = outcome_of(call)
            found = known.get(call.function, [])
            if reading is None:
                reason = "no call was made"
            elif len(found) != 1:
                reason = "several APIs of that name" if found else "no such API in the catalog"
            elif set(call.arguments) - set(found[0].parameters.get("properties", {})):
                reason = "an argument that the API does not have"
            else:
                api = found[0]
        if api is None or call is None or reading is None or call.arguments is None:
            left_out[reason] += 1
            continue
        binding = api.binding
        assert isinstance(binding, RestBinding)
        key = call_key(binding.method, binding.url, call.arguments)
        if key in recordings:
            left_out["recorded already"] += 1
            continue
        cut = len(call.response) >= _CUT_FROM
        result = CallResult(outcome=reading.outcome, result=reading.result, truncated=cut, detail=reading.detail)
        request = {"method": binding.method, "template": binding.url, "arguments": call.arguments}
        # Time zero: any call that is made later is newer.
        recordings.add(key, request, result, origin=origin, at=0.0)
        kept[reading.outcome.value] += 1
    return Imported(dict(kept), dict(left_out))


def functions(apis: Iterable[Api]) -> dict[str, list[Api]]:
    """REST APIs of ToolBench sources by ToolBench's function name."""
    out: dict[str, list[Api]] = {}
    for api in apis:
        parts = api.source.original_name.split("/", 2)
        if api.source.format == "toolbench" and isinstance(api.binding, RestBinding) and len(parts) >= 2:
            tool, own = (parts[1], parts[2]) if len(parts) == 3 else (parts[0], parts[1])
            name = f"{change_name(standardize(own))}_for_{standardize(tool)}"[-_NAME:]
            out.setdefault(name, []).append(api)
    return out


def _recorded(line: str) -> Recorded | None:
    try:
        record = json.loads(line)
        arguments = record.get("input")
        if isinstance(arguments, str):
            arguments = _json_object(arguments)
        return Recorded(
            function=str(record["function"]),
            arguments=arguments if isinstance(arguments, dict) else None,
            error=str(record.get("error") or ""),
            response=str(record.get("response") or ""),
            code=int(record.get("code") or 0),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _json_object(text: str) -> JsonValue:
    try:
        return json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        return None


def _unescaped(text: str) -> str:
    r"""Undo the escaping that cut texts went through: `{\"a\"...` is `{"a"...`."""
    if not re.search(r"\\[\"nru]", text):
        return text
    whole = re.sub(r"\\(u[0-9a-fA-F]{0,3})?$", "", text)
    whole = re.sub(r'(?<!\\)"', '\\"', whole)
    try:
        unescaped = json.loads(f'"{whole}"', strict=False)
    except ValueError:
        return text
    return str(unescaped)


def _value(text: str) -> JsonValue:
    """A JSON or Python literal value, or null where the text is neither."""
    if len(text) > _LONGEST:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        value = ast.literal_eval(text)
        dumps(value)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
    return value
