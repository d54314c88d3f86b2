"""Match one value with the query, and judge a value that the query does not contain."""

import re
import unicodedata

from apigen_assets.files.excerpt import cut
from apigen_assets.verification.grounding.arguments import Leaf, Status, enum_of
from apigen_assets.verification.grounding.english import (
    GROUP_OF,
    STOP,
    content_stems,
    could_stand_for,
    fold,
    same_word,
    stem,
    word_set,
    words_in,
)
from apigen_assets.verification.grounding.numbers import SPENDS, Number
from apigen_assets.verification.grounding.query import Query, Span
from apigen_assets.verification.grounding.times import RELATIVE, Moment, dates_agree, only_moments, times_agree

_CALCULATES = re.compile(
    r"\b(?:half|halves|double[ds]?|twice|triple[ds]?|quadruple|dozens?|pairs?|decades?|century|ago|more|less|fewer|"
    r"older|younger|born|"
    r"later|earlier|after|before|next|last|increase[sd]?|decrease[sd]?|difference|between|remaining|rest|from now|"
    r"back|in total|altogether|plus|minus|times)\b"
)
"""Words by which a number may follow from others by calculation."""

_KNOWLEDGE = re.compile(
    r"\b(?:capital|birthplace|author|ceo|founder|president|currency|home|hometown|headquarters?|country|city|company|"
    r"maker|inventor|"
    r"symbol|formula|abbreviation|code|ticker|name|opposite|synonym|translation)\s+(?:of|in|that|where|behind|for)\b"
)
"""Phrases that stand for a name which the query does not say."""

_CHOICES = word_set(
    """
    algorithm base category charset code color colour columns comparison country currency delimiter dialect
    direction encoding expression fields filter format formula from function gender genre key keys keyword
    kind lang language level locale method mode operation operator order ordering pattern policy protocol q
    query regex region rounding scale scheme section separator sex slug sort source state status strategy
    style symbol system tag target theme ticker timezone to topic type tz unit units zone
    """
)
"""Words in a parameter's name that let its value be a choice of the writer's, not a word of the query."""

_SIGNS = {
    "_": ("underscore", "underscores"), "-": ("hyphen", "hyphens", "dash", "dashes", "hyphenated", "kebab"),
    ",": ("comma", "commas"),
    ".": ("dot", "dots", "period", "periods", "full stop"), ";": ("semicolon", "semicolons"),
    ":": ("colon", "colons"), " ": ("space", "spaces"),
    "|": ("pipe", "pipes", "bar"), "/": ("slash", "slashes"),
    "*": ("star", "stars", "asterisk", "asterisks", "times"), "+": ("plus",),
    "#": ("hash", "hashes", "pound"), "\t": ("tab", "tabs"), "\n": ("newline", "newlines", "line break", "lines"),
    "=": ("equals", "equal"),
    "x": ("times",), "'": ("apostrophe", "single quote", "single quotes"), '"': ("quote", "quotes", "double quotes"),
    "&": ("ampersand",),
    "<": ("less", "below", "under"), ">": ("greater", "above", "over", "more"), "@": ("at",), "~": ("tilde",),
    "%": ("percent",),
}  # fmt: skip

_NUMERIC = re.compile(r"[-+]?\d+(?:[.,]\d+)*")
_INJECTED = re.compile(
    r"[$`]\(|;\s*--|[\]}\"']\s*[,;]\s*[\"']|__\w+__|\brm -rf\b|<script|\bDROP TABLE\b", re.IGNORECASE
)
"""Marks of shell, SQL, Python, HTML and JSON that a value can only have from the query itself."""
_FORMATTED = re.compile(r"[%{}\\^*?$<>|=;]|\\[a-z]|\.\*|\+")
_POSITIVE = frozenset({"include", "with", "use", "allow", "show", "keep", "add", "enable", "has"})
_NEGATIVE = frozenset({"exclude", "ignore", "skip", "remove", "strip", "drop", "without", "no", "omit", "disable"})
_NO = re.compile(
    r"\b(?:no|not|without|exclude|excluding|except|skip|don't|do not|omit|leave out|leaving out|never|"
    r"disable)\s+(?:\w+\s+){0,3}$"
)


def match_leaf(leaf: Leaf, query: Query) -> None:
    """Look for the value in the query; where it is, note it as used."""
    value = leaf.value
    if value is None:
        leaf.matched = True
        leaf.say(Status.GROUNDED if leaf.optional else Status.UNDECIDED, "no value")
    elif isinstance(value, bool):
        return
    elif isinstance(value, int | float):
        _match_number(leaf, query, float(value) if abs(value) < 1e300 else 0.0, _decimals(value))
    elif isinstance(value, str):
        _match_text(leaf, query, value)


