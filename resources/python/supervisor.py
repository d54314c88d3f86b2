"""The program of a worker: it runs inside the isolation, locks itself in further, and runs no code of a user.

It reads batches from the pool, has them run by zygotes and their executors, measures the deadlines, kills,
attributes every death to the call that was running, and sends exactly one answer per call.
"""

import importlib
import json
import os
import resource
import signal
import sys
import time
from contextlib import suppress

from resources.python import kernel
from resources.python.channel import Channel, PoolGone
from resources.python.frames import read_frame
from resources.python.json_types import JsonMapping, JsonObject
from resources.python.unit import UNITS, Unit

_PRELOADED = (
    "base64", "bisect", "calendar", "cmath", "collections", "csv", "datetime", "difflib", "fractions",
    "hashlib", "heapq", "hmac", "html", "itertools", "logging", "math", "operator", "random", "re", "secrets",
    "statistics", "string", "textwrap", "threading", "typing", "unicodedata", "urllib.parse", "uuid",
    "zoneinfo", "_strptime",
)  # fmt: skip
"""What catalogs' functions use most: imported once, shared by every zygote, and watched for changes."""


_MOST_ZYGOTES = 4


def _lock_in(config: JsonMapping) -> list[str]:
    """Apply every mechanism of this machine; names of those in force."""
    active: list[str] = []
    scratch = config["scratch"]
    if config["level"] == "bubblewrap":
        active += ["bubblewrap", "user_namespace", "network_namespace", "mount_namespace", "pid_namespace"]
        active += ["ipc_namespace", "scratch_tmpfs"]
    elif config["level"] == "namespaces":
        active += kernel.enter_namespaces(scratch, config["limits"]["scratch_mb"] * 2**20)
        kernel.die_with_parent(signal.SIGKILL)
    os.chdir(scratch)
    if kernel.adopt_orphans():
        active.append("subreaper")
    kernel.hide_memory()
    allowed = config["mechanisms"]
    version = 0
    if "landlock" in allowed:
        version = kernel.landlock(config["read"], [scratch], ["/dev/null", "/dev/zero", "/dev/urandom"])
    if version:
        active.append(f"landlock_{version}")
    if kernel.drop_privileges():
        active.append("no_new_privileges")
    files_are_safe = bool(version) or config["level"] == "bubblewrap"
    if "seccomp" in allowed and kernel.seccomp_supervisor(refuse_file_changes=not files_are_safe):
        active.append("seccomp")
    kernel.limit(resource.RLIMIT_CORE, 0)
    kernel.limit(resource.RLIMIT_NOFILE, 256)
    kernel.limit(resource.RLIMIT_FSIZE, config["limits"]["scratch_mb"] * 2**20)
    active.append("rlimits")
    return active


def main(fd: int) -> None:
    """Serve the pool on a connected socket until it closes."""
    first = read_frame(fd)
    if first is None:
        return
    config = json.loads(first)
    channel = Channel(fd)
    time.tzset()
    sys.path[:] = config["sys_path"]
    for name in list(os.environ):
        if name != "TZ":
            del os.environ[name]
    os.environ["HOME"] = config["scratch"]
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1):
        os.dup2(null, standard)
    for name in _PRELOADED:
        importlib.import_module(name)
    active = _lock_in(config)
    os.dup2(null, 2)  # until here errors were for the pool to report
    os.close(null)
    channel.send(json.dumps({"active": active}).encode())
    while (frame := read_frame(fd)) is not None:
        head, _, body = frame.partition(b"\n")
        unit = _unit(json.loads(head), channel, config)
        channel.send(b"\n".join(unit.call_all(body.split(b"\n"))))


def _unit(description: JsonObject, channel: Channel, config: JsonMapping) -> Unit:
    key = description["key"]
    unit = UNITS.pop(key, None) or Unit(description, channel, config)
    UNITS[key] = unit  # the most recently used comes last
    while len(UNITS) > _MOST_ZYGOTES:
        UNITS.pop(next(iter(UNITS))).stop()
    unit.begin(description)
    return unit


def run(fd: int) -> None:
    """Serve, and end without running anything that was registered for the end."""
    try:
        main(fd)
    except (PoolGone, BrokenPipeError, ConnectionResetError):
        pass
    except BaseException as error:
        with suppress(OSError):
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(1)
    with suppress(OSError):
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
    os._exit(0)
