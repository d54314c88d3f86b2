"""Damage that the format check must find: broken JSON, wrong names, wrong types, wrong shape."""

from random import Random

from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.mutation.fault import MutableRow, Pool, fault, places, required_of, schema_of


def _any_call(row: MutableRow, rng: Random) -> JsonObject:
    return rng.choice(row.calls)


@fault("format")
def not_json(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """The text is cut in the middle."""
    row.answers_text = row.answers[: rng.randrange(1, len(row.answers) - 1)]
    return row


@fault("format")
def fenced_text(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A code fence stands around the JSON."""
    row.answers_text = f"```json\n{row.answers}\n```"
    return row


@fault("format")
def python_literal(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A Python literal instead of JSON."""
    row.answers_text = repr(row.calls)
    return row


@fault("format")
def duplicate_key(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """An argument is given twice."""
    call = _any_call(row, rng)
    if not call["arguments"]:
        return None
    key = rng.choice(sorted(call["arguments"]))
    inner = dumps(call["arguments"])
    row.answers_text = dumps(row.calls).replace(inner, f"{inner[:-1]},{dumps(key)}:null}}", 1)
    return row


@fault("format")
def not_finite(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """NaN, an infinity, or a number that overflows to one."""
    spots = places(row, lambda value: isinstance(value, int | float) and not isinstance(value, bool))
    if not spots:
        return None
    _, _, (holder, key) = rng.choice(spots)
    holder[key] = "@number@"
    row.answers_text = dumps(row.calls).replace('"@number@"', rng.choice(["NaN", "Infinity", "-Infinity", "1e999"]))
    return row


@fault("format")
def no_calls(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """An empty list of calls."""
    row.calls = []
    return row


@fault("format")
def call_is_text(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A call written as a string."""
    row.answers_text = dumps([f"{call['name']}()" for call in row.calls])
    return row


@fault("format")
def call_without_name(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A call names no function."""
    del _any_call(row, rng)["name"]
    return row


@fault("format")
def arguments_as_text(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """The arguments are JSON inside a string."""
    call = _any_call(row, rng)
    call["arguments"] = dumps(call["arguments"])
    return row


@fault("format")
def arguments_as_list(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """The arguments come by position."""
    call = _any_call(row, rng)
    call["arguments"] = list(call["arguments"].values())
    return row


@fault("format")
def unknown_function(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A function that nobody offered."""
    call = _any_call(row, rng)
    call["name"] = rng.choice([f"get_{call['name']}", f"{call['name']}_v2", call["name"].title() + "X", "os.system"])
    return row


@fault("format")
def unknown_argument(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """An argument that the function does not have."""
    call = _any_call(row, rng)
    call["arguments"][rng.choice(["verbose_output", "units_of_measure", "x_extra", "__class__"])] = 1
    return row


@fault("format")
def renamed_argument(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """An argument under a name that is nearly right."""
    call = _any_call(row, rng)
    if not call["arguments"]:
        return None
    key = rng.choice(sorted(call["arguments"]))
    call["arguments"][rng.choice([f"{key}_value", key.upper() + "_", f"the_{key}"])] = call["arguments"].pop(key)
    return row


@fault("format")
def missing_argument(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A required argument is left out."""
    spots = [(i, name) for i in range(len(row.calls)) for name in required_of(row, i)]
    spots = [(i, name) for i, name in spots if name in row.calls[i]["arguments"]]
    if not spots:
        return None
    i, name = rng.choice(spots)
    del row.calls[i]["arguments"][name]
    return row


def _accepts(schema: JsonObject, kind: str) -> bool:
    """Whether a schema may accept a JSON type; true where it does not say."""
    types: set[str] = set()
    for branch in [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        own = branch.get("type", [])
        types |= {own} if isinstance(own, str) else set(own)
        if "$ref" in branch or "const" in branch or ("enum" in branch and "type" not in branch):
            return True
    return kind in types or not types


@fault("format")
def number_as_text(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A number in quotes."""
    spots = [
        (i, name)
        for i, call in enumerate(row.calls)
        for name, value in call["arguments"].items()
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and not _accepts(schema_of(row, i, name), "string")
    ]
    if not spots:
        return None
    i, name = rng.choice(spots)
    row.calls[i]["arguments"][name] = str(row.calls[i]["arguments"][name])
    return row


@fault("format")
def fraction_for_integer(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A fraction where an integer is wanted."""
    spots = [
        (i, name)
        for i, call in enumerate(row.calls)
        for name, value in call["arguments"].items()
        if isinstance(value, int) and not isinstance(value, bool) and schema_of(row, i, name).get("type") == "integer"
    ]
    if not spots:
        return None
    i, name = rng.choice(spots)
    row.calls[i]["arguments"][name] += 0.5
    return row


@fault("format")
def wrong_type(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A value of quite another type: an object for a scalar, a scalar for a list, a boolean for a number."""
    spots = [(i, name) for i, call in enumerate(row.calls) for name in call["arguments"]]
    if not spots:
        return None
    i, name = rng.choice(spots)
    schema = schema_of(row, i, name)
    for kind, value in (
        ("object", {"value": 1}),
        ("boolean", True),
        ("array", [[]]),
        ("string", "many"),
        ("null", None),
    ):
        if not _accepts(schema, kind):
            row.calls[i]["arguments"][name] = value
            return row
    return None


@fault("format")
def not_in_enum(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A value that the enum does not list."""
    spots = [
        (i, name)
        for i, call in enumerate(row.calls)
        for name in call["arguments"]
        if isinstance(schema_of(row, i, name).get("enum"), list)
    ]
    if not spots:
        return None
    i, name = rng.choice(spots)
    value = row.calls[i]["arguments"][name]
    row.calls[i]["arguments"][name] = rng.choice([f"{value}s_", str(value).upper() + "!", "other thing"])
    return row


@fault("format")
def empty_query(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """No query."""
    row.query = rng.choice(["", "   ", "\n"])
    return row


@fault("format")
def call_doubled(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A call is made twice with the same arguments."""
    row.calls.append(_any_call(row, rng))
    return row


@fault("format")
def tool_offered_twice(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """Two tools under one name."""
    row.tools.append(rng.choice(row.tools))
    return row


@fault("format")
def deep_json(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A value nested thousands of levels deep."""
    call = _any_call(row, rng)
    if not call["arguments"]:
        return None
    key = rng.choice(sorted(call["arguments"]))
    call["arguments"][key] = "@deep@"
    levels = rng.choice([200, 100_000])
    row.answers_text = dumps(row.calls).replace('"@deep@"', "[" * levels + "]" * levels)
    return row


@fault("format")
def huge_text(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A value of a megabyte."""
    call = _any_call(row, rng)
    if not call["arguments"]:
        return None
    call["arguments"][rng.choice(sorted(call["arguments"]))] = "A" * 1_000_000
    return row


@fault("format")
def lookalike_function(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A letter of the function's name replaced by one that looks the same."""
    call = _any_call(row, rng)
    for letter, twin in (("a", "а"), ("e", "е"), ("o", "о"), ("i", "і"), ("c", "с")):
        if letter in call["name"]:
            call["name"] = call["name"].replace(letter, twin, 1)
            return row
    return None


@fault("format")
def invisible_in_argument_name(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A zero-width space in an argument's name."""
    call = _any_call(row, rng)
    if not call["arguments"]:
        return None
    key = rng.choice(sorted(call["arguments"]))
    call["arguments"][key[:1] + "\u200b" + key[1:]] = call["arguments"].pop(key)
    return row


@fault("format")
def lone_surrogate(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """Half a character, as an escape."""
    spots = places(row, lambda value: isinstance(value, str))
    if not spots:
        return None
    _, _, (holder, key) = rng.choice(spots)
    holder[key] = "@half@"
    row.answers_text = dumps(row.calls).replace("@half@", "\\ud800")
    return row


@fault("execution")
def unknown_api(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A called tool's id is not in the catalog."""
    name = rng.choice(row.calls)["name"]
    row.tool(name)["api_id"] = "no-such-api"
    return row
