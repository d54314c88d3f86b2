"""What a JSON value says of its call: data, nothing, or an error object, by structure."""

import json
import re
from typing import NamedTuple

from apigen_assets.domain.outcome import Outcome
from apigen_assets.files.json_types import JsonObject
from resources.rest.messages import kind_of_message, kind_of_status, short

_MESSAGE_KEYS = ("message", "msg", "error_message", "errormessage", "detail", "details", "description", "reason",
                 "error", "errors", "title", "info", "notice", "messages", "error_description", "status_txt",
                 "status_text", "statustext", "status_message")  # fmt: skip
_HEADINGS = frozenset({"title", "description", "details", "reason", "info"})
"""Message keys of error objects that name things elsewhere; alone they say nothing of a failure."""
_ERROR_KEYS = frozenset({"error", "errors", "err", "fault", "exception", "errormessage", "error_message", "errormsg",
                         "error_msg", "errorcode", "error_code", "error_description", "errmsg", "error_codes",
                         "error_type", "errortype",
                         "err_msg", "errno", "errcode", "err_code", "error_detail", "error_details", "iserror",
                         "is_error", "haserror", "has_error", "has_errors"})  # fmt: skip
_SUCCESS_KEYS = frozenset({"success", "succeeded", "ok", "successful", "issuccess", "is_success", "response"})
_STATUS_KEYS = frozenset({"status", "state", "result", "type", "outcome"})
_HTTP_KEYS = frozenset({"statuscode", "status_code", "httpstatus", "http_status", "httpcode", "http_code"})
_CODE_KEYS = _HTTP_KEYS | {"status", "code", "cod", "responsecode", "response_code", "error_code", "errorcode"}
_FAILED = frozenset({"error", "errors", "fail", "failed", "failure", "nok", "ko", "false", "exception",
                     "unsuccessful", "invalid", "denied", "forbidden", "unauthorized", "not found",
                     "bad request", "internal server error"})  # fmt: skip
_FINE = frozenset({"ok", "success", "successful", "true", "done", "200"})
_NO_ERROR = frozenset({"", "0", "no", "none", "null", "false", "ok", "success", "n/a", "no error", "no errors",
                       "200", "[]", "{}"})  # fmt: skip
_BOOKKEEPING = _CODE_KEYS | {
    "message", "msg", "messages", "time", "timestamp", "took", "duration", "page", "limit", "offset", "count", "total",
    "cursor", "pagination", "request_id", "requestid", "version", "query", "meta", "paging", "per_page", "pagesize",
    "page_size", "totalcount", "total_count", "total_results", "totalresults", "total_pages", "pages", "next",
    "previous", "prev", "hasmore", "has_more", "copyright", "size", "start", "elapsed", "date", "url", "input",
}  # fmt: skip
_BESIDE_MESSAGES = frozenset({"path", "link", "url", "instance", "__type", "requestid", "traceid", "trace_id"})
_HEADS = frozenset({"meta", "header", "headers", "status"})
_ASIDE = frozenset({"jsonapi", "links", "_links", "extensions", "debug", "context", "trace", "stack", "stacktrace",
                    "stack_trace", "traceback", "validation", "violations", "params", "parameters",
                    "request"})  # fmt: skip
"""What error objects carry beside the error."""
_CALLS_FAIL = frozenset({"error", "errors", "exception", "unauthorized", "forbidden", "bad request",
                         "internal server error"})  # fmt: skip
"""Words that say more of a call than of a thing."""
_VERDICTS = ("valid", "is_valid", "isvalid", "verified", "matches", "passed", "compliant", "deliverable")
"""Flags that answer a question: the error beside one says why the answer is no."""
_ABOUT = re.compile(r"error|fail|reason|message|msg|exception|warning")
_RECORD = 3
"""Scalar fields of its own from which on an object is a record, whatever a flag in it says."""
_ENVELOPES = frozenset({"meta", "header", "headers", "status", "response", "result", "data", "body"})
_DEEPEST = 3


def judge(value: object, depth: int = 0) -> tuple[Outcome, str]:
    """The outcome class of a JSON value and what it rests on."""
    if value is None or value == "" or value == [] or value == {}:
        return Outcome.EMPTY, f"the body is {json.dumps(value)}"
    if isinstance(value, str):
        kind = kind_of_message(value)
        return (kind, short(value)) if kind else (Outcome.OK, "")
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], dict | list) and depth < _DEEPEST:
            return judge(value[0], depth + 1)
        return (Outcome.EMPTY, "a list of empty values") if _is_void(value) else (Outcome.OK, "")
    if not isinstance(value, dict):
        return Outcome.OK, ""
    failed = _failure(value)
    if failed is not None:
        return failed
    if _is_empty_answer(value):
        return Outcome.EMPTY, "no field holds data"
    return Outcome.OK, ""


