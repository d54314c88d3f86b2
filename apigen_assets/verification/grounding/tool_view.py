"""What a tool and its parameters say of themselves, read once per tool however many rows offer it."""

import re
from functools import cached_property

from apigen_assets.domain.tool import Tool
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import unrolled
from apigen_assets.verification.grounding.english import HUMP, content_stems, fold, stem, words_in
from apigen_assets.verification.grounding.quantities import declares_units, scale_wanted, unit_wanted

_KEY = re.compile(r"\.([^.\[\]]+)")
_LISTED = re.compile(r"(?:^|(?<=\s))One of: (.+?)\.(?=$|\s+Fields: )", re.DOTALL)
"""Allowed values at the end of a description, where a flat tool of a release (`dataset.xlam`) has them."""
_DATED = re.compile(
    r"(?:^|_)(?:date|day|start|end|from|to|until|since|before|after|return|depart\w*|check_?(?:in|out))"
)
_DATE_FORMAT = re.compile(r"yyyy|\biso[ -]?8601\b|\bdates?\b|\bday\b")
_LATITUDE, _LONGITUDE = re.compile(r"(?:.*_)?lat"), re.compile(r"(?:.*_)?(?:lon|lng)")
_NEGATIVE_FOR = re.compile(r"\bnegative\s+(?:to|if|when|for|means|values?\s+(?:mean|are|is)|is|=|:)\s+([a-z -]{2,40})")
_NEGATIVE_BACK = re.compile(
    r"(?<!non-)(?<!not )\bnegative\s[a-z ]{0,24}\b(?:back|backwards?|past|before|earlier|ago|subtract\w*)\b"
)
_NUMERIC = frozenset({"integer", "number"})


class ParameterView:
    """A parameter, or a value inside of one: its name, its schema, and what both say of the value wanted."""

    def __init__(self, name: str, schema: JsonObject) -> None:
        """View a parameter.

        Args:
            name: its name; of a value inside, the innermost key that leads to it.
            schema: its JSON Schema, without `$defs`.
        """
        self.name = name
        self.schema = schema
        self._inside: dict[str, ParameterView] = {}

    @cached_property
    def folded(self) -> str:
        """The name, folded."""
        return fold(self.name)

    @cached_property
    def parts(self) -> frozenset[str]:
        """The parts of the folded name between underscores."""
        return frozenset(self.folded.split("_"))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of the words of the name."""
        return content_stems(self.name.replace("_", " "))

    @cached_property
    def described(self) -> str:
        """The description, folded; empty where there is none."""
        return fold(str(self.schema.get("description") or ""))

    @cached_property
    def unit(self) -> str | None:
        """Pint's name of the unit that the value is wanted in; null where none is named."""
        return unit_wanted(self.folded, self.described)

    @cached_property
    def scale(self) -> str | None:
        """`fraction` or `percent` where the parameter says which of both it wants."""
        return scale_wanted(self.folded, self.described)

    @cached_property
    def axis(self) -> str:
        """`lat` or `lon` where a coordinate is wanted; empty elsewhere."""
        return "lat" if _LATITUDE.match(self.folded) else "lon" if _LONGITUDE.match(self.folded) else ""

    @cached_property
    def is_negative_back(self) -> bool:
        """Whether a negative value leads back in time, by the description."""
        return _NEGATIVE_BACK.search(self.described) is not None

    @cached_property
    def negative_for(self) -> str | None:
        """What a negative value stands for, by the description; null where it does not say."""
        said = _NEGATIVE_FOR.search(self.described)
        return said[1] if said else None

    @cached_property
    def choices(self) -> list[str]:
        """The strings that the schema allows; as `enum_of`."""
        return enum_of(self.schema)

    @cached_property
    def is_numeric(self) -> bool:
        """Whether a branch of the schema takes numbers."""
        branches = [self.schema, *(branch for branch in self.schema.get("anyOf", ()) if isinstance(branch, dict))]
        return any(not _NUMERIC.isdisjoint(map(str, kinds_of(branch))) for branch in branches)

    @cached_property
    def is_dated(self) -> bool:
        """Whether it takes a date as a text."""
        return takes_date(self.folded, self)

    @cached_property
    def items(self) -> "ParameterView":
        """An element of a list."""
        items = self.schema.get("items")
        return ParameterView(self.name, items if isinstance(items, dict) else {})

    def inside(self, key: str) -> "ParameterView":
        """The value of one key of an object."""
        view = self._inside.get(key)
        if view is None:
            schema = (self.schema.get("properties") or {}).get(key)
            keys = _KEY.findall(f".{key}")
            view = ParameterView(keys[-1] if keys else self.name, schema if isinstance(schema, dict) else {})
            if isinstance(schema, dict):  # keys that a call makes up would be kept without end
                self._inside[key] = view
        return view


