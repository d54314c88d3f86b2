"""The supervisor charges the right call however slowly its processes get the processor."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from resources.python.limits import SandboxLimits
from tests.helpers.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the isolation is Linux's")

# The supervisor kills and adopts processes of its own, so it needs a process of its own.
_PROGRAM = textwrap.dedent("""
    import json, socket, sys, time
    from resources.python import supervisor
    from resources.python import zygote

    path, scratch, limits, batches = json.loads(sys.argv[1])
    report = zygote.Zygote._report

    def late(self, **message):
        if "pid" in message:
            time.sleep(0.15)
        report(self, **message)

    zygote.Zygote._report = late
    ours, theirs = socket.socketpair()
    description = {"key": "k", "name": None, "origin": None, "locations": [], "modules": [["hostile", path]]}
    config = {"scratch": scratch, "limits": limits}
    unit = supervisor.UNITS["k"] = supervisor.Unit(description, supervisor.Channel(theirs.fileno()), config)
    unit.begin(description)
    for batch in batches:
        lines = [json.dumps(["hostile", name, False, {"a": 1} if name == "add" else {}]).encode() for name in batch]
        answers = [json.loads(answer) for answer in unit.call_all(lines)]
        print(json.dumps([answer[1] or answer[3] for answer in answers]))
    unit.stop()
""")


def test_an_executor_that_answers_before_its_fork_is_reported(tmp_path: Path) -> None:
    """On a busy machine the child may run a whole batch before its parent has told its number."""
    spoils, ends = "garbage_to_descriptors", "exit_at_once"
    batches = [["add", spoils, "add"], ["add"], ["add", ends, "add"], ["patch_builtins", "add"], ["add", spoils]]
    told = {
        "add": "3",
        spoils: "wrote into the sandbox's own channel",
        ends: "the process ended itself with status 3",
        "patch_builtins": '"patched"',
    }
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    limits = SandboxLimits(timeout_s=2).model_dump()
    task = [str(Path(__file__).with_name("hostile.py")), str(scratch), limits, batches]
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(task)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers == [[told[name] for name in batch] for batch in batches]


def test_the_worker_starts_where_only_its_own_folder_can_be_read(tmp_path):
    """Bubblewrap shows a worker no other package of the project: one import too many, and its level is lost."""
    folder = tmp_path / "resources"
    shutil.copytree(ROOT / "resources" / "python", folder / "python", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "__init__.py").touch()
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import resources.python.supervisor as s; print(s.__file__)"
    )

    run = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, timeout=60)

    assert run.stdout.strip() == str(folder / "python" / "supervisor.py"), run.stderr