def _found(leaf: Leaf, query: Query, spans: list[Span], why: str, status: Status = Status.GROUNDED) -> None:
    """Note where a value stands; the first place is taken."""
    leaf.spans = spans
    leaf.matched = True
    leaf.say(status, why)
    query.use(leaf.spans[0])


def _decimals(value: float | int) -> int:
    text = repr(value)
    return len(text.split(".")[1]) if "." in text and "e" not in text else 0


def _close(value: float, said: float, decimals: int) -> bool:
    if abs(value - said) <= 1e-9 * max(1.0, abs(value), abs(said)):
        return True
    return decimals >= 2 and abs(value - said) <= 0.5000001 * 10.0**-decimals


def _match_number(leaf: Leaf, query: Query, value: float, decimals: int) -> None:
    said = [one for one in query.numbers if any(_close(value, each, decimals) for each in one.values)]
    said.sort(
        key=lambda one: (
            one.weak,
            query.is_used(one.start, one.end),
            # Digits before words: `the product of two vectors` states no argument.
            query.text[one.start].isalpha(),
            not _close(value, one.values[0], decimals),
        )
    )
    if said:
        _found(leaf, query, [(one.start, one.end) for one in said], "implied" if said[0].weak else "stated")
        return
    moments = [
        moment
        for moment in query.moments
        if any(value in {part for part in date if part} for date in moment.dates)
        or any(value in time or abs(value - time[0] - time[1] / 60) < 1e-9 for time in moment.times)
    ]
    if moments:
        _found(leaf, query, [(one.start, one.end) for one in moments], "part of a date or time")
        return
    derived = [one for one in query.numbers if any(_close(value, each, decimals) for each in one.derived)]
    if not derived and value < 0 and leaf.in_list and SPENDS.search(query.text):
        derived = [one for one in query.numbers if any(_close(-value, each, decimals) for each in one.values)]
    if derived:
        derived.sort(key=lambda one: query.is_used(one.start, one.end))
        _found(leaf, query, [(one.start, one.end) for one in derived], "follows by unit", Status.UNDECIDED)


def _match_text(leaf: Leaf, query: Query, value: str) -> None:
    folded = fold(value).strip() or (value if value in _SIGNS else "")
    if not folded:
        leaf.matched = True
        leaf.say(Status.GROUNDED if leaf.is_default or leaf.optional else Status.UNDECIDED, "empty text")
        return
    if is_disguised(value, query.raw):
        return
    spans = query.find_text(folded)
    short = len(folded) <= 2 and folded.isalpha()
    spans.sort(key=lambda span: query.is_used(*span))
    if spans and not (short and folded in STOP | {"a", "c", "k", "m", "s", "l", "g", "h"}):
        _found(leaf, query, spans, "stated")
        return
    moments = only_moments(folded)
    if moments:
        agreeing = [
            said
            for said in query.moments
            for own in moments
            if (own.dates and said.dates and dates_agree(own.dates, said.dates))
            or (own.times and said.times and times_agree(own.times, said.times))
        ]
        kinds = {(bool(one.dates), bool(one.times)) for one in moments}
        if {(bool(one.dates), bool(one.times)) for one in agreeing} == kinds:
            _found(leaf, query, [(one.start, one.end) for one in agreeing], "stated as a date or time")
            for one in agreeing:
                query.use((one.start, one.end))
            return
        return
    if folded in _SIGNS:
        spans = [span for name in _SIGNS[folded] for span in query.find_text(name)]
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
    if _NUMERIC.fullmatch(folded):
        number = float(re.sub(r",", "", folded)) if folded.count(".") <= 1 else None
        if number is not None:
            _match_number(leaf, query, number, _decimals(number))
        return
    if words and len(words) <= 6:
        places = [
            next((w for w in query.words if same_word(one.text, w.text)), None) for one in words if one.text not in STOP
        ]
        if places and all(place is not None for place in places):
            spots = [(place.start, place.end) for place in places if place is not None]
            _found(leaf, query, spots[:1], "its words are stated", Status.UNDECIDED)
            for spot in spots:
                query.use(spot)


