"""What an API is: the record every importer gives and every later stage reads (paper, section 3.2 and Fig. 3)."""

import re
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    field_validator,
    model_serializer,
)

from apigen_assets.domain.record import Record
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject

NAME_PATTERN = re.compile(r"[A-Za-z0-9_.-]{1,64}")

CATEGORIES = (
    "Finance", "Data", "Sports", "Travel", "Technology", "Social", "Media", "Entertainment", "Tools", "Math",
    "Business", "Music", "Gaming", "Commerce", "Environment", "Education", "Communication", "Lifestyle", "Health",
    "Other", "Science",
)  # fmt: skip
"""The paper's 21 categories, in the order of their share of the APIs (Fig. 5 of the project page)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Terse(_Part):
    """A part that is written without the fields that have their default, since records hold very many of them."""

    @model_serializer(mode="wrap")
    def _without_defaults(self, write: SerializerFunctionWrapHandler) -> JsonObject:
        fields = type(self).model_fields
        return {
            name: value
            for name, value in write(self).items()
            if fields[name].is_required() or getattr(self, name) != fields[name].get_default(call_default_factory=True)
        }


class PythonBinding(_Part):
    """A Python function: `module` is a dotted name, or `path` is the file that holds it."""

    kind: Literal["python"] = "python"
    module: str
    function: str
    path: str | None = None
    root: str | None = None
    """Folder under which `module` is importable with its neighbours; null where the file stands alone."""
    wire_names: dict[str, str] = Field(default_factory=dict)
    """The function's name of each parameter that is offered under another one, since model APIs refuse it."""


class Place(StrEnum):
    """Where a REST parameter travels (OpenAPI's `in`, with `body` for a request body's field)."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"
    BODY = "body"


WireStyle = Literal[
    "form", "simple", "label", "matrix", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"
]
"""OpenAPI 3's styles, and Swagger 2.0's collection formats by the same names (`tsv` is `tabDelimited`)."""


class RestParameter(_Terse):
    """Where one argument goes, under which name the server knows it, and how its value is written there."""

    place: Place
    wire_name: str
    explode: bool = True
    """One pair for each item of a list or field of an object (true), or all in one (false)."""
    style: WireStyle | None = None
    """Null: `form` in queries, cookies and forms, `simple` in paths and headers."""
    allow_reserved: bool = False
    """Characters such as `:` and `/` go as they are, not percent-encoded."""
    content_type: str | None = None
    """Media type of the value's text where it is not written by a style, such as `application/json`."""
    keeps_null: bool = False
    """A null is sent as such; otherwise it counts as left out."""
    names: int | None = None
    """Index in the binding's `nested`, where fields inside the value have other names on the wire."""
    part_headers: tuple[tuple[str, str], ...] = ()
    """Headers of the part that the value becomes in a multipart body, each name with its text."""
    fields: tuple["RestParameter", ...] = ()
    """How fields of a value that is a whole form are written, by their wire names; the others as forms write them."""


class NestedNames(_Terse):
    """Names of fields inside an argument that differ on the wire, and where further ones lie below."""

    fields: dict[str, str] = Field(default_factory=dict)
    """Offered name to wire name."""
    inner: dict[str, int] = Field(default_factory=dict)
    """Offered name to the index of the names inside that field."""
    items: int | None = None
    """Index of the names inside a list's items."""
    values: int | None = None
    """Index of the names inside the fields that are not named here."""


