"""A number that a text mentions."""

from typing import NamedTuple


class Number(NamedTuple):
    """A number that a text mentions."""

    start: int
    end: int
    values: tuple[float, ...]
    """What it says, in every reading (`15%` is 15 and 0.15)."""
    derived: tuple[float, ...] = ()
    """What else it may mean in its words: cents, one more than a share, the other sign where `minus` is said."""
    turned: tuple[float, ...] = ()
    """What it means with the other sign, where a word of its clause may give it that."""
    weak: bool = False
    """Not necessarily an argument: `one`, `twice`, part of a code."""
    run: int = -1
    """Numbers of one enumeration share a run."""
    unit: str = ""
    """The word or sign that follows or precedes it, such as `%`, `$` or `years`."""
    measure: str = ""
    """Pint's name of its unit; empty where it has none."""
    amount: float = 0.0
    """The number in front of the unit."""
    share: bool = False
    """Whether it is a percentage."""
    digits: str = ""
    """How it is written, where it is written in digits."""
