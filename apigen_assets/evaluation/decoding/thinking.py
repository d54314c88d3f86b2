"""What a model thinks before it answers, cut off as the leaderboard's handlers for thinking models do."""

CLOSING = ("</think>", "</thinking>", "[/THINK]", "</reasoning>", "◁/think▷", "</seed:think>", "</thought>")
OPENING = ("<think>", "<thinking>", "[THINK]", "<reasoning>", "◁think▷", "<seed:think>", "<thought>")


def without_thinking(text: str) -> str:
    """The text after the last closing tag; as it is where there is none.

    A thought that was opened and never closed (a run cut at its limit) leaves nothing.
    """
    for closing in CLOSING:
        if closing in text:
            return text.split(closing)[-1].lstrip("\n")
    return "" if text.lstrip().startswith(OPENING) else text


def thinks(answer: object) -> bool:
    """Whether an answer is text that begins with a thought or holds the end of one."""
    return isinstance(answer, str) and (
        any(closing in answer for closing in CLOSING) or answer.lstrip().startswith(OPENING)
    )
