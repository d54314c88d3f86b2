"""Batch files: the requests of a run as OpenAI batch lines, and their answers read back into the journal.

One format serves OpenAI's Batch API, `vllm run-batch` and LiteLLM: `{custom_id, method, url, body}` out, and
`{custom_id, response: {status_code, body}, error}` back. `custom_id` is the journal key, so that a file may be read
twice.
"""

import json
import time
from collections import Counter
from collections.abc import Generator as Yielding
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apigen_assets.domain.chat import BudgetError, ChatRequest, Completion
from apigen_assets.files.json_types import JsonObject
from resources.llm.admission import Need
from resources.llm.budget import prompt_characters
from resources.llm.client import ChatClient
from resources.llm.generator import Generator
from resources.llm.journal import Journal
from resources.llm.outcomes import Outcome, OutcomeClass, outcome_of, short
from resources.llm.protocol import completion_of, provider_of, request_body, sent_body, token_limit

MAX_LINES = 50_000
"""Of one file, as OpenAI takes it."""
WAITING = "waits for a batch"
FINAL = frozenset({OutcomeClass.PROMPT.value})
"""Classes of failures that another batch would only repeat."""


class BatchFileError(ValueError):
    """A batch file cannot be used; the message says what, where and what to do."""


class BatchStream:
    """A chat model that answers from the journal and takes down what is not in it.

    Args:
        client: whose journal and settings are used.
        config: the generator.
        given_up: by key, why a request is not asked any more.
        within_budget: what is taken down counts against the client's budgets, at its worst case.
    """

    def __init__(
        self,
        client: ChatClient,
        config: Generator,
        given_up: Mapping[str, str] | None = None,
        within_budget: bool = False,
    ) -> None:
        self._within_budget = within_budget
        self._client = client
        self._config = config
        self._given_up = given_up or {}
        self.lines: dict[str, JsonObject] = {}
        """Batch lines of what is not answered, by key."""

    def stream(self, generator: str, requests: Iterable[ChatRequest]) -> Yielding[Completion, None, None]:
        """Completions in the order of the requests; those that are not answered yet have the status `waiting`.

        Raises:
            BudgetError: the next request could exceed a budget; those taken down before fit.
        """
        journal = self._client.journal(generator)
        for request in requests:
            key = self._client.key(generator, request)
            limit = token_limit(self._config, request)
            record = journal.get(key) if journal.answered(key, limit) else None
            if record is not None:
                self._client.count_known(generator, request, record)
                yield completion_of(record, cached=True)
                continue
            if key in self._given_up:
                yield Completion(key=key, status="error", text=self._given_up[key])
                continue
            if self._within_budget:
                self._reserve(request, limit)
            body = sent_body(self._config, request_body(self._config, request), limit)
            self.lines[key] = {"custom_id": key, "method": "POST", "url": "/v1/chat/completions", "body": body}
            yield Completion(key=key, status="waiting", text=WAITING)

    def _reserve(self, request: ChatRequest, limit: int) -> None:
        chars = prompt_characters({"messages": request.messages, "tools": request.tools})
        tokens = self._client.prompt_tokens(self._config.name)
        need = Need(self._client.limits(request.purpose), chars, limit, self._config, tokens)
        full = need.reserve()
        if full is not None:
            raise BudgetError(need.exhausted(full))


def write_batches(lines: Iterable[JsonObject], out: Path) -> list[Path]:
    """Write lines to a file, or to several where they are more than one may hold; the files."""
    from apigen_assets.files.atomic import whole_file

    rows = list(lines)
    files = []
    for number, start in enumerate(range(0, max(1, len(rows)), MAX_LINES)):
        file = out if number == 0 else out.with_name(f"{out.stem}-{number + 1}{out.suffix}")
        with whole_file(file) as target:
            target.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows[start : start + MAX_LINES])
        files.append(file)
    return files


