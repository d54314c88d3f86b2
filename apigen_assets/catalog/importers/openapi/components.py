"""Schemas of OpenAPI 3.0/3.1 and Swagger 2.0 as Draft 2020-12.

Two steps, so that a schema which many operations share is read once. `Components` reads each schema as it stands, with
references to others left as addresses; `Linker` (in `linking`) puts what is referred to in its place.
"""

from collections.abc import Callable

from apigen_assets.catalog.importers.openapi.discriminators import Discriminators
from apigen_assets.catalog.importers.openapi.hidden_fields import HiddenFields
from apigen_assets.catalog.importers.openapi.keywords import KEPT, SUBSCHEMAS, secret_mark, types_of, usable
from apigen_assets.catalog.importers.openapi.merging import CHOICES, FILE, MARK, NULL, merged, nowhere
from apigen_assets.catalog.importers.openapi.references import ReferenceProblem, References
from apigen_assets.catalog.importers.openapi.schema_parts import fields_in, references_of, tell_unchecked
from apigen_assets.catalog.names import field_name
from apigen_assets.files.json_types import JsonObject, JsonValue

MAX_NESTING = 150
"""Levels of one schema as it is written, references not counted."""

_SCHEMA_KEYS = frozenset(
    {*KEPT, *SUBSCHEMAS, "type", "required", "properties", "items", "prefixItems", "allOf", "anyOf", "oneOf"}
)
Warn = Callable[[str], None]


