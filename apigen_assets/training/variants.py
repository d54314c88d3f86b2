"""Variants of a row with other argument values, replaced alike in the query and in the answer.

A small model from scratch has to learn to copy values out of the query. A data set of a few thousand rows
repeats the same cities and numbers so often that remembering them is easier; fresh values in the same
sentences leave copying as the only way. Large models bring copying along, so only recipes from scratch use
this.
"""

import json
import random
import re
import string
from collections.abc import Iterable

from apigen_assets.domain.call import Call
from apigen_assets.files.json_types import JsonValue
from apigen_assets.training.examples import TrainingExample

_VOWELS = "aeiou"
_CONSONANTS = "bcdfghklmnprstvwz"
_POOL = 5_000


def with_fresh_values(
    example: TrainingExample, rng: random.Random, words: list[str], share: float = 0.9
) -> TrainingExample:
    """The row with some values replaced; what cannot be replaced safely stays.

    A number or text is replaced where the query holds it literally, standing alone, and no tool's text
    mentions it (such as an allowed value). Numbers keep their sign and their count of digits; texts become
    another text of `words` or an invented word. Equal values stay equal and different ones different.

    Args:
        example: the row.
        rng: decides.
        words: text values of the data set to draw from.
        share: how many of the replaceable values to replace, on average.
    """
    mentioned = json.dumps(example.tools, ensure_ascii=False)
    replaced: dict[str, str] = {}
    taken = set(_leaves(example.answers))
    query = example.query
    for leaf in sorted(taken, key=lambda text: (-len(text), text)):
        if rng.random() >= share or not _places(leaf, query):
            continue
        if _is_number(leaf):
            fresh = _number_like(leaf, rng)
        elif _places(leaf, mentioned):
            continue  # an allowed value
        elif _is_code(leaf):
            fresh = _code_like(leaf, rng)
        elif re.fullmatch(r"[^\W\d_][\w' -]*", leaf):
            fresh = _text_like(leaf, rng, words)
        else:
            continue  # a text with a form of its own: a date, a formula, an address
        if fresh in taken or _places(fresh, query) or any(leaf in known for known in replaced):
            continue
        taken.add(fresh)
        replaced[leaf] = fresh
        for place in reversed(_places(leaf, query)):
            query = query[:place] + fresh + query[place + len(leaf) :]
    if not replaced:
        return example
    answers = [Call(name=call.name, arguments=_substituted(call.arguments, replaced)) for call in example.answers]
    return TrainingExample(query, example.tools, answers, example.group)


def text_values(examples: Iterable[TrainingExample]) -> list[str]:
    """Distinct short text values of the rows' arguments, sorted, at most 5,000."""
    pool: set[str] = set()
    for example in examples:
        pool.update(
            leaf
            for leaf in _leaves(example.answers)
            if not _is_number(leaf) and len(leaf) <= 40 and re.fullmatch(r"[^\W\d_][\w' -]*", leaf)
        )
        if len(pool) >= _POOL:
            break
    return sorted(pool)


def _leaves(answers: Iterable[Call]) -> list[str]:
    out: list[str] = []
    stack: list[JsonValue] = [call.arguments for call in answers]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, str) and value.strip():
            out.append(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            out.append(json.dumps(value))
    return out


def _substituted(value: object, replaced: dict[str, str]) -> JsonValue:
    if isinstance(value, dict):
        return {key: _substituted(item, replaced) for key, item in value.items()}
    if isinstance(value, list):
        return [_substituted(item, replaced) for item in value]
    if isinstance(value, str):
        return replaced.get(value, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        fresh = replaced.get(json.dumps(value))
        return value if fresh is None else json.loads(fresh)
    return value


def _places(text: str, within: str) -> list[int]:
    """Where `text` stands as no part of a longer word or number."""
    out = []
    place = within.find(text)
    while place >= 0:
        end = place + len(text)
        before, after, next_ = within[place - 1 : place], within[end : end + 1], within[end + 1 : end + 2]
        if not (_in_word(before) or before == "." or _in_word(after) or (after == "." and next_.isdigit())):
            out.append(place)
            place = end - 1
        place = within.find(text, place + 1)
    return out


def _in_word(letter: str) -> bool:
    return letter.isalnum() or letter in {"_", "-"}


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _number_like(text: str, rng: random.Random) -> str:
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = digits.partition(".")
    first = rng.choice("123456789") if len(whole) > 1 or not fraction else rng.choice(string.digits)
    out = first + "".join(rng.choices(string.digits, k=len(whole) - 1))
    if fraction:
        # The last digit is not a zero, which JSON's shortest form would drop; a lone ".0" stays one
        last = "0" if fraction == "0" else rng.choice("123456789")
        out += "." + "".join(rng.choices(string.digits, k=len(fraction) - 1)) + last
    return sign + out


def _text_like(text: str, rng: random.Random, words: list[str]) -> str:
    if words and rng.random() < 0.3:
        word = rng.choice(words)
        if len(word) <= len(text) + 8:  # a sentence in a word's place would outgrow the context
            return word
    parts = [_invented(rng, words) for _ in range(min(len(text.split()), 4))]
    if text.isupper():
        return " ".join(parts).upper()
    return " ".join([parts[0].capitalize() if text[0].isupper() else parts[0], *parts[1:]])


def _is_code(text: str) -> bool:
    """Letters and digits in one piece, or a few capitals: an identifier, a currency, an airport."""
    mixed = re.search(r"[A-Za-z]", text) and re.search(r"\d", text)
    return len(text) <= 16 and re.fullmatch(r"[A-Za-z0-9]+" if mixed else r"[A-Z]{2,4}", text) is not None


def _code_like(text: str, rng: random.Random) -> str:
    kinds = (string.digits, string.ascii_uppercase, string.ascii_lowercase)
    return "".join(rng.choice(next(kind for kind in kinds if character in kind)) for character in text)


def _invented(rng: random.Random, words: list[str]) -> str:
    """A word that nobody knows: syllables, or the beginning of one word with the end of another.

    Syllables alone are too regular: a model that has learnt them writes on in syllables where it should copy.
    """
    if words and rng.random() < 0.5:
        first, second = (rng.choice(rng.choice(words).split()).lower() for _ in range(2))
        if min(len(first), len(second)) >= 3:
            spliced = first[: rng.randint(1, len(first) - 1)] + second[rng.randint(1, len(second) - 1) :]
            if len(spliced) <= 12:
                return spliced
    word = "".join(rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _ in range(rng.randint(1, 4)))
    return word + rng.choice(_CONSONANTS) if rng.random() < 0.4 else word
