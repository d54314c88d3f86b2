"""Text that matches a regular expression."""

import random
import re

from apigen_assets.files.json_types import JsonValue


def text_matching(rng: random.Random, pattern: str) -> str | None:
    """A text that matches a simple regular expression; null where the expression is beyond this."""
    from re import _parser  # type: ignore[attr-defined]

    try:
        text = "".join(_emit(rng, list(_parser.parse(pattern))))
        return text if re.search(pattern, text) else None
    except (re.error, NotImplementedError, RecursionError, OverflowError):
        return None


def _emit(rng: random.Random, tree: list[JsonValue]) -> list[str]:
    out: list[str] = []
    for op, argument in tree:
        name = str(op)
        if name == "LITERAL":
            out.append(chr(argument))
        elif name == "IN":
            out.append(_one_in(rng, argument))
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inner = argument
            for _ in range(rng.randint(least, min(int(most), least + 3))):
                out += _emit(rng, list(inner))
        elif name == "SUBPATTERN":
            out += _emit(rng, list(argument[3]))
        elif name == "BRANCH":
            out += _emit(rng, list(rng.choice(argument[1])))
        elif name == "ANY":
            out.append("a")
        elif name != "AT":
            raise NotImplementedError(name)
    return out


def _one_in(rng: random.Random, options: list[JsonValue]) -> str:
    if str(options[0][0]) == "NEGATE":
        raise NotImplementedError("negated set")
    op, argument = rng.choice(options)
    name = str(op)
    if name == "LITERAL":
        return chr(argument)
    if name == "RANGE":
        return chr(rng.randint(argument[0], argument[1]))
    if name == "CATEGORY" and "DIGIT" in str(argument):
        return str(rng.randint(0, 9))
    if name == "CATEGORY" and "WORD" in str(argument):
        return rng.choice("abcdefghkmnprstuvwxyz")
    raise NotImplementedError(name)