def unused_numbers(query: Query) -> list[Number]:
    """Numbers of the query that no argument uses and that are not part of a date, a code or a quoted text in use."""
    return [
        one
        for one in query.numbers
        if not one.weak
        and not query.is_used(one.start, one.end)
        and not any(moment.start <= one.start < moment.end for moment in query.moments)
        and not any(start <= one.start < end for start, end in query.codes)
    ]


def has_cue(leaf: Leaf, query: Query) -> bool:
    """Whether the query speaks of the parameter."""
    return any(cue in query.stems or any(_akin(cue, said) for said in query.stems) for cue in leaf.cues)


def _akin(one: str, two: str) -> bool:
    short, long = sorted((one, two), key=len)
    return (len(short) >= 4 and long.startswith(short)) or (one in GROUP_OF and GROUP_OF[one] == GROUP_OF.get(two))


def judge_absent(leaf: Leaf, query: Query, leaves: list[Leaf]) -> None:
    """Judge a value that was not found in the query."""
    value = leaf.value
    if isinstance(value, bool):
        _judge_flag(leaf, query)
    elif isinstance(value, int | float):
        _judge_number(leaf, query, leaves)
    elif (members := enum_of(leaf.schema)) and not leaf.in_list:
        _judge_choice(leaf, query, members)
    else:
        _judge_text(leaf, query, str(value), leaves)


def _judge_flag(leaf: Leaf, query: Query) -> None:
    name = stem(leaf.parameter.split("_")[0])
    told = [
        _NO.search(query.text[: word.start]) is not None
        for word in query.words
        if stem(word.text) in leaf.cues and len(word.text) > 3 and stem(word.text) != name
    ]
    if told and (name in {stem(one) for one in _POSITIVE} or name in {stem(one) for one in _NEGATIVE}):
        wanted = not any(told) if name in {stem(one) for one in _POSITIVE} else any(told)
        if any(told) and leaf.value is not wanted:
            leaf.say(Status.UNGROUNDED, f"{leaf.value} where the query says the opposite".lower())
            return
    if leaf.is_default:
        leaf.say(Status.GROUNDED, "default")
    else:
        # People ask for a flag in too many ways ("mugs without lids") for its absence to be sure.
        leaf.say(Status.UNDECIDED, "a flag")


def _judge_number(leaf: Leaf, query: Query, leaves: list[Leaf]) -> None:
    shown = f"{leaf.value!r}"
    unused = unused_numbers(query)
    if leaf.is_default:
        near = [one for one in unused if near_cues(query, (one.start, one.end)) & leaf.cues]
        if near:
            said = query.text[near[0].start : near[0].end]
            leaf.say(Status.UNGROUNDED, f"{shown} is the default, but the query says {said}")
        else:
            leaf.say(Status.GROUNDED, "default")
    elif _CALCULATES.search(query.text) and _is_calculated(float(leaf.value), query):
        leaf.say(Status.UNDECIDED, f"{shown} may be calculated")
    elif unused:
        said = ", ".join(query.text[one.start : one.end].strip() for one in unused[:3])
        leaf.say(Status.UNGROUNDED, f"{shown} is not in the query, which says {said}")
    elif (sibling := _stated_sibling(leaf, leaves)) is not None:
        leaf.say(Status.UNGROUNDED, f"{shown} is not in the query, which says {sibling.value!r} in {sibling.place}")
    elif leaf.optional and leaf.has_default and not _is_named(leaf, query):
        leaf.say(Status.UNGROUNDED, f"nothing in the query asks for {leaf.parameter} = {shown}")
    elif leaf.in_list and abs(leaf.value) > 1 and _fellows_stated(leaf, leaves):
        leaf.say(Status.UNGROUNDED, f"{shown} is not in the query, the rest of its list is")
    else:
        leaf.say(Status.UNDECIDED, f"{shown} is not stated")


def _fellows_stated(leaf: Leaf, leaves: list[Leaf]) -> bool:
    """Whether at least two other numbers of the value's list are stated, and all of them."""
    head = leaf.path.rpartition("[")[0]
    fellows = [
        other
        for other in leaves
        if other is not leaf
        and (other.call, other.parameter) == (leaf.call, leaf.parameter)
        and other.path.rpartition("[")[0] == head
    ]
    return len(fellows) >= 2 and all(other.matched and other.why == "stated" for other in fellows)


def _is_calculated(value: float, query: Query) -> bool:
    """Whether a number is a sum, difference, product or quotient of what the query says."""
    said = sorted(
        {
            each
            for one in query.numbers
            if not one.weak and not any(moment.start <= one.start < moment.end for moment in query.moments)
            for each in one.values[:2]
        }
    )[:24]
    for one in said:
        for two in said:
            results = [one + two, one - two, one * two]
            if two:
                results.append(one / two)
            if any(_close(value, result, 0) for result in results) and value not in (one, two):
                return True
    return False


