"""Queries by grammar: an API's description becomes a request, its arguments become phrases.

A query is a list of pieces, each text or a value, so that spelling mistakes and casing never touch a value.
"""

import contextlib
import datetime as dt
import json
import random
import re
from dataclasses import dataclass

from apigen_assets.files.json_types import JsonObject
from resources.local.standin.words import word_set

Pieces = list[tuple[str, bool]]
"""Text pieces in order; true where the piece says a value."""


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
    r"^(?:this (?:endpoint|api|function|method|tool|operation)\s+"
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
    r"(?! (?:of|or|and|in|up|that|with|which|is|are)\b|')",
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
_NUMBER_WORDS: list[str] = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty",
)


def request_of(name: str, description: str) -> Request:
    """The request in an API's first sentence, or in its name where the description says nothing."""
    first = re.split(r"(?<=[^.A-Z])\.(?:\s|$)|\n", " ".join(description.split()) + " ")[0].strip(" .")
    first = _OPENERS.sub("", first).strip()
    if not re.search(r"[a-zA-Z]{3}", first):
        first = name_words(name) or name
    words = first.split()
    verb = _base(words[0])
    rest = " ".join(words[1:])
    checks = re.match(r"(?:whether|if)\s+(.*)", rest, re.IGNORECASE)
    if checks and (verb in _CHECKING or verb == "return"):
        clause = _short(checks[1], 18)
        return Request(f"check whether {clause}", None, clause)
    if not _is_verb(words[0], verb, words[1].lower() if len(words) > 1 else ""):
        thing = _lower(_short(first, 16))
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
        noun = _lower(noun)
    return Request(f"{verb} {shortened}".strip(), noun, None)


def subject_slot(request: Request) -> re.Match[str] | None:
    """Where the phrase speaks of `a number` or `the given text`, whose place a single argument can take."""
    phrase = request.whether or request.verb
    # Without an article the noun may be part of another (`account number`), unless it follows the verb.
    found = [
        match
        for match in _SUBJECT.finditer(phrase)
        if " " in match[0].strip() or len(phrase[: match.start("noun")].split()) == 1
    ]
    return found[-1] if found else None


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
            return _lower(head)
        if words.split()[-1] in head.lower() and rng.random() < 0.2:
            return _lower(head)
    return words