class ObjectTest(_Terse):
    """Tells the objects of one branch of a choice from those of the others."""

    needs: tuple[str, ...] = ()
    """Fields that such an object has."""
    lacks: tuple[str, ...] = ()
    """Fields that only objects of other branches have."""
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Fields that have, where they are there, one of a few texts."""


class BodyStep(_Terse):
    """One step from an object of a body, or a list in it, to what stands inside."""

    name: str
    """A field by its wire name; `[]` for every item of a list, `*` for every further field of an object; empty for
    where the way begins."""
    made: bool = False
    """No argument brings it: it is made where it is missing."""
    besides: tuple[str, ...] = ()
    """Of `*`: the fields that have names of their own."""
    tests: tuple[ObjectTest, ...] = ()
    """The step is made from objects that fit one of these; from all where there is none."""
    again: tuple[tuple["BodyStep", ...], ...] = ()
    """Ways from where it leads to further objects of the same kind, which are gone from there too, and so on."""


Holds = Literal["text", "list", "map"]
"""A secret is one text, or several in a list or an object."""


class Credential(_Terse):
    """Something secret a server wants; only the name of the environment variable that holds it is kept."""

    place: Place
    wire_name: str
    """Empty for a body that is nothing but the secret."""
    variable: str
    prefix: str = ""
    """Text before the secret, such as `Bearer `."""
    optional: bool = False
    """The server answers without it too: sent where the variable is set, left out where it is not."""
    alternatives: tuple[int, ...] = (0,)
    """Which of the endpoint's ways to prove who calls it belongs to: the first whose secrets are all there is sent."""
    steps: tuple[BodyStep, ...] = ()
    """Of a secret inside the body: the way to the objects that hold it. It is sent in those that are there."""
    tests: tuple[ObjectTest, ...] = ()
    """It stands in objects that fit one of these; in all where there is none."""
    field: RestParameter | None = None
    """How the parameter or field of the body that is made for it is written, where that is otherwise than as usual."""
    holds: Holds = "text"
    """What the server takes: of a list the variable holds one item or JSON, of a map JSON."""

    @property
    def inside(self) -> bool:
        """Whether it stands in an object inside the body, and is wanted only where that object is sent."""
        return bool(self.steps or self.tests)


class RestBinding(_Part):
    """An HTTP endpoint: method, URL template with `{wire_name}` holes, and where each argument goes."""

    kind: Literal["rest"] = "rest"
    method: Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "QUERY"] = "GET"
    url: str
    parameters: dict[str, RestParameter] = Field(default_factory=dict)
    constants: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Fixed values by place, for example `{"header": {"Accept": "application/json"}}`."""
    body_type: str | None = None
    """Media type of the request body where there is one, such as `application/json`."""
    whole_body: str | None = None
    """The argument that is the entire body, where the body is not an object of fields."""
    credentials: tuple[Credential, ...] = ()
    nested: tuple[NestedNames, ...] = ()
    """Names below the arguments, for those whose `names` leads here."""
    choices: tuple[tuple[tuple[str, ...], ...], ...] = ()
    """Of each choice, one group of arguments at least has to be given whole."""


class McpBinding(_Part):
    """A tool of an MCP server: a command to start (stdio) or a URL (streamable HTTP)."""

    kind: Literal["mcp"] = "mcp"
    command: tuple[str, ...] = ()
    url: str | None = None
    tool: str
    variables: tuple[str, ...] = ()
    """Names of environment variables handed on to a stdio server."""
    environment: tuple[tuple[str, str], ...] = ()
    """Further variables of a stdio server, each with its text; `${NAME}` in it stands for a variable of ours."""
    cwd: str | None = None
    """Folder in which a stdio server is started; null for the one of this process."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers for an HTTP server, each with its text; `${NAME}` in it stands for a variable of ours."""
    token_variable: str | None = None
    """Environment variable with the bearer token of an HTTP server."""
    read_only: bool | None = None
    """What the server says of the tool (`readOnlyHint`); null where it says nothing. Only `true` is probed."""
    sse: bool = False
    """Whether an HTTP server speaks the older transport of server-sent events."""
    wire_names: dict[str, str] = Field(default_factory=dict)
    """The server's name of each argument that is offered under another one."""
    nested: tuple[NestedNames, ...] = ()
    """Names below the arguments, where fields inside differ for the server; the first is the object of arguments."""
    result_schema: JsonObject | None = None
    """What the server says of the tool's structured results (`outputSchema`); results are checked against it."""


