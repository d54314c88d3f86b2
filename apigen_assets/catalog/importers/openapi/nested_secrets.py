"""Takes secrets out of the objects of a body, and says where a call has to put them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from apigen_assets.catalog.importers.openapi.components import Components
from apigen_assets.catalog.importers.openapi.merging import CHOICES, NULL
from apigen_assets.catalog.importers.openapi.schema_parts import LISTS
from apigen_assets.catalog.importers.openapi.secret_words import proves
from apigen_assets.domain.api import BodyStep, ObjectTest
from apigen_assets.files.json_types import JsonObject, JsonValue

MAX_SECRETS = 60
"""Places of one body that are filled with secrets; those that lie deeper are not offered, and not sent either."""
_OWN = frozenset({"type", "properties", "required", "description", "additionalProperties", "default", "examples", NULL})
"""Keywords that give an object nothing when its properties are gone."""
_NO_TEXT = {"properties", "items", "additionalProperties", "enum", "const", "$file", "allOf"}
_MAX_NAMES = 12
_MAX_LEVELS = 20

IsSecret = Callable[[str, str, bool], bool]
"""Name and description of a field, and whether it stands in an object that proves who calls."""


@dataclass(frozen=True)
class NestedSecret:
    """A field that was taken out."""

    name: str
    required: bool
    """The objects that it stands in need it."""
    steps: tuple[BodyStep, ...] = ()
    """From the schema it was taken out of."""
    tests: tuple[ObjectTest, ...] = ()

    def below(self, step: BodyStep) -> "NestedSecret":
        """The same, seen from what the step starts at."""
        return replace(self, steps=(step, *self.steps))

    def of_branch(self, test: ObjectTest) -> "NestedSecret":
        """The same, where it stands only in objects that pass a test."""
        if not self.steps:
            return replace(self, tests=(test,)) if not self.tests else self
        if self.steps[0].tests or self.steps[0].name == "[]":
            return self
        return replace(self, steps=(self.steps[0].model_copy(update={"tests": (test,)}), *self.steps[1:]))


class NestedSecrets:
    """Finds secrets in the schemas of one document.

    Args:
        components: of the document; schemas without their secrets are added to them.
        is_secret: tells one.
        variant: tells the added schemas of one way to tell a secret from those of another.
    """

    def __init__(self, components: Components, is_secret: IsSecret, variant: str = "") -> None:
        self._components = components
        self._is_secret = is_secret
        self._variant = variant
        self._holds: dict[tuple[str, bool], bool] = {}
        self._taken: dict[tuple[str, bool], list[NestedSecret]] = {}

    def taken_out(self, part: JsonObject, name: str) -> tuple[JsonObject, list[NestedSecret]]:
        """A read schema without secrets, and those that were in it; the same schema where there are none.

        Args:
            part: as `Components.read` gives it.
            name: of the field whose schema it is.
        """
        in_proof = proves(name)
        if not self._has_any(part, in_proof):
            return part, []
        return self._without(part, in_proof)

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

    def text(self, part: JsonObject) -> str | None:
        """The description of a field that may be any text; null where it is of another type, or one of a few."""
        shape = self._components.shape(part)
        branches = [self._components.shape(branch) for branch in shape.get("anyOf", ())]
        for node in [shape, *branches]:
            kinds = node.get("type", "string")
            if not set([kinds] if isinstance(kinds, str) else kinds) <= {"string", "null"}:
                return None
            if _NO_TEXT & node.keys():
                return None
        said = shape.get("description")
        return said if isinstance(said, str) else ""

    def _secret(self, name: str, beside: JsonObject, in_proof: bool) -> bool:
        """Whether a field is a secret; of its object's fields `key` is none beside `value` or `name`."""
        text = self.text(beside[name])
        is_of_pair = name.lower() == "key" and any(other.lower() in ("name", "value") for other in beside)
        return text is not None and not is_of_pair and self._is_secret(name, text, in_proof)

    def _has_any(self, part: JsonObject, in_proof: bool) -> bool:
        """Whether any secret is in a schema or in what it refers to."""
        has, addresses = self._look(part, in_proof)
        if has:
            return True
        seen = set(addresses)
        waiting = list(addresses)
        while waiting:
            key = waiting.pop()
            known = self._holds.get(key)
            if known:
                return True
            if known is None:
                has, further = self._look(self._components.component(key[0]), key[1])
                if has:
                    self._holds[key] = True
                    return True
                waiting += [more for more in further if more not in seen]
                seen.update(further)
        self._holds.update(dict.fromkeys(seen, False))
        return False

    def _look(self, part: JsonObject, in_proof: bool) -> tuple[bool, list[tuple[str, bool]]]:
        """Whether a secret stands in a schema itself, and what the schema refers to."""
        addresses = []
        waiting = [(part, in_proof)]
        while waiting:
            node, inside = waiting.pop()
            if isinstance(node.get("$ref"), str):
                addresses.append((node["$ref"], inside))
                continue
            for name, inner in node.get("properties", {}).items():
                if self._secret(name, node["properties"], inside):
                    return True, []
                waiting.append((inner, proves(name, inside)))
            waiting += [(inner, inside) for inner in _inside(node)]
        return False, addresses

    def _without(self, part: JsonObject, in_proof: bool) -> tuple[JsonObject, list[NestedSecret]]:
        if isinstance(part.get("$ref"), str):
            if not self._has_any(part, in_proof):
                return part, []
            address, secrets = self._at(part["$ref"], in_proof)
            return self._without_values({**part, "$ref": address}, secrets), secrets
        out = dict(part)
        secrets = self._fields(out, part, in_proof)
        for key, step in (("items", "[]"), ("additionalProperties", "*")):
            if isinstance(part.get(key), dict):
                out[key], inner = self._without(part[key], in_proof)
                besides = tuple(part.get("properties", ())) if step == "*" else ()
                secrets += [secret.below(BodyStep(name=step, besides=besides)) for secret in inner]
        if "patternProperties" in part:
            listed = {name: self._without(inner, in_proof) for name, inner in part["patternProperties"].items()}
            out["patternProperties"] = {name: inner for name, (inner, _) in listed.items()}
            besides = tuple(part.get("properties", ()))
            secrets += [
                secret.below(BodyStep(name="*", besides=besides)) for _, inner in listed.values() for secret in inner
            ]
        if "prefixItems" in part:
            out["prefixItems"] = [self._without(inner, in_proof)[0] for inner in part["prefixItems"]]
        if "allOf" in part:
            parts = [self._without(inner, in_proof) for inner in part["allOf"]]
            out["allOf"] = [inner for inner, _ in parts]
            secrets += [secret for _, inner in parts for secret in inner]
        if "anyOf" in part:
            secrets += self._branches(out, part, in_proof)
        secrets = self._bounded(_each_once(secrets))
        return self._without_values(out, secrets), secrets

    def _bounded(self, secrets: list[NestedSecret]) -> list[NestedSecret]:
        """The outermost secrets, where schemas that are used in many places make the ways to theirs very many."""
        if len(secrets) <= MAX_SECRETS:
            return secrets
        self._components.warn(f"of {len(secrets)} places for secrets inside the body {MAX_SECRETS} are filled")
        return sorted(secrets, key=lambda secret: len(secret.steps))[:MAX_SECRETS]

    def _fields(self, out: JsonObject, part: JsonObject, in_proof: bool) -> list[NestedSecret]:
        """Takes secrets out of the properties of a schema that is being copied."""
        if not part.get("properties"):
            return []
        required = part.get("required", [])
        kept: JsonObject = {}
        secrets: list[NestedSecret] = []
        for name, inner in part["properties"].items():
            if self._secret(name, part["properties"], in_proof):
                secrets.append(NestedSecret(name, name in required))
                continue
            changed, found = self._without(inner, proves(name, in_proof))
            is_made = bool(found) and self.is_emptied(changed)
            if not is_made:
                kept[name] = changed
            for secret in found:
                needed = secret.required and (name in required or not is_made)
                secrets.append(replace(secret, required=needed).below(BodyStep(name=name, made=is_made)))
        gone = part["properties"].keys() - kept.keys()
        if gone:
            out.pop("minProperties", None)
            out["required"] = [name for name in required if name not in gone]
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
        out["properties"] = kept
        return secrets

    def _branches(self, out: JsonObject, part: JsonObject, in_proof: bool) -> list[NestedSecret]:
        """Takes secrets out of the branches of a choice; one of some branches only is told by what stands beside it."""
        branches = [self._without(branch, in_proof) for branch in part["anyOf"]]
        shapes = [self._components.shape(branch) for branch, _ in branches]
        out["anyOf"] = [
            branch for at, (branch, _) in enumerate(branches) if branch not in [b for b, _ in branches[:at]]
        ]
        objects = [at for at, shape in enumerate(shapes) if "properties" in shape]
        tests = {at: _test(shapes[at], [shapes[more] for more in objects if more != at]) for at in objects}
        secrets: list[NestedSecret] = []
        for at, (_, found) in enumerate(branches):
            twins = [more for more in objects if more < at and tests[more] == tests.get(at)]
            if any(branches[more][1] for more in twins):
                continue  # nothing tells the two branches apart: the first one is taken
            for secret in found:
                is_shared = at not in tests or all(secret in branches[more][1] for more in objects)
                secret = replace(secret, required=False) if twins else secret
                secrets.append(secret if is_shared else secret.of_branch(tests[at]))
        return secrets

    def _at(self, address: str, in_proof: bool) -> tuple[str, list[NestedSecret]]:
        """Where a schema without its secrets stands; inside itself it has no further ones that could be put there."""
        key = (address, in_proof)
        copy = f"{address}{self._variant}{'**' if in_proof else '*'}"
        if key not in self._taken:
            self._taken[key] = []
            secrets: list[NestedSecret] = []

            def change(part: JsonObject) -> JsonObject:
                nonlocal secrets
                part, secrets = self._without(part, in_proof)
                return part

            self._components.add_copy(copy, address, change)
            self._taken[key] = secrets
        return copy, self._taken[key]

    @staticmethod
    def _without_values(part: JsonObject, secrets: list[NestedSecret]) -> JsonObject:
        """A schema whose default and examples hold no secrets either."""
        if not secrets or not {"default", "examples"} & part.keys():
            return part
        out = dict(part)
        if "default" in part:
            out["default"] = _stripped(part["default"], secrets)
        if "examples" in part:
            out["examples"] = [_stripped(example, secrets) for example in part["examples"]]
        return out


