"""The documents of a specification, read by own YAML rules, with own references between them."""

import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml


class _Loader(yaml.CSafeLoader):
    """YAML 1.2's booleans; no dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if not tag.endswith((":timestamp", ":bool"))]
    for first, rules in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def _value(text: str) -> Any:
    """JSON, or YAML of which lines with nothing but tabs and a comment are left out, as the library refuses them."""
    if text.lstrip()[:1] == "{":
        return json.loads(text)
    lines = text.split("\n")
    said = [line for line in lines if "\t" not in line or line.strip()[:1] not in ("", "#")]
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError:
        if len(said) == len(lines):
            raise
        return yaml.load("\n".join(said), Loader=_Loader)


class Specification:
    """The documents under one root, with references between them."""

    def __init__(self, root: Path) -> None:
        self._folder = root.parent
        self._root = root.name
        self._files: dict[str, Any] = {}

    @property
    def value(self) -> dict[str, Any]:
        """The root document."""
        return dict(self._file(self._root))

    def _file(self, name: str) -> Any:
        """A document; empty where it is not there, or is no document."""
        if name not in self._files:
            try:
                text = (self._folder / name).read_text(encoding="utf-8-sig")
                self._files[name] = _value(text)
            except (OSError, ValueError, yaml.YAMLError):
                self._files[name] = {}
        return self._files[name]

    def resolve(self, node: Any, here: str) -> tuple[Any, str]:
        """The node behind references, and the file in which it stands."""
        for _ in range(30):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return node, here
            target, _, pointer = node["$ref"].partition("#")
            beside = {key: value for key, value in node.items() if key != "$ref"}
            if target:
                here = posixpath.normpath(posixpath.join(posixpath.dirname(here), unquote(target)))
            target_node = self._file(here)
            for step in pointer.split("/")[1:]:
                step = unquote(step).replace("~1", "/").replace("~0", "~")
                try:
                    target_node = target_node[int(step)] if isinstance(target_node, list) else target_node[step]
                except (KeyError, IndexError, ValueError, TypeError):
                    return {}, here
            node = {**target_node, **beside} if isinstance(target_node, dict) and beside else target_node
        return {}, here

    def operations(self) -> Iterator[tuple[str, dict[str, Any], list[dict[str, Any]], str]]:
        """`METHOD path`, operation, parameters with their files in `x-file`, and the operation's file."""
        for path, item in self.value.get("paths", {}).items():
            item, here = self.resolve(item, self._root)
            if not isinstance(item, dict):
                continue
            for method in ("get", "put", "post", "delete", "options", "head", "patch", "query"):
                operation, there = self.resolve(item.get(method), here)
                if not isinstance(operation, dict):
                    continue
                parameters: dict[tuple[str, str], dict[str, Any]] = {}
                for listed, base in ((item.get("parameters"), here), (operation.get("parameters"), there)):
                    for raw in listed or ():
                        parameter, file = self.resolve(raw, base)
                        if isinstance(parameter, dict):
                            key = (str(parameter.get("name")), str(parameter.get("in")))
                            parameters[key] = {**parameter, "x-file": file}
                yield f"{method.upper()} {path}", operation, list(parameters.values()), there
