"""How long a server asks to be left alone: in a header, in a field of the body, or in words."""

import datetime
import math
import re
from collections.abc import Iterator, Mapping

from resources.rest.retry_after import retry_after

_WORDS = re.compile(
    r"(?:try again|retry|wait)[^.\d]{0,40}?"
    r"((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|hours?|h|minutes?|min|m|seconds?|secs?|s)(?=[\d\W]|\Z)\s*)+)",
    re.IGNORECASE,
)
_PIECE = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|milli|h|m|s)?", re.IGNORECASE)
_UNITS = {"ms": 0.001, "milli": 0.001, "h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0}
_KEYS = re.compile(r"(?:retry[_-]?(?:after|delay|in)(?P<ms>[_-]?ms)?|estimated_time)\Z", re.IGNORECASE)
_RESET = re.compile(
    r"(?:x-)?ratelimit-reset(?P<what>-[a-z-]+)?\Z|anthropic-ratelimit(?P<which>-[a-z-]+)-reset\Z", re.IGNORECASE
)


def wait_of_headers(headers: Mapping[str, str], now: float, throttled: bool) -> float | None:
    """Seconds that headers ask to wait, or null.

    Args:
        headers: of an answer, names in any case.
        now: seconds since the epoch.
        throttled: the answer was a refusal for now: when the limit is reset then says when to come back.
    """
    wait = retry_after(headers, now)
    return _reset(headers, now) if wait is None and throttled else wait


def wait_of_body(body: object, text: str, now: float) -> float | None:
    """Seconds to wait, as a body asks: a field of that name anywhere, or words.

    Args:
        body: its JSON value, or its text where it has none.
        text: the whole text.
        now: seconds since the epoch.
    """
    resets: dict[str, str] = {}
    for key, value in items(body):
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            continue
        match = _KEYS.fullmatch(key)
        if match is not None:
            seconds = _seconds(str(value))
            if seconds is not None:
                return seconds / 1000 if match["ms"] else seconds
        elif "ratelimit" in key.lower():
            resets[key] = str(value)
    words = _WORDS.search(text[:4000])
    return _seconds(words[1]) if words else _reset(resets, now)


def _reset(headers: Mapping[str, str], now: float) -> float | None:
    """When the limit that is used up is reset; where none says that it is, the first that is."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    used_up: list[float] = []
    others: list[float] = []
    for name, value in lower.items():
        match = _RESET.match(name)
        wait = _until(value, now) if match else None
        if wait is not None:
            left = lower.get(name.replace("-reset", "-remaining"))
            if left is None and match is not None and match["which"]:
                left = lower.get(f"anthropic-ratelimit{match['which']}-remaining")
            (used_up if left in ("0", "0.0") else others).append(wait)
    return max(used_up) if used_up else min(others, default=None)


def _until(value: str, now: float) -> float | None:
    """Seconds until a moment, however it is written: `6m0s`, `17`, seconds or milliseconds of the epoch, a date."""
    try:
        number = float(value)
    except ValueError:
        if re.match(r"\d{4}-\d\d-\d\dT", value):
            try:
                moment = datetime.datetime.fromisoformat(value)
            except ValueError:
                return None
            number = moment.replace(tzinfo=moment.tzinfo or datetime.UTC).timestamp()
        else:
            return _seconds(value)
    if not math.isfinite(number):
        return None
    if number >= 1e12:
        number /= 1000
    return max(0.0, number - now if number >= 1e9 else number)


def _seconds(text: str) -> float | None:
    """`34`, `2.5s`, `1m30s`, `20 seconds`, `500 ms` in seconds."""
    pieces = _PIECE.findall(text.strip())
    if not pieces or not text.strip()[0].isdigit():
        return None
    return sum(float(number) * _UNITS[unit.lower()] for number, unit in pieces)


def items(value: object, depth: int = 0) -> Iterator[tuple[str, object]]:
    """Every key of a JSON value and what stands under it, some levels down."""
    if depth > 8:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key), inner
            yield from items(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value[:50]:
            yield from items(inner, depth + 1)
