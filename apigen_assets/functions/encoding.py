"""Codes and ciphers of text and numbers."""

import hashlib
import re
import zlib
from itertools import groupby
from typing import Literal

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_length, check_number
from apigen_assets.functions.seed import Seed

_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip

_MORSE = {
    "A": ".-", "B": "-...", "C": "-.-.", "D": "-..", "E": ".", "F": "..-.", "G": "--.", "H": "....",
    "I": "..", "J": ".---", "K": "-.-", "L": ".-..", "M": "--", "N": "-.", "O": "---", "P": ".--.",
    "Q": "--.-", "R": ".-.", "S": "...", "T": "-", "U": "..-", "V": "...-", "W": ".--", "X": "-..-",
    "Y": "-.--", "Z": "--..",
    "0": "-----", "1": ".----", "2": "..---", "3": "...--", "4": "....-",
    "5": ".....", "6": "-....", "7": "--...", "8": "---..", "9": "----.",
    ".": ".-.-.-", ",": "--..--", "?": "..--..", "/": "-..-.", "-": "-....-", "=": "-...-", "+": ".-.-.",
    "@": ".--.-.",
}  # fmt: skip

_PHONETIC = {word[0]: word for word in (
    "Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett", "Kilo",
    "Lima", "Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Uniform", "Victor",
    "Whiskey", "X-ray", "Yankee", "Zulu",
)} | {
    "0": "Zero", "1": "One", "2": "Two", "3": "Three", "4": "Four",
    "5": "Five", "6": "Six", "7": "Seven", "8": "Eight", "9": "Nine",
}  # fmt: skip


def to_roman_numeral(number: int) -> str:
    """Write a whole number as a Roman numeral.

    Args:
        number: Number from 1 to 3999.

    Returns:
        The numeral in capital letters.

    Raises:
        ValueError: The number is out of range.
    """
    check_number("number", number, 1, 3999)
    numeral = ""
    for value, letters in _ROMAN:
        times, number = divmod(number, value)
        numeral += letters * times
    return numeral


def encode_morse(text: str, word_separator: str = " / ") -> str:
    """Encode a text in international Morse code.

    Args:
        text: Letters, digits, spaces or .,?/-=+@, up to 1000 characters.
        word_separator: What stands between two words, up to 5 characters.

    Returns:
        Dots and dashes, letters separated by one space.

    Raises:
        ValueError: The text is empty or too long, or a character has no Morse code.
    """
    check_length("text", text, 1, 1000, "characters")
    check_length("word_separator", word_separator, 1, 5, "characters")
    unknown = sorted({c for c in text.upper() if c not in _MORSE and not c.isspace()})
    if unknown:
        raise ValueError(f"text has characters without Morse code: {' '.join(unknown)}")
    return word_separator.join(" ".join(_MORSE[c] for c in word) for word in text.upper().split())


def caesar_shift(text: str, shift: int, decode: bool = False) -> str:
    """Encrypt or decrypt a text with the Caesar cipher.

    Only the letters A-Z and a-z move; everything else stays.

    Args:
        text: The text, up to 5000 characters.
        shift: Letters to move along the alphabet, from -25 to 25.
        decode: Whether to undo the shift.

    Returns:
        The shifted text.

    Raises:
        ValueError: The text is too long or the shift out of range.
    """
    check_length("text", text, 1, 5000, "characters")
    check_number("shift", shift, -25, 25)
    step = -shift if decode else shift
    return re.sub(r"[A-Za-z]", lambda match: _moved(match[0], step), text)


def _moved(letter: str, step: int) -> str:
    base = ord("A") if letter.isupper() else ord("a")
    return chr(base + (ord(letter) - base + step) % 26)


def run_length_encode(text: str, skip_ones: bool = False) -> str:
    """Compress a text by writing each run of equal characters as count and character.

    Args:
        text: Text without digits, up to 10000 characters.
        skip_ones: Whether to leave out the count of single characters.

    Returns:
        The encoded text, such as 3A1B.

    Raises:
        ValueError: The text is empty, too long, or contains digits.
    """
    check_length("text", text, 1, 10_000, "characters")
    if any(character.isdigit() for character in text):
        raise ValueError("text must not contain digits, since counts could not be told apart from it")
    runs = ((len(list(run)), character) for character, run in groupby(text))
    return "".join(character if n == 1 and skip_ones else f"{n}{character}" for n, character in runs)


