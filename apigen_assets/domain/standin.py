"""Stand-ins by their names: rows and figures that no language model made are labelled wherever they appear."""

from collections.abc import Iterable

STANDIN_PREFIX = "standin-"
"""How the names of the stand-in generators begin."""


def is_standin(name: object) -> bool:
    """Whether a generator or model of this name is a stand-in."""
    return str(name).startswith(STANDIN_PREFIX)


def any_standin(names: Iterable[object]) -> bool:
    """Whether a stand-in is among them."""
    return any(is_standin(name) for name in names)
