"""What each hostile function must come to, and which processes of a worker are left."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Hazard:
    """A hostile call and the outcomes that are right for it."""

    function: str
    outcomes: tuple[str, ...]
    arguments: dict[str, Any] = field(default_factory=dict)
    detail: str = ""
    """Text that the detail must hold."""


def processes(group: int) -> set[str]:
    """Ids of the processes of a worker that are still there (zombies are not)."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == group and fields[0] != "Z":
                found.add(entry.name)
    return found


HAZARDS = (
    Hazard("loop_for_ever", ("timeout",)),
    Hazard("loop_swallowing", ("timeout",)),
    Hazard("loop_in_c", ("timeout",)),
    Hazard("power_tower", ("timeout", "memory_limit")),
    Hazard("regex_backtracking", ("timeout",)),
    Hazard("sleep_an_hour", ("timeout",)),
    Hazard("ignore_signals_and_sleep", ("timeout",)),
    Hazard("exit_at_once", ("crashed",), detail="status 3"),
    Hazard("exit_as_if_fine", ("crashed",), detail="status 0"),
    Hazard("exit_politely", ("exception",), detail="SystemExit: 4"),
    Hazard("interrupt", ("exception",), detail="KeyboardInterrupt"),
    Hazard("abort", ("crashed",), detail="SIGABRT"),
    Hazard("segfault", ("crashed",), detail="SIGSEGV"),
    Hazard("kill_itself", ("crashed",), detail="SIGKILL"),
    Hazard("recurse", ("exception",), detail="RecursionError"),
    Hazard("recurse_in_c", ("crashed", "memory_limit", "timeout")),
    Hazard("allocate_10_gb", ("memory_limit",)),
    Hazard("allocate_slowly", ("memory_limit",)),
    Hazard("return_200_mb", ("output_limit",)),
    Hazard("return_long_list", ("output_limit",)),
    Hazard("print_a_gb", ("output_limit",)),
    Hazard("write_to_stdout_descriptor", ("ok",)),
    Hazard("huge_integer", ("unserialisable",)),
    Hazard("fill_the_disk", ("output_limit",)),
    Hazard("open_many_files", ("exception",), detail="Too many open files"),
    Hazard("connect", ("blocked",), {"port": "{port}"}),
    Hazard("listen", ("blocked",)),
    Hazard("resolve", ("blocked",)),
    Hazard("send_datagram", ("blocked",), {"port": "{port}"}),
    Hazard("write_outside", ("blocked", "exception"), {"path": "{outside}"}),
    Hazard("write_scratch", ("ok",)),
    Hazard("delete_outside", ("blocked", "exception"), {"path": "{secret}"}),
    Hazard("read_outside", ("blocked", "exception"), {"path": "{secret}"}),
    Hazard("read_passwords", ("blocked", "exception")),
    Hazard("read_environment", ("exception",), {"name": "APIGEN_TEST_SECRET"}, detail="KeyError"),
    Hazard("read_parent_environment", ("blocked", "exception")),
    Hazard("spawn", ("blocked",)),
    Hazard("system_call", ("blocked",)),
    Hazard("fork_once", ("blocked",)),
    Hazard("fork_bomb", ("blocked",)),
    Hazard("replace_itself", ("blocked", "exception")),
    Hazard("signal_parent", ("blocked",)),
    Hazard("signal_everyone", ("blocked",)),
    Hazard("trace_parent", ("blocked",)),
    Hazard("new_namespace", ("blocked",)),
    Hazard("raise_limits", ("blocked",)),
    Hazard("close_descriptors", ("crashed",), detail="channel"),
    Hazard("garbage_to_descriptors", ("crashed",), detail="channel"),
    Hazard("endless_garbage", ("crashed",), detail="channel"),
    Hazard("patch_builtins", ("ok",)),
    Hazard("patch_library", ("ok",)),
    Hazard("patch_neighbour", ("ok",)),
    Hazard("patch_default", ("ok",)),
    Hazard("count_calls", ("ok",)),
    Hazard("count_in_global", ("ok",)),
    Hazard("change_table_deep", ("ok",)),
    Hazard("leave_thread", ("ok",)),
    Hazard("leave_alarm", ("ok",)),
    Hazard("change_folder", ("ok", "exception", "blocked")),
    Hazard("change_environment", ("ok",)),
    Hazard("leave_exit_handler", ("ok",)),
    Hazard("set_trace", ("ok",)),
    Hazard("return_nan", ("unserialisable",)),
    Hazard("return_infinity", ("unserialisable",)),
    Hazard("return_bytes", ("unserialisable",)),
    Hazard("return_generator", ("unserialisable",)),
    Hazard("return_lambda", ("unserialisable",)),
    Hazard("return_deep", ("unserialisable",)),
    Hazard("return_cycle", ("unserialisable",)),
    Hazard("return_surrogate", ("unserialisable",)),
    Hazard("return_newlines", ("ok",)),
    Hazard("return_coroutine", ("ok",)),
    Hazard("return_liar", ("crashed",), detail="status 7"),
    Hazard("raise_unspeakable", ("timeout",)),
    Hazard("raise_plainly", ("exception",), detail="ValueError: the value is out of range"),
    Hazard("_private", ("not_found",)),
    Hazard("sqrt", ("not_found",), {"x": 4}),
    Hazard("no_such_function", ("not_found",)),
)

AT_EVERY_LEVEL = frozenset(
    {
        # What the walls of a level keep out: network, files, environment, processes, signals, privileges.
        "connect", "listen", "resolve", "send_datagram",
        "write_outside", "write_scratch", "delete_outside", "read_outside", "read_passwords", "fill_the_disk",
        "read_environment", "read_parent_environment",
        "spawn", "system_call", "fork_once", "fork_bomb", "replace_itself", "leave_thread", "open_many_files",
        "signal_parent", "signal_everyone", "trace_parent", "new_namespace", "raise_limits",
        # How deaths and deadlines pass the processes that a level adds.
        "ignore_signals_and_sleep", "exit_as_if_fine", "segfault", "kill_itself",
        "allocate_10_gb", "close_descriptors", "garbage_to_descriptors", "patch_builtins", "raise_plainly",
    }
)  # fmt: skip
"""Hazards met at every level; all others are contained by supervisor and executor, which are the same at each."""
