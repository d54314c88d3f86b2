"""Stored model outputs read as answers to the board's questions; what no honest figure can come from is refused."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from apigen_assets.evaluation.categories import MULTI_TURN, official_id, official_name
from apigen_assets.evaluation.earlier_ids import renumbered
from apigen_assets.evaluation.failures import inference_error
from apigen_assets.evaluation.output_entries import OutputsError, entries
from apigen_assets.evaluation.output_files import OutputFile, find_files
from apigen_assets.files.excerpt import excerpt
from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.bfcl.records import BfclAnswer

ID_FIELDS = ("id", "idx", "custom_id", "question_id", "test_id")

ANSWER_FIELDS = (
    "result", "answer", "output", "response", "text", "completion", "generation", "prediction", "model_output",
    "message", "content", "choices", "tool_calls", "function_call", "calls",
)  # fmt: skip
"""Where an entry may keep its answer; the official name is `result`. The first that says something counts."""


class Failures(StrEnum):
    """What is done with entries that hold the failure of an endpoint in place of an answer."""

    REFUSE = "refuse"
    WRONG = "wrong"
    """They count as wrong, in the irrelevance categories too."""


@dataclass(frozen=True)
class Outputs:
    """The answers of one model, as found."""

    answers: list[BfclAnswer]
    files: list[Path]
    skipped: list[str] = field(default_factory=list)
    """Notes on what was left out, with the reason."""
    model_folder: str = ""
    """Name of the folder that the official layout names after the model; empty where there is none."""


def read(path: Path, failures: Failures = Failures.REFUSE) -> Outputs:
    """The answers in a file or folder, sub-folders included.

    Args:
        path: official result files, or JSON lines with `id` and `result`.
        failures: what is done with stored failures.

    Raises:
        OutputsError: nothing to score, several models, a line that is not JSON, an entry without id or answer, an id
            twice, or failures stored as answers (unless they are to count as wrong).
    """
    listed = find_files(path)
    read_in = _Reading(failures)
    for file in listed.files:
        read_in.file(file)
    answers, notes = read_in.done()
    skipped = [*listed.skipped, *notes]
    if not answers:
        what = "; ".join(skipped) or "the files are empty"
        raise OutputsError(f"{path} holds no answers to single-turn or multi-turn questions ({what})")
    folders = {file.model_folder for file in listed.files if file.category}
    return Outputs(
        answers=answers,
        files=[file.path for file in listed.files],
        skipped=skipped,
        model_folder=folders.pop() if len(folders) == 1 else "",
    )


class _Reading:
    """Gathers the answers of several files, and what is wrong with them."""

    def __init__(self, failures: Failures) -> None:
        self._failures = failures
        self._answers: list[BfclAnswer] = []
        self._places: dict[str, str] = {}
        self._doubled: list[str] = []
        self._failed: list[str] = []
        self._failed_turns: list[str] = []
        self._notes: list[str] = []

    def file(self, file: OutputFile) -> None:
        rows = [(place, entry, self._identified(entry, file, place)) for place, entry in entries(file.path)]
        moves = renumbered([entry_id for _, _, (_, entry_id) in rows])
        if moves:
            self._notes.append(
                f"{file.path.name}: ids of V3; {len(moves)} answers stand under the ids that V4 gave their questions"
            )
        for place, entry, (category, entry_id) in rows:
            category, entry_id = moves.get(entry_id, (category, entry_id))
            first = self._places.setdefault(entry_id, place)
            if first != place:
                self._doubled.append(f"{entry_id}: {first} and {place}")
                continue
            self._answers.append(self._answer(entry, category, entry_id, place))

    def done(self) -> tuple[list[BfclAnswer], list[str]]:
        if self._doubled:
            raise OutputsError(
                f"{len(self._doubled)} ids stand twice:\n  {_listed(self._doubled)}\n"
                "One answer counts for each question: keep one of them (was a run started twice into one file?)."
            )
        if self._failed and self._failures is Failures.REFUSE:
            raise OutputsError(
                f"{len(self._failed)} of {len(self._answers)} entries are not answers of a model:\n  "
                f"{_listed(self._failed)}\n"
                "Generate those again, or count them as wrong with --failures wrong. Scored as they are, an error "
                "would count as a correct refusal."
            )
        failed = [*self._failed, *self._failed_turns]
        if failed and len(failed) == len(self._answers):
            raise OutputsError(f"every entry is a failure, for example {failed[0]}: there is nothing to score")
        notes = [f"{len(failed)} entries hold failures in place of answers, for example {failed[0]}"] if failed else []
        return self._answers, [*self._notes, *notes]

    def _identified(self, entry: JsonObject, file: OutputFile, place: str) -> tuple[str, str]:
        stated_id = next((entry[name] for name in ID_FIELDS if name in entry), None)
        if stated_id is None or isinstance(stated_id, float | bool | dict | list):
            raise OutputsError(f"{place}: no id; the fields are {excerpt(', '.join(entry), 200) or 'none'}")
        named = file.category or official_name(str(entry.get("category", ""))) or None
        known = official_id(stated_id, named)
        if known is None:
            where = f" of {named}" if named else ""
            raise OutputsError(f"{place}: {stated_id!r} is not the id of a question{where} on the board")
        if file.category and known[0] != file.category:
            raise OutputsError(
                f"{place}: {stated_id!r} is a question of {known[0]}, but the file is named for {file.category}"
            )
        return known

    def _answer(self, entry: JsonObject, category: str, entry_id: str, place: str) -> BfclAnswer:
        if entry.get("failure"):
            detail = str(entry.get("detail") or "") or None
            return BfclAnswer(entry_id, category, None, str(entry["failure"]), detail)
        known, answer = _answer_of(entry, category)
        failure = inference_error(entry, answer)
        if failure is None and not known:
            raise OutputsError(
                f"{place} ({entry_id}): no answer; expected one of {', '.join(ANSWER_FIELDS)}, found {', '.join(entry)}"
            )
        if failure is not None:
            # In a conversation a failure is wrong as it is, on the board too; it flatters nobody and blocks nothing
            (self._failed_turns if category in MULTI_TURN else self._failed).append(f"{entry_id}: {failure}")
            return BfclAnswer(entry_id, category, None, "inference_error", failure)
        return BfclAnswer(entry_id, category, answer)


def _answer_of(entry: JsonObject, category: str) -> tuple[bool, JsonValue]:
    """Whether the entry has a field for its answer, and the first that says something."""
    fields = [name for name in ANSWER_FIELDS if name in entry]
    if not fields:
        return False, None
    if category in MULTI_TURN:
        return True, entry[fields[0]]
    filled = [name for name in fields if entry[name] not in (None, "", [], {})]
    # An empty list of calls says more than an empty text: that the model was asked, and calls nothing
    name = next(iter([*filled, *(name for name in fields if entry[name] == []), *fields]))
    if name in {"choices", "function_call"}:
        return True, {name: entry[name]}
    return True, entry[name]


def _listed(lines: list[str]) -> str:
    return "\n  ".join(lines[:10]) + (f"\n  and {len(lines) - 10} more" if len(lines) > 10 else "")
