"""Damage as language models do it: a unit or a sign forgotten, an option left out, a value given to the wrong call."""

import re
from random import Random

from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.grounding.match import close, decimals_of, nearly
from apigen_assets.verification.grounding.quantities import converted, kin
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.mutation.fault import MutableRow, Pool, fault, places, required_of, schema_of


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@fault("arguments")
def unit_kept(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A quantity as the query says it, though the parameter wants another unit."""
    found = []
    numbers = Query(row.query).numbers
    for _, parameter, (holder, key) in places(row, _is_number):
        value = float(holder[key])
        for number in numbers:
            if not number.measure or close(value, number.amount, 0) or value in number.values:
                continue
            exact = (converted(number.amount, number.measure, unit) for unit in kin(number.measure))
            if any(each is not None and nearly(value, each, decimals_of(value)) for each in exact):
                found.append((parameter, holder, key, number.amount))
                break
    if not found:
        return None
    parameter, holder, key, amount = rng.choice(found)
    holder[key] = int(amount) if amount == int(amount) else amount
    row.note = f"{parameter} in the query's unit"
    return row


@fault("arguments")
def sign_dropped(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A negative number, or a text that holds one, without its sign."""

    def is_negative(value: object) -> bool:
        if isinstance(value, str):
            return re.fullmatch(r"-\d+(?:\.\d+)?", value) is not None
        return isinstance(value, int | float) and not isinstance(value, bool) and value < 0

    found = places(row, is_negative)
    if not found:
        return None
    _, parameter, (holder, key) = rng.choice(found)
    value = holder[key]
    holder[key] = value[1:] if isinstance(value, str) else -value
    row.note = f"{parameter} without its sign"
    return row


@fault("arguments")
def option_left_out(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """An optional argument that is not the default, left out."""
    found = [
        (i, name)
        for i, call in enumerate(row.calls)
        for name, value in call["arguments"].items()
        if name not in required_of(row, i) and schema_of(row, i, name).get("default") != value
    ]
    if not found:
        return None
    i, name = rng.choice(found)
    del row.calls[i]["arguments"][name]
    row.note = f"without {name}"
    return row


def _twins(row: MutableRow) -> list[tuple[JsonObject, JsonObject]]:
    calls = row.calls
    return [(a, b) for i, a in enumerate(calls) for b in calls[i + 1 :] if a["name"] == b["name"]]


@fault("arguments")
def option_given_to_other_call(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """An argument that one of two calls of a function has, given to the other."""
    found = []
    for one, two in _twins(row):
        for giver, taker in ((one, two), (two, one)):
            found += [(giver, taker, name) for name in giver["arguments"] if name not in taker["arguments"]]
    if not found:
        return None
    giver, taker, name = rng.choice(found)
    taker["arguments"][name] = giver["arguments"].pop(name)
    row.note = f"{name} given to another call"
    return row


@fault("arguments", harmless_if_same_result=True)
def values_exchanged_between_calls(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """The values of one parameter exchanged between two calls that have further arguments."""
    found = []
    for one, two in _twins(row):
        a, b = one["arguments"], two["arguments"]
        different = [name for name in a if name in b and a[name] != b[name]]
        if len(different) >= 2:
            found += [(a, b, name) for name in different]
    if not found:
        return None
    a, b, name = rng.choice(found)
    a[name], b[name] = b[name], a[name]
    row.note = f"{name} exchanged between calls"
    return row


@fault("arguments", harmless_if_same_result=True)
def element_turned(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """Two numbers of one object of a list exchanged."""
    found = []
    for _, parameter, (holder, key) in places(row, lambda value: isinstance(value, dict)):
        element = holder[key]
        names = sorted(name for name, value in element.items() if _is_number(value))
        if isinstance(holder, list) and len(names) >= 2 and element[names[0]] != element[names[1]]:
            found.append((parameter, element, names[0], names[1]))
    if not found:
        return None
    parameter, element, first, second = rng.choice(found)
    element[first], element[second] = element[second], element[first]
    row.note = f"{first} and {second} of {parameter} exchanged"
    return row


@fault("arguments")
def half_of_the_day(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A time of day twelve hours off."""

    def is_time(value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(r"[0-2]\d:[0-5]\d", value) is not None

    found = places(row, is_time)
    if not found:
        return None
    _, parameter, (holder, key) = rng.choice(found)
    hour, minute = str(holder[key]).split(":")
    holder[key] = f"{(int(hour) + 12) % 24:02}:{minute}"
    row.note = f"{parameter} twelve hours off"
    return row


@fault("arguments")
def code_slip(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """Two neighbouring characters of a code or a number in text changed round."""

    def is_code(value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(r"(?=.*\d)[\w.-]{6,40}", value) is not None

    found = places(row, is_code)
    if not found:
        return None
    _, parameter, (holder, key) = rng.choice(found)
    text = str(holder[key])
    spots = [i for i in range(1, len(text) - 1) if text[i] != text[i + 1] and text[i : i + 2].isdigit()]
    if not spots or re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return None
    i = rng.choice(spots)
    holder[key] = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    row.note = f"{parameter} with a slip"
    return row


@fault("arguments")
def scale_kept(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A percentage of the query as a fraction, or the reverse."""
    found = []
    shares = [number.amount for number in Query(row.query).numbers if number.share]
    for _, parameter, (holder, key) in places(row, _is_number):
        value = float(holder[key])
        for share in shares:
            if value and value in {share, share / 100}:
                found.append((parameter, holder, key, share / 100 if value == share else share))
    if not found:
        return None
    parameter, holder, key, changed = rng.choice(found)
    holder[key] = changed
    row.note = f"{parameter} on another scale"
    return row


_ENDS = (
    ("start", "end"),
    ("low", "high"),
    ("min", "max"),
    ("from", "to"),
    ("check_in", "check_out"),
    ("lower", "upper"),
)


@fault("arguments")
def range_turned_round(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """The two ends of a range exchanged."""
    found = []
    for call in row.calls:
        arguments = call["arguments"]
        for name in arguments:
            for low, high in _ENDS:
                other = re.sub(rf"(?<![a-z]){low}(?![a-z])", high, name.replace("_", " ")).replace(" ", "_")
                other = high if name == low else other
                if other != name and other in arguments and arguments[other] != arguments[name]:
                    found.append((arguments, name, other))
    if not found:
        return None
    arguments, name, other = rng.choice(found)
    arguments[name], arguments[other] = arguments[other], arguments[name]
    row.note = f"{name} and {other} exchanged"
    return row


@fault("arguments")
def neighbour_takes_value(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A number given to another optional parameter of the same type, which had none."""
    found = []
    for i, call in enumerate(row.calls):
        properties = row.tool(call["name"]).get("parameters", {}).get("properties") or {}
        for name, value in call["arguments"].items():
            if not _is_number(value) or name in required_of(row, i) or schema_of(row, i, name).get("default") == value:
                continue
            found += [
                (call["arguments"], name, other)
                for other, schema in properties.items()
                if other not in call["arguments"]
                and isinstance(schema, dict)
                and schema.get("type") == schema_of(row, i, name).get("type")
                and "enum" not in schema
            ]
    if not found:
        return None
    arguments, name, other = rng.choice(sorted(found, key=lambda entry: entry[1:]))
    arguments[other] = arguments.pop(name)
    row.note = f"the value of {name} given to {other}"
    return row


@fault("arguments", harmless_if_same_result=True)
def elements_exchange(row: MutableRow, rng: Random, pool: Pool) -> MutableRow | None:
    """A number of one object of a list exchanged with the same of another."""
    found = []
    for _, parameter, (holder, key) in places(row, lambda value: isinstance(value, dict)):
        if not isinstance(holder, list) or key == 0:
            continue
        one, two = holder[key - 1], holder[key]
        if isinstance(one, dict) and len(one) > 1:
            names = [
                name for name in one if _is_number(one[name]) and _is_number(two.get(name)) and one[name] != two[name]
            ]
            found += [(parameter, one, two, name) for name in names]
    if not found:
        return None
    parameter, one, two, name = rng.choice(found)
    one[name], two[name] = two[name], one[name]
    row.note = f"{name} of {parameter} exchanged between elements"
    return row
