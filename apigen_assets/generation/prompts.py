"""The prompt library: what a generator is told, by query style and by wording (paper, section 3.1 and appendix)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from apigen_assets.domain.style import Style
from apigen_assets.files.canonical import content_hash, dumps
from apigen_assets.files.json_types import JsonObject
from apigen_assets.generation.shown_examples import ShownExample

SYSTEM = (
    "You write training data for assistants that call functions. For the functions you are given you invent "
    "realistic user queries together with the function calls that answer them, as JSON."
)

STYLE_RULES: dict[Style, str] = {
    Style.SIMPLE: "Every query asks for one thing, which one call of the given function answers.",
    Style.MULTIPLE: (
        "Every query asks for one thing, which one call answers. Several functions are given and only one of them "
        "fits: the query must make clear which, without naming it."
    ),
    Style.PARALLEL: (
        "Every query makes two or more independent requests at once, all answered by the given function: the "
        "answer holds one call per request, each with arguments of its own."
    ),
    Style.PARALLEL_MULTIPLE: (
        "Every query makes two or more independent requests at once. Several functions are given; each may be used "
        "once, several times or not at all, and the answer holds one call per request."
    ),
}


@dataclass(frozen=True)
class Wording:
    """One way in which people put their queries, with its share among the prompts."""

    name: str
    share: float
    rule: str


WORDINGS: tuple[Wording, ...] = (
    Wording("plain", 0.40, "Word the queries plainly: clear, complete and to the point."),
    Wording("terse", 0.15, "Word the queries tersely, as people type into a search box: no full sentences."),
    Wording("chatty", 0.15, "Word the queries chattily: people greet, give some context and then ask."),
    Wording(
        "indirect",
        0.10,
        "Word the queries indirectly: people describe their situation and what they need to know, and give no order.",
    ),
    Wording(
        "ambiguous",
        0.10,
        "Word the queries a little ambiguously: vague about the task, yet with every value that the call needs.",
    ),
    Wording(
        "misspelled",
        0.10,
        "Word the queries with some spelling mistakes and missing punctuation; never misspell a value.",
    ),
)

LANGUAGES = {
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "zh": "Chinese",
}
"""Languages that may be switched on (`APIGEN_LANGUAGES`), by ISO 639-1 code."""

QUERY_RULES = (
    "A query is something a user would really ask. It never names a function.",
    "A query contains every value that the calls need, in a form from which it can be read off. Numbers may be "
    "digits or words.",
    "Values are concrete and plausible, and fit the types, ranges and permitted values in the descriptions.",
    "The queries differ from each other and from the examples, from easy to demanding.",
)
ANSWER_RULES = (
    "`answers` is the list of calls that fulfils the whole query, in its order; no call is superfluous.",
    "A call uses a given function and its parameters only, has every required parameter, and strict JSON types.",
    "Leave out optional parameters that the query does not mention.",
)
FORMAT = (
    "Reply with a JSON list and nothing else, no code fence and no comment:\n"
    '[{"query": "...", "answers": [{"name": "...", "arguments": {"...": ...}}]}, ...]'
)


def make_messages(
    style: Style,
    wording: Wording,
    number: int,
    tools: Sequence[JsonObject],
    targets: Sequence[str],
    examples: Sequence[ShownExample],
    language: str | None = None,
) -> tuple[dict[str, str], ...]:
    """The chat messages that ask for `number` pairs.

    Args:
        style: the query style.
        wording: how the queries are put.
        number: pairs asked for.
        tools: the tools offered, `{api_id, name, description, parameters}`; the id is not shown.
        targets: names of the tools the answers should use.
        examples: examples to show.
        language: code of a language of `LANGUAGES`; null for English.
    """
    shown = [{name: tool[name] for name in ("name", "description", "parameters")} for tool in tools]
    rules = [STYLE_RULES[style], wording.rule]
    if language is not None:
        rules.append(f"Write the queries in {LANGUAGES[language]}.")
    names = ", ".join(f"`{name}`" for name in targets)
    parts = [
        f"Write exactly {number} different pairs of a query and its answers for {names}.",
        "# Task\n" + "\n".join(rules),
        "# Queries\n" + "\n".join(f"- {rule}" for rule in QUERY_RULES),
        "# Answers\n" + "\n".join(f"- {rule}" for rule in ANSWER_RULES),
    ]
    if examples:
        blocks = [
            f"Query: {one.query}\nAnswers: {dumps([call.model_dump() for call in one.answers])}" for one in examples
        ]
        parts.append("# Examples\n" + "\n\n".join(blocks))
    parts += [
        "# Functions\n" + dumps(shown),
        "# Format\n" + FORMAT,
        f"Now write exactly {number} pairs in this format.",
    ]
    return ({"role": "system", "content": SYSTEM}, {"role": "user", "content": "\n\n".join(parts)})


@cache
def instructions() -> tuple[str, ...]:
    """Every sentence of the library, for telling queries that repeat one."""
    texts = [SYSTEM, FORMAT, *QUERY_RULES, *ANSWER_RULES, *STYLE_RULES.values(), *(one.rule for one in WORDINGS)]
    return tuple(dict.fromkeys(part.strip() for text in texts for part in re.split(r"(?<=[.:])\s+", text)))


def make_prompt_id(style: Style, wording: Wording, language: str | None = None) -> str:
    """Names the template: `<style>/<wording>[/<language>]@<hash of every text it consists of>`."""
    texts = [
        SYSTEM,
        STYLE_RULES[style],
        wording.rule,
        QUERY_RULES,
        ANSWER_RULES,
        FORMAT,
        LANGUAGES.get(language or ""),
    ]
    return "/".join(filter(None, [style, wording.name, language])) + "@" + content_hash(texts, 8)


def library_hash() -> str:
    """Hash of the whole library: part of the code version of what is generated with it."""
    return content_hash(
        [
            SYSTEM,
            STYLE_RULES,
            [[one.name, one.share, one.rule] for one in WORDINGS],
            QUERY_RULES,
            ANSWER_RULES,
            FORMAT,
        ],
        8,
    )
