"""References inside OpenAPI documents: resolved one at a time, so that cycles do no harm.

The document that is read keeps its references as they stand; other documents that it refers to are taken over with
every reference made absolute, since a `$ref` is relative to the file in which it stands.
"""

import posixpath
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from apigen_assets.files.json_types import JsonObject, JsonValue

MAX_CHAIN = 50

_MARK = "apigen-document:"
"""Starts an absolute reference; no URL scheme in use."""
_DATA = frozenset({"example", "default", "enum", "const"})
"""Keys whose values are data, in which a `$ref` is not a reference."""


class ReferenceProblem(ValueError):
    """A `$ref` that leads nowhere."""


class References:
    """Follows `$ref` within a document and to other documents of the same source, and never anywhere else.

    Args:
        documents: values by path within the source, or by URL path; may read a document when it is asked for, and
            raises `KeyError` for one that is not there, with the reason as its argument.
        name: path of the document that is read.
        origin: the scheme and host that documents come from, where they come from the web.
    """

    def __init__(self, documents: Mapping[str, JsonValue], name: str, origin: str | None = None) -> None:
        self._documents = documents
        self._name = name
        self._origin = origin
        self._taken: dict[str, JsonValue] = {}
        self._anchors: dict[str, dict[str, JsonValue]] = {}

    def follow(self, node: object) -> tuple[JsonValue, str | None]:
        """The node behind a chain of references, and the address of the last one (null where there was none).

        Keys beside a `$ref` win over those of its target, as OpenAPI 3.1 has it for `description`.

        Raises:
            ReferenceProblem: the target is missing, outside the source, or the chain never ends.
        """
        address: str | None = None
        beside: JsonObject = {}
        for _ in range(MAX_CHAIN):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return ({**node, **beside} if beside and isinstance(node, dict) else node), address
            if len(node) > 1:
                beside = {**{key: value for key, value in node.items() if key != "$ref"}, **beside}
            address = self.absolute(node["$ref"])
            node = self.at(address)
        raise ReferenceProblem(f"{address} refers to itself")

    def media(self, content: JsonObject, kind: str) -> JsonObject:
        """What `content` says of a media type (OpenAPI 3.2 may keep it in `components.mediaTypes`); empty for nothing.

        Raises:
            ReferenceProblem: it leads nowhere.
        """
        described_by, _ = self.follow(content.get(kind))
        return described_by if isinstance(described_by, dict) else {}

    def absolute(self, reference: str) -> str:
        """The address `<document>#<pointer>` of a reference that stands in the document that is read.

        Raises:
            ReferenceProblem: it leads to another host.
        """
        if reference.startswith(_MARK):
            return reference[len(_MARK) :]
        return self._absolute(reference, self._name)

    def _absolute(self, reference: str, here: str) -> str:
        document, _, pointer = reference.partition("#")
        if not document:
            return f"{here}#{pointer}"
        if "://" in document or document.startswith("//"):
            parts = urlsplit(document)
            if self._origin is None or f"{parts.scheme}://{parts.netloc}".lower() != self._origin:
                raise ReferenceProblem(f"{reference} leads to another host; such references are not followed")
            return f"{unquote(parts.path).lstrip('/')}#{pointer}"
        path = unquote(document.partition("?")[0])
        if path.startswith("/"):
            return f"{path.lstrip('/') if self._origin else path}#{pointer}"
        return f"{posixpath.normpath(posixpath.join(posixpath.dirname(here), path))}#{pointer}"

    def at(self, address: str) -> JsonValue:
        """The node at an address.

        Raises:
            ReferenceProblem: there is none.
        """
        name, _, pointer = address.partition("#")
        node = self._document(name)
        if pointer and not pointer.startswith("/"):
            anchors = self._anchors.setdefault(name, {})
            if not anchors:
                _collect_anchors(node, anchors)
            if pointer not in anchors:
                raise ReferenceProblem(f"{address} does not exist")
            return anchors[pointer]
        for raw in pointer.split("/")[1:]:
            step = unquote(raw).replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and isinstance(node.get("$ref"), str) and step not in node:
                node, _ = self.follow(node)
            if isinstance(node, dict) and step in node:
                node = node[step]
            elif isinstance(node, list) and step.isdecimal() and int(step) < len(node):
                node = node[int(step)]
            else:
                raise ReferenceProblem(f"{address} does not exist")
        return node

    def _document(self, name: str) -> JsonValue:
        if name in self._taken:
            return self._taken[name]
        if name.startswith(("..", "/")):
            raise ReferenceProblem(f"{name} lies outside the source; only files inside it are read")
        try:
            value = self._documents[name]
        except KeyError as error:
            reason = error.args[0] if error.args and error.args[0] != name else f"{name} is not in the source"
            raise ReferenceProblem(str(reason)) from None
        if name != self._name:
            value = self._with_absolute(value, name)
        self._taken[name] = value
        return value

    def _with_absolute(self, value: JsonValue, here: str) -> JsonValue:
        """A copy in which references say which document they lead to."""
        if isinstance(value, list):
            return [self._with_absolute(item, here) for item in value]
        if not isinstance(value, dict):
            return value
        out: JsonObject = {}
        for key, item in value.items():
            if key == "$ref" and isinstance(item, str):
                try:
                    out[key] = _MARK + self._absolute(item, here)
                except ReferenceProblem:
                    out[key] = item  # said when it is followed
            elif key == "mapping" and isinstance(item, dict):
                out[key] = {name: self._mapped(target, here) for name, target in item.items()}
            elif key in _DATA and not isinstance(item, dict):
                out[key] = item
            else:
                out[key] = self._with_absolute(item, here)
        return out

    def _mapped(self, target: JsonValue, here: str) -> JsonValue:
        """A target of a discriminator's mapping; a bare name stays one."""
        if not isinstance(target, str) or not ("#" in target or "/" in target or "." in target):
            return target
        try:
            return _MARK + self._absolute(target, here)
        except ReferenceProblem:
            return target


def _collect_anchors(root: JsonValue, out: dict[str, JsonValue]) -> None:
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            for key in ("$anchor", "$dynamicAnchor"):
                if isinstance(node.get(key), str):
                    out.setdefault(node[key], node)
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
