"""Slugs of sources and the names that a model sees: unique in the catalog by namespace, never cut silently."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from apigen_assets import functions
from apigen_assets.settings import settings

MAX_NAME = 64

_FIELD = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_SIGNS = (("<=", "_lte"), (">=", "_gte"), ("!=", "_ne"), ("<", "_lt"), (">", "_gt"), ("*", "_any"), ("%", "_percent"))

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


def field_name(text: str) -> str:
    """A parameter's or field's name that model APIs take (`[a-zA-Z0-9_.-]{1,64}`): the text itself where it fits.

    `filter[status]` is `filter_status`, `$top` is `top`, `created<` is `created_lt`; what is too long keeps its first
    words and gets a hash of the whole.
    """
    if _FIELD.fullmatch(text):
        return text
    for sign, words in _SIGNS:
        text_ = text.replace(sign, words + "_")
        text = text_.rstrip("_") if text_ != text else text
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"_{2,}", "_", re.sub(r"[^A-Za-z0-9_.-]+", "_", ascii_text)).strip("_-.")
    if not name:
        return f"field_{_digest(text)}"
    return name if len(name) <= MAX_NAME else f"{whole_words(name, MAX_NAME - 5)}_{_digest(text)}"


def tool_name(namespace: Sequence[str], own: str, dotted: bool | None = None) -> str:
    """The catalog name: `<namespace>_<...>_<own>`, or `own` alone where there is no namespace.

    The first part of a namespace is the source's slug, in which no underscore stands, so names are unique across
    sources without looking at the other sources. Equal neighbours are written once. A name of more than 64
    characters is abbreviated by rule, and the abbreviation carries a hash of the whole, so that two long names never
    become one:

    1. the namespace becomes the initials of its words and four hex digits (`t-cnbl-3fa2`);
    2. where that is not enough, the name keeps as many whole words as fit, then four hex digits.

    Args:
        namespace: parts, the slug first.
        own: the name within the source.
        dotted: parts are joined by dots, which some model APIs refuse; by default as `APIGEN_TOOL_NAMES` says.
    """
    mark = "." if (settings().tool_names == "dotted" if dotted is None else dotted) else "_"
    parts: list[str] = []
    for part in namespace:
        if part and (not parts or part.replace("-", "_").lower() != parts[-1].replace("-", "_").lower()):
            parts.append(part)
    full = mark.join([*parts, own])
    if len(full) <= MAX_NAME:
        return full
    whole = mark.join(parts)
    short = min(f"{initials(parts)}-{_digest(whole)}", whole, key=len) if parts else ""
    name = f"{short}{mark}{own}" if short else own
    if len(name) <= MAX_NAME:
        return name
    room = MAX_NAME - (len(short) + 1 if short else 0) - 5
    cut = f"{whole_words(own, room)}-{_digest(full)}"
    return f"{short}{mark}{cut}" if short else cut


@lru_cache
def builtin_names() -> frozenset[str]:
    """Names of the packaged functions, which have no namespace, so that no other tool gets one of them."""
    found: set[str] = set()
    for file in sorted(Path(functions.__file__).parent.glob("*.py")):
        found |= set(re.findall(r"^def ([a-z]\w*)\(", file.read_text(encoding="utf-8"), re.MULTILINE))
    return frozenset(found)


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


def distinct(names: Sequence[str], reserved: frozenset[str] = frozenset()) -> list[str]:
    """The names in order, with `_2`, `_3` ... on later uses of one name (within 64 characters, by rule).

    A reserved name counts as used before.
    """
    taken = set(names) | reserved
    count: Counter[str] = Counter(dict.fromkeys(reserved, 1))
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
