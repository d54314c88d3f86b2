"""Queries without a needed value in a language model's words, where one may be asked.

What a value leaves behind reads like a gap; a model closes it the way people leave things out. A rewording is taken
only where it says every other value that was said, no number that was not, and still not the one that is missing.
Everything else keeps the natural form that it had.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from apigen_assets.completions.documents import objects_in
from apigen_assets.domain.chat import ChatModel, ChatRequest
from apigen_assets.files.json_types import JsonObject
from apigen_assets.settings import Settings
from apigen_assets.verification.grounding.english import content_stems
from apigen_assets.verification.grounding.grounding import Status, ground
from resources.llm.generators import writing_model
from resources.llm.resource import LlmResource

_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*")
_LONGEST = 3
"""So many times the characters of the query a rewording may have."""
_SYSTEM = (
    "You reword requests that people send to an assistant. Each leaves out one thing that the assistant would need, "
    "and so does your rewording: the person did not notice, or takes it as known. Keep every value and name that is "
    "there, in the same digits and spelling, add none, and do not speak of anything being missing."
)
_FORM = 'Answer with one JSON object and nothing else, the reworded request in it: {"query": "..."}'


@dataclass(frozen=True)
class Gapped:
    """A query that lacks the value of a parameter of every call."""

    query: str
    tools: tuple[JsonObject, ...]
    """The called ones."""
    calls: tuple[JsonObject, ...]
    """As they were while the query said everything."""
    gone: frozenset[tuple[str, str]]
    """Function and parameter of the values that it lacks."""


@dataclass(frozen=True)
class Reworded:
    """The queries in their order, reworded where a rewording could be taken."""

    queries: list[str]
    refused: Mapping[str, int]
    """Why a rewording was not taken, counted."""


class Rewording:
    """Asks a model for rewordings.

    Args:
        model: journals every answer before it gives it, so a repeated run costs nothing and says the same.
        generator: the model's name in generators.yaml.
    """

    def __init__(self, model: ChatModel, generator: str) -> None:
        self._model = model
        self.generator = generator

    def reword(self, gapped: Sequence[Gapped]) -> Reworded:
        """A rewording of each query that passes `problem`, else the query itself."""
        completions = self._model.complete(self.generator, [_request(one) for one in gapped]) if gapped else []
        queries: list[str] = []
        refused: Counter[str] = Counter()
        for one, completion in zip(gapped, completions, strict=True):
            said = [value["query"] for value in objects_in(completion.text) if isinstance(value.get("query"), str)]
            text = " ".join(said[0].split()) if len(said) == 1 else ""
            if completion.status != "ok":
                why: str | None = f"no answer: {completion.status}"
            else:
                why = problem(one, text) if text else "no query in the answer"
            if why is not None:
                refused[why] += 1
            queries.append(one.query if why is not None else text)
        # One text for several requests says of none what it asks for.
        often = Counter(queries)
        for place, one in enumerate(gapped):
            if often[queries[place]] > 1 and queries[place] != one.query:
                refused["said of several"] += 1
                queries[place] = one.query
        return Reworded(queries, refused)


@contextmanager
def rewording_of(settings: Settings) -> Iterator[Rewording | None]:
    """The rewording that the settings ask for, by the first real model with the role `generate`; else null."""
    writer = writing_model(settings) if settings.relevance_rewording else None
    if writer is None:
        yield None
        return
    model = LlmResource.from_settings(settings)
    try:
        yield Rewording(model, writer)
    finally:
        model.close()


def problem(gapped: Gapped, text: str) -> str | None:
    """Why a text is no rewording of a query; null where it is one."""
    if not 10 <= len(text) <= _LONGEST * len(gapped.query) + 40:
        return "too short or too long"
    if Counter(_NUMBERS.findall(text)) != Counter(_NUMBERS.findall(gapped.query)):
        return "other numbers"
    before, after = _said(gapped, gapped.query), _said(gapped, text)
    if any(place in gapped.gone for place in after):
        return "says the value"
    if before - after:
        return "leaves out another value"
    if re.search(r"\b(?:missing|left out|not (?:said|given|provided|specified)|unspecified|unknown)\b", text, re.I):
        return "speaks of the gap"
    if _repeats_task(gapped, text):
        return "repeats the task"
    about = " ".join([gapped.query, *(f"{tool['name']} {tool.get('description') or ''}" for tool in gapped.tools)])
    return None if content_stems(text) & content_stems(about.replace("_", " ")) else "about something else"


def _repeats_task(gapped: Gapped, text: str) -> bool:
    """Whether a text has words of the prompt, or a function's description, that the query does not have."""
    known, own = gapped.query.casefold(), text.casefold()
    shown = ["unsaid", "is about", "'s about", *(_purpose(tool).casefold().rstrip(".") for tool in gapped.tools)]
    return any(phrase in own and phrase not in known for phrase in shown)


def _purpose(tool: JsonObject) -> str:
    return str(tool.get("description") or tool["name"]).split("\n")[0][:200]


def _said(gapped: Gapped, query: str) -> set[tuple[str, str]]:
    """The functions and parameters whose values a query says."""
    found = ground(query, list(gapped.tools), list(gapped.calls)).arguments
    return {
        (str(gapped.calls[int(call)]["name"]), name.split("[")[0])
        for place, status, _ in found
        for call, _, name in [place.partition(".")]
        if status is Status.GROUNDED
    }


def _request(gapped: Gapped) -> ChatRequest:
    about = "; ".join(map(_purpose, gapped.tools))
    unsaid = ", ".join(sorted({name.replace("_", " ") for _, name in gapped.gone}))
    # Plain text, and the form of the reply last: what is shown as JSON comes back as that JSON from small models.
    shown = f"Request: {gapped.query}\nIt is about: {about}\nStays unsaid: {unsaid}\n\n{_FORM}"
    return ChatRequest(
        messages=({"role": "system", "content": _SYSTEM}, {"role": "user", "content": shown}),
        temperature=0.7,
        max_tokens=1_000,
        purpose="document",
    )
