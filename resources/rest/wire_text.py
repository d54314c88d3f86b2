"""How one value is written into a path, query, header, cookie or form: OpenAPI's styles.

The tables are those of the OpenAPI Specification 3.1.1, "Style Examples" (which follow RFC 6570), and the collection
formats of Swagger 2.0. What they leave open is decided here: values nested deeper than a style knows are JSON text;
under `deepObject` lists of plain values repeat `name[]`, other lists number their items (`name[0][field]`); a list of
plain values in an object that is written as pairs repeats its name, as a parameter of its own would; an empty list or
object in a query has no form and counts as left out.
"""

import json
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

from apigen_assets.domain.api import RestParameter

Encode = Callable[[str], str]

_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}
_RESERVED = ":/?@!$'()*,;"
"""What `allowReserved` leaves alone; `# [ ]` are not characters of a query, and `& = +` have a meaning in one."""
_MOST_EXACT = 2.0**53


def plain_text(value: object) -> str:
    """One value as text; a number without a fraction is written as an integer, since servers read it as one."""
    if isinstance(value, str):
        return value
    return json.dumps(whole(value), ensure_ascii=False, separators=(",", ":"))


def whole(value: object) -> object:
    """The value with `2.0` as `2` wherever it stands: the same number, which an integer field takes too."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _MOST_EXACT:
        return int(value)
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    return value


def is_json(media_type: str | None) -> bool:
    """Whether a media type is JSON: `application/json`, `text/json` or anything `+json`."""
    base = (media_type or "").partition(";")[0].strip().lower()
    return base in {"application/json", "text/json"} or base.endswith("+json")


def query_pairs(parameter: RestParameter, value: object, form: bool = False) -> list[str]:
    """The `name=value` pairs of an argument, percent-encoded, for a query or (`form`) a urlencoded body."""
    encode = _encoder(parameter, value, form)
    name = (quote_plus if form else _quote)(parameter.wire_name)
    if parameter.content_type is not None or not isinstance(value, list | dict):
        return [f"{name}={encode(content_text(parameter, value))}"]
    if not value:
        return []
    style = parameter.style or "form"
    if style == "deepObject":
        outer = quote_plus if form else _quote
        return [f"{outer(parameter.wire_name + path)}={encode(text)}" for path, text in _leaves(value, "")]
    if isinstance(value, list):
        texts = [encode(plain_text(item)) for item in value]
        return [f"{name}={text}" for text in texts] if parameter.explode else [f"{name}={_joined(style, texts)}"]
    if form and parameter.style is None:
        return [f"{name}={encode(plain_text(value))}"]
    if parameter.explode:
        fields = [(key, part) for key, item in value.items() for part in (item if is_plain_list(item) else [item])]
        return [f"{encode(key)}={encode(plain_text(item))}" for key, item in fields]
    return [f"{name}={_joined(style, [encode(text) for text in _flat(value)])}"]


def is_plain_list(value: object) -> bool:
    """Whether a field of an object that is written as pairs repeats its name: `sort=name&sort=age`."""
    return isinstance(value, list) and bool(value) and not any(isinstance(item, list | dict) for item in value)


def path_text(parameter: RestParameter, value: object, slashes: bool = False) -> str:
    """What stands in the place of a path's `{name}`; `slashes` lets a value reach over several segments."""
    safe = "/" if slashes else ""
    if parameter.allow_reserved:
        safe += _RESERVED.replace("/", "").replace("?", "").replace(",", "")

    def encode(text: str) -> str:
        return quote(text, safe=safe)

    if parameter.content_type is not None:
        return encode(content_text(parameter, value))
    style, name = parameter.style or "simple", encode(parameter.wire_name)
    if style in _SEPARATORS:
        return _joined(style, [encode(text) for text in _flat(value)])
    if style == "matrix":
        return "".join(f";{part}" for part in _matrix(name, value, parameter.explode, encode))
    lead, between = (".", ".") if style == "label" else ("", ",")
    if parameter.explode and isinstance(value, dict):
        return lead + between.join(f"{encode(key)}={encode(plain_text(item))}" for key, item in value.items())
    texts = [encode(text) for text in _flat(value)]
    return lead + (between if parameter.explode else ",").join(texts)


def header_text(parameter: RestParameter, value: object) -> str:
    """The value of a header; headers are not percent-encoded."""
    if parameter.content_type is not None:
        return content_text(parameter, value)
    if isinstance(value, dict) and parameter.explode and parameter.style is not None:
        return ",".join(f"{key}={plain_text(item)}" for key, item in value.items())
    return _SEPARATORS.get(parameter.style or "", ",").join(_flat(value))


def cookie_pairs(parameter: RestParameter, value: object) -> list[tuple[str, str]]:
    """The cookies of an argument: name and percent-encoded value."""
    name = parameter.wire_name
    if parameter.content_type is not None or not isinstance(value, list | dict):
        return [(name, _quote(content_text(parameter, value)))]
    if parameter.explode and parameter.style is not None:
        items = [(name, item) for item in value] if isinstance(value, list) else list(value.items())
        return [(key, _quote(plain_text(item))) for key, item in items]
    return [(name, _joined(parameter.style or "form", [_quote(text) for text in _flat(value)]))]


def content_text(parameter: RestParameter, value: object) -> str:
    """The text of a value that is described by a media type; JSON keeps to ASCII, so that it fits a header."""
    if is_json(parameter.content_type):
        return json.dumps(whole(value), separators=(",", ":"))
    return plain_text(value)


def _encoder(parameter: RestParameter, value: object, form: bool) -> Encode:
    if not parameter.allow_reserved:
        return quote_plus if form else _quote
    safe = _RESERVED
    if isinstance(value, list | dict):
        safe = safe.replace(",", "")
    return lambda text: quote(text, safe=safe)


def _quote(text: str) -> str:
    return quote(text, safe="")


def _joined(style: str, texts: list[str]) -> str:
    return (_quote(_SEPARATORS[style]) if style in _SEPARATORS else ",").join(texts)


def _flat(value: object) -> list[str]:
    if isinstance(value, list):
        return [plain_text(item) for item in value]
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, plain_text(item))]
    return [plain_text(value)]


def _matrix(name: str, value: object, explode: bool, encode: Encode) -> list[str]:
    if explode and isinstance(value, list):
        return [f"{name}={encode(plain_text(item))}" for item in value]
    if explode and isinstance(value, dict):
        return [f"{encode(key)}={encode(plain_text(item))}" for key, item in value.items()]
    return [f"{name}={','.join(encode(text) for text in _flat(value))}"]


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}[{key}]")
    elif isinstance(value, list):
        plain = not any(isinstance(item, list | dict) for item in value)
        for at, item in enumerate(value):
            yield from _leaves(item, f"{path}[]" if plain else f"{path}[{at}]")
    else:
        yield path, plain_text(value)
