"""The chat messages that ask a generator for pairs (paper, section 3.1 and appendix).

What is equal in all prompts stands first, so that servers can reuse what they have read: the system message, then the
style's rule, the wording's, the functions, the examples, the task itself as JSON, and the form of the reply. Who must
understand a prompt without reading English reads that task (`TASK_HEADING`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache

from apigen_assets.domain.style import Style
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.generation.pair_plan import FORMS, PERSONAS, PairPlan
from apigen_assets.generation.shown_examples import ShownExample
from apigen_assets.generation.shown_tools import Used, shown_tool, used_values
from apigen_assets.generation.templates import (
    Wording,
    read_formats,
    read_languages,
    read_styles,
    read_system,
    read_wordings,
)

FORMAT, OBJECT_FORMAT = read_formats()
SYSTEM = read_system()
STYLE_RULES: dict[Style, str] = read_styles()
WORDINGS: tuple[Wording, ...] = read_wordings()

_LANGUAGES = read_languages()
LANGUAGES = {code: language.name for code, language in _LANGUAGES.items()}
"""Languages that may be switched on (`APIGEN_LANGUAGES`), by ISO 639-1 code."""
LANGUAGE_RULE = (
    "Write the queries in {language}, with dates, numbers and units as people say them there. Names and codes in the "
    "calls stay as the functions need them."
)
ENGLISH_EXAMPLES = "The examples are in English: they show the form alone."

FUNCTIONS_HEADING = "# Functions"
EXAMPLES_HEADING = "# Examples"
TASK_HEADING = "# Task"


def make_messages(
    style: Style,
    wording: Wording,
    number: int,
    tools: Sequence[JsonObject],
    targets: Sequence[str],
    examples: Sequence[ShownExample],
    language: str | None = None,
    plans: Sequence[PairPlan] = (),
    asked: Sequence[str] = (),
    tone: Sequence[str] = (),
    structured: bool = False,
) -> tuple[dict[str, str], ...]:
    """The chat messages that ask for `number` pairs.

    Args:
        style: the query style.
        wording: how the queries are put.
        number: pairs asked for.
        tools: the tools offered, `{api_id, name, description, parameters}`; the id is not shown.
        targets: names of the tools the answers should use, the one that the plans speak of first.
        examples: examples to show.
        language: code of a language of `LANGUAGES`; null for English.
        plans: what each pair shall be like, in order; none leaves it open.
        asked: queries of earlier rounds, which shall not come again.
        tone: real queries of people about other things, which show how they ask.
        structured: the reply is an object that an endpoint enforces (`pairs_schema`), and no list.
    """
    rules = [STYLE_RULES[style], wording.rule]
    if language is not None:
        rules.append(LANGUAGE_RULE.replace("{language}", LANGUAGES[language]))
        if any(example.language != language for example in examples):
            rules.append(ENGLISH_EXAMPLES)
    used = _used(targets, plans, examples)
    shown_tools = [shown_tool(tool, used.get(str(tool["name"]), {})) for tool in tools]
    parts = ["\n".join(rules), f"{FUNCTIONS_HEADING}\n{_compact(shown_tools)}"]
    if examples:
        order = {tool["name"]: tool["parameters"] for tool in tools}
        parts.append(f"{EXAMPLES_HEADING}\n[" + ",\n".join(_shown_example(one, order) for one in examples) + "]")
    task: JsonObject = {"number": number, "style": style.value, "wording": wording.name}
    if language is not None:
        task["language"] = LANGUAGES[language]
    task["functions"] = list(targets)
    if any(shown := [plan.to_json() for plan in plans]):
        task["plan"] = shown
    if asked:
        task["asked_before"] = list(asked)
    if tone:
        task["people_write_like"] = list(tone)
    parts.append(f"{TASK_HEADING}\n{_compact(task)}")
    # Last, since small models answer what they read last: a Qwen2.5-Coder 0.5B writes calls alone without it.
    form = OBJECT_FORMAT if structured else FORMAT
    names = ", ".join(f"`{name}`" for name in targets)
    form = form.replace("{functions}", names).replace("{number}", str(number))
    if number == 1:
        form = form.replace("1 new pairs", "1 new pair").replace("1 objects, each", "1 object")
    parts.append(form if language is None else f"{form} {_LANGUAGES[language].ask}")
    return ({"role": "system", "content": SYSTEM}, {"role": "user", "content": "\n\n".join(parts)})


@cache
def instructions() -> tuple[str, ...]:
    """Every sentence of the library, for telling queries that repeat one."""
    texts = [
        SYSTEM,
        FORMAT,
        OBJECT_FORMAT,
        LANGUAGE_RULE,
        ENGLISH_EXAMPLES,
        *STYLE_RULES.values(),
        *(wording.rule for wording in WORDINGS),
    ]
    sentences = (part.strip(" -") for text in texts for part in re.split(r"(?<=[.:])\s+|\n+", text))
    return tuple(dict.fromkeys(sentence for sentence in sentences if sentence))


def make_prompt_id(style: Style, wording: Wording, language: str | None = None) -> str:
    """Names the template: `<style>/<wording>[/<language>]@<hash of every text it consists of>`."""
    texts = [SYSTEM, FORMAT, STYLE_RULES[style], wording.rule]
    if language is not None:
        texts += [LANGUAGES[language], _LANGUAGES[language].ask]
    return "/".join(filter(None, [style, wording.name, language])) + "@" + content_hash(texts, 8)


def library_hash() -> str:
    """Hash of the whole library: part of the code version of what is generated with it."""
    return content_hash(
        [
            SYSTEM,
            FORMAT,
            OBJECT_FORMAT,
            STYLE_RULES,
            [LANGUAGE_RULE, ENGLISH_EXAMPLES, {code: asdict(language) for code, language in _LANGUAGES.items()}],
            [[one.name, one.share, one.rule] for one in WORDINGS],
            FORMS,
            PERSONAS,
        ],
        8,
    )


def _used(targets: Sequence[str], plans: Sequence[PairPlan], examples: Sequence[ShownExample]) -> Used:
    """What plans, which speak of the first target, and examples use of the tools."""
    planned: dict[str, list[JsonValue]] = {}
    for plan in plans:
        for name in (*plan.use, *plan.set):
            planned.setdefault(name, []).extend([plan.set[name]] if name in plan.set else [])
    calls = [call for example in examples for call in example.answers]
    return used_values(calls, {targets[0]: planned} if targets else {})


def _shown_example(example: ShownExample, schemas: Mapping[str, JsonObject]) -> str:
    """An example in the very form of the reply: name before arguments, these in the order of the schema."""
    answers = []
    for call in example.answers:
        places = {name: i for i, name in enumerate(schemas.get(call.name, {}).get("properties") or ())}
        arguments = dict(sorted(call.arguments.items(), key=lambda item: places.get(item[0], len(places))))
        answers.append({"name": call.name, "arguments": arguments})
    return _compact({"query": example.query, "answers": answers})


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
