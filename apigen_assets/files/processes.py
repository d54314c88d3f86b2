"""Processes of this machine, by their numbers."""

import os
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether a process is there and is no zombie; true where that cannot be told."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
    except (OSError, IndexError):
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
