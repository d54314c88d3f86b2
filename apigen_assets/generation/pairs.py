"""Query-answer pairs in what a model wrote: found wherever they stand, in whatever spelling means exactly one thing."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from apigen_assets.completions.characters import CLOSING, OPENING
from apigen_assets.completions.documents import Document, Documents, Failure, json_text, read_documents
from apigen_assets.completions.repair import Repair
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.generation.pair import MAX_RAW, Pair, is_text, raw_text, unwritable
from apigen_assets.generation.written_pairs import written_pairs
from apigen_assets.tool_formats.call_spellings import ARGUMENTS, looks_like_call, plain_call, plain_calls

_QUERY_KEYS = (
    "query",
    "question",
    "user_query",
    "user_question",
    "user_request",
    "user_message",
    "user_input",
    "utterance",
    "instruction",
    "prompt",
    "input",
    "user",
    "human",
)
_ANSWER_KEYS = (
    "answers",
    "answer",
    "calls",
    "call",
    "tool_calls",
    "tool_call",
    "function_calls",
    "function_call",
    "api_calls",
    "expected_calls",
    "output",
    "response",
    "assistant",
)
_KEY = re.compile(r"([a-z]+(?:[ _-][a-z]+)*?)[ _-]?(\d*)\Z", re.IGNORECASE)
_QUOTE = rf"(?:\*\*)?(?:\\?[{OPENING}{CLOSING}])?(?:\*\*)?"
_START = re.compile(
    rf"[{{｛]\s*{_QUOTE}(?:query|question|user_query|answers|thought)[ _-]?\d*{_QUOTE}\s*(?:[:：]|=>?)|"
    r"\b(?:dict|[A-Z]\w*)\(\s*(?:query|question|user_query)\s*=",
    re.IGNORECASE,
)
_IN_ARGUMENTS = re.compile(rf"(?:{'|'.join(ARGUMENTS)})\\?{_QUOTE}\s*(?:[:：]|=>?)\s*\Z", re.IGNORECASE)
_TAKEN_BACK = re.compile(
    r"\b(?:wait\b|actually|hmm|on second thoughts?|scratch that|correction|let me (?:re\w+|fix|correct|improve|try)|"
    r"(?:too|not) (?:\w+ ){0,2}(?:dull|easy|similar|good)|"
    r"(?:corrected|revised|improved|final|better) ?(?:version|list|pairs|json|output|answer|ones?|result|:))",
    re.IGNORECASE,
)
_MODEL_ROLES = ("assistant", "gpt", "function_call", "model", "tool_call")


@dataclass
class Found:
    """The pairs of an answer and what came beside them."""

    pairs: list[Pair] = field(default_factory=list)
    documents: Documents | None = None
    draft: str = ""
    """What the model wrote first and then took back; its pairs are not among `pairs`."""


def find_pairs(answer: str, names: Collection[str] = (), cut: bool = False) -> Found:
    """Every pair of an answer, in its order.

    Args:
        answer: a completion's text without its reasoning.
        names: the functions offered.
        cut: the completion was cut at its end.
    """
    documents = read_documents(answer, _next_start, cut)
    walk = _Walk(names)
    drafts, drafted, end = 0, "", 0
    for item in documents.items:
        # `[...] Wait, too dull. Better: [...]`: what is taken back was a draft, if it is replaced as a whole.
        if walk.pairs and _TAKEN_BACK.search(documents.text, end, item.start):
            drafts, drafted = len(walk.pairs), documents.text[: item.start]
        end = item.end
        if isinstance(item, Failure):
            kind = "truncated" if cut and item.unfinished else item.kind
            said = "cut at the token limit" if kind == "truncated" else item.message
            raw = documents.text[item.start : item.end].rstrip(" \n,")[:MAX_RAW]
            walk.pairs.append(Pair(error=f"{kind}: {said}"[:500], raw=raw))
        else:
            walk.document(item, documents)
    if not any(pair.answers is not None for pair in walk.pairs):
        written = written_pairs(documents, names)
        if written:
            return Found(written, documents)
    final = [pair for pair in walk.pairs[drafts:] if pair.answers is not None]
    if drafts and len(final) >= sum(pair.answers is not None for pair in walk.pairs[:drafts]):
        return Found(walk.pairs[drafts:], documents, drafted.strip())
    return Found(walk.pairs, documents)


def _next_start(text: str, position: int) -> int | None:
    """The next object that begins like a pair and is not the arguments of a call."""
    for start in _START.finditer(text, position):
        if not _IN_ARGUMENTS.search(text, max(0, start.start() - 40), start.start()):
            return start.start()
    return None


class _Walk:
    """Goes through the values of an answer and takes the pairs out."""

    def __init__(self, names: Collection[str]) -> None:
        self.pairs: list[Pair] = []
        self._names = names
        self._document: Document | None = None
        self._objects: list[tuple[int, JsonObject]] = []
        """The pairs of the document: their places among `pairs` and their objects."""
        self._common: tuple[str, ...] = ()

    def document(self, document: Document, documents: Documents) -> None:
        """Take the pairs out of one document."""
        self._document = document
        self._objects = []
        first = len(self.pairs)
        self._common = documents.repairs
        enclosed = isinstance(document.value, dict) and not self._is_pair(document.value)
        self._value(document.value, 0)
        self._note_between(document)
        around: list[str] = []
        if not documents.alone:
            around.append("isolated")
        elif enclosed and not _wraps_one_list(document.value):
            around.append("enclosed")
        if around:
            self.pairs[first:] = [
                replace(pair, repairs=tuple(sorted({*pair.repairs, *around}))) for pair in self.pairs[first:]
            ]

    def _note_between(self, document: Document) -> None:
        """What had to be forgiven between pairs counts for the next of them."""
        between = document.repairs_between([value for _, value in self._objects])
        for (index, _), repairs in zip(self._objects, between, strict=True):
            if repairs and self.pairs[index].error is None:
                noted = {*self.pairs[index].repairs, *map(str, repairs)}
                self.pairs[index] = replace(self.pairs[index], repairs=tuple(sorted(noted)))

    def _value(self, value: JsonValue, depth: int) -> None:
        if depth > 20:
            return
        if isinstance(value, list):
            self._list(value, depth)
        elif isinstance(value, dict):
            self._object(value, depth)
        elif isinstance(value, str) and value.lstrip()[:1] in ("[", "{") and len(value) > 10:
            forgiven = {Repair.JSON_TEXT}
            try:
                inner = json_text(value, forgiven)
            except ValueError:
                return
            common, self._common = self._common, (*self._common, *forgiven)
            self._value(inner, depth + 1)
            self._common = common

    def _list(self, items: list[JsonValue], depth: int) -> None:
        position = 0
        while position < len(items):
            item = items[position]
            following = items[position + 1] if position + 1 < len(items) else None
            position += 1
            if isinstance(item, dict) and isinstance(following, dict) and _halves(item, following):
                self._pair({**item, **following}, ("split_pair",))
                position += 1
            elif (
                isinstance(item, list)
                and len(item) == 2
                and isinstance(item[0], str)
                and isinstance(item[1], list)
                and item[1]
                and all(looks_like_call(call) for call in item[1])
            ):
                self._pair({"query": item[0], "answers": item[1]}, ("pair_keys",))
            elif isinstance(item, dict) and not self._is_pair(item) and _begins_a_pair(item):
                self._incomplete(item)
            else:
                self._value(item, depth + 1)

    def _object(self, value: JsonObject, depth: int) -> None:
        if self._is_pair(value):
            self._pair(value)
            return
        numbered = _numbered(value)
        if numbered:
            for pair in numbered:
                self._pair(pair, ("pair_keys",))
            return
        if looks_like_call(value) or _is_definition(value):
            if depth <= 3:
                self._handed_in(value)
            return
        columns = _columns(value)
        if columns:
            for pair in columns:
                self._pair(pair, ("pair_keys",))
            return
        if value and all(" " in key and _are_calls(inner) for key, inner in value.items()):
            for query, answers in value.items():
                self._pair({"query": query, "answers": answers}, ("pair_keys",))
            return
        conversation = _conversation(value)
        if conversation is not None:
            self._pair(conversation, ("conversation",))
            return
        before = len(self.pairs)
        for inner in value.values():
            self._value(inner, depth + 1)
        if len(self.pairs) == before and depth == 0 and _begins_a_pair(value):
            self._incomplete(value)

    def _handed_in(self, value: JsonObject) -> None:
        """The pairs handed in through a call of the model's own making."""
        call, _ = plain_call(value)
        if isinstance(call, dict) and str(call.get("name")) not in self._names:
            self._value(call.get("arguments"), 4)

    def _is_pair(self, value: JsonObject) -> bool:
        found = _fields(value)
        if found is None:
            return False
        query, answers = _said(value[found[0]]), value[found[1]]
        if found[0] == "query" and found[1] == "answers":
            return True
        return isinstance(query, str) and (_are_calls(answers) or isinstance(answers, str))

    def _incomplete(self, value: JsonObject) -> None:
        missing = "answers" if "query" in value else "query"
        query = value.get("query")
        self._fail(value, f"missing_field: no `{missing}`", query if isinstance(query, str) else "")

    def _pair(self, value: JsonObject, more: tuple[str, ...] = ()) -> None:
        found = _fields(value)
        assert found is not None
        query_key, answers_key = found
        repairs = {*more, *map(str, self._common)}
        if self._document is not None:
            repairs |= {repair.value for repair in self._document.repairs(value)}
        if (query_key, answers_key) != ("query", "answers"):
            repairs.add("pair_keys")
        query = _said(value[query_key])
        if query is not value[query_key]:
            turns = value[query_key] if isinstance(value[query_key], list) else [value[query_key]]
            spoken = any(isinstance(turn, dict) and {"role", "from"} & set(turn) for turn in turns)
            repairs.add("conversation" if spoken else "pair_keys")
        if not isinstance(query, str):
            self._fail(value, "missing_field: `query` is not text")
            return
        answers, respelled = plain_calls(value[answers_key], self._names)
        if answers is None:
            self._fail(value, "malformed_call: `answers` is not a list of calls", query)
            return
        inner = [item for item in answers if isinstance(item, dict) and _fields(item) is not None]
        if inner:
            self._fail(value, "malformed_call: a pair stands among its calls", query)
            for item in inner:
                self._value(item, 1)
            return
        problem = unwritable(query, answers)
        if problem is not None:
            self._fail(value, problem, query)
            return
        if respelled:
            repairs.add("respelled")
        thought = value.get("thought")
        self._objects.append((len(self.pairs), value))
        self.pairs.append(
            Pair(
                query=query,
                answers=answers,
                thought=thought if isinstance(thought, str) and thought and is_text(thought) else None,
                repairs=tuple(sorted(repairs)),
            )
        )

    def _fail(self, value: object, error: str, query: str = "") -> None:
        self.pairs.append(Pair(query=query if is_text(query) else "", error=error, raw=raw_text(value)[:MAX_RAW]))


