"""A value as people say it: words, separators, units, dates."""

import contextlib
import datetime as dt
import json
import random
import re

from apigen_assets.files.json_types import JsonObject

_NUMBER_WORDS: list[str] = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty",
)


FORMS = ("numbers in words", "large numbers with separators", "dates as people say them, with the year")
"""Ways to put values that can be asked for; others are as open as none."""


def say(value: object, name: str, schema: JsonObject, rng: random.Random, form: str = "") -> str:
    """A value as people write it; mostly its JSON text, or in a form of `FORMS` where the value has one."""
    if form and (said := _in_form(value, schema, form)) is not None:
        return said
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _say_text(value, schema, rng)
    if isinstance(value, int | float):
        return _say_number(value, name, schema, rng)
    if isinstance(value, list) and value and all(isinstance(item, int | float | str) for item in value):
        if all(isinstance(item, str) for item in value):
            return (
                ", ".join(f"'{item}'" for item in value)
                if rng.random() < 0.5
                else json.dumps(value, ensure_ascii=False)
            )
        plain = ", ".join(number_text(item) for item in value)
        return f"[{plain}]" if rng.random() < 0.6 else plain
    return json.dumps(value, ensure_ascii=False)


def _in_form(value: object, schema: JsonObject, form: str) -> str | None:
    """The value in the form asked for; null where it has none."""
    words, separators, calendar = FORMS
    if isinstance(value, int) and not isinstance(value, bool):
        if form == words and 0 <= value <= 20:
            return _NUMBER_WORDS[value]
        if form == separators and abs(value) >= 10_000:
            return f"{value:,}"
    if form == calendar and isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        with contextlib.suppress(ValueError):
            day = dt.date.fromisoformat(value)
            return f"{day:%B} {day.day}, {day.year}"
    return None


def _say_text(value: str, schema: JsonObject, rng: random.Random) -> str:
    if schema.get("enum") or re.fullmatch(r"[A-Z][A-Za-z]*(?: [A-Z][a-z]+)*", value):
        return value
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        # A date that does not exist, written on purpose, has no other form.
        with contextlib.suppress(ValueError):
            day = dt.date.fromisoformat(value)
            if rng.random() < 0.06:
                return f"{day:%B} {day.day}, {day.year}"
        return value
    if re.fullmatch(r"-?\d+(?:\.\d+)?", value):
        return value
    if re.search(r"\s|^$|[^\w@.:/#+-]", value) or rng.random() < 0.6:
        return f'"{value}"' if "'" in value else f"'{value}'"
    return value


def _say_number(value: object, name: str, schema: JsonObject, rng: random.Random) -> str:
    chance = rng.random()
    if isinstance(value, int) and 0 <= value <= 20 and chance < 0.05:
        return _NUMBER_WORDS[value]
    if isinstance(value, int) and abs(value) >= 10_000 and chance < 0.1:
        return f"{value:,}"
    if (
        isinstance(value, float)
        and 0 < value < 1
        and chance < 0.12
        and re.search(r"rate|probab|share|fraction|confidence", name)
    ):
        percent = round(value * 100, 4)
        if abs(percent / 100 - value) < 1e-12:
            return f"{percent:g}%"
    return number_text(value)


def number_text(value: object) -> str:
    """A number as JSON writes it."""
    return json.dumps(value)