def message_of(value: object, depth: int = 0) -> str:
    """The text for people in an error object; empty where there is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and depth < _DEEPEST:
        return message_of(value[0], depth + 1)
    if isinstance(value, dict) and depth < _DEEPEST:
        fields = _lower(value)
        for name in _MESSAGE_KEYS:
            if fields.get(name) and not isinstance(fields[name], bool | int | float):
                message = message_of(fields[name], depth + 1)
                if message:
                    return message
    return ""


def _failure(value: JsonObject, depth: int = 0) -> tuple[Outcome, str] | None:
    fields = _lower(value)
    message = message_of(value) or _envelope_text(fields)
    content = _Content.of(fields, message)
    for name, field in fields.items():
        if _indicates(name, field, fields, content):
            detail = f"{name}: {short(_text_of(field))}" if name in _ERROR_KEYS else f"{name} is {json.dumps(field)}"
            return _soft(detail, message or (_text_of(field) if name in _ERROR_KEYS else ""), fields)
    if depth < _DEEPEST - 1:
        for name, field in fields.items():
            if not (isinstance(field, dict) and field) or not (name in _ENVELOPES or len(fields) == 1):
                continue
            if name not in _HEADS and content.scalars >= _RECORD:
                continue  # a part of a record that has fields of its own beside it
            inner = _failure(field, depth + 1)
            if inner is not None:
                return inner[0], f"{name}.{inner[1]}"
    body_text = message_of({name: field for name, field in fields.items() if name not in _HEADINGS})
    plain = not content.structured and len(fields) <= 5
    if body_text and plain and all(_may_stand_by(name, field) for name, field in fields.items()):
        kind = kind_of_message(body_text)
        if kind is not None:
            return kind, short(body_text)
    return None


class _Content(NamedTuple):
    """How much of an object is data: what is neither a message, a flag, a code nor bookkeeping."""

    scalars: int
    structured: int
    """Fields that hold objects or lists with something in them."""
    told: bool
    """Whether the message reads as that of a call that failed."""
    enveloped: bool
    """Whether all data lies in one envelope, so that a status beside it is the call's."""

    @property
    def none(self) -> bool:
        return not self.scalars and not self.structured

    def less_than(self, scalars: int) -> bool:
        return not self.structured and self.scalars < scalars

    @classmethod
    def of(cls, fields: JsonObject, message: str) -> "_Content":
        kind = kind_of_message(message)
        data = {name: field for name, field in fields.items() if _is_data(name, field)}
        structured = sum(isinstance(field, dict | list) for field in data.values())
        return cls(len(data) - structured, structured, kind is not None, len(data) == 1 and data.keys() <= _ENVELOPES)


def _is_data(name: str, value: object) -> bool:
    if _is_void(value) or name in _ERROR_KEYS or name in _SUCCESS_KEYS or name in _STATUS_KEYS:
        return isinstance(value, dict | list) and not _is_void(value) and name in _ENVELOPES - _ERROR_KEYS - _HEADS
    if isinstance(value, dict | list):
        return name not in _MESSAGE_KEYS and name not in _HEADS and name not in _ASIDE
    if isinstance(value, str) and (name in _MESSAGE_KEYS or name in _ENVELOPES or _ABOUT.search(name)):
        return False
    return not _is_bookkeeping(name, value)


def _indicates(name: str, value: object, fields: JsonObject, content: _Content) -> bool:
    """Whether a field says that the call failed, and is not a fact in a record that the call was to bring.

    The more data stands beside it, the more it takes: a record of a job that failed is an answer.
    """
    if name in _ERROR_KEYS and _says_error(value, name):
        return _is_error_of_call(name, value, fields, content)
    if name in _SUCCESS_KEYS and (value is False or _is_word(value, {"false", "failed", "fail"})):
        return content.none or content.less_than(_RECORD if content.told else 1)
    if name in _STATUS_KEYS and _is_word(value, _FAILED):
        if name == "type":
            return bool(message_of(fields)) and (content.none or (content.told and content.less_than(2)))
        strong = _is_word(value, _CALLS_FAIL)
        most = _RECORD if strong and content.told else 2 if strong or content.told else 1
        return content.less_than(most) or content.enveloped
    if name in _CODE_KEYS and _error_status(value):
        if message_of(fields):
            return content.less_than(_RECORD)
        return not content.structured and (len(fields) == 1 or (name in _HTTP_KEYS and content.none))
    return False


