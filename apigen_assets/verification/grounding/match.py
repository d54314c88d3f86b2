"""Match one value of a call with the query: where does it stand?"""

import re

from apigen_assets.verification.grounding.arguments import Leaf, Status
from apigen_assets.verification.grounding.beside import SIGNS, near_cues
from apigen_assets.verification.grounding.code_names import spans_of_names
from apigen_assets.verification.grounding.disguise import is_disguised
from apigen_assets.verification.grounding.english import STOP, fold, same_word, words_in
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.numbers import SPENDS, derived_of
from apigen_assets.verification.grounding.quantities import converted, kin, same_kind
from apigen_assets.verification.grounding.query import Query, Span
from apigen_assets.verification.grounding.times import (
    FROM_TODAY,
    MONTHS,
    Date,
    Moment,
    dates_agree,
    only_moments,
    times_agree,
)

CALENDAR = frozenset({"month", "year"})
NUMERIC = re.compile(r"[-+]?\d+(?:[.,]\d+)*")


def match_leaf(leaf: Leaf, query: Query) -> None:
    """Look for the value in the query; where it is, note it as used."""
    value = leaf.value
    if value is None:
        leaf.matched = True
        leaf.say(Status.GROUNDED if leaf.optional else Status.UNDECIDED, "no value")
    elif isinstance(value, bool):
        return
    elif isinstance(value, int | float):
        _match_number(leaf, query, float(value) if abs(value) < 1e300 else 0.0, decimals_of(value))
    elif isinstance(value, str):
        _match_text(leaf, query, value)


def _found(leaf: Leaf, query: Query, spans: list[Span], why: str, status: Status = Status.GROUNDED) -> None:
    """Note where a value stands; the first place is taken."""
    leaf.spans = spans
    leaf.matched = True
    leaf.say(status, why)
    query.use(leaf.spans[0])


def decimals_of(value: float | int) -> int:
    """Digits behind the point, as written."""
    text = repr(value)
    return len(text.split(".")[1]) if "." in text and "e" not in text and not text.endswith(".0") else 0


def close(value: float, said: float, decimals: int) -> bool:
    """Whether a value is what is said, as far as it is written out."""
    if abs(value - said) <= 1e-9 * max(1.0, abs(value), abs(said)):
        return True
    return decimals >= 2 and abs(value - said) <= 0.5000001 * 10.0**-decimals


def numbers_saying(value: float, numbers: list[Number], decimals: int) -> list[Number]:
    """The numbers for one of whose values `close` holds."""
    rounded = 0.5000001 * 10.0**-decimals if decimals >= 2 else 0.0
    least = max(rounded, 1e-9 * abs(value), 1e-9)
    saying = []
    for number in numbers:
        for each in number.values:
            if abs(value - each) <= least or abs(value - each) <= 1e-9 * abs(each):
                saying.append(number)
                break
    return saying


def nearly(value: float, exact: float, decimals: int, known: bool = True, calendar: bool = False) -> bool:
    """Whether a value is a conversion's result, rounded as people round.

    Args:
        value: the value.
        exact: the result.
        decimals: digits behind the value's point.
        known: the unit converted into is the one that is asked for; else less is forgiven.
        calendar: months and years are of different lengths.
    """
    if calendar and abs(value - exact) <= 0.025 * abs(exact):
        return True
    if value == 0 or (value < 0) != (exact < 0):
        return abs(value - exact) < 1e-9
    if not known:
        return abs(value - exact) <= max(0.5000001 * 10.0**-decimals if decimals else 0.0, 0.001 * abs(exact))
    rounded = 0.5000001 * 10.0**-decimals if decimals or abs(value) >= 10 else 0.0
    return abs(value - exact) <= max(rounded, 0.01 * abs(exact))


def could_say(number: Number, leaf: Leaf) -> bool:
    """Whether a number of the query is a quantity that the parameter can take: its unit measures the same thing."""
    wanted = leaf.wanted
    if not number.measure or wanted is None or same_kind(number.measure, wanted):
        return True
    # `75 degrees` may be of a thermometer
    return number.measure == "degree" and same_kind(wanted, "kelvin")


def is_raw(number: Number, leaf: Leaf) -> bool:
    """Whether a number stands in another unit than the parameter wants."""
    wanted = leaf.wanted
    return (
        bool(number.measure)
        and wanted is not None
        and number.measure != wanted
        and same_kind(number.measure, wanted)
        and converted(1.0, number.measure, wanted) != 1.0
    )


def _parts(date: Date, moment: Moment, leaf: Leaf, query: Query) -> set[int]:
    """The numbers that a date states: its month where that is written in digits, or asked for."""
    year, month, day = date
    said = re.findall(r"\d+", query.text[moment.start : moment.end])
    is_asked = "month" in f"{leaf.name} {leaf.schema.get('description') or ''}".casefold()
    is_said = is_asked or any(int(digits) == month for digits in said)
    return {part for part in (year, day, month if is_said else None) if part}


