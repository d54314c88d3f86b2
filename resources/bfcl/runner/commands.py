"""Commands of the small environment.

`info` prints; `questions`, `truths`, `models`, `score`, `conversations`, `judge` and `continue` take REQUEST OUTPUT.
"""

import json
from pathlib import Path

from . import conversations, package, questions, single_turn
from .limits import bound_process


def main(arguments: list[str]) -> None:
    """Run one command."""
    bound_process()
    command = arguments[0]
    if command == "info":
        print(json.dumps(package.info()))
        return
    request, output = Path(arguments[1]), Path(arguments[2])
    with output.open("w", encoding="utf-8") as file:

        def say(line: object) -> None:
            file.write(json.dumps(line, default=str) + "\n")
            file.flush()

        if command == "models":
            json.dump(package.known_models(), file)
        elif command in {"questions", "truths", "conversations"}:
            rows = {
                "questions": questions.questions,
                "truths": questions.truths,
                "conversations": conversations.conversations,
            }[command]
            for row in rows(json.loads(request.read_text(encoding="utf-8"))["categories"]):
                file.write(json.dumps(row) + "\n")
        elif command == "score":
            single_turn.score(request, say)
        elif command == "judge":
            conversations.judge(request, say)
        elif command == "continue":
            conversations.proceed(request, say)
        else:
            raise SystemExit(f"unknown command {command!r}")
