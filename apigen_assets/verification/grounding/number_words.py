"""Numbers written as English words.

Read by hand, not by a library: what is needed beside the value is where it stands, whether it may be no number at all
("one", "second"), and fractions, which word2number, text2num and number-parser do not give.
"""

import re

from apigen_assets.verification.grounding.english import Word

UNITS_SMALL = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
} | {"fourty": 40}
UNITS_SMALL |= {f"{word}s": value for word, value in list(UNITS_SMALL.items()) if value > 1}
WORD_SCALES = {
    "hundred": 100, "thousand": 1000, "grand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12
}  # fmt: skip
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15,
    "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
    "hundredth": 100, "thousandth": 1000,
}  # fmt: skip
_FRACTIONS = {"half": 0.5, "halves": 0.5, "quarter": 0.25, "quarters": 0.25, "third": 1 / 3, "thirds": 1 / 3,
              "fourth": 0.25, "fourths": 0.25, "fifth": 0.2, "fifths": 0.2, "sixth": 1 / 6, "sixths": 1 / 6,
              "tenth": 0.1, "tenths": 0.1, "eighth": 0.125, "eighths": 0.125,
              "twentieth": 0.05, "hundredth": 0.01, "hundredths": 0.01}  # fmt: skip
_PART = "|".join(sorted(_FRACTIONS.keys() - {"half", "quarter"}, key=lambda part: (-len(part), part)))
_PART_OF = re.compile(
    rf"\b(?P<top>an?|one|two|three|four|five|seven|nine)[\s-](?P<part>{_PART})\b"
    r"(?=\s+(?:of|as|off|is|are|was|goes|went|full|empty)\b|\s*(?:[.,;?!]|$))"
)
"""`a third of it`, `leave a fifth as tip`, `two thirds full`: a share, where `a third attempt` is an ordinal."""


def shares_in(folded: str) -> list[tuple[int, int, float]]:
    """Start, end and value of each share that is written in words."""
    return [
        (match.start(), match.end(), UNITS_SMALL.get(match["top"], 1) * _FRACTIONS[match["part"]])
        for match in _PART_OF.finditer(folded)
    ]


FIRST_WORDS = frozenset(UNITS_SMALL) | frozenset(_TENS) | frozenset(ORDINALS) | {"a", "an"}
"""Words with which a number may begin."""


def number_at(folded: str, words: list[Word], at: int) -> tuple[int, float, bool]:
    """Length in words, value and weakness of the number that begins at a word; length 0 where none does."""
    total, current, used, any_word = 0.0, 0.0, 0, False
    i = at
    while i < len(words):
        text = words[i].text
        if any_word and re.search(r"[^\s-]", folded[words[i - 1].end : words[i].start]):
            break
        if text in UNITS_SMALL:
            if (
                any_word
                and current % 100
                and not (current % 10 == 0 and current % 100 >= 20 and UNITS_SMALL[text] < 10)
            ):
                break
            current += UNITS_SMALL[text]
        elif text in _TENS:
            if any_word and current % 100:
                break
            current += _TENS[text]
        elif text in WORD_SCALES and any_word:
            scale = WORD_SCALES[text]
            if scale == 100 or scale == 12:
                current = (current or 1) * scale
            else:
                total, current = total + (current or 1) * scale, 0.0
        elif text in {"a", "an"} and not any_word and i + 1 < len(words) and words[i + 1].text in WORD_SCALES:
            current, any_word = 1.0, True
            i += 1
            continue
        elif text in ORDINALS and any_word and current % 10 == 0 and ORDINALS[text] < 10 and current:
            return i - at + 1, total + current + ORDINALS[text], False
        elif text == "and" and any_word and i + 1 < len(words):
            follower = words[i + 1].text
            if follower in {"a", "one", "three"} and i + 2 < len(words) and words[i + 2].text in _FRACTIONS:
                times = 3 if follower == "three" else 1
                value = total + current + times * _FRACTIONS[words[i + 2].text]
                times_more = WORD_SCALES.get(words[i + 3].text) if i + 3 < len(words) else None
                return i - at + 3 + (times_more is not None), value * (times_more or 1), False
            if (current >= 100 or total) and (follower in UNITS_SMALL or follower in _TENS) and not current % 100:
                i += 1
                continue
            break
        elif text == "point" and any_word:
            digits = ""
            j = i + 1
            while j < len(words) and words[j].text in UNITS_SMALL and UNITS_SMALL[words[j].text] < 10:
                digits += str(UNITS_SMALL[words[j].text])
                j += 1
            if digits:
                return j - at, total + current + float(f"0.{digits}"), False
            break
        elif text in _FRACTIONS and any_word and text != "quarter" and current and not total:
            return i - at + 1, current * _FRACTIONS[text], False
        else:
            break
        any_word, used = True, i - at + 1
        i += 1
    if not used:
        text = words[at].text
        if text in ORDINALS:
            return 1, float(ORDINALS[text]), True
        return 0, 0.0, False
    value = total + current
    return used, value, used == 1 and value <= 1
