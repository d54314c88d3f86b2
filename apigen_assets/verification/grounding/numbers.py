"""Numbers in text: digits in all their spellings, number words, percent, durations and what follows from units."""

import re
from itertools import pairwise
from typing import NamedTuple

from apigen_assets.verification.grounding.english import Word, words_in


class Number(NamedTuple):
    """A number that a text mentions."""

    start: int
    end: int
    values: tuple[float, ...]
    """What it says, in every reading (`15%` is 15 and 0.15)."""
    derived: tuple[float, ...] = ()
    """What follows from it by its unit (two hours are 120 minutes)."""
    weak: bool = False
    """Not necessarily an argument: `one`, `twice`, part of a code."""
    run: int = -1
    """Numbers of one enumeration share a run."""
    unit: str = ""
    """The word or sign that follows or precedes it, such as `%`, `$` or `years`."""


_DIGITS = re.compile(
    r"""(?P<sign>(?<![\w.)\]])[-+]\s?(?=[.\d$€£]))?
        (?P<currency>[$€£¥₹]\s?)?
        (?P<body>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:[ ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)
        (?P<exponent>e[-+]?\d+|\s?(?:x|\*|×)\s?10\s?\^\s?-?\d+)?
        (?P<tail>\s?%|\s?(?:k|m|bn|b|mn|mio|million|billion|trillion|thousand|hundred|dozen|grand|crore|lakh)\b)?
    """,
    re.VERBOSE,
)
_SCALES = {
    "k": 1e3, "thousand": 1e3, "grand": 1e3, "hundred": 1e2, "dozen": 12, "m": 1e6, "mn": 1e6, "mio": 1e6,
    "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "trillion": 1e12, "lakh": 1e5, "crore": 1e7,
}  # fmt: skip
_AMBIGUOUS_SCALES = frozenset({"m", "b", "k"})

_FRACTION = re.compile(r"(?<![\w./])(?:(\d+)\s+)?(\d+)\s?/\s?(\d+)(?![\w./])")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?(?!\d)")

_UNITS_SMALL = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
} | {"fourty": 40}
_UNITS_SMALL |= {f"{word}s": value for word, value in list(_UNITS_SMALL.items()) if value > 1}
_WORD_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15,
    "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
    "hundredth": 100, "thousandth": 1000,
}  # fmt: skip
_FRACTIONS = {"half": 0.5, "halves": 0.5, "quarter": 0.25, "quarters": 0.25, "third": 1 / 3, "thirds": 1 / 3,
              "fifth": 0.2, "fifths": 0.2, "tenth": 0.1, "tenths": 0.1, "eighth": 0.125, "eighths": 0.125}  # fmt: skip

_IMPLIED: dict[str, tuple[float, ...]] = {
    "once": (1,), "twice": (2,), "thrice": (3,), "double": (2,), "doubled": (2,), "triple": (3,), "quadruple": (4,),
    "pair": (2,), "couple": (2,), "both": (2,), "single": (1,), "dozen": (12,), "score": (20,), "half": (0.5, 50, 2),
    "halves": (2, 0.5), "quarter": (0.25, 25, 4, 15), "quarters": (4, 0.25), "zero": (0,), "none": (0,), "no": (0,),
    "nil": (0,),
    "without": (0,), "daily": (1, 365, 24), "weekly": (52, 1, 7), "biweekly": (26, 2, 14), "fortnight": (14, 2),
    "monthly": (12, 1), "quarterly": (4, 3), "semiannually": (2, 6), "semiannual": (2, 6), "biannually": (2,),
    "annually": (1, 12), "annual": (1, 12), "yearly": (1, 12), "hourly": (1, 24, 60), "hour": (1, 60, 3600),
    "day": (1, 24, 365), "week": (1, 7), "month": (1, 30, 12), "year": (1, 12, 365, 52), "decade": (10,),
    "decades": (10,),
    "century": (100,), "minute": (1, 60), "minutes": (60,), "second": (2, 1), "square": (2,), "squared": (2,),
    "cubed": (3,),
    "cube": (3,), "binary": (2,), "octal": (8,), "decimal": (10, 1), "hexadecimal": (16,), "hex": (16,),
    "deck": (52,), "dice": (6,),
    "die": (6,), "coin": (2,), "unit": (1,), "origin": (0,), "sea": (0,), "freezing": (0, 32), "boiling": (100, 212),
    "percent": (100,), "midnight": (0, 24), "noon": (12,), "last": (-1,), "next": (1,), "today": (0,), "tomorrow": (1,),
    "yesterday": (-1, 1), "whole": (0, 1, 100), "integer": (0,), "cent": (2, 0.01), "cents": (2, 0.01),
    "penny": (2,), "cubic": (3,),
    "logarithm": (10,), "natural": (2.718281828459045,), "pi": (3.141592653589793, 3.14159, 3.1416, 3.14),
    "e": (2.718281828459045,),
    "rest": (0,), "standstill": (0,), "stationary": (0,), "leap": (4,), "earth": (9.81, 9.8, 9.80665),
    "gravity": (9.81, 9.8, 9.80665),
    "light": (299792458, 3e8), "ground": (0,), "empty": (0,), "nothing": (0,), "alone": (1,), "me": (1,), "ten": (10,),
}  # fmt: skip
"""Words that imply a number without being one; never needed as an argument."""

