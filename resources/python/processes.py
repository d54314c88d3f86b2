"""Processes and folders that a call may leave behind."""

import os
import shutil
import signal
from contextlib import suppress


def kill_group(pid: int) -> None:
    """Kill a process with its group, whichever of them still lives."""
    if pid > 1:
        for kill in (os.killpg, os.kill):
            with suppress(OSError):
                kill(pid, signal.SIGKILL)


def reap_orphans(spared: set[int]) -> None:
    """Kill what an executor left (possible only without seccomp): orphans become children of this process.

    Args:
        spared: the children that are meant to live, the zygotes.
    """
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            children = [int(pid) for pid in file.read().split()]
    except (OSError, ValueError):
        return
    for pid in children:
        if pid not in spared:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def empty_folder(folder: str) -> None:
    """Remove everything in a folder, whatever its rights."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not os.path.islink(path):
            os.chmod(path, 0o700)
            shutil.rmtree(path)
        else:
            os.unlink(path)
