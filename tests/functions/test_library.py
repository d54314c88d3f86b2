"""What the whole library of built-in functions promises, whichever modules it is made of."""

import ast
import copy
import inspect
import json
import os
import re
import subprocess
import sys
import typing
from collections import Counter
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Any

import jsonschema
import pytest
import typing_extensions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from apigen_assets.domain.api import NAME_PATTERN
from apigen_assets.domain.style import Style
from apigen_assets.functions import library
from apigen_assets.functions.seed import Seed

FUNCTIONS = library.all_functions()
SEEDS = library.all_seeds()
MODULES = library.modules()

BFCL_EXECUTABLE = {
    "add_binary_numbers", "adjust_for_inflation", "apply_discount", "book_room",
    "calc_binomial_probability", "calculate_basal_metabolic_rate", "calculate_cosine_similarity",
    "calculate_daily_energy_expenditure", "calculate_density", "calculate_displacement",
    "calculate_electrostatic_potential_energy", "calculate_final_velocity", "calculate_future_value",
    "calculate_intercept", "calculate_interest_rate", "calculate_investment_value", "calculate_mean",
    "calculate_nutritional_needs", "calculate_permutations", "calculate_slope",
    "calculate_standard_deviation", "calculate_total", "calculate_total_price", "calculate_triangle_area",
    "compound_interest", "confirm_booking", "convert_binary_to_decimal", "convert_coordinates",
    "convert_currency", "convert_decimal_to_hex", "convert_temperature", "estimate_derivative",
    "find_term_on_urban_dictionary", "generate_random_number", "geometry_area_circle",
    "get_active_covid_case_by_country", "get_company_name_by_stock_name", "get_coordinate_by_ip_address",
    "get_coordinates_from_city", "get_covid_death_by_country", "get_director_by_movie_name", "get_distance",
    "get_fibonacci_number", "get_fibonacci_sequence", "get_movie_director", "get_movie_genre",
    "get_movie_rating", "get_price_by_amazon_ASIN", "get_prime_factors", "get_product_name_by_amazon_ASIN",
    "get_rating_by_amazon_ASIN", "get_stock_history", "get_stock_price_by_stock_name",
    "get_time_zone_by_coord", "get_weather_data", "get_zipcode_by_ip_address", "inflation_adjustment",
    "linear_regression", "mat_mul", "math_factorial", "math_gcd", "math_lcm", "maxPoints",
    "mortgage_calculator", "order_food", "polygon_area", "predict_value", "quadratic_roots",
    "retrieve_city_based_on_zipcode", "retrieve_holiday_by_year", "sort_array", "validate_polygon",
}  # fmt: skip
"""Names in the leaderboard's executable sets: training on these would be training on the test."""

EACH_FUNCTION = pytest.mark.parametrize("name", FUNCTIONS)
EACH_MODULE = pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rpartition(".")[2])


def hints(name):
    return typing.get_type_hints(FUNCTIONS[name])


def parameters(name):
    return inspect.signature(FUNCTIONS[name]).parameters


def documented(name):
    """The `Args:` of a docstring: description by parameter."""
    text = inspect.getdoc(FUNCTIONS[name]) or ""
    section = re.search(r"^Args:\n((?:[ ]+.*\n|\n)*)", text + "\n", re.MULTILINE)
    found, current = {}, None
    for line in section.group(1).splitlines() if section else ():
        if entry := re.match(r"    (\w+)(?: \([^)]*\))?: (.*)", line):
            current = entry.group(1)
            found[current] = entry.group(2)
        elif current and line.strip():
            found[current] += " " + line.strip()
    return found


def outcome(name, arguments):
    """The result as JSON text, or the ValueError's message; anything else escapes."""
    handed = copy.deepcopy(arguments)
    try:
        return json.dumps(FUNCTIONS[name](**handed), allow_nan=False)
    except ValueError as error:
        return f"ValueError: {error}"
    finally:
        assert handed == arguments, "the call changed its arguments"


def test_the_library_has_134_functions():
    counts = {module.__name__.rpartition(".")[2]: len(library.functions_of(module)) for module in MODULES}
    assert sum(counts.values()) == len(FUNCTIONS) == 134, counts


def test_a_name_defined_twice_is_an_error_that_gives_both_places():
    def module_with(function_module):
        module = ModuleType(function_module)
        exec("def twin() -> int: return 1", module.__dict__)
        return module

    with pytest.raises(ValueError, match=r"'twin' is defined in one and in two"):
        library.merged((module_with("one"), module_with("two")))


