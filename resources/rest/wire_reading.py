"""Texts of a request as values: the reading side of OpenAPI's styles, apart from the code that writes them."""

import json
import re
from collections.abc import Callable
from urllib.parse import unquote

from apigen_assets.domain.api import NestedNames, RestParameter
from apigen_assets.files.excerpt import cut
from apigen_assets.files.json_types import JsonObject, JsonValue

_DELIMITERS = {"spaceDelimited": "(?:%20|\\+| )", "pipeDelimited": "(?:%7[Cc]|\\|)", "tabDelimited": "(?:%09|\t)"}
_KEY = re.compile(r"\[([^\[\]]*)\]")


class Mismatch(Exception):
    """A request says something else than its arguments; the message says what."""


def path_value(parameter: RestParameter, raw: str, like: JsonValue) -> JsonValue:
    """The value of a path's hole, by its style and the shape that is expected."""
    if parameter.content_type is not None:
        return described_value(parameter, unquote(raw), like)
    style = parameter.style or "simple"
    if style == "matrix":
        pieces = [tuple(piece.split("=", 1)) for piece in raw.split(";")[1:]]
        pairs = [(unquote(key), text) for key, text in pieces]
        if isinstance(like, dict) and parameter.explode:
            return typed({key: unquote(text) for key, text in pairs}, like)
        if any(key != parameter.wire_name for key, _ in pairs):
            raise Mismatch(f"{parameter.wire_name} has another name in the path")
        if isinstance(like, list) and parameter.explode:
            return typed([unquote(text) for _, text in pairs], like)
        ((_, raw),) = pairs
        parameter = parameter.model_copy(update={"explode": False})
    if style == "label":
        if not raw.startswith("."):
            raise Mismatch(f"{parameter.wire_name} has no leading dot")
        raw = raw[1:]
    if not isinstance(like, list | dict):
        return scalar(unquote(raw), like)
    if style in _DELIMITERS:
        return typed(split(raw, style, unquote, like), like)
    pieces_ = raw.split("." if style == "label" and parameter.explode else ",")
    if isinstance(like, list):
        return typed([unquote(piece) for piece in pieces_], like)
    if parameter.explode and parameter.style is not None:
        cut = [piece.partition("=") for piece in pieces_]
        return typed({unquote(key): unquote(text) for key, _, text in cut}, like)
    return typed(_paired([unquote(piece) for piece in pieces_]), like)


def header_value(parameter: RestParameter, text: str, like: JsonValue) -> JsonValue:
    """The value of a header, likewise."""
    if parameter.content_type is not None or not isinstance(like, list | dict):
        return described_value(parameter, text, like)
    if not text and not like:
        return like
    delimiter = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}.get(parameter.style or "", ",")
    pieces = text.split(delimiter)
    if isinstance(like, list):
        return typed(pieces, like)
    if parameter.explode and parameter.style is not None:
        cut = [piece.partition("=") for piece in pieces]
        if len({key for key, _, _ in cut}) != len(cut):
            raise Mismatch("a field of a header stands there twice")
        return typed({key: value for key, _, value in cut}, like)
    return typed(_paired(pieces), like)


def split(raw: str, style: str | None, decode: Callable[[str], str], like: JsonValue) -> JsonValue:
    """The texts between delimiters, each decoded; pairs of them where an object is expected."""
    texts = [decode(piece) for piece in re.split(_DELIMITERS.get(style or "", ","), raw)]
    return _paired(texts) if isinstance(like, dict) else texts


def _paired(texts: list[str]) -> JsonValue:
    if len(texts) % 2 or len(set(texts[::2])) * 2 != len(texts):
        raise Mismatch("names and values of an object's fields do not pair up")
    return dict(zip(texts[::2], texts[1::2], strict=True))


