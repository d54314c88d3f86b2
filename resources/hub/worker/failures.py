"""From what the Hub's client raises to what a person should do, and whether trying again can help."""

import json
import re
import time
from typing import Any

import httpx2
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from resources.rest.retry_after import retry_after

_TOKENS = "https://huggingface.co/settings/tokens"
_PASSING = frozenset({408, 409, 412, 425, 429, 500, 502, 503, 504})


class HubFailure(Exception):
    """An end of the publication; `problem` is a value of `HubProblem`."""

    def __init__(self, problem: str, message: str) -> None:
        super().__init__(message)
        self.problem = problem


def status_of(error: BaseException) -> int | None:
    """The HTTP status of an error of the Hub's client, also inside the error it is the cause of."""
    response = _response(error)
    return None if response is None else int(response.status_code)


def may_pass(error: BaseException) -> bool:
    """Whether the same request may succeed later."""
    for cause in _chain(error):
        if isinstance(cause, HfHubHTTPError) and cause.response is not None:
            return cause.response.status_code in _PASSING
        # A proxy's error page where JSON is expected, a broken or stalled connection
        if isinstance(cause, httpx2.TransportError | json.JSONDecodeError | ConnectionError | TimeoutError):
            return True
    return False


def wait_asked_for(error: BaseException) -> float | None:
    """Seconds the server wants to be left alone for (`Retry-After`, `RateLimit`); null where it does not say."""
    response = _response(error)
    if response is None:
        return None
    asked = retry_after(response.headers, time.time())
    if asked is not None:
        return asked
    reset = re.search(r"\bt=(\d+)", response.headers.get("RateLimit", ""))
    return float(reset[1]) if reset and response.status_code == 429 else None


def explain(error: BaseException, repo: str) -> HubFailure:
    """The failure to report for an error that ended the publication."""
    if isinstance(error, HubFailure):
        return error
    status, reply = status_of(error), _said(error)
    if status == 401 and not isinstance(error, RepositoryNotFoundError):
        return token_refused()
    if status == 403:
        return HubFailure(
            "no_write_access",
            f"the Hub does not let this token write to {repo} ({reply}). Make a token with write access to that "
            f"namespace at {_TOKENS} and export it as HF_TOKEN; for an organisation, its admin must grant it.",
        )
    if isinstance(error, RepositoryNotFoundError) or status == 404:
        return HubFailure(
            "no_write_access",
            f"{repo} does not exist, or this token may not see it ({reply}). Check the name (APIGEN_HUB_REPO) and that "
            "the token has access to that namespace.",
        )
    if isinstance(error, ValueError) and "README.md" in str(error):
        return HubFailure("invalid_card", f"the Hub refuses the card, and nothing was uploaded: {error}")
    if may_pass(error):
        return HubFailure(
            "unreachable",
            f"the Hub did not take the release ({reply}). The repository is as it was or holds the whole release: run "
            "it again later, it compares with what is there and goes on. https://status.huggingface.co tells of "
            "outages.",
        )
    return HubFailure("refused", f"the Hub refuses the release of {repo}: {reply}. The repository is as it was.")


def token_refused() -> HubFailure:
    """The token is not valid."""
    return HubFailure(
        "token_refused",
        f"the Hub does not accept HF_TOKEN: it is expired, revoked or mistyped. Make a new one with write access at "
        f"{_TOKENS} and export it as HF_TOKEN. Nothing was sent.",
    )


def _response(error: BaseException) -> Any:
    for cause in _chain(error):
        if isinstance(cause, HfHubHTTPError) and cause.response is not None:
            return cause.response
    return None


def _chain(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__
    return causes


def _said(error: BaseException) -> str:
    response = _response(error)
    if response is None:
        text = " ".join(str(error).split()) or type(error).__name__
        return f"{type(error).__name__}: {text}"[:300]
    message = response.headers.get("X-Error-Message")
    if not message:
        try:
            message = response.json().get("error")
        except (ValueError, AttributeError, httpx2.HTTPError):
            message = None
    return f"HTTP {response.status_code}" + (f", {' '.join(str(message).split())}"[:300] if message else "")
