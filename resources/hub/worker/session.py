"""A publication's connection to the Hub: client, clock, retries, rights of the token."""

import os
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx2
from huggingface_hub import HfApi, constants, get_session, set_client_factory
from huggingface_hub.errors import RepositoryNotFoundError

from apigen_assets.files.json_types import JsonMapping
from resources.hub.worker.failures import HubFailure, explain, may_pass, status_of, token_refused, wait_asked_for

T = TypeVar("T")

_LONGEST_WAIT_S = 30.0
_WRITING_ROLES = frozenset({"write", "admin", "contributor"})


class Session:
    """The client with our own time limits, and the token's account."""

    def __init__(self, request: JsonMapping, say: Callable[[str], None]) -> None:
        self.repo = str(request.get("repo") or "")
        self.endpoint = str(request["endpoint"])
        self.token = os.environ.get("HF_TOKEN", "").strip() or None
        self.say = say
        self.api = HfApi(endpoint=self.endpoint, token=self.token or False)
        self._end = time.monotonic() + float(request["deadline_s"])
        self._limit_s = float(request["deadline_s"])
        self._attempts = int(request["attempts"])
        self._backoff_s = float(request["backoff_s"])
        timeout = httpx2.Timeout(float(request["request_timeout_s"]), connect=20.0)
        # The client's own default is to wait for ever.
        set_client_factory(lambda: httpx2.Client(follow_redirects=True, timeout=timeout))

    def retry(self, what: str, action: Callable[[], T]) -> T:
        """Run a request that may be repeated, until it succeeds, cannot succeed, or the time is over."""
        for attempt in range(1, self._attempts + 1):
            try:
                return action()
            except Exception as error:
                if not self.wait(what, error, attempt):
                    raise
        raise AssertionError("unreachable")

    def wait(self, what: str, error: Exception, attempt: int) -> bool:
        """Wait before the next attempt; false where none is left or none can help.

        Raises:
            HubFailure: the deadline comes before the next attempt may start.
        """
        if isinstance(error, HubFailure) or not may_pass(error) or attempt >= self._attempts:
            return False
        asked = wait_asked_for(error)
        seconds = min(_LONGEST_WAIT_S, self._backoff_s * 2 ** (attempt - 1)) * random.uniform(0.75, 1.0)
        seconds = max(seconds, asked or 0.0)
        if time.monotonic() + seconds >= self._end:
            raise HubFailure(
                "deadline",
                f"{what}: {explain(error, self.repo)} The next attempt would be in {seconds:.0f} s, after the "
                f"deadline of {self._limit_s:g} s.",
            )
        reason = f"HTTP {status_of(error)}" if status_of(error) else type(error).__name__
        self.say(f"{what}: {reason}; attempt {attempt + 1} in {seconds:.1f} s")
        time.sleep(seconds)
        return True

    def check_access(self) -> str:
        """The account's name, once it is known that the token may write to the repository's namespace.

        Raises:
            HubFailure: the token is not accepted, or it may not write there.
        """
        try:
            who = self.retry("whoami", self.api.whoami)
        except Exception as error:
            if status_of(error) in {401, 403}:
                raise token_refused() from None
            raise
        check_rights(who, self.repo)
        return str(who.get("name", ""))

    def use_xet_where_served(self, kind: str) -> bool:
        """Whether the server speaks Xet; where it does not, uploads go by LFS: the client does not find out itself."""
        if constants.HF_HUB_DISABLE_XET:
            return False

        def ask() -> bool:
            url = f"{self.endpoint}/api/{kind}s/{self.repo}/xet-write-token/main"
            answer = get_session().get(url, headers={"authorization": f"Bearer {self.token}"})
            return bool(answer.status_code != 404)

        served = self.retry("xet", ask)
        if not served:
            constants.HF_HUB_DISABLE_XET = True
        return served

    def exists(self, kind: str) -> Any:
        """What the Hub says of the repository, null where there is none that this token may see."""
        try:
            return self.retry("repository", lambda: self.api.repo_info(self.repo, repo_type=kind))
        except RepositoryNotFoundError:
            return None


def check_rights(who: JsonMapping, repo: str) -> None:
    """Whether an account and its token may write to a repository, as far as the Hub tells.

    Args:
        who: the answer of `whoami-v2`.
        repo: `namespace/name`.

    Raises:
        HubFailure: they may not.
    """
    name, namespace = str(who.get("name", "")), repo.split("/")[0]
    orgs = {str(org.get("name")): org for org in who.get("orgs") or ()}
    known = ", ".join([name, *orgs])
    if namespace != name and namespace not in orgs:
        raise HubFailure(
            "no_write_access",
            f"the token belongs to {name}, who has no namespace {namespace} (there are: {known}). Set APIGEN_HUB_REPO "
            f"to {name}/{repo.split('/')[1]}, or use a token of a member of {namespace}. Nothing was sent.",
        )
    if namespace in orgs and namespace != name:
        role = orgs[namespace].get("roleInOrg")
        if role is not None and role not in _WRITING_ROLES:
            raise HubFailure(
                "no_write_access",
                f"{name} may only {role} in the organisation {namespace}: ask its admin for write access. "
                "Nothing was sent.",
            )
    token = (who.get("auth") or {}).get("accessToken") or {}
    role = token.get("role")
    if role == "read" or (role == "fineGrained" and not _scoped(token.get("fineGrained") or {}, repo)):
        raise HubFailure(
            "no_write_access",
            f"the token {token.get('displayName') or ''} has no write access to {namespace} (role: {role}). Make one "
            "with write access at https://huggingface.co/settings/tokens and export it as HF_TOKEN. Nothing was sent.",
        )


def _scoped(fine: JsonMapping, repo: str) -> bool:
    entries = fine.get("scoped")
    if entries is None:  # not told: the Hub will decide
        return True
    names = {repo, repo.split("/")[0]}
    return any(
        "repo.write" in (entry.get("permissions") or ()) and (entry.get("entity") or {}).get("name") in names
        for entry in entries
    )
