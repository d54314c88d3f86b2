"""Which checkpoint a run can go on from: complete, unharmed, and its own.

A checkpoint is good when its list of files, written after everything else, is there and every file is as
listed. A run that is killed while it saves leaves a folder without that list.
"""

import json
import os
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

from apigen_assets.files.atomic import write_text
from apigen_assets.files.json_types import JsonObject

FILES = "files.json"
_WHOLE = 64 * 2**20
_BLOCK = 2**20


def seal(checkpoint: Path) -> None:
    """Write the list of the checkpoint's files, with sizes and checksums, as its last file."""
    listed = {
        str(path.relative_to(checkpoint)): [path.stat().st_size, _checksum(path)]
        for path in sorted(checkpoint.rglob("*"))
        if path.is_file() and path.name != FILES
    }
    write_text(checkpoint / FILES, json.dumps(listed))


def damage(checkpoint: Path) -> str | None:
    """What is wrong with a checkpoint, or null where it is good."""
    try:
        listed: JsonObject = json.loads((checkpoint / FILES).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "it is incomplete (the run stopped while it was written)"
    except (OSError, ValueError) as error:
        return f"its list of files cannot be read ({error})"
    for name, (size, checksum) in listed.items():
        path = checkpoint / name
        try:
            if path.stat().st_size != size:
                return f"{name} has {path.stat().st_size} bytes instead of {size}"
            if _checksum(path) != checksum:
                return f"the content of {name} has changed since it was written"
        except OSError as error:
            return f"{name} cannot be read ({error.strerror})"
    return None


def last_good(folder: Path, report: Callable[[str], None]) -> Path | None:
    """The newest good checkpoint of a run's folder; newer ones are reported and set aside."""
    checkpoints = [path for path in folder.glob("checkpoint-*") if _step(path) is not None]
    for checkpoint in sorted(checkpoints, key=lambda path: _step(path) or 0, reverse=True):
        wrong = damage(checkpoint)
        if wrong is None:
            return checkpoint
        report(f"skipping {checkpoint.name}: {wrong}")
        # Out of the way of the trainer, which would count it among the ones to keep
        aside = folder / f"damaged-{checkpoint.name}"
        shutil.rmtree(aside, ignore_errors=True)
        os.replace(checkpoint, aside)
    return None


def _step(path: Path) -> int | None:
    digits = path.name.removeprefix("checkpoint-")
    return int(digits) if digits.isdigit() else None


def _checksum(path: Path) -> int:
    """CRC-32 of a file; of a file over 64 MiB, of 64 blocks spread over it, first and last among them."""
    size = path.stat().st_size
    value = 0
    with path.open("rb") as opened:
        if size <= _WHOLE:
            while block := opened.read(_BLOCK):
                value = zlib.crc32(block, value)
        else:
            for i in range(64):
                opened.seek((size - _BLOCK) * i // 63)
                value = zlib.crc32(opened.read(_BLOCK), value)
    return value
