"""Whether a query is English, so that rules which read words apply.

Told by the share of its words that simplemma's English dictionary knows: a request of four words is enough, which
statistics of letters do not manage, and every other language counts as one, not only those somebody thought of.
"""

import re
from functools import lru_cache

from apigen_assets.verification.grounding.english import GROUP_OF, STOP, word_set

LANGUAGES = ("en", "de", "es", "fr", "it", "ja", "nl", "pl", "pt", "zh")
"""ISO 639-1 codes of the languages that queries are written in (`APIGEN_LANGUAGES`)."""

_ENOUGH = 0.5
"""More than this share of the words must be English; of as many an English function word decides. What is taken for
another language loses only rules that read words."""
_SURE = 3
"""So many different function words that only English has make a text English, whatever else stands in it."""

_WEIGHT = 2
"""A function word of another language counts as so many words."""

_ENGLISH_ONLY = word_set(
    """
    and are between both could does find for from give have how i'd i'm into it it's let's many much my of our
    please should show than the their these they this those to using what what's whats where which who with
    would you your
    """
)
_FOREIGN = word_set(
    """
    ai al as au ce che com con da dans das dat de degli dei del della den der des di dos du een ein el em en entre es
    est et fur gli hasta het hoe il ile im ist je jest la las le les lo los mas mi mit mot na nach nel od op os ou par
    para pas por pour que qui se sono sul sur tot tu uit um un una une van vom von voor vos wat ze zu zum
    """
) - {"as"}
"""Little words of other languages, most of which an English dictionary has as well."""
_SHARED = (GROUP_OF.keys() - STOP) | {"am", "die", "in", "is", "no", "on", "was"}
"""Units, currencies and little words that several of the languages have: they tell nothing."""
_PARTICLE = re.compile(
    r"(?<=\w )(?:[Dd]e|[Dd]el|[Dd]i|[Dd]a|[Dd]u|[Vv]an|[Vv]on|[Ll]a|[Ll]e|[Ll]os|[Ll]as|[Dd]er|[Ee]l) (?=[A-Z])"
)
"""Of names: `Rio de Janeiro`."""
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_QUOTATION = re.compile(r"'[^'\n]{2,}'(?!\w)|\"[^\"\n]{2,}\"|`[^`\n]+`|[“„«‘「『][^”»’」』\n]+[”»’“」』]")
_CODE = re.compile(r"\S*[\d@_/\\#]\S*|\b\w*[A-Z]\w*[A-Z]\w*\b")


@lru_cache(maxsize=4096)
def is_english(text: str, names: frozenset[str] = frozenset()) -> bool:
    """Whether the words of a query are English; what it quotes, codes and units do not count.

    A text without words is taken for English: there is nothing to misread.

    Args:
        text: the query.
        names: folded words of the names of tools and parameters, which tell nothing where a dictionary lacks them
            (`isbn`).
    """
    prose = _CODE.sub(" ", _QUOTATION.sub(" ", text)).replace("\u2019", "'")
    prose = _PARTICLE.sub(" ", prose)
    words = [
        word.casefold()
        for i, word in enumerate(_WORD.findall(prose))
        if len(word) > 1 and (i == 0 or not word[0].isupper())
    ]
    foreign = len(_FOREIGN.intersection(words))
    words = [word for word in words if word not in _FOREIGN and word not in _SHARED]
    english_only = len(_ENGLISH_ONLY.intersection(words))
    if english_only >= _SURE:
        return True
    if not words and not foreign:
        return not any(letter.isalpha() and letter > "\u024f" for letter in text)
    known = sum(map(_is_known, words))
    if names and not foreign and 0 < known < len(words):
        words = [word for word in words if word not in names or _is_known(word)]
    share = known / (len(words) + _WEIGHT * foreign)
    return share > _ENOUGH or (share == _ENOUGH and english_only > 0)


@lru_cache(maxsize=16384)
def _is_known(word: str) -> bool:
    from simplemma import is_known

    return word in STOP or word in _ENGLISH_ONLY or bool(is_known(word.removesuffix("'s"), "en"))