def say(value: object, name: str, schema: JsonObject, rng: random.Random) -> str:
    """A value as people write it; mostly its JSON text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _say_text(value, schema, rng)
    if isinstance(value, int | float):
        return _say_number(value, name, schema, rng)
    if isinstance(value, list) and value and all(isinstance(one, int | float | str) for one in value):
        if all(isinstance(one, str) for one in value):
            return (
                ", ".join(f"'{one}'" for one in value) if rng.random() < 0.5 else json.dumps(value, ensure_ascii=False)
            )
        plain = ", ".join(_number_text(one) for one in value)
        return f"[{plain}]" if rng.random() < 0.6 else plain
    return json.dumps(value, ensure_ascii=False)


def write_request(
    request: Request,
    arguments: JsonObject,
    properties: JsonObject,
    wording: str,
    rng: random.Random,
) -> Pieces:
    """One request in words: what is wanted, with every argument."""
    said = {name: say(value, name, properties.get(name, {}), rng) for name, value in arguments.items()}
    slot = subject_slot(request) if arguments else None
    pieces: Pieces
    rest = list(arguments)
    if slot is not None and rest and (len(rest) == 1 or _speaks_of(slot["noun"], rest[0], properties)):
        phrase = request.whether or request.verb
        first = rest.pop(0)
        noun = slot["noun"].lower()
        keep = "" if rng.random() < 0.35 else f"the {noun} "
        pieces = [
            (phrase[: slot.start()].rstrip() + " " + keep, False),
            (said[first], True),
            (phrase[slot.end() :], False),
        ]
        return _frame(pieces, request.whether is not None, _with(rest, said, properties, rng), wording, rng)
    joined = _with(rest, said, properties, rng)
    if request.whether is not None:
        return _frame([(request.whether, False)], True, joined, wording, rng)
    if request.noun is not None and wording != "terse" and rng.random() < 0.5:
        return _noun_frame(request.noun, joined, wording, rng)
    return _frame([(request.verb, False)], False, joined, wording, rng)


def write_arguments(arguments: JsonObject, properties: JsonObject, rng: random.Random) -> Pieces:
    """Arguments alone, as `with radius 5 and height 10`."""
    said = {name: say(value, name, properties.get(name, {}), rng) for name, value in arguments.items()}
    return _with(list(arguments), said, properties, rng)


def finish(pieces: Pieces, wording: str, rng: random.Random) -> str:
    """The query's text: greeting, casing, punctuation, spelling mistakes."""
    if wording == "chatty":
        opening = rng.choice(
            (
                "Hi there! ",
                "Hey, ",
                "Hello! ",
                "Hi, quick question: ",
                "Hey! I'm working on a small project. ",
                "Good morning! ",
            )
        )
        closing = rng.choice(("", "", " Thanks!", " Thank you!", " Would be a great help."))
        pieces = [(opening, False), *pieces, (closing, False)]
    if wording == "misspelled":
        pieces = [(text if fixed else _misspelled(text, rng), fixed) for text, fixed in pieces]
    text = "".join(piece for piece, _ in pieces).strip()
    text = re.sub(r" {2,}", " ", text)
    text = re.sub(r" ([.,?!])(?=\s|$)", r"\1", text)
    if wording == "misspelled":
        return text.rstrip(".?") if rng.random() < 0.6 else text
    if wording == "terse":
        return text.rstrip(".")
    # A first piece that is a value keeps its case.
    return text if pieces and pieces[0][1] else text[:1].upper() + text[1:]


def join_requests(parts: list[Pieces], wording: str, rng: random.Random) -> Pieces:
    """Several requests as one query."""
    if wording == "terse":
        glue = rng.choice(("; ", ", and ", " + "))
        out: Pieces = []
        for i, part in enumerate(parts):
            out += ([(glue, False)] if i else []) + _trimmed(part)
        return out
    openers = [rng.choice((" Also, ", " Then ", " Additionally, ", " And ", " In addition, ")) for _ in parts]
    if rng.random() < 0.4:
        out = []
        for i, part in enumerate(parts):
            if i:
                out.append((", and " if i == len(parts) - 1 else ", ", False))
            out += _trimmed(part)
        end = "?" if parts[0] and parts[0][-1][0].endswith("?") else "."
        return [*out, (end, False)]
    out = list(parts[0])
    for opener, part in zip(openers[1:], parts[1:], strict=True):
        out.append((opener, False))
        out += [
            (_lower(text), fixed) if i == 0 and not fixed else (text, fixed) for i, (text, fixed) in enumerate(part)
        ]
    return out


def in_language(pieces: Pieces, language: str, rng: random.Random) -> Pieces:
    """A frame in another language around the request; the request itself keeps the API's own words."""
    frames = {
        "German": ("Bitte führe das für mich aus: ", "Ich brauche Folgendes: "),
        "Spanish": ("Por favor, haz esto por mí: ", "Necesito lo siguiente: "),
        "French": ("Peux-tu faire ceci pour moi : ", "J'ai besoin de ceci : "),
        "Italian": ("Per favore, fai questo per me: ", "Mi serve questo: "),
        "Portuguese": ("Por favor, faça isto para mim: ", "Preciso disto: "),
        "Dutch": ("Kun je dit voor me doen: ", "Ik heb dit nodig: "),
        "Polish": ("Proszę, zrób to dla mnie: ", "Potrzebuję tego: "),
        "Japanese": ("次のことをお願いします: ", "これを調べてください: "),
        "Chinese": ("请帮我完成: ", "我需要以下内容: "),
    }
    return [(rng.choice(frames.get(language, ("",))), False), *pieces]


