"""What speaks against a number that the query does not contain."""

import re

from apigen_assets.verification.grounding.arguments import Leaf, Status
from apigen_assets.verification.grounding.beside import akin, near_cues, unused_numbers
from apigen_assets.verification.grounding.english import content_stems, stem
from apigen_assets.verification.grounding.finding import Rule
from apigen_assets.verification.grounding.follows import follows, may_be_calculated
from apigen_assets.verification.grounding.match import could_say
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.number_words import ORDINALS
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.grounding.times import RELATIVE


def numbers_that_fit(leaf: Leaf, query: Query) -> list[Number]:
    """Numbers of the query that no argument uses and that could be the value of this parameter."""
    return [number for number in unused_numbers(query) if _fits(number, leaf)]


def _fits(number: Number, leaf: Leaf) -> bool:
    schema, value = leaf.schema, number.values[0]
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "integer" in kinds and "number" not in kinds and value != int(value):
        return False
    if isinstance(schema.get("enum"), list) and not any(value == member for member in schema["enum"]):
        return False
    low, high = schema.get("minimum"), schema.get("maximum")
    if (isinstance(low, int | float) and value < low) or (isinstance(high, int | float) and value > high):
        return False
    return could_say(number, leaf)


def judge_number(leaf: Leaf, query: Query, leaves: list[Leaf]) -> None:
    """Judge a number that was not found in the query."""
    value = float(leaf.value)
    shown = f"{leaf.value!r}"
    unused = numbers_that_fit(leaf, query)
    said = ", ".join(query.text[number.start : number.end].strip() for number in unused[:3])
    if leaf.is_default:
        near = [number for number in unused if near_cues(query, (number.start, number.end)) & leaf.cues]
        # What one of several calls takes is said of that call.
        taken = any(
            fellow.call != leaf.call and fellow.parameter == leaf.parameter and not fellow.is_default
            for fellow in leaves
        )
        several = len({fellow.call for fellow in leaves if fellow.tool.name == leaf.tool.name}) > 1
        if near and several and not taken:
            text = query.text[near[0].start : near[0].end].strip()
            leaf.ask(Rule.NUMBER_LEFT_OVER, f"{shown} is the default, and no call takes {text}, which the query says")
        elif near and not taken:
            query.blamed.append((near[0].start, near[0].end))
            text = query.text[near[0].start : near[0].end].strip()
            leaf.against(Rule.DEFAULT_BUT_SAID, f"{shown} is the default, but the query says {text}")
        else:
            leaf.say(Status.GROUNDED, "default")
        return
    if not unused:
        unused = _free_ordinals(leaf, query)
        said = ", ".join(query.text[number.start : number.end].strip() for number in unused[:3])
    dropped = next((number for number in query.numbers if number.amount == -value < 0 and number.digits), None)
    if dropped is not None and leaf.in_list and query.is_used(dropped.start, dropped.end):
        dropped = None  # of another one: `x - y = -1`
    if dropped is not None:
        text = query.text[dropped.start : dropped.end].strip()
        leaf.against(Rule.SIGN_LOST, f"{shown} has lost its sign: the query says {text}")
        return
    why = _without_saying(leaf, value, query) or follows(value, leaf, query)
    twin = next((number for number in unused if is_slip(_plain(leaf.value), _written(number))), None)
    sibling = stated_sibling(leaf, leaves)
    said_of_others = bool(unused) or sibling is not None
    if twin is not None and why in {None, "by arithmetic"} and _may_be_counted(leaf, value, twin, query):
        leaf.ask(Rule.DERIVABLE_NUMBER, f"{shown} may be counted from {said}, which the query says")
    elif twin is not None and why in {None, "by arithmetic"}:
        query.blamed.append((twin.start, twin.end))
        text = query.text[twin.start : twin.end].strip()
        leaf.against(Rule.DIGITS_DIFFER, f"{shown} is not in the query, which says {text}")
    elif (fellow := _rival_in_list(leaf, unused, leaves)) is not None:
        query.blamed.append((fellow.start, fellow.end))
        text = query.text[fellow.start : fellow.end].strip()
        leaf.against(Rule.ELEMENT_DIFFERS, f"{shown} is not in the query, which lists {text}")
    elif why == _NUMBERED and not re.search(r"\d", _described(leaf)):
        # Nobody can know it: no list of numbers and names is given.
        leaf.ask(Rule.UNSTATED_NUMBER, f"{shown} is not stated, and may be the number of what is named")
    elif why is not None and why not in {"by arithmetic", "by sign"}:
        leaf.say(Status.UNDECIDED, f"{shown} may follow {why}")
    elif why is not None and not unused:
        leaf.against(Rule.DERIVABLE_NUMBER, f"{shown} is not in the query; it may follow {why}")
    elif why is not None:
        query.blamed += [(number.start, number.end) for number in unused]
        leaf.against(Rule.DERIVABLE_NUMBER, f"{shown} is not in the query, which says {said}; it may be calculated")
    elif (
        value == 0
        and said_of_others
        and not any(near_cues(query, (each.start, each.end)) & leaf.cues for each in unused)
    ):
        leaf.against(Rule.DERIVABLE_NUMBER, f"{shown} is not in the query; it may mean that there is none")
    elif _is_counted(leaf, value, query):
        leaf.ask(Rule.DERIVABLE_NUMBER, f"{shown} is not in the query; it may count those that the query names")
    elif (tenfold := _shifted(leaf, value, query)) is not None:
        leaf.against(Rule.SHIFTED, f"{shown} is not in the query, which says {tenfold}")
    elif unused:
        query.blamed += [(number.start, number.end) for number in unused]
        sure = _is_said_plainly(leaf, unused, query) and not may_be_calculated(value, query)
        rule = Rule.OTHER_NUMBER if sure else Rule.MAY_BE_OTHER_NUMBER
        leaf.against(rule, f"{shown} is not in the query, which says {said}")
    elif sibling is not None:
        leaf.against(Rule.SIBLING_SAYS, f"{shown} is not in the query, which says {sibling.value!r} in {sibling.place}")
    elif RELATIVE.search(query.text) and (1900 <= value <= 2100 or _is_of_calendar(leaf)):
        leaf.ask(Rule.UNSTATED_NUMBER, f"{shown} may be of a day that the query describes, and is not stated")
    elif (
        leaf.optional
        and value != 0
        and (leaf.has_default or _DEFAULT.search(_described(leaf)))
        and not _is_named(leaf, query)
    ):
        leaf.against(Rule.INVENTED_OPTIONAL, f"nothing in the query asks for {leaf.parameter} = {shown}")
    elif _is_invented(leaf, value, query, leaves):
        leaf.against(Rule.INVENTED_NUMBER, f"{shown} is not in the query, nor anything it could follow from")
    else:
        leaf.ask(Rule.UNSTATED_NUMBER, f"{shown} is not stated")


