"""YAML read as JSON would be: no dates, no `NO` that becomes false, no tags, no bombs."""

import re
from typing import Any

import yaml

from apigen_assets.catalog.importers.imported import SourceError
from apigen_assets.files.json_types import JsonValue

MAX_NODES = 3_000_000
"""Values in one document after its aliases are followed: a "billion laughs" file stops here."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _JsonLoader(_Base):  # type: ignore[misc]
    """The safe loader with the scalars of YAML 1.2's JSON schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"null|Null|NULL|~|", "nN~"),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _JsonLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))
_JsonLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])


def parse_yaml(text: str, name: str) -> JsonValue:
    """The value of a YAML document, with keys as text.

    Raises:
        SourceError: `not_yaml`, `too_deep` or `too_large`.
    """
    try:
        value = yaml.load(text, Loader=_JsonLoader)
    except RecursionError:
        raise SourceError("too_deep", f"{name} is nested too deeply to be read") from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        raise SourceError("not_yaml", f"{name}: {' '.join(str(error).split())[:300]}") from None
    _count(value, name)
    return _text_keys(value, {})


def _count(value: object, name: str) -> None:
    nodes, stack = 0, [value]
    while stack:
        node = stack.pop()
        nodes += 1
        if nodes > MAX_NODES:
            raise SourceError("too_large", f"{name} has more than {MAX_NODES} values when its aliases are followed")
        if isinstance(node, dict):
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def _text_keys(root: object, done: dict[int, JsonValue]) -> JsonValue:
    """Keys made text in place (a response code is a number in YAML), without recursion."""
    stack = [root]
    while stack:
        node = stack.pop()
        if not isinstance(node, dict | list) or id(node) in done:
            continue
        done[id(node)] = node
        if isinstance(node, dict):
            for key in [key for key in node if not isinstance(key, str)]:
                node[str(key)] = node.pop(key)
            stack.extend(node.values())
        else:
            stack.extend(node)
    return root
