"""What came of one request to a chat endpoint, by class. The class decides: keep, skip, try again or stop.

Servers say the same in many ways: a status, an error object in a 200, a finish reason, words in a message. The reports
behind each rule are named in tests/resources/llm/test_outcomes.py.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from apigen_assets.files.json_types import JsonObject
from resources.llm.protocol import body_of, read_answer
from resources.llm.waits import items, wait_of_body, wait_of_headers


class OutcomeClass(StrEnum):
    """The classes of what can come of a request."""

    ANSWER = "answer"
    PROMPT = "prompt"
    """This prompt will not be answered: filtered, or too long."""
    PASSING = "passing"
    """May pass: tried again."""
    KEY = "key"
    """This key or account will not be answered."""
    ENDPOINT = "endpoint"
    """Nothing will be answered here: an unknown model, another protocol."""


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt."""

    kind: OutcomeClass
    reason: str = ""
    """The server's own words, or what happened instead of an answer."""
    status: int | None = None
    body: str | None = None
    retry_after: float | None = None
    """Seconds the server asks to wait."""
    shared: bool = False
    """Whether every request to this endpoint should wait."""
    throttled: bool = False
    """The server is there and asks for patience: does not count as a failure of the request."""
    doubtful: bool = False
    """Said so by one answer only: an endpoint that has answered before is given another chance."""
    protocol: bool = False
    """The answer is not one of a chat-completions server."""
    limit: bool = False
    """The token limit was used up before the answer began."""
    adapt: tuple[str, object] | None = None
    """What to send otherwise: (`response_format`, null), (`max_tokens`, number), (`max_tokens_field`, name),
    (`drop`, field)."""