@dataclass
class Imported:
    """What a batch's answers came to."""

    counts: Counter[str] = field(default_factory=Counter)
    """Lines by class: `answer`, `known` (in the journal already), `prompt`, `passing`, ..."""
    problems: list[str] = field(default_factory=list)
    """Lines that could not be used, each with its number."""
    failed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By key: class and words of requests that were not answered."""

    def add(self, part: "Imported") -> None:
        """Take up what another file of the same batch came to."""
        self.counts += part.counts
        self.problems += part.problems
        self.failed |= part.failed


def import_answers(answers: Path, exported: Path, config: Generator, journal: Journal, purpose: str) -> Imported:
    """Read a batch's answers into the journal; what is there already stays as it is.

    Args:
        answers: the output file (or the error file) of a batch.
        exported: the file that was sent, for the requests.
        config: the generator that was asked.
        journal: its journal.
        purpose: what was asked for.

    Raises:
        BatchFileError: a file is not of the format; what was read of it before is kept.
    """
    asked = {str(line["custom_id"]): line["body"] for _, line in _lines(exported, "custom_id", "body")}
    imported = Imported()
    for number, line in _lines(answers, "custom_id"):
        key = str(line["custom_id"])
        sent = asked.get(key)
        if sent is None:
            imported.counts["unknown"] += 1
            imported.problems.append(f"line {number}: no line of {exported.name} has the custom_id {key[:80]!r}")
            continue
        limit = int(sent.get(config.max_tokens_field) or 0)
        if journal.answered(key, limit):
            imported.counts["known"] += 1
            continue
        outcome = _outcome(line, sent)
        imported.counts[outcome.kind.value] += 1
        record: JsonObject = {
            "key": key,
            "generator": config.name,
            "purpose": purpose,
            "provider": provider_of(config),
            "sample": 0,
            "limit": limit,
            "request": sent,
            "status": outcome.status,
            "outcome": outcome.kind.value,
            "body": outcome.body,
            "at": round(time.time(), 3),
            "batch": True,
            "price": config.price.model_dump(exclude_none=True),
        }
        if outcome.kind is not OutcomeClass.ANSWER:
            record["error"] = outcome.reason
            imported.failed[key] = (outcome.kind.value, outcome.reason)
            imported.problems.append(f"line {number}: {outcome.reason}")
        journal.append(record)
    return imported


def _outcome(line: JsonObject, sent: JsonObject) -> Outcome:
    """What a line says of its request; `vllm run-batch` puts errors beside a response without a body."""
    response, error = line.get("response"), line.get("error")
    if not isinstance(response, dict) or (error and not response.get("body")):
        words = json.dumps(error or "neither a response nor an error")
        status = _status(response, error)
        if status is None or status < 400:
            return Outcome(OutcomeClass.PASSING, f"the batch gave no answer: {short(words)}")
        return outcome_of(status, {}, words, sent, time.time())
    body = response.get("body")
    text = body if isinstance(body, str) else json.dumps(body)
    return outcome_of(_status(response) or 200, {}, text, sent, time.time())


def _status(*places: object) -> int | None:
    """The HTTP status that a line names anywhere, if any."""
    for place in places:
        inner = place.get("error") if isinstance(place, dict) else None
        for holder in (place, inner):
            for name in ("status_code", "code", "status"):
                value = holder.get(name) if isinstance(holder, dict) else None
                if isinstance(value, int | str) and str(value).isdecimal() and 100 <= int(value) < 600:
                    return int(value)
    return None


def _lines(file: Path, *needed: str) -> Iterator[tuple[int, JsonObject]]:
    try:
        with file.open(encoding="utf-8") as text:
            for number, line in enumerate(text, 1):
                if not line.strip():
                    continue
                try:
                    value = json.loads(line)
                except ValueError as error:
                    raise BatchFileError(
                        f"{file}, line {number}: not JSON ({error}); a file that was cut can be read up to here: fetch "
                        "it again, what was read is in the journal"
                    ) from None
                if not isinstance(value, dict) or any(name not in value for name in needed):
                    raise BatchFileError(
                        f"{file}, line {number}: not a batch line: it has no {' and no '.join(needed)}"
                    )
                yield number, value
    except (OSError, UnicodeDecodeError) as error:
        raise BatchFileError(f"{file}: cannot be read ({error})") from None
