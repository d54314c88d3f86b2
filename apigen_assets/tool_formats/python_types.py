"""Python types that JSON can carry, by name: each with its JSON Schema, and what generic ones are."""

from apigen_assets.files.json_types import JsonObject

STANDARD = frozenset(
    {
        "builtins", "typing", "typing_extensions", "collections", "datetime", "decimal", "fractions", "uuid", "pathlib",
        "ipaddress", "re", "zoneinfo", "enum", "numbers", "os", "types", "dataclasses", "pydantic", "pydantic_settings",
        "annotated_types", "fastapi", "typer", "sqlmodel",
    }
)  # fmt: skip
"""Packages whose names mean what the tables here say; a class of the same name from elsewhere is another one."""

_TEXT: JsonObject = {"type": "string"}


def _text(format_: str) -> JsonObject:
    return {"type": "string", "format": format_}


SCALARS: dict[str, JsonObject] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": _TEXT,
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "NoneType": {"type": "null"},
    "Any": {},
    "object": {},
    "Hashable": {},
    "LiteralString": _TEXT,
    "AnyStr": _TEXT,
    "Text": _TEXT,
    "date": _text("date"),
    "datetime": _text("date-time"),
    "time": _text("time"),
    "timedelta": _text("duration"),
    "UUID": _text("uuid"),
    "Decimal": {"type": "number"},
    "Fraction": {"type": ["number", "string"]},
    "Number": {"type": "number"},
    "Real": {"type": "number"},
    "Rational": {"type": "number"},
    "Integral": {"type": "integer"},
    "SupportsFloat": {"type": "number"},
    "SupportsInt": {"type": "number"},
    "SupportsIndex": {"type": "integer"},
    **dict.fromkeys(("Path", "PurePath", "PosixPath", "PurePosixPath", "PathLike"), _text("path")),
    "IPv4Address": _text("ipv4"),
    "IPv6Address": _text("ipv6"),
    **dict.fromkeys(("IPv4Network", "IPv6Network", "IPv4Interface", "IPv6Interface"), _TEXT),
    "ZoneInfo": _TEXT,
    "Pattern": _text("regex"),
    # pydantic
    "PositiveInt": {"type": "integer", "exclusiveMinimum": 0},
    "NonNegativeInt": {"type": "integer", "minimum": 0},
    "NegativeInt": {"type": "integer", "exclusiveMaximum": 0},
    "NonPositiveInt": {"type": "integer", "maximum": 0},
    "PositiveFloat": {"type": "number", "exclusiveMinimum": 0},
    "NonNegativeFloat": {"type": "number", "minimum": 0},
    "NegativeFloat": {"type": "number", "exclusiveMaximum": 0},
    "NonPositiveFloat": {"type": "number", "maximum": 0},
    "FiniteFloat": {"type": "number"},
    "StrictInt": {"type": "integer"},
    "StrictFloat": {"type": "number"},
    "StrictStr": _TEXT,
    "StrictBool": {"type": "boolean"},
    "EmailStr": _text("email"),
    **dict.fromkeys(("HttpUrl", "AnyUrl", "AnyHttpUrl"), _text("uri")),
    **dict.fromkeys(("AwareDatetime", "NaiveDatetime", "PastDatetime", "FutureDatetime"), _text("date-time")),
    **dict.fromkeys(("PastDate", "FutureDate"), _text("date")),
    **dict.fromkeys(("UUID1", "UUID3", "UUID4", "UUID5"), _text("uuid")),
}
"""`Fraction`: pydantic reads "1/3" and 0.5; a `timedelta` only ISO 8601 text."""

LISTS = frozenset(
    {
        "list", "List", "Sequence", "MutableSequence", "Iterable", "Collection", "Container", "Reversible", "deque",
        "Deque",
    }
)  # fmt: skip
TUPLES = frozenset({"tuple", "Tuple"})
SETS = frozenset({"set", "Set", "frozenset", "FrozenSet", "AbstractSet", "MutableSet"})
MAPPINGS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "DefaultDict", "Counter"}
)
WRAPPERS = frozenset({"Required", "NotRequired", "ReadOnly", "Final", "ClassVar", "InitVar"})
NOT_JSON = frozenset(
    {
        "bytes", "bytearray", "memoryview", "complex", "Callable", "type", "Type", "Generator", "Iterator",
        "AsyncIterator", "Awaitable", "Coroutine", "IO", "TextIO", "BinaryIO", "range", "slice", "Self", "NoReturn",
        "Never", "SecretStr", "SecretBytes", "Match", "tzinfo", "timezone", "ModuleType",
    }
)  # fmt: skip

MODEL_BASES = frozenset({"BaseModel", "BaseSettings", "SQLModel", "RootModel", "TypedDict", "NamedTuple"})
ENUM_BASES = frozenset({"Enum", "IntEnum", "StrEnum", "IntFlag", "Flag"})
DESCRIBERS = frozenset({"Field", "field", "Query", "Body", "Path", "Header", "Cookie", "Form", "Option", "Argument"})
"""Calls that stand where a default would, and describe it."""
CONSTRAINTS = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
    "min": "minimum",
    "max": "maximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
    "regex": "pattern",
    "description": "description",
    "help": "description",
    "examples": "examples",
}
LENGTHS = frozenset({"min_length", "max_length"})
MARKERS = {"Ge": "ge", "Le": "le", "Gt": "gt", "Lt": "lt", "MultipleOf": "multiple_of", "Doc": "description",
           "MinLen": "min_length", "MaxLen": "max_length"}  # fmt: skip
"""Classes of `annotated_types` and the keyword of `Field` that says the same."""
CONSTRAINED = {
    "conint": {"type": "integer"},
    "confloat": {"type": "number"},
    "condecimal": {"type": "number"},
    "constr": _TEXT,
    "conlist": {"type": "array"},
    "conset": {"type": "array", "uniqueItems": True},
}
"""Functions of pydantic that make a constrained type."""
