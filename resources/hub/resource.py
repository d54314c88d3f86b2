"""The Hugging Face Hub: publication of a release folder, in a process of its own.

A process of its own, because the Hub's client has no time limit for a commit, its uploads run in native threads
that cannot be stopped, and `datasets` reads the endpoint once, at import.
"""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import IO, Literal

import dagster as dg
from pydantic import BaseModel, ConfigDict

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.settings import Settings

DEFAULT_ENDPOINT = "https://huggingface.co"
VERSION_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
REPOSITORY_PATTERN = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")

_PROJECT = Path(__file__).resolve().parents[2]
_GRACE_S = 1.0


class HubProblem(StrEnum):
    """Why a publication did not happen."""

    TOKEN_MISSING = "token_missing"
    TOKEN_REFUSED = "token_refused"  # expired, revoked or mistyped
    NO_WRITE_ACCESS = "no_write_access"
    BAD_REQUEST = "bad_request"  # our own arguments
    VERSION_TAKEN = "version_taken"
    MOVED = "moved"  # somebody else published meanwhile
    FOREIGN_REPOSITORY = "foreign_repository"
    INVALID_CARD = "invalid_card"
    REFUSED = "refused"  # the Hub says no, and will say so again
    UNREACHABLE = "unreachable"
    DEADLINE = "deadline"
    NOT_LOADABLE = "not_loadable"
    CRASHED = "crashed"


