"""Files of stored model outputs: which of a folder are read, and their entries."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from apigen_assets.evaluation.categories import COUNTS, MULTI_TURN, NOT_SCORED, official_name
from apigen_assets.files.excerpt import excerpt
from apigen_assets.files.json_types import JsonObject

RESULT_FILE = re.compile(
    r"(?:BFCL_v(?P<version>\d+)|gorilla_openfunctions_v1_test)_(?P<category>\w+?)(?:_result)?\.jsonl?$", re.IGNORECASE
)
"""File names of the official layouts, V1 to V4."""

GROUPS = {"non_live", "live", "multi_turn", "agentic"}
"""Folders inside a model's folder in the official layout."""


class OutputsError(ValueError):
    """The outputs cannot be scored; the message lists what is wrong, where, and what to do."""


@dataclass(frozen=True)
class OutputFile:
    """One file, and what its name says of it."""

    path: Path
    category: str | None = None
    """The official category; null for files of our own lines, which say it themselves."""
    version: int | None = None
    """The version of the board."""

    @property
    def model_folder(self) -> str:
        """The folder that the official layout names after the model."""
        folder = self.path.parent
        while folder.name in GROUPS or folder.name in COUNTS or folder.name in MULTI_TURN:
            folder = folder.parent
        return folder.name


@dataclass(frozen=True)
class FoundFiles:
    """The files to read, and notes on those left out."""

    files: list[OutputFile]
    skipped: list[str] = field(default_factory=list)


def find_files(path: Path) -> FoundFiles:
    """The result files in a folder (sub-folders included), or the one file named.

    Official result files are told by their names; where there are none, every `.jsonl` file is one of ours.

    Raises:
        OutputsError: nothing there, a file that is empty, or files of several models.
    """
    if not path.exists():
        raise OutputsError(f"{path} does not exist")
    if path.is_file():
        named = _named(path)
        if named is None:
            _refuse_empty([OutputFile(path)])
            return FoundFiles([OutputFile(path)])
        file, reason = named
        if file is None:
            return FoundFiles([], [f"{path.name}: {reason}"])
        _refuse_empty([file])
        return FoundFiles([file])
    files: list[OutputFile] = []
    skipped: list[str] = []
    ours: list[Path] = []
    copies = 0
    for each in sorted(inner for inner in path.rglob("*") if inner.is_file()):
        inside = each.relative_to(path)
        if any(part.startswith((".", "__MACOSX")) for part in inside.parts):
            copies += bool(RESULT_FILE.search(each.name))
            continue
        if each.stem.endswith("_score"):
            continue
        named = _named(each)
        if named is None:
            if each.suffix == ".jsonl":
                ours.append(each)
        elif named[0] is not None:
            files.append(named[0])
        else:
            skipped.append(f"{inside}: not scored, {named[1]}")
    if copies:
        skipped.append(f"{copies} result files in hidden folders (such as .ipynb_checkpoints) were left out")
    if files:
        _refuse_several_models(path, files)
        if ours:
            names = ", ".join(str(each.relative_to(path)) for each in ours[:3])
            skipped.append(
                f"{names}: not read, since official result files stand beside; name a file to score it alone"
            )
        _refuse_empty(files)
        return FoundFiles(files, skipped)
    if not ours and not skipped:
        raise OutputsError(
            f"{path} holds no result files: neither BFCL_v4_<category>_result.json (or a name of V1 to V3) nor .jsonl"
        )
    _refuse_empty([OutputFile(each) for each in ours])
    return FoundFiles([OutputFile(each) for each in ours], skipped)


def _named(path: Path) -> tuple[OutputFile | None, str] | None:
    """What a file's name says: the file with its category, or why that is not scored; null for other names."""
    match = RESULT_FILE.search(path.name)
    if not match:
        return None
    name = match["category"]
    category = official_name(name)
    if category:
        return OutputFile(path, category, int(match["version"] or 1)), ""
    if NOT_SCORED.match(name):
        return None, f"{name} is not a single-turn or multi-turn category of BFCL V4"
    return None, f"{name} is not a category of the board"


def _refuse_several_models(path: Path, files: list[OutputFile]) -> None:
    by_category: dict[str, list[OutputFile]] = {}
    for file in files:
        by_category.setdefault(str(file.category), []).append(file)
    double = next((these for these in by_category.values() if len(these) > 1), None)
    if double is not None:
        shown = ", ".join(str(file.path.relative_to(path)) for file in double)
        folders = sorted({str(file.path.parent.relative_to(path)) for file in double})
        what = f"name one folder of {', '.join(folders)}" if len(folders) > 1 else "move all but one of them away"
        raise OutputsError(
            f"{len(double)} files hold {double[0].category}: {shown}. One score is for one model: {what}."
        )
    models: dict[str, list[str]] = {}
    for file in files:
        models.setdefault(file.model_folder, []).append(str(file.category))
    if len(models) > 1:
        held = "; ".join(f"{model} holds {', '.join(sorted(names))}" for model, names in sorted(models.items()))
        raise OutputsError(
            f"the files lie in folders of {len(models)} models: {held}. One score is for one model: name one folder."
        )


def _refuse_empty(files: list[OutputFile]) -> None:
    for file in files:
        if not file.path.stat().st_size or not file.path.read_bytes().strip():
            raise OutputsError(
                f"{file.path} is empty: the run that should have filled it did not. Generate "
                f"{file.category or 'it'} again, or move the file away to score the rest."
            )


def entries(file: Path) -> Iterator[tuple[str, JsonObject]]:
    """The entries of a file (JSON lines, or one JSON list), each with its place for messages.

    Raises:
        OutputsError: text that is not JSON, or an entry that is not an object.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OutputsError(f"cannot read {file}: {error}") from None
    lines: list[tuple[str, object]]
    if text.lstrip().startswith("["):
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise OutputsError(f"{file} is a JSON list that does not end well ({error}); is it half-written?") from None
        lines = [(f"{file.name}, entry {number}", entry) for number, entry in enumerate(whole, 1)]
    else:
        lines = _json_lines(file, text)
    for place, entry in lines:
        if not isinstance(entry, dict):
            raise OutputsError(f"{place}: an entry is a JSON object with id and result, not {excerpt(entry)}")
        yield place, entry


def _json_lines(file: Path, text: str) -> list[tuple[str, object]]:
    # JSON lines end at \n alone: the other ends that Python knows (U+2028, form feed) may stand inside a text
    parts = text.split("\n")
    lines: list[tuple[str, object]] = []
    for number, line in enumerate(parts, 1):
        if not line.strip():
            continue
        try:
            lines.append((f"{file.name}, line {number}", json.loads(line)))
        except (ValueError, RecursionError) as error:
            hint = "; the file seems to be half-written" if number == len(parts) else ""
            raise OutputsError(f"{file}, line {number} is not valid JSON ({error}){hint}") from None
    return lines
