"""Schemas with an `$id` of their own inside a document: references to them, and in them, made those of the document.

A schema with an `$id` is a resource of its own (JSON Schema 2020-12, section 8.2.1): `#/$defs/x` inside it starts at it
and not at the document, and others refer to it by its URI. OpenAPI 3.1 takes both over, and bundlers write them.
"""

from urllib.parse import urldefrag, urljoin

from apigen_assets.files.json_types import JsonObject, JsonValue

_DATA = frozenset({"example", "examples", "default", "enum", "const"})
_BASE = "apigen-base:/"
"""Base of what has no URI; relative `$id`s and references meet under it."""


def without_ids(document: JsonValue) -> JsonValue:
    """The document with such references as pointers from its root; the same object where there are none."""
    places: dict[str, str] = {}
    _collect(document, "", _BASE, places)
    return _rewritten(document, "", _BASE, places) if places else document


def _collect(node: JsonValue, pointer: str, base: str, places: dict[str, str]) -> None:
    stack = [(node, pointer, base)]
    while stack:
        node, pointer, base = stack.pop()
        if isinstance(node, list):
            stack.extend((item, f"{pointer}/{at}", base) for at, item in enumerate(node))
        elif isinstance(node, dict):
            base = _own_base(node, base)
            if isinstance(node.get("$id"), str):
                places.setdefault(urldefrag(base).url, pointer)
            stack.extend((item, f"{pointer}/{_step(key)}", base) for key, item in node.items() if key not in _DATA)


def _rewritten(node: JsonValue, pointer: str, base: str, places: dict[str, str]) -> JsonValue:
    if isinstance(node, list):
        return [_rewritten(item, f"{pointer}/{at}", base, places) for at, item in enumerate(node)]
    if not isinstance(node, dict):
        return node
    base = _own_base(node, base)
    out: JsonObject = {}
    for key, item in node.items():
        if key == "$ref" and isinstance(item, str):
            document, fragment = urldefrag(urljoin(base, item))
            inner = places.get(document)
            if inner is not None and (not fragment or fragment.startswith("/")):
                item = f"#{inner}{fragment}"
            elif inner is not None:
                item = f"#{fragment}"  # an anchor, which is found anywhere in the document
            out[key] = item
        else:
            out[key] = item if key in _DATA else _rewritten(item, f"{pointer}/{_step(key)}", base, places)
    return out


def _own_base(node: JsonObject, base: str) -> str:
    own = node.get("$id")
    try:
        return urljoin(base, own) if isinstance(own, str) else base
    except ValueError:
        return base


def _step(key: str) -> str:
    return str(key).replace("~", "~0").replace("/", "~1").replace("%", "%25")