class Components:
    """The schemas of one document, each read when it is first asked for.

    Args:
        references: of the document.
        warn: called with a sentence for each thing that is wrong but not fatal.
        direction: `request` leaves read-only properties out, `response` write-only ones.
    """

    def __init__(self, references: References, warn: Warn, direction: str = "request") -> None:
        self.references = references
        self.warn = warn
        self._hidden = HiddenFields(references, "readOnly" if direction == "request" else "writeOnly")
        self._complete: dict[str, JsonObject] = {}
        self._bare: dict[str, JsonObject] = {}
        self._open: set[str] = set()
        self._discriminators = Discriminators(references)
        self._wires: dict[str, str] = {}
        self._noted: set[str] = set()
        self.has_clashes = False
        """Whether two wire names that were read would be offered under one name, in whatever schemas they stand."""

    def component(self, address: str) -> JsonObject:
        """What is at an address, with references to others as `{"$ref": address}`."""
        if address not in self._complete:
            self._complete[address] = self._at(address, True)
        return self._complete[address]

    def bare(self, address: str) -> JsonObject:
        """Likewise, without the choice of subtypes that a discriminator offers: what every subtype shares."""
        if address not in self._bare:
            bare, complete = self._at(address, False), self._complete.get(address)
            self._bare[address] = complete if complete is not None and complete == bare else bare
        return self._bare[address]

    def add_copy(self, copy: str, address: str, change: Callable[[JsonObject], JsonObject]) -> None:
        """Adds what is at an address under another one, changed; until that is done the copy is as the original."""
        self._complete[copy], self._bare[copy] = self.component(address), self.bare(address)
        bare = change(self._bare[copy])
        is_base = self._complete[copy] != self._bare[copy]
        self._complete[copy], self._bare[copy] = change(self._complete[copy]) if is_base else bare, bare

    def shape(self, part: JsonObject) -> JsonObject:
        """The object that a converted schema stands for: what it refers to, with what stands beside the reference."""
        seen: set[str] = set()
        beside: JsonObject = {}
        while "$ref" in part:
            address = part["$ref"]
            beside = {**{key: value for key, value in part.items() if key != "$ref"}, **beside}
            if address in seen:
                return beside
            seen.add(address)
            part = self.bare(address)
        return {**part, **beside} if beside and "$file" not in part else part

    def has_subtypes(self, part: JsonObject) -> bool:
        """Whether a reference leads to a base that stands for its subtypes."""
        for _ in range(MAX_NESTING):
            if "$ref" not in part:
                break
            part = self.component(part["$ref"])
            if "anyOf" in part:
                return True
        return False

    def field_names(self, parts: list[JsonObject]) -> list[str]:
        """The wire names of all fields that values of these read schemas may have, at any depth, each once."""
        names: dict[str, None] = {}
        seen: set[str] = set()
        waiting = list(reversed(parts))
        while waiting:
            part = waiting.pop()
            names.update(dict.fromkeys(fields_in(part)))
            addresses = dict.fromkeys(address for address in references_of(part) if address not in seen)
            seen.update(addresses)
            waiting += [self.component(address) for address in addresses]
        return list(names)

    def read(self, schema: JsonValue, level: int = 0) -> JsonObject:
        """One schema that stands in the document itself."""
        return self._read(schema, level, None)

    def _at(self, address: str, complete: bool) -> JsonObject:
        key = address if complete else f"{address} bare"
        if key in self._open:
            self.warn(f"{address} is a part of itself")
            return {}
        self._open.add(key)
        try:
            node = self.references.at(address)
            out = self._read(node, 0, address, complete)
            if isinstance(node, dict):
                out = self._discriminators.restricted(out, address, node, self.shape)
            return out
        except ReferenceProblem as problem:
            self.warn(str(problem))
            return nowhere(str(problem))
        finally:
            self._open.discard(key)

    def _read(self, schema: JsonValue, level: int, address: str | None, complete: bool = True) -> JsonObject:
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if not isinstance(schema, dict):
            self.warn(f"a schema is a JSON {type(schema).__name__}")
            return {}
        if level > MAX_NESTING:
            self.warn("nested deeper than is read")
            return {}
        reference = schema.get("$ref", schema.get("$dynamicRef", schema.get("$recursiveRef")))
        if isinstance(reference, str):
            return self._reference(schema, reference, level)
        out = self._composed(schema, level, address, complete)
        return self._annotated(out, schema)

    def _reference(self, schema: JsonObject, reference: str, level: int) -> JsonObject:
        try:
            address = self.references.absolute(reference)
            self.references.follow({"$ref": reference})
        except ReferenceProblem as problem:
            self.warn(str(problem))
            return nowhere(str(problem))
        out: JsonObject = {"$ref": address}
        rest = {key: value for key, value in schema.items() if key in _SCHEMA_KEYS}
        beside = self._read(rest, level, None) if rest else {}
        if beside and {address, f"{address} bare"} & self._open:  # what it refers to is still being read
            out = beside if "$file" in beside else {"allOf": [out, beside]}
        elif beside:
            out = merged([out, beside], self.shape)
        return self._annotated(out, schema)

    def _composed(self, node: JsonObject, level: int, address: str | None, complete: bool) -> JsonObject:
        parts: list[JsonObject] = []
        if isinstance(node.get("allOf"), list):
            parts += [self._read(part, level + 1, None) for part in node["allOf"]]
        own = self._plain(node, level)
        if own.keys() - {"type"} or own.get("type") not in (None, "object") or not parts:
            parts.append(own)
        out = self._without_hidden(merged(parts, self.shape), node)
        for key in ("oneOf", "anyOf"):
            if isinstance(node.get(key), list) and node[key]:
                out = self._choice(out, node, key, level)
        subtypes = self._discriminators.subtypes(node, address)
        if [at for at, _ in subtypes] == [address]:  # it stands for itself alone
            return self._tied(out, node, subtypes[0][1])
        if complete and subtypes:
            tied = [self._tied(self._subtype(at, node), node, values) for at, values in subtypes]
            return {"anyOf": [part for branch in tied for part in _branches(branch)]}
        return self._discriminators.valued(out, node, address)

    def _choice(self, base: JsonObject, node: JsonObject, key: str, level: int) -> JsonObject:
        """`oneOf` and `anyOf` as a choice; with what stands beside them, each branch says all of it."""
        branches: list[JsonObject] = []
        left_out: JsonObject = FILE
        for raw in node[key]:
            branch = self._read(raw, level + 1, None)
            values = self._discriminators.values_of(node, raw)
            if values:
                branch = self._tied(branch, node, values)
            if "$file" in branch:
                left_out = branch
            elif branch not in branches:
                branches.append(branch)
        if not branches:
            return left_out
        kinds = base.keys() - {"type", NULL}
        if not kinds and not (base.get("type") == "object" and key != "oneOf"):
            if {} in branches:
                return base
            if NULL in base or "type" in base:
                branches = [merged([base, branch], self.shape) for branch in branches]
            return branches[0] if len(branches) == 1 else {"anyOf": branches}
        constraints = [branch for branch in branches if _only_requires(self.shape(branch))]
        if len(constraints) == len(branches):
            sets = [self.shape(branch).get("required", []) for branch in branches]
            common = [name for name in sets[0] if all(name in names for names in sets)]
            needed: JsonObject = {"required": common} if common else {}
            if all(set(names) != set(common) for names in sets):
                needed[CHOICES] = [sets]
            return merged([base, needed], self.shape)
        return {"anyOf": [merged([base, branch], self.shape) for branch in branches]}

    def _subtype(self, at: str, node: JsonObject) -> JsonObject:
        """What is at the address of a base's subtype; the subtypes of that, where another property tells them."""
        if at in self._open or self._discriminators.has_same_property(node, at):
            return self.shape({"$ref": at})
        return self.component(at)

    def _tied(self, branch: JsonObject, node: JsonObject, values: list[str]) -> JsonObject:
        branch = self.shape(branch) if "$ref" in branch else branch
        if branch.keys() <= {"anyOf", "description"} and "anyOf" in branch:  # tied by another property inside
            return {**branch, "anyOf": [self._tied(part, node, values) for part in branch["anyOf"]]}
        return self._discriminators.tied(branch, node, values, self.shape)

    def _plain(self, node: JsonObject, level: int) -> JsonObject:
        out: JsonObject = {}
        kinds = types_of(node, self.warn)
        if kinds is None:
            return FILE
        if kinds:
            out["type"] = kinds[0] if len(kinds) == 1 else kinds
        for key in KEPT:
            if key in node and usable(key, node[key], self.warn):
                out[key] = node[key]
        for old, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(node.get(old), bool):  # Swagger 2.0 and OpenAPI 3.0: a flag beside the bound
                out.pop(old, None)
                if node[old] and bound in out:
                    out[old] = out.pop(bound)
        self._lists(out, node, kinds, level)
        for part in (out.get("items"), *out.get("prefixItems", ())):
            if isinstance(part, dict) and "$file" in part:
                return part
        if isinstance(node.get("properties"), dict) or isinstance(node.get("required"), list):
            self._object(out, node, level)
        for key in SUBSCHEMAS:
            if key in node:
                self._subschema(out, key, node[key], level)
        tell_unchecked(node, self.warn)
        return out

    def _lists(self, out: JsonObject, node: JsonObject, kinds: list[str], level: int) -> None:
        items = node.get("items")
        tuples = items if isinstance(items, list) else node.get("prefixItems")
        if isinstance(tuples, list) and tuples:
            out["prefixItems"] = [self._read(part, level + 1, None) for part in tuples]
            items = node.get("additionalItems", {}) if isinstance(items, list) else items
        if items is False:
            out["items"] = False
        elif isinstance(items, dict) and (part := self._read(items, level + 1, None)):
            out["items"] = part

    def _object(self, out: JsonObject, node: JsonObject, level: int) -> None:
        properties: JsonObject = {}
        listed = node.get("required")
        required = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
        hidden = set()
        given = node.get("properties")
        for name, part in given.items() if isinstance(given, dict) else ():
            if self._hidden.is_hidden(part):
                hidden.add(str(name))
                continue
            self._note(str(name))
            properties[str(name)] = self._read(part, level + 1, None)
            if isinstance(part, dict) and part.get("required") is True:
                required.append(str(name))
        if listed is not None and not isinstance(listed, list):
            self.warn("`required` of an object is not a list of names")
        if properties or hidden or isinstance(given, dict):
            out.setdefault("type", "object")
            out["properties"] = properties
        required = [name for name in dict.fromkeys(required) if name not in hidden]
        if required:
            out["required"] = required

    def _note(self, wire: str) -> None:
        if wire not in self._noted:
            self._noted.add(wire)
            self.has_clashes |= self._wires.setdefault(field_name(wire), wire) != wire

    def _without_hidden(self, out: JsonObject, node: JsonObject) -> JsonObject:
        """What is merged without needing a field that another part of `allOf` says is only in answers.

        Of an object that says nothing else, or no more than of what kind it is (`{"type": "team_reference"}`), such a
        field says which one is meant: it stays.
        """
        properties = out.get("properties", {})
        undeclared = [name for name in out.get("required", ()) if name not in properties] if "allOf" in node else []
        hidden = self._hidden.of(node) if undeclared else {}
        if not hidden.keys() & set(undeclared):
            return out
        if all(len(part.get("enum", ())) == 1 or "const" in part for part in properties.values()):
            named = {name: self._read(hidden[name], 1, None) for name in undeclared if name in hidden}
            return {**out, "properties": {**properties, **named}}
        required = [name for name in out["required"] if name not in undeclared or name not in hidden]
        rest = {key: value for key, value in out.items() if key != "required"}
        return {**rest, "required": required} if required else rest

    def _subschema(self, out: JsonObject, key: str, value: JsonValue, level: int) -> None:
        if key == "additionalProperties":
            if isinstance(value, dict) and value:
                if part := self._read(value, level + 1, None):
                    out[key] = part
            elif value is False:
                out[key] = False
        elif key == "patternProperties":
            if isinstance(value, dict):
                good = {name: part for name, part in value.items() if usable("pattern", name, self.warn)}
                out[key] = {name: self._read(part, level + 1, None) for name, part in good.items()}
        elif key == "dependentRequired":
            if isinstance(value, dict) and all(isinstance(names, list) for names in value.values()):
                out[key] = value
        elif key == "not":
            self._negation(out, value, level)
        elif isinstance(value, dict | bool):
            out[key] = self._read(value, level + 1, None)

    def _negation(self, out: JsonObject, value: JsonValue, level: int) -> None:
        """`not` is kept where its schema is read without loss; a weaker one inside would forbid too much."""
        said: list[str] = []
        outer, self.warn = self.warn, said.append
        try:
            part = self._read(value, level + 1, None)
        finally:
            self.warn = outer
        if said or not part or "$file" in part or "$ref" in part or {"properties", "allOf"} & part.keys():
            self.warn("`not` is not checked")
        else:
            out["not"] = part

    def _annotated(self, out: JsonObject, node: JsonObject) -> JsonObject:
        """Description, default and examples as they are; whether they fit is seen when the schema is complete."""
        if "$file" in out:
            return out
        more: JsonObject = {}
        if node.get("nullable") is True or node.get("x-nullable") is True:
            more[NULL] = True
        if isinstance(node.get("description"), str) and node["description"].strip():
            more["description"] = node["description"]
        if node.get("default") is not None:
            more["default"] = node["default"]
        listed = node.get("examples")
        examples = list(listed[:3]) if isinstance(listed, list) else []
        if "example" in node:
            examples = [node["example"], *examples]
        more |= {"examples": examples[:3]} if examples else {}
        mark = secret_mark(node)
        if mark and "properties" not in out:
            more[MARK] = mark
        return {**out, **more} if more else out


def _only_requires(branch: JsonObject) -> bool:
    """Whether a branch says no more than which fields of an object there have to be."""
    return branch.keys() <= {"required", "type"} and branch.get("type", "object") == "object"


def _branches(part: JsonObject) -> list[JsonObject]:
    """The branches of a schema that is a choice and no more; any other schema alone."""
    return list(part["anyOf"]) if part.keys() == {"anyOf"} else [part]
