"""Words and letters: slugs, cases, counts, distances and masks."""

import re
import unicodedata
from collections import Counter
from typing import Literal

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_length, check_number
from apigen_assets.functions.seed import Seed


class WordCount(TypedDict):
    """A word and how often it occurs."""

    word: str
    count: int


class ReadingEase(TypedDict):
    """Flesch score and the level it stands for."""

    score: float
    level: str


def slugify_title(title: str, max_length: int = 60, separator: Literal["-", "_"] = "-") -> str:
    """Turn a title into a lowercase slug for web addresses.

    Accents are dropped, and the slug is cut between words where possible.

    Args:
        title: The title, up to 1000 characters.
        max_length: Longest slug allowed, from 5 to 200 characters.
        separator: Character between the words.

    Returns:
        The slug, of a-z, 0-9 and the separator.

    Raises:
        ValueError: A value is out of range, or the title has no Latin letter or digit.
    """
    check_length("title", title, 1, 1000, "characters")
    check_number("max_length", max_length, 5, 200)
    check_choice("separator", separator, ("-", "_"))
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words: list[str] = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    if not words:
        raise ValueError("title must contain at least one Latin letter or digit")
    slug = words[0][:max_length]
    for word in words[1:]:
        if len(slug) + 1 + len(word) > max_length:
            break
        slug += separator + word
    return slug


def change_text_case(text: str, case: Literal["snake", "kebab", "camel", "pascal", "constant", "title"]) -> str:
    """Rewrite a phrase or identifier in another naming convention.

    Args:
        text: Phrase or identifier, up to 500 characters.
        case: Convention wanted.

    Returns:
        The text in that convention.

    Raises:
        ValueError: The case is unknown, or the text is too long or has no letter or digit.
    """
    check_length("text", text, 1, 500, "characters")
    check_choice("case", case, ("snake", "kebab", "camel", "pascal", "constant", "title"))
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    words = [word.lower() for word in re.findall(r"[^\W_]+", spaced)]
    if not words:
        raise ValueError("text must contain at least one letter or digit")
    capitals = [word.capitalize() for word in words]
    forms: dict[str, str] = {
        "snake": "_".join(words),
        "kebab": "-".join(words),
        "camel": words[0] + "".join(capitals[1:]),
        "pascal": "".join(capitals),
        "constant": "_".join(words).upper(),
        "title": " ".join(capitals),
    }
    return forms[case]


def top_words(text: str, count: int = 5, ignore: list[str] | None = None) -> list[WordCount]:
    """List the most frequent words of a text, ignoring case.

    Args:
        text: The text, up to 20000 characters.
        count: How many words to list, from 1 to 100.
        ignore: Words to leave out.

    Returns:
        Words with their counts, most frequent first, ties in alphabetical order.

    Raises:
        ValueError: The text is too long, or count is out of range.
    """
    check_length("text", text, 1, 20_000, "characters")
    check_number("count", count, 1, 100)
    left_out = {word.lower() for word in ignore or []}
    counts = Counter(re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower()))
    ranked = sorted((-n, word) for word, n in counts.items() if word not in left_out)
    return [{"word": word, "count": -n} for n, word in ranked[:count]]


def reading_ease_score(words: int, sentences: int, syllables: int) -> ReadingEase:
    """Rate how easy an English text reads, by the Flesch formula from its counts.

    Args:
        words: Number of words, from 1 to 10 million.
        sentences: Number of sentences, from 1 to the number of words.
        syllables: Number of syllables, at least the number of words.

    Returns:
        Score (higher is easier) and level.

    Raises:
        ValueError: The counts are out of range or do not fit each other.
    """
    check_number("words", words, 1, 10_000_000)
    check_number("sentences", sentences, 1, words)
    check_number("syllables", syllables, words, words * 20)
    score = round(206.835 - 1.015 * words / sentences - 84.6 * syllables / words, 1)
    levels = ((90, "very easy"), (80, "easy"), (70, "fairly easy"), (60, "plain"), (50, "fairly difficult"))
    fallback = "difficult" if score >= 30 else "very difficult"
    return {"score": score, "level": next((name for low, name in levels if score >= low), fallback)}


def edit_distance(first: str, second: str, ignore_case: bool = False) -> int:
    """Count the single-character edits that turn one text into another (Levenshtein distance).

    Args:
        first: One text, up to 500 characters.
        second: The other text, up to 500 characters.
        ignore_case: Whether upper and lower case count as equal.

    Returns:
        Smallest number of insertions, deletions and replacements.

    Raises:
        ValueError: A text is too long.
    """
    check_length("first", first, 0, 500, "characters")
    check_length("second", second, 0, 500, "characters")
    if ignore_case:
        first, second = first.casefold(), second.casefold()
    row = list(range(len(second) + 1))
    for i, left in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(second, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]


def are_anagrams(first: str, second: str) -> bool:
    """Tell whether two words or phrases use exactly the same letters.

    Case, spaces and punctuation do not count.

    Args:
        first: One word or phrase.
        second: The other word or phrase.

    Returns:
        True for anagrams.

    Raises:
        ValueError: A phrase has no letter, or over 1000 characters.
    """
    letters = []
    for name, phrase in (("first", first), ("second", second)):
        check_length(name, phrase, 1, 1000, "characters")
        letters.append(sorted(character for character in phrase.casefold() if character.isalnum()))
        if not letters[-1]:
            raise ValueError(f"{name} must contain at least one letter or digit")
    return letters[0] == letters[1]


