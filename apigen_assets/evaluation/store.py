"""Answers kept as they come: one JSON Lines file per run, so that an interrupted run goes on where it stopped."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from apigen_assets.evaluation.questions import Question
from apigen_assets.files.json_types import JsonMapping
from apigen_assets.files.jsonl_store import Entry, JsonlStore
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
        self._store = JsonlStore(path, lambda entry: Entry((entry["id"], entry["question"])))

    @contextmanager
    def open(self) -> Iterator["AnswerStore"]:
        """Hold the file; an unfinished last line is dropped.

        Raises:
            RunningElsewhereError: another process holds it.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(self._store.held())
            except BlockingIOError:
                raise RunningElsewhereError(f"another run is writing {self.path}; wait for it or stop it") from None
            yield self

    def missing(self, questions: Sequence[Question]) -> list[Question]:
        """The questions without an answer yet."""
        return [question for question in questions if (question.id, question.key()) not in self._store]

    def add(self, entries: Sequence[tuple[Question, JsonMapping]]) -> None:
        """Append answers, in one write; each is `{"result": ...}` or `{"failure": ..., "detail": ...}`."""
        self._store.append(
            *(
                {"id": question.id, "category": question.category, "question": question.key(), **answer}
                for question, answer in entries
            )
        )

    def answers(self, questions: Sequence[Question]) -> list[BfclAnswer]:
        """The answers to the questions that have one, in their order."""
        answers = []
        for question in questions:
            entry = self._store.get((question.id, question.key()))
            if entry is not None:
                failure, detail = entry.get("failure"), entry.get("detail")
                answers.append(BfclAnswer(question.id, question.category, entry.get("result"), failure, detail))
        return answers
