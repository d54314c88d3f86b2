"""Answers kept as they come: one JSON Lines file per run, so that an interrupted run goes on where it stopped."""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from apigen_assets.evaluation.questions import Question
from apigen_assets.files.json_types import JsonMapping, JsonObject
from resources.bfcl.records import BfclAnswer


class RunningElsewhereError(RuntimeError):
    """Another process is writing the same answers."""


class AnswerStore:
    """Answers by question, in one file; entries are `{"id", "category", "question", "result"}` or a `failure`.

    An entry belongs to what the model was shown (`question`, a hash): where the questions change, so does the hash,
    and the old entry is not used. The file is in the form that `apigen score` reads.

    Args:
        path: the file; made when the first answer comes. Its name should tell runs apart that must not mix.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[tuple[str, str], JsonObject] = {}

    @contextmanager
    def open(self) -> Iterator["AnswerStore"]:
        """Read what is there and hold the file; an unfinished last line is dropped.

        Raises:
            RunningElsewhereError: another process holds it.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunningElsewhereError(f"another run is writing {self.path}; wait for it or stop it") from None
            self._load(file)
            self._file = file
            yield self

    def missing(self, questions: Sequence[Question]) -> list[Question]:
        """The questions without an answer yet."""
        return [one for one in questions if (one.id, one.key()) not in self._entries]

    def add(self, entries: Sequence[tuple[Question, JsonMapping]]) -> None:
        """Append answers, in one write; each is `{"result": ...}` or `{"failure": ..., "detail": ...}`."""
        lines = []
        for question, what in entries:
            entry = {"id": question.id, "category": question.category, "question": question.key(), **what}
            self._entries[question.id, question.key()] = entry
            lines.append(json.dumps(entry) + "\n")
        self._file.write("".join(lines).encode())
        self._file.flush()

    def answers(self, questions: Sequence[Question]) -> list[BfclAnswer]:
        """The answers to the questions that have one, in their order."""
        found = []
        for one in questions:
            entry = self._entries.get((one.id, one.key()))
            if entry is not None:
                failure, detail = entry.get("failure"), entry.get("detail")
                found.append(BfclAnswer(one.id, one.category, entry.get("result"), failure, detail))
        return found

    def _load(self, file: IO[bytes]) -> None:
        file.seek(0)
        data = file.read()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            file.truncate(whole)
        for line in data[:whole].splitlines():
            try:
                entry = json.loads(line)
                self._entries[entry["id"], entry["question"]] = entry
            except (ValueError, KeyError, TypeError):
                continue
        file.seek(0, os.SEEK_END)
