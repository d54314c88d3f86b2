"""What a journal's answers used and cost, read once: segments only grow."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from apigen_assets.files.mirror import segment_folders, segments_of
from apigen_assets.files.segments import lines_from
from resources.llm.protocol import completion_of, cost_of


@dataclass
class GeneratorUsage:
    """One generator's answers."""

    answers: int = 0
    failures: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    bytes: int = 0


@dataclass
class JournalUsage:
    """Totals by generator that are brought up to date from where the last look ended.

    Args:
        root: folder with one journal per generator.
    """

    root: Path
    by_generator: dict[str, GeneratorUsage] = field(default_factory=dict)
    _read_to: dict[Path, int] = field(default_factory=dict)

    def refresh(self, most_bytes: int | None = None) -> bool:
        """Read what was written since; returns false where `most_bytes` ended it before everything was read."""
        left = most_bytes
        for folder in segment_folders(self.root):
            usage = self.by_generator.setdefault(folder.name, GeneratorUsage())
            paths = segments_of(folder)
            usage.bytes = sum(path.stat().st_size for path in paths)
            for path in paths:
                start = self._read_to.get(path, 0)
                if path.stat().st_size <= start:
                    continue
                for offset, line in lines_from(path, start):
                    _add(usage, line)
                    self._read_to[path] = offset + len(line)
                    if left is not None:
                        left -= len(line)
                        if left <= 0:
                            return False
        return True


def _add(usage: GeneratorUsage, line: bytes) -> None:
    try:
        record = json.loads(line)
        if record.get("error"):
            usage.failures += 1
            return
        completion = completion_of(record)
    except (ValueError, KeyError, TypeError, AttributeError):
        return  # a damaged line, which the journal itself reports
    usage.answers += 1
    usage.prompt_tokens += completion.prompt_tokens
    usage.completion_tokens += completion.completion_tokens
    usage.usd += cost_of(record)