def mask_text(text: str, visible: int = 4, side: Literal["start", "end"] = "end", mask_character: str = "*") -> str:
    """Hide all but a few characters of a sensitive text, such as an account number.

    Args:
        text: Text to hide, 1 to 500 characters.
        visible: Characters left readable, from 0 to the text's length.
        side: Where the readable characters are.
        mask_character: Single character shown instead of hidden ones.

    Returns:
        Masked text of the same length.

    Raises:
        ValueError: A value is out of range, or the mask is not one character.
    """
    check_length("text", text, 1, 500, "characters")
    check_number("visible", visible, 0, len(text))
    check_choice("side", side, ("start", "end"))
    check_length("mask_character", mask_character, 1, 1, "characters")
    hidden = mask_character * (len(text) - visible)
    return text[:visible] + hidden if side == "start" else hidden + text[len(text) - visible :]


SEEDS: tuple[Seed, ...] = (
    Seed(
        query='Make a URL slug out of "Crème Brûlée: 10 Secrets From Paris".',
        answers=(Call(name="slugify_title", arguments={"title": "Crème Brûlée: 10 Secrets From Paris"}),),
    ),
    Seed(
        query="slugs for these three posts please: 'Hello World', 'Why We Moved to Rust' and 'Fall Sale 2025'",
        answers=(
            Call(name="slugify_title", arguments={"title": "Hello World"}),
            Call(name="slugify_title", arguments={"title": "Why We Moved to Rust"}),
            Call(name="slugify_title", arguments={"title": "Fall Sale 2025"}),
        ),
    ),
    Seed(
        query="Our linter wants snake case. What does maxRetryCount become?",
        answers=(Call(name="change_text_case", arguments={"text": "maxRetryCount", "case": "snake"}),),
        others=("slugify_title", "mask_text"),
    ),
    Seed(
        query="I need 'user profile picture' once in camel case and once in pascal case",
        answers=(
            Call(name="change_text_case", arguments={"text": "user profile picture", "case": "camel"}),
            Call(name="change_text_case", arguments={"text": "user profile picture", "case": "pascal"}),
        ),
    ),
    Seed(
        query="Which 2 words come up most in 'the cat saw the dog and the dog saw the bird', leaving out "
        "'the' and 'and'?",
        answers=(
            Call(
                name="top_words",
                arguments={
                    "text": "the cat saw the dog and the dog saw the bird",
                    "count": 2,
                    "ignore": ["the", "and"],
                },
            ),
        ),
    ),
    Seed(
        query="I wonder what word I overuse in this line: 'Very good, very nice and very, very cheap'. Just the top 1.",
        answers=(
            Call(
                name="top_words",
                arguments={"text": "Very good, very nice and very, very cheap", "count": 1},
            ),
        ),
        others=("reading_ease_score", "edit_distance"),
    ),
    Seed(
        query="An essay has 540 words, 30 sentences and 810 syllables. How easily does it read?",
        answers=(Call(name="reading_ease_score", arguments={"words": 540, "sentences": 30, "syllables": 810}),),
    ),
    Seed(
        query="Compare the readability of draft A (1200 words, 48 sentences, 2100 syllables) with draft B "
        "(1100 words, 80 sentences, 1500 syllables).",
        answers=(
            Call(name="reading_ease_score", arguments={"words": 1200, "sentences": 48, "syllables": 2100}),
            Call(name="reading_ease_score", arguments={"words": 1100, "sentences": 80, "syllables": 1500}),
        ),
    ),
    Seed(
        query="How many edits separate 'kitten' from 'sitting'?",
        answers=(Call(name="edit_distance", arguments={"first": "kitten", "second": "sitting"}),),
        others=("are_anagrams", "change_text_case"),
    ),
    Seed(
        query="Is 'Jonson' or 'Jensen' closer to 'Johnson'? Get me both edit distances.",
        answers=(
            Call(name="edit_distance", arguments={"first": "Jonson", "second": "Johnson"}),
            Call(name="edit_distance", arguments={"first": "Jensen", "second": "Johnson"}),
        ),
    ),
    Seed(
        query="Someone claims that 'Dormitory' rearranges into 'Dirty room'. True?",
        answers=(Call(name="are_anagrams", arguments={"first": "Dormitory", "second": "Dirty room"}),),
    ),
    Seed(
        query="For the quiz: are 'listen' and 'silent' anagrams, and what is the edit distance between them?",
        answers=(
            Call(name="are_anagrams", arguments={"first": "listen", "second": "silent"}),
            Call(name="edit_distance", arguments={"first": "listen", "second": "silent"}),
        ),
    ),
    Seed(
        query="Hide the card number 5500005555555559 but leave the last four digits readable.",
        answers=(Call(name="mask_text", arguments={"text": "5500005555555559", "visible": 4, "side": "end"}),),
        others=("slugify_title", "top_words"),
    ),
    Seed(
        query="Mask 'alexandra.k' so that only the first 3 characters show, using # as the mask, and put the "
        "words 'display name' into constant case.",
        answers=(
            Call(
                name="mask_text",
                arguments={"text": "alexandra.k", "visible": 3, "side": "start", "mask_character": "#"},
            ),
            Call(name="change_text_case", arguments={"text": "display name", "case": "constant"}),
        ),
    ),
    Seed(
        query="From the headline 'Rain, Rain and More Rain' I want an underscore slug plus its 3 most used words.",
        answers=(
            Call(name="slugify_title", arguments={"title": "Rain, Rain and More Rain", "separator": "_"}),
            Call(name="top_words", arguments={"text": "Rain, Rain and More Rain", "count": 3}),
        ),
        others=("reading_ease_score",),
    ),
)