_FACTORS: dict[str, tuple[float, ...]] = {
    "%": (0.01,), "percent": (0.01,), "pct": (0.01,), "per": (0.01,), "percentage": (0.01,), "bps": (1e-4, 1e-2),
    "basis": (1e-4, 1e-2),
    "hour": (60, 3600, 1 / 24), "minute": (60, 1 / 60, 60000), "second": (1000, 1 / 60, 1 / 3600),
    "day": (24, 1440, 86400, 1 / 7, 1 / 365),
    "week": (7, 168, 604800), "month": (1 / 12, 30), "year": (12, 365, 52, 365.25), "decade": (10,), "century": (100,),
    "km": (1000, 1e5), "m": (100, 1000, 0.001), "cm": (0.01, 10), "mm": (0.001, 0.1), "um": (1e-6,), "nm": (1e-9,),
    "foot": (12,), "yard": (3,),
    "kg": (1000,), "g": (0.001, 1000), "mg": (0.001, 1e-6), "l": (1000,), "ml": (0.001,), "kw": (1000,),
    "mw": (1e6, 1e-3), "kj": (1000,),
    "kb": (1000, 1024), "mb": (1e6, 1024**2, 1000, 1024), "gb": (1e9, 1024**3, 1000, 1024),
    "tb": (1e12, 1024**4, 1000, 1024),
    "khz": (1000,), "mhz": (1e6, 1000), "ghz": (1e9, 1000), "kpa": (1000,), "cent": (0.01,), "dollar": (100,),
    "$": (100,), "€": (100,),
    "dozen": (12,), "thousand": (1000,), "million": (1e6,), "ma": (0.001,), "mv": (0.001,), "kv": (1000,),
    "kohm": (1000,),
    "pair": (2,), "deg": (0.017453292519943295,), "degree": (0.017453292519943295,), "ms": (0.001,),
}  # fmt: skip
_UNIT_STEMS = {
    "hours": "hour", "hr": "hour", "hrs": "hour", "h": "hour", "minutes": "minute", "min": "minute", "mins": "minute",
    "seconds": "second", "sec": "second", "secs": "second", "s": "second", "days": "day", "weeks": "week",
    "months": "month",
    "years": "year", "yrs": "year", "year": "year", "decades": "decade", "centuries": "century", "kilometers": "km",
    "kilometres": "km", "kilometer": "km", "kilometre": "km",
    "meters": "m", "metres": "m", "meter": "m", "metre": "m", "centimeters": "cm", "centimetres": "cm",
    "millimeters": "mm",
    "millimetres": "mm", "micrometers": "um", "nanometers": "nm", "nanometres": "nm", "feet": "foot", "ft": "foot",
    "yards": "yard",
    "kilograms": "kg", "kilogram": "kg", "kilos": "kg", "grams": "g", "gram": "g", "milligrams": "mg", "liters": "l",
    "litres": "l",
    "liter": "l", "litre": "l", "milliliters": "ml", "millilitres": "ml", "kilowatts": "kw", "kilowatt": "kw",
    "megawatts": "mw", "kilojoules": "kj", "kilobytes": "kb",
    "megabytes": "mb", "megabyte": "mb", "gigabytes": "gb", "gigabyte": "gb", "terabytes": "tb", "kilohertz": "khz",
    "megahertz": "mhz", "gigahertz": "ghz",
    "cents": "cent", "dollars": "dollar", "dozens": "dozen", "milliamps": "ma", "milliseconds": "ms",
    "millisecond": "ms", "pairs": "pair", "degrees": "deg", "lps": "l", "kilopascals": "kpa",
}  # fmt: skip
_DURATION = {"year": 31_536_000.0, "week": 604_800.0, "day": 86_400.0, "hour": 3600.0, "minute": 60.0, "second": 1.0}
_LENGTHS = {"foot": 12.0, "inch": 1.0, "m": 100.0, "cm": 1.0}

