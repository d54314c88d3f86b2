"""What speaks against a date or time that the query does not say."""

import datetime
import re

from apigen_assets.verification.grounding.absent_numbers import is_slip
from apigen_assets.verification.grounding.arguments import Leaf, Status
from apigen_assets.verification.grounding.counted_days import counted_days
from apigen_assets.verification.grounding.finding import Rule
from apigen_assets.verification.grounding.quarters import ends_of_quarters
from apigen_assets.verification.grounding.query import Query, Span
from apigen_assets.verification.grounding.times import RELATIVE, Moment, dates_agree, is_relative

_HALF_A_DAY = 12


def judge_moment(leaf: Leaf, query: Query, shown: str, moments: list[Moment]) -> None:
    """A date or time that the query does not say: wrong where it says others in full and nothing is relative."""
    wants_date = any(moment.dates for moment in moments)
    said = [moment for moment in query.moments if bool(moment.dates) == wants_date]
    partly = any(dates_agree(own.dates, rival.dates) for own in moments for rival in said if own.dates and rival.dates)
    unused = [moment for moment in said if not query.is_used(moment.start, moment.end)]
    around = _around(said, query.text)
    relative = RELATIVE.search(around) or _SPAN_OF_TIME.search(around)
    whole = [moment for moment in unused if _is_full(moment)]
    clocks = [match.span() for match in _CLOCK.finditer(query.text) if not query.is_used(*match.span())]
    rival: Span | None = None
    turned = next((moment for moment in unused if wants_date and any(_is_turned(own, moment) for own in moments)), None)
    if turned is not None and not partly:
        says = f"{shown} has day and month of {query.text[turned.start : turned.end]!r} changed round"
        leaf.against(Rule.MOMENT_SLIP, says)
        return
    half_day = next(
        (moment for moment in query.moments if any(_is_half_a_day_off(own, moment) for own in moments)), None
    )
    if partly and half_day is not None and not _says_time(moments, query):
        leaf.against(Rule.MOMENT_SLIP, f"{shown}, and the query says {query.text[half_day.start : half_day.end]!r}")
        return
    if partly and (relative or not any(moment.times for moment in query.moments)) and any(own.times for own in moments):
        leaf.say(Status.UNDECIDED, "the date is stated, the time is not")
        return
    if wants_date and whole and not partly and not is_relative(around):
        _against_moment(leaf, query, shown, moments, (whole[0].start, whole[0].end))
        return
    if wants_date and _TODAY.search(query.text) and RELATIVE.sub("", query.text) != query.text:
        counted = {(day.year, day.month, day.day) for day in counted_days(query)}
        if query.english and (days := _other_weekdays(moments, query)):
            leaf.against(Rule.DAY_DIFFERS, f"{shown} is no {' or '.join(days)}, which the query says")
        elif counted and counted.isdisjoint(date for moment in moments for date in moment.dates):
            base = query.text[said[0].start : said[0].end]
            leaf.ask(Rule.MAY_BE_OTHER_MOMENT, f"{shown} does not follow from {base!r} by the steps that are named")
        else:
            leaf.say(Status.UNDECIDED, "a date relative to one that the query says")
        return
    if wants_date and not query.english and said and not partly and not _NEXT_DAY.search(query.text):
        names = ", ".join(query.text[moment.start : moment.end] for moment in said)
        leaf.against(Rule.DAY_DIFFERS, f"{shown} is not in the query, which says {names}")
        return
    if wants_date and not query.english and (days := _other_days(moments, query)):
        leaf.against(Rule.DAY_DIFFERS, f"{shown} is not in the query, which says {', '.join(days)}")
        return
    if not wants_date and (unused or clocks):
        rival = (unused[0].start, unused[0].end) if unused else clocks[0]
    elif said and not relative and not (partly and wants_date and len(moments) == 1):
        rival = ((unused or said)[0].start, (unused or said)[0].end)
    elif unused and not partly and any(_is_full(moment) for moment in unused) and wants_date:
        rival = (unused[0].start, unused[0].end)
    if rival is not None:
        _against_moment(leaf, query, shown, moments, rival)
    elif leaf.is_default:
        leaf.say(Status.GROUNDED, "default")
    elif wants_date and (ends := ends_of_quarters(query.text)) and not _are_among(moments, ends):
        leaf.ask(Rule.MAY_BE_OTHER_MOMENT, f"{shown} is neither end of what the query names")
    else:
        leaf.say(Status.UNDECIDED, "a date or time that the query does not spell out")


