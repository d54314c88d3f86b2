"""The form in which answers are written: taken only where most of what they say can be read in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from apigen_assets.evaluation.answer_shapes import PROSE, common_shapes, shape
from apigen_assets.evaluation.decoding import FORMS, count_calls, is_blank, thinks, without_thinking
from apigen_assets.evaluation.output_entries import OutputsError
from apigen_assets.evaluation.stored_structures import keeps_structures, parsed, steps_of
from apigen_assets.files.json_types import JsonValue
from resources.bfcl.records import BfclAnswer

MOST = 0.5
"""A form is taken where at least this share of the answers that say something can be read in it."""

OWN_HANDLER = 0.1
"""For a model of the leaderboard its own handler's form is taken from this share on: that is its official score."""

FIRST = ("json", "xlam", "hermes", "python", "llama", "openai")
"""Forms taken before any other that reads more: the ones in common use, each as strict as its official handler."""

LATER = (
    *("tool-call", "parameters", "fenced-json", "fenced-python", "mistral", "functioncall", "harmony", "glm-tags"),
    *("qwen-coder", "invoke", "deepseek", "kimi", "function-equals", "plugin", "pythonic", "nemotron", "phi-fc"),
    *("granite", "granite-20b", "functiongemma", "minicpm", "gemini", "phi", "hammer", "falcon", "bitagent"),
    *("think-agent", "glm", "gorilla", "nexus"),
)
"""The other forms; of several that read equally much the first is taken."""


@dataclass(frozen=True)
class Detected:
    """The form of the answers, and on what evidence."""

    form: str
    readable: dict[str, int]
    """How many of the answers counted hold a call if read in each form; forms that read none are left out."""
    said: int = 0
    """How many answers were counted: those of the call categories that say something."""
    thinking: bool = False
    """What a model thinks before it answers is cut off first."""
    warnings: list[str] = field(default_factory=list)
    withheld: str = ""
    """Why irrelevance figures would say nothing; empty where they do."""
    quoted: bool = True
    """Tool calls stored as JSON text are read as the structures they stand for; no handler does."""

    @property
    def share(self) -> float:
        """The share of the answers counted that can be read in the form."""
        return self.readable.get(self.form, 0) / self.said if self.said else 0.0


@dataclass(frozen=True)
class _Answer:
    id: str
    category: str
    steps: tuple[JsonValue, ...]
    """The one answer; the steps of all turns of a conversation."""
    quoted: bool
    """Text that is the JSON of tool calls counts as such."""

    def holds_call(self, form: str, thinking: bool) -> bool:
        return any(count_calls(form, self._as_read(step, form, thinking), self.category) for step in self.steps)

    def _as_read(self, step: JsonValue, form: str, thinking: bool) -> JsonValue:
        if thinking and isinstance(step, str):
            step = without_thinking(step)
        return parsed(step) if form == "openai" and self.quoted else step


def detect_form(
    answers: Sequence[BfclAnswer],
    *,
    own: str | None = None,
    allow_unreadable: bool = False,
) -> Detected:
    """The form in which most answers of the call categories hold a call.

    Args:
        answers: those of one model.
        own: the form that the leaderboard's own handler of the model reads, where it knows the model.
        allow_unreadable: take the form that reads most, however little that is; irrelevance is withheld then.

    Raises:
        OutputsError: no form reads most of them; it says what each reads and what the others look like.
    """
    counted, of_calls = _counted(answers)
    if not counted:
        return _blank(answers, own)
    thoughts = any(thinks(step) for answer in counted for step in answer.steps)
    if own:
        strict = [replace(answer, quoted=False) for answer in counted]
        plain = _readable(strict, (own,), False)
        if plain.get(own, 0) >= OWN_HANDLER * len(counted):
            return _taken(own, plain, strict, False, of_calls, own)
        if not allow_unreadable:
            readable = _readable(counted, FORMS, thoughts)
            raise _unreadable(strict, len(answers), readable, False, own, of_calls, read_by_own=plain.get(own, 0))
    readable = _readable(counted, FORMS, False)
    thinking = False
    if thoughts:
        without = _readable(counted, FORMS, True)
        if max(without.values(), default=0) >= max(readable.values(), default=0):
            readable, thinking = without, True
    best = _best(readable, counted, of_calls)
    if best is None and not allow_unreadable:
        raise _unreadable(counted, len(answers), readable, thinking, None, of_calls)
    form = best or (max((*FIRST, *LATER), key=lambda name: readable.get(name, 0)) if readable else own or FIRST[0])
    return _taken(form, readable, counted, thinking, of_calls, own, forced=best is None)


