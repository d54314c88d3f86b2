"""The prompt library as files: what a generator is told, by query style and by wording (paper, section 3.1, appendix).

The texts follow the structure of the paper's appendix (role, queries, answers, examples, functions, format) in words of
their own. They stand in `templates/`, one text a file, so that they can be read and edited without code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from apigen_assets.domain.style import Style

_FOLDER = files(__package__) / "templates"


@dataclass(frozen=True)
class Wording:
    """One way in which people put their queries, with its share among the prompts."""

    name: str
    share: float
    rule: str


def read_styles() -> dict[Style, str]:
    """The rule of every style, `templates/styles/<style>.md`."""
    return {style: _text("styles", f"{style}.md") for style in Style}


def read_wordings() -> tuple[Wording, ...]:
    """The wordings, `templates/wordings/<name>.md`, the most frequent first.

    Raises:
        ValueError: a file does not begin with `share: <number>`, or the shares do not sum to 1.
    """
    wordings = []
    for file in (_FOLDER / "wordings").iterdir():
        if not file.name.endswith(".md"):
            continue
        head, _, rule = file.read_text(encoding="utf-8").partition("\n")
        key, _, share = head.partition(":")
        if key.strip() != "share" or not rule.strip():
            raise ValueError(f"templates/wordings/{file.name}: the first line must be `share: <number>`, then the rule")
        wordings.append(Wording(file.name.removesuffix(".md"), float(share), rule.strip()))
    if abs(sum(wording.share for wording in wordings) - 1) > 1e-6:
        raise ValueError("templates/wordings: the shares must sum to 1")
    return tuple(sorted(wordings, key=lambda wording: (-wording.share, wording.name)))


@dataclass(frozen=True)
class Language:
    """A language of queries beside English, with the forms in which it asks."""

    name: str
    """In English."""
    ask: str
    """Its own sentence that asks for it."""
    quotes: tuple[str, str]
    yes: str
    no: str
    joined: str
    """Between the last two of several values."""
    given: str
    """What is wanted, followed by `{values}`."""
    requests: Mapping[str, tuple[str, str]]
    """By what is done: an order, and what somebody who gives none needs."""
    openings: Mapping[str, tuple[str, ...]]
    """By wording, frames around an order (`{order}`) or a need (`{need}`)."""
    terse: str
    colon: str
    also: tuple[str, ...]
    """Between two requests."""
    nouns: Mapping[str, str]
    labels: Mapping[str, str]
    """What people call parameters of these names."""


@cache
def read_languages() -> Mapping[str, Language]:
    """The languages of queries beside English, `templates/languages/<ISO 639-1 code>.yaml`, by their code."""
    languages = {}
    for file in sorted((_FOLDER / "languages").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".yaml"):
            continue
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
        languages[file.name.removesuffix(".yaml")] = Language(
            name=told["name"],
            ask=told["ask"],
            quotes=(told["quotes"][0], told["quotes"][1]),
            yes=told["yes"],
            no=told["no"],
            joined=told["and"],
            given=told["with"],
            requests={kind: (forms[0], forms[1]) for kind, forms in told["requests"].items()},
            openings={wording: tuple(told[wording]) for wording in ("chatty", "indirect", "ambiguous")},
            terse=told["terse"],
            colon=told["colon"],
            also=tuple(told["also"]),
            nouns=told["nouns"],
            labels=told["labels"],
        )
    return languages


def read_system() -> str:
    """What every prompt begins with, `templates/system.md`."""
    return _text("system.md")


def read_formats() -> tuple[str, str]:
    """How the reply is written, as a list and as an object, `templates/format_list.md` and `format_object.md`."""
    return _text("format_list.md"), _text("format_object.md")


def read_personas() -> tuple[str, ...]:
    """People behind the queries, a line each in `templates/personas.txt`."""
    return tuple(line for line in _text("personas.txt").splitlines() if line)


def _text(*path: str) -> str:
    return _FOLDER.joinpath(*path).read_text(encoding="utf-8").strip()