def _is_turned(own: Moment, said: Moment) -> bool:
    """Whether a date has the month of another one as its day and the day as its month, in the same year or in none."""
    return any(
        (month, day) == (other[2], other[1]) and month != day and (year == other[0] or other[0] is None)
        for year, month, day in own.dates
        for other in said.dates
    )


def _is_half_a_day_off(own: Moment, said: Moment) -> bool:
    """Whether a time is twelve hours off from one that can be read in one way only."""
    if len(said.times) != 1:
        return False
    (hour, minute, second) = next(iter(said.times))
    return any(abs(mine - hour) == _HALF_A_DAY and rest == [minute, second] for mine, *rest in own.times)


def _says_time(own: list[Moment], query: Query) -> bool:
    """Whether a query says a time that a call has."""
    return any(not mine.times.isdisjoint(said.times) for mine in own for said in query.moments)


def _around(said: list[Moment], text: str) -> str:
    """A text without its moments: `the last day of May` counts from nothing."""
    for moment in said:
        text = text[: moment.start] + " " * (moment.end - moment.start) + text[moment.end :]
    return text


def _are_among(moments: list[Moment], days: set[datetime.date]) -> bool:
    return any((day.year, day.month, day.day) in moment.dates for moment in moments for day in days)


def _against_moment(leaf: Leaf, query: Query, shown: str, own: list[Moment], rival: Span) -> None:
    """Note a moment that the query does not say, and what it says."""
    told = _says_day(own, rival, query)
    slip = not told and any(
        _is_slip(mine, said) for mine in own for said in query.moments if (said.start, said.end) == rival
    )
    sure = not told and _is_only_moment(leaf, query, own, rival)
    rule = Rule.MOMENT_SLIP if slip else Rule.OTHER_MOMENT if sure else Rule.MAY_BE_OTHER_MOMENT
    leaf.against(rule, f"{shown} is not in the query, which says {query.text[slice(*rival)]!r}")


def _says_day(own: list[Moment], rival: Span, query: Query) -> bool:
    """Whether the day of a date stands in the query in digits, outside the date that it says."""
    days = {date[2] for moment in own for date in moment.dates}
    return any(
        number.digits and number.amount in days and not (rival[0] <= number.start < rival[1] or number.measure)
        for number in query.numbers
    )


_COUNTS_FROM = re.compile(
    r"\b(?:utc|gmt|(?:time\s?)?zone|local|[a-z]+ time|ahead|behind|later|earlier|before|after|until|till|through|to|"
    r"every|each|daily|weekly|monthly|yearly|days?|nights?|weeks?|months?|years?|hours?|minutes?|quarter|half|between|"
    r"next|last|following|previous)\b|[+-]\d\d:\d\d"
)
_NEXT_DAY = re.compile(
    r"[今明昨翌来來先次去下上前后後每毎週周天]|오늘|내일|어제|다음|지난|\b(?:heute|morgen|gestern|n[äa]chst\w*|letzt\w*|kommend\w*|"
    r"aujourd|demain|hier|prochain\w*|dernier\w*|hoy|ma[ñn]ana|ayer|pr[óo]xim\w*|pasad\w*|[úu]ltim\w*|hoje|amanh[ãa]|"
    r"ontem|oggi|domani|ieri|prossim\w*|scors\w*|vandaag|gisteren|volgend\w*|vorig\w*|bis|until|jusqu\w*|hasta|"
    r"tage?n?|days?|jours?|d[íi]as?|dias?|giorni?|dagen|wochen?|semaines?|semanas?|settiman\w*|weken)\b"
)
"""Words of other languages by which a date may follow from another one."""
_FOLLOWING = frozenset(
    {
        "end",
        "until",
        "till",
        "to",
        "return",
        "checkout",
        "out",
        "arrival",
        "arrive",
        "due",
        "deadline",
        "expires",
        "before",
    }
)
"""Names of moments that are often counted from another one."""


