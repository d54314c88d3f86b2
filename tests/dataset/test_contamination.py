"""BFCL's questions are found in rows, verbatim and lightly changed; rows of our own are not taken for them."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.dataset.bfcl_questions import QuestionsUnavailableError, questions, questions_file
from apigen_assets.dataset.checks import contaminations
from apigen_assets.dataset.contamination import MATCHES_SCHEMA, Benchmark
from apigen_assets.functions.library import modules
from apigen_assets.settings import settings

AREA = "Find the area of a triangle with a base of 10 units and a height of 5 units, rounded to two decimals."


def question(
    number, text, name="calculate_triangle_area", properties=None, description="Calculate the area of a triangle."
):
    properties = properties or {"base": {"type": "integer"}, "height": {"type": "integer"}}
    return {
        "id": f"simple_python_{number}",
        "category": "simple_python",
        "question": [{"role": "system", "content": "Today is Monday."}, {"role": "user", "content": text}],
        "functions": [
            {
                "name": name,
                "description": description + " Note that the provided function is in Python 3 syntax.",
                "parameters": {"type": "dict", "properties": properties, "required": list(properties)},
            }
        ],
    }


def others():
    subjects = ("tide", "comet", "violin", "castle", "glacier", "orchard", "harbour", "engine", "lantern", "meadow")
    return [
        question(
            i, f"Tell me what the {one} number {i} of the {subjects[i % 7]} costs in winter", f"price_{one}",
            {f"p{i}": {"type": "string"}, f"q{i}": {"type": "float"}}, f"Price of one {one}.",
        )
        for i, one in enumerate(subjects, 1)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def known():
    return Benchmark([question(0, AREA), *others()])


def rows(*queries, tools="[]"):
    return pl.DataFrame({"query": list(queries), "tools": [tools] * len(queries)})


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("question", AREA),
        ("question", AREA.upper().replace(",", " ;")),
        ("ngram", "Hi! " + AREA + " Thanks."),
        ("ngram", AREA.replace("10", "37").replace("5", "8")),
        ("ngram", AREA.replace("Find", "Give me").replace("rounded", "cut")),
        (
            "ngram",
            "With a base of 10 units and a height of 5 units, find the area of a triangle, rounded to two decimals",
        ),
    ],
)
def test_a_question_is_found_verbatim_and_lightly_changed(known, kind, query):
    [found] = known.matches(rows(query)).to_dicts()
    assert (found["kind"], found["question"]) == (kind, "simple_python_0")


def test_other_questions_are_not_taken_for_it(known):
    assert known.matches(rows("Find the area of a circle", "What is a triangle?", "", "10 5", "两个数的和")).is_empty()


def tool(name, properties, description):
    return json.dumps([{"name": name, "description": description, "parameters": properties}])


FLAT = {"base": {"type": "int", "required": True}, "height": {"type": "int, optional", "default": 3}}
SCHEMA = {"type": "object", "properties": {"base": {"type": "number"}, "height": {"type": "integer"}}}


@pytest.mark.parametrize("parameters", [FLAT, SCHEMA])
def test_a_tool_is_found_under_another_name_and_in_either_format(known, parameters):
    [found] = known.matches(
        rows("x", tools=tool("renamed", parameters, "Calculate the area of a triangle."))
    ).to_dicts()
    assert found["kind"] == "tool" and found["question"] == "simple_python_0"


def test_a_tool_is_found_by_name_and_parameters_without_its_description(known):
    text = tool("Calculate.Triangle-Area", SCHEMA, "Something else altogether.")
    assert known.matches(rows("x", tools=text))["kind"].to_list() == ["tool"]


def test_a_shared_name_or_shared_parameters_alone_are_no_contamination(known):
    same_name = tool("calculate_triangle_area", {"a": {"type": "float"}, "b": {"type": "float"}}, "Heron's rule.")
    same_parameters = tool("wall_paint", FLAT, "Litres of paint that a wall needs.")
    assert known.matches(pl.concat([rows("x", tools=same_name), rows("y", tools=same_parameters)])).is_empty()
    assert known.shared_names(json.loads(same_name)) == ["calculate_triangle_area"]


def test_the_built_in_functions_seeds_raise_no_alarm_here(known):
    assert known.matches(rows(*(seed.query for module in modules() for seed in module.SEEDS))).is_empty()


@given(st.lists(st.text(max_size=80), max_size=8))
def test_wild_queries_are_survived(texts):
    found = Benchmark([question(0, AREA)]).matches(rows(*texts))
    assert found.schema == MATCHES_SCHEMA
    assert found["row"].n_unique() == found.height


def test_no_questions_match_nothing():
    assert Benchmark([]).matches(rows(AREA)).is_empty()


def test_matches_of_a_table_carry_its_ids(known):
    table = pl.DataFrame({"id": [7, 8], "query": ["none", AREA], "tools": ["[]", "[]"]})
    assert contaminations(table, known)["id"].to_list() == [8]


def test_questions_are_read_from_the_file_and_a_damaged_one_is_named():
    path = questions_file(settings())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(question(0, AREA)) + "\n")
    assert questions(settings())[0]["id"] == "simple_python_0"
    path.write_text("{")
    with pytest.raises(QuestionsUnavailableError, match="delete it"):
        questions(settings())


def test_without_questions_the_message_says_how_to_get_them():
    with pytest.raises(QuestionsUnavailableError, match="apigen bfcl-install"):
        questions(settings())


def test_an_interpreter_that_lacks_the_package_is_an_error_with_a_way_out(monkeypatch, tmp_path):
    monkeypatch.setenv("APIGEN_BFCL_PYTHON", str(tmp_path / "no-python"))
    settings.cache_clear()
    with pytest.raises(QuestionsUnavailableError, match=r"(?s)cannot run.*bfcl-install"):
        questions(settings())
