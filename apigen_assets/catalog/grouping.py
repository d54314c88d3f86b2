"""Which APIs of a source belong together, so that a partition of a large one holds neighbours."""

import re
from itertools import groupby

from apigen_assets.domain.api import Source

_GENERAL = re.compile(r"api|apis|rest|v\d+(\.\d+)*|beta|public|services?|\w+\.json", re.IGNORECASE)


def group_of(source: Source) -> str:
    """The part of its source that an API belongs to: its tag, else the first telling segment of its path.

    Of a Python module or a collection of tools it is the file.
    """
    if source.format != "openapi":
        return source.file
    if source.original_category:
        return f"{source.file}#{source.original_category}"
    path = source.original_name.partition(" ")[2].partition("?")[0]
    segments = [segment for segment in path.split("/") if segment and not segment.startswith("{")]
    telling = next((segment for segment in segments if not _GENERAL.fullmatch(segment)), "")
    return f"{source.file}#/{telling}"


def in_groups(labels: list[str]) -> tuple[list[int], list[tuple[str, int]]]:
    """Positions in an order that has those with one label side by side, and each label with how many have it.

    Labels come in the order in which they first stand.
    """
    first: dict[str, int] = {}
    for at, label in enumerate(labels):
        first.setdefault(label, at)
    order = sorted(range(len(labels)), key=lambda at: (first[labels[at]], at))
    return order, [(label, len(list(members))) for label, members in groupby(order, key=lambda at: labels[at])]


def batch_sizes(groups: list[int], size: int) -> list[int]:
    """How many APIs each batch takes: whole groups while they fit, and a larger group in batches of its own.

    Args:
        groups: sizes of the groups, in order.
        size: most APIs of a batch.
    """
    out: list[int] = []
    current = 0
    for group in groups:
        if current and current + group > size:
            out.append(current)
            current = 0
        while group > size:
            out.append(size)
            group -= size
        current += group
    return [*out, current] if current or not out else out
