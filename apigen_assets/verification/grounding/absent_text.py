"""What speaks against a text, a code, a date or a time that the query does not contain."""

import json
import re

from apigen_assets.files.excerpt import cut
from apigen_assets.verification.grounding.absent_moments import judge_moment
from apigen_assets.verification.grounding.absent_numbers import is_slip, numbers_that_fit, stated_sibling
from apigen_assets.verification.grounding.arguments import Leaf, Status
from apigen_assets.verification.grounding.beside import SIGN_CODES, has_cue
from apigen_assets.verification.grounding.code_names import another_name
from apigen_assets.verification.grounding.disguise import INJECTED, is_disguised
from apigen_assets.verification.grounding.english import (
    COMMON_WORDS,
    GROUP_OF,
    STOP,
    could_stand_for,
    fold,
    kind_of,
    same_word,
    word_set,
    words_in,
)
from apigen_assets.verification.grounding.finding import Rule
from apigen_assets.verification.grounding.match import NUMERIC
from apigen_assets.verification.grounding.query import Query, Span
from apigen_assets.verification.grounding.times import (
    dates_agree,
    moments_in,
    only_moments,
)

_KNOWLEDGE = re.compile(
    r"\b(?:capital|birthplace|author|ceo|founder|president|currency|home|hometown|headquarters?|country|city|company|"
    r"maker|inventor|"
    r"symbol|formula|abbreviation|code|ticker|name|opposite|synonym|translation)\s+(?:of|in|that|where|behind|for)\b"
)
"""Phrases that stand for a name which the query does not say."""

_CHOICES = word_set(
    """
    algorithm base category charset code color colour columns comparison country currency delimiter dialect
    direction encoding expression fields filter format formula from function gender genre key keys keyword
    kind lang language level locale method mode operation operator order ordering pattern policy protocol q
    query regex region rounding scale scheme section separator sex slug sort source state status strategy
    style symbol system tag target theme ticker timezone to topic type tz unit units zone
    """
)
"""Words in a parameter's name that let its value be a choice of the writer's, not a word of the query."""

_FORMATTED = re.compile(r"[%{}\\^*?$<>|=;]|\\[a-z]|\.\*|\+")


def judge_text(leaf: Leaf, query: Query, value: str, leaves: list[Leaf]) -> None:
    """Judge a text that was not found in the query."""
    folded = fold(value).strip()
    shown = repr(cut(value, 60))
    if is_disguised(value, query.raw):
        why = f"{ascii(value)[:80]} has letters of mixed scripts or invisible ones, the query has not"
        leaf.against(Rule.DISGUISED, why)
        return
    if leaf.is_default:
        leaf.say(Status.GROUNDED, "default")
        return
    if INJECTED.search(value) and not _is_json(value):
        leaf.against(Rule.INJECTED, f"{shown} is code that the query does not have")
        return
    moments = only_moments(folded)
    if moments:
        judge_moment(leaf, query, shown, moments)
        return
    quoted = [span for span in query.quoted if not query.is_used(*span)]
    codes = [span for span in query.codes if not query.is_used(*span)]
    if NUMERIC.fullmatch(folded):
        numbers = [(number.start, number.end) for number in numbers_that_fit(leaf, query)]
        _judge_code(leaf, query, shown, folded, numbers + codes, leaves, "is not stated")
    elif folded in {"true", "false", "yes", "no", "on", "off", "none", "null"}:
        leaf.say(Status.UNDECIDED, "a flag written as text")
    else:
        _judge_words(leaf, query, value, folded, shown, quoted, codes, leaves)


