"""Prints a table of what hostile functions came to: outcome, rows lost, time to recover, leaks.

Every function of `tests/resources/python/hostile.py` is called among good calls of the same module.
"""

import argparse
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from apigen_assets.domain.api import PythonBinding
from apigen_assets.domain.outcome import CallRequest, CallResult
from resources.python.limits import SandboxLimits
from resources.python.pool import PythonSandbox

FOLDER = Path(__file__).parents[1] / "tests" / "resources" / "python"
sys.path.insert(0, str(FOLDER))

from hazards import HAZARDS, Hazard, processes  # noqa: E402

SECRET = "s3cret-value"
GOOD = (("add", {"a": 1}, "3"), ("root", {"x": 4}, "2.0"), ("size", {"items": [1, 2, 3]}, "3"))


def call(function: str, arguments: dict[str, Any]) -> CallRequest:
    """A call of the hostile module."""
    path = str(FOLDER / "hostile.py")
    return CallRequest(binding=PythonBinding(module="hostile", path=path, function=function), arguments=arguments)


def attempt(
    sandbox: PythonSandbox, hazard: Hazard, targets: dict[str, Any], server: socket.socket
) -> tuple[CallResult, int, float, list[str]]:
    """The hazard's result, the good rows lost around it, seconds until the next good result, and leaks."""
    arguments = {name: targets.get(str(value), value) for name, value in hazard.arguments.items()}
    good = [call(name, given) for name, given, _ in GOOD]
    list(sandbox.execute(good))
    before = processes(sandbox._workers[0].process.group)
    (own,) = sandbox.execute([call(hazard.function, arguments)])
    started = time.perf_counter()
    next(iter(list(sandbox.execute(good[:1]))))
    recovery = time.perf_counter() - started
    mixed = list(sandbox.execute([*good, call(hazard.function, arguments), *good]))
    del mixed[len(GOOD)]
    lost = sum(result.result != text for result, (_, _, text) in zip(mixed, GOOD * 2, strict=True))
    leaks = []
    if SECRET in own.model_dump_json():
        leaks.append("secret read")
    if len(processes(sandbox._workers[0].process.group)) > len(before) + 1:
        leaks.append("process left")
    names = sorted(path.name for path in Path(targets["{outside}"]).parent.iterdir())
    if names != [Path(targets["{secret}"]).name]:
        leaks.append(f"files: {names}")
    try:
        server.accept()[0].close()
        leaks.append("connection made")
    except BlockingIOError:
        pass
    return own, lost, recovery, leaks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", choices=("bubblewrap", "namespaces", "rlimits"), help="default: the best")
    parser.add_argument("--timeout", type=float, default=1.0, help="seconds a call may take")
    options = parser.parse_args()

    os.environ["APIGEN_TEST_SECRET"] = SECRET
    wrong = lost_rows = leaking = 0
    with tempfile.TemporaryDirectory() as folder, socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        secret = Path(folder) / "secret.txt"
        secret.write_text(SECRET)
        targets: dict[str, Any] = {
            "{port}": server.getsockname()[1],
            "{outside}": str(Path(folder) / "written.txt"),
            "{secret}": str(secret),
        }
        limits = SandboxLimits(timeout_s=options.timeout)
        sandbox = PythonSandbox(limits, workers=1, level=options.level, check_determinism="never")
        groups = []
        with sandbox:
            told = sandbox.describe()
            print(f"Level {told['level']} ({', '.join(told['mechanisms'])}); deadline {options.timeout:g} s.\n")
            print("| hazard | outcome | detail | good rows lost | ms to the next result | leaks |")
            print("|---|---|---|---|---|---|")
            for hazard in HAZARDS:
                own, lost, recovery, leaks = attempt(sandbox, hazard, targets, server)
                groups = [worker.process.group for worker in sandbox._workers]
                expected = own.outcome in hazard.outcomes and hazard.detail in own.detail
                wrong, lost_rows, leaking = wrong + (not expected), lost_rows + lost, leaking + bool(leaks)
                detail = (own.detail or f"result {own.result}").replace("|", "\\|").replace("\n", " ")[:80]
                mark = "" if expected else " (unexpected)"
                print(
                    f"| {hazard.function} | {own.outcome.value}{mark} | {detail} | {lost} "
                    f"| {recovery * 1000:.0f} | {'; '.join(leaks) or 'none'} |"
                )
        time.sleep(0.2)
        left = set().union(*(processes(group) for group in groups))
    print(
        f"\n{len(HAZARDS)} hazards: {wrong} with an unexpected outcome, {lost_rows} good rows lost, "
        f"{leaking} leaks, {len(left)} processes left after the end."
    )
    return 1 if wrong or lost_rows or leaking or left else 0


if __name__ == "__main__":
    sys.exit(main())
