"""The form in which an endpoint takes requests, as learned from what it refuses.

`json_schema` falls back to `json_object` and then to none; `max_tokens` may have to be `max_completion_tokens`, or
lower; some models take no temperature. The journal key does not depend on any of it.
"""

import logging

from apigen_assets.files.json_types import JsonObject
from resources.llm.generator import Generator
from resources.llm.outcomes import Outcome, OutcomeClass
from resources.llm.protocol import sent_body

log = logging.getLogger(__name__)

_WEAKER = {"json_schema": "json_object", "json_object": "none", "none": "none"}
_MOST_ADAPTIONS = 12
_SUSPICIONS = 2
"""Server errors to a form that was never accepted from which on the next weaker one is tried."""


class Forms:
    """What is changed of a body before it is sent."""

    def __init__(self, config: Generator) -> None:
        self._config = config
        self._format = "json_schema"
        self._field = config.max_tokens_field
        self._limit: int | None = None
        self._dropped: set[str] = set()
        self._accepted: set[str] = set()
        self._suspicions = 0
        self._adaptions = 0

    def body(self, planned: JsonObject, limit: int) -> JsonObject:
        """The body as this endpoint takes it."""
        body = sent_body(self._config, planned, limit if self._limit is None else min(limit, self._limit))
        if self._field != self._config.max_tokens_field:
            body[self._field] = body.pop(self._config.max_tokens_field)
        for name in self._dropped:
            body.pop(name, None)
        wanted = body.get("response_format")
        if wanted is not None and self._format != "json_schema":
            if self._format == "none":
                del body["response_format"]
            else:
                body["response_format"] = {"type": self._format}
        return body

    def doubted(self, planned: JsonObject) -> bool:
        """Whether a request asks for a form that was not accepted so far and has a weaker one."""
        form = _format_of(self.body(planned, 1))
        return form != "none" and form not in self._accepted

    def accepted(self, body: JsonObject) -> None:
        """An answer came to a body of this form."""
        self._accepted.add(_format_of(body))
        self._suspicions = 0

    def adapt(self, outcome: Outcome, body: JsonObject) -> bool:
        """Take up what a refusal says; whether the same request is worth sending again at once."""
        if outcome.kind is not OutcomeClass.PASSING or self._adaptions >= _MOST_ADAPTIONS:
            return False
        change = outcome.adapt or self._suspected(outcome, body)
        if change is None or not self._change(change, body):
            return False
        self._adaptions += 1
        log.warning("%s: asked otherwise from now on (%s): %s", self._config.name, change[0], outcome.reason)
        return True

    def _suspected(self, outcome: Outcome, body: JsonObject) -> tuple[str, object] | None:
        """A server that fails on a form without saying so (llama.cpp answers 500 to `json_schema`)."""
        form = _format_of(body)
        wrong = outcome.status in (400, 422, 500, 501) and not outcome.throttled
        if form == "none" or form in self._accepted or not wrong:
            return None
        self._suspicions += 1
        if self._suspicions < _SUSPICIONS:
            return None
        self._suspicions = 0
        return "response_format", None

    def _change(self, change: tuple[str, object], body: JsonObject) -> bool:
        """Make a change; false where it was made before and did not help this body."""
        what, value = change
        if what == "response_format":
            form = _format_of(body)
            if form == "none":
                return False
            self._format = _WEAKER[form]
        elif what == "max_tokens_field":
            if self._field == value:
                return False
            self._field = "max_completion_tokens"
        elif what == "max_tokens":
            limit = int(str(value))
            if self._limit is not None and self._limit <= limit:
                return False
            self._limit = limit
        else:
            if value in self._dropped:
                return False
            self._dropped.add(str(value))
        return True


def _format_of(body: JsonObject) -> str:
    wanted = body.get("response_format")
    return str(wanted.get("type")) if isinstance(wanted, dict) else "none"