def _judge_words(
    leaf: Leaf,
    query: Query,
    value: str,
    folded: str,
    shown: str,
    quoted: list[Span],
    codes: list[Span],
    leaves: list[Leaf],
) -> None:
    words = [word for word in words_in(folded) if word.text not in STOP]
    stated = [word for word in words if any(same_word(word.text, said.text) for said in query.words)]
    is_code = (
        bool(re.search(r"\d", folded))
        or (value.isupper() and len(value) <= 6)
        or (len(value) <= 5 and bool(_CAMEL.search(value)))
    )
    rule = _replaced(value, folded, query) if query.english else None
    if rule is not None:
        leaf.against(rule, f"{shown} differs from the query's wording in a word")
    elif (rival := _other_name(leaf, query)) is not None:
        leaf.against(Rule.OTHER_CHOICE, f"{shown} where the query says {rival!r}")
    elif (named := another_name(leaf, query)) is not None:
        leaf.ask(Rule.CODE_OF_ANOTHER, f"{shown} where the query says {named!r}")
    elif words and len(stated) == len(words):
        leaf.say(Status.UNDECIDED, "its words are stated")
    elif _is_composed(leaf, query, folded, codes):
        leaf.say(Status.UNDECIDED, "put together from what is stated")
    elif len(folded) <= 3 and any(word.text.startswith(folded) for word in query.words):
        leaf.say(Status.UNDECIDED, "may be the beginning of a word")
    elif len(stated) * 2 >= len(words) >= 2 and (near := _nearly_quoted(folded, quoted, query)):
        leaf.against(Rule.QUOTATION_DIFFERS, f"{shown} differs from {near!r}")
    elif is_code and not _FORMATTED.search(value):
        instants = [(moment.start, moment.end) for moment in query.moments]
        free = [span for span in instants if not query.is_used(*span)]
        alike = [span for span in codes + quoted + free if re.search(r"\d", query.text[slice(*span)])]
        _judge_code(leaf, query, shown, folded, alike, leaves, "a code")
    elif len(stated) * 2 >= len(words) and words:
        leaf.say(Status.UNDECIDED, "in part stated")
    elif _FORMATTED.search(value) and sum(len(word.text) >= 4 for word in words) < 2:
        leaf.say(Status.UNDECIDED, "a pattern, a format or signs")
    elif not words:
        leaf.say(Status.UNDECIDED, "signs")
    elif len(words) <= 2 and any(
        (len(word.text) <= 3 and (len(words) == 1 or value[word.start : word.end].isupper()))
        or any(could_stand_for(word.text, said.text) for said in query.words)
        for word in words
    ):
        leaf.say(Status.UNDECIDED, "may be an abbreviation")
    elif stated:
        leaf.say(Status.UNDECIDED, "in part stated")
    else:
        _judge_unsaid(leaf, query, shown, quoted, codes, leaves)


def _nearly_quoted(folded: str, quoted: list[Span], query: Query) -> str | None:
    """A quotation that most words of a text are the same as, or all but one of as many."""
    if _FORMATTED.search(folded):
        return None
    texts = (query.text[slice(*span)] for span in quoted)
    return next((text for text in texts if _is_alike(folded, text)), None)


_CAMEL = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")


def _judge_code(
    leaf: Leaf, query: Query, shown: str, folded: str, said: list[Span], leaves: list[Leaf], otherwise: str
) -> None:
    """Ungrounded where the query says something else of this kind, else undecided."""
    texts = [query.text[slice(*span)].strip().rstrip("?.,!;:") for span in said]
    query.blamed += said
    twin = next((text for text in texts if len(folded) >= 4 and _is_nearly(folded, text)), None)
    sibling = stated_sibling(leaf, leaves) if len(folded) > 5 or re.search(r"\d", folded) else None
    if twin is not None:
        leaf.against(Rule.CODE_DIFFERS, f"{shown} is not in the query, which says {twin!r}")
    elif texts:
        alike = next((text for text in texts if _pattern(text) == _pattern(folded)), None)
        rule = Rule.OTHER_TEXT if alike and re.search(r"\d", folded) else Rule.MAY_BE_OTHER_TEXT
        leaf.against(rule, f"{shown} is not in the query, which says {alike or texts[0]!r}")
    elif sibling is not None:
        why = f"{shown} is not in the query, which says {sibling.value!r} in {sibling.place}"
        leaf.against(Rule.SIBLING_SAYS, why)
    else:
        leaf.say(Status.UNDECIDED, otherwise)


def _is_nearly(code: str, said: str) -> bool:
    """Whether two codes are one but for a slip: separators do not count, and long ones may differ in two places."""
    one, two = re.sub(r"[\s.-]", "", code), re.sub(r"[\s.-]", "", said)
    if one == two or two in {f"{one}s", f"{one}'s"}:
        return False  # the plural of a code, or another one
    if is_slip(one, two) or (len(one) >= 8 and re.search(r"\d", one) and _pattern(code) == _pattern(said)):
        return True
    return len(one) == len(two) >= 8 and sum(a != b for a, b in zip(one, two, strict=True)) <= 2