_NEGATIVE_CUES = re.compile(
    r"\b(?:minus|negative|below|loss(?:es)?|lost|lose|drop(?:s|ped)?|fell|falls?|fallen|decreas\w+|down|owes?|owed|"
    r"debt|withdr\w+|"
    r"west|south|bce?|ago|behind|deficit|shrank|shrinks?|declin\w+|reduc\w+|opposite|backwards?|away|"
    r"reced\w+|deeper|underground|overdrawn|cooler|colder|decelerat\w+|slow\w*|brak\w+)\b|#\s?°?\s?[sw]\b"
)


SPENDS = re.compile(r"\b(?:spend|spent|outlay|invest\w*|costs?|pay(?:ing|s|ment)?|paid|bought|buys?|purchase\w*)\b")
"""Words that make an amount negative in a list of cash flows."""


def _may_be_negative(folded: str, start: int, end: int) -> bool:
    """Whether the words of the same clause allow a number the other sign."""
    before = re.split(r"[.;?!]\s|\d", folded[max(0, start - 45) : start])[-1]
    after = re.split(r"[.,;?!]\s|\d", folded[end : end + 30])[0]
    return _NEGATIVE_CUES.search(f"{before} # {after}") is not None


_GAP = re.compile(r"[\s,;|&()\[\]{}\"'`:=]*(?:and|or|then|plus|by|x)?[\s,;|&()\[\]{}\"'`]*")


def numbers_in(folded: str) -> list[Number]:
    """Every number a folded text mentions, in order of place."""
    words = words_in(folded)
    found = _in_digits(folded, words) + _in_words(folded, words)
    found.sort(key=lambda one: (one.start, -one.end))
    kept: list[Number] = []
    for one in found:
        if kept and one.start < kept[-1].end and not one.weak and one.end <= kept[-1].end:
            continue
        kept.append(one)
    kept = _with_runs(folded, kept)
    implied = [
        Number(word.start, word.end, _IMPLIED[word.text], weak=True)
        for word in words
        if word.text in _IMPLIED and not any(one.start <= word.start < one.end for one in kept)
    ]
    return sorted(kept + _compounds(folded, kept) + implied, key=lambda one: one.start)


def _in_digits(folded: str, words: list[Word]) -> list[Number]:
    out: list[Number] = []
    taken: list[tuple[int, int]] = []
    for match in _FRACTION.finditer(folded):
        whole, top, bottom = match.groups()
        values = [float(top), float(bottom)]
        ratio = float(top) / float(bottom) if float(bottom) else 0.0
        first = ratio + float(whole or 0)
        more = [float(whole)] if whole else []
        out.append(Number(match.start(), match.end(), (first, ratio, *values, *more)))
        taken.append(match.span())
    for match in _CLOCK.finditer(folded):
        hour, minute = float(match[1]), float(match[2])
        second = float(match[3] or 0)
        whole_minutes = hour * 60 + minute
        values_ = (hour + minute / 60, whole_minutes, hour, minute, whole_minutes * 60 + second, hour * 100 + minute)
        pm = (whole_minutes + 720, hour + 12, hour + 12 + minute / 60)
        out.append(
            Number(match.start(), match.end(), (*values_, second, hour * 60 + minute + second / 60), pm, weak=True)
        )
        taken.append(match.span())
    for match in _DIGITS.finditer(folded):
        start, end = match.span()
        if any(a < end and start < b for a, b in taken):
            continue
        out.extend(_one_in_digits(folded, match))
    return out