_FILTER = re.compile(
    r"moderat|flagged|content[_ -]?(?:filter|policy|management|safety|exists? risk)|content_policy|responsible.?ai|"
    r"jailbreak|prohibited|(?:policy|terms|guidelines?) violation|"
    r"violat\w* (?:\w+ ){0,3}(?:policy|policies|terms|guidelines)|data_inspection|"
    r"inappropriate|guardrail|safety (?:system|filter|setting|check)|"
    r"blocked (?:by|due|for)|harmful|sensitive (?:content|words)",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"context[_ -]?(?:length|window|size)|maximum context|exceed_context|too (?:long|many tokens)|prompt is too|"
    r"exceeds? .{0,60}(?:token|context|length)|(?:input|prompt|request) .{0,30}(?:too (?:long|large)|exceeds)|"
    r"string_above_max_length|reduce the length|n_ctx|request too large",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"max_tokens|max_completion_tokens|max_new_tokens|completion tokens|(?:in|for) the completion|"
    r"request too large",
    re.IGNORECASE,
)
_NO_CREDIT = re.compile(
    r"insufficient[_ ](?:quota|balance|credits?|funds)|billing_(?:hard_limit|not_active)|"
    r"(?:out of|no|not enough|run out of) credits?|payment required|"
    r"account .{0,30}(?:suspended|deactivated|overdue)|arrear",
    re.IGNORECASE,
)
_UNKNOWN_MODEL = re.compile(
    r"model_not_found|model.{0,80}?(?:not exist|not found|not a valid|no such|unknown|not available|isn't available|"
    r"not supported|unsupported|not loaded|does not have access)|(?:unknown|invalid|no such|unsupported) model|"
    r"not an? (?:valid|known|supported|available) model|"
    r"no endpoints? found",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(
    r"(?:invalid|incorrect|missing|wrong|bad|expired|revoked|disabled|no)\W{0,3}(?:\w+ ){0,2}?"
    r"(?:api[ _-]?key|access token|credential|auth)|api[ _-]?key (?:not|is)|unauthori[sz]ed|authentication",
    re.IGNORECASE,
)
_RETRY_WORDS = re.compile(
    r"json_validate_failed|failed to (?:generate|parse)|failed_generation|tool_use_failed|try again|please retry|"
    r"temporar|overloaded|upstream|provider returned error|busy|capacity|timed? ?out",
    re.IGNORECASE,
)
_FORMAT = re.compile(
    r"response_?format|json_?schema|json_?object|json mode|guided|grammar|structured|schema", re.IGNORECASE
)
_GRAMMAR = re.compile(r"parse grammar|samplers|(?:compile|convert)\w* .{0,20}(?:grammar|schema)", re.IGNORECASE)
_TOO_LARGE = re.compile(r"request too large|must be reduced|reduce your message", re.IGNORECASE)
_ONE_OF = re.compile(r"cannot both be|only one of|mutually exclusive|use only one", re.IGNORECASE)
_UNSUPPORTED = re.compile(
    r"unsupported|not support|unrecognized|unknown (?:field|parameter|name|argument)|extra (?:inputs|fields)|"
    r"not permitted|not allowed|unexpected|only the default|deprecated",
    re.IGNORECASE,
)
_BROKEN_OFF = re.compile(
    r"error|abort|cancel|interrupt|unload|insufficient|overload|time.?out|fail|unavailable|network|disconnect|evict|preempt",
    re.IGNORECASE,
)


def outcome_of(status: int, headers: Mapping[str, str], text: str, sent: JsonObject, now: float) -> Outcome:
    """The outcome of a request that got an answer of some sort.

    Args:
        status: HTTP status.
        headers: of the answer.
        text: its body.
        sent: the request's body.
        now: seconds since the epoch.
    """
    outcome = _of_body(text, sent) if 200 <= status < 300 else _of_error(status, text, sent)
    wait = wait_of_headers(headers, now, outcome.throttled or outcome.shared)
    if wait is None and outcome.kind is OutcomeClass.PASSING:
        wait = wait_of_body(_value(text), text, now)
    shared = outcome.shared or (outcome.kind is OutcomeClass.PASSING and wait is not None)
    return replace(outcome, status=status, body=text, retry_after=wait, shared=shared)


def _value(text: str) -> object:
    try:
        return body_of(text)
    except (ValueError, RecursionError):
        return None


def _of_body(text: str, sent: JsonObject) -> Outcome:
    """Of a body that came with a status of success."""
    try:
        body = body_of(text)
    except (ValueError, RecursionError):
        return Outcome(OutcomeClass.PASSING, f"the answer is not JSON: {short(text)}", protocol=True)
    if not isinstance(body, dict):
        return Outcome(OutcomeClass.PASSING, f"the answer is not a chat completion: {short(text)}", protocol=True)
    error = body.get("error")
    if error and not body.get("choices"):
        return _of_error(_embedded_status(error), text, sent)
    blocked = None if body.get("choices") else _blocked(body)
    if blocked is not None:
        return Outcome(OutcomeClass.PROMPT, f"refused by a filter: {blocked}")
    try:
        answer = read_answer(body, bool(sent.get("tools")))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        if "detail" in body or ("message" in body and "code" in body):
            return _of_error(_embedded_status(body), text, sent)
        return Outcome(OutcomeClass.PASSING, f"the answer is not a chat completion: {short(text)}", protocol=True)
    if answer.error is not None:
        status = _embedded_status(answer.error)
        return _of_error(status if status >= 429 else 502, text, sent)
    if answer.status == "refused":
        said = answer.text or f"finish reason {answer.finish!r}"
        return Outcome(OutcomeClass.PROMPT, f"the prompt was refused: {short(said)}")
    if answer.cut_while_reasoning:
        tokens = f" ({answer.completion_tokens:,} tokens)"
        return Outcome(OutcomeClass.PROMPT, f"cut at the token limit{tokens} before the answer began", limit=True)
    if answer.finish not in ("length", "stop") and _BROKEN_OFF.search(answer.finish):
        return Outcome(OutcomeClass.PASSING, f"broken off: finish reason {answer.finish!r}")
    if answer.status == "empty":
        what = "reasoning only, without an answer" if answer.reasoning or answer.text.strip() else "an empty answer"
        return Outcome(OutcomeClass.PASSING, what)
    return Outcome(OutcomeClass.ANSWER)


def _blocked(body: JsonObject) -> str | None:
    """What a filter said of a prompt that got no choice at all: Gemini's `blockReason`, Azure's `filtered`."""
    for key, value in items(body):
        if (key in ("blockReason", "block_reason") and value) or (key == "filtered" and value is True):
            return short(str(body))
    return None


def _of_error(status: int, text: str, sent: JsonObject) -> Outcome:
    said = f"HTTP {status}: {short(text)}"
    if status == 402 or (_NO_CREDIT.search(text) and status not in (408, 409)):
        return Outcome(OutcomeClass.KEY, f"no credit left: {said}")
    if status == 429 and _TOO_LARGE.search(text):
        # Asking again would only be refused again: the request alone is more than a minute's tokens.
        limit = _most_tokens(text, _limit_of(sent))
        if limit is not None:
            return Outcome(OutcomeClass.PASSING, said, adapt=("max_tokens", limit))
        return Outcome(OutcomeClass.PROMPT, f"too long: {said}")
    if status in (429, 529):
        return Outcome(OutcomeClass.PASSING, said, shared=True, throttled=True)
    if status == 401:
        return Outcome(OutcomeClass.KEY, said)
    if status < 500 or status == 500:
        adapted = _adapted(text, sent)
        if adapted is not None:
            return Outcome(OutcomeClass.PASSING, said, adapt=adapted)
    if status in (400, 403, 413, 422, 451, 500) and (_FILTER.search(text) and not _RETRY_WORDS.search(text)):
        return Outcome(OutcomeClass.PROMPT, f"refused by a filter: {said}")
    if status in (400, 413, 414, 422, 500) and _TOO_LONG.search(text):
        return Outcome(OutcomeClass.PROMPT, f"too long: {said}")
    if status in (403, 451):
        return Outcome(OutcomeClass.KEY, said, doubtful=True)
    if status in (400, 404, 422) and _UNKNOWN_MODEL.search(text):
        return Outcome(OutcomeClass.ENDPOINT, said)
    if status in (400, 422) and _BAD_KEY.search(text):
        return Outcome(OutcomeClass.KEY, said)
    if status in (404, 405, 406, 410, 415, 421, 426, 501, 505, 511) or 300 <= status < 400 or status == 407:
        return Outcome(OutcomeClass.ENDPOINT, said, doubtful=True)
    loading = status == 503 and "load" in text.lower()
    return Outcome(OutcomeClass.PASSING, said, shared=status == 503, throttled=loading)


def _adapted(text: str, sent: JsonObject) -> tuple[str, object] | None:
    """What a server that refuses a field wants instead, where its words say so."""
    if (
        "max_completion_tokens" in text
        and "max_tokens" in sent
        and re.search(r"instead|not supported|unsupported", text)
    ):
        return "max_tokens_field", "max_completion_tokens"
    if _LIMIT.search(text) and ("max_tokens" in sent or "max_completion_tokens" in sent):
        limit = _most_tokens(text, _limit_of(sent))
        if limit is not None:
            return "max_tokens", limit
    of_format = _FORMAT.search(text) and (_GRAMMAR.search(text) or not _RETRY_WORDS.search(text))
    if "response_format" in sent and of_format:
        return "response_format", None
    if _ONE_OF.search(text) and "top_p" in sent and "top_p" in text:
        return "drop", "top_p"
    if _UNSUPPORTED.search(text):
        for name in ("temperature", "seed", "top_p", "reasoning_effort"):
            if name in sent and re.search(rf"\b{name}\b", text):
                return "drop", name
    return None


def _limit_of(sent: JsonObject) -> int:
    return int(sent.get("max_tokens") or sent.get("max_completion_tokens") or 0)


def _most_tokens(text: str, asked: int) -> int | None:
    """The limit that a server would take, by its words; null where they name none, or none worth asking for."""
    limits = []
    for pattern in (
        r"at most (\d+) completion",
        r"range of max_\w*tokens is \[\d+, ?(\d+)\]",
        r"less than or equal to [`'\"]?(\d+)",
        r"> (\d+),? which is the maximum",
        r"range of max_\w*tokens is \[1, (\d+)\]",
    ):
        limits += [int(found) for found in re.findall(pattern, text)]
    context = re.search(r"(?:context length|context window|context size)\D{0,20}(\d+)", text.replace(",", ""))
    prompt = re.search(
        r"(\d+) (?:in the messages|in your prompt|input tokens|tokens? (?:from|in) the (?:input|prompt))", text
    )
    if context and prompt:
        limits.append(int(context[1]) - int(prompt[1]) - 8)
    quota = re.search(r"limit (\d+), (?:used \d+, )?requested (\d+)", text.replace(",000", "000"), re.IGNORECASE)
    if quota:
        limits.append(int(quota[1]) - (int(quota[2]) - asked) - 8)
    wanted = min(limits, default=0)
    return wanted if 64 <= wanted < asked else None


def _embedded_status(error: object) -> int:
    """The HTTP status that an error object in a body stands for."""
    for code in _values(error, ("code", "status", "status_code", "http_status", "statusCode")):
        if isinstance(code, int | str) and str(code).isdecimal() and 400 <= int(code) < 600:
            return int(code)
    words = str(error).lower()
    for pattern, status in (
        (r"rate.?limit|too many requests|throttl|resource.?exhausted", 429),
        (r"invalid.?api.?key|authentication|unauthori[sz]ed", 401),
        (r"overloaded|unavailable|upstream|internal|server.?error|timeout", 503),
        (r"not.?found", 404),
        (r"invalid.?request|bad.?request", 400),
    ):
        if re.search(pattern, words):
            return status
    return 500


def _values(value: object, names: tuple[str, ...]) -> Iterator[object]:
    return (inner for key, inner in items(value) if key in names)


def short(text: str) -> str:
    """A short piece of a server's words."""
    return " ".join(text[:2000].split())[:300]