def _is_error_of_call(name: str, value: object, fields: JsonObject, content: _Content) -> bool:
    verdict = any(flag in fields and isinstance(fields[flag], bool) for flag in _VERDICTS)
    if verdict and isinstance(value, list) and all(isinstance(reason, str) for reason in value):
        return False  # why the verdict is no
    if isinstance(value, dict | list):
        # GraphQL and batches: errors beside the part that worked. A record has fields of its own.
        return content.less_than(_RECORD) or (content.structured < 2 and not content.scalars)
    if isinstance(value, bool):
        return content.less_than(_RECORD)
    if isinstance(value, int | float):
        if _error_status(value) and message_of({key: field for key, field in fields.items() if key != name}):
            return content.less_than(_RECORD)
        return name != "errors" and not isinstance(value, float) and content.none
    kind = kind_of_message(value) if isinstance(value, str) else None
    if verdict:
        return kind in (Outcome.AUTH, Outcome.QUOTA)  # why the verdict is no
    return content.less_than(
        _RECORD + 2 if kind and name not in ("exception", "fault", "error_type", "errortype") else _RECORD
    )


def _soft(detail: str, message: str, fields: JsonObject) -> tuple[Outcome, str]:
    """An error object's class: by its message, then by a status inside it."""
    text = detail if not message or short(message) in detail else f"{detail}; {short(message)}"
    kind = kind_of_message(message)
    if kind in (Outcome.AUTH, Outcome.QUOTA):
        return kind, text
    for name in _CODE_KEYS | {"error"}:
        status = _error_status(fields.get(name))
        if status:
            return kind_of_status(status), text
    return Outcome.SOFT_ERROR, text


def _says_error(value: object, name: str) -> bool:
    """Whether the value of an error field reports an error: `null`, `0`, `"none"` and `[]` do not."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value not in (0, 200)
    if isinstance(value, str):
        text = value.strip().lower()
        return text not in _NO_ERROR and (name in ("error", "err", "fault", "exception") or not _is_number(text))
    if isinstance(value, dict):
        return any(_says_error(item, "error") for item in value.values())
    return isinstance(value, list) and not _is_void(value)


def _error_status(value: object) -> int:
    """An HTTP error status, or 0."""
    if isinstance(value, str) and value.isdigit() and len(value) == 3:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600 else 0


def _is_empty_answer(value: JsonObject) -> bool:
    """Every field is empty or bookkeeping, and at least one that should hold data is empty."""
    holders = 0
    for name, field in value.items():
        if _is_void(field) or (isinstance(field, dict) and _is_empty_answer(field)):
            holders += 1
        elif not _is_bookkeeping(name.lower(), field):
            return False
    return holders > 0


def _is_bookkeeping(name: str, value: object) -> bool:
    """Whether a field speaks of the answer instead of being it."""
    if isinstance(value, dict | list):
        return False
    if name in _SUCCESS_KEYS or name in _STATUS_KEYS:
        return isinstance(value, bool) or _is_word(value, _FINE) or value == 200
    return name in _BOOKKEEPING


def _may_stand_by(name: str, value: object) -> bool:
    """Whether a field is what error objects have beside their message."""
    known = name in _MESSAGE_KEYS or name in _STATUS_KEYS or name in _BESIDE_MESSAGES
    return known or _is_bookkeeping(name, value) or _is_void(value)


def _is_void(value: object) -> bool:
    if value is None or value == "" or value == [] or value == {}:
        return True
    if isinstance(value, dict):
        return all(_is_void(item) for item in value.values())
    return isinstance(value, list) and all(_is_void(item) for item in value)


def _is_word(value: object, words: frozenset[str] | set[str]) -> bool:
    return isinstance(value, str) and value.strip().lower().replace("_", " ") in words


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+0-9.e%]+", text) is not None


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def _lower(value: JsonObject) -> JsonObject:
    return {_plain(name): field for name, field in value.items() if isinstance(name, str)}


def _envelope_text(fields: JsonObject) -> str:
    """The text where data should be, which is how some servers tell their errors."""
    texts = (field for name, field in fields.items() if name in _ENVELOPES and isinstance(field, str))
    return next((text for text in texts if not _is_word(text, _FAILED)), "")


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else message_of(value) or json.dumps(value, ensure_ascii=False)