def _is_only_moment(leaf: Leaf, query: Query, own: list[Moment], rival: Span) -> bool:
    """Whether a query says one moment of this kind, in full, and nothing by which another could follow from it."""
    if leaf.in_list or _COUNTS_FROM.search(query.text) or is_relative(query.text):
        return False
    if not _FOLLOWING.isdisjoint(leaf.argument.parts):
        return False
    wants_date = any(moment.dates for moment in own)
    said = [moment for moment in query.moments if bool(moment.dates) == wants_date]
    return len(said) == 1 and (said[0].start, said[0].end) == rival and (not wants_date or _is_full(said[0]))


def _is_slip(own: Moment, said: Moment) -> bool:
    """Whether a moment is another one with day and month changed round, twelve hours off, or with a slip of a digit."""
    for year, month, day in own.dates:
        for other in said.dates:
            if (year in (other[0], None) or other[0] is None) and (month, day) == (other[2], other[1]):
                return True
            if None not in (*other, year, day):
                mine, theirs = f"{year}{month:02}{day:02}", f"{other[0]}{other[1]:02}{other[2]:02}"
                if is_slip(mine, theirs) and abs((day or 0) - (other[2] or 0)) > 1:
                    return True
    return any(
        (abs(hour - other[0]) == 12 and (minute, second) == other[1:])
        or sorted(f"{hour:02}{minute:02}") == sorted(f"{other[0]:02}{other[1]:02}")
        for hour, minute, second in own.times
        for other in said.times
    )


def _other_days(own: list[Moment], query: Query) -> list[str]:
    """The numbers of a query that may be days of a month, where none of them is the day of a date."""
    said = [
        number.digits for number in query.numbers if re.fullmatch(r"\d{1,2}", number.digits) and number.amount <= 31
    ]
    days = {date[2] for moment in own for date in moment.dates if date[2] is not None}
    return [] if not days or days & {int(digits) for digits in said} else said


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(rf"\b({'|'.join(_WEEKDAYS)})\b")
_COUNTED = re.compile(
    r"\b(?:tomorrow|yesterday|ago|after|before|later|earlier|following|weekend|every|each|from now|"
    r"(?:in|within) \w+ (?:days?|weeks?|months?|years?)|weeks?|months?|fortnight|days?)\b"
)
"""Words by which a date may be another day than the one whose name is said."""


def _other_weekdays(own: list[Moment], query: Query) -> list[str]:
    """The weekdays that a query names of no date that it says, where a date of a call falls on none of them."""
    said = []
    for match in _WEEKDAY.finditer(query.text):
        of_date = any(
            moment.dates
            and (0 <= moment.start - match.end() <= len(", the ") or 0 <= match.start() - moment.end <= len(", a "))
            for moment in query.moments
        )
        if not of_date:
            said.append(match[1])
    if not said or _COUNTED.search(query.text.replace("this week", "")):
        return []
    try:
        days = {_WEEKDAYS[datetime.date(*date).weekday()] for moment in own for date in moment.dates}  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []
    return [] if days & set(said) else said


_TODAY = re.compile(r"\b(?:today(?:'s date)?|it|now|date|day|assuming|current date)\b[^.?!]{0,24}\d")
_CLOCK = re.compile(r"\d{1,3}:\d\d(?::\d\d)?")
_SPAN_OF_TIME = re.compile(r"\b(?:days?|weeks?|months?|years?|hours?|minutes?|nights?|quarter|half)\b")


def _is_full(moment: Moment) -> bool:
    return any(None not in date for date in moment.dates)
