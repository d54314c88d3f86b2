"""The batches of a partition: what it waits for, and what it asks next."""

import re
import time
from pathlib import Path

from resources.llm.batch import BatchFileError, BatchStream, write_batches
from resources.llm.batch_api import BatchApi
from resources.llm.batch_notes import BatchNote, BatchNotes, given_up
from resources.llm.client import ChatClient
from resources.llm.generator import Generator


class PartitionBatches:
    """What one partition of `raw_candidates` has sent as batches.

    Args:
        folder: of the files and their notes.
        model: the generator, which has `batch` set.
        partition: the partition's key.
        client: whose journal takes the answers.
    """

    def __init__(self, folder: Path, model: Generator, partition: str, client: ChatClient) -> None:
        self._notes = BatchNotes(folder)
        self._model = model
        self._partition = partition
        self._client = client

    def collect(self) -> list[BatchNote]:
        """Take the answers that have arrived into the journal; the batches that are still waited for.

        Raises:
            BatchApiError: the endpoint cannot be asked.
            BatchFileError: it gave something else than answers, or none.
        """
        open_notes = []
        for note in self._notes.of_partition(self._partition):
            if note.collected:
                continue
            state, imported = note.state, None
            if note.by == "api":
                state, imported = BatchApi(self._model).collect(note, self._client.journal(self._model.name))
            if imported is None:
                open_notes.append(self._notes.keep(note.model_copy(update={"state": state})))
                continue
            self._notes.collected(note, state, imported)
            if not imported.counts["answer"] + imported.counts["known"]:
                # Another one would end as this did.
                said = f": {imported.problems[0]}" if imported.problems else ""
                raise BatchFileError(
                    f"batch {note.id} at {self._model.base_url} ended as `{state}` without one answer{said}; see to it "
                    "and materialise this partition again"
                )
        return open_notes

    def stream(self) -> BatchStream:
        """Answers from the journal, and lines for what is not in it."""
        failed = given_up(self._notes.of_partition(self._partition))
        return BatchStream(self._client, self._model, failed, within_budget=True)

    def send(self, stream: BatchStream) -> list[BatchNote]:
        """Submit what is not answered, or write it out for somebody else; the batches now waited for.

        Raises:
            BatchApiError: the endpoint did not take it.
        """
        number = len(self._notes.of_partition(self._partition)) + 1
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", self._partition)
        lines = list(stream.lines.values())
        files = write_batches(lines, self._notes.folder / f"{name}-{number}.jsonl")
        return [
            self._notes.keep(
                BatchNote(
                    id=BatchApi(self._model).submit(file) if self._model.batch == "api" else file.stem,
                    generator=self._model.name,
                    exported=str(file.resolve()),
                    by=self._model.batch or "files",
                    partition=self._partition,
                    requests=sum(1 for _ in file.open("rb")),
                    at=round(time.time(), 3),
                    state="submitted" if self._model.batch == "api" else "to be answered",
                )
            )
            for file in files
        ]
