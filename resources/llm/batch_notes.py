"""Notes of batches that were sent or written out: who waits for which, and what became of them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from apigen_assets.files.atomic import write_text
from resources.llm.batch import FINAL, Imported


class BatchNote(BaseModel):
    """One batch. Notes of earlier versions have the first three fields and `collected`."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The endpoint's id of a batch, or the name of a file that somebody else has answered."""
    generator: str
    exported: str
    """The file with the requests."""
    collected: bool = False
    """Its answers are in the journal."""
    by: Literal["api", "files"] = "api"
    """Answered by the endpoint's Batch API, or by whoever reads the file and hands in the answers."""
    partition: str | None = None
    """The partition of `raw_candidates` that waits for it; null where a person submitted it."""
    requests: int = 0
    at: float = 0.0
    """When it was submitted, in seconds since the epoch."""
    state: str = "submitted"
    failed: dict[str, tuple[str, str]] = {}
    """By key: class and words of requests that the batch did not answer."""


class BatchNotes:
    """The notes of a folder, one file each.

    Args:
        folder: made with the first note.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __iter__(self) -> Iterator[BatchNote]:
        for file in sorted(self.folder.glob("*.json")):
            try:
                yield BatchNote.model_validate_json(file.read_bytes())
            except (ValidationError, OSError) as error:
                raise ValueError(f"{file}: not a note of a batch ({type(error).__name__}); remove it") from None

    def keep(self, note: BatchNote) -> BatchNote:
        """Write a note, or write it anew."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_text(self.folder / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', note.id)}.json", note.model_dump_json())
        return note

    def collected(self, note: BatchNote, state: str, imported: Imported) -> BatchNote:
        """Take down that a batch's answers are in the journal."""
        return self.keep(note.model_copy(update={"collected": True, "state": state, "failed": imported.failed}))

    def of_partition(self, partition: str) -> list[BatchNote]:
        """The batches that a partition waits or waited for."""
        return [note for note in self if note.partition == partition]


def given_up(notes: list[BatchNote], most: int = 3) -> dict[str, str]:
    """By key, why a request is not worth another batch: refused for itself, or failed in as many batches as that."""
    failures: dict[str, list[tuple[str, str]]] = {}
    for note in notes:
        for key, failure in note.failed.items():
            failures.setdefault(key, []).append(failure)
    return {
        key: said[-1][1]
        for key, said in failures.items()
        if any(kind in FINAL for kind, _ in said) or len(said) >= most
    }
