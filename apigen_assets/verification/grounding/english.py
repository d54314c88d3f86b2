"""Words: folding, stems, and which words can stand for which."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, NamedTuple


def word_set(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


STOP = word_set(
    """
    a about above after all also am an and any are as at based be been before being below between boolean both
    but by calculate can compute could default defaults determine did do does doing down during e e.g each etc
    few find float for from further g get give given had has have having he her here him his how i i.e if in
    input integer into is it its itself know let like list may me more most must my need no nor not number of
    off on once one only optional or other our out output over own per please provide provided result results
    return same set she should show so some specific specified string such tell than that the their them then
    there these they this those through to too under until up us use used using value values very want was we
    were what when where whether which while who whom why will with would you your
    """
)
"""Words that say nothing about which parameter or entity is meant."""

_PLAIN = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "‹": "'",
        "›": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "−": "-",
        "⁄": "/",
        " ": " ",
    }
)

HAS_DIGIT = re.compile(r"\d")
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+(?:'[a-z]+)?")


class Word(NamedTuple):
    """A word of a folded text and where it stands."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=32768)
def fold(text: str) -> str:
    """Text without case, accents and typographic variants; superscripts and full-width forms become plain."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN)).casefold()
    return "".join(one for one in plain if not unicodedata.combining(one)).translate(_PLAIN)


def words_in(folded: str) -> list[Word]:
    """The words of a folded text in order; underscores and hyphens separate."""
    # Names and allowed values come again with every row, queries do not.
    return list(_short_words(folded)) if len(folded) <= 48 else _words(folded)


@lru_cache(maxsize=32768)
def _short_words(folded: str) -> tuple[Word, ...]:
    return tuple(_words(folded))


def _words(folded: str) -> list[Word]:
    # `Word(...)` would spend more on its keywords than everything else here
    return [tuple.__new__(Word, (match[0], *match.span())) for match in _WORD.finditer(folded)]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The word's Snowball stem; a word with a digit in it is its own (a book number is no plural)."""
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    from snowballstemmer import stemmer

    return stemmer("english")


@lru_cache(maxsize=16384)
def lemma(word: str) -> str:
    """The stem of a word's dictionary form: `ran` is a form of what `running` is one of."""
    from simplemma import lemmatize

    return stem(str(lemmatize(word, "en"))) if len(word) > 2 and word.isalpha() else word


@lru_cache(maxsize=16384)
def content_stems(text: str) -> frozenset[str]:
    """Stems of the words of a text (camelCase and snake_case split) that say something."""
    return stems_of(words_in(fold(HUMP.sub(" ", text))))


def stems_of(words: Iterable[Word]) -> frozenset[str]:
    """Stems of the words that say something."""
    return frozenset(stem(word.text) for word in words if word.text not in STOP and len(word.text) > 1)


@lru_cache(maxsize=65536)
def same_word(one: str, two: str) -> bool:
    """Whether two folded words are forms, near misspellings or known names of one word."""
    if one == two:
        return True
    if (not one.isalpha() and not two.isalpha()) or HAS_DIGIT.search(one + two):
        return False
    if stem(one) == stem(two):
        return True
    group = GROUP_OF.get(one)
    if group is not None and group == GROUP_OF.get(two):
        return True
    if one[0] == two[0] and min(len(one), len(two)) > 3 and lemma(one) == lemma(two):
        return True  # `children`, `mice`
    short, long = sorted((one, two), key=len)
    if long.endswith("ves") and short.removesuffix("e") == f"{long[:-3]}f":
        return True  # `shelves`
    if len(short) >= 4 and long.startswith(short):
        return True
    if len(short) >= 6 and long[: len(short) - 2] == short[: len(short) - 2]:
        return True
    return len(short) >= 5 and one[0] == two[0] and _one_edit(short, long)


@lru_cache(maxsize=65536)
def names_same(name: str, word: str) -> bool:
    """Whether a word of a query surely names what an allowed value names: a form of it, or an unambiguous alias."""
    if name == word:
        return True
    if HAS_DIGIT.search(name + word):
        return False
    if len(name) > 3 and stem(name) == stem(word):
        return True
    group = GROUP_OF.get(name)
    return group is not None and group == GROUP_OF.get(word) and word not in COMMON_WORDS


def could_stand_for(value: str, word: str) -> bool:
    """Whether a value may be an abbreviation or code of a word: first letter and letters in order (tsla, tesla)."""
    if len(value) < 2 or len(word) < 3 or value[0] != word[0] or len(value) > len(word):
        return False
    letters = iter(word)
    return all(one in letters for one in value)


def _one_edit(short: str, long: str) -> bool:
    """Damerau-Levenshtein distance of at most one."""
    if len(long) - len(short) > 1:
        return False
    i = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) == len(long):
        swapped = i + 1 < len(short) and short[i] == long[i + 1] and short[i + 1] == long[i]
        return short[i + 1 :] == long[i + 1 :] or (swapped and short[i + 2 :] == long[i + 2 :])
    return short[i:] == long[i + 1 :]


