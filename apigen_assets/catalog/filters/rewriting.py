"""Descriptions rewritten by a language model where they are noisy (paper, section 3.2: docstring regeneration)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from apigen_assets.catalog.descriptions import says_nothing_beyond, words
from apigen_assets.domain.api import Api
from apigen_assets.domain.chat import ChatModel, ChatRequest
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.json_schema import SchemaError, checked_parameters

REWRITING_VERSION = "1"
LONGEST_DESCRIPTION = 600
LONGEST_PARAMETER = 300

_LINK = re.compile(r"https?://|www\.|\]\(")
_MARKUP = re.compile(r"```|\*\*|^#{1,4} |^\s*[|]|</?\w+>", re.MULTILINE)
_PLAN_TALK = re.compile(
    r"\b(subscri(be|ption)|premium|ultra plan|free plan|pricing|per call|per request|credits?|quota|rate limit|"
    r"contact (us|me)|support@|donat)", re.IGNORECASE
)  # fmt: skip
_TORN = re.compile(r'"\s+(is_)?\w+:\s|\\n|\\t|&\w+;')


@dataclass(frozen=True)
class Rewritten:
    """The catalog after rewriting: the same APIs in the same order."""

    apis: list[Api]
    noisy: dict[str, str]
    """API id to why its text is noisy."""
    refused: dict[str, str]
    """API id to why the model's text was not taken; the original stays."""


def noise(api: Api) -> str | None:
    """Why the documentation of an API is noisy; null where it is usable as it is."""
    text = api.description
    properties = api.parameters.get("properties", {})
    if says_nothing_beyond(text, api.source.original_name):
        return "says_nothing"
    if _LINK.search(text) or _MARKUP.search(text):
        return "markup"
    if _TORN.search(text):
        return "torn_text"
    if _PLAN_TALK.search(text):
        return "plan_talk"
    if len(text) > LONGEST_DESCRIPTION:
        return "too_long"
    if len(words(text)) < 3:
        return "too_short"
    if properties and not any(str(part.get("description", "")).strip() for part in properties.values()):
        return "parameters_undescribed"
    return None


def rewrite(apis: Sequence[Api], model: ChatModel, generator: str) -> Rewritten:
    """Ask for new texts for the noisy APIs, and take each where it passes `revised`.

    Args:
        apis: the catalog.
        model: journals every answer before it gives it, so a repeated run costs nothing.
        generator: the model's name in generators.yaml.
    """
    noisy = {api.api_id: reason for api in apis if (reason := noise(api)) is not None}
    asked = [api for api in apis if api.api_id in noisy]
    completions = model.complete(generator, [_request(api) for api in asked]) if asked else []
    changed: dict[str, Api] = {}
    refused: dict[str, str] = {}
    for api, completion in zip(asked, completions, strict=True):
        if completion.status != "ok":
            refused[api.api_id] = f"no answer: {completion.status}"
            continue
        try:
            changed[api.api_id] = revised(api, completion.text)
        except ValueError as error:
            refused[api.api_id] = str(error)
    return Rewritten([changed.get(api.api_id, api) for api in apis], noisy, refused)


def revised(api: Api, answer: str) -> Api:
    """The API with the texts of a model's answer; nothing but descriptions changes, and the old ones are kept.

    Raises:
        ValueError: the answer is not an object of the form asked for, or names other parameters than the API has.
    """
    start, end = answer.find("{"), answer.rfind("}")
    try:
        value = json.loads(answer[start : end + 1]) if 0 <= start < end else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValueError("the answer holds no JSON object")
    description, texts = value.get("description"), value.get("parameters", {})
    if not isinstance(description, str) or not isinstance(texts, dict):
        raise ValueError("the answer has no `description` text and `parameters` object")
    properties: JsonObject = api.parameters.get("properties", {})
    added, missing = set(texts) - set(properties), set(properties) - set(texts)
    if added or missing:
        raise ValueError(
            f"parameters changed: {', '.join(sorted(map(str, added))) or 'none'} new, "
            f"{', '.join(sorted(missing)) or 'none'} gone"
        )
    description = _one_line(description)
    if len(words(description)) < 3 or len(description) > LONGEST_DESCRIPTION:
        raise ValueError(f"the description has {len(description)} characters")
    if _LINK.search(description) or _MARKUP.search(description):
        raise ValueError("the description holds a link or markup")
    new: JsonObject = {}
    for name, part in properties.items():
        text = texts[name]
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_PARAMETER:
            raise ValueError(f"the text of {name} is empty, too long or no text")
        new[name] = {**part, "description": _one_line(text)}
    original = {
        "description": api.description,
        "parameters": {name: part.get("description") for name, part in properties.items()},
    }
    try:
        parameters = checked_parameters({**api.parameters, "properties": new})
    except SchemaError as error:
        raise ValueError(str(error)) from None
    return api.model_copy(update={"description": description, "parameters": parameters, "original": original})


def _request(api: Api) -> ChatRequest:
    shown = {
        "name": api.source.original_name,
        "tool": api.name,
        "description": api.description[:1500],
        "parameters": {
            name: {key: part[key] for key in ("type", "enum", "examples", "default", "description") if key in part}
            for name, part in api.parameters.get("properties", {}).items()
        },
    }
    return ChatRequest(
        messages=(
            {
                "role": "system",
                "content": "You rewrite the documentation of APIs for programmers. Say what the API does in one or two "
                "plain sentences, and what each parameter means in one short phrase. State only what the given "
                "texts, names, types and examples support; add no parameter, limit or promise. No links, no markup, "
                "nothing about prices, plans or accounts. Answer with one JSON object and nothing else: "
                '{"description": "...", "parameters": {"<name>": "..."}} with exactly the given parameter names.',
            },
            {"role": "user", "content": dumps(shown)},
        ),
        temperature=0.2,
        max_tokens=200 + 60 * len(shown["parameters"]),
        purpose="document",
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
