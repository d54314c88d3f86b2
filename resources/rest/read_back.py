"""Reads a built request back as its server would, to see that it says what the arguments say.

This is a check on the code that writes requests and on declarations that cannot carry a value (a list item with a
comma in a comma-separated header). It shares nothing with that code: it starts from the text of the request, takes it
apart by the declared styles, and every part of the text has to be accounted for by an argument.
"""

import json
import re
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from apigen_assets.domain.api import Place, RestBinding, RestParameter
from apigen_assets.files.json_types import JsonMapping, JsonValue
from resources.rest.wire_reading import (
    Mismatch,
    described_value,
    equal,
    from_brackets,
    header_value,
    offered,
    path_value,
    scalar,
    shown,
    split,
    typed,
    wire_names,
)

_OWN_HEADERS = {"accept", "content-type", "cookie"}


def difference(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    binding: RestBinding,
    arguments: JsonMapping,
) -> str | None:
    """What the request says otherwise than the arguments, for people; null where it says the same.

    Args:
        method: of the request.
        url: of the request, without credentials; likewise the rest.
        headers: of the request.
        body: of the request; null for none.
        binding: declares where each argument goes and how it is written.
        arguments: of the call, by offered name.
    """
    try:
        if method != binding.method:
            raise Mismatch(f"the method is {method}")
        reader = _Reader(binding, arguments)
        reader.read_path(urlsplit(url).path, urlsplit(url).query)
        reader.read_pairs(urlsplit(url).query, Place.QUERY)
        reader.read_headers(headers)
        reader.read_body(headers, body)
    except Mismatch as mismatch:
        return str(mismatch)
    except (ValueError, UnicodeError, RecursionError, LookupError) as error:
        return f"it cannot be read back ({error})"
    return None


