"""Ranges, listed values and examples that a schema or its description states."""

import re

from resources.local.standin.schema_kinds import Schema, kind_of

NUMBER = r"-?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?"


_BETWEEN = re.compile(
    rf"(?:between|from|range|in)\s*[\[(]?({NUMBER})\s*%?\s*(?:and|to|,|\.\.+|-|–)\s*({NUMBER})",
    re.IGNORECASE,
)


_IN_BRACKETS = re.compile(rf"[\[(]\s*({NUMBER})\s*(?:-|–|to|\.\.+|,)\s*({NUMBER})\s*[\])]")


_STATED = re.compile(rf"(?:^|[,;:])\s*({NUMBER})\s*(?:to|–)\s*({NUMBER})(?=\s*[.,;)]|\s*$|\s+[a-z])")
"""`Tip in percent, 0 to 100.`"""


_AT_LEAST = re.compile(rf"(?:at least|minimum(?: of)?|not less than|>=|≥|min\.?|no less than)\s*({NUMBER})", re.I)


_OR_MORE = re.compile(rf"({NUMBER}) or (?:more|above|greater|higher)\b", re.I)


_AT_MOST = re.compile(rf"(?:at most|maximum(?: of)?|up to|not more than|no more than|<=|≤|max\.?)\s*({NUMBER})", re.I)


_ABOVE = re.compile(rf"(?:greater than|more than|larger than|above|over|>)\s*({NUMBER}|zero)", re.I)


_BELOW = re.compile(rf"(?:less than|smaller than|below|under|<)\s*({NUMBER}|zero)", re.I)


EXAMPLES_STATED = re.compile(
    r"(?:e\.g\.|such as|for example|for instance|like|example:|i\.e\.)[,:]?\s*((?:[^.;()]|\.(?=[\w/])){1,120})", re.I
)


QUOTED = re.compile(r"[`'\"“]([^`'\"”\n]{1,60})[`'\"”]")


_ONE_OF = re.compile(
    r"(?:one of|either|allowed values?(?: are)?|possible values?(?: are)?|options?(?: are)?):?\s*([^.;]{3,200})",
    re.I,
)


def bounds(schema: Schema) -> tuple[float | None, float | None]:
    """Lowest and highest number a schema or its description allows, null where it is silent."""
    low, high = (
        _limit(schema, "minimum", "exclusiveMinimum", 1),
        _limit(schema, "maximum", "exclusiveMaximum", -1),
    )
    text = str(schema.get("description", ""))
    for pattern in (_BETWEEN, _IN_BRACKETS, _STATED):
        match = pattern.search(text)
        if match:
            first, last = _float(match[1]), _float(match[2])
            if first < last:
                low = first if low is None else max(low, first)
                high = last if high is None else min(high, last)
            break
    whole = kind_of(schema) == "integer"
    step = 1.0 if whole else 0.01
    if low is None:
        if match := _AT_LEAST.search(text) or _OR_MORE.search(text):
            low = _float(match[1])
        elif match := _ABOVE.search(text):
            low = (0.0 if match[1] == "zero" else _float(match[1])) + step
        elif re.search(r"non-?negative|not negative", text, re.I):
            low = 0.0
        elif re.search(r"\bpositive\b|must not be zero|non-?zero", text, re.I):
            low = 1.0 if whole else 0.1
    if high is None:
        if match := _AT_MOST.search(text):
            high = _float(match[1])
        elif match := _BELOW.search(text):
            high = (0.0 if match[1] == "zero" else _float(match[1])) - step
    if low is not None and high is not None and low > high:
        return low, None
    if high is None and re.search(r"\bpercent\b(?! change)", text, re.I) and (low is None or low >= 0):
        # Most percentages are shares of a whole.
        high = 100.0
    return low, high


def listed_numbers(description: str, kind: str) -> list[int]:
    """`4, 8 or 16`, where a description gives a few whole numbers to choose from."""
    match = re.search(r"\b(\d+(?:, \d+)*),? or (\d+)\b(?![.\d])", description) if kind == "integer" else None
    return [int(number) for number in [*match[1].split(", "), match[2]]] if match else []


def listed_values(description: str) -> list[str]:
    """Values a description gives: quoted examples, or the members after `one of`."""
    for pattern in (_ONE_OF, EXAMPLES_STATED):
        match = pattern.search(description)
        if match:
            quoted = QUOTED.findall(match[1])
            if quoted:
                return quoted
            parts = [part.strip() for part in re.split(r",|\bor\b|\band\b", match[1])]
            parts = [part for part in parts if re.fullmatch(r"[\w#.+:@/-]{1,30}", part)]
            if parts and (pattern is EXAMPLES_STATED or len(parts) > 1):
                return parts
    return []


def _limit(schema: Schema, inclusive: str, exclusive: str, sign: int) -> float | None:
    limit = schema.get(inclusive)
    number = float(limit) if isinstance(limit, int | float) and not isinstance(limit, bool) else None
    strict = schema.get(exclusive)
    if isinstance(strict, int | float) and not isinstance(strict, bool):
        step = 1.0 if kind_of(schema) == "integer" else 0.01
        return float(strict) + sign * step
    return number


def _float(text: str) -> float:
    return float(text.replace(",", ""))
