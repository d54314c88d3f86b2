"""Files that are written whole or not at all."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """A path beside `path` whose file takes its place, over one that was there, when the block ends without an error.

    Folders above it are made. An interrupted process leaves `.NAME.….tmp` beside it, and the old content.

    Raises:
        OSError: the file cannot be written; the old content is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """As `whole_path`, with the file open for text."""
    with whole_path(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        yield file


def write_text(path: Path, text: str) -> None:
    """Write a text as a whole file; `whole_file` says how."""
    with whole_file(path) as file:
        file.write(text)
