"""Failures of an endpoint or a program that were stored as if a model had answered.

They are told by marks that programs leave (an exception's class, a status line, a page), and else by their words:
almost all are of machines and of what went wrong, and none is of functions or of the question.
"""

import json
import re
from collections.abc import Iterator

from apigen_assets.evaluation.failure_words import (
    ENGINES,
    FAULTS,
    MACHINES,
    MAYBE_FAULTS,
    MAYBE_MACHINES,
    PLAIN,
    REFUSALS,
)
from apigen_assets.files.excerpt import excerpt
from apigen_assets.files.json_types import JsonMapping

_READ = 300
"""So many characters from the start of a text say what it is."""

_DRESS = re.compile(
    r"(?:[\s\[\](){}<>#*'\"`|_~!.:;,-]|❌|⚠️?|\ufe0f|data:|"
    r"(?:fatal|warning|api ?error|err(?:or)?|exception|failed|failure)(?:\s*[:\-\]]|\s+-+)\s)*",
    re.IGNORECASE,
)
"""What may stand before a failure's own words."""

_MARKS = re.compile(
    r"""
    (?i:traceback\ \(most\ recent|error\ during\ inference|<!doctype\ html|<(?:html|head|title)\b)
    | <_?(?:InactiveRpcError|MultiThreadedRendezvous|Response\ \[\d|Future\ at|coroutine\ object)
    | (?:(?:\w+\.)+|[A-Z]|(?:\w+\.)*[A-Z]\w*)
      (?:Error|Exception|Timeout|Exhausted|Unavailable|Exceeded|Denied|Expired|NotFound|NotSupported|ConnectionPool
        |Disconnected)\ *(?:[:(\[]|$)
    | Exception: | StatusCode\.[A-Z_]+ | IncompleteRead\( | RetryError\[ | Attention\ Required!\ \|\ Cloudflare
    | (?i:(?:\w+(?:::|\ ))?(?:und_)?(?:err_|e)
        (?:connection_\w+|connrefused|connreset|timed_?out|notfound|pipe|hostunreach|name_\w+|socket\w*)\b)
    | \[?(?i:errno)\ -?\d+ | (?i:error)\ \d{3,4}: | std::\w+ | curl:\ \(\d+\) | (?:Get|Post|Head)\ "https?:
    | dial\ (?:tcp|udp)\b | net/http: | rpc\ error: | i/o\ timeout | llama_\w+: | (?:panic|fatal\ error|runtime\ error):
    | (?i:segmentation\ fault|bus\ error|.{0,40}\(core\ dumped\)|terminate\ called\ after|exit\ (?:code|status)\ -?\d)
    | thread\ '\w+'\ panicked | goroutine\ \d | signal:\ \w+ | (?:\w+:\ )?(?:no\ route\ to\ host|no\ such\ host)
    | '\w*'\ object\ (?:has\ no|is\ not|does\ not|cannot) | object\ of\ type\ '\w+' | '\w+_\w+'$ | 'choices'$
    | (?i:(?:'\w+'|list|tuple|string)\ ind(?:ex|ices)\ (?:out\ of\ range|must\ be)) | cannot\ unpack\ non-iterable
    | name\ '\w+'\ is\ not\ defined | (?:cannot\ access\ )?local\ variable\ '\w+' | invalid\ literal\ for
    | (?:too\ many|not\ enough)\ values\ to\ unpack | \w+\ division\ by\ zero$ | dictionary\ update\ sequence
    | unsupported\ operand\ type | maximum\ recursion\ depth | Cannot\ read\ propert(?:y|ies)\ of
    | (?:Expecting\ (?:value|property|',')|Extra\ data|Unterminated\ string|Invalid\ control\ character).{0,40}:\ line
    | Unexpected\ (?:token|end\ of\ JSON) | \d+\ validation\ errors?\ for\b | \[object\ Object\]$
    | (?:finish_reason:\ )?(?:content_filter|MALFORMED_FUNCTION_CALL|UNEXPECTED_TOOL_CALL|PROHIBITED_CONTENT|RECITATION
        |BLOCKLIST|SAFETY|SPII|MAX_TOKENS|FINISH_REASON_\w+)$
    | (?i:(?:http|https)(?:/[\d.]+)?(?:\ error|\ status)?:?\ [45]\d\d\b
      | (?:error|status|response|code|(?:error|status)[\ _]code)\s*[:=]?\s*\[?-?[45]\d\d\b(?!\s\w+s\b)
      | error\ code:\ \d+)
    | [45]\d\d[\s:,.-]+(?i:(?:client|server)\ error|[a-z]+(?:_[a-z]+)+\b|unavailable|deadline|internal|unauthori[sz]ed
      |bad\ (?:request|gateway)|payment|forbidden|(?:page\ )?not\ found|method\ not|proxy|request\ time|request\ entity
      |conflict|gone|unprocessable|too\ many|service|gateway|resource)
    """,
    re.VERBOSE,
)
"""How texts begin that programs write and models do not."""

