"""Lists of queries and answers that a model wrote as YAML, with the types of JSON and nothing else."""

import re

import yaml

from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject

_BLOCK = re.compile(r"^[ \t]*-[ \t]+(?:query|question):[ \t]", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*```.*$", re.MULTILINE)
_KEYS = {"question": "query", "answer": "answers", "calls": "answers", "tool_calls": "answers"}


class _Loader(yaml.SafeLoader):
    """Only what looks like a value of JSON is one: `no`, `1_000`, `012` and dates stay text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """As inherited, without aliases, which a small text could use to grow without end."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


for _tag, _pattern, _first in (
    ("bool", r"true|false|True|False", "tTfF"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"-?(?:0|[1-9]\d*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first))


def yaml_pairs(text: str) -> list[JsonObject]:
    """The items `{"query": text, "answers": ...}` of the list that a text holds; empty where there is none."""
    first = _BLOCK.search(text)
    if first is None or len(text) > 200_000:
        return []
    body = text[first.start() :]
    fence = _FENCE.search(body)
    try:
        items = yaml.load(body[: fence.start()] if fence else body, Loader=_Loader)
        pairs = [{_KEYS.get(key, key): value for key, value in item.items()} for item in items]
        return [pair for pair in pairs if isinstance(pair["query"], str) and dumps(pair["answers"])]
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return []
