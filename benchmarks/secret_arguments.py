"""Lists the arguments of imported tools that look like secrets, inside objects and lists too, for a person to read.

    python -m benchmarks.secret_arguments FOLDER [--shown N]

An entry of the folder is one source, as in `benchmarks.specifications`. What looks like a secret is told without the
importer's rules: by marks of the specification (`format: password`, extensions such as `x-ms-secret`), by the names of
its security schemes' keys, and by any word in a name that a secret could have. Most of what is listed is none
(`next_page_token`), or is what the call is about (the password of a user that is created): the list is read, not
counted as faults. One line per name and description: in how many tools, why, and where in the first of them.
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from apigen_assets.catalog.importers.sources import import_source
from benchmarks.schema_values import letters_of
from benchmarks.specification_document import Specification

_WORDS = re.compile(
    r"pass(?:word|wd|phrase|code)|\bpwd\b|secret|token|credential|api.?key|private.?key|access.?key|auth|bearer|"
    r"signature|cookie|session|\bjwt\b|\bpin\b|\botp\b|cvv|cvc",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:password|passphrase|api[- ]?keys?|secret|access token|auth\w* token|bearer token|credentials?)\b",
    re.IGNORECASE,
)
_MARKS = re.compile(r"x-.*(?:secret|sensitive|password|credential)", re.IGNORECASE)


def arguments(
    schema: Any, defs: dict[str, Any], path: str = "", open_: tuple[str, ...] = ()
) -> Iterator[tuple[str, Any]]:
    """Every field of an imported schema that may be a text: its path and its schema."""
    if not isinstance(schema, dict) or path.count(".") > 20:
        return
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in open_:
            yield from arguments(defs.get(name), defs, path, (*open_, name))
        return
    for name, part in (schema.get("properties") or {}).items():
        yield f"{path}.{name}".lstrip("."), part
        yield from arguments(part, defs, f"{path}.{name}", open_)
    for key in ("items", "additionalProperties"):
        yield from arguments(schema.get(key), defs, f"{path}[]" if key == "items" else f"{path}.*", open_)
    for key in ("anyOf", "allOf", "prefixItems"):
        for part in schema.get(key, ()):
            yield from arguments(part, defs, path, open_)


def marked(spec: Specification, operation: Any, file: str) -> dict[str, str]:
    """Names that the specification marks as secret in what one operation takes, by their letters, with the mark."""
    out: dict[str, str] = {}
    seen: set[str] = set()

    def walk(node: Any, here: str, name: str) -> None:
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            key = f"{here} {node['$ref']} {name}"
            if key in seen:
                return
            seen.add(key)
        try:
            node, here = spec.resolve(node, here)
        except (KeyError, OSError, IndexError, TypeError):
            return
        if isinstance(node, list):
            for item in node:
                walk(item, here, name)
        if not isinstance(node, dict):
            return
        marks = ["format: password"] if node.get("format") == "password" else []
        marks += [str(key) for key, value in node.items() if _MARKS.fullmatch(str(key)) and value not in (False, None)]
        if node.get("writeOnly") is True and _SAID.search(f"{name} {node.get('description')}"):
            marks.append("writeOnly")
        if marks and name:
            out.setdefault(letters_of(name), ", ".join(marks))
        for key, value in node.items():
            if key == "properties" and isinstance(value, dict):
                for field, part in value.items():
                    walk(part, here, str(field))
            elif key not in {"example", "examples", "default", "responses", "enum"}:
                walk(value, here, str(node.get("name", name)) if key == "schema" else name)

    walk(operation.get("requestBody"), file, "")
    walk(operation.get("parameters"), file, "")
    return out


def scheme_keys(spec: dict[str, Any]) -> set[str]:
    """Letters of the names under which the security schemes send a key."""
    schemes = spec.get("securityDefinitions") or (spec.get("components") or {}).get("securitySchemes") or {}
    return {
        letters_of(str(scheme["name"])) for scheme in schemes.values() if isinstance(scheme, dict) and "name" in scheme
    }


def reasons(name: str, schema: Any, marks: dict[str, str], keys: set[str]) -> list[str]:
    """Why an argument looks like a secret, or a list or map of some; nothing where it does not, or can be no text."""
    if not isinstance(schema, dict):
        return []
    held = next((schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)), schema)
    kinds = held.get("type")
    named = [kinds] if isinstance(kinds, str) else kinds or ["string"]
    if "enum" in held or "properties" in schema or "string" not in named:
        return []
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|[-_.]", " ", name)
    said = _SAID.search(str(schema.get("description", ""))[:120])
    out = [marks[letters_of(name)]] if letters_of(name) in marks else []
    out += ["format: password"] if "password" in (schema.get("format"), held.get("format")) and not out else []
    out += ["name of a scheme's key"] if letters_of(name) in keys else []
    out += ["name"] if _WORDS.search(spaced) else []
    out += [f"described as {said.group().lower()}"] if said else []
    return [*out, "several"] if out and held is not schema else out


def main() -> None:
    """Prints the list."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shown", type=int, default=10_000, help="lines per specification")
    options = parser.parse_args()
    for path in sorted(options.folder.iterdir()):
        result = import_source(str(path), name="s")
        if not result.apis:
            result = import_source(str(path), name="s", base_url="https://benchmark.example")
        by_file: dict[str, dict[str, Any]] = {}
        for api in result.apis:
            by_file.setdefault(api.source.file, {})[api.source.original_name.partition("#")[0]] = api
        hits: Counter[tuple[str, str, str]] = Counter()
        first: dict[tuple[str, str, str], str] = {}
        secrets: Counter[str] = Counter()
        for file, apis in sorted(by_file.items()):
            spec = Specification(path / file if path.is_dir() else path)
            keys = scheme_keys(spec.value)
            for name, operation, parameters, here in spec.operations():
                if name not in apis:
                    continue
                api = apis[name]
                marks = marked(spec, {**operation, "parameters": parameters}, here)
                secrets.update(f"{item.place.value} {item.wire_name}" for item in api.binding.credentials)
                seen = set()
                for at, schema in arguments(api.parameters, api.parameters.get("$defs", {})):
                    why = reasons(re.split(r"[.\]]", at)[-1] or at, schema, marks, keys)
                    text = re.sub(r"\s+", " ", str(schema.get("description", "")))[:110] if why else ""
                    key = (at.rpartition(".")[2], text, "; ".join(why))
                    if why and key not in seen:
                        seen.add(key)
                        hits[key] += 1
                        first.setdefault(key, f"{name}: {at}")
        print(f"\n## {path.name}: {sum(hits.values())} of {len(result.apis)} tools' arguments, {len(hits)} kinds")
        print("credentials:", ", ".join(f"{name} {count}" for name, count in secrets.most_common(40)))
        for key, count in hits.most_common(options.shown):
            print(f"{count:5} {key[0]} ({key[2]}) {key[1]!r} {first[key]}", flush=True)


if __name__ == "__main__":
    main()