def check_form(
    answers: Sequence[BfclAnswer],
    form: str,
    *,
    own: str | None = None,
    allow_unreadable: bool = False,
    known: bool = False,
) -> Detected:
    """The form as told, if most answers of the call categories are in it or all are blank.

    Args:
        answers: those of one model.
        form: one of `decoding.FORMS`.
        own: as in `detect_form`.
        allow_unreadable: as in `detect_form`.
        known: the form is certain, since the model was asked here; whatever little it reads is the model's doing.

    Raises:
        OutputsError: not so; names the forms that fit.
    """
    counted, of_calls = _counted(answers)
    if not counted:
        return _blank(answers, form)
    readable = _readable(counted, tuple(dict.fromkeys((form, own or form))), False)
    thinking = False
    if readable.get(form, 0) < MOST * len(counted) and any(thinks(step) for answer in counted for step in answer.steps):
        without = _readable(counted, (form,), True)
        if without.get(form, 0) > readable.get(form, 0):
            readable, thinking = without, True
    count = readable.get(form, 0)
    if known:
        warnings = [] if count else ["no answer holds a call, so (ir)relevance figures say nothing"]
        return Detected(form, readable, len(counted), thinking, warnings, "" if count else warnings[0])
    enough = _enough(count, counted, form, of_calls) or (own == form and count >= OWN_HANDLER * len(counted))
    if not enough and not allow_unreadable:
        every = readable | _readable(counted, FORMS, thinking)
        raise _unreadable(counted, len(answers), every, thinking, form, of_calls)
    every = readable if enough else readable | _readable(counted, FORMS, thinking)
    return _taken(form, every, counted, thinking, of_calls, own, forced=not enough)


def _counted(answers: Sequence[BfclAnswer]) -> tuple[list[_Answer], bool]:
    """The answers that say something, of the categories in which a call is due; of all where there are none such."""
    answered = [answer for answer in answers if not answer.failure]
    due = [answer for answer in answered if not answer.category.endswith("irrelevance")]
    quoted = not keeps_structures(answered)
    counted = []
    for answer in due or answered:
        spoken = tuple(step for step in steps_of(answer) if not is_blank(step))
        if spoken:
            counted.append(_Answer(answer.id, answer.category, spoken, quoted))
    return counted, bool(due)


def _readable(counted: Sequence[_Answer], forms: Sequence[str], thinking: bool) -> dict[str, int]:
    readable = {form: sum(answer.holds_call(form, thinking) for answer in counted) for form in forms}
    return {form: count for form, count in readable.items() if count}


def _enough(count: int, counted: Sequence[_Answer], form: str, of_calls: bool) -> bool:
    if of_calls:
        return count >= MOST * len(counted)
    # Where no call is due, prose is what a model should say: only what looks like a call has to be readable
    attempts = sum(1 for answer in counted if any(shape(step) != PROSE for step in answer.steps))
    return count > 0 and count >= MOST * attempts


def _best(readable: Mapping[str, int], counted: Sequence[_Answer], of_calls: bool) -> str | None:
    # Structures read from text are a courtesy; a form of text comes first
    groups = (FIRST[:-1], (FIRST[-1],), LATER) if _all_text(counted) else (FIRST, LATER)
    for group in groups:
        best = max(group, key=lambda form: readable.get(form, 0))
        if _enough(readable.get(best, 0), counted, best, of_calls):
            return best
    return None


def _taken(
    form: str,
    readable: dict[str, int],
    counted: Sequence[_Answer],
    thinking: bool,
    of_calls: bool,
    own: str | None,
    forced: bool = False,
) -> Detected:
    count = readable.get(form, 0)
    warnings = []
    if own and own != form:
        warnings.append(
            f"the leaderboard's own handler of this model reads {own}, in which {readable.get(own, 0)} of "
            f"{len(counted)} answers hold a call: read as {form}, the figures are not those of the board"
        )
    elif own and thinking:
        warnings.append(
            "what is thought before the answers was cut off; the leaderboard's own handler of this model reads them as "
            "they are stored: the figures are not those of the board"
        )
    elif own == "openai" and count and all(answer.quoted for answer in counted) and _all_text(counted):
        warnings.append(
            "the leaderboard's own handler of this model reads structures alone; these are JSON text, which on the "
            "board holds no call: the figures are not those of the board"
        )
    unread = [answer for answer in counted if not answer.holds_call(form, thinking)]
    share = f"{count} of {len(counted)} answers ({100 * count / len(counted):.1f} %)"
    if of_calls and unread:
        rivals = _readable(unread, [name for name in (*FIRST, *LATER) if name != form], thinking)
        rival = max(rivals, key=lambda name: rivals[name], default="")
        if rival and rivals[rival] >= max(3, 0.02 * len(counted)):
            warnings.append(
                f"two forms are mixed: {share} hold a call as {form}, {rivals[rival]} of the rest would as {rival}; "
                f"these count as wrong (a file of one form each, or --format {rival}, reads them)"
            )
        elif count < MOST * len(counted) and not forced:
            whose = "the leaderboard's own handler of this model" if own == form else f"the form {form}"
            warnings.append(f"{whose} reads a call in {share} of the call categories that say something")
        else:
            warnings += _unread_categories(counted, unread, form)
    if not of_calls:
        warnings.append(
            "no category in which a call is due is there, so nothing shows that this model's calls are read"
        )
    withheld = ""
    if forced:
        withheld = f"only {share} of the call categories can be read as {form}"
        warnings.append(f"{withheld}: irrelevance figures are withheld")
    return Detected(
        form, readable, len(counted), thinking, warnings, withheld, all(answer.quoted for answer in counted)
    )


