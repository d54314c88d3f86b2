"""What short texts for people say: the anchored patterns of error messages.

A pattern is tried only on a text that stands where an error message would: a short plain-text body, or the message of
an object that holds nothing else. Each is anchored at the start or the end of it, since data may contain any word.
"""

import re

from apigen_assets.domain.outcome import Outcome
from apigen_assets.files.excerpt import one_line

LONGEST = 400
"""Characters; longer texts are content."""

_THING = (
    r"(endpoint|api|service|server|page|resource|website|tool|function|request|url|route|gateway|database|upstream)"
)
_DOWN = (
    r"(not (found|exist|available|working|reachable|responding|supported)|does ?n.t exists?|does not exists?|disabled|"
    r"deprecated|unavailable|unreachable|down|timed out|failed|could not be)"
)
_START = re.compile(
    r"(\w*(error|exception)(:| -|!|\.|$| \d| code| occurred| while| in | on | processing| fetching| loading)|err:|"
    r"errors? |an? (\w+ )?error|invalid\b|missing\b|bad request|internal server error|server error|"
    r"something went wrong|oops|failed\b|failure\b|"
    r"\w+( \w+)? failed(:|$| (to|with|because)\b)|request failed|"
    r"(could ?n.t|could not|can.?t|cannot|unable to) (find|get|post|put|patch|delete|read|load|process|connect|access|"
    r"be |resolve|parse|retrieve|fetch|complete|perform|open|create|locate|determine|convert|recogni[sz]e)|"
    r"sorry(,|!|\.|$| but| we| no| this| the| i\b| there)|"
    r"no (such |matching )?\w+( \w+)? (was |were )?(found|available|exists?|provided|given|specified|match)|"
    r"not found|nothing found|no results?( found|$|[.!])|no data( found| available|$|[.!])|"
    rf"(this|the) ({_THING}|requested \w+)\b.{{0,60}}\b{_DOWN}|{_THING} (is |was )?(temporarily |currently )?{_DOWN}|"
    r"(bad|proxy) gateway|gateway time|"
    r"please (provide|enter|specify|check|supply|try again|make sure|ensure|pass|include|select|choose|retry)|"
    r"(the )?(\w+ )?(parameter|field|argument|value|attribute|input|query|header|date|format)s? .{0,60}"
    r"(required|invalid|missing|must|not valid|not allowed|not supported)|"
    r"you (must|need to|have to|should) (provide|specify|supply|pass|set|enter|include|be |have |log|sign|use|give))",
    re.IGNORECASE,
)
_END = re.compile(
    r"((is|are|was|were) (required|invalid|missing|not (valid|found|supported|available|allowed|correct))|"
    r"(does|do|did) ?(n.t| not) (exists?|match|support|work)|not found|not exists?|must be \w+( \w+){0,4})[.!]*$",
    re.IGNORECASE,
)
_STATUS = re.compile(r"(?:http )?(?:error )?([45]\d\d)(?:\s*[-:|]\s*|\s+)[A-Za-z]", re.IGNORECASE)
_FORBIDDEN = re.compile(
    r"((you are )?not subscribed|unauthori[sz]ed|(you are |user )?not authori[sz]ed|forbidden|access (is )?denied|"
    r"permission denied|authentication (is )?(required|failed)|please (log|sign) ?in|login required|not logged in)",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"\b((x-)?api|access|auth\w*|subscription|secret|security)[- _]?(access[- _]?)?(key|token)s?\b|"
    r"\bauthori[sz]ation\b.{0,3} header|\bapikey\b|\bcredentials?\b",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r"\b(missing|invalid|required|not (valid|supplied|provided|set|found|recogni[sz]ed)|incorrect|wrong|expired|"
    r"no |should be|must be|provide|enter|supply|fail(ed|s)?|revoked|need)\b|n.t (supplied|provided)",
    re.IGNORECASE,
)
_PLAN = re.compile(
    r"\b(subscription|plans?|tier)\b.{0,80}\b(upgrad\w+|does ?n.t (allow|include)|does not (allow|include)|not allow)|"
    r"\b(disabled|(only |exclusively )?available)\b.{0,60}\b(subscription|plans?|tier)\b|"
    r"\bupgrad\w+ your (plan|subscription)",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"(too many requests|you have (exceeded|reached)|.{0,60}(rate|request|quota|usage|call)s?[ -]?limit.{0,20}"
    r"(exceeded|reached|hit)|.{0,60}exceeded .{0,40}(quota|limit)|.{0,30}quota (is )?(exceeded|reached|exhausted)|"
    r"(api )?rate limit|you are being rate limited)",
    re.IGNORECASE,
)


def kind_of_message(message: str) -> Outcome | None:
    """The failure that a text tells: `auth`, `quota` or `soft_error`; null where it tells none."""
    text = message.strip()
    if not text or len(text) > LONGEST:
        return None
    if "_" in text and " " not in text:
        # A code such as MISSING_ACCESS_TOKEN.
        text = text.replace("_", " ")
    status = _STATUS.match(text)
    if status:
        return kind_of_status(int(status[1]))
    if _FORBIDDEN.match(text) or (_KEY.search(text) and _WANTED.search(text)) or _PLAN.search(text):
        return Outcome.AUTH
    if _QUOTA.match(text):
        return Outcome.QUOTA
    return Outcome.SOFT_ERROR if _START.match(text) or (len(text) < 300 and _END.search(text)) else None


def kind_of_status(status: int) -> Outcome:
    """The class of an error status that is told inside a successful response."""
    if status in (401, 402, 403, 407):
        return Outcome.AUTH
    return Outcome.QUOTA if status == 429 else Outcome.SOFT_ERROR


def is_quota(message: str) -> bool:
    """Whether the text of a refusal speaks of a quota."""
    return _QUOTA.match(message.strip()[:LONGEST]) is not None


def short(text: str, limit: int = 160) -> str:
    """One line of at most `limit` characters."""
    return one_line(text, limit)
