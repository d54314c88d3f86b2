"""The prompt library as files: what a generator is told, by query style and by wording (paper, section 3.1, appendix).

The texts follow the structure of the paper's appendix (role, queries, answers, examples, functions, format) in words of
their own. They stand in `templates/`, one text a file, so that they can be read and edited without code.
"""

from dataclasses import dataclass
from importlib.resources import files

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


def read_languages() -> dict[str, tuple[str, str]]:
    """The languages of queries beside English, `templates/languages.txt`, by ISO 639-1 code.

    Returns:
        Per code, the language's name in English, and its own sentence that asks for it.
    """
    languages = {}
    for line in _text("languages.txt").splitlines():
        names, _, sentence = line.partition(": ")
        code, name = names.split()
        languages[code] = (name, sentence)
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
