"""Typed settings, read from the environment (`APIGEN_*`) and a `.env` file in the working directory."""

from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as PydanticSettingsError

from apigen_assets.files.mirror import mirror_folder
from apigen_assets.files.object_store import is_object_store

ReleaseConfigName = Literal[
    "xlam",
    "openai",
    "openai_text",
    "openai_single",
    "prompt_completion",
    "sharegpt",
    "grpo",
    "verl",
    "nemo_gym",
    "openai_finetuning",
    "heldout",
]
"""Names of the shapes in which rows are released (`release.configs`)."""

_FOR_SOME_TEMPLATES = ("openai_text", "openai_single")
"""Shapes for chat templates of a few families; released where they are asked for."""


class Settings(BaseSettings):
    """Everything that differs between a laptop, a server and a cluster, and the knobs of a run.

    Every field `x` is set by the environment variable `APIGEN_X`. Secrets are not here: the files that need one
    (generators.yaml, an API's binding) name the variable that holds it.
    """

    model_config = SettingsConfigDict(env_prefix="APIGEN_", env_file=".env", env_parse_none_str="null", extra="ignore")

    home: Path = Path("data")
    """Folder for everything that is made; the other locations default to folders inside it."""
    lake: str | None = None
    """Where tables live: a folder or an object-store URL such as `s3://bucket/apigen`. Default `<home>/lake`."""
    lake_options: dict[str, str] = {}
    """Credentials and endpoint of the lake's object store where it does not take the store's own variables
    (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT_URL`, `AWS_REGION`, ...), such as
    `{"key": "env:LAKE_KEY", "secret": "env:LAKE_SECRET"}`: `env:NAME` stands for the environment variable `NAME`, so
    that no secret is written down here, in a run's configuration or in a log."""
    journal: str | None = None
    """Where completions are kept: a folder or an object-store URL, whose store takes its own variables. Default
    `<home>/journal`."""
    recordings: str | None = None
    """Where REST and MCP calls are kept: a folder or an object-store URL. Default `<home>/recordings`."""
    generators_file: Path = Path("generators.yaml")
    """The language models to use; where the file does not exist, the embedded stand-ins."""
    executor: Literal["in_process", "multiprocess"] = "in_process"

    tool_names: Literal["plain", "dotted"] = "plain"
    """How names of tools are written on import: `plain` is `<source>_<name>` of letters, digits, `_` and `-`, which
    every model API takes; `dotted` is `<source>.<name>`. What is in the lake already keeps its names."""
    seed: int = 20240626
    batch_size: int = Field(default=100, ge=1)
    """APIs per partition: a larger source is split into batches of at most this many."""
    candidates_per_partition: int | None = Field(default=None, ge=0)
    """Pairs to ask one generator for, per batch of APIs, at most; default 750, and 2,000 for stand-ins, which cost
    nothing."""
    candidates_per_api: int = Field(default=25, ge=1)
    """Pairs to ask one generator for, per API: a batch of few APIs gets fewer, since more would only repeat."""
    verified_per_style: int | None = Field(default=None, ge=1)
    """Verified rows wanted of each style from each generator, over all batches; a batch's share goes by its number of
    APIs. Materialising a batch again asks for what its verified rows lack, by the pass rate so far, and for nothing
    where they lack nothing; `candidates_per_partition` stays the most. Null: as many candidates as said above."""
    pairs_per_prompt: int = Field(default=5, ge=1)
    seeds: str | None = None
    """Seeds of your own: a JSONL file, a folder of such files, or `hub:<namespace>/<name>` for a data set of the Hub;
    default the folder `<home>/seeds` where there is one. A line is `{"query", "answers"}`, or a query alone."""
    languages: tuple[str, ...] = ()
    """Further languages of queries, by code, such as `["de", "es"]`: about one prompt in seven asks for one of them."""
    llm_slots: int = Field(default=3, ge=1)
    """Steps that may ask language models at the same time (the pool `llm`)."""
    money_budget: float | None = Field(default=None, ge=0)
    """USD that one run may spend on language models, every purpose together, at the prices in generators.yaml; the run
    stops before it is passed. Null for no limit."""
    total_token_budget: int | None = Field(default=None, ge=0)
    """Tokens that everything in the journal may have used, whenever it was asked; null for no limit."""
    total_money_budget: float | None = Field(default=None, ge=0)
    """USD that everything in the journal may have cost; null for no limit."""
    token_budget: int | None = Field(default=20_000_000, ge=0)
    """Tokens that one partition may spend on generation, and again on judging; null for no limit."""
    dataset_size: int = Field(default=60_000, ge=1)
    """Rows with calls; relevance rows come on top of them."""
    relevance_share: float = Field(default=8_000 / 68_000, ge=0, lt=1)
    """Relevance rows as a share of all rows (paper: 8,000 beside 60,000)."""
    relevance_refusal: bool = False
    """Relevance rows say in words why there is no call: the column `refusal`, the content of OpenAI messages."""
    relevance_rewording: bool = False
    """A language model (the first with the role `generate` that is no stand-in) rewords the relevance rows that lack a
    value. Off unless asked for, since it costs money."""
    style_shares: dict[str, float] = {}
    """Shares of the styles, such as `{"simple": 0.4, "multiple": 0.3, ...}`; empty: even."""
    generator_shares: dict[str, float] = {}
    """Shares of the generators; one that is not named gives no row. Empty: as the rows come."""
    category_share: float = Field(default=1.0, gt=0, le=1)
    """Largest share of `dataset_size` that the rows of one category may have."""
    rows_per_api: int | None = Field(default=None, ge=1)
    """Most rows that may call one API; null for no limit."""
    near_duplicate: float = Field(default=0.85, gt=0)
    """Queries that share so much of their words and word pairs, and call the same functions, are one; 2: never."""
    near_meaning: float | None = Field(default=None, gt=0, le=1)
    """Cosine from which two queries for the same calls say the same in other words, and are one (0.5 was measured);
    null: never. Needs the extra `meaning`."""
    rows_per_call: int = Field(default=1, ge=1)
    """Most rows of one style that make the same calls with the same arguments."""
    heldout_share: float = Field(default=0.05, ge=0, lt=1)
    """Share of the APIs that the split `heldout` keeps out of `train`."""
    bfcl_install: bool = True
    """Composing makes the leaderboard's environment where there is none, to know its questions; false: it uses one
    that exists, else goes without and a check warns."""
    judges: tuple[str, ...] = ()
    """Generators that judge; empty: those marked `judge: true` in generators.yaml."""
    judge_rule: Literal["majority", "unanimity"] = "majority"
    """`majority`: more than half of the judges must pass a row; `unanimity`: every one."""
    judge_scores: bool = False
    """Judges give a number from 0 to 10 per rule as well; a row passes where each is at least `judge_threshold`."""
    judge_threshold: float = Field(default=7.0, ge=0, le=10)
    judge_wait_s: float = Field(default=60.0, gt=0)
    """Seconds that `apigen verify --judge` waits for a judge that is overloaded or being loaded; rows then wait as
    undecided. A run waits as long as generators.yaml says (`max_wait_s`)."""
    judge_controls: int = Field(default=8, ge=0)
    """Rows known to be good or bad that every judge is asked about in every partition; one that does not tell them
    apart does not count there. 0: none."""
    undecided: Literal["keep", "drop"] = "keep"
    """What becomes of rows with open questions that no judge settled."""

    release_title: str = "Verified function calls"
    release_license: str = "cc-by-4.0"
    """Licence of the released rows, as the Hub spells it."""
    release_rejects: bool = False
    """Release the rejected candidates too, with their reasons, as the config `rejects`."""
    release_configs: tuple[ReleaseConfigName, ...] = tuple(
        name for name in get_args(ReleaseConfigName) if name not in _FOR_SOME_TEMPLATES
    )
    """Shapes of the rows that a release has, such as `["xlam", "openai"]`: `xlam` always; `heldout` where APIs are held
    out; `nemo_gym` and `openai_finetuning` are files of JSON lines."""
    release_thoughts: bool = False
    """Release the generator's reasoning before its calls: `reasoning_content` of answers, `<think>` in `sharegpt`."""
    release_version: str | None = None
    """Tag for the next release, such as `v1.0`; a version that exists is not redefined."""
    hub_repo: str | None = None
    """Repository of the data set, `namespace/name`. With it and HF_TOKEN a release is published, else kept local."""
    hub_model_repo: str = "{namespace}/{model}-{dataset}"
    """Repository of a trained model; `{namespace}` is that of `hub_repo`."""
    hub_private: bool = True
    """Visibility of a repository that a release creates; an existing one keeps its own."""
    hub_endpoint: str | None = None
    """Address of the Hub; default `HF_ENDPOINT`, else huggingface.co."""
    hub_deadline_s: float = Field(default=3600.0, gt=0)
    """Total time for one publication."""

    bfcl_python: Path | None = None
    """An interpreter that has the leaderboard's package; by default one is made in `<home>/bfcl-env`."""
    bfcl_per_category: int | None = Field(default=None, ge=1)
    """Ask at most so many questions per BFCL category; null for all 3,641."""

    sandbox_minimum: Literal["none", "rlimits", "namespaces", "bubblewrap"] = "rlimits"
    """The run stops where the machine cannot isolate calls at least this well."""
    sandbox_workers: int = Field(default=2, ge=1)
    """Python calls that run at the same time."""
    sandbox_memory_mb: int = Field(default=512, ge=16)
    """MiB that one Python call may allocate."""
    call_timeout_s: float = Field(default=5.0, gt=0)
    """Seconds after which a Python call is killed."""
    allow_private_addresses: bool = False
    """REST and MCP calls may go to loopback and private networks. The embedded server is always allowed."""
    allow_unsafe_methods: bool = False
    """REST calls other than GET, HEAD and OPTIONS may be made: they can change data on the server."""
    rest_mode: Literal["live", "record", "replay"] = "record"
    """`record` uses a recorded REST or MCP call where there is one and records what it calls; `replay` never calls."""
    rest_rate_per_host: float = Field(default=1.0, ge=0)
    """REST calls per second to one host; 0 for no limit. The embedded server has none."""
    rest_concurrency_per_host: int = Field(default=2, ge=1)
    rest_timeout_s: float = Field(default=20.0, gt=0)
    """Seconds for one REST or MCP call with all its retries and redirects; three quarters of them without a byte."""
    rest_redirect_hosts: tuple[str, ...] = ()
    """Hosts to which APIs may redirect beside their own."""
    user_agent: str | None = None
    """What REST servers see of the caller; say whom to contact."""

    trainer_processes: int | None = Field(default=None, ge=1)
    """Training processes on this machine; null for one per visible GPU, or two where there is none."""
    trainer_launcher: Literal["torchrun", "deepspeed"] = "torchrun"
    """`deepspeed` trains on several machines, with a hostfile."""
    trainer_hostfile: Path | None = None
    """DeepSpeed's list of machines and slots."""

    ui_hosts: tuple[str, ...] = ()
    """Names under which the UI may be asked for beside localhost and addresses, such as that of a proxy before it:
    `["apigen.example.org"]`."""

    failure_webhook: SecretStr | None = None
    """URL that is told of failed runs as `{"text": ...}` (Slack, Mattermost, Teams workflows)."""

    def candidates(self, apis: int, stand_in: bool) -> int:
        """Pairs to ask one generator for a batch of so many APIs."""
        most = self.candidates_per_partition
        if most is None:
            most = 2_000 if stand_in else 750
        return min(most, self.candidates_per_api * apis)

    @property
    def lake_url(self) -> str:
        """The lake's folder or URL."""
        return self.lake or str(self.home / "lake")

    @property
    def journal_dir(self) -> Path:
        """Folder of the completions journal (or its mirror): outside the lake, since it is paid for, never rebuilt."""
        return self._segments("journal", self.journal)

    @property
    def batches_dir(self) -> Path:
        """Folder of batch files that the graph writes, and of the notes of what waits for them."""
        return self.home / "batches"

    @property
    def recordings_dir(self) -> Path:
        """Folder of recorded REST and MCP calls, or the one that mirrors them."""
        return self._segments("recordings", self.recordings)

    def _segments(self, name: str, place: str | None) -> Path:
        if place is None:
            return self.home / name
        return mirror_folder(self.home, place) if is_object_store(place) else Path(place)

    @property
    def incoming_dir(self) -> Path:
        """The watched folder into which API sources are dropped."""
        return self.home / "incoming"

    @property
    def seeds_source(self) -> str | None:
        """Where seeds of the user's own are; null where there are none."""
        folder = self.home / "seeds"
        return self.seeds or (str(folder) if folder.is_dir() else None)

    @property
    def release_dir(self) -> Path:
        """Folder of local releases."""
        return self.home / "release"

    @property
    def checkpoints_dir(self) -> Path:
        """Folder of trained models."""
        return self.home / "checkpoints"


class SettingsError(ValueError):
    """A setting cannot be used; the message names each variable, its fault and where it comes from."""


@lru_cache
def settings() -> Settings:
    """The process's settings, read once.

    Raises:
        SettingsError: a variable has a value that its setting does not take.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = [f"APIGEN_{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors() if fault["loc"]]
    except PydanticSettingsError as error:
        faults = [str(error)]
    raise SettingsError(
        "settings cannot be read from the environment and .env: " + "; ".join(faults) + ". Correct or unset them; "
        "apigen_assets/settings.py says what each one takes."
    )