def _match_number(leaf: Leaf, query: Query, value: float, decimals: int) -> None:
    wanted = leaf.wanted
    if wanted is not None:
        exact = [
            number
            for number in query.numbers
            if is_raw(number, leaf)
            and nearly(
                value,
                converted(number.amount, number.measure, wanted) or 0.0,
                decimals,
                calendar=number.measure in CALENDAR,
            )
        ]
        if exact:
            exact.sort(key=lambda number: (query.is_used(number.start, number.end), number.weak))
            _found(leaf, query, [(number.start, number.end) for number in exact], f"converted to {wanted}")
            return
    said = numbers_saying(value, query.numbers, decimals)
    if len(said) > 1:
        said.sort(key=lambda number: _rank(number, leaf, query, value, decimals))
    if said and not (said[0].weak and value > 0 and _is_said_negative(value, query)):
        _found(leaf, query, [(number.start, number.end) for number in said], "implied" if said[0].weak else "stated")
        return
    if "month" in leaf.parameter.casefold() and query.english:
        months = [word for word in query.words if MONTHS.get(word.text) == value and len(word.text) > 2]
        if months:
            _found(leaf, query, [(word.start, word.end) for word in months], "stated as a month")
            return
    moments = [
        moment
        for moment in query.moments
        if any(value in _parts(date, moment, leaf, query) for date in moment.dates)
        or any(value in time or abs(value - time[0] - time[1] / 60) < 1e-9 for time in moment.times)
    ]
    if moments:
        _found(leaf, query, [(moment.start, moment.end) for moment in moments], "part of a date or time")
        return
    derived = [
        number
        for number in query.numbers
        if any(close(value, each, decimals) for each in derived_of(number, query.text))
    ]
    if not derived and wanted is None:
        derived = [number for number in query.numbers if number.measure and _is_converted(value, number, decimals)]
    if not derived and value < 0 and leaf.in_list and SPENDS.search(query.text):
        derived = [number for number in query.numbers if any(close(-value, each, decimals) for each in number.values)]
    if derived:
        derived.sort(key=lambda number: query.is_used(number.start, number.end))
        spans = [(number.start, number.end) for number in derived]
        _found(leaf, query, spans, "follows by unit or sign", Status.UNDECIDED)


def _rank(number: Number, leaf: Leaf, query: Query, value: float, decimals: int) -> tuple[bool, ...]:
    """Sorts numbers that are the value by how likely the value stands there, the likeliest first."""
    return (
        number.weak,
        number.weak and not near_cues(query, (number.start, number.end)) & leaf.cues,
        is_raw(number, leaf) or not could_say(number, leaf),
        query.is_used(number.start, number.end),
        # Digits before words: `the product of two vectors` states no argument.
        query.text[number.start].isalpha(),
        not close(value, number.values[0], decimals),
    )


def _is_said_negative(value: float, query: Query) -> bool:
    """Whether the query has the number with a minus before it, free to be taken."""
    return any(
        number.digits and not number.weak and number.amount == -value and not query.is_used(number.start, number.end)
        for number in query.numbers
    )


def _is_converted(value: float, number: Number, decimals: int) -> bool:
    """Whether a value is the number in another unit of its kind."""
    return any(
        exact is not None and nearly(value, exact, decimals, known=False, calendar=number.measure in CALENDAR)
        for exact in (converted(number.amount, number.measure, unit) for unit in kin(number.measure))
    )


def _match_text(leaf: Leaf, query: Query, value: str) -> None:
    folded = fold(value).strip() or (value if value in SIGNS else "")
    if not folded:
        leaf.matched = True
        leaf.say(Status.GROUNDED if leaf.is_default or leaf.optional else Status.UNDECIDED, "empty text")
        return
    if is_disguised(value, query.raw):
        return
    moments = only_moments(folded)
    if moments:
        if not _match_moments(leaf, query, moments):
            inside = [span for span in query.find_text(folded) if not _is_moment(span, query)]
            if inside:
                _found(leaf, query, inside, "stated")
        return
    if named := spans_of_names(leaf, query):
        _found(leaf, query, named, "stated in other words")
        return
    spans = query.find_text(folded)
    short = len(folded) <= 2 and folded.isalpha()
    spans.sort(key=lambda span: query.is_used(*span))
    if spans and not (short and folded in STOP | {"a", "c", "k", "m", "s", "l", "g", "h"}):
        _found(leaf, query, spans, "stated")
        return
    if folded in SIGNS:
        spans = [span for name in SIGNS[folded] for span in query.find_text(name)]
        if spans:
            _found(leaf, query, spans, "stated by its name")
            return
    words = words_in(folded.replace("%20", " "))
    if words:
        spans = query.find_joined("".join(word.text for word in words))
        if spans:
            _found(leaf, query, spans, "stated")
            return
        spans = query.find_words(words)
        if spans:
            _found(leaf, query, spans, "stated in other words" if len(words) < 9 else "stated")
            return
    if short and spans:
        _found(leaf, query, spans, "may be stated", Status.UNDECIDED)
        return
    if _of_numbers(leaf, query, folded) or _is_offset(leaf, query, folded):
        return
    if NUMERIC.fullmatch(folded):
        number = float(re.sub(r",", "", folded)) if folded.count(".") <= 1 else None
        if number is not None:
            _match_number(leaf, query, number, decimals_of(number))
        return
    if words and len(words) <= 6:
        places = [
            next((said for said in query.words if same_word(word.text, said.text)), None)
            for word in words
            if word.text not in STOP
        ]
        if places and all(place is not None for place in places):
            spots = [(place.start, place.end) for place in places if place is not None]
            _found(leaf, query, spots[:1], "its words are stated", Status.UNDECIDED)
            for spot in spots:
                query.use(spot)


