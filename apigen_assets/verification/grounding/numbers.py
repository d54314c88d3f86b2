"""Numbers in text: digits in all their spellings, number words, percent, quantities, and what words imply."""

import re
from functools import lru_cache

from apigen_assets.verification.grounding.compound_numbers import compounds_in, parts_in, shares_in, units_in
from apigen_assets.verification.grounding.english import HAS_DIGIT, Word, words_in
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.number_words import FIRST_WORDS, number_at
from apigen_assets.verification.grounding.quantities import same_kind, unit_named

_DIGITS = re.compile(
    r"""(?=[-+.\d$€£¥₹])
        (?P<sign>(?<![\w.)\]])[-+]\s?(?=[.\d$€£]))?
        (?P<currency>[$€£¥₹]\s?)?
        (?P<body>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:[ ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)
        (?P<exponent>e[-+]?\d+|\s?(?:x|\*|×)\s?10\s?(?:\^\s?|\*\*\s?)-?\d+)?
        (?P<tail>\s?%|\s?(?:k|m|bn|b|mn|mio|million|billion|trillion|thousand|hundred|dozen|grand|crore|lakh)\b(?!/))?
    """,
    re.VERBOSE,
)
_FOREIGN = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:[. ]\d{3})+(?:,\d+)?|\d+,\d+)(?![\w.,]*\d)")
"""Digits as most of the world writes them: a comma before decimals, dots between thousands."""
_SCALES = {
    "k": 1e3, "thousand": 1e3, "grand": 1e3, "hundred": 1e2, "dozen": 12, "m": 1e6, "mn": 1e6, "mio": 1e6,
    "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "trillion": 1e12, "lakh": 1e5, "crore": 1e7,
}  # fmt: skip
_AMBIGUOUS_SCALES = frozenset({"m", "b", "k"})
_FRACTION = re.compile(r"(?<![\w./])(?:(\d+)\s+(?:and\s+)?)?(\d+)\s?/\s?(\d+)(?![\w./])")
_MONEY = re.compile(
    r"\s(?:[a-z]+\s){0,2}?(?:dollars?|bucks|euros?|pounds? sterling|quid|yen|yuan|francs?|rupees?|pesos?|kron[eoa]r?|"
    r"crowns|usd|eur|gbp|jpy|cad|aud|chf|inr|cny|sek|nok|dkk|nzd|sgd|hkd)\b"
)
"""A currency behind a number: its `k`, `m` or `b` is no unit."""
_PERCENT = re.compile(r"\s?(?:%|percent\b|per\scent\b|pct\b)")
_CONTINENTAL = re.compile(r"(?<![\w.,])\d{1,3}(?:\.\d{3})+,\d{1,2}(?![\w.,]*\d)")
"""`1.299,00`, which no English reading explains."""
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?(?!\d)")

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
    "rest": (0,), "completely": (100, 0), "fully": (100,), "entirely": (100, 0), "totally": (100, 0),
    "full": (100,), "off": (0,),
    "nonstop": (0,), "direct": (0,), "median": (50,), "trio": (3,), "quartet": (4,), "tenner": (10,), "fiver": (5,),
    "standstill": (0,), "stationary": (0,), "leap": (4,), "earth": (9.81, 9.8, 9.80665),
    "gravity": (9.81, 9.8, 9.80665),
    "light": (299792458, 3e8), "ground": (0,), "empty": (0,), "nothing": (0,), "alone": (1,), "me": (1,), "ten": (10,),
}  # fmt: skip
"""Words that imply a number without being one; never needed as an argument."""

_IMPLIED_MEASURES = {"hour": "hour", "minute": "minute", "day": "day", "week": "week", "month": "month", "year": "year",
                     "decade": "decade", "fortnight": "fortnight", "century": "century"}  # fmt: skip

NEGATIVE_CUES = re.compile(
    r"\b(?:minus|negative|below|loss(?:es)?|lost|lose|drop(?:s|ped)?|fell|falls?|fallen|decreas\w+|down|owes?|owed|"
    r"debt|withdr\w+|"
    r"west|south|bce?|ago|before|earlier|prior|behind|deficit|shrank|shrinks?|declin\w+|reduc\w+|opposite|backwards?|away|"
    r"reced\w+|deeper|underground|overdrawn|back|left|counterclockwise|anticlockwise|minus|off|less|lower\w*|lose|sub|deduct\w*|subtract\w*|take|cooler|colder|decelerat\w+|slow\w*|brak\w+)\b|#\s?°?\s?[sw]\b"
)


