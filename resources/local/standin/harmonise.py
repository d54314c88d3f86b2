"""Arguments of one call made to fit each other: orders, ranges, totals."""

import re

from apigen_assets.files.json_types import JsonObject
from resources.local.standin.described_limits import bounds
from resources.local.standin.words import POOLS


def harmonised(arguments: JsonObject, properties: JsonObject) -> JsonObject:
    """Arguments of one call made to fit each other: start before end, k at most n, different units."""
    out = dict(arguments)
    for first, second in _ORDERED:
        for name in list(out):
            parts = re.split(r"_", name)
            if first not in parts:
                continue
            partner = "_".join(second if part == first else part for part in parts)
            if partner in out and type(out[name]) is type(out[partner]):
                try:
                    if out[name] > out[partner]:
                        out[name], out[partner] = out[partner], out[name]
                except TypeError:
                    continue
                if out[name] == out[partner] and isinstance(out[partner], int) and not isinstance(out[partner], bool):
                    _, high = bounds(properties.get(partner, {}))
                    if high is None or out[partner] < high:
                        out[partner] += 1
    for small in ("k", "r"):
        if isinstance(out.get(small), int) and isinstance(out.get("n"), int) and out[small] > out["n"]:
            out[small], out["n"] = out["n"], out[small]
    lists = [value for value in out.values() if isinstance(value, list) and value]
    if lists:
        shortest = min(len(value) for value in lists)
        for name in ("k", "index", "position", "window", "window_size", "n_clusters"):
            if isinstance(out.get(name), int) and out[name] > shortest:
                out[name] = max(1, shortest - 1)
        flat = {
            name: value
            for name, value in out.items()
            if isinstance(value, list) and value and not isinstance(value[0], list | dict)
        }
        if len(flat) > 1:
            for name, value in flat.items():
                if "minItems" not in properties.get(name, {}):
                    out[name] = value[: min(len(column) for column in flat.values())]
    for first, second in (
        ("from_unit", "to_unit"),
        ("from_currency", "to_currency"),
        ("unit_from", "unit_to"),
        ("source_unit", "target_unit"),
    ):
        if first in out and out.get(first) == out.get(second):
            options = (
                properties.get(second, {}).get("enum") or POOLS["currency"]
                if "currency" in first
                else properties.get(second, {}).get("enum")
            )
            for option in options or ():
                if option != out[first]:
                    out[second] = option
                    break
    return out


_ORDERED = (
    ("start", "end"), ("lower", "upper"), ("low", "high"), ("min", "max"), ("minimum", "maximum"), ("from", "to"),
    ("begin", "end"), ("first", "last"), ("earliest", "latest"), ("a", "b"), ("initial", "final"), ("x1", "x2"),
    ("birth", "death"), ("shorter", "longer"), ("earlier", "later"), ("begin", "finish"), ("start", "stop"),
)  # fmt: skip