_PARTS = re.compile(
    r"\b(?:half|halves|thirds?|quarters?|fifths?|tenths?|doubl\w+|twice|tripl\w+|dozens?|pairs?|couple|decades?|century|"
    r"centuries|fortnights?|k|grand|percent|per cent|share|ratio|in \d+|out of|every|each|per)\b|%"
)


def _is_said_plainly(leaf: Leaf, said: list[Number], query: Query) -> bool:
    """Whether a whole number is wanted, and the ones the query says are whole, in digits and in no other unit."""
    if float(leaf.value) != int(leaf.value) or abs(leaf.value) < 2 or leaf.scale is not None:
        return False
    plain = all(
        number.digits
        and number.amount == int(number.amount)
        and not number.share
        and (leaf.wanted is None or number.measure in {"", leaf.wanted})
        for number in said
    )
    in_words = any(
        not number.digits and query.text[number.start : number.end].split(" ")[0] not in {"a", "an"}
        for number in query.numbers
        if not query.is_used(number.start, number.end)
    )
    return plain and not in_words and not _PARTS.search(query.text)


_DEGREE = re.compile(
    r"\b(?:high|higher|low|lower|good|great|large|small|cheap|short|long|fast|slow|young|old|top|best|strong|weak)\s+"
    r"(?:\w+\s+)?([a-z]+)"
)
"""A number that the query leaves to the reader: `a high average rating`."""
_DEFAULT = re.compile(r"\bdefaults?\b")


