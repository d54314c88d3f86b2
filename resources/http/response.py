"""What a response is: outcome classes by status and structure, never by the mere word "error"."""

import json
import re
from typing import Any, NamedTuple
from xml.etree import ElementTree

from apigen_assets.canonical import dumps
from apigen_assets.verification.outcome import Outcome


class Reading(NamedTuple):
    """What was made of a response; `result` is JSON text, null where there is nothing to keep."""

    outcome: Outcome
    detail: str = ""
    result: str | None = None


def classify(status: int | None, media_type: str | None, body: bytes | str) -> tuple[Outcome, str]:
    """The outcome class of a response and what it rests on.

    Args:
        status: the HTTP status; null where it is not known (recorded calls of other systems).
        media_type: the Content-Type header; null where it is not known.
        body: the body, decoded from transfer and content encodings.
    """
    reading = read(status, media_type, body)
    return reading.outcome, reading.detail


def read(status: int | None, media_type: str | None, body: bytes | str, method: str = "GET") -> Reading:
    """The outcome class of a response, with its content as JSON text."""
    base, encoding = _media(media_type)
    if isinstance(body, bytes) and _is_binary(base, body):
        summary = dumps({"media_type": base or "application/octet-stream", "bytes": len(body)})
        failed = _by_status(status, "")
        return failed._replace(result=summary) if failed else Reading(Outcome.OK, "", summary)
    text = body if isinstance(body, str) else _decode(body, encoding)
    text = text.lstrip("\ufeff").strip()
    value, is_json = _parse(base, text)
    result = dumps(value) if is_json else (dumps(text) if text else None)
    problem = _by_status(status, _message(value) if is_json else text)
    if problem is not None:
        return problem._replace(result=result)
    if not text:
        if method not in ("GET", "OPTIONS"):
            return Reading(Outcome.OK, "no content", None)
        return Reading(Outcome.EMPTY, "no content", None)
    if is_json:
        return Reading(*_judge(value), result)
    return Reading(*_judge_text(base, text), result)


# --- status ---------------------------------------------------------------------------------------------------

_SUBSCRIPTION = re.compile(r"not subscribed|subscribe|upgrade your plan|payment required", re.IGNORECASE)
_QUOTA = re.compile(
    r"too many requests|rate ?limit|(daily|monthly|hourly|request|usage)? ?quota|exceeded the .*(limit|quota)|"
    r"limit (exceeded|reached)|throttl",
    re.IGNORECASE,
)


def _by_status(status: int | None, message: str) -> Reading | None:
    if status is None or 200 <= status < 300:
        return None
    line = f"HTTP {status}" + (f": {_short(message)}" if message else "")
    if status in (401, 402, 407):
        return Reading(Outcome.AUTH, line)
    if status == 403:
        return Reading(Outcome.QUOTA if _QUOTA.search(message[:300]) else Outcome.AUTH, line)
    if status == 429:
        return Reading(Outcome.QUOTA, line)
    if status in (404, 410):
        return Reading(Outcome.NOT_FOUND, line)
    if 400 <= status < 500:
        return Reading(Outcome.HTTP_4XX, line)
    if status >= 500:
        return Reading(Outcome.HTTP_5XX, line)
    return Reading(Outcome.MALFORMED, f"{line}: neither success nor failure")


# --- JSON -----------------------------------------------------------------------------------------------------

_MESSAGE_KEYS = ("message", "msg", "error_message", "errormessage", "detail", "details", "description", "reason",
                 "error", "errors", "title", "info", "notice", "messages", "error_description")  # fmt: skip
_ERROR_KEYS = frozenset({"error", "errors", "err", "fault", "exception", "errormessage", "error_message", "errormsg",
                         "error_msg", "errorcode", "error_code", "error_description"})  # fmt: skip
_SUCCESS_KEYS = frozenset({"success", "succeeded", "ok", "successful", "issuccess", "is_success", "response"})
_STATUS_KEYS = frozenset({"status", "state", "result", "type", "outcome"})
_CODE_KEYS = frozenset({"status", "code", "cod", "statuscode", "status_code", "httpstatus", "http_status", "httpcode",
                        "responsecode", "response_code", "error_code", "errorcode"})  # fmt: skip