def _unread_categories(counted: Sequence[_Answer], unread: Sequence[_Answer], form: str) -> list[str]:
    """Categories in which most of what looks like a call is in no form, as where several calls are divided oddly."""
    said = Counter(answer.category for answer in counted)
    attempts: dict[str, list[_Answer]] = {}
    for answer in unread:
        if any(shape(step) != PROSE for step in answer.steps):
            attempts.setdefault(answer.category, []).append(answer)
    lines = []
    for category, these in attempts.items():
        if len(these) >= max(3, MOST * said[category]):
            (common,) = common_shapes([(answer.id, answer.steps[0]) for answer in these], most=1)
            lines.append(
                f"{category}: {len(these)} of {said[category]} answers look like calls and are none as {form}; they "
                f"count as wrong: {common}"
            )
    return lines


def _all_text(counted: Sequence[_Answer]) -> bool:
    return all(isinstance(step, str) for answer in counted for step in answer.steps)


def _blank(answers: Sequence[BfclAnswer], form: str | None) -> Detected:
    wrapped = any(isinstance(answer.answer, str) and "tool_calls" in answer.answer for answer in answers)
    reason = "no answer holds a call: every answer is empty"
    return Detected(
        form or ("xlam" if wrapped else "json"),
        {},
        0,
        False,
        [f"{reason}, so (ir)relevance figures say nothing about the model"],
        reason,
    )


def _told_apart(readable: Mapping[str, int]) -> list[tuple[str, int]]:
    """The forms that read most, the first of those that read the same answers only."""
    shown: dict[int, str] = {}
    for form in (*FIRST, *LATER):
        if form in FIRST or form in readable:
            shown.setdefault(readable.get(form, 0), form)
    return [(form, count) for count, form in sorted(shown.items(), reverse=True) if count][:5]


def _unreadable(
    counted: Sequence[_Answer],
    total: int,
    readable: Mapping[str, int],
    thinking: bool,
    form: str | None,
    of_calls: bool,
    read_by_own: int | None = None,
) -> OutputsError:
    """The refusal.

    `form` is the one that was told, or the leaderboard's own, whose handler reads so many (`read_by_own`); null where
    any would do. `readable` is what each form reads with thoughts cut off.
    """
    is_own = read_by_own is not None
    where = "answers of the call categories that say something" if of_calls else "answers that say something"
    best = _told_apart(readable)
    shares = ", ".join(f"{name} {count} ({100 * count / len(counted):.1f} %)" for name, count in best)
    tried = [form] if form else list(readable)
    unread = [
        (answer.id, answer.steps[0])
        for answer in counted
        if not any(answer.holds_call(name, thinking) for name in tried)
    ]
    count = max((readable.get(name, 0) for name in tried), default=0) if read_by_own is None else read_by_own
    label = f"the form {form!r}" if form else "any known form"
    if is_own:
        label += ", which the leaderboard's own handler of this model reads"
    if count:
        head = f"only {count} of {len(counted)} {where} hold a function call in {label}"
        head += "" if form else f", {best[0][0]} being the one that reads most"
    else:
        head = f"none of {total} answers holds a function call in {label}"
    lines = [f"{head}.", f"Readable by form: {shares or 'nothing by any'}."]
    shapes = common_shapes(unread)
    if shapes:
        lines += ["The commonest others:", *(f"  {line}" for line in shapes)]
    if form and best and best[0][1] >= MOST * len(counted):
        more = "; such figures are not the board's, where these answers hold no call" if is_own else ""
        lines.append(f"--format {best[0][0]} reads most of them{more}.")
    lines.append(
        f"Known forms: {', '.join(FORMS)}. A model whose calls are not read would get full marks for irrelevance, so "
        "such outputs are not scored; --format FORM names the form, --allow-unreadable scores the other categories."
    )
    return OutputsError("\n".join(lines))
