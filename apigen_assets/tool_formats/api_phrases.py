"""An API's documentation as phrases of a query: what people ask for, and what they call its parameters."""

import random
import re
from dataclasses import dataclass

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.filler_text import without_filler


def word_set(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


@dataclass(frozen=True)
class Request:
    """What a description asks for, in the forms the templates need."""

    verb: str
    """Imperative phrase, such as `calculate the area of a circle`."""
    noun: str | None
    """Its object, such as `the area of a circle`, where the verb is one of giving."""
    whether: str | None
    """The clause after `whether`, where the description asks for a check."""


_GIVING = word_set(
    "measure calculate compute get return retrieve fetch find determine give provide estimate evaluate obtain "
    "derive list look"
)
_CHECKING = word_set("check determine test verify tell decide validate see")
_OPENERS = re.compile(
    r"^(?:(?:this|the) (?:endpoint|api|function|method|tool|operation)\s+"
    r"(?:will |can |is used to |allows? (?:you|users?) to |lets you )?"
    r"|use this (?:endpoint|api|function|tool) to |allows? (?:you|users?) to |used to "
    r"|endpoint (?:to|for) |api (?:to|for) )",
    re.IGNORECASE,
)
_CUTS = re.compile(
    r"(?:,|;|:| \(| -|\s(?:(?:for|at|on|to|with|of|in|by|from) )?(?:an? )?"
    r"(?:given|using|based on|by using|provided|assuming|"
    r"where|which|such that|so that|returning|according to|via|if they|when|from its|from their))\b.*$|[;:(].*$",
    re.IGNORECASE,
)  # fmt: skip
_INSTANCES = re.compile(r",? \(?(?:such as|for example|for instance|e\. ?g\.)\s[^.)]*(?:\.\w[^.)]*)*\)?", re.IGNORECASE)
"""Documentation's instances, which a request does not repeat."""
_THIRD = re.compile(r"(?:(?<=[^s])s|(?<=ch|sh|ss|zz)es|(?<=x)es)$")
_IRREGULAR = {
    "does": "do",
    "has": "have",
    "goes": "go",
    "is": "be",
    "applies": "apply",
    "classifies": "classify",
    "identifies": "identify",
    "verifies": "verify",
    "simplifies": "simplify",
    "multiplies": "multiply",
}
_SUBJECT = re.compile(
    r"\b(?:a|an|the|one|two|its|some|any)?\s*(?:given|specified|single|provided|input)?\s*"
    r"\b(?P<noun>numbers?|integers?|strings?|texts?|lists?|words?|sentences?|dates?|polynomial|matrix|year|city|country|"
    r"e-?mail address|url|address|phrase|expression|sequence|name|password|formula|roman numeral|"
    r"ip address|country code|movie|song|ticker|fraction|url|web address|title)\b"
    r"(?! (?:of|or|and|in|up|that|with|which|is|are)\b|'|, \w+ and\b)",
    re.IGNORECASE,
)
_UNITS = (
    ("km", "km", "kilomet(?:er|re)s"),
    ("kmh", "km/h", "(?:km/h|kilomet(?:er|re)s per hour)"),
    ("mps|ms", "m/s", "(?:m/s|met(?:er|re)s per second)(?! squared)"),
    ("kg", "kg", "kilograms"),
    ("g", "g", "grams"),
    ("cm", "cm", "centimet(?:er|re)s"),
    ("mm", "mm", "millimet(?:er|re)s"),
    ("m", "m", "met(?:er|re)s(?! per)"),
    ("celsius|c", "°C", "(?:degrees )?celsius"),
    ("fahrenheit|f", "°F", "(?:degrees )?fahrenheit"),
    ("kelvin|k", "K", "kelvins?"),
    ("hours?", "hours", "hours"),
    ("minutes?|min", "minutes", "minutes"),
    ("seconds?|s", "seconds", "seconds"),
    ("years?", "years", "years"),
    ("months?", "months", "months"),
    ("days?", "days", "days"),
    ("volts?|v", "volts", "volts"),
    ("amps?|a", "amperes", "amperes"),
    ("ohms?", "ohms", "ohms"),
    ("watts?|w", "watts", "watts"),
    ("newtons?", "newtons", "newtons"),
    ("joules?|j", "joules", "joules"),
    ("miles", "miles", "miles"),
    ("percent|pct", "percent", "(?:a )?percent(?:age)?"),
    ("hz", "Hz", "hertz"),
    ("pa", "Pa", "pascals?"),
    ("nm", "nm", "nanomet(?:er|re)s"),
    ("degrees?|deg", "degrees", "degrees(?! c| f)"),
    ("lit(?:er|re)s?|l", "liters", "lit(?:er|re)s(?! per)"),
    ("moles?|mol", "moles", "moles"),
    ("ml", "ml", "millilit(?:er|re)s"),
    ("mg", "mg", "milligrams"),
)
"""Endings of parameter names, the unit as written, and the unit in descriptions (`in metres`, `as a percentage`)."""
_UNITS_COMPILED = tuple(
    (re.compile(rf"(?<!_per)_(?:{ending})$"), unit, re.compile(rf"\b(?:in|as) {described}\b", re.IGNORECASE))
    for ending, unit, described in _UNITS
)


def request_of(name: str, description: str) -> Request:
    """The request in an API's first sentence, or in its name where the description says nothing."""
    plain = _INSTANCES.sub("", re.sub(r"[*`#]+", "", without_filler(description)))
    first = re.split(r"(?<=[^.A-Z])\.(?:\s|$)|\n", " ".join(plain.split()) + " ")[0].strip(" .")
    first = _OPENERS.sub("", first).strip()
    if not re.search(r"[a-zA-Z]{3}", first):
        first = name_words(name) or name
    words = first.split()
    question = re.match(r"(is|are|was|were) (today|tomorrow|it|this|there) (.+)", first, re.IGNORECASE)
    if question:
        clause = f"{question[2].lower()} {question[1].lower()} {_short(question[3], 16)}"
        return Request(f"check whether {clause}", None, clause)
    if re.match(r"(is|are|was|were|does|has)\b", first, re.IGNORECASE) and len(words) > 2:
        return Request(f"tell me: {lower_first(first)}", None, None)
    verb = _base(words[0])
    rest = " ".join(words[1:])
    checks = re.match(r"(?:whether|if)\s+(.*)", rest, re.IGNORECASE)
    if checks and (verb in _CHECKING or verb == "return"):
        clause = _short(checks[1], 18)
        return Request(f"check whether {clause}", None, clause)
    if not _is_verb(words[0], verb, words[1].lower() if len(words) > 1 else ""):
        thing = lower_first(_short(first, 16))
        thing = thing if re.match(r"(the|a|an)\b", thing) else f"the {thing}"
        return Request(f"get {thing}", thing, None)
    shortened = _short(rest, 16)
    noun = None
    if verb in _GIVING and shortened:
        noun = (
            shortened
            if re.match(r"(the|a|an|all|every|how|what|which|where|when|whether|by how|after how)\b", shortened, re.I)
            else f"the {shortened}"
        )
        noun = lower_first(noun)
    return Request(f"{verb} {shortened}".strip(), noun, None)


def subject_slot(request: Request) -> re.Match[str] | None:
    """Where the phrase speaks of `a number` or `the given text`, whose place a single argument can take."""
    phrase = request.whether or request.verb
    # Without an article the noun may be part of another (`account number`), unless it follows the verb.
    slots = [
        match
        for match in _SUBJECT.finditer(phrase)
        if " " in match[0].strip() or len(phrase[: match.start("noun")].split()) == 1
    ]
    return slots[-1] if slots else None


def name_words(name: str) -> str:
    """`getUserInfo` and `get_user_info` as `get user info`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[_\-.\s]+", " ", spaced).strip().lower()


def unit_of(name: str, schema: JsonObject) -> str:
    """The unit of a number, by its name's ending or its description; empty where none is told."""
    if schema.get("type") not in ("number", "integer"):
        return ""
    for ending, unit, _ in _UNITS_COMPILED:
        if ending.search(name):
            return unit
    for _, unit, described in _UNITS_COMPILED:
        if described.search(str(schema.get("description", ""))):
            return unit
    return ""


def label_of(name: str, schema: JsonObject, rng: random.Random) -> str:
    """What people call a parameter: its name in words, or the head of its description."""
    words = name_words(name)
    for ending, _, _ in _UNITS_COMPILED:
        if ending.search(name):
            words = name_words(ending.sub("", name)) or words
            break
    described = re.split(r"[.,;:(]| in | for | from | as | that | which ", str(schema.get("description", "")))[0]
    head = re.sub(r"^(?:the|a|an|optional|required)\s+", "", described.strip(), flags=re.IGNORECASE)
    plain = re.fullmatch(r"[A-Za-z' -]+", head) and not re.match(r"(?:where|what|which|how|whether|if)\b", head, re.I)
    if plain and len(head.split()) <= 4:
        if len(words) <= 2:
            return lower_first(head)
        if words.split()[-1] in head.lower() and rng.random() < 0.2:
            return lower_first(head)
    return words


def lower_first(text: str) -> str:
    """First letter in lower case, unless the first word is an acronym or `I`."""
    stripped = text.lstrip()
    first = stripped.split(" ", 1)[0]
    if (len(first) > 1 and first[:2].isupper()) or first in ("I", "I'm", "I'd", "I've"):
        return text
    lead = len(text) - len(stripped)
    return text[:lead] + stripped[:1].lower() + stripped[1:]


def _base(word: str) -> str:
    lower = word.lower()
    return _IRREGULAR.get(lower) or _THIRD.sub("", lower)


def _is_verb(word: str, base: str, following: str) -> bool:
    if base in _GIVING or base in _CHECKING or base in _VERBS or following in _AFTER_VERBS:
        return True
    return word.lower() != base and word.lower().endswith("s") and base not in _NOUNS


_VERBS = word_set(
    "describe spread summarise rescale smooth follow turn rewrite hide name rate tell work spell swap compose "
    "resolve execute run fetch monitor track visit stream subscribe authenticate register book reserve cancel "
    "play guess grade schedule add apply approximate arrange balance break build capitalize classify collect "
    "combine compare compress convert count create decode decompose define deliver detect differentiate "
    "display divide download draw encode encrypt decrypt enumerate expand explore extract filter fit flatten "
    "format forecast generate group hash identify integrate interpolate invert join load make map mask measure "
    "merge modify multiply normalize order pad parse partition permute pick plan predict project query rank "
    "read recommend reduce remove replace report reverse rotate round sample scale scan score search select "
    "send show shift simplify simulate slice solve sort split subtract suggest sum summarize swap tokenize "
    "transform translate transpose trim turn update upload use write rearrange allocate assign assess analyse "
    "analyze calculate "
)
_AFTER_VERBS = word_set("a an the how which what whether if all some any one two each every your its this")
_NOUNS = word_set("new detail statistic new-")


def _short(text: str, words: int) -> str:
    cut = _CUTS.sub("", text).strip(" ,.")
    if len(cut.split()) < 2:
        cut = text.strip(" ,.")
    parts = cut.split()[:words]
    while len(parts) > 2 and parts[-1].lower() in _DANGLING:
        parts.pop()
    return " ".join(parts)


_DANGLING = word_set("a an the of in on for to with and or by from at as is are that its their")
