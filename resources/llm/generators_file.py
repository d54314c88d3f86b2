"""Reading generators.yaml: what is not understood is refused with file, line, field and remedy."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from apigen_assets.files.json_types import JsonObject
from resources.llm.generator import Generator, GeneratorsFileError, Price


def load_generators(file: Path) -> dict[str, Generator]:
    """Every generator of a file by name, disabled ones too, in the file's order.

    Raises:
        GeneratorsFileError: the file cannot be read or says something that is not understood.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GeneratorsFileError(f"{file}: cannot be read ({error}); fix it or remove it") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_duplicate_keys(file, node)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(file)
        raise GeneratorsFileError(f"{where}: not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, GeneratorsFileError):
            raise
        raise GeneratorsFileError(f"{file}: not YAML: {error}") from None
    if not isinstance(document, dict) or set(document) != {"generators"}:
        other = sorted(map(str, set(document) - {"generators"})) if isinstance(document, dict) else []
        detail = f"unknown key {other[0]!r}" if other else "the top level is not a mapping with that key"
        raise GeneratorsFileError(
            f"{file}, line 1: expected one key `generators` with a list of models ({detail}); "
            "generators.example.yaml shows the form"
        )
    entries = document["generators"]
    if not isinstance(entries, list) or not entries:
        raise GeneratorsFileError(
            f"{file}, line 1: `generators` must be a list with at least one model; "
            "remove the file to use the embedded stand-ins"
        )
    assert isinstance(node, yaml.MappingNode)
    nodes = node.value[0][1].value
    found: dict[str, Generator] = {}
    for number, (entry, entry_node) in enumerate(zip(entries, nodes, strict=True), start=1):
        if not isinstance(entry, dict):
            raise GeneratorsFileError(
                f"{file}, line {entry_node.start_mark.line + 1}: model {number} is not a mapping "
                "with `name`, `base_url` and `model`"
            )
        try:
            generator = Generator.model_validate(entry)
        except ValidationError as error:
            raise GeneratorsFileError(_explain(file, number, entry, entry_node, error)) from None
        if generator.name in found:
            raise GeneratorsFileError(
                f"{file}, line {entry_node.start_mark.line + 1}: the name {generator.name!r} is used twice; "
                "names are partition keys and must differ"
            )
        found[generator.name] = generator
    if not any(one.enabled and one.generate for one in found.values()):
        raise GeneratorsFileError(
            f"{file}: no model is switched on for generation; set `enabled: true` on one, "
            "or remove the file to use the embedded stand-ins"
        )
    return found


def _refuse_duplicate_keys(file: Path, node: yaml.Node | None) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise GeneratorsFileError(
                        f"{file}, line {key.start_mark.line + 1}: the key {key.value!r} is given twice"
                    )
                seen.add(key.value)
            _refuse_duplicate_keys(file, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicate_keys(file, item)


def _explain(file: Path, number: int, entry: JsonObject, node: yaml.MappingNode, error: ValidationError) -> str:
    problems = []
    for one in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in one["loc"])
        line = _line_of(node, [str(part) for part in one["loc"]])
        if one["type"] == "missing":
            said = "is missing; add it"
        elif one["type"] == "extra_forbidden":
            known = Price.model_fields if one["loc"][0] == "price" else Generator.model_fields
            said = f"is not a known key; known keys are {', '.join(known)}"
        else:
            said = one["msg"].removeprefix("Value error, ")
        problems.append(f"line {line}: model {number} ({entry.get('name', 'without name')!s:.80}): `{field}`: {said}")
    return f"{file}, " + "; ".join(problems)


def _line_of(node: yaml.Node, path: list[str]) -> int:
    """Line of the value at `path`, or of its nearest ancestor that exists."""
    for part in path:
        if not isinstance(node, yaml.MappingNode):
            break
        inner = [value for key, value in node.value if key.value == part]
        if not inner:
            break
        node = inner[0]
    return int(node.start_mark.line) + 1
