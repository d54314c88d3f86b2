"""Files of stored model outputs: which of a folder are read."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from apigen_assets.evaluation.categories import COUNTS, MULTI_TURN, NOT_SCORED, official_name
from apigen_assets.evaluation.output_entries import OutputsError

RESULT_FILE = re.compile(
    r"(?:BFCL_v(?P<version>\d+)|gorilla_openfunctions_v1_test)_(?P<category>\w+?)(?:_result)?\.jsonl?(?:\.gz)?$",
    re.IGNORECASE,
)
"""File names of the official layouts, V1 to V4."""

LIKE_RESULT = re.compile(r"^(?:BFCL_v\d|gorilla_openfunctions_v1_test)", re.IGNORECASE)
"""How files begin that may be meant as results."""

OURS = (".jsonl", ".jsonl.gz")
"""Ends of the names of our own lines."""

GROUPS = {"non_live", "live", "multi_turn", "agentic"}
"""Folders inside a model's folder in the official layout."""


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
    for each in sorted(_inside(path)):
        inside = each.relative_to(path)
        if any(part.startswith((".", "__MACOSX")) for part in inside.parts):
            copies += bool(RESULT_FILE.search(each.name))
            continue
        if re.search(r"_score\.jsonl?(?:\.gz)?$", each.name):
            continue
        named = _named(each)
        if named is None:
            if each.name.endswith(OURS):
                ours.append(each)
            elif LIKE_RESULT.match(each.name):
                skipped.append(f"{inside}: not read; a result file is named BFCL_v4_<category>_result.json")
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
    if not ours and not any("not scored" in note for note in skipped):
        raise OutputsError(
            f"{path} holds no result files: neither BFCL_v4_<category>_result.json (or a name of V1 to V3) nor .jsonl"
            + "".join(f"\n  {note}" for note in skipped)
        )
    _refuse_empty([OutputFile(each) for each in ours])
    return FoundFiles([OutputFile(each) for each in ours], skipped)


def _inside(folder: Path) -> Iterator[Path]:
    """The files in a folder and all below, through links, each folder once."""
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield from (file for file in (Path(place) / name for name in names) if file.is_file())


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