_FAILED_WORDS = frozenset({"error", "errors", "fail", "failed", "failure", "nok", "ko", "false", "exception",
                           "unsuccessful", "invalid", "denied", "forbidden", "unauthorized", "not found",
                           "not_found", "bad request"})  # fmt: skip
_NO_WORDS = frozenset({"", "0", "no", "none", "null", "false", "ok", "success", "n/a", "no error", "no errors",
                       "200", "[]", "{}"})  # fmt: skip
_HEADINGS = frozenset({"title", "description", "details", "reason", "info"})
"""Message keys of error objects that name things elsewhere; alone they say nothing of a failure."""
_BOOKKEEPING = _CODE_KEYS | frozenset(
    {"message", "msg", "messages", "time", "timestamp", "took", "duration", "page", "limit", "offset", "count",
     "total", "cursor", "pagination", "request_id", "requestid", "version", "query", "meta", "paging", "per_page",
     "pagesize", "page_size", "totalcount", "total_count", "total_results", "totalresults", "total_pages", "pages",
     "next", "previous", "prev", "hasmore", "has_more", "copyright", "size", "start", "elapsed", "date"}
)  # fmt: skip
_ENVELOPES = frozenset({"meta", "header", "headers", "status", "response", "result", "data", "body"})


def _judge(value: Any, depth: int = 0) -> tuple[Outcome, str]:
    if value is None or value == "" or value == [] or value == {}:
        return Outcome.EMPTY, f"the body is {json.dumps(value)}"
    if isinstance(value, str):
        return _judge_text("", value)
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], dict | list) and depth < 3:
            return _judge(value[0], depth + 1)
        if all(_is_void(one) for one in value):
            return Outcome.EMPTY, "a list of empty values"
        return Outcome.OK, ""
    if not isinstance(value, dict):
        return Outcome.OK, ""
    failed = _failure(value, depth)
    if failed is not None:
        return failed
    if _is_empty_answer(value):
        return Outcome.EMPTY, "no field holds data"
    return Outcome.OK, ""


def _failure(value: dict[str, Any], depth: int = 0) -> tuple[Outcome, str] | None:
    fields = {name.lower(): one for name, one in value.items() if isinstance(name, str)}
    message = _message(value)
    data = [name for name, one in fields.items() if isinstance(one, dict | list) and one and name not in _ERROR_KEYS]
    for name in fields:
        if name in _ERROR_KEYS and _says_error(fields[name], name) and not (len(data) > 1 and name != "error"):
            return _soft(f"{name}: {_short(_text_of(fields[name]))}", message or _text_of(fields[name]))
        if name in _SUCCESS_KEYS and (fields[name] is False or _is_word(fields[name], {"false", "failed", "fail"})):
            return _soft(f"{name} is {json.dumps(fields[name])}", message)
        if name in _STATUS_KEYS and _is_word(fields[name], _FAILED_WORDS) and (name != "type" or message):
            return _soft(f"{name} is {json.dumps(fields[name])}", message)
        if name in _CODE_KEYS and _is_failed_code(fields[name]) and not data and (message or len(fields) == 1):
            return _soft(f"{name} is {json.dumps(fields[name])}", message)
    if depth < 2:
        for name, one in fields.items():
            if isinstance(one, dict) and one and (name in _ENVELOPES or len(fields) == 1):
                inner = _failure(one, depth + 1)
                if inner is not None:
                    return inner[0], f"{name}.{inner[1]}"
    message = _message({name: one for name, one in fields.items() if name not in _HEADINGS})
    if message and not data and len(fields) <= 5 and all(_may_stand_by(name, one) for name, one in fields.items()):
        verdict = _judge_text("", message)
        if verdict[0] is not Outcome.OK:
            return verdict
    return None


def _may_stand_by(name: str, value: Any) -> bool:
    """Whether a field is what error objects have beside their message."""
    known = name in _MESSAGE_KEYS or name in _STATUS_KEYS or name in ("path", "link", "url", "instance")
    return known or _is_bookkeeping(name, value) or _is_void(value)