def _one_in_digits(folded: str, match: "re.Match[str]") -> list[Number]:
    body, tail = match["body"], (match["tail"] or "").strip()
    start, end = match.span()
    before = folded[match.start("body") - 1] if match.start("body") else " "
    weak = (
        before.isalpha()
        or before in "_@#."
        or (before == "-" and not match["sign"] and folded[start - 2 : start - 1].isalpha())
    )
    weak = weak or re.search(r"\bper $", folded[max(0, start - 4) : start]) is not None
    value = float(re.sub(r"[, ]", "", body))
    if match["exponent"]:
        power = re.search(r"-?\d+$", match["exponent"])
        value = float(f"{value}e{power.group()}") if power and abs(int(power.group())) < 300 else value
    negative = _may_be_negative(folded, start, end)
    values = [value]
    scale = _SCALES.get(tail)
    if scale is not None:
        # `5 m` is five metres as often as five million
        values = [value * scale, value] if tail in _AMBIGUOUS_SCALES else [value * scale]
    unit = tail if tail == "%" else (match["currency"] or "").strip() or tail
    rest = re.match(r"[\s-]?(?:of\s)?([a-z°]+)", folded[end:])
    if not unit or unit in _SCALES:
        unit = rest.group(1) if rest else unit
    stemmed = _UNIT_STEMS.get(unit, unit)
    derived = [one * factor for one in values for factor in _FACTORS.get(stemmed, ())]
    if (
        unit == "%"
        or stemmed in {"percent", "pct"}
        or (stemmed == "per" and folded[end:].lstrip().startswith("per cent"))
    ):
        values += [value / 100]
        derived = [1 + value / 100, 1 - value / 100]
    if match["currency"]:
        derived += [one * 100 for one in values]
    if rest and rest.start(1) == 0 and rest.group(1) in {"pm", "am"}:
        values.append(value + 12 if rest.group(1) == "pm" and value < 12 else value)
    if match["sign"] and match["sign"].strip() == "-":
        values = [-one for one in values]
        derived = [-one for one in derived] + ([-one for one in values] if negative else [])
    elif negative or re.search(r"(?:minus|negative)\s?[$€£]?\s?$", folded[max(0, start - 12) : start]):
        derived += [-one for one in values]
        if re.search(r"(?:minus|negative)\s?[$€£]?\s?$", folded[max(0, start - 12) : start]):
            values = [*(-one for one in values), *values]
    if re.match(r"\s?°?\s?c\b", folded[end:]) or stemmed in {"celsius", "degree", "deg"}:
        derived.append(value + 273.15)
    pieces = [float(piece) for piece in re.split(r"[, ]", body)] if re.search(r"[, ]", body) else []
    trailing = folded[end : end + 1]
    if trailing == "_" or (trailing in ".:/-" and re.match(r"[.:/\\-]\d", folded[end : end + 2])):
        weak = True
    elif trailing.isalpha() and not tail:
        letters = re.match(r"[a-z]+", folded[end:])
        weak = weak or (
            letters is not None and (len(letters.group()) > 4 or folded[end + len(letters.group()) :][:1].isdigit())
        )
    if pieces:
        # `100,200,300` is a list as well as a number; a list inside brackets without spaces usually is one
        return [Number(start, end, (*values, *pieces), tuple(derived), weak, unit=unit)]
    return [Number(start, end, tuple(values), tuple(derived), weak, unit=unit)]