def test_a_seed_of_an_unknown_function_is_an_error(monkeypatch):
    module: Any = ModuleType("lonely")
    module.SEEDS = (Seed(query="?", answers=(), others=("no_such_function",)),)
    monkeypatch.setattr(library, "modules", lambda: (module,))
    with pytest.raises(ValueError, match=r"lonely names no_such_function"):
        library.all_seeds()


@EACH_FUNCTION
def test_names_are_callable_by_a_model_and_not_the_leaderboards(name):
    assert NAME_PATTERN.fullmatch(name)
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
    assert name not in BFCL_EXECUTABLE


def is_allowed(annotation):
    """Whether JSON can carry every value of the annotation, and a schema can say so."""
    if annotation in (int, float, str, bool):
        return True
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return len({type(value) for value in arguments}) == 1 and isinstance(arguments[0], str | int)
    if origin is list:
        return is_allowed(arguments[0])
    if origin is dict:
        return arguments[0] is str and is_allowed(arguments[1])
    if origin in (UnionType, typing.Union):
        return all(is_allowed(part) for part in arguments if part is not NoneType)
    if origin in (typing.NotRequired, typing_extensions.NotRequired):
        return is_allowed(arguments[0])
    if typing_extensions.is_typeddict(annotation):
        return all(is_allowed(part) for part in typing.get_type_hints(annotation).values())
    return False


@EACH_FUNCTION
def test_every_parameter_and_result_is_typed_with_what_json_can_carry(name):
    types = hints(name)
    assert "return" in types
    assert is_allowed(types["return"]), types["return"]
    for parameter in parameters(name).values():
        assert parameter.kind is parameter.POSITIONAL_OR_KEYWORD or parameter.kind is parameter.KEYWORD_ONLY
        assert is_allowed(types[parameter.name]), f"{parameter.name}: {types[parameter.name]}"


@EACH_FUNCTION
def test_defaults_fit_their_annotation_and_cannot_be_changed_by_a_call(name):
    types = hints(name)
    for parameter in parameters(name).values():
        if parameter.default is not parameter.empty:
            TypeAdapter(types[parameter.name]).validate_python(parameter.default, strict=True)
            assert isinstance(parameter.default, int | float | str | bool | NoneType), "a mutable default"
        elif typing.get_origin(types[parameter.name]) in (UnionType, typing.Union):
            assert NoneType not in typing.get_args(types[parameter.name]), f"{parameter.name} has no default"


@EACH_FUNCTION
def test_the_docstring_describes_every_parameter_in_few_words(name):
    text = inspect.getdoc(FUNCTIONS[name])
    summary = text.partition("\n")[0]
    assert summary.endswith(".")
    assert len(summary.split()) <= 22, summary
    described = documented(name)
    assert list(described) == list(parameters(name))
    for parameter, description in described.items():
        assert 1 <= len(description.split()) <= 18, f"{parameter}: {description}"
    assert "\nReturns:" in text


@EACH_FUNCTION
def test_every_function_has_two_seeds_or_more(name):
    assert sum(any(call.name == name for call in seed.answers) for seed in SEEDS) >= 2


def test_seeds_cover_the_four_styles():
    shares = {style: count / len(SEEDS) for style, count in Counter(seed.style for seed in SEEDS).items()}
    assert shares[Style.SIMPLE] >= 0.22, shares
    assert shares[Style.MULTIPLE] >= 0.18, shares
    assert shares[Style.PARALLEL] >= 0.18, shares
    assert shares[Style.PARALLEL_MULTIPLE] >= 0.13, shares


def test_seeds_are_distinct_and_offer_only_what_they_do_not_call():
    assert [query for query, count in Counter(seed.query for seed in SEEDS).items() if count > 1] == []
    for seed in SEEDS:
        assert seed.answers, seed.query
        calls = [call.model_dump_json() for call in seed.answers]
        assert len(set(calls)) == len(calls), seed.query
        assert not set(seed.others) & {call.name for call in seed.answers}, seed.query
        assert len(set(seed.others)) == len(seed.others), seed.query


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.query[:40])
def test_a_seeds_calls_run_and_keep_to_the_schemas(seed):
    for call in seed.answers:
        function: Any = FUNCTIONS[call.name]
        accepts = TypeAdapter(function).json_schema()
        gives = TypeAdapter(hints(call.name)["return"]).json_schema()
        assert set(accepts["properties"]) == set(parameters(call.name))
        jsonschema.validate(call.arguments, accepts, jsonschema.Draft202012Validator)
        result = function(**copy.deepcopy(call.arguments))
        assert function(**copy.deepcopy(call.arguments)) == result, "two equal calls differ"
        assert json.loads(json.dumps(result, allow_nan=False)) == result, "not what JSON carries"
        jsonschema.validate(result, gives, jsonschema.Draft202012Validator)