_NUMBERED = "as the number of what is named"


def _described(leaf: Leaf) -> str:
    return str(leaf.schema.get("description") or "").casefold()


def _without_saying(leaf: Leaf, value: float, query: Query) -> str | None:
    """Why a number needs not be said: one of something, the number of a thing in a list, a year in two digits."""
    if value == 1 and (leaf.in_list or any(word.text in {"a", "an", "one"} for word in query.words)):
        return "by arithmetic"
    if re.search(r"(?:^|_)ids?(?:_|$)|[a-z]Ids?$", leaf.parameter):
        return _NUMBERED
    if (
        "year" in leaf.parameter.casefold()
        and 1900 <= value <= 2099
        and any(number.values[0] == value % 100 for number in query.numbers)
    ):
        return "as a year in two digits"
    return None


def _may_be_counted(leaf: Leaf, value: float, said: Number, query: Query) -> bool:
    """Whether a year, or the number of a month or week, may be one that the query counts from another (`last year`)."""
    is_year = 1000 <= value <= 2999 and 1000 <= said.amount <= 2999 and "year" in f"{leaf.argument.folded} {query.text}"
    return (is_year or _is_of_calendar(leaf)) and _COUNTED.search(query.text) is not None


_COUNTED = re.compile(
    r"\b(?:last|next|previous|following|coming|past|this|prior)\s+(?:\w+\s+){0,2}(?:year|month|week|quarter|season|decade)"
    r"|\b(?:years?|months?|weeks?|decades?)(?:\s+and\s+a\s+half)?\s+(?:ago|later|earlier|before|after|from|hence|back|on)\b"
    r"|\b(?:the\s+(?:year|month|week)\s+(?:before|after))|\bin\s+\w+\s+(?:years|months|weeks)\b"
)
"""Words that count a year, month or week from another one."""

_PEOPLE = content_stems(
    "adults guests people person passengers travelers party kids child children seats tickets players participants "
    "attendees diners occupants members visitors"
)
_COMPANY = re.compile(
    r"\b(?:me and|and me|and i|us|we|our|my (?:wife|husband|partner|girlfriend|boyfriend|fiance|family|kids?|children|"
    r"son|daughter|friends?|colleagues?|parents?|mother|father|mom|mum|dad|brothers?|sisters?|boss|team|girls|boys)|"
    r"couple|alone|myself|by myself|solo|just me|only me|with (?:a|my|his|her|their|two|three|four) )\b"
)
"""Words that say how many people come without counting them."""


def _shifted(leaf: Leaf, value: float, query: Query) -> str | None:
    """A number of the query that is ten times as much, or a tenth; no unit or share explains such a step."""
    if leaf.scale is not None or leaf.wanted is not None:
        return None
    return next(
        (
            number.digits
            for number in query.numbers
            if number.digits and not number.measure and min(value, number.amount) >= 10
            and max(value, number.amount) == 10 * min(value, number.amount)
            and not query.is_used(number.start, number.end)
        ),
        None,
    )  # fmt: skip


def _is_counted(leaf: Leaf, value: float, query: Query) -> bool:
    """Whether a number counts the people a query speaks of, or the names in it."""
    if leaf.in_list or value != int(value) or not 1 <= value <= 12:
        return False
    if content_stems(leaf.parameter.replace("_", " ")) & _PEOPLE and _COMPANY.search(query.text):
        return True
    return value > 1 and value == len(query.names)


def _is_of_calendar(leaf: Leaf) -> bool:
    return not {"day", "month", "year", "week", "hour", "minute"}.isdisjoint(leaf.parameter.casefold().split("_"))


def _free_ordinals(leaf: Leaf, query: Query) -> list[Number]:
    """Ordinals in words that no argument uses, for a parameter that counts."""
    if leaf.in_list or leaf.schema.get("type") != "integer":
        return []
    return [
        number
        for number in query.numbers
        if query.text[number.start : number.end] in ORDINALS.keys() - {"second", "first"}
        and not query.is_used(number.start, number.end)
        and _fits(number, leaf)
    ]


