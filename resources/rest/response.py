"""What a response is: outcome classes by status and structure, never by the mere word "error"."""

import json
import re
from typing import NamedTuple
from xml.etree import ElementTree

from apigen_assets.domain.outcome import Outcome
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonValue
from resources.rest.messages import is_quota, short
from resources.rest.structure import judge, message_of


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
    problem = _by_status(status, message_of(value) if is_json else text)
    if problem is not None:
        return problem._replace(result=result)
    if not text:
        if method not in ("GET", "OPTIONS", "QUERY"):
            return Reading(Outcome.OK, "no content", None)
        return Reading(Outcome.EMPTY, "no content", None)
    if is_json:
        return Reading(*judge(value), result)
    return Reading(*_judge_text(base, text), result)


def _by_status(status: int | None, message: str) -> Reading | None:
    if status is None or 200 <= status < 300:
        return None
    line = f"HTTP {status}" + (f": {short(message)}" if message else "")
    if status in (401, 402, 407):
        return Reading(Outcome.AUTH, line)
    if status == 403:
        return Reading(Outcome.QUOTA if is_quota(message) else Outcome.AUTH, line)
    if status == 429:
        return Reading(Outcome.QUOTA, line)
    if status in (404, 410):
        return Reading(Outcome.NOT_FOUND, line)
    if 400 <= status < 500:
        return Reading(Outcome.HTTP_4XX, line)
    if status >= 500:
        return Reading(Outcome.HTTP_5XX, line)
    return Reading(Outcome.MALFORMED, f"{line}: neither success nor failure")


_HTML = re.compile(r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def _judge_text(base: str, text: str) -> tuple[Outcome, str]:
    if _HTML.match(text):
        title = _TITLE.search(text[:4000])
        return Outcome.MALFORMED, "an HTML page instead of data" + (f": {short(title.group(1))}" if title else "")
    if _is_json_type(base):
        return Outcome.MALFORMED, "the media type says JSON, the body is none"
    if base in ("application/xml", "text/xml") or base.endswith("+xml") or text.startswith("<?xml"):
        return _judge_xml(text)
    return judge(text)


def _judge_xml(text: str) -> tuple[Outcome, str]:
    try:
        # expat limits the growth of entities by itself and loads nothing from outside.
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        return Outcome.MALFORMED, f"not well-formed XML: {error}"
    name = root.tag.rsplit("}", 1)[-1].lower()
    if name in ("error", "errors", "fault", "exception"):
        return Outcome.SOFT_ERROR, f"the root element is {name}: {short(' '.join(root.itertext()))}"
    if len(root) == 0 and not (root.text or "").strip() and not root.attrib:
        return Outcome.EMPTY, "an XML document without content"
    return Outcome.OK, ""


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


def _parse(base: str, text: str) -> tuple[JsonValue, bool]:
    if _is_json_type(base) or text[:1] in ("{", "[", '"') or text in ("null", "true", "false"):
        try:
            value = json.loads(text)
            dumps(value)
            return value, True
        except (ValueError, RecursionError):
            return None, False
    return None, False


def _is_json_type(base: str) -> bool:
    return base == "application/json" or base.endswith("+json")