SPENDS = re.compile(r"\b(?:spend|spent|outlay|invest\w*|costs?|pay(?:ing|s|ment)?|paid|bought|buys?|purchase\w*)\b")
"""Words that make an amount negative in a list of cash flows."""


_MINUS = re.compile(r"(?<!plus or )(?<!plus/)(?:minus|negative)\s?[$€£]?\s?$")
_POWER = re.compile(r"\^|\*\*|[2²3³]")
_AND_PART = re.compile(r"\s+and\s+(?:a\s+(half|quarter)|(three)\s+quarters)\b")
_HALF_DAY = re.compile(r"\s?([ap])\.?m\b")
_GAP = re.compile(r"[\s,;|&()\[\]{}\"'`:=]*(?:and|or|then|plus|by|x)?[\s,;|&()\[\]{}\"'`]*")
_FOLLOWER = re.compile(
    r"[\s-]?(?:of\s)?(?:(?:us|u\.s\.|american|imperial|uk|british|metric|statute|liquid|dry)\s(?=[a-z]))?"
    r"(?:(?P<power>square|cubic)\s)?"
    r"(?P<unit>°\s?[cf]\b|[a-zµμω°²³]+(?:/[a-z]+)?)(?P<per>\s+(?:per|an?)\s+(?P<of>[a-z]+))?"
    r"(?P<scale>\s+(?:celsius|centigrade|fahrenheit|c|f)\b)?"
)


def numbers_in(folded: str, english: bool = True, raw: str = "", words: list[Word] | None = None) -> list[Number]:
    """Every number a folded text mentions, in order of place.

    Args:
        folded: the text.
        english: read number words too.
        raw: the text before folding, where it has the same length: `0.5 M` is no length.
        words: the words of the text, where they are known already.
    """
    words = words_in(folded) if words is None else words
    found = _in_words(folded, words) if english else []
    if HAS_DIGIT.search(folded):
        found = _in_digits(folded, english, raw if len(raw) == len(folded) else folded) + found
    found.sort(key=lambda number: (number.start, -number.end))
    kept: list[Number] = []
    for number in found:
        if kept and number.start < kept[-1].end and not number.weak and number.end <= kept[-1].end:
            continue
        kept.append(number)
    kept = _with_runs(folded, kept)
    if not english:
        return kept
    shares = shares_in(folded)
    if shares:
        kept = [number for number in kept if not any(share.start <= number.start < share.end for share in shares)]
    parts = parts_in(folded) + shares
    parts += [
        one for one in units_in(folded, _IMPLIED) if not any(part.start <= one.start < part.end for part in parts)
    ]
    implied = [
        Number(
            word.start,
            word.end,
            _IMPLIED[word.text],
            weak=True,
            measure=_IMPLIED_MEASURES.get(word.text, ""),
            amount=1.0,
        )
        for word in words
        if word.text in _IMPLIED and not any(number.start <= word.start < number.end for number in kept + parts)
    ]
    return sorted(kept + compounds_in(folded, kept) + parts + implied, key=lambda number: number.start)