def _stated_sibling(leaf: Leaf, leaves: list[Leaf]) -> Leaf | None:
    """The same parameter of another call of the same function, if stated."""
    place = re.sub(r"\d+", "", leaf.path)
    for other in leaves:
        alike = other.tool["name"] == leaf.tool["name"] and other.parameter == leaf.parameter
        # Elements of one list differ as they like: a coefficient of 1 is often not said.
        if other.call == leaf.call or not alike or re.sub(r"\d+", "", other.path) != place:
            continue
        if other.matched and other.status is Status.GROUNDED and other.why.startswith("stated"):
            return other
    return None


def _is_named(leaf: Leaf, query: Query) -> bool:
    """Whether the query has a word of the parameter's name."""
    names = content_stems(leaf.parameter.replace("_", " "))
    return any(name == said or _akin(name, said) for name in names for said in query.stems)


def _judge_choice(leaf: Leaf, query: Query, members: list[str]) -> None:
    others = [
        member
        for member in members
        if member != leaf.value and any(not query.is_used(*span) for span in mentions(member, query))
    ]
    if others and not mentions(str(leaf.value), query):
        leaf.say(Status.UNGROUNDED, f"{leaf.value!r} where the query says {others[0]!r}")
    elif leaf.is_default:
        leaf.say(Status.GROUNDED, "default")
    elif leaf.optional and leaf.has_default and not has_cue(leaf, query):
        leaf.say(Status.UNGROUNDED, f"nothing in the query asks for {leaf.parameter} = {leaf.value!r}")
    else:
        leaf.say(Status.UNDECIDED, "a choice that the query does not name")


def mentions(member: str, query: Query) -> list[Span]:
    """Where the query names a member of an enum, by one of its names."""
    words = words_in(fold(member))
    if not words:
        return [span for name in _SIGNS.get(member, ()) for span in query.find_text(name)]
    if len(words) == 1 and len(words[0].text) == 1:
        group = GROUP_OF.get(words[0].text)
        return [
            (word.start, word.end)
            for word in query.words
            if len(word.text) > 1 and GROUP_OF.get(word.text, -1) == group
        ]
    if len(words) == 1 and words[0].text in STOP:
        return []
    return query.find_words(words) or query.find_joined("".join(word.text for word in words))


def _judge_text(leaf: Leaf, query: Query, value: str, leaves: list[Leaf]) -> None:
    folded = fold(value).strip()
    shown = repr(cut(value, 60))
    if is_disguised(value, query.raw):
        leaf.say(
            Status.UNGROUNDED, f"{ascii(value)[:80]} has letters of mixed scripts or invisible ones, the query has not"
        )
        return
    if leaf.is_default:
        leaf.say(Status.GROUNDED, "default")
        return
    if _INJECTED.search(value):
        leaf.say(Status.UNGROUNDED, f"{shown} is code that the query does not have")
        return
    quoted = [span for span in query.quoted if not query.is_used(*span)]
    codes = [span for span in query.codes if not query.is_used(*span)]
    instants = [(one.start, one.end) for one in query.moments if not query.is_used(one.start, one.end)]
    moments = only_moments(folded)
    if moments:
        _judge_moment(leaf, query, shown, moments)
        return
    sibling = _stated_sibling(leaf, leaves)
    if _NUMERIC.fullmatch(folded):
        said = [(one.start, one.end) for one in unused_numbers(query)] + codes
        _against(leaf, query, shown, said, sibling, "is not stated")
        return
    if folded in {"true", "false", "yes", "no", "on", "off", "none", "null"}:
        leaf.say(Status.UNDECIDED, "a flag written as text")
        return
    words = [word for word in words_in(folded) if word.text not in STOP]
    is_code = (
        bool(re.search(r"\d", folded))
        or (value.isupper() and len(value) <= 6)
        or (len(value) <= 5 and bool(_CAMEL.search(value)))
    )
    stated = [word for word in words if any(same_word(word.text, said.text) for said in query.words)]
    if _replaced_word(folded, query):
        leaf.say(Status.UNGROUNDED, f"{shown} differs from the query's wording in a word")
    elif words and len(stated) == len(words):
        leaf.say(Status.UNDECIDED, "its words are stated")
    elif is_code and not _FORMATTED.search(value):
        alike = [span for span in codes + quoted + instants if re.search(r"\d", query.text[slice(*span)])]
        _against(leaf, query, shown, alike, sibling, "a code")
    elif len(stated) * 2 >= len(words) and words:
        near = [span for span in quoted if _overlap(folded, query.text[slice(*span)]) >= 0.6]
        if near and not _FORMATTED.search(folded):
            leaf.say(Status.UNGROUNDED, f"{shown} differs from the quoted text")
        else:
            leaf.say(Status.UNDECIDED, "in part stated")
    elif _FORMATTED.search(value) and sum(len(word.text) >= 4 for word in words) < 2:
        leaf.say(Status.UNDECIDED, "a pattern, a format or signs")
    elif not words:
        leaf.say(Status.UNDECIDED, "signs")
    elif len(words) <= 2 and any(
        len(word.text) <= 3 or any(could_stand_for(word.text, said.text) for said in query.words) for word in words
    ):
        leaf.say(Status.UNDECIDED, "may be an abbreviation")
    else:
        evidence = bool(quoted or codes or instants) or sibling is not None
        _judge_foreign_words(leaf, query, shown, stated=bool(stated), evidence=evidence)