def _frame(core: Pieces, whether: bool, joined: Pieces, wording: str, rng: random.Random) -> Pieces:
    tail = [(" ", False), *joined] if joined else []
    if whether:
        if wording == "terse":
            return [("check whether ", False), *core, *tail]
        if wording == "indirect":
            return [
                (
                    rng.choice(("I'm wondering whether ", "I'd like to know whether ", "I need to be sure whether ")),
                    False,
                ),
                *core,
                *tail,
                (".", False),
            ]
        if wording == "ambiguous":
            return [
                (rng.choice(("Not sure whether ", "Could it be that ", "Any idea whether ")), False),
                *core,
                *tail,
                ("?", False),
            ]
        opening, end = rng.choice(
            (
                ("Check whether ", "."),
                ("Can you tell me whether ", "?"),
                ("Please check if ", "."),
                ("Is it true that ", "?"),
                ("Find out whether ", "."),
            )
        )
        return [(opening, False), *core, *tail, (end, False)]
    if wording == "terse":
        return [*core, *([(rng.choice((", ", ": ", " ")), False), *_without_with(joined)] if joined else [])]
    if wording == "indirect":
        return [
            (rng.choice(("I'm trying to ", "I need to ", "My task today is to ", "I have to ")), False),
            *core,
            *tail,
            (".", False),
        ]
    if wording == "ambiguous":
        return [
            (
                rng.choice(("Could you somehow ", "Maybe you can ", "I guess I should ", "Something like this: ")),
                False,
            ),
            *core,
            *tail,
            (".", False),
        ]
    opening, end = rng.choice(
        (
            ("", "."),
            ("Please ", "."),
            ("Can you ", "?"),
            ("Could you ", "?"),
            ("I want to ", "."),
            ("Help me ", "."),
        )
    )
    return [(opening, False), *core, *tail, (end, False)]


def _noun_frame(noun: str, joined: Pieces, wording: str, rng: random.Random) -> Pieces:
    tail = [(" ", False), *joined] if joined else []
    if wording == "indirect":
        if joined and rng.random() < 0.5:
            return [("I have ", False), *_without_with(joined), (f" and would like to know {noun}.", False)]
        return [(f"I'm wondering about {noun}", False), *tail, (".", False)]
    if wording == "ambiguous":
        return [
            (rng.choice((f"What about {noun}", f"Any idea of {noun}", f"Tell me about {noun}")), False),
            *tail,
            ("?", False),
        ]
    plural = bool(re.match(r"the \w+[^s]s (of|for|in)\b", noun)) or noun.startswith("all ")
    opening, end = rng.choice(
        (
            ("What are " if plural else "What is ", "?"),
            ("Find ", "."),
            ("I need ", "."),
            ("Give me ", "."),
            ("Show me ", "."),
            ("Can you work out ", "?"),
        )
    )
    if re.match(r"(how|what|which|where|when|whether|by how|after how)\b", noun):
        opening, end = "Tell me ", "."
    return [(opening + noun, False), *tail, (end, False)]


def _with(names: list[str], said: dict[str, str], properties: JsonObject, rng: random.Random) -> Pieces:
    """`with radius 5 and height 10`, in one of a few regular forms."""
    if not names:
        return []
    form = rng.choice(("{p} {v}", "{p} {v}", "{p} of {v}", "{p} = {v}", "{p} {v}"))
    opening = rng.choice(("with ", "for ", "using ", "given ", "with "))
    if form == "{p} = {v}":
        opening = rng.choice(("with ", "where ", "for "))
    out: Pieces = [(opening, False)]
    for i, name in enumerate(names):
        if i:
            out.append((" and " if i == len(names) - 1 else ", ", False))
        schema = properties.get(name, {})
        label = label_of(name, schema, rng)
        unit = unit_of(name, schema)
        if schema.get("type") == "boolean":
            out += [(f"{label} set to ", False), (said[name], True)]
            continue
        if unit and (label in unit or unit in label.split()):
            # `19 years`, not `years 19 years`.
            out += (
                [(said[name], True), (f" {unit}", False)]
                if label in unit
                else [(f"{label} ", False), (said[name], True)]
            )
            continue
        text = form
        if form == "{p} of {v}":
            article = "an" if label[:1] in "aeiou" else "a"
            text = "{p} of {v}" if label.endswith("s") else f"{article} {{p}} of {{v}}"
        before, after = text.replace("{p}", label).split("{v}")
        out += [
            (before, False),
            (said[name] + (f" {unit}" if unit and not said[name].endswith("%") else ""), True),
            (after, False),
        ]
    return out


