"""Slugs of sources and the names that a model sees: unique in the catalog by namespace, never cut silently."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

MAX_NAME = 64

BUILTIN = "builtin"
"""Source of the packaged functions; no dropped source can have this slug."""


def slugify(text: str) -> str:
    """`[a-z0-9-]+` out of any text: accents folded, every other run of characters one hyphen; may be empty."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")


def identifier(text: str) -> str:
    """One part of a tool name, `[A-Za-z0-9_-]+` without dots; may be empty.

    Letters keep their case, since `getUser` says more than `getuser`; accents are folded and every other run of
    characters becomes one underscore.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"_{2,}", "_", re.sub(r"[^A-Za-z0-9_-]+", "_", ascii_text)).strip("_-")


def tool_name(namespace: Sequence[str], own: str) -> str:
    """The catalog name: `<namespace>.<...>.<own>`, or `own` alone where there is no namespace.

    The first part of a namespace is the source's slug, which makes names unique across sources without looking at the
    other sources. Equal neighbours are written once. A name of more than 64 characters is abbreviated by rule, and
    the abbreviation carries a hash of the whole, so that two long names never become one:

    1. the namespace becomes the initials of its words and four hex digits (`t-cnbl-3fa2`);
    2. where that is not enough, the name keeps as many whole words as fit, then four hex digits.
    """
    parts: list[str] = []
    for part in namespace:
        if part and (not parts or part.replace("-", "_").lower() != parts[-1].replace("-", "_").lower()):
            parts.append(part)
    full = ".".join([*parts, own])
    if len(full) <= MAX_NAME:
        return full
    whole = ".".join(parts)
    short = min(f"{initials(parts)}-{_digest(whole)}", whole, key=len) if parts else ""
    name = f"{short}.{own}" if short else own
    if len(name) <= MAX_NAME:
        return name
    room = MAX_NAME - (len(short) + 1 if short else 0) - 5
    return f"{short}.{whole_words(own, room)}-{_digest(full)}" if short else f"{whole_words(own, room)}-{_digest(full)}"


def initials(parts: Sequence[str]) -> str:
    """First letters of every word of every part, the parts joined by hyphens, at most 24 characters."""
    out = "-".join("".join(word[0] for word in re.split(r"[_-]+", part) if word) for part in parts)
    return out[:24].rstrip("-")


def whole_words(text: str, room: int) -> str:
    """As many leading words of `text` as fit into `room` characters; a first word longer than that is cut."""
    if len(text) <= room:
        return text
    head = text[: room + 1]
    at = max(head.rfind("_"), head.rfind("-"))
    return (head[:at] if at > 0 else text[:room]).rstrip("_-")


def distinct(names: Sequence[str]) -> list[str]:
    """The names in order, with `_2`, `_3` ... on later uses of one name (within 64 characters, by rule)."""
    taken = set(names)
    count: Counter[str] = Counter()
    out: list[str] = []
    for name in names:
        count[name] += 1
        if count[name] == 1:
            out.append(name)
            continue
        while True:
            candidate = numbered(name, count[name])
            if candidate not in taken:
                break
            count[name] += 1
        taken.add(candidate)
        out.append(candidate)
    return out


def numbered(name: str, number: int) -> str:
    """`name_2`; where that is too long, whole words of the name, a hash and the number."""
    suffix = f"_{number}"
    if len(name) + len(suffix) <= MAX_NAME:
        return name + suffix
    return f"{whole_words(name, MAX_NAME - len(suffix) - 5)}-{_digest(name)}{suffix}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:4]