def _fields(value: JsonObject) -> tuple[str, str] | None:
    """The keys of query and answers, if each is there once; keys without a value count where no other is there."""
    names = {key.strip().lower().replace(" ", "_").replace("-", "_"): key for key in value}
    said = {name: key for name, key in names.items() if value[key] is not None}
    queries = [said[key] for key in _QUERY_KEYS if key in said and value[said[key]] != ""]
    answers = [said[key] for key in _ANSWER_KEYS if key in said]
    if value.get("query") is not None and value.get("answers") is not None:
        return "query", "answers"
    if len(queries) == 1 and len(answers) == 1:
        return queries[0], answers[0]
    return ("query", "answers") if "query" in value and "answers" in value and not (queries and answers) else None


def _said(query: JsonValue) -> JsonValue:
    """The text of a query that stands in a list of one, an object or a dialogue of one turn; else what it is."""
    if isinstance(query, list) and len(query) == 1 and isinstance(query[0], str):
        return query[0]
    if isinstance(query, dict) and len(query) == 1 and next(iter(query)) in ("text", "content", "value", "query"):
        [said] = query.values()
        return said if isinstance(said, str) else query
    turns = query if isinstance(query, list) else [query]
    roles = [turn.get("role", turn.get("from")) if isinstance(turn, dict) else None for turn in turns]
    if sum(role in ("user", "human") for role in roles) != 1 or not set(roles) <= {"user", "human", "system"}:
        return query
    [said] = [turn for turn, role in zip(turns, roles, strict=True) if role != "system" and isinstance(turn, dict)]
    content = said.get("content", said.get("value"))
    return content if isinstance(content, str) else query