_NOTHING = re.compile(
    r"\W*(?:(?:no|empty|null|missing) (?:output|completion|content|response|reply|text|candidates|choices)"
    r"(?: (?:from|received|returned|generated|by|was)\b.{0,40})?|undefined|n/?a|nan|err|error|failed|failure|timeout|"
    r"timed out|unauthori[sz]ed|forbidden|overloaded|oom|eof|payment required|method not allowed|not logged in|sigkill|"
    r"insufficient (?:balance|funds|credits?|quota)|access (?:denied|forbidden)|"
    r"(?:(?:the |this )?(?:request|response|generation|inference|connection|(?:api )?call|job|run|queue|session|login|"
    r"process|captcha|stream)(?: (?:has|was|is|has been))? )?"
    r"(?:aborted|cancell?ed|killed|interrupted|timed out|lost|full|required|expired)|"
    r"(?:the )?(?:request|generation|inference|connection|api call|api|server|fetch) "
    r"(?:failed|failure|error|blocked|down)(?: after \d+ \w+|:? \d{3})?|failed after \d+ \w+)\W*",
    re.IGNORECASE,
)
"""Whole texts that say that there is no answer."""

_PHRASES = re.compile(
    r"out of (?:memory|credits?|quota|disk|space|resources|time)\b|too many (?:requests|tokens|connections)|"
    r"rate[ -_]?limit\w*|(?:try|retry)(?:ing)? (?:again )?(?:later|after \d|in \d|in a (?:few|moment|while))|slow down|"
    r"at (?:full )?capacity|longer than the (?:specified )?max\w*|too long to fit into|not supported for the api|"
    r"no space left|went wrong|technical difficult\w+|hang up|high demand|try pulling|can't be reached|"
    r"(?:under|in) maintenance|resource[_ ]exhausted|currently loading|warming up|"
    r"encountered an? (?:unexpected |internal )*(?:issue|error)|stack trace|"
    r"no available (?:workers?|instances?|channels?|nodes?|replicas?|models?|servers?|slots?|gpus?)|"
    r"no (?:workers?|instances?|channels?|nodes?|endpoints?|replicas?|providers?) (?:are |is )?(?:available|found)|"
    r"(?:unknown|no such|invalid|unsupported|unrecogni[sz]ed) model\b(?! of| for| in)|"
    r"model:? (?:\S+ )?(?:not found|does ?n[o']t exist|is not (?!a\b|the\b)|was not found)|"
    r"(?:incorrect|invalid|missing|no|wrong|expired|valid|did(?:n't| not) provide an) api[ _-]?keys?"
    r"(?: provided| was provided)?|(?:unsupported|invalid) (?:parameter|value|type)(?: for)?:? '\w\S*'|"
    r"unrecogni[sz]ed (?:request )?arguments?|tool (?:call )?parser|tool calls? arguments|extract tool calls|"
    r"(?:support\w*|enabl\w+) (?:for )?(?:tools?|functions?)(?:[ _-]call\w*| use)?\b|failed to call a function|"
    r"(?:tools?|function)[ _-](?:calling|choice)\b|\btools? (?:param\w*|(?:are|is) not supported)|schema for function|"
    r"`tools`|\btools?[.\[]\d+\S*",
    re.IGNORECASE,
)
"""What machines say in several words; some of it of calls and tools, but not of those that a model was offered."""

_OTHER_LANGUAGES = re.compile(
    r"(?:服务|请求|請求|系统|系統|网络|網絡|模型|接口|调用|調用|上游|余额|额度|伺服器|サーバー?|リクエスト|接続|서버|요청|"
    r"сервер\w*|запрос\w*|"
    r"(?i:serveur|servidor|anfrage|verbindung|zugriff|solicitud|requête|conexión|connexion)).{0,20}"
    r"(?:超时|逾時|失败|失敗|错误|錯誤|异常|不可用|不存在|繁忙|忙碌|频繁|不足|饱和|エラー|タイムアウト|오류|초과|"
    r"ошибк\w*|недоступ\w*|"
    r"(?i:indisponible|no disponible|fehler\w*|fehlgeschlagen|abgelehnt|überlastet|échoué\w*|falló|perdu\w*))|"
    r"超时|欠费|限流|稍后再试|稍后重试|エラーが発生|오류가 발생|(?i:zeitüberschreitung|kein zugriff|"
    r"(?:erreur|error|fehler|errore|erro) (?:intern\w*|du serveur|del servidor|do servidor))"
)
"""The commonest failures in other languages; the rest shows as one text throughout."""