def _in_words(folded: str, words: list[Word]) -> list[Number]:
    out: list[Number] = []
    i = 0
    while i < len(words):
        length, value, weak = _number_words(folded, words, i)
        if not length:
            i += 1
            continue
        start, end = words[i].start, words[i + length - 1].end
        follower = words[i + length].text if i + length < len(words) else ""
        unit = _UNIT_STEMS.get(follower, follower)
        derived = [value * factor for factor in _FACTORS.get(unit, ())]
        values = [value]
        if unit in {"percent", "pct", "per"} and value >= 1:
            values.append(value / 100)
        if i and words[i - 1].text in {"minus", "negative"}:
            values = [-one for one in values] + values
        elif _may_be_negative(folded, start, end):
            derived += [-one for one in values]
        out.append(Number(start, end, tuple(values), tuple(derived), weak, unit=follower))
        i += length
    return out


def _number_words(folded: str, words: list[Word], at: int) -> tuple[int, float, bool]:
    """Length in words, value and weakness of the number that begins at a word; length 0 where none does."""
    total, current, used, any_word = 0.0, 0.0, 0, False
    i = at
    while i < len(words):
        text = words[i].text
        if any_word and re.search(r"[^\s-]", folded[words[i - 1].end : words[i].start]):
            break
        if text in _UNITS_SMALL:
            if (
                any_word
                and current % 100
                and not (current % 10 == 0 and current % 100 >= 20 and _UNITS_SMALL[text] < 10)
            ):
                break
            current += _UNITS_SMALL[text]
        elif text in _TENS:
            if any_word and current % 100:
                break
            current += _TENS[text]
        elif text in _WORD_SCALES and any_word:
            scale = _WORD_SCALES[text]
            if scale == 100 or scale == 12:
                current = (current or 1) * scale
            else:
                total, current = total + (current or 1) * scale, 0.0
        elif text in {"a", "an"} and not any_word and i + 1 < len(words) and words[i + 1].text in _WORD_SCALES:
            current, any_word = 1.0, True
            i += 1
            continue
        elif text in _ORDINALS and any_word and current % 10 == 0 and _ORDINALS[text] < 10 and current:
            return i - at + 1, total + current + _ORDINALS[text], False
        elif text == "and" and any_word and i + 1 < len(words):
            follower = words[i + 1].text
            if follower in {"a", "one", "three"} and i + 2 < len(words) and words[i + 2].text in _FRACTIONS:
                times = 3 if follower == "three" else 1
                return i - at + 3, total + current + times * _FRACTIONS[words[i + 2].text], False
            if (current >= 100 or total) and (follower in _UNITS_SMALL or follower in _TENS) and not current % 100:
                i += 1
                continue
            break
        elif text == "point" and any_word:
            digits = ""
            j = i + 1
            while j < len(words) and words[j].text in _UNITS_SMALL and _UNITS_SMALL[words[j].text] < 10:
                digits += str(_UNITS_SMALL[words[j].text])
                j += 1
            if digits:
                return j - at, total + current + float(f"0.{digits}"), False
            break
        elif text in _FRACTIONS and any_word and text != "quarter" and current and not total:
            return i - at + 1, current * _FRACTIONS[text], False
        else:
            break
        any_word, used = True, i - at + 1
        i += 1
    if not used:
        text = words[at].text
        if text in _ORDINALS:
            return 1, float(_ORDINALS[text]), True
        return 0, 0.0, False
    value = total + current
    return used, value, used == 1 and value <= 1


def _with_runs(folded: str, numbers: list[Number]) -> list[Number]:
    out: list[Number] = []
    run = -1
    for i, one in enumerate(numbers):
        if i == 0 or not _GAP.fullmatch(folded[numbers[i - 1].end : one.start]):
            run += 1
        out.append(one._replace(run=run))
    return out


def _compounds(folded: str, numbers: list[Number]) -> list[Number]:
    """Sums such as `2 hours 30 minutes` and `5 feet 7 inches`; weak, since their parts count already."""
    out: list[Number] = []
    for first, second in pairwise(numbers):
        one, two = _UNIT_STEMS.get(first.unit, first.unit), _UNIT_STEMS.get(second.unit, second.unit)
        two = {"inches": "inch", "in": "inch"}.get(two, two)
        for table in (_DURATION, _LENGTHS):
            if one in table and two in table and table[one] > table[two] and second.start - first.end < 16:
                base = first.values[0] * table[one] + second.values[0] * table[two]
                out.append(Number(first.start, second.end, tuple(base / size for size in table.values()), weak=True))
    return out
