"""Puts what schemas refer to in its place: once per schema of a document, with sizes known before anything grows.

A schema that contains itself goes into `$defs` and is referred to as `#/$defs/<name>`; every other one stands where it
is used. What would be larger than a tool may be is cut: fields that are optional and lie deepest go first.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from apigen_assets.catalog.descriptions import clean_description
from apigen_assets.catalog.importers.openapi.components import Components
from apigen_assets.catalog.importers.openapi.cycles import Cycles
from apigen_assets.catalog.importers.openapi.field_names import FieldNames, renamed
from apigen_assets.catalog.importers.openapi.keywords import coerced
from apigen_assets.catalog.importers.openapi.merging import CHOICES, MARK, NULL, TIED
from apigen_assets.catalog.importers.openapi.schema_parts import (
    LISTS,
    SINGLE,
    length,
    offered_names,
    references_of,
    repaired,
    short,
    united,
    with_choices,
    with_fields,
    with_inner,
)
from apigen_assets.catalog.names import distinct, field_name
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import DEFINITIONS, MAX_BYTES, is_valid, nullable

MAX_CUT = 1_200
"""Cut schemas that are remembered at a time; neighbours have the same ones."""


class Linked(NamedTuple):
    """A complete schema; `schema` is null where it is a file."""

    schema: JsonObject | None
    size: int
    """About its bytes as JSON, without `$defs`."""
    depth: int
    """Levels of objects and lists of the schema's JSON."""
    names: FieldNames | None
    """Fields inside that have other names on the wire."""
    recursive: frozenset[str]
    """Addresses that it needs in `$defs`."""
    unknown: str | None = None
    """Why nothing is known of the schema, where it is null for another reason than that it is a file."""


@dataclass(frozen=True)
class Cut:
    """How much of a schema is offered."""

    levels: int | None = None
    """Nested objects below which optional fields with fields of their own are left out; null for all."""
    wordless: bool = False
    """Fields of nested objects have no descriptions."""

    @property
    def below(self) -> "Cut":
        """The same, one level further in."""
        return self if self.levels is None else Cut(self.levels - 1, self.wordless)


WHOLE = Cut()


def _without_schema(unknown: str | None) -> Linked:
    return Linked(None, 0, 0, None, frozenset(), unknown)


