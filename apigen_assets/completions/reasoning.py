"""A model's reasoning and its answer, told apart. What is thought is never read as an answer.

Models mark reasoning in many ways: with tags in any brackets (`<think>`, `[THINK]`, `<|START_THINKING|>`,
`◁think▷`), with the closing tag alone (the chat template wrote the opening one), with the channels of OpenAI's harmony
format, whole or with its special tokens stripped, or under headings. Reports: vllm #13125, mlx-lm PR 1867,
llama.cpp #16158.
"""

import json
import re
from typing import NamedTuple

_WORD = (
    r"(?:[a-z0-9]+[:_-])?(?:begin_of_|end_of_|start_|end_)?(?:inner_|internal_|my_|chain_of_)?"
    r"(?:think(?:ing)?(?:_process)?|thoughts?(?:_process)?|reason(?:ing|s)?|reflect(?:ion|ing)?|analysis|scratch_?pad|"
    r"monologue|deliberation|rationale|draft)(?:_(?:start|begin|end|stop))?"
)
_TAG = re.compile(
    r"(?P<open><\|?|\[|◁)\s*+(?P<slash>/?)\s*+(?P<word>" + _WORD + r")(?:\s[^<>\[\]◁▷]{0,80})?\s*(?:\|?>|\]|▷)",
    re.IGNORECASE,
)
_ANSWER_TAG = re.compile(
    r"(?:<\|?|\[|◁)\s*+(?P<slash>/?)\s*+(?:begin[_ ](?:of[_ ])?|(?P<end>end[_ ](?:of[_ ])?)|start[_ ])?"
    r"(?:(?:final[_ ])?(?:answer|solution|response|output|result|text)|final|box)\s*(?:\|?>|\]|▷)",
    re.IGNORECASE,
)
_CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>", re.IGNORECASE)
_MESSAGE_END = re.compile(r"<\|(?:end|return|call|start)\|>")
_STRIPPED_CHANNEL = re.compile(r"\A\s*(?:assistant\s*)?(?:<\|channel\|>)?analysis(?=[\sA-Z\"'\[{(])", re.DOTALL)
_STRIPPED_FINAL = re.compile(r"assistant\s*(?:<\|channel\|>)?final(?:\s*json|\s*code)?(?=[\s\[{`\"A-Z]|\Z)")
_GEMMA = re.compile(r"<\|channel>\s*thought(.*?)<channel\|>", re.DOTALL)
# Possessive quantifiers: a model that loops writes thousands of these characters, and nothing may look at them twice.
_HEAD = r"^[ \t]*+(?:#{1,6}[ \t]*+|\*\*|__|>[ \t]*+)*+(?:here(?: is|'s) (?:my|the) )?(?:"
_HEAD_END = r")(?:[ \t]*+\*\*|__)?(?:[ \t]*+:)?(?:\*\*|__)?(?:[ \t]*+:)?(?:(?<=[:*])|[ \t]*+$)"
_REASONING_HEAD = re.compile(
    _HEAD + r"(?:my )?(?:thought process|thinking process|thinking|thoughts?|reasoning|chain of thought|analysis|"
    r"scratch ?pad|(?:first |rough )?drafts?|brainstorming|planning|plan)" + _HEAD_END,
    re.IGNORECASE | re.MULTILINE,
)
_FINAL_HEAD = re.compile(
    _HEAD + r"(?:my |the )?(?:final (?:answer|output|response|result|version|json|list|pairs)|final|answer|response|"
    r"output|result)" + _HEAD_END,
    re.IGNORECASE | re.MULTILINE,
)


class Split(NamedTuple):
    """A completion's text in two."""

    thought: str
    """What was reasoned, without its marks; empty where nothing was."""
    answer: str
    """The text outside of reasoning; empty where the reasoning never ended."""
    unfinished: bool = False
    """A reasoning block was opened and never closed: it was cut, or the model never came to an answer."""


