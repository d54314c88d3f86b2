"""What each pair of a prompt shall be like, so that a partition covers what its APIs can do and its queries differ.

A plan is a pure function of the seed, the API and the count of its pairs so far: every optional parameter and every
enum member comes round in turn, and level, length, person and form of the values vary beside them.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from apigen_assets.generation.templates import read_personas
from apigen_assets.tool_formats.filler_text import is_filler
from apigen_assets.tool_formats.plumbing import is_plumbing

LEVELS = ("easy", "medium", "hard")
LENGTHS = ("short", "medium", "long")
PERSON_SHARE = 0.6
FORMS = {
    "calendar": "dates as people say them, with the year",
    "relative": "a date relative to a day that the query states",
    "names": "the name of what a code stands for",
    "unit": "a quantity in another common unit, converted in the call",
    "words": "numbers in words",
    "thousands": "large numbers with separators",
    "encoded": "the content of a small file as its base64 code, quoted whole",
}
"""How values may be put where not in digits and codes, as the prompt says it."""
PERSONAS = read_personas()

_FORM_SHARES = {
    "calendar": 0.3,
    "relative": 0.2,
    "names": 0.3,
    "unit": 0.1,
    "words": 0.15,
    "thousands": 0.1,
    "encoded": 1.0,
}
_UNIT = re.compile(
    r"\b(?:in|as) (?:kilo|centi|milli)?(?:met(?:er|re)s|grams?|lit(?:er|re)s)\b|\bin (?:seconds|minutes|hours|days)\b"
    r"|_(?:km|cm|mm|kg|mg|ml|minutes|hours|seconds)$",
    re.IGNORECASE,
)
_TOLD = re.compile(r"(?:to|most|below|under|than) (\d[\d,]*)\b(?!\^)")
_LARGE = 10_000
_CODE = re.compile(r"\b(?:iso|iata|letter|currency|country|language)\b.*\bcodes?\b", re.IGNORECASE)


@dataclass(frozen=True)
class PairPlan:
    """One pair's assignment; it speaks of the prompt's first target."""

    use: tuple[str, ...] = ()
    """Optional parameters whose values the query says."""
    set: JsonObject = field(default_factory=dict)
    """Values of parameters with permitted values, required or in `use`."""
    form: str | None = None
    """A key of `FORMS`; null for values as they are."""
    level: str = "medium"
    length: str = "medium"
    who: str | None = None

    def to_json(self) -> JsonObject:
        """The plan as the prompt shows it; what is ordinary is left out."""
        shown: JsonObject = {}
        if self.use:
            shown["use"] = list(self.use)
        if self.set:
            shown["set"] = self.set
        if self.form is not None:
            shown["form"] = FORMS[self.form]
        if self.level != "medium":
            shown["level"] = self.level
        if self.length != "medium":
            shown["length"] = self.length
        if self.who is not None:
            shown["who"] = self.who
        return shown


class Planner:
    """Plans for one API's pairs.

    Args:
        seed: text that all chance comes from, such as the run's seed and the API's id.
        parameters: the API's JSON Schema.
    """

    def __init__(self, seed: str, parameters: JsonMapping) -> None:
        self._seed = seed
        chance = random.Random(f"{seed}|order")
        properties: dict[str, JsonObject] = {
            name: schema for name, schema in (parameters.get("properties") or {}).items() if isinstance(schema, dict)
        }
        required = set(parameters.get("required") or ())
        optional = [
            name for name, schema in properties.items() if name not in required and not is_plumbing(name, schema)
        ]
        chance.shuffle(optional)
        self._uses = _uses(optional)
        self._members = {name: members for name, schema in properties.items() if (members := _members(schema))}
        self._rivals: dict[str, int] = {}
        """By parameter, how many with the same permitted values come before it: those must differ (`from`, `to`)."""
        orders: dict[str, list[list[JsonValue]]] = {}
        for name, members in self._members.items():
            alike = orders.setdefault(dumps(sorted(members, key=dumps)), [])
            self._rivals[name] = len(alike)
            if alike:
                members[:] = alike[0]
            else:
                chance.shuffle(members)
            alike.append(members)
        self._required = [name for name in self._members if name in required]
        self._required_names = [name for name in properties if name in required]
        self._forms = {name: _forms_for({name: schema}) for name, schema in properties.items()}
        self._people = list(PERSONAS)
        chance.shuffle(self._people)

    def plans(self, start: int, number: int, terse: bool = False) -> tuple[PairPlan, ...]:
        """The plans of `number` pairs, the first of which is the API's `start`-th.

        Args:
            start: pairs of this API planned before.
            number: pairs wanted.
            terse: queries of few words, which show no person and have no length.
        """
        return tuple(self._plan(count, terse) for count in range(start, start + number))

    def _plan(self, count: int, terse: bool) -> PairPlan:
        chance = random.Random(f"{self._seed}|{count}")
        use = self._used(count)
        values: JsonObject = {name: self._member(name, count) for name in self._required}
        for name in use:
            if name in self._members:
                values[name] = self._member(name, self._used_before(name, count))
        self._set_apart(values)
        form = None
        said = (name for name in (*self._required_names, *use) if name not in values)
        possible = {form for name in said for form in self._forms[name]}
        for name in FORMS:
            if name not in possible:
                continue
            if chance.random() < _FORM_SHARES[name]:
                form = name
                break
        person = chance.random() < PERSON_SHARE
        return PairPlan(
            use=use,
            set=values,
            form=form,
            level=LEVELS[(count + chance.randrange(2)) % 3],
            length="medium" if terse else chance.choices(LENGTHS, (3, 4, 3))[0],
            who=self._people[count % len(self._people)] if person and not terse else None,
        )

    def _set_apart(self, values: JsonObject) -> None:
        """Parameters with the same permitted values get different ones: nobody converts miles to miles."""
        for name in values:
            members = self._members[name]
            alike = [value for rival, value in values.items() if rival != name and self._members[rival] == members]
            if values[name] in alike and len(members) > len(alike):
                values[name] = next(member for member in members if member not in alike)

    def _used(self, count: int) -> tuple[str, ...]:
        return self._uses[count % len(self._uses)]

    def _used_before(self, name: str, count: int) -> int:
        """How many of the API's pairs before used a parameter: by that it walks through its permitted values."""
        rounds, place = divmod(count, len(self._uses))
        return rounds * sum(name in use for use in self._uses) + sum(name in use for use in self._uses[:place])

    def _member(self, name: str, count: int) -> JsonValue:
        members = self._members[name]
        size, rivals = len(members), self._rivals[name]
        if rivals and size > rivals:
            # Behind the first one by a distance that grows with every round, and never by none.
            count += 1 + (rivals - 1 + count // size) % (size - 1)
        return members[count % size]


def _uses(optional: Sequence[str]) -> list[tuple[str, ...]]:
    """One round of the optional parameters that pairs use: each beside another, each alone, each beside two others.

    One pair of a round uses none, and every parameter has as many turns as the others.
    """
    size = len(optional)
    if size == 0:
        return [()]
    if size == 1:
        return [tuple(optional), tuple(optional), ()]
    uses: list[tuple[str, ...]] = []
    for together in dict.fromkeys(min(number, size) for number in (2, 1, 3)):
        step = max(1, size // 3) if together == 3 else 1
        turns = range(size if together < size else 1)
        uses += [tuple(optional[(turn + step * place) % size] for place in range(together)) for turn in turns]
    return [*uses, ()]


def _members(schema: JsonObject) -> list[JsonValue]:
    """The permitted values of a parameter; of a list of permitted values, lists of one."""
    if isinstance(schema.get("enum"), list):
        return [member for member in schema["enum"] if member is not None and not is_filler(member)]
    for option in schema.get("anyOf") or schema.get("oneOf") or ():
        if isinstance(option, dict) and isinstance(option.get("enum"), list):
            return _members(option)
    items = schema.get("items")
    if isinstance(items, dict) and isinstance(items.get("enum"), list) and schema.get("minItems", 0) <= 1:
        return [[member] for member in items["enum"] if member is not None and not is_filler(member)]
    return []


def _forms_for(properties: JsonMapping) -> Sequence[str]:
    """The forms that a value of one of these parameters can take."""
    forms = []
    schemas = [(name, schema, str(schema.get("description", ""))) for name, schema in properties.items()]
    numbers = [(name, text) for name, schema, text in schemas if schema.get("type") in ("integer", "number")]
    free = [one for one in schemas if not one[1].get("enum")]
    if any(schema.get("format") == "date" for _, schema, _ in schemas):
        forms += ["calendar", "relative"]
    if any(schema.get("type") == "string" and _CODE.search(f"{name} {text}") for name, schema, text in free):
        forms.append("names")
    if any(_UNIT.search(name) or _UNIT.search(text) for name, text in numbers):
        forms.append("unit")
    if any(is_base64(name, schema) for name, schema, _ in free):
        forms.append("encoded")
    if numbers:
        forms.append("words")
    if any(_may_be_large(properties[name], text) for name, text in numbers):
        forms.append("thousands")
    return forms


def is_base64(name: str, schema: JsonMapping) -> bool:
    """Whether a text parameter takes the content of a file in base64: nobody can say that in words."""
    if schema.get("type") != "string":
        return False
    coded = schema.get("format") == "byte" or str(schema.get("contentEncoding", "")).lower().startswith("base64")
    return coded or re.search(r"base.?64", f"{name} {schema.get('description', '')}", re.IGNORECASE) is not None


def _may_be_large(schema: JsonObject, description: str) -> bool:
    """Whether a number may have so many digits that people write separators."""
    highest = schema.get("maximum", schema.get("exclusiveMaximum"))
    told = [float(number.replace(",", "")) for number in _TOLD.findall(description)]
    return (highest is None or highest >= _LARGE) and (not told or max(told) >= _LARGE)