def test_results_are_equal_in_every_process(tmp_path):
    program = (
        "import json\n"
        "from apigen_assets.functions.library import all_functions, all_seeds\n"
        "known = all_functions()\n"
        "print(json.dumps([known[c.name](**c.arguments) for s in all_seeds() for c in s.answers]))\n"
    )
    printed = []
    for hash_seed, zone in (("1", "UTC"), ("2", "Pacific/Auckland")):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": "C"}
        environment["PYTHONPATH"] = os.pathsep.join([str(Path(library.__file__).parents[2]), *sys.path])
        finished = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=environment, cwd=tmp_path
        )
        assert finished.returncode == 0, finished.stderr
        printed.append(finished.stdout)
    assert printed[0] == printed[1]


IMPURE_MODULES = {
    "asyncio", "ctypes", "getpass", "glob", "http", "importlib", "io", "logging", "multiprocessing", "os",
    "pathlib", "pickle", "platform", "random", "secrets", "shelve", "shutil", "socket", "sqlite3",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib.request",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "eval", "exec", "compile", "__import__", "breakpoint", "globals"}
CLOCK_CALLS = {"now", "today", "utcnow", "uuid1", "uuid4", "getnode", "gethostbyname", "getaddrinfo"}


@EACH_MODULE
def test_modules_use_the_standard_library_only_and_touch_nothing_outside(module):
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        assert not isinstance(node, ast.Global | ast.Nonlocal), f"line {node.lineno} changes outer state"
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for imported in names:
            top = imported.partition(".")[0]
            assert top in {*sys.stdlib_module_names, "typing_extensions", "apigen_assets"}, imported
            assert not {top, imported} & IMPURE_MODULES, imported
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                assert node.func.id not in IMPURE_CALLS, f"line {node.lineno} calls {node.func.id}"
            elif isinstance(node.func, ast.Attribute):
                assert node.func.attr not in CLOCK_CALLS, f"line {node.lineno} calls {node.func.attr}"


def wild(annotation):
    """Values a schema-valid call may carry, from the plausible to the absurd."""
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(-5, 60) | st.integers() | st.sampled_from([0, 10**18, -(10**40), 10**400])
    if annotation is float:
        return (
            st.integers(-5, 60)
            | st.floats(0, 100)
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.sampled_from([0.0, -0.0, 5e-324, 1.7e308, -1.7e308, 10**400])
        )
    if annotation is str:
        odd = st.sampled_from(["", "\x00", "é" * 200])
        return st.text(max_size=30) | st.text("aA1 .,:-/()", max_size=12) | odd
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is list:
        return st.lists(wild(arguments[0]), max_size=5)
    if origin is dict:
        return st.dictionaries(wild(str), wild(arguments[1]), max_size=4)
    if origin in (UnionType, typing.Union):
        return st.one_of(*(st.none() if part is NoneType else wild(part) for part in arguments))
    fields = typing.get_type_hints(annotation)
    needed = getattr(annotation, "__required_keys__", fields)
    return st.fixed_dictionaries(
        {key: wild(part) for key, part in fields.items() if key in needed},
        optional={key: wild(part) for key, part in fields.items() if key not in needed},
    )


@EACH_FUNCTION
def test_any_well_typed_call_gives_json_or_a_value_error_that_says_what_is_wrong(name):
    types = hints(name)
    required, optional = {}, {}
    for key, parameter in parameters(name).items():
        (required if parameter.default is parameter.empty else optional)[key] = wild(types[key])

    @given(st.fixed_dictionaries(required, optional=optional))
    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def check(arguments):
        first = outcome(name, arguments)
        assert outcome(name, arguments) == first
        if first.startswith("ValueError"):
            words = set(re.findall(r"\w+", first))
            assert words & {*parameters(name), "result"}, first

    check()