_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_OFFSETS_SAID = re.compile(r"\b(?:utc|gmt)(?:\s?([+\u2212-])\s?(\d{1,2})(?::?(\d\d))?(?!\d))?")


def _is_offset(leaf: Leaf, query: Query, folded: str) -> bool:
    """Whether the query says an offset from UTC as people do (`UTC-4`, `GMT`), and note it as used."""
    own = _OFFSET.fullmatch(folded)
    if own is None:
        return False
    spans = [
        match.span()
        for match in _OFFSETS_SAID.finditer(query.text)
        if (int(own[2]), int(own[3])) == (int(match[2] or 0), int(match[3] or 0))
        and ((own[1] == "+") == (match[1] in (None, "+")) or own[0].strip("+-0:") == "")
    ]
    if spans:
        _found(leaf, query, spans, "stated as an offset")
    return bool(spans)


def _match_moments(leaf: Leaf, query: Query, moments: list[Moment]) -> bool:
    """Whether the query says the dates and times that a value consists of, and note them as used."""
    agreeing = [
        said
        for said in query.moments
        for own in moments
        if (own.dates and said.dates and dates_agree(own.dates, said.dates))
        or (own.times and said.times and times_agree(own.times, said.times))
    ]
    kinds = {(bool(moment.dates), bool(moment.times)) for moment in moments}
    if {(bool(moment.dates), bool(moment.times)) for moment in agreeing} != kinds:
        return False
    agreeing.sort(key=lambda moment: query.is_used(moment.start, moment.end))
    _found(leaf, query, [(moment.start, moment.end) for moment in agreeing], "stated as a date or time")
    added = _added(moments, agreeing)
    if added and not FROM_TODAY.search(query.text) and not (added == "year" and _says_year(moments, query)):
        says = f"the query does not say the {added} of {leaf.value!r}"
        leaf.findings.append(Finding(Rule.MOMENT_COMPLETED, leaf.place, says))
    if len(kinds) > 1:
        for moment in agreeing:
            query.use((moment.start, moment.end))
    return True


def _added(own: list[Moment], said: list[Moment]) -> str:
    """What dates of a value say and the query does not: `year`, `day` or nothing."""
    dates = [date for moment in said for date in moment.dates]
    for part, name in ((0, "year"), (2, "day")):
        if all(date[part] is None for date in dates) and any(
            date[part] is not None for moment in own for date in moment.dates
        ):
            return name
    return ""


def _says_year(own: list[Moment], query: Query) -> bool:
    """Whether the year of a date stands elsewhere in the query (`from March 3 through June 30, 2025`)."""
    years = {date[0] for moment in own for date in moment.dates if date[0] is not None}
    return any(re.search(rf"\b{year}\b", query.text) for year in years)


def _is_moment(span: Span, query: Query) -> bool:
    return any(moment.times and moment.start <= span[0] < moment.end for moment in query.moments)


_NUMBER_TEXT = re.compile(r"[\s\d.,;:/x+*()-]+")


def _of_numbers(leaf: Leaf, query: Query, folded: str) -> bool:
    """Whether a text is put together from numbers of the query (`45.83,45.98`), and note them as used."""
    if not _NUMBER_TEXT.fullmatch(folded) or folded.count(":") > 1:
        return False
    pieces = re.findall(r"(?<![\d.])-?\d+(?:\.\d+)?", folded)
    if len(pieces) < 2:
        return False
    spans = []
    for piece in pieces:
        number = next(
            (
                number
                for number in query.numbers
                if any(close(float(piece), each, 0) for each in (*number.values, *derived_of(number, query.text)))
                and (number.start, number.end) not in spans
            ),
            None,
        )
        if number is None:
            return False
        spans.append((number.start, number.end))
    _found(leaf, query, spans[:1], "put together from what is stated", Status.UNDECIDED)
    for span in spans:
        query.use(span)
    return True
