"""Texts that only look like what a query says, and texts that carry code."""

import re
import unicodedata

INJECTED = re.compile(r"[$`]\(|;\s*--|[\]}\"']\s*[,;]\s*[\"']|__\w+__|\brm -rf\b|<script|\bDROP TABLE\b", re.IGNORECASE)
"""Marks of shell, SQL, Python, HTML and JSON that a value can only have from the query itself."""


def is_disguised(value: str, raw: str) -> bool:
    """Whether a text mixes look-alike scripts in a word, or holds invisible characters, that the query does not."""
    if value.isascii() or value in raw:
        return False
    if any(unicodedata.category(letter) == "Cf" and letter not in raw for letter in value):
        return True
    for word in re.findall(r"[^\W\d_]+", value):
        scripts = {unicodedata.name(letter, "?").split()[0] for letter in word}
        if len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"}) > 1 and word not in raw:
            return True
    return False
