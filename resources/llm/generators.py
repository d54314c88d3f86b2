"""The language models in use, as declared in generators.yaml; without that file, the embedded stand-ins.

Importing this module is cheap on purpose: the partition keys of every generation asset come from it.
"""

import os
import re
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from apigen_assets.files.json_types import JsonObject
from apigen_assets.settings import Settings, settings

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
    enabled: bool = True
    timeout_s: float = Field(default=300.0, gt=0, allow_inf_nan=False)
    """Total time for one answer, whatever bytes arrive meanwhile."""
    retries: int = Field(default=6, ge=0)
    """Further attempts after a failure that may pass (429, 5xx, timeout, broken connection)."""
    response_format: Literal["json_schema", "json_object", "none"] = "none"
    """What the endpoint supports of `response_format`; a request for more than that is sent without."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    send_seed: bool = True
    """Whether the endpoint accepts `seed`."""
    tokens_per_second: float = Field(default=40.0, gt=0, allow_inf_nan=False)
    """Speed of one stream, for time estimates only."""
    extra: JsonObject = Field(default_factory=dict)
    """Further fields of the request body, such as `top_p`; part of the journal key."""

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
                f"{url!r} is no base URL: write http(s)://host[:port]/path without user, password or query, "
                f"or {STANDIN_URL!r} for the embedded stand-in"
            )
        return url.rstrip("/")

    @field_validator("api_key_variable")
    @classmethod
    def _variable_fits(cls, variable: str | None) -> str | None:
        if variable is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
            # The value is not repeated: people paste keys here.
            raise ValueError("this is no name of an environment variable; write the variable's name, never the key")
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


def load_generators(file: Path) -> dict[str, Generator]:
    """Every generator of a file by name, disabled ones too, in the file's order.

    Raises:
        GeneratorsFileError: the file cannot be read or says something that is not understood.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GeneratorsFileError(f"{file}: cannot be read ({error}); fix it or remove it") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_duplicate_keys(file, node)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(file)
        raise GeneratorsFileError(f"{where}: not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, GeneratorsFileError):
            raise
        raise GeneratorsFileError(f"{file}: not YAML: {error}") from None
    if not isinstance(document, dict) or set(document) != {"generators"}:
        other = sorted(map(str, set(document) - {"generators"})) if isinstance(document, dict) else []
        detail = f"unknown key {other[0]!r}" if other else "the top level is not a mapping with that key"
        raise GeneratorsFileError(
            f"{file}, line 1: expected one key `generators` with a list of models ({detail}); "
            "generators.example.yaml shows the form"
        )
    entries = document["generators"]
    if not isinstance(entries, list) or not entries:
        raise GeneratorsFileError(
            f"{file}, line 1: `generators` must be a list with at least one model; "
            "remove the file to use the embedded stand-ins"
        )
    assert isinstance(node, yaml.MappingNode)
    nodes = node.value[0][1].value
    found: dict[str, Generator] = {}
    for number, (entry, entry_node) in enumerate(zip(entries, nodes, strict=True), start=1):
        if not isinstance(entry, dict):
            raise GeneratorsFileError(
                f"{file}, line {entry_node.start_mark.line + 1}: model {number} is not a mapping "
                "with `name`, `base_url` and `model`"
            )
        try:
            generator = Generator.model_validate(entry)
        except ValidationError as error:
            raise GeneratorsFileError(_explain(file, number, entry, entry_node, error)) from None
        if generator.name in found:
            raise GeneratorsFileError(
                f"{file}, line {entry_node.start_mark.line + 1}: the name {generator.name!r} is used twice; "
                "names are partition keys and must differ"
            )
        found[generator.name] = generator
    if not any(one.enabled and one.generate for one in found.values()):
        raise GeneratorsFileError(
            f"{file}: no model is switched on for generation; set `enabled: true` on one, "
            "or remove the file to use the embedded stand-ins"
        )
    return found


def generators(given: Settings | None = None) -> dict[str, Generator]:
    """The enabled generators by name; the stand-ins where there is no generators file.

    Raises:
        GeneratorsFileError: the file exists and cannot be used.
    """
    return enabled_generators((given or settings()).generators_file)


def enabled_generators(file: Path) -> dict[str, Generator]:
    """The enabled generators of a file by name; the stand-ins where there is no such file.

    Raises:
        GeneratorsFileError: the file exists and cannot be used.
    """
    if not file.exists():
        return {one.name: one for one in STANDINS}
    return {name: one for name, one in load_generators(file).items() if one.enabled}


def generator_names(given: Settings | None = None) -> list[str]:
    """Names of the generators that write candidates: the keys of the `generator` partition dimension."""
    return [name for name, one in generators(given).items() if one.generate]


def judge_names(given: Settings | None = None) -> list[str]:
    """Names of the judging generators: those of `settings.judges`, or those marked `judge: true`.

    Raises:
        UnknownGeneratorError: a name in `settings.judges` is not configured, or nothing is there to judge.
    """
    config = given or settings()
    known = generators(config)
    if config.judges:
        return [find_generator(name, config).name for name in config.judges]
    judges = [name for name, one in known.items() if one.judge]
    if not judges:
        raise UnknownGeneratorError(
            f"{config.generators_file}: no enabled model has `judge: true`; mark one, or name judges in APIGEN_JUDGES"
        )
    return judges


def find_generator(name: str, given: Settings | None = None) -> Generator:
    """The enabled generator of that name.

    Raises:
        UnknownGeneratorError: there is none.
    """
    config = given or settings()
    known = generators(config)
    if name not in known:
        where = str(config.generators_file) if config.generators_file.exists() else "the embedded default"
        raise UnknownGeneratorError(
            f"no generator {name!r} is switched on in {where}; there are: {', '.join(known) or 'none'}"
        )
    return known[name]


def _refuse_duplicate_keys(file: Path, node: yaml.Node | None) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise GeneratorsFileError(
                        f"{file}, line {key.start_mark.line + 1}: the key {key.value!r} is given twice"
                    )
                seen.add(key.value)
            _refuse_duplicate_keys(file, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicate_keys(file, item)


def _explain(file: Path, number: int, entry: JsonObject, node: yaml.MappingNode, error: ValidationError) -> str:
    problems = []
    for one in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in one["loc"])
        line = _line_of(node, [str(part) for part in one["loc"]])
        if one["type"] == "missing":
            said = "is missing; add it"
        elif one["type"] == "extra_forbidden":
            known = Price.model_fields if one["loc"][0] == "price" else Generator.model_fields
            said = f"is not a known key; known keys are {', '.join(known)}"
        else:
            said = one["msg"].removeprefix("Value error, ")
        problems.append(f"line {line}: model {number} ({entry.get('name', 'without name')!s:.80}): `{field}`: {said}")
    return f"{file}, " + "; ".join(problems)


def _line_of(node: yaml.Node, path: list[str]) -> int:
    """Line of the value at `path`, or of its nearest ancestor that exists."""
    for part in path:
        if not isinstance(node, yaml.MappingNode):
            break
        inner = [value for key, value in node.value if key.value == part]
        if not inner:
            break
        node = inner[0]
    return int(node.start_mark.line) + 1
