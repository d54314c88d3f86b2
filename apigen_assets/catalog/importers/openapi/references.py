"""References inside OpenAPI documents: resolved one at a time, so that cycles do no harm."""

import posixpath
from urllib.parse import unquote

from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue

MAX_CHAIN = 50


class ReferenceProblem(ValueError):
    """A `$ref` that leads nowhere."""


class References:
    """Follows `$ref` within a document and to other documents of the same source, and never to the network."""

    def __init__(self, documents: JsonMapping, name: str) -> None:
        self._documents = documents
        self._name = name

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
            beside = {**{key: value for key, value in node.items() if key != "$ref"}, **beside}
            address = self._absolute(node["$ref"], address)
            node = self._at(address)
        raise ReferenceProblem(f"{address} refers to itself")

    def _absolute(self, reference: str, base: str | None) -> str:
        document, _, pointer = reference.partition("#")
        here = base.partition("#")[0] if base else self._name
        if not document:
            return f"{here}#{pointer}"
        if "://" in document:
            raise ReferenceProblem(f"{reference} lies outside the source; references are not fetched")
        return f"{posixpath.normpath(posixpath.join(posixpath.dirname(here), unquote(document)))}#{pointer}"

    def _at(self, address: str) -> JsonValue:
        name, _, pointer = address.partition("#")
        if name not in self._documents:
            raise ReferenceProblem(f"{address} lies outside the source")
        node: JsonValue = self._documents[name]
        for raw in pointer.split("/")[1:]:
            step = unquote(raw).replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and step in node:
                node = node[step]
            elif isinstance(node, list) and step.isdecimal() and int(step) < len(node):
                node = node[int(step)]
            else:
                raise ReferenceProblem(f"{address} does not exist")
            if isinstance(node, dict) and isinstance(node.get("$ref"), str) and raw != pointer.rpartition("/")[2]:
                node, _ = self.follow(node)
        return node