_KNOWN = MACHINES | MAYBE_MACHINES | FAULTS | MAYBE_FAULTS
_WORD = re.compile(
    r"`[^`]*`|'[^'\s]+'|\"[^\"]*\"|https?://\S+|/[\w./:@-]+|[^\W\d_][\w'’]*(?:[-./:@][\w-]+)*|\d[\d.,:]*"
)
_SEPARATOR = re.compile(r"[-_./:@]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CALL = re.compile(
    r"[\w.`\]]\((?:\s*\w+\s*[=:]|\s*\)|\s*\{|[^()]*=[\"'])|^\s*\w+\n\s*\{|[\"'](?:arguments|parameters)[\"']\s*:"
)
"""What a call looks like, whole or not."""


_ERROR_FIELDS = ("traceback", "error", "exception", "error_message")
_FAILED_STATES = {"error", "failed", "failure", "timeout", "cancelled", "incomplete_error"}
_ANSWER_KEYS = {"tool_calls", "name", "content", "choices", "output", "function", "candidates", "finish_reason", "role"}
_SERVER_KEYS = {
    *("request_id", "requestid", "trace_id", "error_code", "error_msg", "errmsg", "errcode", "err_code", "err_msg"),
    *("base_resp", "error_type", "error_message"),
}
_STATUS_TEXTS = {"Not Found", "Bad Request", "Method Not Allowed", "Not authenticated", "Unprocessable Entity"}


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
    failed = _is_failure(answer) if isinstance(answer, str) else isinstance(answer, dict) and _reports_failure(answer)
    return excerpt(answer, 120) if failed else None


def _is_failure(text: str) -> bool:
    text = text.strip()
    whole = _parsed(text)
    if isinstance(whole, dict):
        return _reports_failure(whole)
    if isinstance(whole, list):
        return False
    head = text[:_READ]
    bare = head[_end(_DRESS, head) :]
    if _MARKS.match(head) or _MARKS.match(bare) or _NOTHING.fullmatch(text):
        return True
    if _CALL.search(head):
        return False
    return (len(text) < 80 and bool(_OTHER_LANGUAGES.search(text))) or _is_of_machines(head)


def _end(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _is_of_machines(text: str) -> bool:
    """Whether almost all words are of machines and of what went wrong."""
    machines = maybe_machines = engines = faults = maybe_faults = foreign = count = 0
    rest, phrases = _PHRASES.subn(" ", text)
    for word in _words(rest):
        count += 1
        if word in REFUSALS:
            return False
        machines += word in MACHINES
        maybe_machines += word in MAYBE_MACHINES
        engines += word in ENGINES
        faults += word in FAULTS
        maybe_faults += word in MAYBE_FAULTS
        foreign += word not in _KNOWN and word not in PLAIN
    if foreign and not phrases and machines + (maybe_machines > 1) < (1 if faults else 2):
        return False
    of_machines = phrases or machines or maybe_machines > 1 or (engines and not foreign)
    if not (of_machines and phrases + faults + maybe_faults) and not (faults > 1 and not foreign):
        return False
    weight = 2 * min(machines, 2) + min(maybe_machines, 2) + 2 * min(faults, 2) + min(maybe_faults, 2) + 5 * phrases
    return weight - 2 * max(0.0, foreign - count / 10) >= 3


def _words(text: str) -> Iterator[str]:
    """Words in lower case; identifiers in their parts, quoted ones and addresses left out."""
    for match in _WORD.findall(text):
        if not match[0].isalpha() or match.startswith(("http:", "https:")) or any(map(str.isdigit, match)):
            continue
        word = match.replace("’", "'")
        parts = _SEPARATOR.split(_HUMP.sub("_", word))
        if len(parts) == 1:
            yield word.lower()
        else:
            known = (part.lower() for part in parts)
            yield from (part for part in known if part in _KNOWN)


def _reports_failure(answer: JsonMapping) -> bool:
    """Whether an object is what a server reports in place of a model's message."""
    if _ANSWER_KEYS & set(answer):
        return False
    status = [answer[key] for key in ("status", "status_code", "code", "statusCode") if key in answer]
    if any(isinstance(value, int) and not isinstance(value, bool) and value >= 400 for value in status):
        return True
    if answer.get("object") == "error" or answer.get("type") == "error":
        return True
    if any(str(value).lower() in _FAILED_STATES for value in status) or answer.get("success") is False:
        return True
    keys = {str(key).lower() for key in answer}
    if _SERVER_KEYS & keys and not keys & {"arguments", "parameters"}:
        return True
    for key in ("error", "errors", "detail", "fault"):
        reported = answer.get(key)
        if isinstance(reported, dict) or (isinstance(reported, list) and reported and isinstance(reported[0], dict)):
            return True
    told = [answer[key] for key in ("error", "errors", "detail", "fault", "message", "msg") if key in answer]
    return any(isinstance(text, str) and (text in _STATUS_TEXTS or _is_failure(text)) for text in told)


def _parsed(text: str) -> object:
    text = text.removeprefix("data:").strip()
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text