def _soft(detail: str, message: str) -> tuple[Outcome, str]:
    kind = _kind_of_message(message)
    text = detail if not message or _short(message) in detail else f"{detail}; {_short(message)}"
    return (kind if kind in (Outcome.AUTH, Outcome.QUOTA) else Outcome.SOFT_ERROR), text


def _says_error(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0 and value != 200
    if isinstance(value, str):
        text = value.strip().lower()
        if text in _NO_WORDS:
            return False
        return name in ("error", "err", "fault", "exception") or not re.fullmatch(r"[-+0-9.e%]+", text)
    if isinstance(value, dict):
        return any(_says_error(one, "error") for one in value.values()) if value else False
    if isinstance(value, list):
        return any(one is not None and one != "" and one != {} for one in value)
    return False


def _is_word(value: Any, words: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() in words


def _is_failed_code(value: Any) -> bool:
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    return isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600


def _message(value: Any, depth: int = 0) -> str:
    """The text for people in an error object."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and depth < 3:
        return _message(value[0], depth + 1)
    if isinstance(value, dict) and depth < 3:
        fields = {name.lower(): one for name, one in value.items() if isinstance(name, str)}
        for name in _MESSAGE_KEYS:
            if fields.get(name) and not isinstance(fields[name], bool | int | float):
                found = _message(fields[name], depth + 1)
                if found:
                    return found
    return ""


def _is_void(value: Any) -> bool:
    if value is None or value == "" or value == [] or value == {}:
        return True
    if isinstance(value, dict):
        return all(_is_void(one) for one in value.values())
    return isinstance(value, list) and all(_is_void(one) for one in value)


def _is_empty_answer(value: dict[str, Any]) -> bool:
    """Every field is empty or bookkeeping, and at least one that should hold data is empty."""
    holders = 0
    for name, one in value.items():
        if _is_void(one) or (isinstance(one, dict) and _is_empty_answer(one)):
            holders += 1
        elif not _is_bookkeeping(name.lower(), one):
            return False
    return holders > 0


def _is_bookkeeping(name: str, value: Any) -> bool:
    """Whether a field speaks of the answer instead of being it."""
    if isinstance(value, dict | list):
        return False
    if name in _SUCCESS_KEYS or name in _STATUS_KEYS:
        return isinstance(value, bool) or _is_word(value, {"ok", "success", "successful", "true", "done", "200"})
    return name in _BOOKKEEPING


# --- text -----------------------------------------------------------------------------------------------------

_ANCHORED = re.compile(
    r"(error\b|err:|exception\b|invalid\b|missing\b|bad request|internal server error|server error|"
    r"something went wrong|an (unexpected |unknown |internal )?error|(4\d\d|5\d\d)\b.{0,3}[a-z]|"
    r"could ?n.t |could not |cannot |can.?t |unable to |failed\b|failure\b|sorry\b|oops|"
    r"no (such |matching )?\w+( \w+)? (was |were )?(found|available|exists?)|not found|nothing found|no results?\b|"
    r"service (is )?(temporarily )?unavailable|(bad|proxy) gateway|gateway time|"
    r"(this|the) (endpoint|api|service|page|requested \w+|resource|website|tool|function)\b.{0,60}"
    r"\b(not (found|exist|available|working)|does ?n.t exist|does not exist|disabled|deprecated|unavailable|down)|"
    r"please (provide|enter|specify|use|check|supply|try)|"
    r"(the )?(\w+ )?(parameter|field|argument|value|attribute|input|query)s? .{0,60}"
    r"(required|invalid|missing|must|not valid|not allowed)|you (must|need to|should|have to) )",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"((is|are|was|were) (required|invalid|missing|not (valid|found|supported|available|allowed|correct))|"
    r"(does|do|did) ?(n.t| not) (exist|match|support|work)|not found|not exists?|must be \w+( \w+){0,4})[.!]?$",
    re.IGNORECASE,
)
_AUTH = re.compile(
    r"(you are not subscribed|not subscribed|unauthori[sz]ed|not authori[sz]ed|forbidden|access denied|"
    r"permission denied|authentication (is )?(required|failed)|invalid (api|access|auth\w*)[- _]?(key|token)|"
    r"(api|access|auth\w*)[- _]?(key|token) (is )?(required|missing|invalid)|"
    r"missing (api|access|auth\w*)[- _]?(key|token)|"
    r"please (enter|provide|use|supply) (an? |your |the )?(valid )?(api|access|auth\w*)[- _]?(key|token)|"
    r"please (log|sign) ?in|this endpoint is (disabled|available) (for|on) (your|the) .{0,40}(subscription|plan)|"
    r"no api key|.{0,60}upgrade your plan)",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"(too many requests|you have (exceeded|reached)|.{0,60}(rate|request|quota|usage|call)s?[ -]?limit.{0,20}"
    r"(exceeded|reached|hit)|.{0,40}exceeded .{0,40}(quota|limit)|.{0,30}quota (exceeded|reached)|rate limit)",
    re.IGNORECASE,
)
_HTML = re.compile(r"(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)


def _kind_of_message(message: str) -> Outcome | None:
    if len(message) > 400:
        return None
    text = message.strip()
    if _AUTH.match(text):
        return Outcome.AUTH
    if _LIMIT.match(text):
        return Outcome.QUOTA
    return Outcome.SOFT_ERROR if _ANCHORED.match(text) or (len(text) < 160 and _ENDING.search(text)) else None


def _judge_text(base: str, text: str) -> tuple[Outcome, str]:
    if _HTML.match(text):
        title = re.search(r"<title[^>]*>(.*?)</title>", text[:4000], re.IGNORECASE | re.DOTALL)
        return Outcome.MALFORMED, "an HTML page instead of data" + (f": {_short(title.group(1))}" if title else "")
    if base == "application/json" or base.endswith("+json"):
        return Outcome.MALFORMED, "the media type says JSON, the body is none"
    if base in ("application/xml", "text/xml") or base.endswith("+xml") or text.startswith("<?xml"):
        return _judge_xml(text)
    kind = _kind_of_message(text)
    if kind is not None:
        return kind, _short(text)
    return Outcome.OK, ""


def _judge_xml(text: str) -> tuple[Outcome, str]:
    try:
        # expat limits the growth of entities by itself and loads nothing from outside.
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        return Outcome.MALFORMED, f"not well-formed XML: {error}"
    name = root.tag.rsplit("}", 1)[-1].lower()
    if name in ("error", "errors", "fault", "exception"):
        return Outcome.SOFT_ERROR, f"the root element is {name}: {_short(' '.join(root.itertext()))}"
    if len(root) == 0 and not (root.text or "").strip() and not root.attrib:
        return Outcome.EMPTY, "an XML document without content"
    return Outcome.OK, ""


# --- parsing --------------------------------------------------------------------------------------------------

_TEXT_TYPES = re.compile(
    r"text/|application/(json|xml|javascript|x-www-form-urlencoded|.*\+(json|xml)|.*yaml|x-ndjson)"
)


def _media(media_type: str | None) -> tuple[str, str | None]:
    if not media_type:
        return "", None
    base, _, rest = media_type.partition(";")
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", rest, re.IGNORECASE)
    return base.strip().lower(), charset.group(1) if charset else None


def _is_binary(base: str, body: bytes) -> bool:
    if base and _TEXT_TYPES.match(base):
        return False
    return b"\0" in body[:1024] or base.startswith(("image/", "audio/", "video/", "font/"))


def _decode(body: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8"):
        if name:
            try:
                return body.decode(name)
            except (LookupError, UnicodeDecodeError):
                continue
    return body.decode("utf-8", "replace")


def _parse(base: str, text: str) -> tuple[Any, bool]:
    says_json = base == "application/json" or base.endswith("+json")
    if says_json or text[:1] in ("{", "[", '"') or text in ("null", "true", "false"):
        try:
            value = json.loads(text)
            dumps(value)
            return value, True
        except (ValueError, RecursionError):
            return None, False
    return None, False


def _text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    return _message(value) or json.dumps(value, ensure_ascii=False, default=str)


def _short(text: str, limit: int = 160) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
