"""Takes secrets out of the objects of a body: schemas without them, and where a call has to put them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from apigen_assets.catalog.importers.openapi.components import Components
from apigen_assets.catalog.importers.openapi.merging import CHOICES, MARK, NULL
from apigen_assets.catalog.importers.openapi.schema_parts import LISTS
from apigen_assets.catalog.importers.openapi.secret_ways import (
    Address,
    NestedSecret,
    SecretWays,
    each_once,
    object_test,
)
from apigen_assets.catalog.importers.openapi.secret_words import Field, Mark, proves
from apigen_assets.domain.api import BodyStep, Holds
from apigen_assets.files.json_types import JsonObject, JsonValue

_OWN = frozenset({"type", "properties", "required", "description", "additionalProperties", "default", "examples", NULL})
"""Keywords that give an object nothing when its properties are gone."""
_NO_TEXT = {"properties", "items", "additionalProperties", "enum", "const", "$file", "allOf"}
_STRUCTURE = {"patternProperties", "allOf", "anyOf", "enum", "const"}
_HOLDERS = {"properties", "items", "additionalProperties", "patternProperties", *LISTS}
_NO_TEXTS = ("integer", "number", "boolean")
_MAX_LEVELS = 20

IsSecret = Callable[[Field], bool]
_Found = TypeVar("_Found")


def _once(
    read: Callable[["NestedSecrets", JsonObject, bool], _Found],
) -> Callable[["NestedSecrets", JsonObject, bool], _Found]:
    """A method that reads each schema once; schemas hold each other, and are looked at from each level above."""

    def reading(self: "NestedSecrets", part: JsonObject, in_proof: bool) -> _Found:
        key = (read.__name__, id(part), in_proof)
        if key not in self.known:
            self.known[key] = (part, read(self, part, in_proof))
        found: _Found = self.known[key][1]
        return found

    return reading


class NestedSecrets:
    """Finds secrets in the schemas of one document.

    Args:
        components: of the document; schemas without their secrets are added to them.
        is_secret: tells one.
        keeps: the operations are there to keep secrets for somebody (`keeps_secrets`).
    """

    def __init__(self, components: Components, is_secret: IsSecret, keeps: bool = False) -> None:
        self._components = components
        self._is_secret = is_secret
        self._keeps = keeps
        self._looked: dict[Address, tuple[set[str], list[Address]]] = {}
        self._holds: dict[Address, bool] = {}
        self._inside: dict[Address, list[NestedSecret]] = {}
        self._copies: dict[Address, str] = {}
        self.known: dict[tuple[str, int, bool], tuple[JsonObject, Any]] = {}
        """What was found in a schema with secrets, which it holds: no other gets its identity."""
        self._ways = SecretWays(self._at)

    def taken_out(self, part: JsonObject, name: str) -> tuple[JsonObject, list[NestedSecret]]:
        """A read schema without secrets, and those that were in it; the same schema where there are none.

        Args:
            part: as `Components.read` gives it.
            name: of the field whose schema it is.
        """
        if "$ref" not in part and not part.keys() & _HOLDERS:
            return part, []
        in_proof = proves(name)
        if not self._has_any(part, in_proof):
            return part, []
        secrets, is_all = self._ways.below(self._here(part, in_proof))
        if not is_all:
            self._components.warn(f"of the places for secrets inside the body {len(secrets)} are filled")
        return self._without(part, in_proof), secrets

    def is_emptied(self, part: JsonObject, level: int = 0) -> bool:
        """Whether a schema without its secrets is of an object without fields, or of a list of such."""
        shape = self._components.shape(part)
        if level > _MAX_LEVELS:
            return False
        if "items" in shape and shape.get("type") == "array":
            return self.is_emptied(shape["items"], level + 1)
        if "anyOf" in shape and shape.keys() <= {*_OWN, "anyOf"} and not shape.get("properties"):
            return all(self.is_emptied(branch, level + 1) for branch in shape["anyOf"])
        return shape.get("properties") == {} and shape.keys() <= _OWN and not shape.get("additionalProperties")

    def field(self, name: str, part: JsonObject, in_proof: bool = False) -> Field | None:
        """What tells whether a field is a secret; null where it holds no texts, or one of a few."""
        if part.get("type") in _NO_TEXTS:
            return None
        shape = self._components.shape(part)
        branches = [self._components.shape(branch) for branch in shape.get("anyOf", [shape])]
        held = [self._held(name, branch) for branch in branches if branch.get("type") != "null"]
        texts = [pair for pair in held if pair is not None]
        if not texts or len(texts) < len(held) or ("anyOf" in shape and _NO_TEXT & shape.keys()):
            return None
        holds, inner = next(pair for kind in ("list", "text", "map") for pair in texts if pair[0] == kind)
        nodes = [shape, *branches, inner]
        text = next((said for node in nodes if isinstance(said := node.get("description"), str)), "")
        marks: set[Mark | None] = {node.get(MARK) for node in nodes}
        mark: Mark | None = "secret" if "secret" in marks else None
        if mark is None and any(node.get("format") == "password" for node in nodes):
            mark = "password"
        mark = mark or ("write-only" if "write-only" in marks else None)
        return Field(name, text, mark=mark, in_proof=in_proof, holds=holds, kept=self._keeps)

    def _held(self, name: str, shape: JsonObject) -> tuple[Holds, JsonObject] | None:
        """How a field of this schema holds texts, and the schema of them; null where it does not."""
        kinds = shape.get("type", "string")
        named = [kinds] if isinstance(kinds, str) else [kind for kind in kinds if kind != "null"]
        kind = named[0] if len(named) == 1 else None
        if kind == "string":
            return None if _NO_TEXT & shape.keys() else ("text", shape)
        if kind == "array" and isinstance(shape.get("items"), dict):
            inner = self._components.shape(shape["items"])
            return ("list", inner) if inner.get("type") == "string" and not _NO_TEXT & inner.keys() else None
        if kind != "object" or shape.get("properties") or shape.keys() & _STRUCTURE:
            return None
        if isinstance(shape.get("additionalProperties"), dict):
            inner = self._components.shape(shape["additionalProperties"])
            return ("map", inner) if inner.get("type") == "string" and not _NO_TEXT & inner.keys() else None
        return ("map", shape) if proves(name) and "properties" not in shape else None

    def _secret(self, name: str, beside: JsonObject, in_proof: bool) -> Holds | None:
        """What a field holds that is a secret, else null; `key` is none beside `value` or `name`."""
        is_of_pair = name.lower() == "key" and any(neighbour.lower() in ("name", "value") for neighbour in beside)
        field = None if is_of_pair else self.field(name, beside[name], in_proof)
        return field.holds if field is not None and self._is_secret(field) else None

    def _has_any(self, part: JsonObject, in_proof: bool) -> bool:
        """Whether any secret is in a schema or in what it refers to."""
        names, waiting = self._look(part, in_proof)
        if names:
            return True
        seen = set(waiting)
        while waiting:
            key = waiting.pop()
            known = self._holds.get(key)
            if known is None:
                names, further = self._look_at(key)
                waiting += [more for more in further if more not in seen]
                seen.update(further)
            if names or known:
                self._holds[key] = True
                return True
        self._holds.update(dict.fromkeys(seen, False))
        return False

    def _names(self, part: JsonObject, in_proof: bool) -> set[str]:
        """The names of all secrets in a schema and in what it refers to."""
        found, addresses = self._look(part, in_proof)
        names, waiting = set(found), list(addresses)
        seen = set(waiting)
        while waiting:
            more, further = self._look_at(waiting.pop())
            names |= more
            waiting += [address for address in further if address not in seen]
            seen.update(further)
        return names

    def _look_at(self, address: Address) -> tuple[set[str], list[Address]]:
        if address not in self._looked:
            self._looked[address] = self._look(self._components.component(address[0]), address[1])
        return self._looked[address]

    def _look(self, part: JsonObject, in_proof: bool) -> tuple[set[str], list[Address]]:
        """The names of the secrets that stand in a schema itself, and what the schema refers to."""
        names = set()
        addresses: dict[Address, None] = {}
        waiting = [(part, in_proof)]
        while waiting:
            node, inside = waiting.pop()
            if isinstance(node.get("$ref"), str):
                addresses[node["$ref"], inside] = None
                continue
            for name, inner in node.get("properties", {}).items():
                if self._secret(name, node["properties"], inside):
                    names.add(name)
                else:
                    waiting.append((inner, proves(name, inside)))
            waiting += [(inner, inside) for _, inner in _inside(node)]
        return names, list(addresses)

    def _at(self, address: Address) -> list[NestedSecret]:
        """The secrets of the schema at an address, and the schemas with secrets that it refers to."""
        if address not in self._inside:
            self._inside[address] = self._here(self._components.component(address[0]), address[1])
        return self._inside[address]

    @_once
    def _here(self, part: JsonObject, in_proof: bool) -> list[NestedSecret]:
        """The secrets that stand in a schema itself, and the addresses of further ones."""
        if isinstance(part.get("$ref"), str):
            return [NestedSecret("", True, beyond=(part["$ref"], in_proof))] if self._has_any(part, in_proof) else []
        out: list[NestedSecret] = []
        required = part.get("required", ())
        for name, inner in part.get("properties", {}).items():
            holds = self._secret(name, part["properties"], in_proof)
            if holds:
                out.append(NestedSecret(name, name in required, holds=holds))
                continue
            below = self._here(inner, proves(name, in_proof))
            is_made = bool(below) and self.is_emptied(self._without(inner, proves(name, in_proof)))
            for secret in below:
                needed = secret.required and (name in required or not is_made)
                out.append(replace(secret, required=needed).below(BodyStep(name=name, made=is_made)))
        besides = tuple(part.get("properties", ()))
        for key, inner in _inside(part):
            if key in ("items", "additionalProperties", "patternProperties"):
                step = BodyStep(name="[]") if key == "items" else BodyStep(name="*", besides=besides)
                out += [secret.below(step) for secret in self._here(inner, in_proof)]
            elif key == "allOf":
                out += self._here(inner, in_proof)
        return each_once(out + self._of_branches(part.get("anyOf", []), in_proof))

    def _of_branches(self, branches: list[JsonObject], in_proof: bool) -> list[NestedSecret]:
        """The secrets in the branches of a choice; one of some branches only is told by what stands beside it."""
        inside = [self._here(branch, in_proof) for branch in branches]
        if not any(inside):
            return []
        shapes = [self._components.shape(self._without(branch, in_proof)) for branch in branches]
        objects = [at for at, shape in enumerate(shapes) if "properties" in shape]
        tests = {at: object_test(shapes[at], [shapes[more] for more in objects if more != at]) for at in objects}
        out: list[NestedSecret] = []
        for at, secrets in enumerate(inside):
            twins = [more for more in objects if more < at and tests[more] == tests.get(at)]
            if any(inside[more] for more in twins):
                continue  # nothing tells the two branches apart: the first one is taken
            for secret in secrets:
                is_shared = at not in tests or all(secret in inside[more] for more in objects)
                secret = replace(secret, required=False) if twins else secret
                out.append(secret if is_shared else secret.of_branch(tests[at]))
        return out

    @_once
    def _without(self, part: JsonObject, in_proof: bool) -> JsonObject:
        """A schema without the secrets in it and in what it refers to."""
        out = dict(part)
        if isinstance(part.get("$ref"), str):
            if not self._has_any(part, in_proof):
                return part
            out["$ref"] = self._copy((part["$ref"], in_proof))
        if part.get("properties"):
            self._take_fields(out, part, in_proof)
        for key in ("items", "additionalProperties"):
            if isinstance(part.get(key), dict):
                out[key] = self._without(part[key], in_proof)
        if "patternProperties" in part:
            out["patternProperties"] = {
                name: self._without(inner, in_proof) for name, inner in part["patternProperties"].items()
            }
        for key in LISTS:
            if key in part:
                inner = [self._without(branch, in_proof) for branch in part[key]]
                out[key] = [each for at, each in enumerate(inner) if key != "anyOf" or each not in inner[:at]]
        if "default" in part or "examples" in part:
            names = self._names(part, in_proof)
            for key in ("default", "examples"):
                if names and key in part:
                    out[key] = _stripped(part[key], names)
        return out

    def _take_fields(self, out: JsonObject, part: JsonObject, in_proof: bool) -> None:
        """Takes secrets out of the properties of a schema that is being copied."""
        kept: JsonObject = {}
        for name, inner in part["properties"].items():
            if self._secret(name, part["properties"], in_proof):
                continue
            changed = self._without(inner, proves(name, in_proof))
            if not self.is_emptied(changed) or self.is_emptied(inner):
                kept[name] = changed
        out["properties"] = kept
        gone = part["properties"].keys() - kept.keys()
        if not gone:
            return
        out.pop("minProperties", None)
        out["required"] = [name for name in part.get("required", ()) if name not in gone]
        if not out["required"]:
            del out["required"]
        if CHOICES in part:
            left = [[[name for name in group if name not in gone] for group in choice] for choice in part[CHOICES]]
            out[CHOICES] = [choice for choice in left if all(choice)]
        if "dependentRequired" in part:
            out["dependentRequired"] = {
                name: [wanted for wanted in names if wanted not in gone]
                for name, names in part["dependentRequired"].items()
                if name not in gone
            }

    def _copy(self, address: Address) -> str:
        """Where the schema at an address stands without its secrets."""
        if address not in self._copies:
            at, in_proof = address
            self._copies[address] = copy = f"{at}{'*kept' if self._keeps else ''}{'**' if in_proof else '*'}"
            self._components.add_copy(copy, at, lambda part: self._without(part, in_proof))
        return self._copies[address]


def _inside(node: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """The schemas directly in a schema, its properties aside, each with the keyword that it stands under."""
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield key, node[key]
    for key in LISTS:
        for inner in node.get(key, ()):
            yield key, inner
    for inner in node.get("patternProperties", {}).values():
        yield "patternProperties", inner


def _stripped(value: JsonValue, secrets: set[str]) -> JsonValue:
    """A value without the secrets of its schema, wherever they stand in it, and without objects of nothing else."""
    if isinstance(value, list):
        return [_stripped(item, secrets) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _stripped(item, secrets) for name, item in value.items() if name not in secrets}
    return {name: item for name, item in kept.items() if item != {} or value[name] == {}}
