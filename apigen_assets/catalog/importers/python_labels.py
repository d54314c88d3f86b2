"""What tells functions of several Python modules apart: the modules' names, and what the modules say of themselves."""

import os
from collections import defaultdict
from dataclasses import replace

import griffe

from apigen_assets.catalog.importers.imported import Draft

_LONGEST = 200
"""Characters of a module's first line that are taken."""


def module_labels(names: list[str]) -> dict[str, str]:
    """What modules are called in names of tools: the last part, and as many before it as tell two modules apart.

    Empty where there is only one module, of which no more need be said.
    """
    if len(names) < 2:
        return dict.fromkeys(names, "")
    parts = {name: name.split(".") for name in names}
    nested = [path[:-1] for path in parts.values() if len(path) > 1]
    common = os.path.commonprefix(nested)  # noqa: RUF071 (of lists)
    own = {name: path[len(common) :] if path[:-1][: len(common)] == common else path for name, path in parts.items()}
    if len(set(map(tuple, own.values()))) < len(own):
        own = parts
    labels: dict[str, str] = {}
    by_last: dict[str, list[str]] = {}
    for name, path in own.items():
        by_last.setdefault(path[-1], []).append(name)
    for alike in by_last.values():
        deepest = max(len(own[name]) for name in alike)
        count = next((n for n in range(1, deepest) if len({tuple(own[name][-n:]) for name in alike}) == len(alike)), 0)
        labels |= {name: "_".join(own[name][-count:]) for name in alike}
    return labels


def first_line(docstring: griffe.Docstring | None) -> str:
    """What a module says of itself in its first line; empty where that is nothing, or longer than a line."""
    text = docstring.value.strip().partition("\n")[0].strip() if docstring else ""
    return text if len(text) <= _LONGEST else ""


def told_apart(drafts: list[tuple[Draft, str]]) -> list[Draft]:
    """Functions of which modules say the same ("Check if the number is valid.") with their module's first line.

    Args:
        drafts: each with the first line of its module.
    """
    lines: dict[str, set[str]] = defaultdict(set)
    for draft, line in drafts:
        lines[draft.description].add(line)
    return [
        replace(draft, description=f"{draft.description}\n\n{line}".strip())
        if line and draft.description and len(lines[draft.description]) > 1
        else draft
        for draft, line in drafts
    ]
