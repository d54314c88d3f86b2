"""The secrets that this process has in its environment, in each spelling in which they may have been written."""

import base64
import json
import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus, urlsplit

from apigen_assets.settings import Settings
from resources.llm.generators import GeneratorsFileError, generators

_SECRET_NAME = re.compile(
    r"(?i)(?:^|_)(?:api_?key|key|token|secret|password|passwd|pass|pwd|credentials?|auth|webhook|dsn|cookie|pat)"
    r"(?:_|$|\d)|(?:apikey|token|secret|password|passwd)$"
)
_NO_SECRETS = frozenset({"PWD", "OLDPWD", "SSH_AUTH_SOCK", "GPG_KEY", "XAUTHORITY", "COLORTERM"})
_SHORTEST = 8
_SHORTEST_NAMED = 6
"""Shortest value that counts of a variable that merely sounds secret, and of one that the configuration names."""


def secret_values(
    settings: Settings, named: Iterable[str] = (), environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The values to look for, by the variable that holds each.

    Variables that the configuration names (generators, the lake, `named`), those whose name says that they hold a
    secret, and passwords in URLs of any variable. Short values and plain words are left out where only the name
    speaks for a secret: they would be found everywhere.

    Args:
        settings: name the generators file, the lake's options and the webhook.
        named: further variables that hold secrets, such as those of the catalog's bindings.
        environment: the variables.
    """
    certain = {"HF_TOKEN", *named, *_configured(settings)}
    values = {}
    for name, value in environment.items():
        value = value.strip()
        password = _password(value)
        if name in certain and len(value) >= _SHORTEST_NAMED:
            values[name] = value
        elif password is not None:
            values[name] = password
        elif name not in _NO_SECRETS and _SECRET_NAME.search(name) and _is_telling(value):
            values[name] = value
    if settings.failure_webhook is not None:
        values["APIGEN_FAILURE_WEBHOOK"] = settings.failure_webhook.get_secret_value()
    return values


def spellings(secret: str) -> set[str]:
    """A secret as it is, URL-encoded, inside JSON (once and twice over) and inside base64 of a longer text."""
    escaped = json.dumps(secret)[1:-1]
    kept = json.dumps(secret, ensure_ascii=False)[1:-1]
    texts = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), escaped, kept}
    texts |= {json.dumps(escaped)[1:-1], json.dumps(kept, ensure_ascii=False)[1:-1]}
    raw = secret.encode()
    for offset in range(3):
        # what stands before and after shifts the first and changes the last characters: those are left away
        body = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        core = body[(0, 2, 3)[offset] : len(body) - (1 if (offset + len(raw)) % 3 else 0)]
        texts |= {core, core.replace("+", "-").replace("/", "_")}
    return {text for text in texts if len(text) >= _SHORTEST_NAMED}


def _configured(settings: Settings) -> set[str]:
    names = {value.removeprefix("env:") for value in settings.lake_options.values() if value.startswith("env:")}
    try:
        models = generators(settings).values()
    except GeneratorsFileError:
        return names
    return names | {model.api_key_variable for model in models if model.api_key_variable}


def _password(value: str) -> str | None:
    """The password of a value that is a URL with one."""
    if "://" not in value or len(value) > 4_000:
        return None
    try:
        password = urlsplit(value).password
    except ValueError:
        return None
    return password if password and len(password) >= _SHORTEST_NAMED else None


def _is_telling(value: str) -> bool:
    if len(value) < _SHORTEST or len(set(value)) < 4 or (value.startswith(("/", "~/", "./")) and " " not in value):
        return False
    return len(value) >= 16 or re.fullmatch(r"[A-Za-z]+|[0-9]+", value) is None
