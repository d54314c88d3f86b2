"""Failures of an endpoint or a program that were stored as if a model had answered."""

import json
import re

from apigen_assets.files.excerpt import excerpt
from apigen_assets.files.json_types import JsonMapping

_STATUS = (
    r"(?:http(?:/[\d.]+)? ?|(?:http )?status(?:[ _]code)?:? ?|(?:http |api )?error:? ?)?(?:4\d\d|5\d\d)\b"
    r"[\s:,-]*(?:client error|server error|resource_exhausted|unavailable|deadline|invalid_argument|"
    r"bad request|unauthori[sz]ed|payment|forbidden|not found|method not|proxy|request time|conflict|gone|payload|"
    r"unprocessable|too many|internal|bad gateway|service|gateway)"
)
_SHORT = (
    r"(?:unauthori[sz]ed|forbidden|bad gateway|service (?:is )?(?:temporarily )?unavailable|gateway time-?out|"
    r"internal (?:server )?error|too many requests|(?:request|operation|connection|read) timed? ?out|timed out|"
    r"rate limit (?:reached|exceeded)|service is busy|worker (?:died|failed)|gpu memory|"
    r"daily limit (?:reached|exceeded)|"
    r"access denied|permission denied|model (?:is )?overloaded|"
    r"no healthy upstream|deadline exceeded|quota exceeded|out of memory|server (?:error|disconnected)|"
    r"insufficient (?:quota|credits?|balance|funds)|service not available|segmentation fault|"
    r"fetch failed|socket hang up|please try again(?: later)?|(?:api|http|server) error)\b.{0,80}$|"
    r"(?:oom|overloaded|(?:process )?killed|(?:unexpected )?eof|no response(?: (?:from|received)\b.{0,30})?)[.!]?$|"
    r"time-?out\b[.:!]?(?:\s*(?:error|after|waiting|exceeded|while|\d).{0,80})?$"
)
_CONNECTION = (
    r"(?:connection|network|proxy|socket|ssl|tls|dns|transport|upstream|remote)\b.{0,30}?\b(?:error|refused|reset|"
    r"aborted|broken|closed|failed|failure|timed out|timeout|unreachable)\b|upstream (?:connect error|request timeout)|"
    r"https?connection(?:pool)?\(|cannot connect to\b|failed to (?:connect|establish|resolve|fetch|generate|get a)\b|"
    r"could not (?:connect|reach|resolve)\b|max retries exceeded|server disconnected|peer closed|"
    r"\('connection (?:aborted|broken)|name or service not known|temporary failure in name resolution|"
    r"all connection attempts failed|(?:the )?read operation timed out|\[?errno -?\d+\]?|\[?ssl[:\]]|broken pipe|"
    r"(?:\w+ )?e(?:connrefused|connreset|timedout|notfound|pipe|hostunreach)\b|cloudflare (?:error|ray)|"
    r"(?:the )?(?:operation|request) (?:was )?(?:aborted|cancelled|canceled|failed)\b"
)
_CAPACITY = (
    r"(?:torch\.)?(?:cuda|hip|mps)\b.{0,20}(?:out of memory|error|backend)|runtimeerror|cublas|"
    r"(?:token indices )?sequence length\b.{0,40}(?:exceeds|longer than)|"
    r"(?:this|the) model'?s? (?:has a )?maximum context|maximum (?:context|model|sequence|input) length|"
    r"(?:the )?(?:prompt|input|request|context|message|conversation)(?: length| tokens?| token count)?\b.{0,40}"
    r"(?:too (?:long|large)\b.{0,30}(?:token|model|maximum|context|limit)|exceed(?:s|ed)?\b.{0,60}"
    r"(?:token|maximum|limit|context|length|window)|longer than the (?:max|model|context))|"
    r"(?:prompt|input|context|request) (?:is )?too (?:long|large)[.:!]?\s*(?:\d.*)?$|"
    r"context[_ ](?:length|window)[_ ]?(?:is )?exceeded|requested tokens? .{0,40}exceed|"
    r"please reduce the length of|token limit exceeded|exceeded? (?:the )?(?:max|model'?s|context|token)"
)
_ACCOUNT = (
    r"you(?:'ve| have)? (?:exceeded|reached|hit|run out of) (?:your|the) (?:current |monthly |daily |api |usage )*"
    r"(?:quota|limit|usage|credit)|(?:your|the) (?:credit balance|account|api key|organi[sz]ation|subscription|key|"
    r"token)\b.{0,40}(?:too low|not active|invalid|expired|disabled|deactivated|suspended|insufficient|"
    r"not (?:have access|authori[sz]ed|found|valid)|has been)|resource (?:has been )?exhausted|resource_exhausted|"
    r"insufficient_quota|quota .{0,40}(?:exceeded|exhausted|reached)|"
    r"rate[_ ]?limit(?:[_ ]?(?:reached|exceeded|error|hit)|ed|$|:)|"
    r"(?:incorrect|invalid|missing|no|wrong|expired) api[ _-]?key\b|you (?:didn't|did not) provide an api key|"
    r"billing (?:hard )?limit|user location is not supported|authentication (?:failed|error|required)|"
    r"invalid (?:token|credentials|authentication|x-api-key)|could not (?:validate|authenticate)|"
    r"no auth credentials"
)
_MODEL = (
    r"(?:the )?(?:requested )?model:?\s*[`'\"]?[\w./:@-]*[`'\"]?\s*(?:does not exist|doesn't exist|not found|"
    r"not supported|is overloaded|is not (?:available|loaded|supported|found|a valid)|not available|"
    r"unavailable|is currently loading|"
    r"has been (?:deprecated|retired|removed|decommissioned)|no longer available|overloaded)|"
    r"(?:unknown|no such|invalid|unsupported|unrecogni[sz]ed) model\b(?! of| for a| in)|no endpoints? found|"
    r"(?:deployment|engine|adapter|lora)\b.{0,40}(?:not found|does not exist|died|dead|is (?:currently )?overloaded)"
)
_INTERNAL = (
    r"(?:an? |the )?(?:unexpected |unknown |internal |server )+(?:server )?error (?:has )?(?:occurred|happened|while)|"
    r"error occurred (?:while|during)|an error (?:has )?occurred(?: while (?:processing|generating|calling)|[.:]|$)|"
    r"an error occurred \(|\w*(?:overloaded|unavailable|exhausted|server|api|internal)_error\b|"
    r"(?:error|failure) (?:querying|calling|requesting|contacting|generating|communicating|fetching|invoking)\b|"
    r"failed to parse (?:the )?(?:model )?response|(?:\w+ )?(?:runner )?process (?:has )?(?:terminated|exited|died)|"
    r"the server (?:had an error|is (?:currently )?(?:overloaded|busy|unavailable)|encountered|responded with)|"
    r"(?:sorry[,.!] )?something went wrong\b.{0,60}$|internal error\b.{0,80}$|"
    r"(?:that model|the (?:model|engine|service|system)) is (?:currently |temporarily )?(?:overloaded|unavailable)|"
    r"(?:the )?(?:response|request|prompt|content) was (?:filtered|blocked|rejected|cancelled|aborted)\b|"
    r"(?:content|safety) (?:filter|policy)\b.{0,40}(?:triggered|blocked|violat)|"
    r"<_?(?:inactive|multithreaded)rpcerror|statuscode\.[a-z_]+|grpc"
)
_PROGRAM = (
    r"error during inference\b|traceback \(most recent call last\)|<!doctype html|<html\b|error code: ?-?\d{3}\b|"
    r"'nonetype' object|expecting value: line \d|list index out of range$|'choices'$|object of type 'nonetype'|"
    r"(?:error|exception|failed|failure|fatal)(?: \w+)?(?:: | - | to ).{0,120}(?:connection|timed? ?out|timeout|"
    r"unauthori[sz]ed|rate limit|max retries|quota|memory|context length|not found|does not exist|overloaded|"
    r"internal|unavailable|api[ _]key|invalid response|status code|http \d)|"
    r"(?:cloudflare |http |api |server )?error(?: code)?:? -?\d{3,4}\b|(?:error|exception|failed|n/?a|nan)$"
)
_CLASS = (
    r"(?:(?:\w+\.)+|[A-Z]|(?:\w+\.)*[A-Z]\w*)(?:Error|Exception|Timeout|Exhausted|Unavailable|Exceeded|Denied)"
    r"\s*(?:[:(]|$)|Exception:"
)
"""The name of an exception class; a function of that spelling would have no capital."""