def from_brackets(pairs: list[tuple[str, str]]) -> JsonValue:
    """`[a][b]=1` as the structure that servers make of it; null where there are no pairs."""
    root: dict[str, object] = {}
    for path, text in pairs:
        keys = _KEY.findall(path)
        if "".join(f"[{key}]" for key in keys) != path:
            raise Mismatch(f"{path} cannot be read as field names in brackets")
        node = root
        for key in keys[:-1]:
            inner = node.setdefault(key, {})
            if not isinstance(inner, dict):
                raise Mismatch(f"{path} is a value and an object at once")
            node = inner
        if keys[-1] == "":
            listed = node.setdefault("", [])
            if not isinstance(listed, list):
                raise Mismatch(f"{path} is a list and an object at once")
            listed.append(text)
        elif keys[-1] in node:
            raise Mismatch(f"{path} would be sent twice")
        else:
            node[keys[-1]] = text
    return _lists(root)


def _lists(node: object) -> JsonValue:
    if not isinstance(node, dict):
        return node
    if set(node) == {""}:
        return node[""]
    return {key: _lists(value) for key, value in node.items()}


def typed(found: JsonValue, like: JsonValue) -> JsonValue:
    """Texts as values of the types that the arguments have; numbered fields as a list where a list is expected."""
    if isinstance(like, list):
        if isinstance(found, dict) and list(found) == [str(at) for at in range(len(found))]:
            found = list(found.values())
        if isinstance(found, list) and len(found) == len(like):
            return [typed(item, model) for item, model in zip(found, like, strict=True)]
    elif isinstance(like, dict) and isinstance(found, dict):
        return {key: typed(item, like.get(key)) for key, item in found.items()}
    if isinstance(found, str):
        return scalar(found, like)
    return found


def described_value(parameter: RestParameter, text: str, like: JsonValue) -> JsonValue:
    """The text by the media type that describes it (JSON quotes its strings), else as the type of another value."""
    return json.loads(text) if "json" in (parameter.content_type or "").lower() else scalar(text, like)


def scalar(text: str, like: JsonValue) -> JsonValue:
    """The text as a value of the type of another."""
    if isinstance(like, str):
        return text
    if like is None:
        return None if text == "null" else text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value


def wire_names(value: JsonValue, at: int | None, nested: tuple[NestedNames, ...]) -> JsonValue:
    """The value with its fields under their wire names, for the types of what is read."""
    if at is None:
        return value
    names = nested[at]
    if isinstance(value, list):
        return [wire_names(item, names.items, nested) for item in value]
    if not isinstance(value, dict):
        return value
    out: JsonObject = {}
    for key, item in value.items():
        below: int | None = names.inner.get(key, names.values)
        sent_as = names.fields.get(str(key), str(key))
        out[sent_as] = wire_names(item, below, nested)
    return out


def offered(value: JsonValue, at: int | None, nested: tuple[NestedNames, ...]) -> JsonValue:
    """The value with its fields under the names that the tool offers."""
    if at is None:
        return value
    names = nested[at]
    if isinstance(value, list):
        return [offered(item, names.items, nested) for item in value]
    if not isinstance(value, dict):
        return value
    back = {wire: own for own, wire in names.fields.items()}
    out: dict[str, JsonValue] = {}
    for wire, item in value.items():
        own = back.get(str(wire), str(wire))
        if own in out:
            raise Mismatch(f"{own} would be read twice")
        out[own] = offered(item, names.inner.get(own, names.values), nested)
    return out


def equal(left: JsonValue, two: JsonValue) -> bool:
    """JSON equality: `1` and `1.0` are equal, `1` and `true` are not."""
    if isinstance(left, bool) or isinstance(two, bool):
        return left is two
    if isinstance(left, dict) and isinstance(two, dict):
        return left.keys() == two.keys() and all(equal(item, two[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(two, list):
        return len(left) == len(two) and all(map(equal, left, two))
    return bool(left == two) and isinstance(left, str) == isinstance(two, str)


def shown(value: JsonValue) -> str:
    """The value for a message."""
    return cut(json.dumps(value, ensure_ascii=False), 100)
