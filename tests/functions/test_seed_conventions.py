"""One convention in all seeds: what the query says is written, also where it is the default."""

import re

import pytest

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.functions.library import all_seeds
from apigen_assets.functions.seed import Seed

SCHEMAS = {
    api.name: api.parameters["properties"]
    for api in import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis
}
NOT_MEANT = {("find_free_slots", "min_minutes"), ("league_table", "win_points"), ("running_pace", "per")}
"""The default's text stands in these queries for something else, in 08:30, in a score, in a distance."""


@pytest.mark.parametrize("seed", all_seeds(), ids=lambda seed: seed.query[:40])
def test_a_default_that_the_query_says_is_written(seed: Seed) -> None:
    for call in seed.answers:
        for name, schema in SCHEMAS[call.name].items():
            default = schema.get("default")
            if default is None or isinstance(default, bool) or (call.name, name) in NOT_MEANT:
                continue
            text = str(int(default) if isinstance(default, float) and default.is_integer() else default)
            said = re.search(rf"(?<![\w.]){re.escape(text.replace('_', ' '))}(?![\w]|\.\d)", seed.query, re.IGNORECASE)
            assert not said or name in call.arguments, f"{call.name} leaves out {name}, which the query says: {text}"