def text_digest(text: str, algorithm: Literal["md5", "sha1", "sha256", "sha512", "crc32"] = "sha256") -> str:
    """Compute a checksum of a text, in lowercase hexadecimal.

    Args:
        text: Text to hash as UTF-8, up to 100000 characters.
        algorithm: Checksum to compute.

    Returns:
        The digest.

    Raises:
        ValueError: The text is too long or cannot be encoded, or the algorithm is unknown.
    """
    check_length("text", text, 0, 100_000, "characters")
    check_choice("algorithm", algorithm, ("md5", "sha1", "sha256", "sha512", "crc32"))
    data = text.encode()
    if algorithm == "crc32":
        return f"{zlib.crc32(data):08x}"
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def spell_phonetically(text: str) -> list[str]:
    """Spell letters and digits with the NATO radio alphabet.

    Args:
        text: Letters A-Z, digits, spaces and hyphens, up to 100 characters.

    Returns:
        One code word per letter or digit.

    Raises:
        ValueError: The text is empty, too long, or has other characters.
    """
    check_length("text", text, 1, 100, "characters")
    unknown = sorted({c for c in text.upper() if c not in _PHONETIC and c not in " -"})
    if unknown:
        raise ValueError(f"text must hold only A-Z, 0-9, spaces and hyphens, got {' '.join(unknown)}")
    return [_PHONETIC[c] for c in text.upper() if c in _PHONETIC]


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="A building's cornerstone should read 1987 in Roman numerals. How is that written?",
        answers=(Call(name="to_roman_numeral", arguments={"number": 1987}),),
    ),
    Seed(
        query="roman numerals for 49, 444 and 2026",
        answers=(
            Call(name="to_roman_numeral", arguments={"number": 49}),
            Call(name="to_roman_numeral", arguments={"number": 444}),
            Call(name="to_roman_numeral", arguments={"number": 2026}),
        ),
    ),
    Seed(
        query="Put 'meet at dawn' into Morse for the scavenger hunt.",
        answers=(Call(name="encode_morse", arguments={"text": "meet at dawn"}),),
        others=("spell_phonetically", "caesar_shift"),
    ),
    Seed(
        query="I'd like both SOS and MAYDAY in Morse code.",
        answers=(
            Call(name="encode_morse", arguments={"text": "SOS"}),
            Call(name="encode_morse", arguments={"text": "MAYDAY"}),
        ),
    ),
    Seed(
        query="My kid got a secret note: 'Khoor Zruog'. It was shifted by three letters, can you decode it?",
        answers=(Call(name="caesar_shift", arguments={"text": "Khoor Zruog", "shift": 3, "decode": True}),),
    ),
    Seed(
        query="Encrypt 'Attack at noon' with a Caesar shift of 7.",
        answers=(Call(name="caesar_shift", arguments={"text": "Attack at noon", "shift": 7}),),
        others=("run_length_encode", "text_digest", "encode_morse"),
    ),
    Seed(
        query="Run-length encode WWWWBBBWWC",
        answers=(Call(name="run_length_encode", arguments={"text": "WWWWBBBWWC"}),),
        others=("caesar_shift",),
    ),
    Seed(
        query="These pixel rows need run-length coding, single pixels without their count: 'xxxxoox' and 'ooooooxx'.",
        answers=(
            Call(name="run_length_encode", arguments={"text": "xxxxoox", "skip_ones": True}),
            Call(name="run_length_encode", arguments={"text": "ooooooxx", "skip_ones": True}),
        ),
    ),
    Seed(
        query="What's the MD5 checksum of the text 'release-4.2.1'?",
        answers=(Call(name="text_digest", arguments={"text": "release-4.2.1", "algorithm": "md5"}),),
    ),
    Seed(
        query="Give me the sha256 of 'alpha' and also the crc32 of 'alpha'.",
        answers=(
            Call(name="text_digest", arguments={"text": "alpha", "algorithm": "sha256"}),
            Call(name="text_digest", arguments={"text": "alpha", "algorithm": "crc32"}),
        ),
    ),
    Seed(
        query="On the phone they never get my booking code right. How do I say KX7Q2 with the radio alphabet?",
        answers=(Call(name="spell_phonetically", arguments={"text": "KX7Q2"}),),
        others=("encode_morse", "to_roman_numeral"),
    ),
    Seed(
        query="Spell BRAVO6 in the NATO alphabet and then give BRAVO6 in Morse as well.",
        answers=(
            Call(name="spell_phonetically", arguments={"text": "BRAVO6"}),
            Call(name="encode_morse", arguments={"text": "BRAVO6"}),
        ),
    ),
    Seed(
        query="For the escape room: the year 1492 as a Roman numeral, and 'under the clock' Caesar-shifted by 11.",
        answers=(
            Call(name="to_roman_numeral", arguments={"number": 1492}),
            Call(name="caesar_shift", arguments={"text": "under the clock", "shift": 11}),
        ),
    ),
    Seed(
        query="Take the string AAAABBC: run-length encode it, and compute its SHA1 too.",
        answers=(
            Call(name="run_length_encode", arguments={"text": "AAAABBC"}),
            Call(name="text_digest", arguments={"text": "AAAABBC", "algorithm": "sha1"}),
        ),
        others=("spell_phonetically",),
    ),
)
