"""Random JSON Schemas that are not contradictory, and values that fit them or nearly do."""

from random import Random

from apigen_assets.files.json_types import JsonObject, JsonValue

NODE = "Node"
_KINDS = {"a": "string", "b": "integer", "c": "object"}
_LIMITS: dict[str, list[JsonObject]] = {
    "string": [{"enum": ["x", "zz"]}, {"enum": ["x", "y"]}, {"maxLength": 2}, {"maxLength": 1}, {"pattern": "^[a-z]"}],
    "integer": [{"minimum": 1}, {"minimum": 2}, {"maximum": 4}, {"maximum": 3}, {"enum": [2, 3]}, {"enum": [1, 2]}],
    "boolean": [],
}
_WORDS = ("x", "y", "zz", "A1")
_NEAR: tuple[JsonValue, ...] = (None, True, 0, 1, 2.5, "x", "zz", [], {}, [1], {"a": 1})


class RandomSchemas:
    """Schemas of one document; a property has one type wherever it stands, so that parts of `allOf` go together.

    Args:
        random: the source of all choices.
        prefix: what a reference to a definition starts with.
    """

    def __init__(self, random: Random, prefix: str) -> None:
        self._random = random
        self._prefix = prefix
        self.definitions: JsonObject = {NODE: self._fields(1, False)}
        if random.random() < 0.7:
            self.definitions[NODE]["properties"]["c"] = {"$ref": prefix + NODE}

    def _likely(self, share: float) -> bool:
        return self._random.random() < share

    def scalar(self, kind: str | None = None) -> JsonObject:
        """A text, a whole number or a flag."""
        kind = kind or self._random.choice(["string", "integer", "boolean"])
        out: JsonObject = {"type": kind}
        if kind == "string":
            limits: list[JsonObject] = [
                {"enum": ["x", "zz"]},
                {"maxLength": 2},
                {"minLength": 1},
                {"pattern": "^[a-z]"},
            ]
        else:
            limits = [{"minimum": 1}, {"maximum": 4}, {"exclusiveMinimum": -1}, {"enum": [1, 2, 3]}] * (
                kind == "integer"
            )
        for limit in limits:
            if self._likely(0.3):
                out |= limit
        if self._likely(0.1):
            out["type"] = [kind, "null"]
        if self._likely(0.05) and "enum" not in out:
            out["not"] = {"const": "zz"}
        return out

    def _property(self, name: str, depth: int, closed: bool) -> JsonObject:
        kind = _KINDS[name]
        if kind == "object":
            return self.object(depth, closed)
        if self._likely(0.1):
            return {"anyOf": [self.scalar(kind), self.scalar(kind)]}
        return {"allOf": [self.scalar(kind)]} if self._likely(0.06) else self.scalar(kind)

    def _fields(self, depth: int, closed: bool) -> JsonObject:
        names = self._random.sample(list(_KINDS), self._random.randint(1, 3))
        out: JsonObject = {"type": "object", "properties": {n: self._property(n, depth - 1, closed) for n in names}}
        if self._likely(0.5):
            out["required"] = self._random.sample(names, self._random.randint(1, len(names)))
        if closed and self._likely(0.25):
            out["additionalProperties"] = self._random.choice([False, self.scalar()])
        for limit in ({"minProperties": 1}, {"maxProperties": 2}, {"propertyNames": {"maxLength": 1}}):
            out |= limit if self._likely(0.06) else {}
        out |= {"dependentRequired": {"a": ["b"]}} if self._likely(0.06) else {}
        return out

    def object(self, depth: int, closed: bool = True) -> JsonObject:
        """An object, composed or not; one that may be `closed` takes no fields but its own."""
        draw = self._random.random()
        if depth <= 0 or draw < 0.3:
            return self._fields(depth, closed) if depth > -1 else {"$ref": self._prefix + NODE}
        if draw < 0.5:
            out: JsonObject = {"allOf": [self.object(depth - 1, False) for _ in range(self._random.randint(1, 3))]}
            beside = {"type": "object", "properties": {"a": self.scalar("string")}}
            return out | (beside if self._likely(0.3) else {})
        if draw < 0.7:
            base = self._fields(depth - 1, False) if self._likely(0.35) else {}
            branches = [self.object(depth - 1, closed and not base) for _ in range(self._random.randint(1, 3))]
            return {"anyOf": branches, **base}
        if draw < 0.8:
            out = self._fields(depth, closed)
            return {**out, "anyOf": [{"required": [name]} for name in out["properties"]]}
        if draw < 0.95:
            narrower = {"required": ["c"]} if self._likely(0.25) else {}
            return {"$ref": self._prefix + NODE, **narrower} if depth < 3 else self._fields(depth, closed)
        return {"anyOf": [self.object(depth - 1, closed), {"type": "null"}]}

    def value(self, schema: JsonValue, depth: int = 5) -> JsonValue:
        """A value that fits, or nearly does."""
        if depth < 0 or not isinstance(schema, dict) or self._likely(0.08):
            return self._random.choice(_NEAR)
        if "$ref" in schema:
            rest = {key: part for key, part in schema.items() if key != "$ref"}
            return self.value({**self.definitions[schema["$ref"].rpartition("/")[2]], **rest}, depth - 1)
        for key in ("anyOf", "allOf"):
            if key in schema:
                parts = [self._random.choice(schema[key])] if key == "anyOf" else schema[key]
                rest = {name: part for name, part in schema.items() if name != key}
                return self._together([*parts, *([rest] if rest else [])], depth)
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        kind = schema.get("type", "object")
        kind = self._random.choice(kind) if isinstance(kind, list) else kind
        if kind == "object":
            fields = schema.get("properties", {})
            needed = schema.get("required", [])
            names = [
                name for name in {**fields, **dict.fromkeys(needed)} if self._likely(0.9 if name in needed else 0.7)
            ]
            extra = {self._random.choice(["b", "q"]): 1} if self._likely(0.1) else {}
            return {**{name: self.value(fields.get(name, {}), depth - 1) for name in names}, **extra}
        values: dict[str, list[JsonValue]] = {
            "string": [*_WORDS, "", "abcd"], "integer": [*range(-3, 7)], "boolean": [True, False], "null": [None],
        }  # fmt: skip
        return self._random.choice(values[kind])

    def _together(self, parts: list[JsonValue], depth: int) -> JsonValue:
        values = [self.value(part, depth - 1) for part in parts]
        out: JsonObject = {}
        for value in values:
            if not isinstance(value, dict):
                return value
            out |= value
        return out
