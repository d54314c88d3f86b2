"""Functions that hang, crash, attack or misbehave, and a few good ones; called only in the sandbox."""

import builtins
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from math import inf, nan, sqrt  # noqa: F401 (an imported C function, which must not be callable)
from typing import Any

COUNTS: list[int] = []
TOTAL = 0
TABLE = {"a": {"b": 1}}


def add(a: int, b: int = 2) -> int:
    """A good function."""
    return a + b


def root(x: float) -> float:
    """A good function that uses a module others try to spoil."""
    import math

    return math.sqrt(x)


def size(items: list[int]) -> int:
    """A good function that uses a builtin others try to spoil."""
    return len(items)


def _private() -> int:
    return 1


# Endless


def loop_for_ever() -> None:
    while True:
        pass


def loop_swallowing() -> None:
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue


def loop_in_c() -> int:
    return sum(range(10**13))


def power_tower() -> int:
    return 9**9**9


def regex_backtracking() -> bool:
    import re

    return re.fullmatch(r"(a+)+b", "a" * 60) is not None


def sleep_an_hour() -> None:
    time.sleep(3600)


def ignore_signals_and_sleep() -> None:
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    time.sleep(3600)


# Ends of the process


def exit_at_once() -> None:
    os._exit(3)


def exit_as_if_fine() -> None:
    os._exit(0)


def exit_politely() -> None:
    sys.exit(4)


def interrupt() -> None:
    raise KeyboardInterrupt


def abort() -> None:
    os.abort()


def segfault() -> None:
    ctypes.string_at(0)


def kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def recurse() -> Any:
    return recurse()


def recurse_in_c() -> Any:
    sys.setrecursionlimit(10**9)
    return recurse()


# Too much


def allocate_10_gb() -> int:
    return len(bytearray(10 * 2**30))


def allocate_slowly() -> int:
    parts = []
    while True:
        parts.append(bytes(2**20))


def return_200_mb() -> str:
    return "x" * 200_000_000


def return_long_list() -> list[int]:
    return list(range(800_000))


def print_a_gb() -> None:
    line = "x" * 1_000_000
    for _ in range(1000):
        print(line)


def write_to_stdout_descriptor() -> str:
    for _ in range(200):
        os.write(1, b'["ok", "forged", false, "", 0.0]\n' * 100)
        os.write(2, b"x" * 4096)
    return "done"


def huge_integer() -> int:
    return 10**100_000


def fill_the_disk() -> None:
    with open("big", "wb") as file:
        for _ in range(10_000):
            file.write(bytes(2**20))


def open_many_files() -> int:
    return len([open(__file__) for _ in range(100_000)])


# Attacks


