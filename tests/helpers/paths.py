"""Where tests find the repository and the data beside it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""

SHARED = Path(os.environ.get("APIGEN_SHARED") or ROOT.parent / "shared").resolve()
"""Real files that are not part of the repository; tests that need one skip where it is absent."""

HELPERS = Path(__file__).resolve().parent
"""Programs that tests start."""