def _begins_a_pair(value: JsonObject) -> bool:
    return ("query" in value and not isinstance(value["query"], dict | list)) or "answers" in value


def _halves(first: JsonObject, second: JsonObject) -> bool:
    """A query in one element and its answers in the next."""
    return set(first) <= {"query", "thought"} and "query" in first and set(second) == {"answers"}


def _numbered(value: JsonObject) -> list[JsonObject]:
    """`{"query_1", "answers_1", "query_2", ...}`: several pairs in one object."""
    by_number: dict[str, JsonObject] = {}
    for key, inner in value.items():
        match = _KEY.match(key.strip())
        if match is None or not match[2]:
            return []
        by_number.setdefault(match[2], {})[match[1].lower()] = inner
    pairs = list(by_number.values())
    return pairs if pairs and all(_fields(pair) is not None for pair in pairs) else []


def _columns(value: JsonObject) -> list[JsonObject]:
    """`{"queries": [...], "answers": [[...], ...]}`: the pairs by columns."""
    plain = {key.strip().lower(): inner for key, inner in value.items()}
    queries = plain.get("queries", plain.get("questions"))
    answers = plain.get("answers", plain.get("calls"))
    if not isinstance(queries, list) or not isinstance(answers, list) or len(queries) != len(answers):
        return []
    if not all(isinstance(query, str) for query in queries) or not all(_are_calls(calls) for calls in answers):
        return []
    return [{"query": query, "answers": calls} for query, calls in zip(queries, answers, strict=True)]


