"""A value as one short line, for messages."""

import json


def excerpt(value: object, length: int = 120) -> str:
    """The value's text (JSON where it is a structure) on one line, cut at `length` characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