_GROUPS = """
km kilometer kilometers kilometre kilometres kms | m meter meters metre metres | cm centimeter centimeters
centimetre centimetres | mm millimeter millimeters millimetre millimetres | mi mile miles | yd yard yards
| ft foot feet | in inch inches | nmi nautical | kg kilogram kilograms kilo kilos kgs | g gram grams gramme
grammes | mg milligram milligrams | lb lbs pound pounds | oz ounce ounces | t tonne tonnes ton tons | st stone
stones | l liter liters litre litres | ml milliliter milliliters millilitre millilitres | gal gallon gallons
| pt pint pints | qt quart quarts | c celsius centigrade | f fahrenheit | k kelvin kelvins | s sec secs second
seconds | min mins minute minutes | h hr hrs hour hours | d day days | wk week weeks | mo month months | y yr yrs
year years annual annually yearly | daily day days | weekly week | monthly month | hourly hour
| pa pascal pascals | kpa kilopascal kilopascals | bar bars | psi | atm atmosphere atmospheres | j joule joules
| kj kilojoule kilojoules | cal calorie calories | kcal kilocalorie kilocalories | w watt watts | kw kilowatt
kilowatts | kwh | hz hertz | khz kilohertz | mhz megahertz | ghz gigahertz | b byte bytes | kb kilobyte kilobytes
| mb megabyte megabytes | gb gigabyte gigabytes | tb terabyte terabytes | kph kmh | mph | rad radian radians
| deg degree degrees | sqm | ha hectare hectares | ac acre acres
| usd dollar dollars buck bucks | eur euro euros | gbp sterling quid | jpy yen | cny yuan renminbi rmb
| inr rupee rupees | chf franc francs | cad | aud | sek krona kronor | nok krone kroner | dkk | pln zloty
| brl real reais | mxn peso pesos | krw won | rub ruble rubles rouble | try lira | btc bitcoin | eth ethereum ether
| en eng english | fr fra french | de deu ger german | es spa spanish | it ita italian | pt por portuguese
| nl nld dut dutch | ru rus russian | zh zho chi chinese mandarin | ja jpn japanese | ko kor korean | ar ara arabic
| hi hin hindi | tr tur turkish | pl pol polish | sv swe swedish | da dan danish | no nor norwegian | fi fin finnish
| el ell greek | he heb hebrew | cs ces czech | hu hun hungarian | uk ukr ukrainian | vi vie vietnamese
| th tha thai | id ind indonesian | la lat latin
| mon monday mondays | tue tues tuesday tuesdays | wed wednesday wednesdays | thu thur thurs thursday thursdays
| fri friday fridays | sat saturday saturdays | sun sunday sundays
| jan january | feb february | mar march | apr april | may | jun june | jul july | aug august | sep sept september
| oct october | nov november | dec december
| asc ascending ascend increasing smallest lowest | desc descending descend decreasing largest highest biggest
| max maximum maximal most highest largest | min minimum minimal least lowest smallest
| avg average mean | std stddev deviation | temp temperature | lat latitude | lon lng long longitude
| male man men boy | female woman women girl | uppercase upper caps capitals | lowercase lower small
| add addition plus sum | subtract subtraction minus difference | multiply multiplication times product
| divide division quotient | win won wins winning beat beats beaten defeated victory
| loss lose lost loses losing defeat | draw drew draws tie tied
| ev electronvolt electronvolts | ly light-year lightyears | au astronomical | pc parsec parsecs
| start beginning first leading left front | end ending last trailing right back | xlarge xl | l large big | medium m
| s small little | md5 | sha1 | sha256
"""


COMMON_WORDS = word_set(
    """
    in hi won it no el he la may mar sun sat try real st t l s m h d c f k g b mi pound pounds right back left front
    first last leading trailing second seconds medium large small big most high highest low lowest least tie draw
    draws lose loss win times plus sum minus difference man boy men pt au ly id cal bar long add product lower upper
    caps beginning start end ending mean deviation franc franc's annual yearly daily monthly weekly hourly ha ac deg
    de en es fr pl da sv cs hu uk vi th lat us quid real ton stone foot feet minute day days week month months
    year years hour hours oz atm little sterling ether dem ind tur dan est kg decreasing increasing largest smallest
    biggest division quotient multiplication subtraction addition lon defeat beat beats victory
    """
)
"""Aliases in `_GROUPS` that are everyday words, or stand for a quantity where a number comes first: no evidence."""


def _groups() -> dict[str, int]:
    out: dict[str, int] = {}
    for number, group in enumerate(_GROUPS.split("|")):
        for word in group.split():
            out.setdefault(word, number)
    return out


GROUP_OF: dict[str, int] = _groups()
"""Names of one unit, currency, language, day, month or direction share a number."""

_KINDS = {"currency": ("usd", "eth"), "language": ("en", "la"), "weekday": ("mon", "sun"), "month": ("jan", "dec")}
"""First and last group of each kind of name."""


def kind_of(word: str) -> str | None:
    """`currency`, `language`, `weekday` or `month` where a folded word names one."""
    group = GROUP_OF.get(word)
    if group is None:
        return None
    return next((kind for kind, (a, b) in _KINDS.items() if GROUP_OF[a] <= group <= GROUP_OF[b]), None)
