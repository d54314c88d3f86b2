"""Regular expressions that come with foreign schemas, searched in bounded time.

Python's `re` backtracks: `(a+)+$` takes twice as long for every further `a` of a text that does not match. Here a
pattern is searched by pydantic's Rust engine, in time linear in the text. What that engine does not read as `re`
does (look-around, back-references, very large repetitions) goes to `regex`, which backtracks under a limit.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import regex
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from pydantic_core import SchemaError, SchemaValidator, core_schema

from apigen_assets.files.excerpt import cut
from apigen_assets.files.json_types import JsonObject, JsonValue

SECONDS = 0.5
"""Processor time of one search that backtracks; other load on the machine does not count."""

# Word boundaries, set operations and nested sets there, plain characters in `re`.
_READ_OTHERWISE = re.compile(r"\\[<>]|&&|--|~~|\[[^\]]*\[")


class PatternTimeError(ValueError):
    """A pattern whose search on a text was given up; nothing is known of the text."""


@lru_cache(maxsize=512)
def searcher(pattern: str) -> Callable[[str], bool]:
    """Whether a text holds a match of the pattern (unanchored, as JSON Schema has it), as a function.

    `$` is the very end of the text, as in ECMA-262; in a pattern that backtracks also just before a last line break.

    Raises:
        re.error: the pattern is not a regular expression of Python's `re`; the function raises `PatternTimeError`.
    """
    re.compile(pattern)
    if not _READ_OTHERWISE.search(pattern):
        try:
            return SchemaValidator(core_schema.str_schema(pattern=pattern)).isinstance_python
        except SchemaError:
            pass
    try:
        compiled = regex.compile(pattern)
    except regex.error as error:
        raise re.error(str(error)) from None

    def search(text: str) -> bool:
        try:
            return compiled.search(text, timeout=SECONDS) is not None
        except TimeoutError:
            raise PatternTimeError(
                f"the pattern {cut(pattern, 60)} needs more than {SECONDS:g} s for one text"
            ) from None

    return search


def _pattern(validator: Any, pattern: str, instance: JsonValue, schema: JsonValue) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not searcher(pattern)(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: JsonObject, instance: JsonValue, schema: JsonValue
) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for pattern, inner in patterns.items():
            for name in filter(searcher(pattern), instance):
                yield from validator.descend(instance[name], inner, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, extra: JsonValue, instance: JsonValue, schema: JsonValue
) -> Iterator[ValidationError]:
    named = [searcher(pattern) for pattern in schema.get("patternProperties", ())]
    if named and validator.is_type(instance, "object"):
        # Only the names that no pattern covers are left for the library, which then needs no pattern.
        instance = {name: value for name, value in instance.items() if not any(search(name) for search in named)}
        schema = {key: value for key, value in schema.items() if key != "patternProperties"}
    yield from Draft202012Validator.VALIDATORS["additionalProperties"](validator, extra, instance, schema)


BoundedValidator: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    },
)
"""`jsonschema`'s validator of Draft 2020-12 with `searcher` in place of `re`.

`unevaluatedProperties` beside `patternProperties` is left as it is there.
"""