class Linker:
    """Completes the schemas of one document.

    Args:
        components: of the document, in one direction.
        names: offered names by wire name where each field has the same name everywhere; null where fields are told
            apart within their object only.
        most: bytes of the largest schema that is wanted. Of what is larger only the size is kept, since whatever holds
            it is larger still; a document's largest schemas would take more memory than all its tools.
    """

    def __init__(self, components: Components, names: dict[str, str] | None = None, most: int = MAX_BYTES) -> None:
        self._components = components
        self._names = names
        self._most = most
        self._linked: dict[tuple[str, Cut], Linked] = {}
        self._cut: dict[tuple[str, Cut], Linked] = {}
        self._open: set[tuple[str, Cut]] = set()
        self._recursive = Cycles(lambda address: references_of(components.component(address)))
        self._definition_names: dict[str, str] = {}
        self._definition_fields: dict[str, FieldNames] = {}
        self._texts: dict[str, str] = {}

    def link(self, part: JsonObject, cut: Cut = WHOLE) -> Linked:
        """The complete schema of one that was read."""
        if "$ref" in part:
            return self._reference(part, cut)
        if "$file" in part:
            return _without_schema(part["$file"] if isinstance(part["$file"], str) else None)
        return self._node(part, cut)

    def definitions(self, addresses: frozenset[str], most: int = MAX_BYTES) -> tuple[JsonObject, int]:
        """`$defs` with all that the schemas at these addresses need, and its size.

        What is larger than `most` is not completed: a size beyond it says so.
        """
        out: JsonObject = {}
        size = 0
        waiting, seen = sorted(addresses), set(addresses)
        while waiting:
            address = waiting.pop(0)
            linked = self._definition(address)
            out[self._definition_name(address)] = linked.schema if linked.schema is not None else {}
            size += linked.size + len(address)
            if size > most:
                return {}, size
            more = sorted(linked.recursive - seen)
            seen |= linked.recursive
            waiting += more
        return dict(sorted(out.items())), size

    def _reference(self, part: JsonObject, cut: Cut) -> Linked:
        address = part["$ref"]
        if cut.levels is None and address in self._recursive:
            self._definition_fields.setdefault(address, FieldNames())
            schema: JsonObject = {"$ref": f"#/{DEFINITIONS}/{self._definition_name(address)}"}
            target = Linked(schema, 40, 1, self._definition_fields[address], frozenset({address}))
        else:
            target = self._at(address, cut)
        if target.schema is None or len(part) == 1:
            return target
        return self._finished({**target.schema}, part, target)

    def _at(self, address: str, cut: Cut) -> Linked:
        key = (address, cut)
        known = self._linked if cut == WHOLE else self._cut
        if key in known:
            return known[key]
        if key in self._open:  # only where a cut unrolls what contains itself without a level between
            return Linked({}, 2, 1, None, frozenset())
        self._open.add(key)
        try:
            out = self._outgrown(self.link(self._components.component(address), cut))
        finally:
            self._open.discard(key)
        if len(self._cut) >= MAX_CUT and not self._open:
            self._cut.clear()
        known[key] = out
        return out

    def _outgrown(self, linked: Linked) -> Linked:
        """The schema, or no more than its size where that is more than is wanted."""
        is_wanted = linked.schema is None or linked.size <= self._most
        return linked if is_wanted else linked._replace(schema={}, names=None)

    def _definition(self, address: str) -> Linked:
        key = (f"{address} itself", WHOLE)
        if key not in self._linked:
            part = self._components.component(address)
            out = self._outgrown(self.link(part, WHOLE))
            own = self._definition_fields.setdefault(address, FieldNames())
            if out.names is not None and out.names is not own:
                own.also.append(out.names)
            self._linked[key] = out
        return self._linked[key]

    def _definition_name(self, address: str) -> str:
        if address not in self._definition_names:
            document, _, pointer = address.partition("#")
            last = pointer.rpartition("/")[2] or document.rpartition("/")[2].partition(".")[0]
            name = re.sub(r"[^A-Za-z0-9_.-]+", "_", last.replace("~1", "_")).strip("_") or "part"
            taken = set(self._definition_names.values())
            self._definition_names[address] = distinct([*taken, name])[-1] if name in taken else name
        return self._definition_names[address]

    def _node(self, part: JsonObject, cut: Cut) -> Linked:
        out: JsonObject = {}
        size, depth = 2, 1
        names: FieldNames | None = None
        recursive: frozenset[str] = frozenset()
        fields: dict[str, str] = {}

        def take(inner: Linked) -> JsonObject:
            nonlocal size, depth, recursive
            size += inner.size + 4
            depth = max(depth, inner.depth + 1)
            recursive |= inner.recursive
            assert inner.schema is not None
            return inner.schema

        for key, value in part.items():
            if key == "properties":
                linked = self._properties(value, set(part.get("required", ())), cut)
                if isinstance(linked, Linked):
                    return linked
                fields = offered_names(list(value)) if self._names is None else self._names
                out[key] = {fields[wire]: take(inner) for wire, inner in linked.items()}
                size += sum(len(wire) + 4 for wire in linked)
                depth += 1
                names = with_fields(names, {fields[wire]: (wire, inner.names) for wire, inner in linked.items()})
            elif key == "patternProperties":
                patterns = {name: self.link(inner, cut.below) for name, inner in value.items()}
                out[key] = {name: take(inner) for name, inner in patterns.items() if inner.schema is not None}
                depth += 1
            elif key in LISTS:
                branches = [self.link(inner, cut) for inner in value]
                if key != "prefixItems" and self._names is None and any(branch.names for branch in branches):
                    branches = self._told_apart(value, branches, cut)
                kept = [branch for branch in branches if branch.schema is not None]
                if not kept or (key != "anyOf" and len(kept) < len(branches)):
                    return next(branch for branch in branches if branch.schema is None)
                out[key] = [take(branch) for branch in kept]
                depth += 1
                if key != "prefixItems":
                    for branch in kept:
                        names = united(names, branch.names)
            elif key in SINGLE and isinstance(value, dict):
                inner = self.link(value, cut if key == "items" else cut.below)
                if inner.schema is None:
                    if key == "items" or (key == "additionalProperties" and not part.get("properties")):
                        return inner
                    if key == "additionalProperties":
                        out[key] = False
                    continue
                if key != "not" or inner.schema:
                    out[key] = take(inner)
                names = with_inner(names, key, inner.names)
            elif key not in {"description", "default", "examples", "required", CHOICES, MARK, NULL, TIED}:
                out[key] = value
                size += len(key) + 6 + length(value)
        if "required" in part:
            self._require(out, part["required"], fields)
            size += 14 + sum(len(name) + 3 for name in part["required"])
        with_choices(out, part.get(CHOICES, ()), fields)
        if "dependentRequired" in out:
            out["dependentRequired"] = {
                fields.get(name, name): [fields.get(wire, wire) for wire in wanted]
                for name, wanted in out["dependentRequired"].items()
            }
        return self._finished(out, part, Linked(out, size, depth, names, recursive), cut)

    def _told_apart(self, parts: list[JsonObject], branches: list[Linked], cut: Cut) -> list[Linked]:
        """The branches with one name for each wire name, where two would have the same.

        Whoever sends a value does not know which branch it is of: `a_b` has to mean one field in all of them.
        """
        if not self._components.has_clashes:
            return branches
        wires = self._components.field_names(parts)
        if len({field_name(wire) for wire in wires}) == len(wires):
            return branches
        apart = Linker(self._components, offered_names(wires), self._most)
        # `$defs` have the names that fields have elsewhere, so a schema that contains itself is unrolled
        bounded = Cut(4) if cut.levels is None and any(branch.recursive for branch in branches) else cut
        return [apart.link(part, bounded) for part in parts]

    @staticmethod
    def _require(out: JsonObject, required: list[str], fields: dict[str, str]) -> None:
        """`required`, by offered names; where no further field is allowed, of the fields that are left."""
        properties = out.get("properties", {})
        kept = [fields.get(name, name) for name in required]
        if out.get("additionalProperties") is False or ("properties" not in out and "anyOf" in out):
            kept = [name for name in kept if name in properties]
        if kept:
            out["required"] = kept

    def _properties(self, properties: JsonObject, required: set[str], cut: Cut) -> dict[str, Linked] | Linked:
        """Fields by wire name, without those that cannot be given; a required one that cannot, where there is one."""
        out: dict[str, Linked] = {}
        for name, part in properties.items():
            if cut.levels is not None and cut.levels <= 0 and self._has_fields(part):
                if name in required:
                    out[name] = self._outline(part)
                continue
            inner = self.link(part, cut.below)
            if inner.schema is not None:
                out[name] = inner
            elif name in required:
                return inner
            elif inner.unknown:
                self._components.warn(f"the optional field {name!r} is left out: {inner.unknown}")
        return out

    def _has_fields(self, part: JsonObject, level: int = 0) -> bool:
        """Whether a value of this schema may be an object with fields, or hold some."""
        if level > 8:
            return True
        shape = self._components.shape(part)
        if shape.keys() & {"properties", "patternProperties"} or isinstance(shape.get("additionalProperties"), dict):
            return True
        inner = [shape["items"]] if isinstance(shape.get("items"), dict) else []
        inner += [branch for key in LISTS for branch in shape.get(key, [])]
        return any(self._has_fields(piece, level + 1) for piece in inner)

    def _outline(self, part: JsonObject) -> Linked:
        """A required field of a schema that is cut: its type and what it is said to be."""
        shape = self._components.shape(part)
        kept: JsonObject = {key: value for key, value in shape.items() if key in {"type", "description"}}
        return self._node(kept, Cut(0))

    def _finished(self, out: JsonObject, part: JsonObject, linked: Linked, cut: Cut = WHOLE) -> Linked:
        """Adds null, description, default and examples; an enum that its own type excludes is repaired."""
        warn = self._components.warn
        names = linked.names
        if "enum" in out and "enum" in part:
            out = repaired(out, NULL in part, warn)
        if NULL in part:
            out = nullable(out)
        text = self._cleaned(part["description"]) if "description" in part else ""
        bare = {key: value for key, value in out.items() if key not in {"description", "default", "examples"}}
        more: JsonObject = {}
        if text and not (cut.wordless and cut.levels is not None and cut.levels < 0):
            more["description"] = short(text) if cut.levels is not None else text
        if "default" in part:
            default = coerced(renamed(part["default"], names), bare)
            if self._fits(default, bare, linked.recursive):
                more["default"] = default
            else:
                warn(f"the default {str(part['default'])[:60]!r} is not of its type")
        if "examples" in part and cut.levels is None:
            examples = [coerced(renamed(example, names), bare) for example in part["examples"]]
            good = [item for item in examples if item is not None and self._fits(item, bare, linked.recursive)]
            if good:
                more["examples"] = good[:3]
        added = sum(len(key) + 6 + length(value) for key, value in more.items())
        return linked._replace(schema={**out, **more} if more else out, size=linked.size + added)

    def _cleaned(self, text: str) -> str:
        """A description made fit for a model; the same ones come again and again."""
        if text not in self._texts:
            self._texts[text] = clean_description(text)
        return self._texts[text]

    def _fits(self, value: JsonValue, bare: JsonObject, recursive: frozenset[str]) -> bool:
        if not recursive:
            return is_valid(value, bare)
        return is_valid(value, {**bare, DEFINITIONS: self._definitions_so_far(recursive)})

    def _definitions_so_far(self, addresses: frozenset[str]) -> JsonObject:
        """`$defs` of what was completed before; a schema that is still being read takes anything."""
        out: JsonObject = {}
        waiting = sorted(addresses)
        while waiting:
            address = waiting.pop()
            name = self._definition_name(address)
            if name in out:
                continue
            linked = self._linked.get((f"{address} itself", WHOLE))
            out[name] = (linked.schema or {}) if linked is not None else {}
            waiting += sorted(linked.recursive) if linked is not None else []
        return out