def connect(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        return "connected"


def listen() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        return int(server.getsockname()[1])


def resolve() -> str:
    return socket.gethostbyname("example.com")


def send_datagram(port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        return client.sendto(b"hello", ("127.0.0.1", port))


def write_outside(path: str) -> str:
    with open(path, "w") as file:
        file.write("was here")
    return "written"


def write_scratch() -> bool:
    left = os.path.exists("mark") or bool(os.listdir("."))
    with open("mark", "w") as file:
        file.write("was here")
    os.makedirs("a/b/c")
    return left


def delete_outside(path: str) -> str:
    os.unlink(path)
    return "deleted"


def read_outside(path: str) -> str:
    with open(path) as file:
        return file.read()


def read_passwords() -> str:
    with open("/etc/passwd") as file:
        return file.read()


def read_environment(name: str) -> str:
    return os.environ[name]


def read_parent_environment() -> str:
    with open(f"/proc/{os.getppid()}/environ") as file:
        return file.read()


def spawn() -> str:
    return subprocess.run(["/bin/sh", "-c", "echo here"], capture_output=True, text=True, check=True).stdout


def system_call() -> int:
    code = os.system("true")
    if code:
        raise PermissionError(1, f"the shell did not run ({code})")
    return code


def fork_once() -> int:
    pid = os.fork()
    if pid == 0:
        time.sleep(3600)
    return pid


def fork_bomb() -> None:
    while True:
        os.fork()


def replace_itself() -> None:
    os.execv("/bin/sh", ["sh", "-c", "sleep 3600"])


def signal_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def signal_everyone() -> None:
    os.kill(-1, signal.SIGKILL)


def trace_parent() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, os.getppid(), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    return 0


def new_namespace() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    return 0


def raise_limits() -> None:
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except ValueError as error:
        raise PermissionError(1, str(error)) from error


def close_descriptors() -> None:
    os.closerange(0, 4096)


def garbage_to_descriptors() -> int:
    count = 0
    for number in range(3, 256):
        try:
            os.write(number, b'["ok", "forged", false, "", 0.0]\nrubbish\n\x00\xff')
            count += 1
        except OSError:
            continue
    return count


def endless_garbage() -> None:
    while True:
        garbage_to_descriptors()


# Left behind


def patch_builtins() -> str:
    builtins.len = lambda _: 42  # type: ignore[assignment]
    return "patched"


def patch_library() -> str:
    import json
    import math

    math.sqrt = lambda _: 42.0  # type: ignore[assignment]
    json.dumps = lambda *_, **__: '["ok", "forged", false, "", 0.0]'  # type: ignore[assignment]
    return "patched"


def patch_neighbour() -> str:
    globals()["add"] = lambda a, b=2: 42
    return "patched"


def patch_default(seen: list[int] = []) -> int:  # noqa: B006
    seen.append(1)
    return len(seen)


def count_calls() -> int:
    COUNTS.append(1)
    return len(COUNTS)


def count_in_global() -> int:
    global TOTAL
    TOTAL += 1
    return TOTAL


def change_table_deep() -> int:
    TABLE["a"]["b"] += 1
    return TABLE["a"]["b"]


def leave_thread() -> str:
    def spoil() -> None:
        while True:
            builtins.len = lambda _: 42  # type: ignore[assignment]
            time.sleep(0.001)

    threading.Thread(target=spoil, daemon=True).start()
    return "started"


def leave_alarm() -> str:
    signal.signal(signal.SIGALRM, lambda *_: os._exit(5))
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    return "armed"


def change_folder() -> str:
    os.chdir("/")
    return os.getcwd()


def change_environment() -> str:
    os.environ["LC_ALL"] = "tr_TR"
    return "changed"


def leave_exit_handler() -> str:
    import atexit

    atexit.register(lambda: time.sleep(3600))
    return "registered"


def set_trace() -> str:
    sys.settrace(lambda *_: None)
    return "traced"


# Results without a form


def return_nan() -> float:
    return nan


def return_infinity() -> dict[str, float]:
    return {"x": inf}


def return_bytes() -> bytes:
    return b"\x00\xff"


def return_generator() -> Any:
    return (i for i in range(3))


def return_lambda() -> Any:
    return lambda: 1


def return_deep() -> Any:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


def return_cycle() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


def return_surrogate() -> str:
    return "\ud800"


def return_newlines() -> str:
    return 'a\n["ok", "forged", false, "", 0.0]\n'


async def return_coroutine() -> int:
    return 1


class Liar:
    """An object that attacks while it is read."""

    def tolist(self) -> Any:
        os._exit(7)

    def __repr__(self) -> str:
        raise RuntimeError("no")


def return_liar() -> Any:
    return Liar()


class Unspeakable(Exception):
    """An error whose message attacks."""

    def __str__(self) -> str:  # noqa: PLE0307
        while True:
            pass


def raise_unspeakable() -> None:
    raise Unspeakable


def raise_plainly() -> None:
    raise ValueError("the value is out of range")


# Not the same twice


def roll() -> float:
    import random

    return random.random()


def now() -> float:
    return time.time_ns()


def roll_unless_zero(n: int) -> float:
    import random

    return random.random() if n else 0.0
