"""Requests in other languages than English, for examples of a prompt: the forms of `templates/languages/<code>.yaml`.

What an API does is documented in English; its own term for it stands in the language's quotation marks where the
language's file has no word for it, as people do with the terms of a manual.
"""

import random
import re

from apigen_assets.domain.api import Api
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.generation.templates import Language
from apigen_assets.tool_formats.api_phrases import name_words, request_of, unit_of
from apigen_assets.tool_formats.api_queries import Pieces, finish

_KINDS = {
    "find": "find get fetch retrieve list show search look return give display read query see view browse",
    "compute": "compute calculate count measure estimate evaluate sum average determine work solve",
    "convert": "convert translate transform encode decode encrypt decrypt turn rewrite express",
    "check": "check verify validate test tell classify rate compare",
    "create": "create add make generate register book post insert upload send start open",
    "change": "update change edit modify set replace rename move scale round sort reverse patch",
    "remove": "delete remove cancel clear drop unsubscribe",
}
_KIND_OF = {verb: kind for kind, verbs in _KINDS.items() for verb in verbs.split()}
_ARTICLE = re.compile(r"^(?:the|a|an|all|every|whether|if)\s+", re.IGNORECASE)
_WITHOUT_SPACES = ("ja", "zh")


def native_request(
    code: str, language: Language, api: Api, arguments: JsonObject, wording: str, chance: random.Random
) -> Pieces:
    """One request with its arguments, with the values marked.

    Args:
        code: the language's code.
        language: its forms.
        api: what is asked of.
        arguments: the call's arguments.
        wording: the wording's name.
        chance: the draw's source of chance.
    """
    request = request_of(api.name, api.description)
    verb, _, rest = request.verb.partition(" ")
    kind = "check" if request.whether is not None else _KIND_OF.get(verb.lower(), "other")
    thing = _ARTICLE.sub("", request.whether or request.noun or (rest if kind != "other" else request.verb))
    what = language.nouns.get(thing.lower()) or f"{language.quotes[0]}{thing}{language.quotes[1]}"
    values = _values(code, language, arguments, api.parameters.get("properties") or {})
    if wording == "terse":
        return _filled(language.terse if arguments else "{what}", {"what": what, "colon": language.colon}, values)
    given = language.given if arguments else ""
    order, need = (form.replace("{with}", given) for form in language.requests[kind])
    if wording in ("plain", "misspelled"):
        return _filled(order, {"what": what}, values)
    frame = chance.choice(language.openings[wording])
    return _filled(frame.replace("{order}", order).replace("{need}", need), {"what": what}, values)


def join_natively(language: Language, parts: list[Pieces], wording: str, chance: random.Random) -> Pieces:
    """Several requests as one query."""
    pieces = list(parts[0])
    for part in parts[1:]:
        pieces += [("; " if wording == "terse" else chance.choice(language.also), False), *part]
    return pieces


def finish_natively(code: str, pieces: Pieces, wording: str, chance: random.Random) -> str:
    """The query's text; mistakes where words have spaces between them."""
    if wording == "misspelled" and code not in _WITHOUT_SPACES:
        return finish(pieces, wording, chance)
    text = "".join(piece for piece, _ in pieces).strip()
    return text.rstrip("。.") if wording == "misspelled" else text


def _values(code: str, language: Language, arguments: JsonObject, properties: JsonObject) -> Pieces:
    """The arguments by their labels, such as `Stadt „Paris“ und Jahr 2024`."""
    pieces: Pieces = []
    last = len(arguments) - 1
    comma = "、" if code == "ja" else "，" if code == "zh" else ", "
    for place, (name, value) in enumerate(arguments.items()):
        if place:
            pieces.append((language.joined if place == last else comma, False))
        schema = properties.get(name)
        unit = unit_of(name, schema) if isinstance(schema, dict) else ""
        unit = "" if re.fullmatch(r"[a-z]{4,}", unit) else unit  # an English word
        label = language.labels.get(name_words(name)) or _label(language, name)
        said = _said(language, value) + (f" {unit}" if unit else "")
        pieces += [(f"{label}{'' if code in _WITHOUT_SPACES and not label.isascii() else ' '}", True), (said, True)]
    return pieces


def _label(language: Language, name: str) -> str:
    """A name whose last word the language knows (`start date`), or the name's own words."""
    words = name_words(name)
    known = language.labels.get(words.rpartition(" ")[2])
    return f"{known} ({words})" if known else words


def _said(language: Language, value: JsonValue) -> str:
    if isinstance(value, bool):
        return language.yes if value else language.no
    if isinstance(value, str):
        return f"{language.quotes[0]}{value}{language.quotes[1]}"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(_said(language, item) for item in value)
    return dumps(value)


def _filled(frame: str, texts: dict[str, str], values: Pieces) -> Pieces:
    """A frame with its places filled, each once."""
    pieces: Pieces = []
    for part in re.split(r"(\{\w+\})", frame):
        if part == "{values}":
            pieces += values
        elif part.startswith("{"):
            pieces.append((texts.get(part[1:-1], ""), part == "{what}"))
        elif part:
            pieces.append((part, False))
    return pieces