def _in_digits(folded: str, english: bool, raw: str) -> list[Number]:
    out: list[Number] = []
    taken: list[tuple[int, int]] = []
    for match in _FRACTION.finditer(folded) if "/" in folded else ():
        whole, top, bottom = match.groups()
        values = [float(top), float(bottom)]
        ratio = float(top) / float(bottom) if float(bottom) else 0.0
        first = ratio + float(whole or 0)
        more = [float(whole)] if whole else []
        unit, measure = _unit_after(folded, match.end())
        percent = _PERCENT.match(folded, match.end())
        if percent:
            more, unit = [*more, first / 100], "%"
        readings = (first, ratio, *values, *more)
        out.append(Number(*match.span(), readings, unit=unit, measure=measure, amount=first, share=percent is not None))
        taken.append(match.span())
    for match in _CLOCK.finditer(folded) if ":" in folded else ():
        hour, minute = float(match[1]), float(match[2])
        second = float(match[3] or 0)
        whole_minutes = hour * 60 + minute
        values_ = (hour + minute / 60, whole_minutes, hour, minute, whole_minutes * 60 + second, hour * 100 + minute)
        pm = (whole_minutes + 720, hour + 12, hour + 12 + minute / 60)
        more_ = (second, hour * 60 + minute + second / 60)
        out.append(Number(*match.span(), (*values_, *more_), pm, weak=True))
        taken.append(match.span())
    for match in (_CONTINENTAL if english else _FOREIGN).finditer(folded) if not english or "," in folded else ():
        if any(a < match.end() and match.start() < b for a, b in taken):
            continue
        local = float(re.sub(r"[. ]", "", match.group()).replace(",", "."))
        readings_ = [local]
        if not english:
            plain = re.sub(r"[ ,]", "", match.group())
            readings_ += [float(plain)] if plain.count(".") <= 1 else []
            readings_ += [float(piece) for piece in re.split(r"[,. ]", match.group())]
        out.append(Number(*match.span(), tuple(readings_), amount=local, digits=match.group()))
        taken.append(match.span())
    for match in _DIGITS.finditer(folded):
        start, end = match.span()
        if taken and any(a < end and start < b for a, b in taken):
            continue
        out.append(_one_in_digits(folded, match, english, raw))
    return out


def _one_in_digits(folded: str, match: "re.Match[str]", english: bool, raw: str) -> Number:
    body, tail = match["body"], (match["tail"] or "").strip()
    start, end = match.span()
    more = _AND_PART.match(folded, end)
    before = folded[match.start("body") - 1] if match.start("body") else " "
    weak = (
        (before.isascii() and before.isalpha())
        or before in "_@#."
        or (before == "^" and folded[start - 2 : start - 1].isalpha())
        or (before == "-" and not match["sign"] and folded[start - 2 : start - 1].isalpha())
    )
    weak = weak or (folded.endswith("per ", 0, start) and not folded[max(0, start - 5) : start - 4].isalnum())
    value = float(body.replace(",", "").replace(" ", ""))
    if match["exponent"]:
        power = re.search(r"-?\d+$", match["exponent"])
        value = float(f"{value}e{power.group()}") if power and abs(int(power.group())) < 300 else value
    if more and not tail and not match["exponent"]:
        value, end = value + {"half": 0.5, "quarter": 0.25}.get(more[1], 0.75), more.end()
    scale = _SCALES.get(tail)
    ambiguous = tail in _AMBIGUOUS_SCALES and not match["currency"] and not _MONEY.match(folded, end)
    # `5 m` is five metres as often as five million
    values = [value] if scale is None else [value * scale, value] if ambiguous else [value * scale]
    amount = value if ambiguous or scale is None else value * scale
    unit, measure = _unit_after(folded, end)
    if ambiguous:
        kelvin = tail == "k" and raw[end - 2 : end] == " K"  # `300 K`, not `300k`
        unit, measure = tail, "meter" if tail == "m" and raw[end - 1] == "m" else "kelvin" if kelvin else ""
    elif tail == "%" or match["currency"]:
        unit, measure = tail if tail == "%" else match["currency"].strip(), ""
    derived: list[float] = []
    share = unit in {"%", "percent", "pct"} or (unit == "per" and folded[end:].lstrip().startswith("per cent"))
    if share:
        values.append(value / 100)
        derived += [1 + value / 100, 1 - value / 100]
    if match["currency"]:
        derived += [each * 100 for each in values]
    half = _HALF_DAY.match(folded, end)
    if half:
        values.append(value + 12 if half[1] == "p" and value < 12 else value)
    led = folded[max(0, start - 20) : start].rstrip(" $€£")
    minus = english and led.endswith(("minus", "negative")) and _MINUS.search(folded[max(0, start - 20) : start])
    if match["sign"] and match["sign"].strip() == "-":
        values, amount = [-each for each in values], -amount
        derived = [-each for each in derived]
    turned = [-each for each in values] if english else []
    if minus and not (match["sign"] and match["sign"].strip() == "-"):
        derived += turned
        values, amount = [*turned, *values], -amount
    trailing = folded[end : end + 1]
    if trailing == "_" or (trailing in ".:/-" and re.match(r"[.:/\\-]\d", folded[end : end + 2])):
        weak = True
    elif trailing.isalpha() and trailing.isascii() and not tail and not measure:
        letters = re.match(r"[a-z]+", folded[end:])
        weak = weak or (
            letters is not None and (len(letters.group()) > 4 or folded[end + len(letters.group()) :][:1].isdigit())
        )
    if "," in body or " " in body:
        # `100,200,300` is a list as well as a number; a list inside brackets without spaces usually is one
        values += [float(piece) for piece in re.split(r"[, ]", body)]
    return Number(
        start, end, tuple(values), tuple(derived), tuple(turned), weak, unit=unit, measure=measure, amount=amount,
        share=share, digits=body,
    )  # fmt: skip


