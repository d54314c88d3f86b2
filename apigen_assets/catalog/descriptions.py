"""Descriptions as people wrote them, made fit for a model: markup and talk about the marketplace taken out."""

import html
import re

_TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|center|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|small|span|strong|sub|sup|"
    r"table|tbody|td|th|thead|tr|u|ul)\b[^<>]{0,500}>",
    re.IGNORECASE,
)
_TALK = re.compile(r"rapid[\s_-]?api|toolbench|rapid[\s_-]?key|mashape", re.IGNORECASE)
_BRACKETED = re.compile(r"\s?\(([^()]{0,400})\)")
_SENTENCE = re.compile(r"(?<=[.!?。])\s+")


def clean_description(text: str) -> str:
    """The text without HTML, without sentences about RapidAPI or ToolBench, with single spaces and whole lines.

    Such a sentence says how a broker is used (keys, subscriptions, its web pages), never what the API does.
    """
    text = _TAG.sub(" ", html.unescape(text)) if "<" in text or "&" in text else text
    if _TALK.search(text):
        text = "\n".join(_without_talk(line) for line in text.splitlines())
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _without_talk(line: str) -> str:
    if not _TALK.search(line):
        return line
    line = _BRACKETED.sub(lambda match: "" if _TALK.search(match[1]) else match[0], line)
    return " ".join(sentence for sentence in _SENTENCE.split(line) if not _TALK.search(sentence))


def words(text: str) -> list[str]:
    """Lower-case words of a text or an identifier: `getUserByID` gives get, user, by, id."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return re.findall(r"[^\W_]+", spaced.lower())


def says_nothing_beyond(text: str, name: str) -> bool:
    """Whether a description has no word that the name does not have already."""
    filler = {"get", "the", "a", "an", "of", "for", "api", "endpoint", "this", "is", "to", "by"}
    return not set(words(text)) - set(words(name)) - filler
