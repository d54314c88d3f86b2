"""Countries and languages by code where a query says their names, in the languages of `LANGUAGES`, from the CLDR."""

import re
from functools import cache
from typing import Literal

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.english import fold
from apigen_assets.verification.grounding.language import LANGUAGES
from apigen_assets.verification.grounding.phrases import any_phrase, is_of_signs
from apigen_assets.verification.grounding.query import Query, Span

Kind = Literal["territories", "languages"]

_CODE = re.compile(r"[a-z]{2}", re.IGNORECASE)
_WANTS: dict[Kind, re.Pattern[str]] = {
    "territories": re.compile(r"\bcountr(?:y|ies)\b|\biso 3166|\bnation\b"),
    "languages": re.compile(r"\blanguages?\b|\blang\b|\biso 639"),
}
_SHORT_NAMES = {"us": ("usa", "america", "the states"), "gb": ("uk", "britain", "great britain"), "nl": ("holland",)}
"""Names of countries that the CLDR does not have."""
_SHORTEST = 4
"""Letters of a name in Latin script: shorter ones are other words too."""


def kind_of_code(leaf: Leaf) -> Kind | None:
    """What a text of two letters is a code of, by the words about its parameter; null for other texts and words."""
    if not isinstance(leaf.value, str) or not _CODE.fullmatch(leaf.value):
        return None
    about = f"{leaf.slot.folded.replace('_', ' ')} {leaf.slot.described}"
    wanted: list[Kind] = [kind for kind, words in _WANTS.items() if words.search(about)]
    return wanted[0] if len(wanted) == 1 and leaf.value.casefold() in _names(wanted[0]) else None


def spans_of_names(leaf: Leaf, query: Query) -> list[Span]:
    """Where a query names what a code stands for; those first that no argument has used."""
    kind = kind_of_code(leaf)
    if kind is None:
        return []
    names = _names(kind)[str(leaf.value).casefold()]
    spans = {match.span() for match in _any_name(kind).finditer(query.text) if match[0] in names}
    return sorted(spans, key=lambda span: (query.is_used(*span), span))


def another_name(leaf: Leaf, query: Query) -> str | None:
    """The one thing of a code's kind that the query names and no argument has used, where the code is not said."""
    kind = kind_of_code(leaf)
    if kind is None or query.find_text(str(leaf.value).casefold()):
        return None
    named = {match[0] for match in _any_name(kind).finditer(query.text) if not query.is_used(*match.span())}
    return next(iter(named)) if len(named) == 1 else None


@cache
def _names(kind: Kind) -> dict[str, frozenset[str]]:
    """Folded names by code."""
    from babel import Locale

    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for code, name in getattr(Locale.parse(language), kind).items():
            folded = fold(name)
            if _CODE.fullmatch(code) and (len(folded) >= _SHORTEST or is_of_signs(folded)):
                found.setdefault(code.casefold(), set()).add(folded)
    for code, names in _SHORT_NAMES.items() if kind == "territories" else ():
        found[code].update(names)
    return {code: frozenset(names) for code, names in found.items()}


@cache
def _any_name(kind: Kind) -> re.Pattern[str]:
    return any_phrase(name for names in _names(kind).values() for name in names)
