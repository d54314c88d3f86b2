"""Examples made for a prompt where nobody wrote a fitting one: of two others, or of the tool's own documentation."""

import itertools
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from apigen_assets.domain.api import Api
from apigen_assets.domain.call import Call
from apigen_assets.domain.style import Style
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.generation.built_arguments import built_arguments
from apigen_assets.generation.native_requests import finish_natively, join_natively, native_request
from apigen_assets.generation.shown_examples import ShownExample, make_example
from apigen_assets.generation.templates import read_languages
from apigen_assets.tool_formats.api_phrases import request_of
from apigen_assets.tool_formats.api_queries import Pieces, finish, join_requests, write_request
from apigen_assets.tool_formats.json_schema import is_valid
from apigen_assets.tool_formats.other_values import with_other_values
from resources.local.standin.values import ValueMaker

_TAKES_PLAIN = ("plain", "chatty", "misspelled")
"""Wordings that a plain query becomes by a greeting, by mistakes, or as it is."""
_OPENINGS = {
    "ambiguous": ("I'm not sure I'm using the right words here: ", "Whatever this is called: "),
    "indirect": ("I keep wondering about this one. ", "Something on my desk gives me a headache. "),
}
"""Before a plain query whose values no grammar says well."""
_NUMBER = re.compile(r"[0-9]+")
_ALL_NUMBER = re.compile(r"[0-9.,\s-]+")
_TRIES = 3
"""Argument sets to try for an example's words."""


def build_example(
    style: Style,
    wording: str,
    tools: Sequence[Api],
    targets: Sequence[str],
    singles: Mapping[str, Sequence[ShownExample]],
    chance: random.Random,
    arguments_of: Callable[[Api], Iterable[JsonObject]] = built_arguments,
    language: str | None = None,
) -> ShownExample | None:
    """An example of a style and wording that calls the targets; null where no valid call can be made.

    Args:
        style: the style it must have.
        wording: the wording's name.
        tools: the tools offered.
        targets: names of the tools to call, the main one first.
        singles: per tool name, examples of one call to it, whose words and values are better than made ones.
        chance: the draw's source of chance.
        arguments_of: argument sets of an API from its own material.
        language: code of the query's language; null for English.
    """
    by_name = {api.name: api for api in tools}
    if style in (Style.SIMPLE, Style.MULTIPLE):
        names = list(targets[:1])
    else:
        names = list(targets[:2]) if len(targets) > 1 else [targets[0], targets[0]]
    parts: list[Pieces] = []
    calls: list[Call] = []
    seen: set[str] = set()
    for name in names:
        if language is None:
            part = _part(by_name[name], wording, singles.get(name, ()), seen, chance, arguments_of)
        else:
            # A greeting or a sigh stands once, before the first of several requests.
            put = "plain" if parts and wording in ("chatty", "indirect", "ambiguous") else wording
            part = _native(language, by_name[name], put, singles.get(name, ()), seen, chance, arguments_of)
        if part is None:
            return None
        parts.append(part[0])
        calls.append(part[1])
        seen.add(dumps(part[1].model_dump()))
    if language is not None:
        joined = join_natively(read_languages()[language], parts, wording, chance)
        query = finish_natively(language, joined, wording, chance)
    else:
        query = finish(parts[0] if len(parts) == 1 else join_requests(parts, wording, chance), wording, chance)
    return make_example(query, calls, [api.name for api in tools], "built", wording, language)


def _native(
    language: str,
    api: Api,
    wording: str,
    singles: Sequence[ShownExample],
    seen: set[str],
    chance: random.Random,
    arguments_of: Callable[[Api], Iterable[JsonObject]],
) -> tuple[Pieces, Call] | None:
    """As `_part`, in another language: the values of English examples, in the language's own forms."""
    own = (example.answers[0].arguments for example in chance.sample(list(singles), len(singles)))
    for arguments in itertools.chain(own, arguments_of(api)):
        call = Call(name=api.name, arguments=arguments)
        if dumps(call.model_dump()) not in seen:
            return native_request(language, read_languages()[language], api, arguments, wording, chance), call
    return None


def _part(
    api: Api,
    wording: str,
    singles: Sequence[ShownExample],
    seen: set[str],
    chance: random.Random,
    arguments_of: Callable[[Api], Iterable[JsonObject]],
) -> tuple[Pieces, Call] | None:
    """One request and its call, which is not among those seen."""
    free = [example for example in singles if dumps(example.answers[0].model_dump()) not in seen]
    for wanted in (wording, "plain"):
        fitting = [example for example in free if example.wording == wanted]
        if fitting and (wanted == wording or wording in _TAKES_PLAIN):
            example = chance.choice(fitting)
            return _with_values_marked(example.query, example.answers[0].arguments), example.answers[0]
    again = _again(api, wording, singles, seen, chance)
    if again is not None:
        return again
    plain = [example for example in free if example.wording == "plain" and _is_nested(example.answers[0].arguments)]
    if plain and wording in _OPENINGS:
        example = chance.choice(plain)
        return [(chance.choice(_OPENINGS[wording]), False), (example.query, True)], example.answers[0]
    own = (example.answers[0].arguments for example in free)
    poorer: JsonObject | None = None
    for arguments in itertools.chain(own, _varied(api, singles, chance), arguments_of(api), _renumbered(api, singles)):
        call = Call(name=api.name, arguments=arguments)
        if dumps(call.model_dump()) in seen:
            continue
        if _are_of_their_form(arguments, singles):
            return _written(api, arguments, wording, chance), call
        poorer = poorer or arguments
    if poorer is None:
        return None
    return _written(api, poorer, wording, chance), Call(name=api.name, arguments=poorer)


