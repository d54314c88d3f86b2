"""What a secret looks like: detect-secrets' detectors, and those for formats that came after them.

Only formats that say of themselves what they are (prefixes, checksums, headers) count. Entropy and words such as
`password` near a value are left out on purpose: tables of API calls are full of hashes, ids and examples.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\n)|(?<=\\t)|(?<=\\r))"
"""Where a word begins, also after an escaped line end inside JSON text."""

_OWN: dict[str, tuple[str, ...]] = {
    "AWS secret access key": (
        r"(?i:aws_?secret_?(?:access_?)?key(?:_?id)?)[\\\"'\s]{0,6}[:=>]{1,2}[\\\"'\s]{0,6}([A-Za-z0-9/+]{40})"
        r"(?![A-Za-z0-9/+])",
    ),
    "GitHub token": (r"github_pat_[A-Za-z0-9_]{50,}",),
    "OpenAI key": (_START + r"sk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{32,})(?![A-Za-z0-9])",),
    "Anthropic key": (_START + r"sk-ant-[A-Za-z0-9]{2,12}-[A-Za-z0-9_-]{20,}",),
    "OpenRouter key": (_START + r"sk-or-[A-Za-z0-9]{2}-[A-Za-z0-9]{32,}",),
    "Hugging Face token": (r"(?:hf_|api_org_)[A-Za-z0-9]{30,}",),
    "Google API key": (r"AIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])",),
    "Slack token": (
        r"xox[abeoprst]-(?:[0-9]+-)*[A-Za-z0-9-]{10,}",
        r"xapp-[0-9]-[A-Z0-9]+-[0-9]+-[a-z0-9]{20,}",
    ),
    "private key": (r"BEGIN ENCRYPTED PRIVATE KEY", r"PuTTY-User-Key-File-3"),
    "password in a URL": (r":(?:\\?/){2}[^\s:/?#@\"'<>\\{}\[\],]{1,100}:([^\s/@\"'<>\\{}\[\],]{3,200})@[\w\[]",),
    "credentials in an Authorization header": (
        r"(?i:authorization)[\\\"'\s]{0,6}[:=]{1,2}[\\\"'\s]{0,6}(?i:bearer|basic|token)\s+([A-Za-z0-9._~+/=-]{16,})",
    ),
    "Stripe key": (_START + r"(?:sk|rk)_live_[0-9a-zA-Z]{20,}",),
    "npm token": (r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])",),
}

_LIBRARY = {
    "aws.AWSKeyDetector": "AWS access key",
    "azure_storage_key.AzureStorageKeyDetector": "Azure storage key",
    "discord.DiscordBotTokenDetector": "Discord token",
    "github_token.GitHubTokenDetector": "GitHub token",
    "gitlab_token.GitLabTokenDetector": "GitLab token",
    "jwt.JwtTokenDetector": "JSON Web Token",
    "mailchimp.MailchimpDetector": "Mailchimp key",
    "npm.NpmDetector": "npm token",
    "openai.OpenAIDetector": "OpenAI key",
    "private_key.PrivateKeyDetector": "private key",
    "pypi_token.PypiTokenDetector": "PyPI token",
    "sendgrid.SendGridDetector": "SendGrid key",
    "slack.SlackDetector": "Slack token",
    "square_oauth.SquareOAuthDetector": "Square token",
    "stripe.StripeDetector": "Stripe key",
    "telegram_token.TelegramBotTokenDetector": "Telegram token",
    "twilio.TwilioKeyDetector": "Twilio key",
}
"""detect-secrets' plugins that go by a format, and what each finds. Its URL detector is left out: ours takes passwords
with the characters that it does not."""

PREFILTERS = (
    r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}",
    r"(?i:aws.{0,20}(?:key|pwd|pw|password|pass|token).{0,24}[0-9a-z/+]{40})",
    r"AccountKey=",
    r"[MNO][A-Za-z\d]{23,25}\.[\w-]{6}\.[\w-]{27}",
    r"gh[pousr]_[A-Za-z0-9_]{36}|github_pat_",
    r"gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-|GR1348941",
    r"eyJ[A-Za-z0-9_=-]{6,}\.[A-Za-z0-9_=-]{2,}",
    r"[0-9a-z]{32}-us[0-9]{1,2}",
    r"_authToken|npm_[A-Za-z0-9]{36}",
    r"T3BlbkFJ|sk-(?:[a-zA-Z]{2,7}-)?[A-Za-z0-9_-]{20}",
    r"BEGIN [A-Z0-9 ]{0,20}PRIVATE KEY|PuTTY-User-Key-File",
    r"pypi-AgE",
    r"SG\.[a-zA-Z0-9_-]{22}\.",
    r"xox[abeoprst]-|xapp-[0-9]|hooks\.slack\.com/services/",
    r"sq0csp-",
    r"[rs]k_live_",
    r"[0-9]{8,10}:[0-9A-Za-z_-]{35}",
    r"(?:AC|SK)[a-z0-9]{32}",
    r"(?:hf_|api_org_)[A-Za-z0-9]{30}|AIza[0-9A-Za-z_-]{35}",
    r":(?:\\?/){2}[^\s:/?#@\"'<>\\{}\[\],]{1,100}:[^\s/@\"'<>\\{}\[\],]{3,200}@",
    r"(?i:authorization).{0,14}(?i:bearer|basic|token)\s",
)
"""Regular expressions without look-around (Rust's syntax); every text with a secret matches one of them. A table is
looked through with them at once, and only what is left costs Python time. One by one: each has a literal that is
searched for at the speed of memory, which all of them joined would not have."""

_EXAMPLES = re.compile(
    r"(?i)example|x{4,}|\*{3,}|your[_-]?|placeholder|redacted|dummy|change[_-]?me|\.{3}|…|[<>{}]|^\$|\$[({]|%7B"
)
_WORDS_FOR_PASSWORD = frozenset({"pass", "password", "passwd", "pwd", "pw", "secret", "token", "xxx", "port", "key"})
_NEVER_EXAMPLES = {"private key", "JSON Web Token"}
"""Their text is long enough to hold such words by chance, or is no value at all."""

_WHOLE = {"AWS access key", "Twilio key", "Mailchimp key", "Telegram token"}


class Hit(NamedTuple):
    """A secret in a text. Its text must not be shown."""

    kind: str
    secret: str


def hits(text: str) -> Iterator[Hit]:
    """The secrets in a text, each once; examples and placeholders are none."""
    seen: set[Hit] = set()
    for kind, detector in _detectors():
        for secret in detector.analyze_string(text):
            hit = Hit(kind, secret)
            if secret and hit not in seen and not is_example(hit) and _is_whole(hit, text):
                seen.add(hit)
                yield hit


def is_example(hit: Hit) -> bool:
    """Whether it is a placeholder, as documentation writes them: `AKIAIOSFODNN7EXAMPLE`, `sk-xxxx`, `user:pass@`."""
    if hit.kind in _NEVER_EXAMPLES:
        return False
    if hit.kind == "password in a URL" and hit.secret.lower() in _WORDS_FOR_PASSWORD:
        return True
    return _EXAMPLES.search(hit.secret) is not None


def _is_whole(hit: Hit, text: str) -> bool:
    """Whether it is not cut out of a longer run of letters and digits, where its format is as short as such runs."""
    if hit.kind not in _WHOLE:
        return True
    return re.search(rf"{_START}{re.escape(hit.secret)}(?![A-Za-z0-9])", text) is not None


@lru_cache(maxsize=1)
def _detectors() -> list[tuple[str, Any]]:
    from importlib import import_module

    from detect_secrets.plugins.base import RegexBasedDetector

    detectors: list[tuple[str, Any]] = []
    for name, kind in _LIBRARY.items():
        module, _, class_ = name.partition(".")
        detectors.append((kind, getattr(import_module(f"detect_secrets.plugins.{module}"), class_)()))
    for kind, patterns in _OWN.items():
        fields = {"secret_type": kind, "denylist": [re.compile(pattern) for pattern in patterns]}
        detectors.append((kind, type("Own", (RegexBasedDetector,), fields)()))
    return detectors