def _unit_after(folded: str, end: int) -> tuple[str, str]:
    """The word after a number, and pint's name of the unit it is."""
    match = _FOLLOWER.match(folded, end)
    if match is None:
        return "", ""
    word = match["unit"]
    if "/" in word and _POWER.match(folded, match.end("unit")):
        return word, ""  # an acceleration is no speed
    # `12 in the morning`, `5 a day`: a preposition or an article after a number is no unit
    if (word in {"in", "a"} and re.match(r"\s+[a-z]", folded[match.end("unit") :])) or word == "st":
        return word, ""
    if match["power"]:
        base = unit_named(word)
        return word, f"{base}**{2 if match['power'] == 'square' else 3}" if base else ""
    if match["of"]:
        over, under = unit_named(word), "second" if match["of"] == "second" else unit_named(match["of"])
        if over and under and any(same_kind(f"{over}/{under}", rate) for rate in ("meter/second", "liter/second")):
            return word, f"{over}/{under}"
        if over and match["per"].split()[0] == "per":
            return word, ""
    if match["scale"] and word in {"degrees", "degree", "deg", "°"}:
        return word, unit_named(match["scale"].strip()) or ""
    return word, unit_named(word.replace(" ", "")) or ""


def _in_words(folded: str, words: list[Word]) -> list[Number]:
    out: list[Number] = []
    i = 0
    while i < len(words):
        length, value, weak = number_at(folded, words, i) if words[i].text in FIRST_WORDS else (0, 0.0, False)
        if not length:
            i += 1
            continue
        start, end = words[i].start, words[i + length - 1].end
        unit, measure = _unit_after(folded, end)
        values, derived = [value], []
        share = unit in {"percent", "pct"} or (unit == "per" and folded[end:].lstrip().startswith("per cent"))
        if share and value >= 1:
            values.append(value / 100)
            derived += [1 + value / 100, 1 - value / 100]
        amount, turned = value, [-each for each in values]
        if i and words[i - 1].text in {"minus", "negative"}:
            values, amount, turned = turned + values, -value, []
        out.append(
            Number(start, end, tuple(values), tuple(derived), tuple(turned), weak and not measure, unit=unit,
                   measure=measure, amount=amount, share=share)
        )  # fmt: skip
        i += length
    return out


def derived_of(number: Number, folded: str) -> tuple[float, ...]:
    """What else than its values a number of a folded text may mean, by its sign and unit and the words around it."""
    is_turned = bool(number.turned) and _has_cue(folded) and _may_be_negative(folded, number.start, number.end)
    return number.derived + number.turned if is_turned else number.derived


@lru_cache(maxsize=64)
def _has_cue(folded: str) -> bool:
    return NEGATIVE_CUES.search(f"{folded} # ") is not None or re.search(r"\d\s?°?\s?[sw]\b", folded) is not None


def _may_be_negative(folded: str, start: int, end: int) -> bool:
    """Whether the words of the same clause allow a number the other sign."""
    before = re.split(r"[.;?!]\s|\d", folded[max(0, start - 45) : start])[-1]
    after = re.split(r"[.,;?!]\s|\d", folded[end : end + 30])[0]
    return NEGATIVE_CUES.search(f"{before} # {after}") is not None


def _with_runs(folded: str, numbers: list[Number]) -> list[Number]:
    out: list[Number] = []
    run = -1
    for i, number in enumerate(numbers):
        if i == 0 or not _GAP.fullmatch(folded[numbers[i - 1].end : number.start]):
            run += 1
        out.append(number._replace(run=run))
    return out
