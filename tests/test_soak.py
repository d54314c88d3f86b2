"""The soak in short: sources that come, change and go while runs are killed, and what lies in the lake at the end."""

import subprocess
import sys

import pytest

from apigen_assets.orchestration.home import PROJECT

PATIENCE_MIN = 8
"""For quiet afterwards, on a machine that others load; on an idle one a minute is enough."""


@pytest.mark.slow
@pytest.mark.timeout(60 * PATIENCE_MIN + 120)
def test_a_short_soak_ends_with_every_source_verified_or_explained(tmp_path):
    command = [sys.executable, "benchmarks/soak.py", "--minutes", "0.5", "--seed", "3", "--disk-mb", "0"]
    command += ["--patience", str(PATIENCE_MIN), "--folder", str(tmp_path)]
    (tmp_path / "home").mkdir()
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "all as it should be" in done.stdout
