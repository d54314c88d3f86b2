"""What answers look like that no form reads: their layout without their content, counted."""

import json
import re
from collections import Counter
from collections.abc import Iterable

from apigen_assets.files.excerpt import excerpt

PROSE = "prose"

_VALUE = re.compile(r"(:\s*)\"(?:[^\"\\]|\\.)*\"")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|(?<=[(=,\[ ])\"(?:[^\"\\]|\\.)*\"")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")
_STRUCTURE = re.compile(r"[\[{]\s*[\"'{\[]|\w\(.*\)|<[|/]?\w+[|>=]|\[[A-Z_]+\]|```|^\s*\w+\s*\n\s*\{", re.DOTALL)


def shape(answer: object) -> str:
    """The layout of an answer: keys and tags stay, values go; `prose` for text without any."""
    if not isinstance(answer, str):
        return _structure(answer)
    if not _STRUCTURE.search(answer):
        return PROSE
    text = _VALUE.sub(r"\1…", answer.strip()[:300])
    return excerpt(_NUMBER.sub("0", _QUOTED.sub("…", text)), 70)


def common_shapes(answers: Iterable[tuple[str, object]], most: int = 3) -> list[str]:
    """Lines on the commonest shapes, each with its count, an id and how that answer begins."""
    counts: Counter[str] = Counter()
    first: dict[str, tuple[str, object]] = {}
    for entry_id, answer in answers:
        kind = shape(answer)
        counts[kind] += 1
        first.setdefault(kind, (entry_id, answer))
    lines = []
    for kind, count in counts.most_common(most):
        entry_id, answer = first[kind]
        lines.append(f"{count} × {kind} ({entry_id}: {excerpt(answer, 100)})")
    return lines


def _structure(value: object, depth: int = 0) -> str:
    if isinstance(value, dict):
        inner = "…" if depth > 1 else ", ".join(f"{key}: {_structure(item, depth + 1)}" for key, item in value.items())
        return excerpt(f"{{{inner}}}", 70)
    if isinstance(value, list):
        return excerpt(f"[{_structure(value[0], depth + 1) if value else ''}]", 70)
    return json.dumps(value) if value is None or isinstance(value, bool) else "…"