class ToolView:
    """A tool with its parameters, and what its words speak of."""

    def __init__(self, tool: Tool) -> None:
        """View a tool; schemas that contain themselves are written out some levels deep."""
        schema = unrolled(tool.parameters)
        properties = schema.get("properties") or {}
        self.name = tool.name
        self.description = tool.description
        self.names: tuple[str, ...] = tuple(properties)
        """The names of all parameters."""
        self.required: tuple[str, ...] = tuple(schema.get("required") or ())
        self.parameters: dict[str, ParameterView] = {
            name: ParameterView(name, own) for name, own in properties.items() if isinstance(own, dict)
        }
        """The parameters that have a schema, by name."""

    def parameter(self, name: str) -> ParameterView:
        """The parameter of a name, without a schema where the tool has none for it."""
        return self.parameters.get(name) or ParameterView(name, {})

    @cached_property
    def declares_units(self) -> bool:
        """Whether the unit is a parameter, so that a value is right in the unit the query uses."""
        return declares_units(self.names)

    @cached_property
    def takes_dates(self) -> bool:
        """Whether one of its parameters takes a date."""
        return any(parameter.is_dated for parameter in self.parameters.values())

    @cached_property
    def name_words(self) -> frozenset[str]:
        """Folded words of the names of the tool and of its parameters."""
        names = (self.name, *self.names)
        return frozenset(word.text for name in names for word in words_in(fold(HUMP.sub(" ", name))))

    @cached_property
    def name_stems(self) -> frozenset[str]:
        """Stems of the tool's name."""
        return content_stems(self.name.replace("_", " "))

    @cached_property
    def first_stem(self) -> str | None:
        """Stem of the first word of the name, which most often says what the tool does."""
        words = words_in(fold(HUMP.sub(" ", self.name)))
        return stem(words[0].text) if words else None

    @cached_property
    def description_words(self) -> list[str]:
        """The words of its description, folded, in order."""
        return [word.text for word in words_in(fold(self.description))]

    @cached_property
    def description_vocabulary(self) -> frozenset[str]:
        """The words of its description, each once."""
        return frozenset(self.description_words)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of its name and description."""
        return content_stems(f"{self.name} {self.description}".replace("_", " "))

    @cached_property
    def split_stems(self) -> frozenset[str]:
        """As `stems`, with what dots and hyphens join taken apart."""
        return content_stems(re.sub(r"[_.-]", " ", f"{HUMP.sub(' ', self.name)} {self.description}"))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Stems of its name and description and of its parameters' names."""
        return content_stems(f"{self.name} {self.description} {' '.join(self.names)}".replace("_", " "))

    @cached_property
    def whole_vocabulary(self) -> frozenset[str]:
        """Stems of all that it says of itself and of its parameters."""
        described = (str(view.schema.get("description") or "") for view in self.parameters.values())
        texts = (self.name, self.description, *self.names, *described)
        return content_stems(re.sub(r"[_.-]", " ", HUMP.sub(" ", " ".join(texts))))

    @cached_property
    def first_sentence(self) -> frozenset[str]:
        """Stems of the first sentence of the description."""
        return content_stems(re.split(r"[.:\n]", self.description)[0])

    @cached_property
    def cues(self) -> dict[str, frozenset[str]]:
        """By parameter the stems of its name and description that no other parameter shares."""
        of_tool = content_stems(re.sub(r"[_.-]", " ", f"{self.name} {self.description}"))
        names = {name: content_stems(name.replace("_", " ")) for name in self.names}
        full = {name: names[name] | content_stems(self._unlisted(name)) for name in self.names}
        out = {}
        for name in names:
            others = frozenset().union(*(full[other] for other in names if other != name))
            names_of_others = frozenset().union(*(names[other] for other in names if other != name))
            out[name] = (names[name] - names_of_others) | (full[name] - others - of_tool)
        return out

    def _unlisted(self, name: str) -> str:
        """A parameter's description without the allowed values at its end."""
        return _LISTED.sub("", str(self.parameter(name).schema.get("description") or ""))


def takes_date(name: str, view: ParameterView) -> bool:
    """Whether a value is wanted that is a date as a text, by its schema and the folded name of its parameter."""
    if "string" not in kinds_of(view.schema):
        return False
    if view.schema.get("format") in {"date", "date-time"}:
        return True
    return _DATED.search(name) is not None and _DATE_FORMAT.search(f"{view.described} {name}") is not None


def kinds_of(schema: JsonObject) -> list[JsonValue]:
    """The types that a schema names itself."""
    kinds = schema.get("type")
    return list(kinds) if isinstance(kinds, list) else [kinds]


def enum_of(schema: JsonObject) -> list[str]:
    """The strings a schema allows, where it lists them, or its description at the end (`One of: a, b.`)."""
    if isinstance(schema.get("enum"), list):
        return [member for member in schema["enum"] if isinstance(member, str)]
    for branch in schema.get("anyOf", ()):
        if isinstance(branch, dict) and isinstance(branch.get("enum"), list):
            return [member for member in branch["enum"] if isinstance(member, str)]
    listed = _LISTED.search(str(schema.get("description") or "")) if _is_text(schema) else None
    return listed[1].split(", ") if listed else []


def _is_text(schema: JsonObject) -> bool:
    return "string" in kinds_of(schema) or any(
        isinstance(branch, dict) and _is_text(branch) for branch in schema.get("anyOf", ())
    )
