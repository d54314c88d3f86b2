"""Queries by grammar: a request and its arguments as a sentence, in one of several wordings.

A query is a list of pieces, each text or a value, so that spelling mistakes and casing never touch a value.
"""

import random
import re

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.api_phrases import Request, label_of, lower_first, name_words, subject_slot, unit_of
from apigen_assets.tool_formats.said_values import say

Pieces = list[tuple[str, bool]]
"""Text pieces in order; true where the piece says a value."""


def write_request(
    request: Request,
    arguments: JsonObject,
    properties: JsonObject,
    wording: str,
    rng: random.Random,
    form: str = "",
    marked: bool = True,
) -> Pieces:
    """One request in words: what is wanted, with every argument; marked: also as `where x = 5`, as nobody speaks."""
    said = {name: say(value, name, properties.get(name, {}), rng, form) for name, value in arguments.items()}
    if wording == "terse" and not marked:
        return _terse(request, said, properties, rng)
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
        return _frame(pieces, request.whether is not None, _with(rest, said, properties, rng, marked), wording, rng)
    joined = _with(rest, said, properties, rng, marked)
    if request.whether is not None:
        return _frame([(request.whether, False)], True, joined, wording, rng)
    if request.noun is not None and wording != "terse" and rng.random() < 0.5:
        return _noun_frame(request.noun, joined, wording, rng)
    return _frame([(request.verb, False)], False, joined, wording, rng)


def _terse(request: Request, said: dict[str, str], properties: JsonObject, rng: random.Random) -> Pieces:
    """What is wanted and the values behind it, as people type into a search box."""
    head = re.sub(r"^(?:the|a|an|all) ", "", request.noun or request.verb)
    rest = list(said)
    slot = subject_slot(request) if rest else None
    out: Pieces = [(head, False)]
    if slot is not None and (len(rest) == 1 or _speaks_of(slot["noun"], rest[0], properties)):
        place = head.find(slot[0].strip())
        if place >= 0 and request.whether is None:
            first = rest.pop(0)
            out = [(head[:place], False), (said[first], True), (head[place + len(slot[0].strip()) :], False)]
    for name in rest:
        schema = properties.get(name, {})
        unit = unit_of(name, schema)
        value = said[name] + (f" {unit}" if unit and not said[name].endswith("%") else "")
        out += [(", ", False)]
        alone = len(said) == 1 and not isinstance(schema.get("type"), list) and schema.get("type") == "string"
        if not alone:
            out += [(f"{label_of(name, schema, rng)} ", False)]
        out += [(value, True)]
    return out


def write_arguments(arguments: JsonObject, properties: JsonObject, rng: random.Random, form: str = "") -> Pieces:
    """Arguments alone, as `with radius 5 and height 10`."""
    said = {name: say(value, name, properties.get(name, {}), rng, form) for name, value in arguments.items()}
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
        pieces = [(opening, False), *_following(opening, pieces), (closing, False)]
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


def _following(opening: str, pieces: Pieces) -> Pieces:
    """What follows a greeting, with the case that its end asks for; a value keeps its own."""
    if not pieces or pieces[0][1]:
        return pieces
    first = pieces[0][0]
    first = first[:1].upper() + first[1:] if opening.rstrip().endswith(("!", ".")) else lower_first(first)
    return [(first, False), *pieces[1:]]


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
            (lower_first(text), fixed) if i == 0 and not fixed else (text, fixed)
            for i, (text, fixed) in enumerate(part)
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
                (
                    rng.choice(
                        (
                            "I'm not sure how to put this, but could it be that ",
                            "Somehow I have to settle whether ",
                            "Not quite sure what I'm after here, maybe whether ",
                        )
                    ),
                    False,
                ),
                *core,
                *tail,
                (".", False),
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
                rng.choice(
                    (
                        "I don't know what this is called, but I'd need someone to ",
                        "I think what I'm after is a way to ",
                        "Not sure how to ask for this; perhaps one can ",
                        "Whatever the right word is, I'd like to ",
                    )
                ),
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
            (
                rng.choice(
                    (
                        f"I'm not sure I'm using the right words, but I'm looking for something like {noun}",
                        f"There must be a name for it, I mean {noun}",
                        f"I need to know more here, {noun} I suppose",
                    )
                ),
                False,
            ),
            *tail,
            (".", False),
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


def _with(
    names: list[str], said: dict[str, str], properties: JsonObject, rng: random.Random, marked: bool = True
) -> Pieces:
    """`with radius 5 and height 10`, in one of a few regular forms."""
    if not names:
        return []
    form = rng.choice(("{p} {v}", "{p} {v}", "{p} of {v}", "{p} = {v}" if marked else "{p} {v}", "{p} {v}"))
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
        out[0] = (lower_first(out[0][0]), False)
    return out


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
