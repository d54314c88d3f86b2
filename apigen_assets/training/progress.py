"""Progress of a run: to the terminal, to a file, and to Dagster where the run was launched by it."""

import json
import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Progress(AbstractContextManager["Progress"]):
    """Says what happens, in one process of a run (`active`); the others stay silent.

    Under Dagster (Pipes variables in the environment) every line is a log event of the run as well.
    """

    def __init__(self, active: bool) -> None:
        """`active`: whether this process speaks."""
        self._active = active
        self._losses: Path | None = None
        self._pipes: Any = None
        self._last = 0.0

    def __enter__(self) -> Self:
        """Connect to Dagster where it launched this process."""
        if self._active and os.environ.get("DAGSTER_PIPES_CONTEXT"):
            from dagster_pipes import open_dagster_pipes

            self._pipes = open_dagster_pipes()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        if self._pipes is not None:
            self._pipes.close()

    def say(self, text: str) -> None:
        """One line."""
        if not self._active:
            return
        print(text, flush=True)
        if self._pipes is not None:
            (self._pipes.log.warning if text.startswith("warning:") else self._pipes.log.info)(text)

    def follow_losses(self, path: Path) -> None:
        """Append one line of JSON per logged step to this file from now on."""
        self._losses = path

    def step(self, values: Mapping[str, float], text: str, every_s: float = 10.0, last: bool = False) -> None:
        """A step's values to the file; its line at most every so many seconds, and for the last step."""
        if not self._active:
            return
        if self._losses is not None:
            with self._losses.open("a", encoding="utf-8") as out:
                out.write(json.dumps(dict(values)) + "\n")
        now = time.monotonic()
        if last or now - self._last >= every_s:
            self._last = now
            self.say(text)