_ERROR_TEXTS = re.compile(
    rf"(?i:{'|'.join((_PROGRAM, _STATUS, _SHORT, _CONNECTION, _CAPACITY, _ACCOUNT, _MODEL, _INTERNAL))})|{_CLASS}"
)
"""How texts begin that clients, servers and programs give in place of an answer."""

_LEAD = re.compile(
    r"^(?:\[?(?:error|warning|fatal|api ?error|exception)\]?\s*[:\-]\s*|\[error\]\s*|❌\s*|⚠️?\s*)", re.IGNORECASE
)
_ERROR_FIELDS = ("traceback", "error", "exception", "error_message")
_TOLD = ("error", "errors", "detail", "fault", "message", "msg")
_PHRASES = {"Not Found", "Bad Request", "Method Not Allowed", "Not authenticated", "Unprocessable Entity"}
_FAILED_STATES = {"error", "failed", "failure", "timeout", "cancelled", "incomplete_error"}


def inference_error(entry: JsonMapping, answer: object) -> str | None:
    """What went wrong where an entry holds a failure in place of an answer, else null.

    Args:
        entry: the stored entry; fields such as `error` or `traceback` tell of a failure as well.
        answer: what it holds as the model's answer.
    """
    for name in _ERROR_FIELDS:
        reported = entry.get(name)
        if reported and reported is not True:
            last = str(reported).strip().splitlines()[-1] if name == "traceback" else reported
            return f"{name}: {excerpt(last, 120)}"
    if str(entry.get("status", "")).lower() in _FAILED_STATES or entry.get("finish_reason") == "error":
        return f"status: {excerpt(entry.get('status') or entry.get('finish_reason'), 120)}"
    return failure_text(answer)