class HubError(RuntimeError):
    """A publication that did not happen; the message says what is in the repository now and what to do."""

    def __init__(self, problem: HubProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Changes(_Part):
    """What a commit changes: paths added, changed and deleted, and rows per `config/split` before and after."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    unchanged: int = 0
    upload_bytes: int = 0
    rows_before: dict[str, int] = {}
    rows_after: dict[str, int] = {}

    def lines(self) -> list[str]:
        """For people: one line per file, then the rows."""
        marks = [("+", self.added), ("~", self.changed), ("-", self.deleted)]
        out = [f"{mark} {path}" for mark, paths in marks for path in paths]
        out.append(f"  {self.unchanged} files unchanged, {self.upload_bytes:,} bytes to upload")
        for name in sorted({*self.rows_before, *self.rows_after}):
            before, after = self.rows_before.get(name), self.rows_after.get(name)
            rows = f"{after:,}" if before == after else f"{_count(before)} -> {_count(after)}"
            out.append(f"  rows of {name}: {rows}")
        return out


class Publication(_Part):
    """What a publication did, or would do (`dry_run`)."""

    repo: str
    kind: Literal["dataset", "model"]
    url: str
    dry_run: bool = False
    revision: str | None = None
    """The commit that holds the content; null for a dry run that would make one."""
    committed: bool = False
    """False where the repository held this content already."""
    created: bool = False
    """Whether the repository is new."""
    version: str | None = None
    tagged: bool = False
    """Whether the tag was made now; false where it stood already or no version was asked for."""
    changes: Changes = Changes()
    attempts: int = 0
    verified: str = ""
    """How the published revision was checked."""
    notes: tuple[str, ...] = ()


class LoadReport(_Part):
    """What `datasets.load_dataset` read."""

    rows: dict[str, int]
    """Per `config/split`."""
    content_hash: str


class HubResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Publishes release folders. The token comes from the environment variable `HF_TOKEN` and from nowhere else."""

    endpoint: str | None = None
    """Default: the environment variable `HF_ENDPOINT`, else huggingface.co."""
    deadline_s: float = 3600.0
    """Total time for one publication, uploads and checks included."""
    request_timeout_s: float = 300.0
    """Time without a byte after which a request is given up and tried again."""
    attempts: int = 8
    load_back: bool = True
    """Read what was published with `datasets.load_dataset`; without it, files are compared by hash only."""
    backoff_s: float = 1.0
    """Wait after the first failed attempt; doubled each time, at most 30 s, longer where the Hub asks for it."""

    @classmethod
    def from_settings(cls, settings: Settings) -> "HubResource":
        """The resource as the settings describe it."""
        return cls(endpoint=settings.hub_endpoint, deadline_s=settings.hub_deadline_s)

    @staticmethod
    def has_token() -> bool:
        """Whether a token is configured."""
        return bool(os.environ.get("HF_TOKEN", "").strip())

    @property
    def url(self) -> str:
        """The endpoint in use."""
        return (self.endpoint or os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")

    def publish(
        self,
        folder: Path,
        repo: str,
        *,
        kind: Literal["dataset", "model"] = "dataset",
        version: str | None = None,
        private: bool = True,
        dry_run: bool = False,
        say: Callable[[str], None] = lambda line: None,
    ) -> Publication:
        """Make the repository hold exactly this release folder, in one commit, and name it `version`.

        A repository that holds the same content already gets no commit. An interrupted publication leaves the
        repository as it was or whole; run again, it goes on.

        Args:
            folder: a folder with a `release.json`.
            repo: `namespace/name`; created where it does not exist.
            kind: type of the repository.
            version: tag for the revision; refused where it names other rows already.
            private: visibility of a repository that is created; an existing one keeps its own.
            dry_run: change nothing and report the difference. Needs no write access.
            say: called with lines on the progress.

        Raises:
            HubError: nothing, or only part of what comes after the commit, was done; the message says which.
        """
        _check_names(repo, version)
        if not dry_run:
            self.require_token()
        request = {
            "operation": "publish",
            "folder": str(folder.resolve()),
            "repo": repo,
            "kind": kind,
            "version": version,
            "private": private,
            "dry_run": dry_run,
            "load_back": self.load_back,
        }
        return Publication.model_validate(self._work(request, say))

    def check_access(self, repo: str, version: str | None = None) -> str:
        """Whether the token may write to the repository's namespace; returns the account's name.

        Raises:
            HubError: no token, a refused one, or one that may not write there; or names that cannot be.
        """
        _check_names(repo, version)
        self.require_token()
        return str(self._work({"operation": "check_access", "repo": repo}, lambda line: None)["account"])

    def load(self, source: str, *, revision: str | None = None) -> LoadReport:
        """Read every config of a release with `datasets.load_dataset`, from a folder or a repository.

        Raises:
            HubError: it cannot be read, or what is read is not what its manifest says.
        """
        request = {"operation": "load", "source": source, "revision": revision}
        return LoadReport.model_validate(self._work(request, lambda line: None))

    def require_token(self) -> None:
        """Raises HubError where no token is configured."""
        if not self.has_token():
            raise HubError(
                HubProblem.TOKEN_MISSING,
                "HF_TOKEN is not set: make a token with write access at https://huggingface.co/settings/tokens and "
                "export it as HF_TOKEN. Nothing was sent.",
            )

    def _work(self, request: JsonMapping, say: Callable[[str], None]) -> JsonObject:
        with tempfile.TemporaryDirectory(prefix="apigen-hub-", ignore_cleanup_errors=True) as cache:
            return _Worker(self, {**request, **self._options()}, cache, say).result()

    def _options(self) -> JsonObject:
        return {
            "endpoint": self.url,
            "deadline_s": self.deadline_s,
            "request_timeout_s": self.request_timeout_s,
            "attempts": self.attempts,
            "backoff_s": self.backoff_s,
        }


class _Worker:
    """One worker process: JSON request in, JSON lines out, killed at the deadline or when this process dies."""

    def __init__(self, hub: HubResource, request: JsonMapping, cache: str, say: Callable[[str], None]) -> None:
        self._limit = hub.deadline_s
        self._say = say
        self._operation = str(request["operation"])
        self._process = subprocess.Popen(
            # -P: a folder named `resources` where the user happens to be is not ours
            [sys.executable, "-P", "-m", "resources.hub.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(hub.url, cache),
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_lines, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_errors, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        assert self._process.stdin is not None
        try:
            # The pipe stays open: its end tells the worker that this process is gone.
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass

    def result(self) -> JsonObject:
        """The worker's answer."""
        end = time.monotonic() + self._limit + _GRACE_S
        try:
            while True:
                try:
                    line = self._lines.get(timeout=max(0.0, end - time.monotonic()))
                except queue.Empty:
                    raise HubError(HubProblem.DEADLINE, self._late()) from None
                if line is None:
                    raise HubError(HubProblem.CRASHED, self._crashed())
                try:
                    message = json.loads(line)
                except ValueError:
                    continue
                if "say" in message:
                    self._say(message["say"])
                elif "error" in message:
                    raise HubError(HubProblem(message["problem"]), message["error"])
                elif "result" in message:
                    result: JsonObject = message["result"]
                    return result
        finally:
            self._stop()

    def _late(self) -> str:
        return (
            f"not done within {self._limit:g} s, and stopped. A commit is made whole or not at all: run it again, it "
            "compares with what is there and goes on. For a slow line raise the deadline "
            "(APIGEN_HUB_DEADLINE_S)."
        )

    def _crashed(self) -> str:
        self._readers[1].join(timeout=1)
        code = self._process.wait(timeout=_GRACE_S)
        tail = _without_token("".join(self._errors)[-2000:]).strip()
        return f"the publishing process ended with status {code}: {tail or 'no message'}. Run it again: it goes on."

    def _stop(self) -> None:
        process = self._process
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        try:
            process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for reader in self._readers:
            reader.join(timeout=1)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def _read_lines(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self, stream: IO[str]) -> None:
        for line in stream:
            self._errors.append(line)
            del self._errors[:-200]


def _environment(endpoint: str, cache: str) -> dict[str, str]:
    path = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(_PROJECT), *([path] if path else [])]),
        "HF_ENDPOINT": endpoint,
        "HF_HOME": cache,
        "HF_HUB_CACHE": os.path.join(cache, "hub"),
        "HF_DATASETS_CACHE": os.path.join(cache, "datasets"),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        "HF_HUB_OFFLINE": "0",
        "HF_DATASETS_OFFLINE": "0",
    }


def _check_names(repo: str, version: str | None) -> None:
    if not REPOSITORY_PATTERN.fullmatch(repo):
        raise HubError(
            HubProblem.BAD_REQUEST,
            f"{repo!r} names no repository: write namespace/name, such as my-team/function-calls (APIGEN_HUB_REPO).",
        )
    if version is not None and (not VERSION_PATTERN.fullmatch(version) or version == "main"):
        raise HubError(
            HubProblem.BAD_REQUEST,
            f"{version!r} cannot be a version: 1 to 64 of A-Z a-z 0-9 . _ -, not `main`; such as v1.0.",
        )


def _without_token(text: str) -> str:
    token = os.environ.get("HF_TOKEN", "").strip()
    return text.replace(token, "***") if token else text


def _count(value: int | None) -> str:
    return "none" if value is None else f"{value:,}"
