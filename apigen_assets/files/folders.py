"""A folder that is replaced whole: a reader finds the old one or the new one, also after a kill."""

import ctypes
import errno
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apigen_assets.files.processes import is_alive

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A new folder beside `target` that takes its place when the block ends without an exception.

    The block may also remove the new folder: then `target` stays as it is. What killed processes left beside
    `target` is cleared first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    recover(target)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.{os.getpid()}.", suffix=".staging", dir=target.parent))
    try:
        yield staging
        if staging.exists():
            staging.chmod(0o755)
            swap(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def swap(staging: Path, target: Path) -> None:
    """Put `staging` in the place of `target`; afterwards `staging` is the old folder, or nothing.

    Where the system cannot exchange two folders in one step, a kill may leave the old one set aside: `recover` puts it
    back.
    """
    if not target.exists():
        os.replace(staging, target)
    elif not _exchange(staging, target):
        old = target.with_name(f".{target.name}.{os.getpid()}.swapped.old")
        os.replace(target, old)
        os.replace(staging, target)
        shutil.rmtree(old)


def recover(target: Path) -> None:
    """Clear what processes that no longer live left beside `target`; put an old folder back where none stands."""
    pattern = re.compile(rf"\.{re.escape(target.name)}\.(\d+)\..*\.(staging|old)")
    for path in sorted(target.parent.glob(f".{target.name}.*")):
        match = pattern.fullmatch(path.name)
        if match is None or is_alive(int(match[1])):
            continue
        if match[2] == "old" and not target.exists():
            os.replace(path, target)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _exchange(left: Path, right: Path) -> bool:
    """Swap two folders in one step; false where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    if renameat2(_AT_FDCWD, os.fsencode(left), _AT_FDCWD, os.fsencode(right), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in {errno.EINVAL, errno.ENOSYS}:  # the file system or the kernel does not know it
        return False
    raise OSError(code, os.strerror(code), str(right))