def _is_invented(leaf: Leaf, value: float, query: Query, leaves: list[Leaf]) -> bool:
    """A number with more than two digits where the query has none at all, or an odd one out in a stated list."""
    if leaf.in_list:
        return abs(value) > 1 and len(_fellows(leaf, leaves)) >= 2
    if "year" in leaf.parameter.casefold() and 1000 <= value <= 2100 and query.names:
        return False  # of an event that the query names
    if any(match[1] and stem(match[1]) in leaf.cues for match in _DEGREE.finditer(query.text)):
        return False
    digits = len(re.sub(r"[^1-9]", "", _plain(leaf.value)))
    said = any(not number.weak for number in query.numbers) or bool(query.moments) or re.search(r"\d", query.text)
    return not said and digits >= 2


def _plain(value: object) -> str:
    text = repr(value)
    return text.removesuffix(".0").lstrip("-")


def _written(number: Number) -> str:
    if number.digits:
        if number.digits.replace(",", ".") == _plain(number.amount):
            return _plain(number.amount)  # `1,63` where a comma stands before decimals
        return re.sub(r"[ ,](?=\d{3})", "", number.digits)
    return _plain(number.values[0])


def is_slip(one: str, two: str) -> bool:
    """Whether two numbers or codes differ as a slip of the pen does: two places changed round, or one other digit.

    Texts of two characters only count where they are each other's reverse; a shift of the decimal point is none.
    """
    if one == two or one.rstrip("0.") == two.rstrip("0.") or one.replace(".", "") == two.replace(".", ""):
        return False
    if len(one) == len(two):
        places = [i for i, (a, b) in enumerate(zip(one, two, strict=True)) if a != b]
        if len(places) == 2:
            i, j = places
            return one[i] == two[j] and one[j] == two[i] and "." not in one[i] + one[j]
        return len(places) == 1 and len(one) >= 4 and "." not in one[places[0]] + two[places[0]]
    short, long = sorted((one, two), key=len)
    if len(long) - len(short) == 1 and len(short) >= 4:
        return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
    return False


def _fellows(leaf: Leaf, leaves: list[Leaf]) -> list[Leaf]:
    """The other values of a list, where all of them are stated."""
    head = leaf.path.rpartition("[")[0]
    fellows = [
        fellow
        for fellow in leaves
        if fellow is not leaf
        and (fellow.call, fellow.parameter) == (leaf.call, leaf.parameter)
        and fellow.path.rpartition("[")[0] == head
        and re.fullmatch(r"(?:\[\d+\])+", fellow.path)
    ]
    return fellows if fellows and all(fellow.matched and fellow.why == "stated" for fellow in fellows) else []


def _rival_in_list(leaf: Leaf, unused: list[Number], leaves: list[Leaf]) -> Number | None:
    """An unused number in the enumeration in which all other values of the list stand."""
    if not leaf.in_list or not (fellows := _fellows(leaf, leaves)):
        return None
    starts, ends = zip(*(fellow.spans[0] for fellow in fellows), strict=True)
    return next((number for number in unused if min(starts) - 12 <= number.start <= max(ends) + 12), None)


def stated_sibling(leaf: Leaf, leaves: list[Leaf]) -> Leaf | None:
    """The same parameter of another call of the same function, if stated."""
    place = re.sub(r"\d+", "", leaf.path)
    for sibling in leaves:
        alike = sibling.tool.name == leaf.tool.name and sibling.parameter == leaf.parameter
        # Elements of one list differ as they like: a coefficient of 1 is often not said.
        if sibling.call == leaf.call or not alike or re.sub(r"\d+", "", sibling.path) != place:
            continue
        if sibling.matched and sibling.status is Status.GROUNDED and sibling.why.startswith("stated"):
            return sibling
    return None


def _is_named(leaf: Leaf, query: Query) -> bool:
    """Whether the query has a word of the parameter's name."""
    names = content_stems(leaf.parameter.replace("_", " "))
    return any(name == said or akin(name, said) for name in names for said in query.stems)
