"""In which wording somebody's query is put, by its form: seeds do not say it."""

import re

_GREETING = re.compile(
    r"^(?:hi|hey|hello|hiya|dear|good (?:morning|afternoon|evening|day))\b|\b(?:thanks|thank you|cheers)\b",
    re.IGNORECASE,
)
_SPEAKER = re.compile(r"\b(?:i|i'm|i'd|i've|my|me|we|our|us)\b", re.IGNORECASE)
_VERBS = (
    "add apply average brighten calculate check classify combine compare compute convert count create decode describe "
    "draw encode encrypt estimate expand factor fetch find flip format generate get give hide list look make mix name "
    "order plot predict put rank replace reverse rotate round run scale search send show shuffle simplify solve sort "
    "spell split sum take tell total translate transpose turn underline validate verify work write"
)
_ORDER = re.compile(
    rf"^(?:please |now |then |and |also |separately[:,]? )*(?:{_VERBS.replace(' ', '|')})\b"
    r"|\b(?:please|for me|(?:tell|show|give|send|get) (?:me|us))\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"^(?:how|what|which|who|where|when|why|whose)\b", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|do|does|did|can|could|will|would|should|has|have|had|need|needs|want|wants|go|goes|get"
    r"|gets|claims|made|make|makes"
    r"|take|takes|cost|costs|let|give|tell|show|find|what's|it's|that's|who's|there's|i'm|\w+s to)\b",
    re.IGNORECASE,
)
_TERSE_WORDS = 12


def wording_of(query: str) -> str:
    """`chatty`, `terse`, `indirect` or `plain`; an unclear task and spelling mistakes cannot be told by form."""
    if _GREETING.search(query):
        return "chatty"
    sentences = [one for one in re.split(r"(?<=[.!?:;,])\s+", query.strip()) if one]
    ordered = any(_ORDER.search(one) for one in sentences)
    speaks = _SPEAKER.search(query) is not None
    asked = _QUESTION.search(query) is not None
    if not ordered and not asked and not speaks and not _VERB.search(query) and len(query.split()) <= _TERSE_WORDS:
        return "terse"
    if speaks and not ordered and "?" not in query:
        return "indirect"
    return "plain"