def _pattern(code: str) -> str:
    """A code with its digits and letters made alike; what separates its parts stays."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", code))


def _judge_unsaid(
    leaf: Leaf, query: Query, shown: str, quoted: list[Span], codes: list[Span], leaves: list[Leaf]
) -> None:
    """A text no word of which the query has."""
    instants = [moment for moment in query.moments if not query.is_used(moment.start, moment.end)]
    choice = not _CHOICES.isdisjoint(leaf.argument.parts)
    if quoted and not choice and not leaf.in_list:
        leaf.against(
            Rule.QUOTATION_DIFFERS, f"{shown} is not in the query, which says {query.text[slice(*quoted[0])]!r}"
        )
    elif _is_initials(str(leaf.value), query):
        leaf.say(Status.UNDECIDED, f"{shown} may be what its initials stand for")
    elif quoted or codes or instants or (stated_sibling(leaf, leaves) is not None and not choice):
        leaf.against(Rule.MAY_BE_OTHER_TEXT, f"{shown} is not in the query")
    elif choice:
        if leaf.optional and leaf.has_default and not has_cue(leaf, query):
            leaf.against(Rule.INVENTED_CHOICE, f"nothing in the query asks for {leaf.parameter} = {shown}")
        else:
            leaf.say(Status.UNDECIDED, "a choice that the query does not name")
    elif _KNOWLEDGE.search(query.text):
        leaf.say(Status.UNDECIDED, f"{shown} may be what the query describes")
    elif any(fellow.matched for fellow in leaves if fellow is not leaf and fellow.call == leaf.call):
        leaf.against(Rule.INVENTED_TEXT, f"{shown} is not in the query")
    else:
        leaf.against(Rule.NOTHING_STATED, f"{shown} is not in the query, nor is anything else of the call")


_OF_SEVERAL = {
    name: codes.split()
    for names, codes in (
        ("dollar dollars buck bucks", "usd cad aud nzd sgd hkd"), ("peso pesos", "mxn"), ("franc francs", "chf"),
        ("krone kroner krona kronor crown crowns", "nok dkk sek"), ("pound pounds", "gbp"), ("rupee rupees", "inr"),
    )
    for name in names.split()
}  # fmt: skip
"""Names of money that several countries have."""


def _other_name(leaf: Leaf, query: Query) -> str | None:
    """Another currency, language, day or month than the one a value names, that no argument takes."""
    own = fold(str(leaf.value))
    kind = kind_of(own)
    if kind is None or kind not in f"{leaf.argument.folded} {leaf.slot.described}":
        return None
    if any(GROUP_OF.get(word.text) == GROUP_OF[own] or own in _OF_SEVERAL.get(word.text, ()) for word in query.words):
        return None
    if any(sign in query.text and own in codes for sign, codes in SIGN_CODES.items()):
        return None
    return next(
        (
            word.text
            for word in query.words
            if kind_of(word.text) == kind and word.text not in COMMON_WORDS and not query.is_used(word.start, word.end)
        ),
        None,
    )


def _is_json(value: str) -> bool:
    if not value.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _is_composed(leaf: Leaf, query: Query, folded: str, codes: list[Span]) -> bool:
    """Whether a longer text holds a code or the dates that the query says (an address, a range of dates)."""
    if any(query.text[slice(*span)].strip("?.,!") in folded for span in codes if span[1] - span[0] >= 5):
        return True
    dates = [moment for moment in moments_in(folded, strict=True) if moment.dates]
    return bool(dates) and all(
        any(dates_agree(own.dates, said.dates) for said in query.moments if said.dates) for own in dates
    )


def _is_initials(value: str, query: Query) -> bool:
    """Whether a word of the query is made of the first letters of the value's words (`SF`, `LA`)."""
    words = [word.text for word in words_in(fold(value.split(",")[0]))]
    initials = "".join(word[0] for word in words)
    # `NYC` has the initial of a word that people leave out
    return len(initials) >= 2 and any(word.text in (initials, f"{initials}c") for word in query.words)


def _replaced(value: str, folded: str, query: Query) -> Rule | None:
    """The rule by which the query has the text with another word in one place, two words beside it being the same."""
    own = [word.text for word in words_in(folded)]
    said = [word.text for word in query.words]
    if len(own) < 3 or re.search(r"[_@:/]", value) or _FORMATTED.search(value):
        return None
    rule = None
    for i in range(len(said) - len(own) + 1):
        different = [j for j, text in enumerate(own) if not same_word(text, said[i + j])]
        if len(different) != 1 or sum(text not in STOP for text in own) < 2:
            continue
        mine, theirs = own[different[0]], said[i + different[0]]
        if could_stand_for(*sorted((mine, theirs), key=len)):
            continue  # `St` for `Street`
        start, end = query.words[i].start, query.words[i + len(own) - 1].end
        quoted = any(a <= start and end <= b for a, b in query.quoted)
        # `New York, NY` beside `New York between`: what comes last is often added, not replaced
        if quoted or (different[0] not in (0, len(own) - 1) and len(own[different[0]]) > 3):
            return Rule.WORD_REPLACED
        if "," not in value:
            rule = Rule.WORDS_DIFFER
    return rule


def _is_alike(one: str, two: str) -> bool:
    """Whether most words of two texts are the same, or all but one of as many."""
    mine, theirs = [word.text for word in words_in(one)], [word.text for word in words_in(two)]
    if len(mine) == len(theirs) >= 2 and sum(a != b for a, b in zip(mine, theirs, strict=True)) == 1:
        return True
    return _overlap(one, two) >= 0.6


def _overlap(one: str, two: str) -> float:
    a, b = {word.text for word in words_in(one)}, {word.text for word in words_in(two)}
    return len(a & b) / max(1, len(a | b))
