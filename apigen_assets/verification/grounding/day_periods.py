"""Times twelve hours off from the part of the day that a query names, in the languages of `LANGUAGES`.

The words (`abends`, `de la tarde`, `晚上`) and their hours are the CLDR's. English is read by `times`, hour by hour.
"""

import re
from collections.abc import Iterator
from functools import cache

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.english import fold
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.language import LANGUAGES
from apigen_assets.verification.grounding.phrases import any_phrase, is_of_signs
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.grounding.times import only_moments

Hours = tuple[float, float]
"""From and before, in hours after midnight; what passes midnight ends above 24."""

_SLACK_H = 2
"""People's evenings begin earlier or end later than the CLDR's."""
_HOUR_BEHIND = r"\s?(?=[\d一二三四五六七八九十两])"
"""Chinese and Japanese put the hour behind the part of the day; the sign alone is in other words too (`朝食`)."""


def find_other_part_of_day(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Times of day outside every part of the day that the query names, which twelve hours bring into one."""
    if query.english:
        return
    times = [(leaf, hours) for leaf in leaves if (hours := _hours_of(leaf))]
    named = (
        [(match[0], _hours_by_words()[match[0].strip()]) for match in _words().finditer(query.text)] if times else []
    )
    if not named:
        return
    for leaf, hours in times:
        if not any(_is_within(hour, part) for hour in hours for _, parts in named for part in parts):
            turned = {(hour + 12) % 24 for hour in hours}
            said = [words for words, parts in named if any(_is_within(hour, part) for hour in turned for part in parts)]
            if said:
                yield Finding(
                    Rule.OTHER_PART_OF_DAY, leaf.place, f"{leaf.value!r}, and the query says {said[0].strip()!r}"
                )


def _hours_of(leaf: Leaf) -> set[float]:
    if not isinstance(leaf.value, str) or len(leaf.value) > 40 or ":" not in leaf.value:
        return set()
    moments = only_moments(fold(leaf.value)) or ()
    return {hour + minute / 60 for moment in moments for hour, minute, _ in moment.times}


def _is_within(hour: float, part: Hours) -> bool:
    start, end = part[0] - _SLACK_H, part[1] + _SLACK_H
    return any(start <= hour + shift <= end for shift in (-24, 0, 24))


@cache
def _hours_by_words() -> dict[str, tuple[Hours, ...]]:
    from babel import Locale

    found: dict[str, set[Hours]] = {}
    for language in LANGUAGES:
        locale = Locale.parse(language)
        spans: dict[str, Hours] = {"am": (0.0, 12.0), "pm": (12.0, 24.0)}
        for name, rules in locale.day_period_rules[None].items():
            spans.update((name, _span(rule)) for rule in rules if "from" in rule)
        for words in locale.day_periods["format"].values():  # alone, `mañana` and `morgen` are tomorrow too
            for name, phrase in words.items():
                folded = fold(phrase)
                if name in spans and (len(folded) > 3 or is_of_signs(folded)) and language != "en":
                    found.setdefault(folded, set()).add(spans[name])
    return {phrase: tuple(sorted(hours)) for phrase, hours in found.items()}


def _span(rule: dict[str, int]) -> Hours:
    start, end = rule["from"] / 3600, rule["before"] / 3600
    return start, end if end > start else end + 24


@cache
def _words() -> re.Pattern[str]:
    return any_phrase(_hours_by_words(), _HOUR_BEHIND)
