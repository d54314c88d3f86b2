"""The four query styles."""

from enum import StrEnum


class Style(StrEnum):
    """The four query styles (paper, section 3.3), fixed by counts of tools offered and calls made."""

    SIMPLE = "simple"
    MULTIPLE = "multiple"
    PARALLEL = "parallel"
    PARALLEL_MULTIPLE = "parallel_multiple"


def style_of(tools: int, calls: int) -> Style:
    """The style of a row with that many tools offered and calls made; a row without calls has the style of one."""
    if tools > 1:
        return Style.PARALLEL_MULTIPLE if calls > 1 else Style.MULTIPLE
    return Style.PARALLEL if calls > 1 else Style.SIMPLE