def failure_text(answer: object) -> str | None:
    """The failure that an answer is, shortened; null where it may be a model's."""
    if isinstance(answer, str):
        text = answer.strip()[:400]
        if _ERROR_TEXTS.match(text):
            return excerpt(answer, 120)
        lead = _LEAD.match(text)
        if lead and _ERROR_TEXTS.match(text[lead.end() :]):
            return excerpt(answer, 120)
        answer = _parsed(text if len(answer) <= 400 else answer)
    if isinstance(answer, dict) and not {"tool_calls", "name", "content", "choices", "output", "function"} & set(
        answer
    ):
        status = next((answer[key] for key in ("status", "status_code", "code", "statusCode") if key in answer), None)
        reported = next((answer[key] for key in _TOLD if key in answer), None)
        failed = (isinstance(status, int) and status >= 400) or answer.get("object") == "error"
        failed = failed or answer.get("type") == "error" or str(status).lower() in _FAILED_STATES
        nested = isinstance(reported, dict) or (
            isinstance(reported, list) and reported and isinstance(reported[0], dict)
        )
        if failed or nested or (isinstance(reported, str) and (failure_text(reported) or reported in _PHRASES)):
            return excerpt(answer, 120)
    return None


def _parsed(text: str) -> object:
    text = text.removeprefix("data:").strip()
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text
