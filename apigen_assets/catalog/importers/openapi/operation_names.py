"""Names of operations: their `operationId` where it says something, else one made from method, path and summary."""

import re
from collections import Counter

from apigen_assets.catalog.names import MAX_NAME, identifier

_MACHINE_MADE = re.compile(
    r"(?P<own>.*?)Using(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)(?:_\d+)?"  # Springfox
    r"|(?:operation|op|endpoint|api|route|handler|anonymous)?[_-]?\d+"
    r"|[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|[0-9a-f]{16,}",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(.+?)_\d{1,3}")
_HOLE = re.compile(r"\{([^{}]+)\}")
_NOISE = re.compile(r"api|apis|rest|v\d+(\.\d+)*|services?|public|\w+\.json", re.IGNORECASE)
_VERSION = re.compile(r"v\d+(\.\d+)*", re.IGNORECASE)
_VERBS = re.compile(
    r"(?:get|list|find|read|fetch|index|show|search|create|add|save|store|insert|update|edit|patch|put|post|replace"
    r"|delete|remove|destroy)(?:All|One|ById)?",
    re.IGNORECASE,
)
"""Ids that name no thing: `list` stands beside `list_1` where a generator numbered the methods of many classes."""
_MAX_SUMMARY_WORDS = 6
_ROOMY = MAX_NAME - 14
"""Characters of a name that leave room for the source's."""


def operation_names(operations: list[tuple[str, str, str, str]]) -> list[str]:
    """One name for each operation of a document, mostly distinct (what is left is numbered by the catalog).

    Args:
        operations: `operationId` (may be empty), method, path and summary of each.
    """
    ids = Counter(identifier(own) for own, *_ in operations)
    stems = Counter(match[1] for own in ids if (match := _NUMBERED.fullmatch(own)))
    names = []
    for own, method, path, summary in operations:
        name = _without_path(identifier(own), method, path)
        numbered = _NUMBERED.fullmatch(name)
        machine = _MACHINE_MADE.fullmatch(name)
        repeated = ids[identifier(own)] > 1 or (numbered and (stems[numbered[1]] > 1 or numbered[1] in ids))
        no_thing = own in stems and _VERBS.fullmatch(own)
        if not name or machine or repeated or no_thing or _holds_path(own, path):
            name = synthetic_name(method, path, summary)
        names.append(name)
    again = Counter(names)
    return [
        synthetic_name(method, path, summary, brief=False) if again[name] > 1 else name
        for name, (_, method, path, summary) in zip(names, operations, strict=True)
    ]


def synthetic_name(method: str, path: str, summary: str = "", brief: bool = True) -> str:
    """A name for an operation that has none: `GET /pets/{id}/toys` is `get_pets_by_id_toys`.

    A path that says nothing (`POST /`) leaves the word to a short summary; of one that is too long the general parts
    at its start (`/api/v2`) are left out, and where it is to be brief also versions and what stands for the things
    on the way: `GET /stores/{store}/v2/pets/{pet}/toys/{toy}` is `get_stores_pets_toys_by_toy`.
    """
    plain = path.partition("#")[0].partition("?")[0]
    name = identifier(f"{method}_" + _HOLE.sub(r"by_\1_", plain))
    words = [part for part in plain.split("/") if part and not _HOLE.fullmatch(part)]
    if not words and summary and len(summary.split()) <= _MAX_SUMMARY_WORDS:
        return identifier(summary.lower()) or name or method
    if len(name) > MAX_NAME // 2:
        segments = [part for part in plain.split("/") if part]
        while len(segments) > 1 and _NOISE.fullmatch(segments[0]):
            segments.pop(0)
        name = identifier(f"{method}_" + _HOLE.sub(r"by_\1_", "/".join(segments)))
        if brief and len(name) > _ROOMY:
            kept = [part for part in segments[:-1] if not _HOLE.fullmatch(part) and not _VERSION.fullmatch(part)]
            name = identifier(f"{method}_" + _HOLE.sub(r"by_\1_", "/".join([*kept, segments[-1]])))
    return name or method


def _holds_path(own: str, path: str) -> bool:
    """Whether an id is the path with something around it (`get-/pets/{id}_getById`), which is longer than it says."""
    plain = path.partition("#")[0].rstrip("/")
    return "/" in plain.lstrip("/") and plain in own


def _without_path(name: str, method: str, path: str) -> str:
    """`read_items_items__item_id__get`, as FastAPI makes them, without the path and the method at its end."""
    tail = re.sub(r"_{2,}", "_", re.sub(r"\W", "_", path)).strip("_")
    ending = f"_{tail}_{method}" if tail else f"_{method}"
    if tail and name.lower().endswith(ending.lower()) and len(name) > len(ending):
        return name[: -len(ending)]
    return name