def _again(
    api: Api, wording: str, singles: Sequence[ShownExample], seen: set[str], chance: random.Random
) -> tuple[Pieces, Call] | None:
    """A query that was used with other values of the same parameters: better words than made ones."""
    fits = [one for one in singles if one.wording == wording or (one.wording == "plain" and wording in _TAKES_PLAIN)]
    for example in chance.sample(fits, min(len(fits), 2)):
        for new in _varied(api, [example], chance):
            call = Call(name=api.name, arguments=new)
            if dumps(call.model_dump()) not in seen:
                old = example.answers[0].arguments
                pieces = with_other_values(example.query, old, new, _properties(api), chance)
                if pieces is not None:
                    return pieces, call
    return None


def _varied(api: Api, singles: Sequence[ShownExample], chance: random.Random) -> Iterator[JsonObject]:
    """Valid arguments like those of examples, with other values."""
    required = set(api.parameters.get("required") or ())
    for example in chance.sample(list(singles), min(len(singles), 2)):
        old = example.answers[0].arguments
        maker = ValueMaker(random.Random(chance.random()), [old])
        for _ in range(_TRIES):
            new = maker.arguments(api.parameters, use=set(old) - required)
            new |= {name: old[name] for name in new.keys() & old.keys() if not _is_of_its_form(new[name], [old[name]])}
            if new != old and is_valid(new, api.parameters):
                yield new


def _are_of_their_form(arguments: JsonObject, singles: Sequence[ShownExample]) -> bool:
    return all(
        _is_of_its_form(value, [example.answers[0].arguments.get(name) for example in singles])
        for name, value in arguments.items()
    )


def _is_of_its_form(value: JsonValue, known: Sequence[JsonValue]) -> bool:
    """Whether a text has digits where people's values have, and words where those have (no tyre is sized `bottle`)."""
    numbered = [_NUMBER.search(text) is not None for text in known if isinstance(text, str)]
    if not numbered or not isinstance(value, str):
        return True
    if all(numbered):
        return _NUMBER.search(value) is not None
    return any(numbered) or _ALL_NUMBER.fullmatch(value) is None


def _renumbered(api: Api, singles: Sequence[ShownExample]) -> Iterator[JsonObject]:
    """Arguments of examples with other numbers in their texts, each as long as it was (`205/55R16`, `225/60R18`)."""
    for example in singles:
        new = {
            name: _NUMBER.sub(lambda number: _larger(number[0]), value) if isinstance(value, str) else value
            for name, value in example.answers[0].arguments.items()
        }
        if is_valid(new, api.parameters):
            yield new


def _larger(digits: str) -> str:
    """A tenth more, in as many digits; the same where there is none."""
    more = str(round(int(digits) * 1.1)).rjust(len(digits), "0")
    return more if len(more) == len(digits) else digits


def _properties(api: Api) -> JsonObject:
    return {
        name: schema if isinstance(schema, dict) else {}
        for name, schema in (api.parameters.get("properties") or {}).items()
    }


def _written(api: Api, arguments: JsonObject, wording: str, chance: random.Random) -> Pieces:
    request = request_of(api.name, api.description)
    return write_request(request, arguments, _properties(api), wording, chance, marked=False)


def _with_values_marked(query: str, arguments: JsonObject) -> Pieces:
    """A query as pieces, with the words that are values marked, so that no mistake is made in them."""
    texts = sorted(
        {str(value) for value in _scalars(arguments) if str(value).strip()}, key=lambda text: (-len(text), text)
    )
    if not texts:
        return [(query, False)]
    pattern = "|".join(re.escape(text) for text in texts)
    parts = re.split(f"({pattern})", query, flags=re.IGNORECASE)
    return [(part, bool(place % 2)) for place, part in enumerate(parts) if part]


def _is_nested(arguments: JsonObject) -> bool:
    return any(
        isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict | list) for one in value))
        for value in arguments.values()
    )


def _scalars(value: object) -> list[object]:
    if isinstance(value, dict):
        return [inner for part in value.values() for inner in _scalars(part)]
    if isinstance(value, list):
        return [inner for part in value for inner in _scalars(part)]
    return [] if value is None or isinstance(value, bool) else [value]