def _conversation(value: JsonObject) -> JsonObject | None:
    """A dialogue of one user's message and the calls that answer it."""
    messages = value.get("messages", value.get("conversations", value.get("conversation")))
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        return None
    query: object = None
    answers: object = None
    for message in messages:
        role = str(message.get("role", message.get("from", ""))).lower()
        content = message.get("content", message.get("value"))
        if role in ("user", "human") and query is None and answers is None:
            query = content
        elif (
            role in ("assistant", "gpt", "function_call", "model", "tool_call")
            and query is not None
            and answers is None
        ):
            answers = message.get("tool_calls", message.get("function_call", content))
        elif role not in ("system", "tool", "function", "observation"):
            return None
    if not isinstance(query, str) or not _are_calls(answers):
        return None
    return {"query": query, "answers": answers}


def _are_calls(value: object) -> bool:
    calls, _ = plain_calls(value)
    return calls is not None and all(looks_like_call(call) for call in calls)


def _is_definition(value: JsonObject) -> bool:
    """A function's definition, as the prompt shows it."""
    inner = value.get("function") if isinstance(value.get("function"), dict) else value
    return (
        isinstance(inner, dict) and "name" in inner and bool({"description", "parameters", "inputSchema"} & set(inner))
    )


def _wraps_one_list(value: object) -> bool:
    """`{"pairs": [...]}`, which a server in JSON mode must return, with nothing else of weight beside it."""
    if not isinstance(value, dict):
        return False
    return sum(isinstance(inner, list | dict) and bool(inner) for inner in value.values()) == 1 and any(
        isinstance(inner, list) and inner for inner in value.values()
    )
