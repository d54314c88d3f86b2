"""Answers of models in every form, turned into `[{name: {argument: value}}]`, the official checker's input.

Each form decodes exactly as the leaderboard's own handler of such models does, leniency and strictness alike: a
friendlier decoder would give other scores than the official ones. Forms without a handler there (`OFFICIAL` lists
those with one) read their convention's documented layout and nothing besides.

Standard library only, and only relative imports: these files are also run by the leaderboard's small environment,
which `resources.bfcl` gives their folder (`FOLDER`).
"""

from pathlib import Path

from .arithmetic import compute, fold
from .errors import UndecodableError
from .handlers import form_of_handler
from .python_forms import prepared
from .registry import FORMS, NEVER_EXECUTED, OFFICIAL, PYTHON_FORMS, count_calls, decode, executable, is_blank
from .thinking import thinks, without_thinking

FOLDER = Path(__file__).parent
"""What `resources.bfcl.scoring.score` is given as `decoding`."""

__all__ = [
    "FOLDER", "FORMS", "NEVER_EXECUTED", "OFFICIAL", "PYTHON_FORMS", "UndecodableError", "compute", "count_calls",
    "decode", "executable", "fold", "form_of_handler", "is_blank", "prepared", "thinks", "without_thinking",
]  # fmt: skip
