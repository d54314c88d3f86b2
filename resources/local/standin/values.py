"""Values for the arguments of a call, plausible for what names, types and descriptions say."""

import random
import re
from collections.abc import Collection, Sequence

from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from resources.local.standin.described_forms import value_of_form
from resources.local.standin.described_limits import bounds, listed_numbers, listed_values
from resources.local.standin.harmonise import harmonised
from resources.local.standin.schema_kinds import (
    NOTHING,
    Schema,
    is_of_kind,
    kind_of,
    shares_of_one,
    singular,
    spaced,
    whole_above,
)
from resources.local.standin.value_rules import POOLS_BY_NAME, RANGES_BY_NAME, SMALL
from resources.local.standin.words import OBJECTS, POOLS, SUBJECTS, VERBS


class ValueMaker:
    """Makes arguments for one tool's parameters.

    Args:
        rng: the source of chance.
        seen: argument sets met in the prompt's examples of the same tool.
    """

    def __init__(self, rng: random.Random, seen: Sequence[JsonObject] = ()) -> None:
        self._rng = rng
        self._calls = seen
        self._seen: dict[str, list[JsonValue]] = {}
        self._scale = 1.0
        self._defs: JsonObject = {}
        self._length = rng.randint(3, 5)

    def arguments(
        self,
        parameters: Schema,
        optional_share: float = 0.3,
        use: Collection[str] | None = None,
        fixed: JsonMapping | None = None,
    ) -> JsonObject:
        """Arguments for a parameters schema: all required ones, and some of the optional.

        Args:
            parameters: the schema of the arguments.
            optional_share: how often an optional parameter is taken where `use` does not say.
            use: the optional parameters to take, and no other; null where that is open.
            fixed: values that are told.
        """
        rng = self._rng
        self._defs = {**parameters.get("$defs", {}), **parameters.get("definitions", {})}
        # Lists of one call often belong together, so they get one length.
        self._length = rng.randint(3, 5)
        # Values of one example fit each other, so all hints come from one, changed by one factor.
        self._seen = {name: [value] for name, value in rng.choice(self._calls).items()} if self._calls else {}
        self._scale = rng.uniform(0.7, 1.5)
        properties = parameters.get("properties", {})
        required = set(parameters.get("required", ()))
        out: JsonObject = {}
        for name, schema in properties.items():
            schema = schema if isinstance(schema, dict) else {}
            wanted = 0.8 if name in self._seen else optional_share
            if use is not None:
                wanted = float(name in use)
            if name not in required and rng.random() >= wanted:
                continue
            if fixed and name in fixed:
                out[name] = fixed[name]
                continue
            value = self.value(name, schema)
            if value is None or (name not in required and value == schema.get("default", NOTHING)):
                # Nobody mentions an option only to leave it as it is.
                if name in required:
                    out[name] = value
                continue
            out[name] = value
        if not out and properties and optional_share > 0:
            name = rng.choice(list(properties))
            value = self.value(name, properties[name] if isinstance(properties[name], dict) else {})
            if value is not None:
                out[name] = value
        return harmonised(out, properties)

    def value(self, name: str, schema: object, depth: int = 0) -> JsonValue:
        """One value for a parameter."""
        # A schema may be `true`, and a recursive one has no end.
        schema = self._resolved(schema) if isinstance(schema, dict) and depth < 6 else {}
        rng = self._rng
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            options = [
                option for option in schema["enum"] if option is not None and option != schema.get("default", NOTHING)
            ]
            return rng.choice(options or schema["enum"])
        kind = kind_of(schema)
        examples = self._examples(schema, kind)
        if examples and rng.random() < (0.5 if kind in ("integer", "number") else 0.85):
            return rng.choice(examples)
        seen = [value for value in self._seen.get(name, ()) if is_of_kind(value, kind)] if depth == 0 else []
        if kind in ("array", "object") and seen and rng.random() < 0.95:
            return self._varied(rng.choice(seen), schema)
        if kind == "array":
            return self._array(name, schema, depth)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "boolean":
            default = schema.get("default")
            return (not default) if isinstance(default, bool) else rng.random() < 0.6
        if kind in ("integer", "number"):
            listed = listed_numbers(str(schema.get("description", "")), kind)
            if listed:
                return rng.choice(listed)
            if seen and rng.random() < 0.92:
                return self._near(rng.choice(seen), schema, kind)
            default = schema.get("default")
            if is_of_kind(default, kind) and default != 0 and rng.random() < 0.85:
                return self._near(default, schema, kind)
            return self._number(name, schema, kind)
        if kind == "null":
            return None
        return self._string(name, schema, seen)

    def _resolved(self, schema: Schema) -> Schema:
        for _ in range(8):
            if "$ref" in schema:
                target = self._defs.get(str(schema["$ref"]).rsplit("/", 1)[-1], {})
                schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
                continue
            options = schema.get("anyOf") or schema.get("oneOf")
            if isinstance(options, list):
                real = [option for option in options if isinstance(option, dict) and option.get("type") != "null"]
                if not real:
                    return {"type": "null"}
                rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
                schema = {**rest, **real[0]}
                continue
            return schema
        return {}

    def _examples(self, schema: Schema, kind: str) -> list[JsonValue]:
        listed = schema.get("examples")
        out = list(listed) if isinstance(listed, list) else []
        if "example" in schema:
            out.append(schema["example"])
        return [value for value in out if is_of_kind(value, kind)]

    def _number(self, name: str, schema: Schema, kind: str) -> JsonValue:
        rng = self._rng
        description = str(schema.get("description", ""))
        low, high = bounds(schema)
        words = spaced(name)
        whole = kind == "integer"
        digits = 0 if whole else rng.choice((0, 1, 1, 2))
        context = f"{words} {description.lower()}"
        guess: tuple[float, float] | None = None
        if whole and SMALL.match(words):
            guess = (2, 10)
        else:
            for subject in (words, context):
                for pattern, lowest, highest, places in RANGES_BY_NAME:
                    if pattern.search(subject) and not (highest < 1 and "percent" in context):
                        guess = (lowest, highest)
                        digits = 0 if whole else places
                        break
                if guess:
                    break
        start, stop = guess or ((2, 60) if whole else (1, 100))
        if low is not None and high is not None:
            start, stop = max(low, start), min(high, stop)
            if start > stop or (guess is None and high - low <= 1000):
                start, stop = low, high
        elif low is not None:
            start, stop = max(low, start), max(low + (stop - start), stop)
        elif high is not None:
            start, stop = (start, high) if start <= high else (high - (stop - start), high)
        if not whole and stop - start <= 2 and digits < 2:
            digits = 2
        if whole:
            first, last = whole_above(start), int(stop // 1)
            value: JsonValue = rng.randint(first, last) if last >= first else first
        else:
            value = round(rng.uniform(start, stop), digits)
            value = min(max(value, start), stop)
            if float(value).is_integer() and rng.random() < 0.7:
                value = int(value)
        step = schema.get("multipleOf")
        if isinstance(step, int | float) and step > 0:
            value = round(value / step) * step
        if schema.get("exclusiveMinimum") == value or schema.get("exclusiveMaximum") == value:
            value = (start + stop) // 2 if whole else round((start + stop) / 2, 3)
        return value

    def _near(self, value: JsonValue, schema: Schema, kind: str) -> JsonValue:
        """A number of the size of one met in an example."""
        rng = self._rng
        low, high = bounds(schema)
        if value == 0:
            return value
        factor = self._scale * rng.uniform(0.94, 1.06)
        if kind == "integer":
            if 1900 <= value <= 2100:
                new: JsonValue = int(value) + rng.randint(-20, 10)
            elif abs(value) <= 12:
                new = int(value) + rng.choice((-1, 0, 1, 1, 2))
                new = new if new * value > 0 else int(value)
            else:
                new = round(value * factor)
                if abs(value) >= 500 and value % 50 == 0:
                    new = round(new / 50) * 50
        else:
            text = repr(value)
            places = len(text.split(".")[1]) if "." in text and "e" not in text else 0
            if isinstance(value, float) and value.is_integer():
                places = 0
            new = round(value * factor, places)
            if places == 0 and abs(new) < 1e15:
                new = int(new)
            if new == 0:
                new = value
        if (low is not None and new < low) or (high is not None and new > high):
            return value
        return new

    def _varied(self, value: object, schema: Schema) -> JsonValue:
        """A structure met in an example with other numbers in it."""
        rng = self._rng
        if isinstance(value, list):
            numbers = [item for item in value if isinstance(item, int | float) and not isinstance(item, bool)]
            items = schema.get("items") if isinstance(schema.get("items"), dict) else {}
            described = str(schema.get("description", "")).lower()
            if numbers and len(numbers) == len(value):
                if any(word in described for word in ("probabilit", "weights", "sum to", "binary", "permutation")):
                    return list(value)
                whole = all(isinstance(number, int) for number in numbers)
                new = [self._near(item, items or {}, "integer" if whole else "number") for item in value]
                if numbers == sorted(numbers):
                    new.sort()
                if len(set(numbers)) == len(numbers) and len(set(new)) != len(new):
                    return list(value)
                return new
            if all(isinstance(item, list) for item in value) and rng.random() < 0.7:
                return [self._varied(item, items or {}) for item in value]
            if all(isinstance(item, str) for item in value) and len(value) > 2 and rng.random() < 0.5:
                shuffled = list(value)
                rng.shuffle(shuffled)
                return shuffled
        return value

    def _array(self, name: str, schema: Schema, depth: int) -> list[JsonValue]:
        rng = self._rng
        prefix = schema.get("prefixItems")
        if isinstance(prefix, list) and prefix:
            return [self.value(name, item_schema, depth + 1) for item_schema in prefix]
        items = schema.get("items")
        items = self._resolved(items) if isinstance(items, dict) else {"type": "number"}
        description = str(schema.get("description", "")).lower()
        if "description" not in items and schema.get("description"):
            items = {**items, "description": schema["description"]}
        least = int(schema.get("minItems", 0))
        most = int(schema.get("maxItems", max(8, least)))
        length = min(max(self._length if depth == 0 else least or 2, least, 1), most)
        inner = singular(name)
        if kind_of(items) == "array" and depth == 0:
            size = rng.choice((2, 2, 3))
            if "minItems" in items:
                size = int(items["minItems"])
                rows = max(length, 3) if size == 2 else length
            else:
                rows = size if not least else max(size, least)
                items = {**items, "minItems": size, "maxItems": size}
            return [self._array(inner, items, depth + 1) for _ in range(rows)]
        out: list[JsonValue] = []
        unique = schema.get("uniqueItems") or "distinct" in description or "unique" in description
        for _ in range(length * 4):
            item = self.value(inner, items, depth + 1)
            if not (unique and item in out) and not (isinstance(item, str) and item in out):
                out.append(item)
            if len(out) == length:
                break
        if "sorted" in description or "ascending" in description or "increasing" in description:
            out.sort(key=lambda item: (str(type(item)), item))
        if name.startswith(("probabilit", "weights")) or "sum to 1" in description or "sum to one" in description:
            out = shares_of_one(rng, len(out))
        return out

    def _object(self, schema: Schema, depth: int) -> JsonObject:
        properties = schema.get("properties")
        if isinstance(properties, dict) and properties:
            required = set(schema.get("required", properties))
            return {
                key: self.value(key, inner if isinstance(inner, dict) else {}, depth + 1)
                for key, inner in properties.items()
                if key in required or self._rng.random() < 0.3
            }
        inner = schema.get("additionalProperties")
        inner = inner if isinstance(inner, dict) else {"type": "integer"}
        keys = self._rng.sample(POOLS["fruit"], 3)
        return {key: self.value(key, inner, depth + 1) for key in keys}

    def _string(self, name: str, schema: Schema, seen: Sequence[JsonValue]) -> str:
        rng = self._rng
        description = str(schema.get("description", ""))
        if seen and rng.random() < 0.25:
            return str(rng.choice(seen))
        by_form = value_of_form(self._rng, name, schema, description)
        if by_form is not None:
            return by_form
        listed = listed_values(description)
        if listed and rng.random() < (0.5 if seen else 0.9):
            return rng.choice(listed)
        words = spaced(name)
        lower = description.lower()
        if re.search(r"\bdelimiter\b|\bseparator\b", words):
            return rng.choice((",", ";", "-", "|", "/"))
        if re.search(r"\bcharacter\b|\bletter\b|\bsymbol\b", words) and "single" in lower:
            return rng.choice("#x*o+")
        # A text called `second` is the one after the first.
        counts = any(pattern.search(words) for pattern, _, _, _ in RANGES_BY_NAME) and words != "second"
        if counts and "date" not in words:
            # A number that travels as text, as REST parameters often do.
            return str(self._number(name, {**schema, "type": "number"}, "number"))
        pool = None
        for subject in (words, lower):
            for pattern, candidate in POOLS_BY_NAME:
                if pattern.search(subject):
                    pool = candidate
                    break
            if pool:
                break
        if seen and (pool is None or rng.random() < 0.35):
            return str(rng.choice(seen))
        default = schema.get("default")
        if pool is None and isinstance(default, str) and default and rng.random() < 0.6:
            return default
        if pool == "note" and "octave" not in lower:
            return rng.choice("ABCDEFG") + rng.choice(("", "", "#", "b"))
        if pool is not None:
            return rng.choice(POOLS[pool])
        if re.search(r"\bdigits\b", lower) and "letters" not in lower:
            return rng.choice(POOLS["card"])
        if re.search(
            r"\b(person|user|student|customer|full name|name of (a|the) (person|user|student))",
            f"{words} {lower}",
        ):
            return f"{rng.choice(POOLS['first_name'])} {rng.choice(POOLS['last_name'])}"
        if re.search(r"\bbinary\b", f"{words} {lower}"):
            return format(rng.randint(5, 255), "b")
        if re.search(r"\bhex(adecimal)?\b", f"{words} {lower}"):
            return format(rng.randint(16, 65535), "x")
        if words == "name" or words.endswith(" name"):
            return rng.choice(POOLS["first_name"])
        if re.search(r"\bcharacter\b|\bletter\b", words):
            return rng.choice("aeost")
        if re.search(
            r"text|sentence|paragraph|message|string|content|phrase|comment|body|title|input|review",
            f"{words} {lower}",
        ):
            if re.search(r"sentence|paragraph|text|message|content|comment|body|review", f"{words} {lower}"):
                return f"{rng.choice(SUBJECTS)} {rng.choice(VERBS)} {rng.choice(OBJECTS)}".capitalize()
            return rng.choice(POOLS["word"])
        if re.search(r"\bid\b|identifier", words):
            return str(rng.randint(100, 9999))
        return rng.choice(POOLS["word"])