def _without_with(pieces: Pieces) -> Pieces:
    return pieces[1:] if pieces and not pieces[0][1] else pieces


def _trimmed(part: Pieces) -> Pieces:
    out = list(part)
    while out and not out[-1][1] and out[-1][0].rstrip(".?! ") == "":
        out.pop()
    if out and not out[-1][1]:
        out[-1] = (out[-1][0].rstrip(".?! "), False)
    if out and not out[0][1]:
        out[0] = (_lower(out[0][0]), False)
    return out


def _say_text(value: str, schema: JsonObject, rng: random.Random) -> str:
    if schema.get("enum") or re.fullmatch(r"[A-Z][A-Za-z]*(?: [A-Z][a-z]+)*", value):
        return value
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        # A date that does not exist, written on purpose, has no other form.
        with contextlib.suppress(ValueError):
            day = dt.date.fromisoformat(value)
            if rng.random() < 0.06:
                return f"{day:%B} {day.day}, {day.year}"
        return value
    if re.search(r"\s|^$|[^\w@.:/#+-]", value) or rng.random() < 0.6:
        return f'"{value}"' if "'" in value else f"'{value}'"
    return value


def _say_number(value: object, name: str, schema: JsonObject, rng: random.Random) -> str:
    chance = rng.random()
    if isinstance(value, int) and 0 <= value <= 20 and chance < 0.05:
        return _NUMBER_WORDS[value]
    if isinstance(value, int) and abs(value) >= 10_000 and chance < 0.1:
        return f"{value:,}"
    if (
        isinstance(value, float)
        and 0 < value < 1
        and chance < 0.12
        and re.search(r"rate|probab|share|fraction|confidence", name)
    ):
        percent = round(value * 100, 4)
        if abs(percent / 100 - value) < 1e-12:
            return f"{percent:g}%"
    return _number_text(value)


def _number_text(value: object) -> str:
    return json.dumps(value)


def _misspelled(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    for i, word in enumerate(words):
        if len(word) > 4 and word.isalpha() and rng.random() < 0.22:
            at = rng.randrange(1, len(word) - 2)
            kind = rng.random()
            if kind < 0.4:
                word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            elif kind < 0.7:
                word = word[:at] + word[at + 1 :]
            else:
                word = word[:at] + word[at] + word[at:]
            words[i] = word
    return " ".join(words)


def _speaks_of(noun: str, name: str, properties: JsonObject) -> bool:
    words = name_words(name)
    noun = noun.lower().rstrip("s")
    if noun in words or words in noun:
        return True
    kind = properties.get(name, {}).get("type")
    return (
        (noun in ("number", "integer") and kind in ("integer", "number") and len(words) <= 2)
        or (noun == "list" and kind == "array")
        or (noun in ("string", "text", "word", "sentence") and words in ("text", "string", "s", "word", "sentence"))
    )


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


def _lower(text: str) -> str:
    """First letter in lower case, unless the first word is an acronym or `I`."""
    stripped = text.lstrip()
    first = stripped.split(" ", 1)[0]
    if (len(first) > 1 and first[:2].isupper()) or first in ("I", "I'm", "I'd", "I've"):
        return text
    lead = len(text) - len(stripped)
    return text[:lead] + stripped[:1].lower() + stripped[1:]