Binding = Annotated[PythonBinding | RestBinding | McpBinding, Field(discriminator="kind")]
_BINDING: TypeAdapter[Binding] = TypeAdapter(Binding)


def binding_of(text: str) -> Binding:
    """The binding in a table's column.

    Raises:
        pydantic.ValidationError: the text is not a binding.
    """
    return _BINDING.validate_json(text)


class Source(_Part):
    """Where an API came from."""

    name: str
    """Slug of the dropped source, `[a-z0-9-]+`."""
    file: str
    format: str
    """Name of the importer that read it."""
    content_hash: str
    original_name: str
    original_category: str | None = None
    license: str | None = None


class Probe(_Part):
    """The accessibility call: which arguments, what came of it."""

    arguments: JsonObject
    outcome: str
    status: int | None = None
    result: str | None = None


class Api(Record):
    """One callable API of the catalog."""

    SCHEMA: ClassVar[pl.Schema] = pl.Schema(
        {
            "api_id": pl.String,
            "name": pl.String,
            "description": pl.String,
            "parameters": pl.String,
            "returns": pl.String,
            "category": pl.String,
            "binding": pl.String,
            "source": pl.String,
            "probe": pl.String,
            "original": pl.String,
        }
    )

    api_id: str
    """Stable across imports: a hash of source name, format and original name."""
    name: str
    """What a model sees: unique in the catalog, `[A-Za-z0-9_.-]{1,64}`, never cut."""
    description: str
    parameters: JsonObject
    """A JSON Schema (Draft 2020-12) of type object; `required`, `default` and `examples` mean three things."""
    returns: JsonObject | None = None
    """JSON Schema of the result where it is known, else null."""
    category: str = "Other"
    binding: Binding
    source: Source
    probe: Probe | None = None
    original: JsonObject | None = None
    """Texts as the source had them, where they were rewritten: `{description, parameters: {name: description}}`."""

    @field_validator("name")
    @classmethod
    def _name_fits(cls, name: str) -> str:
        if not NAME_PATTERN.fullmatch(name):
            raise ValueError(f"{name!r} is not a valid tool name: use 1 to 64 characters of A-Z a-z 0-9 _ . -")
        return name

    @field_validator("category")
    @classmethod
    def _category_known(cls, category: str) -> str:
        if category not in CATEGORIES:
            raise ValueError(f"{category!r} is not one of the 21 categories: {', '.join(CATEGORIES)}")
        return category

    @field_validator("parameters")
    @classmethod
    def _is_object_schema(cls, schema: JsonObject) -> JsonObject:
        if schema.get("type") != "object" or not isinstance(schema.get("properties", {}), dict):
            raise ValueError('parameters must be a JSON Schema with "type": "object" and "properties"')
        return schema

    def tool(self) -> JsonObject:
        """The tool as offered to a model: `{api_id, name, description, parameters}`."""
        return {
            "api_id": self.api_id,
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }


class RejectedApi(Record):
    """An API, operation or whole file that did not get into the catalog, with the reason."""

    SCHEMA: ClassVar[pl.Schema] = pl.Schema(
        {
            "source": pl.String,
            "file": pl.String,
            "original_name": pl.String,
            "step": pl.String,
            "reason": pl.String,
            "detail": pl.String,
            "api": pl.String,
        }
    )

    source: str
    file: str
    original_name: str
    step: Literal["import", "documentation", "accessibility"]
    reason: str
    detail: str
    api: JsonObject | None = None
    """The API as it was when a filter rejected it; null where the import itself failed."""


def make_api_id(source: str, format_: str, original_name: str) -> str:
    """A stable id: the same API of the same source keeps it over re-imports and edits of its documentation."""
    return content_hash([source, format_, original_name])
