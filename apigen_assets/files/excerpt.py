"""What messages and tables show of a long text or value: the beginning, cut visibly."""

import json


def cut(text: str, length: int) -> str:
    """The text, with an ellipsis as its last character where it has more than `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"


def one_line(text: str, length: int) -> str:
    """The text with every run of white space as one space, cut at `length` characters."""
    return cut(" ".join(text.split()), length)


def excerpt(value: object, length: int = 120) -> str:
    """The value's text (JSON where it is a structure) on one line, cut at `length` characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return one_line(text, length)
