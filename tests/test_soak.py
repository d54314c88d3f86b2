"""The soak of benchmarks/soak.py, short: sources come, change and go while runs are killed and the disk fills."""

import subprocess
import sys

import pytest

from tests.helpers.paths import ROOT


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_after_kills_and_a_full_disk_every_source_is_verified_or_explained(tmp_path):
    command = [sys.executable, str(ROOT / "benchmarks" / "soak.py"), "--minutes", "0.5", "--patience", "12"]
    soak = subprocess.run([*command, "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert soak.returncode == 0, soak.stdout[-3000:] + soak.stderr[-2000:]
    assert "all as it should be" in soak.stdout
