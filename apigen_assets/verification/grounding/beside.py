"""What the words of a query say of a place in it, or of a parameter."""

import re
from bisect import bisect_left

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.english import GROUP_OF, STOP, fold, names_same, stem, words_in
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.query import Query, Span

SIGNS = {
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
"""Signs by the names people give them."""


SIGN_CODES = {"$": "usd cad aud nzd sgd hkd mxn", "€": "eur", "£": "gbp", "¥": "jpy cny", "₹": "inr"}
"""Currencies that a sign may stand for, folded."""


def unused_numbers(query: Query) -> list[Number]:
    """Numbers of the query that no argument uses and that are not part of a date, a code or a quoted text in use."""
    unused = [number for number in query.numbers if not number.weak and not query.is_used(number.start, number.end)]
    if not unused:
        return unused
    inside = [(moment.start, moment.end) for moment in query.moments] + query.codes
    return [number for number in unused if not any(start <= number.start < end for start, end in inside)]


def left_numbers(query: Query) -> list[Number]:
    """Numbers of the query that no argument takes, nor stands wrongly for."""
    return [number for number in unused_numbers(query) if (number.start, number.end) not in query.blamed]


def has_cue(leaf: Leaf, query: Query) -> bool:
    """Whether the query speaks of the parameter."""
    return any(cue in query.stems or any(akin(cue, said) for said in query.stems) for cue in leaf.cues)


def akin(one: str, two: str) -> bool:
    """Whether one stem begins with the other, or both name one thing."""
    short, long = sorted((one, two), key=len)
    return (len(short) >= 4 and long.startswith(short)) or (one in GROUP_OF and GROUP_OF[one] == GROUP_OF.get(two))


def mentions(member: str, query: Query) -> list[Span]:
    """Where the query surely names a member of an enum, by one of its names."""
    words = words_in(fold(member))
    if not query.english:
        return query.find_text(fold(member)) if len(member) > 3 else []
    if not words:
        return [span for name in SIGNS.get(member, ()) for span in query.find_text(name)]
    if len(words) == 1 and words[0].text in STOP:
        return []
    if len(words) == 1 and len(words[0].text) <= 2:
        own = words[0].text
        return [
            (word.start, word.end)
            for word in query.words
            if (
                word.text == own and _is_unit_here(word.start, query)
                if len(word.text) <= 2
                else names_same(own, word.text)
            )
        ]
    out = []
    for i in range(len(query.words) - len(words) + 1):
        if all(names_same(own.text, query.words[i + j].text) for j, own in enumerate(words)):
            out.append((query.words[i].start, query.words[i + len(words) - 1].end))
    return out or query.find_joined("".join(word.text for word in words))


def _is_unit_here(start: int, query: Query) -> bool:
    """Whether a short symbol stands where a unit does: behind a number, or behind another unit's `to`."""
    return re.search(r"\d\s?$", query.text[max(0, start - 3) : start]) is not None


def near_cues(query: Query, span: Span) -> frozenset[str]:
    """Stems of the words around a span, up to the next number, clause or conjunction, and what its unit measures."""
    if span not in query.beside:
        query.beside[span] = near_words(query, span) | _cues_of_unit(query, span)
    return query.beside[span]


def near_words(query: Query, span: Span) -> frozenset[str]:
    """As `near_cues`, without what a number's unit says."""
    key = (span[0], -1 - span[1])
    if key not in query.beside:
        query.beside[key] = _stems_beside(query, span)
    return query.beside[key]


_NOUNS = {
    "high": "height", "tall": "height", "wide": "width", "broad": "width", "long": "length", "deep": "depth",
    "thick": "thickness", "across": "diameter", "heavy": "weight", "weighs": "weight", "weighing": "weight",
    "weigh": "weight", "old": "age", "aged": "age", "fast": "speed", "costs": "price", "tilted": "tilt",
}  # fmt: skip
"""Words behind or before a number by the noun that a parameter has for them."""


def _stems_beside(query: Query, span: Span, reach: int = 6) -> frozenset[str]:
    near: list[str] = []
    text = query.text
    # Words do not overlap: those that end by a place are those that begin before it, but for one that it is inside.
    behind = bisect_left(query.word_starts, span[0])
    if behind and query.words[behind - 1].end > span[0]:
        behind -= 1
    before = query.words[max(0, behind - reach) : behind]
    boundaries = [match.start() for match in _BOUNDARY.finditer(text, before[0].end, span[0])] if before else []
    for word in reversed(before):
        if word.text in _JOINS or (boundaries and word.end <= boundaries[-1]):
            break
        near.append(word.text)
    ahead = bisect_left(query.word_starts, span[1])
    boundary = _BOUNDARY.search(text, span[1])
    for word in query.words[ahead : ahead + reach]:
        if word.text in _JOINS or (boundary and boundary.end() <= word.start):
            break
        near.append(word.text)
    return frozenset([stem(text) for text in near] + [stem(_NOUNS[text]) for text in near if text in _NOUNS])


def _cues_of_unit(query: Query, span: Span) -> frozenset[str]:
    numbers = query.numbers_at.get(span)
    if numbers is None:
        return frozenset()
    cues = _UNIT_CUES.get(numbers[0].unit, frozenset())
    rest = _UNIT_BEHIND.match(query.text, numbers[0].end)
    return cues | _UNIT_CUES.get(rest[1], frozenset()) if rest else cues


_UNIT_BEHIND = re.compile(r"\s?(m/s|km/h|mi/h|m/s\^?2|[a-z°%/]+)")


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
