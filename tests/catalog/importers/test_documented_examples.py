"""The examples of docs/your-own-apis.md run as they are written and print what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.paths import ROOT

PAGE = (ROOT / "docs" / "your-own-apis.md").read_text()
EXAMPLES = re.findall(
    r"^## ([^\n]+)\n(?:(?!^## ).)*?```bash\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL
)


def test_there_are_four():
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize(("title", "script", "output"), EXAMPLES, ids=[title for title, *_ in EXAMPLES])
def test_an_example_runs_as_written(tmp_path, title, script, output):
    programs = tmp_path / "bin"
    programs.mkdir()
    apigen = programs / "apigen"
    apigen.write_text(f"#!{sys.executable}\nfrom apigen_assets.cli.main import app\napp()\n")
    apigen.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=work, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    shown = [line.strip() for line in done.stdout.splitlines()]
    for line in output.strip().splitlines():
        assert line.strip() in shown, done.stdout
