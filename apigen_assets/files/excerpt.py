"""What messages and tables show of a long text or value: the beginning, cut visibly."""

import json


def cut(text: str, length: int) -> str:
    """The text, with an ellipsis as its last character where it has more than `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"


def one_line(text: str, length: int) -> str:
    """The text with every run of white space as one space, cut at `length` characters."""
    return cut(" ".join(text.split()), length)


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 row`, `2,500 rows`; the plural is given where it is not the noun with an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def excerpt(value: object, length: int = 120) -> str:
    """The value's text (JSON where it is a structure) on one line, cut at `length` characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return one_line(text, length)