_CAMEL = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")


def _against(leaf: Leaf, query: Query, shown: str, said: list[Span], sibling: Leaf | None, otherwise: str) -> None:
    """Ungrounded where the query says something else of this kind, else undecided."""
    if said:
        leaf.say(Status.UNGROUNDED, f"{shown} is not in the query, which says {query.text[slice(*said[0])].strip()!r}")
    elif sibling is not None:
        leaf.say(Status.UNGROUNDED, f"{shown} is not in the query, which says {sibling.value!r} in {sibling.place}")
    else:
        leaf.say(Status.UNDECIDED, otherwise)


def is_disguised(value: str, raw: str) -> bool:
    """Whether a text mixes look-alike scripts in a word, or holds invisible characters, that the query does not."""
    if value.isascii() or value in raw:
        return False
    if any(unicodedata.category(one) == "Cf" and one not in raw for one in value):
        return True
    for word in re.findall(r"[^\W\d_]+", value):
        scripts = {unicodedata.name(one, "?").split()[0] for one in word if not one.isascii() or one.isalpha()}
        if len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"}) > 1 and word not in raw:
            return True
    return False


def _judge_foreign_words(leaf: Leaf, query: Query, shown: str, stated: bool, evidence: bool) -> None:
    choice = not _CHOICES.isdisjoint(fold(leaf.parameter).split("_")) or bool(enum_of(leaf.schema))
    if stated:
        leaf.say(Status.UNDECIDED, "in part stated")
    elif evidence:
        leaf.say(Status.UNGROUNDED, f"{shown} is not in the query")
    elif choice:
        if leaf.optional and leaf.has_default and not has_cue(leaf, query):
            leaf.say(Status.UNGROUNDED, f"nothing in the query asks for {leaf.parameter} = {shown}")
        else:
            leaf.say(Status.UNDECIDED, "a choice that the query does not name")
    elif _KNOWLEDGE.search(query.text):
        leaf.say(Status.UNDECIDED, f"{shown} may be what the query describes")
    else:
        leaf.say(Status.UNGROUNDED, f"{shown} is not in the query")


def _judge_moment(leaf: Leaf, query: Query, shown: str, moments: list[Moment]) -> None:
    """A date or time that the query does not say: wrong where it says others in full and nothing is relative."""
    wants_date = any(one.dates for one in moments)
    said = [one for one in query.moments if bool(one.dates) == wants_date]
    partly = any(dates_agree(own.dates, one.dates) for own in moments for one in said if own.dates and one.dates)
    unused = [one for one in said if not query.is_used(one.start, one.end)]
    relative = RELATIVE.search(query.text) or _SPAN_OF_TIME.search(query.text)
    clocks = [match.span() for match in _CLOCK.finditer(query.text) if not query.is_used(*match.span())]
    if not wants_date and (unused or clocks):
        other_span = (unused[0].start, unused[0].end) if unused else clocks[0]
        leaf.say(Status.UNGROUNDED, f"{shown} is not in the query, which says {query.text[slice(*other_span)]!r}")
    elif said and not relative and not (partly and wants_date and len(moments) == 1):
        other = (unused or said)[0]
        leaf.say(Status.UNGROUNDED, f"{shown} is not in the query, which says {query.text[other.start : other.end]!r}")
    elif unused and not partly and any(_full(one) for one in unused) and wants_date:
        other = unused[0]
        leaf.say(Status.UNGROUNDED, f"{shown} is not in the query, which says {query.text[other.start : other.end]!r}")
    elif leaf.is_default:
        leaf.say(Status.GROUNDED, "default")
    else:
        leaf.say(Status.UNDECIDED, "a date or time that the query does not spell out")