def _inside(node: JsonObject) -> Iterator[JsonObject]:
    """The schemas directly in a schema, its properties aside."""
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield node[key]
    for key in LISTS:
        yield from node.get(key, ())
    yield from node.get("patternProperties", {}).values()


def _each_once(secrets: list[NestedSecret]) -> list[NestedSecret]:
    """Secrets of one place as one, needed where any of them is; different tests of it are a choice."""
    out: dict[tuple[str, tuple[str, ...]], NestedSecret] = {}
    for secret in secrets:
        key = (secret.name, tuple(step.name for step in secret.steps))
        known = out.get(key)
        if known is None:
            out[key] = secret
            continue
        steps = tuple(
            mine.model_copy(update={"tests": _either(mine.tests, other.tests)})
            for mine, other in zip(known.steps, secret.steps, strict=True)
        )
        tests = _either(known.tests, secret.tests)
        out[key] = NestedSecret(secret.name, known.required or secret.required, steps, tests)
    return list(out.values())


def _either(one: tuple[ObjectTest, ...], other: tuple[ObjectTest, ...]) -> tuple[ObjectTest, ...]:
    return tuple(dict.fromkeys([*one, *other])) if one and other else ()


def _test(shape: JsonObject, others: list[JsonObject]) -> ObjectTest:
    """What tells objects of one branch from those of the others, secrets aside."""
    properties = shape["properties"]
    values = []
    for name, part in properties.items():
        texts = [part["const"]] if "const" in part else part.get("enum", [])
        if texts and all(isinstance(text, str) for text in texts):
            values.append((name, tuple(texts)))
    foreign = dict.fromkeys(name for other in others for name in other["properties"] if name not in properties)
    return ObjectTest(
        needs=tuple(name for name in shape.get("required", ()) if name in properties),
        lacks=tuple(foreign)[:_MAX_NAMES],
        values=tuple(values),
    )


def _stripped(value: JsonValue, secrets: list[NestedSecret]) -> JsonValue:
    """A value without the secrets of its schema, wherever they stand in it."""
    names = {secret.name for secret in secrets}
    made = {step.name for secret in secrets for step in secret.steps if step.made}
    if isinstance(value, list):
        return [_stripped(item, secrets) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _stripped(item, secrets) for name, item in value.items() if name not in names | made}