class _Reader:
    def __init__(self, binding: RestBinding, arguments: JsonMapping) -> None:
        self._binding = binding
        self._arguments = arguments
        self._secrets = {(credential.place, credential.wire_name) for credential in binding.credentials}

    def _sent(self, place: Place) -> list[tuple[str, RestParameter, JsonValue]]:
        """The arguments of a place that are expected in the request."""
        out = []
        for name, value in self._arguments.items():
            parameter = self._binding.parameters.get(name)
            if name == self._binding.whole_body or parameter is None or parameter.place is not place:
                continue
            if value is not None or parameter.keeps_null:
                out.append((name, parameter, value))
        return out

    def _constants(self, place: Place) -> dict[str, str]:
        return dict(self._binding.constants.get(place.value, {}))

    def _same(self, name: str, parameter: RestParameter, expected: JsonValue, found: JsonValue) -> None:
        """Compares a value whose fields still have their wire names."""
        own = offered(found, parameter.names, self._binding.nested)
        if not equal(expected, own):
            raise Mismatch(f"{name} would be read as {shown(own)}")

    def _like(self, parameter: RestParameter, value: JsonValue) -> JsonValue:
        """The value under its wire names: the shape and the types that are expected."""
        return wire_names(value, parameter.names, self._binding.nested)

    # -- path

    def read_path(self, path: str, query: str) -> None:
        template = urlsplit(self._binding.url)
        fixed = [f"{name}" for place, name in self._secrets if place is Place.PATH]
        names: list[str] = []

        def pattern(text: str) -> str:
            out = ""
            for literal, hole in re.findall(r"([^{]*)(?:\{([^{}/]+)\})?", text):
                out += re.escape(literal)
                if hole and hole in fixed:
                    out += re.escape("{" + hole + "}")
                elif hole:
                    names.append(hole)
                    out += "(.*)" if hole.startswith("+") else "([^/?]*)"
            return out

        match = re.fullmatch(pattern(template.path) or "/", path or "/", re.DOTALL)
        if match is None:
            raise Mismatch("the path is another one")
        groups = list(match.groups())
        if "{" in template.query:
            head = re.match(pattern(template.query), query, re.DOTALL)
            if head is None:
                raise Mismatch("the fixed query is another one")
            groups += head.groups()
        constants = self._constants(Place.PATH)
        expected = {parameter.wire_name: (name, parameter, value) for name, parameter, value in self._sent(Place.PATH)}
        left = dict(expected)
        for hole, raw in zip(names, groups, strict=True):
            wire = hole if hole in expected or hole in constants else hole.removeprefix("+")
            if wire in expected:
                name, parameter, value = expected[wire]
                left.pop(wire, None)
                self._same(name, parameter, value, path_value(parameter, raw, self._like(parameter, value)))
            elif constants.get(wire) != unquote(raw):
                raise Mismatch(f"{{{wire}}} of the URL has a value that no argument gives")
        if left:
            raise Mismatch(f"{', '.join(name for name, _, _ in left.values())} would not be sent")

    # -- query and urlencoded forms

    def read_pairs(self, text: str, place: Place) -> None:
        raw = [tuple(part.split("=", 1)) if "=" in part else (part, "") for part in text.split("&") if part]
        pairs = [(unquote_plus(key), value) for key, value in raw]
        if place is Place.QUERY:
            for part in urlsplit(self._binding.url).query.split("&"):
                if part and "{" not in part:
                    key, _, value = part.partition("=")
                    pairs.remove((unquote_plus(key), value))
                elif part:
                    key = unquote_plus(part.partition("=")[0])
                    pairs.remove(next(pair for pair in pairs if pair[0] == key))
        for name, constant in self._constants(place).items():
            at = next(
                (i for i, (key, value) in enumerate(pairs) if key == name and unquote_plus(value) == constant), None
            )
            if at is None:
                raise Mismatch(f"the constant {name} is missing")
            del pairs[at]
        if place is Place.BODY and self._binding.whole_body is not None:
            self._whole_form(pairs)
            return
        self._take_pairs(pairs, self._sent(place), place is Place.BODY)

    def _whole_form(self, pairs: list[tuple[str, str]], in_parts: bool = False) -> None:
        whole = self._arguments.get(self._binding.whole_body or "")
        fields = whole if isinstance(whole, dict) else {}
        outer = self._binding.parameters.get(self._binding.whole_body or "")
        wire = wire_names(fields, outer.names if outer else None, self._binding.nested)
        declared = {field.wire_name: field for field in outer.fields} if outer else {}
        sent = [
            (key, declared.get(key) or RestParameter(place=Place.BODY, wire_name=key), value)
            for key, value in wire.items()
        ]
        if in_parts:
            sent = [(key, _in_parts(parameter, value), value) for key, parameter, value in sent]
        self._take_pairs(pairs, [field for field in sent if field[2] is not None], True)

    def _take_pairs(
        self, pairs: list[tuple[str, str]], sent: list[tuple[str, RestParameter, JsonValue]], form: bool
    ) -> None:
        left = list(pairs)
        spread: list[tuple[str, RestParameter, JsonValue]] = []
        for name, parameter, value in sent:
            wire, structured = parameter.wire_name, isinstance(value, list | dict)
            like = self._like(parameter, value)
            if structured and not value and parameter.content_type is None:
                continue
            plain_form = form and parameter.style is None and isinstance(value, dict)
            if parameter.content_type is not None or not structured or plain_form:
                mine = [pair for pair in left if pair[0] == wire]
                if len(mine) != 1:
                    raise Mismatch(f"{name} would be sent {len(mine)} times")
                value_read = described_value(parameter, unquote_plus(mine[0][1]), like)
            elif parameter.style == "deepObject":
                mine = [pair for pair in left if pair[0].startswith(f"{wire}[")]
                value_read = typed(from_brackets([(key[len(wire) :], unquote_plus(text)) for key, text in mine]), like)
            elif isinstance(value, dict) and parameter.explode:
                spread.append((name, parameter, value))
                continue
            elif parameter.explode:
                mine = [pair for pair in left if pair[0] == wire]
                value_read = typed([unquote_plus(text) for _, text in mine], like)
            else:
                mine = [pair for pair in left if pair[0] == wire]
                if len(mine) != 1:
                    raise Mismatch(f"{name} would be sent {len(mine)} times")
                value_read = typed(split(mine[0][1], parameter.style, unquote_plus, like), like)
            for pair in mine:
                left.remove(pair)
            self._same(name, parameter, value, value_read)
        for name, parameter, value in spread:
            like = self._like(parameter, value)
            mine = [pair for pair in left if pair[0] in like]
            many = {key for key, item in like.items() if _repeats(item)} if isinstance(like, dict) else set()
            single = [key for key, _ in mine if key not in many]
            if len(set(single)) != len(single):
                raise Mismatch(f"fields of {name} cannot be told from other parameters")
            for pair in mine:
                left.remove(pair)
            texts = {key: [unquote_plus(text) for own, text in mine if own == key] for key, _ in mine}
            found: JsonValue = {key: listed if key in many else listed[0] for key, listed in texts.items()}
            self._same(name, parameter, value, typed(found, like))
        if left:
            raise Mismatch(f"{left[0][0]!r} would be sent, which no argument gives")

    # -- headers and cookies

    def read_headers(self, headers: Mapping[str, str]) -> None:
        left = {name.lower(): text.encode("latin-1").decode() for name, text in headers.items()}
        constants = {name.lower(): text for name, text in self._constants(Place.HEADER).items()}
        for name, parameter, value in self._sent(Place.HEADER):
            text = left.pop(parameter.wire_name.lower(), None)
            if text is None:
                raise Mismatch(f"{name} would not be sent")
            self._same(name, parameter, value, header_value(parameter, text, self._like(parameter, value)))
        cookie = left.get("cookie")
        for name, text in left.items():
            if name not in _OWN_HEADERS and constants.get(name) != text:
                raise Mismatch(f"the header {name} would be sent, which no argument gives")
        self._read_cookies(cookie)

    def _read_cookies(self, text: str | None) -> None:
        pairs = [tuple(part.split("=", 1)) for part in text.split("; ")] if text else []
        left = [(unquote(key), value) for key, value in pairs]
        for name, constant in self._constants(Place.COOKIE).items():
            left.remove(next(pair for pair in left if pair[0] == name and unquote(pair[1]) == constant))
        sent = self._sent(Place.COOKIE)
        spread = [item for item in sent if isinstance(item[2], dict) and item[1].explode and item[1].style is not None]
        for name, parameter, value in [item for item in sent if item not in spread] + spread:
            many = parameter.explode and parameter.style is not None and parameter.content_type is None
            like = self._like(parameter, value)
            if many and isinstance(like, dict):
                mine = [pair for pair in left if pair[0] in like]
                value_read = typed({key: unquote(raw) for key, raw in mine}, like)
            else:
                mine = [pair for pair in left if pair[0] == parameter.wire_name]
                if many and isinstance(value, list):
                    value_read = typed([unquote(raw) for _, raw in mine], like)
                elif len(mine) != 1:
                    raise Mismatch(f"{name} would be sent {len(mine)} times")
                elif isinstance(value, list | dict) and parameter.content_type is None:
                    value_read = typed(split(mine[0][1], parameter.style, unquote, like), like)
                else:
                    value_read = described_value(parameter, unquote(mine[0][1]), like)
            for pair in mine:
                left.remove(pair)
            self._same(name, parameter, value, value_read)
        if left:
            raise Mismatch(f"the cookie {left[0][0]!r} would be sent, which no argument gives")

    # -- body

    def read_body(self, headers: Mapping[str, str], body: bytes | None) -> None:
        whole_name = self._binding.whole_body
        outer = self._binding.parameters.get(whole_name or "")
        whole = self._arguments.get(whole_name) if whole_name else None
        has_whole = whole is not None or (outer is not None and outer.keeps_null and whole_name in self._arguments)
        if body is None:
            if has_whole or self._sent(Place.BODY):
                raise Mismatch("there would be no body")
            return
        kind = next((text for name, text in headers.items() if name.lower() == "content-type"), "")
        base = kind.partition(";")[0].strip().lower()
        is_json = base in {"application/json", "text/json"} or base.endswith("+json")
        if is_json:
            self._read_json(json.loads(body), has_whole, outer, whole)
        elif base == "application/x-www-form-urlencoded" and (not has_whole or isinstance(whole, dict)):
            self.read_pairs(body.decode(), Place.BODY)
        elif base.startswith("multipart/") and (not has_whole or isinstance(whole, dict)):
            self._read_multipart(kind, body)
        elif not equal(whole, scalar(body.decode(), whole)):
            raise Mismatch("the body would be read as another value")

    def _read_json(self, value: JsonValue, has_whole: bool, outer: RestParameter | None, whole: JsonValue) -> None:
        if has_whole:
            self._same("the body", outer or RestParameter(place=Place.BODY, wire_name=""), whole, value)
            return
        if not isinstance(value, dict):
            raise Mismatch("the body is not an object")
        left = dict(value)
        for name, constant in self._constants(Place.BODY).items():
            if left.pop(name, None) != constant:
                raise Mismatch(f"the constant {name} is missing")
        for name, parameter, expected in self._sent(Place.BODY):
            if parameter.wire_name not in left:
                raise Mismatch(f"{name} would not be sent")
            self._same(name, parameter, expected, left.pop(parameter.wire_name))
        if left:
            raise Mismatch(f"{next(iter(left))!r} would be sent, which no argument gives")

    def _read_multipart(self, kind: str, body: bytes) -> None:
        message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
        pairs: list[tuple[str, str]] = []
        fields = self._sent(Place.BODY)
        for part in message.iter_parts():
            named = re.search(r'name="((?:[^"\\]|\\.)*)"', str(part["Content-Disposition"]))
            payload = part.get_payload(decode=True)
            if named is None or not isinstance(payload, bytes):
                raise Mismatch("a part of the form has no name")
            wire = unquote(named.group(1)).replace('\\"', '"')
            self._check_part_headers(wire, {name.lower(): str(text) for name, text in part.items()})
            pairs.append((wire, payload.decode()))
        if self._binding.whole_body is not None:
            self._whole_form([(key, quote(text, safe="")) for key, text in pairs], in_parts=True)
            return
        sent = [(name, _in_parts(parameter, value), value) for name, parameter, value in fields if value is not None]
        for name, constant in self._constants(Place.BODY).items():
            pairs.remove((name, constant))
        self._take_pairs([(key, quote(text, safe="")) for key, text in pairs], sent, True)

    def _check_part_headers(self, wire: str, headers: dict[str, str]) -> None:
        """A part of a multipart body has the headers that are declared for it, and no others."""
        declared = [*self._binding.parameters.values()]
        if self._binding.whole_body in self._binding.parameters:
            declared += self._binding.parameters[self._binding.whole_body].fields
        field = next((item for item in declared if item.place is Place.BODY and item.wire_name == wire), None)
        expected = {name.lower(): text for name, text in field.part_headers} if field is not None else {}
        own = {name: text for name, text in headers.items() if name not in {"content-disposition", "content-type"}}
        if field is not None and own != expected:
            raise Mismatch(f"the part {wire} has other headers than it should")
        if field is not None and field.content_type and headers.get("content-type") != field.content_type:
            raise Mismatch(f"the part {wire} is not sent as {field.content_type}")


def _repeats(item: JsonValue) -> bool:
    """Whether a field stands there once for each of its items, none of which has parts."""
    return isinstance(item, list) and item != [] and all(isinstance(part, str | int | float | None) for part in item)


def _in_parts(parameter: RestParameter, value: JsonValue) -> RestParameter:
    """How a field of a multipart body is read: each item of a list is a part, where the list is not JSON."""
    if not isinstance(value, list):
        return parameter
    is_json = "json" in (parameter.content_type or "").lower()
    if parameter.content_type is not None and not is_json:
        return parameter.model_copy(update={"content_type": None, "explode": True})
    if parameter.style is None and not is_json:
        return parameter.model_copy(update={"explode": True})
    return parameter
