"""One language model as generators.yaml declares it: where it is, what it is used for, how it is asked."""

import os
import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from apigen_assets.files.json_types import JsonObject

ROLES = ("generate", "judge", "catalog")

NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
"""A generator's name is a partition key and a folder name."""

STANDIN_URL = "standin:"
"""The base URL that means the embedded stand-in model server, wherever its port happens to be."""


class GeneratorsFileError(ValueError):
    """generators.yaml cannot be used; the message names file, line, field and remedy."""


class UnknownGeneratorError(LookupError):
    """No such generator is configured, or it is disabled; the message lists those that are."""


class MissingKeyError(RuntimeError):
    """The environment variable that should hold an endpoint's key is not set."""


class Price(BaseModel):
    """USD per one million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    output: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    cached_input: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """For prompt tokens the endpoint read from its own cache; null: as `input`."""
    as_of: str = ""
    """Date of the price list, for readers of the journal."""

    def cost(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> float:
        """USD for one completion; `cached_tokens` are part of `prompt_tokens`."""
        cached = self.input if self.cached_input is None else self.cached_input
        return (
            (prompt_tokens - cached_tokens) * self.input + cached_tokens * cached + completion_tokens * self.output
        ) / 1e6


class Generator(BaseModel):
    """One language model behind an OpenAI-compatible chat-completions endpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Partition key, unique in the file: `[a-z0-9][a-z0-9.-]*`, at most 63 characters."""
    base_url: str
    """Such as `http://localhost:8000/v1`; `standin:` for the embedded stand-in server."""
    model: str = Field(min_length=1)
    """The model's name as the endpoint knows it."""
    api_key_variable: str | None = None
    """Environment variable with the key; null where the endpoint wants none."""
    price: Price = Price()
    concurrency: int = Field(default=16, ge=1, le=4096)
    """Requests in flight at once, per process."""
    judge: bool = False
    """May judge in the semantic check."""
    generate: bool = True
    """Writes candidates; false for a model that only judges."""
    catalog: bool | None = None
    """Rewrites and classifies the catalog's texts. `roles: [generate, judge, catalog]` says all three at once; where no
    entry says anything of the catalog, the first model that is not a stand-in does it."""
    enabled: bool = True
    timeout_s: float = Field(default=300.0, gt=0, allow_inf_nan=False)
    """Total time for one answer, whatever bytes arrive meanwhile."""
    retries: int = Field(default=6, ge=0)
    """Further attempts after a failure that may pass (5xx, timeout, broken connection, an empty answer); a 429 does
    not count as one."""
    max_wait_s: float = Field(default=900.0, gt=0, allow_inf_nan=False)
    """Longest that the endpoint may ask to be left alone, and longest that it may do nothing but ask so: beyond it the
    run stops and says so."""
    response_format: Literal["json_schema", "json_object", "none"] = "none"
    """What the endpoint supports of `response_format`; a request for more than that is sent without. An endpoint that
    refuses what is said here is asked with the next weaker form."""
    batch: Literal["api", "files"] | None = None
    """`raw_candidates` asks through batches and waits for them: `api` through the endpoint's Batch API, `files` through
    files in `<home>/batches` that somebody else has answered (`vllm run-batch`). Null: it asks at once."""
    structured: bool = False
    """Generation asks for an object of a schema made from the tools offered (needs `response_format`)."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Most tokens of an answer, reasoning included; null: 16,384 for writing. Raising it asks again only what was
    cut."""
    judge_max_tokens: int | None = Field(default=None, ge=1)
    """Most tokens of a verdict, reasoning included; null: 4,096."""
    temperature: float | None = Field(default=None, ge=0, le=5, allow_inf_nan=False)
    """For writing; null: 0.7, as in the paper."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """For writing; null: the endpoint's own."""
    seed: int | None = None
    """Sent with every request; null: none is sent for the first sample."""
    reasoning_effort: str | None = None
    """As the endpoint knows it, such as `low`; null: it is not sent."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    send_seed: bool = True
    """Whether the endpoint accepts `seed`."""
    tokens_per_second: float = Field(default=40.0, gt=0, allow_inf_nan=False)
    """Speed of one stream, for time estimates only."""
    extra: JsonObject = Field(default_factory=dict)
    """Further fields of the request body, such as `{chat_template_kwargs: {enable_thinking: false}}`; part of the
    journal key."""

    @model_validator(mode="before")
    @classmethod
    def _roles(cls, entry: object) -> object:
        if not isinstance(entry, dict) or "roles" not in entry:
            return entry
        roles = entry["roles"]
        if not isinstance(roles, list) or not roles or not set(map(str, roles)) <= set(ROLES):
            raise ValueError(f"`roles` must be a list of some of {', '.join(ROLES)}")
        twice = sorted(set(ROLES) & set(entry))
        if twice:
            raise ValueError(f"`roles` and `{twice[0]}` say the same: keep one of them")
        rest = {key: value for key, value in entry.items() if key != "roles"}
        return {**rest, **{role: role in roles for role in ROLES}}

    @model_validator(mode="after")
    def _structured_fits(self) -> Self:
        if self.structured and self.response_format == "none":
            raise ValueError("`structured: true` needs `response_format: json_schema` or `json_object`")
        return self

    @field_validator("name")
    @classmethod
    def _name_fits(cls, name: str) -> str:
        if not NAME_PATTERN.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a partition: a-z or 0-9, then a-z, 0-9, '.' or '-'; at most 63")
        return name

    @field_validator("base_url")
    @classmethod
    def _url_fits(cls, url: str) -> str:
        if url != STANDIN_URL and not re.fullmatch(r"https?://[^\s/@]+(/[^\s?#]*)?", url):
            raise ValueError(
                f"{url!r} is not a base URL: write http(s)://host[:port]/path without user, password or query, "
                f"or {STANDIN_URL!r} for the embedded stand-in"
            )
        return url.rstrip("/")

    @field_validator("api_key_variable")
    @classmethod
    def _variable_fits(cls, variable: str | None) -> str | None:
        if variable is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
            # The value is not repeated: people paste keys here.
            raise ValueError(
                "this is not the name of an environment variable; write the variable's name, never the key"
            )
        return variable

    @field_validator("extra")
    @classmethod
    def _extra_fits(cls, extra: JsonObject) -> JsonObject:
        ours = {"model", "messages", "max_tokens", "max_completion_tokens", "stream", "n", "seed"} & set(extra)
        if ours:
            raise ValueError(f"{', '.join(sorted(ours))} is set by this program and cannot be in `extra`")
        return extra

    @property
    def is_standin(self) -> bool:
        """Whether the embedded stand-in server answers."""
        return self.base_url == STANDIN_URL

    def api_key(self) -> str | None:
        """The key from the environment; null where none is wanted.

        Raises:
            MissingKeyError: the variable is not set or empty.
        """
        if self.api_key_variable is None:
            return None
        key = os.environ.get(self.api_key_variable, "").strip()
        if not key:
            raise MissingKeyError(
                f"generator {self.name!r} ({self.base_url}) wants a key in the environment variable "
                f"{self.api_key_variable}, which is not set: export it, "
                "or set `enabled: false` in generators.yaml"
            )
        return key


STANDINS: tuple[Generator, ...] = tuple(
    Generator(name=name, base_url=STANDIN_URL, model=name, concurrency=16, judge=judges, tokens_per_second=100_000)
    for name, judges in (("standin-small", False), ("standin-medium", False), ("standin-large", True))
)
"""The embedded default: three stand-ins of different strength, of which the strongest judges."""