_CLOCK = re.compile(r"\d{1,3}:\d\d(?::\d\d)?")
_SPAN_OF_TIME = re.compile(r"\b(?:days?|weeks?|months?|years?|hours?|minutes?|quarter|half)\b")


def _full(moment: Moment) -> bool:
    return any(None not in date for date in moment.dates)


def _replaced_word(folded: str, query: Query) -> bool:
    """Whether the query has the text with another word in one place, at least two words beside it being the same."""
    own = [word.text for word in words_in(folded)]
    said = [word.text for word in query.words]
    if len(own) < 3:
        return False
    for i in range(len(said) - len(own) + 1):
        different = [j for j, text in enumerate(own) if not same_word(text, said[i + j])]
        if len(different) == 1 and len(own) - 1 >= 2 and sum(one not in STOP for one in own) >= 2:
            return True
    return False


def _overlap(one: str, two: str) -> float:
    a, b = {word.text for word in words_in(one)}, {word.text for word in words_in(two)}
    return len(a & b) / max(1, len(a | b))


def near_cues(query: Query, span: Span) -> frozenset[str]:
    """Stems of the words around a span, up to the next number, clause or conjunction on either side."""
    if span not in query.beside:
        query.beside[span] = _stems_beside(query, span)
    return query.beside[span]


def _stems_beside(query: Query, span: Span, reach: int = 6) -> frozenset[str]:
    out = set()
    left = [word for word in query.words if word.end <= span[0]][-reach:]
    for word in reversed(left):
        gap = query.text[word.end : span[0]]
        if word.text in _JOINS or _BOUNDARY.search(gap):
            break
        out.add(stem(word.text))
    right = [word for word in query.words if word.start >= span[1]][:reach]
    for word in right:
        gap = query.text[span[1] : word.start]
        if word.text in _JOINS or _BOUNDARY.search(gap):
            break
        out.add(stem(word.text))
    for one in query.numbers:
        if (one.start, one.end) == span:
            out |= _UNIT_CUES.get(one.unit, frozenset())
            rest = re.match(r"\s?(m/s|km/h|mi/h|m/s\^?2|[a-z°%/]+)", query.text[one.end :])
            if rest:
                out |= _UNIT_CUES.get(rest.group(1), frozenset())
            break
    return frozenset(out)


_UNIT_CUES = {
    unit: frozenset(stem(word) for word in quantities.split())
    for units, quantities in (
        ("m/s km/h kmh mph knots knot kph mi/h ft/s", "speed velocity"),
        ("hz khz mhz ghz hertz", "frequency"),
        ("kg g mg lb lbs pounds kilograms grams kilos oz ounces tonnes tons", "mass weight"),
        ("°c °f celsius fahrenheit kelvin degrees c", "temperature"),
        ("$ € £ ¥ dollars euros pounds usd eur gbp bucks",
         "price amount principal cost income balance salary payment money loan revenue deposit fee budget "
         "investment total"),
        ("% percent pct",
         "rate percent percentage probability discount tax margin share interest markup growth confidence tip"),
        ("v volt volts", "voltage"), ("ohm ohms", "resistance resistor"), ("a amp amps ma", "current"),
        ("w watt watts kw", "power"),
        ("years year yrs", "time period duration term year age"), ("months month", "time period duration term month"),
        ("days day", "time period duration day"), ("hours hour hrs h", "time duration hour"),
        ("minutes minute min mins", "time duration minute"), ("seconds second s sec", "time duration second"),
        ("km m cm mm meters metres miles mi feet ft inches yards kilometers kilometres",
         "distance length height width radius depth diameter side"),
        ("l ml litres liters litre liter gallons", "volume"), ("j kj joules", "energy"), ("n newtons newton", "force"),
        ("pa kpa bar atm psi", "pressure"), ("mol moles mole", "mole"),
        ("people persons guests friends", "people person"),
    )
    for unit in units.split()
}  # fmt: skip


_BOUNDARY = re.compile(r"[.,;?!]\s|\d")
_JOINS = frozenset({"and", "or", "then", "but", "while", "plus"})