def split_reasoning(text: str) -> Split:
    """Set the reasoning of a completion apart from its answer.

    Args:
        text: a completion's text, of any purpose.

    Returns:
        Both parts, stripped of white space at their ends. Tags inside of a JSON document that is the whole text are
        content and are left alone.
    """
    if text.lstrip()[:1] in ("[", "{") and text.rstrip()[-1:] in ("]", "}") and _is_json(text):
        return Split("", text.strip())
    harmony = _harmony(text)
    if harmony is not None:
        return harmony
    text = _GEMMA.sub(lambda block: f"<think>{block[1]}</think>", text)
    thoughts, answer, unfinished = _by_tags(text)
    if not thoughts:
        by_heading = _by_headings(answer)
        if by_heading is not None:
            return by_heading
    inside, before = _inside_answer_tags(answer)
    if before.strip():
        thoughts.append(before.strip())
    return Split("\n\n".join(part for part in thoughts if part), inside.strip(), unfinished)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _harmony(text: str) -> Split | None:
    """OpenAI's harmony channels: `final` is the answer, else a call to a function."""
    starts = list(_CHANNEL.finditer(text))
    if starts:
        thoughts: list[str] = []
        answers: list[str] = []
        calls: list[str] = []
        lead = text[: starts[0].start()]
        for number, start in enumerate(starts):
            stop = starts[number + 1].start() if number + 1 < len(starts) else len(text)
            end = _MESSAGE_END.search(text, start.end(), stop)
            said = text[start.end() : end.start() if end else stop].strip()
            if start[1].lower() == "final":
                answers.append(said)
            else:
                (calls if " to=" in start[0] else thoughts).append(said)
        lead = re.sub(r"<\|start\|>\s*assistant", "", lead).strip()
        if lead and not answers:
            answers.append(lead)
        # Without a final message what was handed in through a call is the answer.
        answers, thoughts = (answers, thoughts + calls) if answers else (calls, thoughts)
        return Split("\n\n".join(thoughts), "\n\n".join(answers), not answers)
    if _STRIPPED_CHANNEL.match(text):
        finals = list(_STRIPPED_FINAL.finditer(text))
        if finals:
            return Split(text[: finals[-1].start()].strip(), text[finals[-1].end() :].strip())
        # `analysis` may be an ordinary first word; only with the channel's own mark is it surely one.
        if "assistantcommentary" in text or "assistantanalysis" in text or "<|channel|>" in text[:40]:
            return Split(text.strip(), "", True)
    return None


def _by_tags(text: str) -> tuple[list[str], str, bool]:
    """Reasoning between tags, or before a closing tag that nothing opened; the text left over; whether one is open."""
    thoughts: list[str] = []
    kept: list[str] = []
    depth = 0
    position = opened_at = 0
    for tag in _TAG.finditer(text):
        if not _closes(tag):
            if depth == 0:
                kept.append(text[position : tag.start()])
                opened_at = tag.end()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                thoughts.append(text[opened_at : tag.start()].strip())
                position = tag.end()
        else:
            # Nothing opened it here: the template did, and all that was kept so far is reasoning.
            thoughts.append((" ".join(kept) + text[position : tag.start()]).strip())
            kept = []
            position = tag.end()
    if depth:
        closing = [tag for tag in _TAG.finditer(text, opened_at) if _closes(tag)]
        if closing:
            # Opened twice and closed once: the last closing tag ends it.
            return [text[opened_at : closing[-1].start()].strip()], "".join(kept) + text[closing[-1].end() :], False
        return [*thoughts, text[opened_at:].strip()], "".join(kept), True
    return thoughts, "".join(kept) + text[position:], False


def _closes(tag: re.Match[str]) -> bool:
    word = tag["word"].lower()
    return bool(tag["slash"]) or word.startswith("end_") or word.endswith(("_end", "_stop"))


def _by_headings(text: str) -> Split | None:
    """`### Reasoning` ... `### Final answer`: what stands before the last final heading was reasoned."""
    head = _REASONING_HEAD.search(text)
    finals = [final for final in _FINAL_HEAD.finditer(text) if final.end() < len(text.rstrip())]
    if not finals:
        return None
    last = finals[-1]
    says_final = "final" in last[0].lower()
    if (head is not None and head.start() < last.start()) or says_final:
        before, after = text[: last.start()].strip(), text[last.end() :].strip()
        if after and any(bracket in after for bracket in "[{"):
            return Split(before, after)
    return None


def _inside_answer_tags(text: str) -> tuple[str, str]:
    """The content of `<answer>` or its like where such a tag surrounds what matters, and what stands before it."""
    tags = list(_ANSWER_TAG.finditer(text))
    opening = [tag for tag in tags if not tag["slash"] and not tag["end"]]
    if len(opening) != 1:
        return text, ""
    start = opening[0].end()
    closing = [tag for tag in tags if tag.start() >= start]
    inside = text[start : closing[-1].start() if closing else len(text)]
    return (inside, text[: opening[0].start()]) if any(bracket in inside for bracket in "[{") else (text, "")
