"""Arguments that fit: a plausible value for a parameter from its schema, its description and its name."""

import datetime as dt
import random
import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from resources.local.standin.words import OBJECTS, POOLS, SUBJECTS, VERBS

Schema = JsonObject

_NUMBER = r"-?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?"
_BETWEEN = re.compile(
    rf"(?:between|from|range|in)\s*[\[(]?({_NUMBER})\s*%?\s*(?:and|to|,|\.\.+|-|–)\s*({_NUMBER})",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(rf"[\[(]\s*({_NUMBER})\s*(?:-|–|to|\.\.+|,)\s*({_NUMBER})\s*[\])]")
_STATED = re.compile(rf"(?:^|[,;:])\s*({_NUMBER})\s*(?:to|–)\s*({_NUMBER})(?=\s*[.,;)]|\s*$|\s+[a-z])")
"""`Tip in percent, 0 to 100.`"""
_AT_LEAST = re.compile(rf"(?:at least|minimum(?: of)?|not less than|>=|≥|min\.?|no less than)\s*({_NUMBER})", re.I)
_OR_MORE = re.compile(rf"({_NUMBER}) or (?:more|above|greater|higher)\b", re.I)
_AT_MOST = re.compile(rf"(?:at most|maximum(?: of)?|up to|not more than|no more than|<=|≤|max\.?)\s*({_NUMBER})", re.I)
_ABOVE = re.compile(rf"(?:greater than|more than|larger than|above|over|>)\s*({_NUMBER}|zero)", re.I)
_BELOW = re.compile(rf"(?:less than|smaller than|below|under|<)\s*({_NUMBER}|zero)", re.I)
_EXAMPLES = re.compile(
    r"(?:e\.g\.|such as|for example|for instance|like|example:|i\.e\.)[,:]?\s*((?:[^.;()]|\.(?=[\w/])){1,120})", re.I
)
_QUOTED = re.compile(r"[`'\"“]([^`'\"”\n]{1,60})[`'\"”]")
_ONE_OF = re.compile(
    r"(?:one of|either|allowed values?(?: are)?|possible values?(?: are)?|options?(?: are)?):?\s*([^.;]{3,200})",
    re.I,
)

# Name or description -> pool; the first that matches counts. Tested against " name words " and the description.
_BY_NAME: tuple[tuple[str, str], ...] = (
    (r"alpha.?3|iso.?3|three.letter country", "country_code3"),
    (r"country.?code|alpha.?2|iso.?2|nation.?code", "country_code"),
    (r"currency|from currency|to currency", "currency"),
    (r"lang(uage)?.?code|locale|\blang\b", "language_code"),
    (r"language", "language"),
    (r"time.?zone|\btz\b", "timezone"),
    (r"iban", "iban"),
    (r"isbn.?10", "isbn10"),
    (r"isbn", "isbn"),
    (r"\bean\b|barcode|gtin", "ean"),
    (r"credit.?card|card.?number|luhn", "card"),
    (r"roman", "roman"),
    (r"morse", "morse"),
    (r"base.?64", "base64"),
    (r"\bdna\b|nucleotide|\brna\b|sequence of bases", "dna"),
    (r"bracket|parenthes", "brackets"),
    (r"arithmetic expression|math(ematical)? expression|\bexpression\b|infix", "expression"),
    (r"hex.?(color|colour|code)|(color|colour).*(#|hex)", "hex_color"),
    (r"colou?r", "color"),
    (r"\bmac\b", "mac"),
    (r"ipv6|ip6", "ipv6"),
    (r"uuid|guid", "uuid"),
    (r"zip|postal|postcode", "zip"),
    (r"phone|mobile number|tel(ephone)?\b", "phone"),
    (r"semver|version", "version"),
    (r"cron", "cron"),
    (r"formula|compound|molecule", "formula"),
    (r"element|atomic symbol|chemical symbol", "element"),
    (r"planet", "planet"),
    (r"airport|iata", "airport"),
    (r"musical note|pitch|\bnote\b", "note"),
    (r"zodiac|star sign|horoscope", "zodiac"),
    (r"weekday|day of (the )?week", "weekday"),
    (r"blood", "blood"),
    (r"ticker|stock|symbol", "ticker"),
    (r"crypto|coin", "crypto"),
    (r"capital", "capital"),
    (r"continent|region", "continent"),
    (r"city|town|location|place|destination|origin", "city"),
    (r"country|nation", "country"),
    (r"state|province", "state"),
    (r"company|organi[sz]ation|employer|brand", "company"),
    (r"last.?name|surname|family name", "last_name"),
    (r"first.?name|given name", "first_name"),
    (r"movie|film", "movie"),
    (r"song|track", "song"),
    (r"artist|band|singer|musician", "artist"),
    (r"genre", "genre"),
    (r"book|isbn title", "book"),
    (r"author|writer", "author"),
    (r"player|athlete", "player"),
    (r"league|competition|tournament", "league"),
    (r"team|club", "team"),
    (r"sport", "sport"),
    (r"animal|breed|species|pet", "animal"),
    (r"fruit", "fruit"),
    (r"food|dish|ingredient|recipe|meal", "food"),
    (r"product|item", "product"),
    (r"domain|host", "domain"),
    (r"file|path", "path"),
    (r"\b(q|query|keywords?|topic|subject|search|term|hashtag|tag)\b", "topic"),
    (r"\bword\b|anagram|palindrome", "word"),
)
_COMPILED = tuple((re.compile(pattern), pool) for pattern, pool in _BY_NAME)

_SMALL = re.compile(
    r"^(n|k|r|count|num|number|limit|size|page|per page|length|width chars|times|rounds?|steps?|degree|order|exponent|"
    r"power|top|copies|decimals?|digits?|places|precision|terms?|index|position|shift|repeat)$"
)

# Name pattern -> plausible (low, high, decimals) for numbers.
_RANGES: tuple[tuple[str, float, float, int], ...] = (
    (r"latitude|\blat\d?\b", -60, 65, 4),
    (r"longitude|\blon\d?\b|\blng\b", -120, 140, 4),
    (r"\byears?\b(?=.*\b(calendar|gregorian|leap|birth|date)\b)|^year\d?$|\bbirth year\b", 1950, 2030, 0),
    (r"\bmonth\b", 1, 12, 0),
    (r"\bday\b", 1, 28, 0),
    (r"\bhour\b", 0, 23, 0),
    (r"\bminutes?\b", 1, 59, 0),
    (r"\bseconds?\b", 1, 59, 0),
    (r"\bage\b", 18, 80, 0),
    (r"probability|likelihood|confidence|alpha|fraction|ratio of", 0.05, 0.95, 2),
    (r"(interest|annual|growth|discount|tax|return|inflation|nominal).*percent|percent.*\brate\b", 1, 15, 1),
    (r"percent", 1, 60, 1),
    (
        r"(interest|annual|growth|discount|tax|return|inflation).*rate|rate.*(decimal|fraction)|\brate\b",
        0.01,
        0.15,
        3,
    ),
    (r"years|term|duration|periods?", 2, 30, 0),
    (
        r"principal|price|salary|income|amount|loan|cost|investment|deposit|budget|revenue|balance|payment",
        200,
        20000,
        0,
    ),
    (r"temperature|celsius|fahrenheit", 1, 40, 1),
    (r"kelvin", 250, 400, 0),
    (r"angle|degrees|bearing|heading", 5, 85, 0),
    (r"weight|mass", 2, 95, 1),
    (r"height.*(m\b|met)", 1.5, 1.95, 2),
    (r"speed|velocity", 5, 120, 0),
    (r"distance|length|width|height|radius|side|diameter|depth|area|base", 2, 60, 1),
    (r"wavelength|frequency", 50, 900, 0),
    (r"port", 1024, 9000, 0),
    (r"factorial|fibonacci", 3, 15, 0),
)
_RANGES_COMPILED = tuple((re.compile(pattern), low, high, digits) for pattern, low, high, digits in _RANGES)


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
            if value is None or (name not in required and value == schema.get("default", _NOTHING)):
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
                option for option in schema["enum"] if option is not None and option != schema.get("default", _NOTHING)
            ]
            return rng.choice(options or schema["enum"])
        kind = _kind(schema)
        examples = self._examples(schema, kind)
        if examples and rng.random() < (0.5 if kind in ("integer", "number") else 0.85):
            return rng.choice(examples)
        seen = [value for value in self._seen.get(name, ()) if _is_of(value, kind)] if depth == 0 else []
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
            listed = _listed_numbers(str(schema.get("description", "")), kind)
            if listed:
                return rng.choice(listed)
            if seen and rng.random() < 0.92:
                return self._near(rng.choice(seen), schema, kind)
            default = schema.get("default")
            if _is_of(default, kind) and default != 0 and rng.random() < 0.85:
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
        return [value for value in out if _is_of(value, kind)]

    def _number(self, name: str, schema: Schema, kind: str) -> JsonValue:
        rng = self._rng
        description = str(schema.get("description", ""))
        low, high = bounds(schema)
        words = _spaced(name)
        whole = kind == "integer"
        digits = 0 if whole else rng.choice((0, 1, 1, 2))
        context = f"{words} {description.lower()}"
        guess: tuple[float, float] | None = None
        if whole and _SMALL.match(words):
            guess = (2, 10)
        else:
            for subject in (words, context):
                for pattern, lowest, highest, places in _RANGES_COMPILED:
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
            first, last = _ceil(start), int(stop // 1)
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
        inner = _singular(name)
        if _kind(items) == "array" and depth == 0:
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
            out = _shares(rng, len(out))
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
        by_form = self._by_form(name, schema, description)
        if by_form is not None:
            return by_form
        listed = listed_values(description)
        if listed and rng.random() < (0.5 if seen else 0.9):
            return rng.choice(listed)
        words = _spaced(name)
        lower = description.lower()
        if re.search(r"\bdelimiter\b|\bseparator\b", words):
            return rng.choice((",", ";", "-", "|", "/"))
        if re.search(r"\bcharacter\b|\bletter\b|\bsymbol\b", words) and "single" in lower:
            return rng.choice("#x*o+")
        if any(pattern.search(words) for pattern, _, _, _ in _RANGES_COMPILED) and "date" not in words:
            # A number that travels as text, as REST parameters often do.
            return str(self._number(name, {**schema, "type": "number"}, "number"))
        pool = None
        for subject in (words, lower):
            for pattern, candidate in _COMPILED:
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

    def _by_form(self, name: str, schema: Schema, description: str) -> str | None:
        """Dates, addresses and the like, by `format`, `pattern` or a form the description names."""
        rng = self._rng
        form = str(schema.get("format", ""))
        text = f"{_spaced(name)} {description.lower()}"
        day = dt.date(2024, 1, 1) + dt.timedelta(days=rng.randint(-1500, 600))
        clock = f"{rng.randint(6, 21):02d}:{rng.choice((0, 5, 10, 15, 20, 30, 40, 45, 50)):02d}"
        if "+hh:mm" in text or re.search(r"utc offset", text):
            return rng.choice(("+01:00", "+02:00", "-05:00", "+05:30", "-08:00", "+09:00", "-03:00", "+00:00"))
        if "yyyy-mm-dd hh:mm" in text:
            return f"{day.isoformat()} {clock}" + (":00" if "hh:mm:ss" in text else "")
        if form == "date-time" or re.search(r"yyyy-mm-ddthh|iso.?8601 (date.?time|timestamp)|date.?time", text):
            return f"{day.isoformat()}T{clock}:00" + ("Z" if form == "date-time" else "")
        if form == "date" or re.search(r"yyyy-mm-dd|iso (8601 )?(calendar )?date|iso.?8601|\bdate\b|birthday", text):
            if re.search(r"dd[/.]mm[/.]yyyy", text):
                return day.strftime("%d/%m/%Y")
            if "mm/dd/yyyy" in text:
                return day.strftime("%m/%d/%Y")
            return day.isoformat()
        if "mm:ss" in text and "hh:mm:ss" not in text.replace("h:mm:ss", ""):
            return f"{rng.randint(18, 58)}:{rng.randint(0, 59):02d}"
        if re.search(r"\bh:mm\b", text):
            return f"{rng.randint(1, 11)}:{rng.choice((0, 5, 15, 20, 30, 40, 45)):02d}"
        if form == "time" or re.search(r"hh:mm|\btime of day\b|clock time|24-hour", text):
            return clock + (":00" if "hh:mm:ss" in text else "")
        if form == "email" or re.search(r"e-?mail", text):
            first, last = rng.choice(POOLS["first_name"]).lower(), rng.choice(POOLS["last_name"]).lower()
            return f"{first}.{last}@{rng.choice(('example.com', 'example.org', 'mail.example.net'))}"
        if form in ("uri", "url") or re.search(r"\burl\b|\buri\b|web address|\blink\b", text):
            return f"https://{rng.choice(POOLS['domain'])}/{rng.choice(POOLS['word'])}?id={rng.randint(1, 99)}"
        if re.search(r"cidr|subnet|network address", text):
            return f"192.168.{rng.randint(0, 254)}.0/{rng.choice((24, 25, 26, 28))}"
        if form == "ipv6":
            return rng.choice(POOLS["ipv6"])
        if form == "ipv4" or re.search(r"\bip(v4)?\b(?! ?v?6)", text):
            return f"{rng.choice((10, 172, 192, 8))}.{rng.randint(0, 254)}.{rng.randint(0, 254)}.{rng.randint(1, 254)}"
        if form == "uuid":
            return rng.choice(POOLS["uuid"])
        if form == "hostname":
            return rng.choice(POOLS["domain"])
        pattern = schema.get("pattern")
        if isinstance(pattern, str):
            return _matching(rng, pattern)
        return None


class _Nothing:
    pass


_NOTHING = _Nothing()


def bounds(schema: Schema) -> tuple[float | None, float | None]:
    """Lowest and highest number a schema or its description allows, null where it is silent."""
    low, high = (
        _limit(schema, "minimum", "exclusiveMinimum", 1),
        _limit(schema, "maximum", "exclusiveMaximum", -1),
    )
    text = str(schema.get("description", ""))
    for pattern in (_BETWEEN, _IN_BRACKETS, _STATED):
        match = pattern.search(text)
        if match:
            first, last = _float(match[1]), _float(match[2])
            if first < last:
                low = first if low is None else max(low, first)
                high = last if high is None else min(high, last)
            break
    whole = _kind(schema) == "integer"
    step = 1.0 if whole else 0.01
    if low is None:
        if match := _AT_LEAST.search(text) or _OR_MORE.search(text):
            low = _float(match[1])
        elif match := _ABOVE.search(text):
            low = (0.0 if match[1] == "zero" else _float(match[1])) + step
        elif re.search(r"non-?negative|not negative", text, re.I):
            low = 0.0
        elif re.search(r"\bpositive\b|must not be zero|non-?zero", text, re.I):
            low = 1.0 if whole else 0.1
    if high is None:
        if match := _AT_MOST.search(text):
            high = _float(match[1])
        elif match := _BELOW.search(text):
            high = (0.0 if match[1] == "zero" else _float(match[1])) - step
    if low is not None and high is not None and low > high:
        return low, None
    if high is None and re.search(r"\bpercent\b(?! change)", text, re.I) and (low is None or low >= 0):
        # Most percentages are shares of a whole.
        high = 100.0
    return low, high


def _listed_numbers(description: str, kind: str) -> list[int]:
    """`4, 8 or 16`, where a description gives a few whole numbers to choose from."""
    match = re.search(r"\b(\d+(?:, \d+)*),? or (\d+)\b(?![.\d])", description) if kind == "integer" else None
    return [int(number) for number in [*match[1].split(", "), match[2]]] if match else []


def listed_values(description: str) -> list[str]:
    """Values a description gives: quoted examples, or the members after `one of`."""
    for pattern in (_ONE_OF, _EXAMPLES):
        match = pattern.search(description)
        if match:
            quoted = _QUOTED.findall(match[1])
            if quoted:
                return quoted
            parts = [part.strip() for part in re.split(r",|\bor\b|\band\b", match[1])]
            parts = [part for part in parts if re.fullmatch(r"[\w#.+:@/-]{1,30}", part)]
            if parts and (pattern is _EXAMPLES or len(parts) > 1):
                return parts
    return []


def harmonised(arguments: JsonObject, properties: JsonObject) -> JsonObject:
    """Arguments of one call made to fit each other: start before end, k at most n, different units."""
    out = dict(arguments)
    for first, second in _ORDERED:
        for name in list(out):
            parts = re.split(r"_", name)
            if first not in parts:
                continue
            partner = "_".join(second if part == first else part for part in parts)
            if partner in out and type(out[name]) is type(out[partner]):
                try:
                    if out[name] > out[partner]:
                        out[name], out[partner] = out[partner], out[name]
                except TypeError:
                    continue
                if out[name] == out[partner] and isinstance(out[partner], int) and not isinstance(out[partner], bool):
                    _, high = bounds(properties.get(partner, {}))
                    if high is None or out[partner] < high:
                        out[partner] += 1
    for small in ("k", "r"):
        if isinstance(out.get(small), int) and isinstance(out.get("n"), int) and out[small] > out["n"]:
            out[small], out["n"] = out["n"], out[small]
    lists = [value for value in out.values() if isinstance(value, list) and value]
    if lists:
        shortest = min(len(value) for value in lists)
        for name in ("k", "index", "position", "window", "window_size", "n_clusters"):
            if isinstance(out.get(name), int) and out[name] > shortest:
                out[name] = max(1, shortest - 1)
        flat = {
            name: value
            for name, value in out.items()
            if isinstance(value, list) and value and not isinstance(value[0], list | dict)
        }
        if len(flat) > 1:
            for name, value in flat.items():
                if "minItems" not in properties.get(name, {}):
                    out[name] = value[: min(len(column) for column in flat.values())]
    for first, second in (
        ("from_unit", "to_unit"),
        ("from_currency", "to_currency"),
        ("unit_from", "unit_to"),
        ("source_unit", "target_unit"),
    ):
        if first in out and out.get(first) == out.get(second):
            options = (
                properties.get(second, {}).get("enum") or POOLS["currency"]
                if "currency" in first
                else properties.get(second, {}).get("enum")
            )
            for option in options or ():
                if option != out[first]:
                    out[second] = option
                    break
    return out


_ORDERED = (
    ("start", "end"), ("lower", "upper"), ("low", "high"), ("min", "max"), ("minimum", "maximum"), ("from", "to"),
    ("begin", "end"), ("first", "last"), ("earliest", "latest"), ("a", "b"), ("initial", "final"), ("x1", "x2"),
    ("birth", "death"), ("shorter", "longer"), ("earlier", "later"), ("begin", "finish"), ("start", "stop"),
)  # fmt: skip


def _kind(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return "string"


def _is_of(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return {
        "string": isinstance(value, str) and value != "",
        "integer": isinstance(value, int),
        "number": isinstance(value, int | float),
        "array": isinstance(value, list) and bool(value),
        "object": isinstance(value, dict) and bool(value),
    }.get(kind, False)


def _limit(schema: Schema, inclusive: str, exclusive: str, sign: int) -> float | None:
    limit = schema.get(inclusive)
    number = float(limit) if isinstance(limit, int | float) and not isinstance(limit, bool) else None
    strict = schema.get(exclusive)
    if isinstance(strict, int | float) and not isinstance(strict, bool):
        step = 1.0 if _kind(schema) == "integer" else 0.01
        return float(strict) + sign * step
    return number


def _float(text: str) -> float:
    return float(text.replace(",", ""))


def _ceil(value: float) -> int:
    return int(-(-value // 1))


def _spaced(name: str) -> str:
    return re.sub(r"[_\-.\s]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)).lower().strip()


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") and len(name) > 3 else name


def _shares(rng: random.Random, count: int) -> list[float]:
    """Numbers of two decimals that sum to one."""
    cuts = sorted(rng.sample(range(5, 96), max(0, count - 1)))
    edges = [0, *cuts, 100]
    return [round((b - a) / 100, 2) for a, b in pairwise(edges)]


def _matching(rng: random.Random, pattern: str) -> str | None:
    """A text that matches a simple regular expression; null where the expression is beyond this."""
    from re import _parser  # type: ignore[attr-defined]

    try:
        text = "".join(_emit(rng, list(_parser.parse(pattern))))
        return text if re.search(pattern, text) else None
    except (re.error, NotImplementedError, RecursionError, OverflowError):
        return None


def _emit(rng: random.Random, tree: list[JsonValue]) -> list[str]:
    out: list[str] = []
    for op, argument in tree:
        name = str(op)
        if name == "LITERAL":
            out.append(chr(argument))
        elif name == "IN":
            out.append(_one_in(rng, argument))
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inner = argument
            for _ in range(rng.randint(least, min(int(most), least + 3))):
                out += _emit(rng, list(inner))
        elif name == "SUBPATTERN":
            out += _emit(rng, list(argument[3]))
        elif name == "BRANCH":
            out += _emit(rng, list(rng.choice(argument[1])))
        elif name == "ANY":
            out.append("a")
        elif name != "AT":
            raise NotImplementedError(name)
    return out


def _one_in(rng: random.Random, options: list[JsonValue]) -> str:
    if str(options[0][0]) == "NEGATE":
        raise NotImplementedError("negated set")
    op, argument = rng.choice(options)
    name = str(op)
    if name == "LITERAL":
        return chr(argument)
    if name == "RANGE":
        return chr(rng.randint(argument[0], argument[1]))
    if name == "CATEGORY" and "DIGIT" in str(argument):
        return str(rng.randint(0, 9))
    if name == "CATEGORY" and "WORD" in str(argument):
        return rng.choice("abcdefghkmnprstuvwxyz")
    raise NotImplementedError(name)
