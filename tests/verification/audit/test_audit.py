"""The audit of existing data sets: formats in, one verdict per row out."""

import contextlib
import gzip
import json

import dagster as dg
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.domain.api import Api, PythonBinding, Source
from apigen_assets.settings import Settings
from apigen_assets.tool_formats.xlam_types import TypeStringError, parameters_schema, parse_type
from apigen_assets.verification.audit.assets import audited_rows
from apigen_assets.verification.audit.audit import Functions, Funnel, audit_rows
from apigen_assets.verification.audit.read_rows import UnusableInputError, read_rows, row_of
from apigen_assets.verification.audit.tool_findings import tool_findings
from resources.lake.lake import Lake
from resources.lake.resource import LakeResource
from tests.helpers.paths import SHARED

TOOL = {
    "name": "final_velocity",
    "description": "Velocity.",
    "parameters": {
        "v0": {"type": "float", "description": "Start.", "default": ""},
        "a": {"type": "float", "description": "Acceleration.", "default": ""},
        "t": {"type": "float", "description": "Time.", "default": ""},
    },
}
MODULE = '''
def final_velocity(v0: float, a: float, t: float) -> float:
    """Velocity after a time.

    Args:
        v0: Start in m/s.
        a: Acceleration in m/s2.
        t: Time in s.
    """
    if t < 0:
        raise ValueError("t is negative")
    return v0 + a * t
'''


def row(identity, query="From 4 m/s at 9.8 m/s2 for 10 s?", **arguments):
    arguments = arguments or {"v0": 4, "a": 9.8, "t": 10}
    return {
        "id": identity,
        "query": query,
        "answers": json.dumps([{"name": "final_velocity", "arguments": arguments}]),
        "tools": json.dumps([TOOL]),
    }


ROWS = [
    row("good"),
    row("text", v0="4", a=9.8, t=10),
    row("fails", query="From 4 m/s at 9.8 m/s2 for minus 10 s?", v0=4, a=9.8, t=-10),
    row("other", v0=4, a=9.8, t=11),
    {**row("nan"), "answers": '[{"name": "final_velocity", "arguments": {"v0": NaN, "a": 9.8, "t": 10}}]'},
    {**row("no query"), "query": None},
    {**row("call"), "answers": [{"name": "final_velocity", "arguments": {"t": 10, "v0": 4, "a": 9.8}}]},
]
EXPECTED = [
    ("good", True, "semantic", None),
    ("text", False, "format", "wrong_type"),
    ("fails", False, "execution", "exception"),
    ("other", False, "semantic", "ungrounded"),
    ("nan", False, "format", "non_finite_number"),
    ("no query", False, "format", "missing_field"),
    ("call", True, "semantic", None),
]


@pytest.fixture
def module(tmp_path):
    file = tmp_path / "lib.py"
    file.write_text(MODULE)
    return file


def write(tmp_path, kind):
    text = "\n".join(json.dumps(one) for one in ROWS)
    match kind:
        case "jsonl":
            file = tmp_path / "rows.jsonl"
            file.write_text(text + "\n")
        case "json":
            file = tmp_path / "rows.json"
            file.write_text(json.dumps(ROWS, indent=1))
        case "jsonl.gz":
            file = tmp_path / "rows.jsonl.gz"
            file.write_bytes(gzip.compress(text.encode()))
        case _:
            file = tmp_path / "rows.parquet"
            plain = [
                {**one, "answers": one["answers"] if isinstance(one["answers"], str) else json.dumps(one["answers"])}
                for one in ROWS
            ]
            pl.DataFrame(plain).write_parquet(file)
    return file


@pytest.mark.parametrize("kind", ["jsonl", "json", "jsonl.gz", "parquet"])
def test_every_format_gives_the_same_verdicts(tmp_path, module, kind):
    out = tmp_path / "verdicts.jsonl"
    arguments = ["verify", str(write(tmp_path, kind)), "--functions", str(module), "--out", str(out)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1, result.output
    verdicts = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(one["id"], one["keep"], one["stage"], one["reason"]) for one in verdicts] == EXPECTED
    assert all(list(one)[:6] == ["id", "keep", "stage", "reason", "detail", "results"] for one in verdicts)
    assert verdicts[0]["results"][0]["result"] == "102.0"
    assert verdicts[6]["results"][0]["result"] == "102.0"
    assert "7 rows, 4 executed, 2 kept" in result.output
    assert list(tmp_path.glob(".*tmp")) == []


def test_exit_codes(tmp_path, module):
    out = tmp_path / "v.jsonl"
    fine = tmp_path / "fine.jsonl"
    fine.write_text(json.dumps(row(1)))
    run = CliRunner().invoke
    assert run(app, ["verify", str(fine), "-f", str(module), "-o", str(out)]).exit_code == 0
    assert run(app, ["verify", str(tmp_path / "none.jsonl"), "-o", str(out)]).exit_code == 2
    (tmp_path / "empty.jsonl").write_text("")
    assert run(app, ["verify", str(tmp_path / "empty.jsonl"), "-o", str(out)]).exit_code == 2
    assert run(app, ["verify", str(fine), "-f", str(tmp_path / "no.py"), "-o", str(out)]).exit_code == 2
    assert run(app, ["verify", str(fine), "-o", str(fine / "v.jsonl")]).exit_code == 2
    assert run(app, ["verify", str(fine), "-o", str(out), "--judge", "nobody"]).exit_code == 2


def test_rows_that_cannot_be_executed_are_marked():
    verdicts = list(audit_rows([row_of(row(1), 0)]))
    assert verdicts[0]["keep"] is True
    assert verdicts[0]["results"] is None
    assert "not executed" in verdicts[0]["detail"]


def test_a_tool_that_shares_a_functions_name_and_has_other_choices_is_not_run_as_that_function():
    def api(choices: list[str]) -> Api:
        schema = {"type": "string", "enum": choices, "description": "Unit."}
        return Api(
            api_id="id",
            name="to_unit",
            description="Convert.",
            parameters={"type": "object", "properties": {"unit": schema}, "required": ["unit"]},
            binding=PythonBinding(module="units", function="to_unit"),
            source=Source(name="s", file="f", format="python", content_hash="h", original_name="to_unit"),
        )

    functions = Functions([api(["km/h", "mph"])])
    assert functions.obstacle(api(["mph"]).tool()) == ""
    assert "does not take unit = 'kmh'" in functions.obstacle(api(["kmh", "mph"]).tool())


def test_openai_rows_are_read():
    tool = {
        "type": "function",
        "function": {
            "name": "forecast",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
    call = {"id": "c", "type": "function", "function": {"name": "forecast", "arguments": '{"city": "Oslo"}'}}
    messages = [
        {"role": "system", "content": "Help."},
        {"role": "user", "content": "Weather in Oslo?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]
    good = row_of({"messages": messages, "tools": [tool]}, 7)
    broken = json.loads(json.dumps(messages))
    broken[2]["tool_calls"][0]["function"]["arguments"] = '{"city": "Oslo", "city": "Rome"}'
    bad = row_of({"messages": broken, "tools": json.dumps([tool])}, 8)
    verdicts = list(audit_rows([good, bad]))
    assert [(one["id"], one["keep"], one["reason"]) for one in verdicts] == [
        (7, True, None),
        (8, False, "duplicate_key"),
    ]


def test_a_broken_line_costs_only_itself(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text(
        "\n".join([json.dumps(row(0)), '{"id": 1, "query": ', '{"id": 2, "id": 3}', "[1]", json.dumps(row(4))])
    )
    reasons = [one["reason"] for one in audit_rows(read_rows(file))]
    assert reasons == [None, "not_json", "duplicate_key", "missing_field", None]


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"[1, 2", b"\x1f\x8bbroken", b"PAR1broken", b"\xff\xfe{}", b"   \n"]
)
def test_unusable_files_say_so(tmp_path, content):
    file = tmp_path / "x"
    file.write_bytes(content)
    with pytest.raises(UnusableInputError, match="x"):
        list(read_rows(file))


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["name", "arguments", "function", "parameters", "type", "a"]), inner, max_size=3
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["id", "query", "answers", "tools", "messages"]), json_values))
def test_wild_rows_get_a_verdict(value):
    funnel = Funnel()
    verdicts = list(audit_rows([row_of(value, 0), row_of(row("good"), 1)], funnel=funnel))
    assert len(verdicts) == 2
    assert verdicts[1]["keep"] is True
    json.dumps(verdicts)


@pytest.mark.parametrize(
    ("text", "schema", "optional"),
    [
        ("str", {"type": "string"}, False),
        ("str, optional", {"type": "string"}, True),
        ("int, default='x'", {"type": "integer"}, True),
        ("default='London'", {"type": "string"}, True),
        ("int, default=5", {"type": "integer"}, True),
        ("List[Union[int, float]]", {"type": "array", "items": {"type": ["integer", "number"]}}, False),
        ("List[List[int]]", {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}, False),
        ("List", {"type": "array"}, False),
        ("Set[str]", {"type": "array", "items": {"type": "string"}, "uniqueItems": True}, False),
        ("Dict[str, float]", {"type": "object", "additionalProperties": {"type": "number"}}, False),
        ("Callable[[float], float]", {"type": "string"}, False),
        ("Optional[int]", {"anyOf": []}, True),
        ("Literal['a', 'b'], optional", {"enum": ["a", "b"]}, True),
        ("int | str", {"type": ["integer", "string"]}, False),
        ("Any", {}, False),
    ],
)
def test_type_strings(text, schema, optional):
    parsed = parse_type(text)
    assert parsed.optional is optional
    if schema != {"anyOf": []}:
        assert parsed.schema == schema
    else:
        assert "integer" in parsed.schema["type"]


def test_tuples_have_their_length():
    pair = parse_type("Tuple[float, float]").schema
    assert (pair["minItems"], len(pair["prefixItems"]), pair["items"]) == (2, 2, False)
    assert parse_type("Tuple[int, ...]").schema == {"type": "array", "items": {"type": "integer"}}


@pytest.mark.parametrize("text", ["", "List[int", "int]", "List[[int]"])
def test_what_is_no_type(text):
    with pytest.raises(TypeStringError):
        parse_type(text)


@given(st.text(max_size=40))
def test_any_text_is_a_type_or_an_error(text):
    with contextlib.suppress(TypeStringError):
        parse_type(text)


def test_required_default_and_optional_are_three_things():
    schema = parameters_schema(
        {
            "a": {"type": "int", "default": ""},
            "b": {"type": "int, optional", "default": 3},
            "c": {"type": "int", "default": 5},
            "d": {"type": "int", "default": 5, "required": True},
            "type": {"type": "str"},
        }
    )
    assert schema["required"] == ["a", "d", "type"]
    assert schema["properties"]["b"]["default"] == 3
    assert "null" in schema["properties"]["b"]["type"]


def test_real_rows(tmp_path):
    file = SHARED / "data" / "xlam_rows" / "rows.jsonl"
    if not file.exists():
        pytest.skip(f"{file} is not here: rows of the released format, kept beside the repository")
    funnel = Funnel()
    verdicts = list(audit_rows(read_rows(file), funnel=funnel))
    assert [one["id"] for one in verdicts] == list(range(60))
    assert funnel.reasons[("format", "wrong_type")] == 1
    assert funnel.reasons[("format", "no_calls")] == 1
    assert funnel.kept >= 56


FLAT = {
    "name": "forecast",
    "description": "Weather.",
    "parameters": {
        "city": {"type": "str", "description": "City."},
        "at": {"type": "List[Place], optional", "description": "Where."},
        "unit": {"type": "Literal['K', 'C'], optional", "description": " "},
        "days": {"type": "list[int", "description": "Days."},
    },
}
NESTED = {
    "name": "book",
    "description": "",
    "parameters": {
        "type": "object",
        "properties": {
            "who": {
                "type": "dict",
                "description": "Person.",
                "properties": {"age": {"type": ["integer", "nothing"]}},
                "required": ["age", "name"],
            },
            "seats": {"type": "array", "items": {"type": "Seat"}},
        },
        "required": ["who", "day"],
    },
}


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        ([TOOL], set()),
        (
            [FLAT],
            {
                ("unknown_type", "forecast.at: type 'List[Place], optional'"),
                ("unknown_type", "forecast.days: type 'list[int'"),
                ("no_parameter_description", "forecast.unit"),
            },
        ),
        (
            [{"type": "function", "function": NESTED}],
            {
                ("no_description", "book"),
                ("no_parameter_description", "book.seats"),
                ("not_a_json_type", "book.who: type 'dict'"),
                ("unknown_type", "book.who.age: type 'nothing'"),
                ("unknown_type", "book.seats[]: type 'Seat'"),
                ("required_unknown", "book: 'day'"),
                ("required_unknown", "book.who: 'name'"),
            },
        ),
        ([TOOL, TOOL], {("duplicate_name", "final_velocity: 2 tools")}),
    ],
)
def test_defects_of_tool_definitions_are_found(tools, expected):
    found = tool_findings(tools)
    assert len(found) == len(expected)
    assert {(one.defect.value, one.place) for one in found} == expected


def test_tool_defects_are_counted_by_row_and_reported_beside_the_verdicts(tmp_path):
    file = tmp_path / "rows.jsonl"
    rows = [row("fine"), {**row("nested"), "tools": [TOOL, NESTED]}, {**row("both"), "tools": [TOOL, NESTED, FLAT]}]
    file.write_text("\n".join(json.dumps(one) for one in rows))
    funnel = Funnel()
    verdicts = list(audit_rows(read_rows(file), funnel=funnel))
    assert [one["reason"] for one in verdicts] == [None, None, "bad_tools"]
    assert funnel.tools.rows_affected == 2
    assert funnel.tools.rows["unknown_type"] == 2
    assert funnel.tools.places["unknown_type"] == 6
    assert funnel.tools.examples["no_parameter_description"] == ("nested", "book.seats")
    result = CliRunner().invoke(app, ["verify", str(file), "-o", str(tmp_path / "v.jsonl")])
    assert "2 rows with a defect" in result.output
    assert "required_unknown" in result.output


def test_the_asset_audits_files_and_one_bad_file_costs_only_itself(tmp_path):
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text("\n".join(json.dumps(one) for one in [row("a"), row("b", v0="4"), {**row("c"), "tools": [NESTED]}]))
    bad.write_text("no rows")
    result = dg.materialize(
        [audited_rows],
        resources={"lake": LakeResource(root=str(tmp_path / "lake")), "settings": Settings()},
        run_config={"ops": {"audited_rows": {"config": {"files": [str(bad), str(good)]}}}},
    )
    (made,) = result.asset_materializations_for_node("audited_rows")
    assert (made.metadata["rows"].value, made.metadata["kept"].value) == (3, 1)
    assert "bad.jsonl" in made.metadata["unusable_files"].value
    assert made.metadata["rows_with_tool_defects"].value == 1
    defects = {one.data["defect"]: one.data["count"] for one in made.metadata["tool_defects_by_row"].value.records}
    assert defects["required_unknown"] == 1
    rows = Lake(str(tmp_path / "lake")).scan("audited_rows").collect()
    assert rows.select("file", "id", "reason").rows() == [
        ("good.jsonl", "a", None),
        ("good.jsonl", "b", "wrong_type"),
        ("good.jsonl", "c", "unknown_function"),
    ]


def test_an_empty_answer_is_kept_only_where_it_is_meant():
    nothing = {**row(1), "answers": "[]"}
    (rejected,) = audit_rows([row_of(nothing, 0)])
    (kept,) = audit_rows([row_of(nothing, 0)], allow_empty=True)
    assert (rejected["keep"], rejected["reason"]) == (False, "no_calls")
    assert (kept["keep"], kept["reason"]) == (True, None)


def test_undecided_rows_and_findings_are_in_the_output_and_one_row_is_explained(tmp_path):
    file, out = tmp_path / "rows.jsonl", tmp_path / "verdicts.jsonl"
    rows = [row("plain"), row("sum", query="From 4 m/s at 9.8 m/s2 for 10 plus 2 s?", v0=4, a=9.8, t=12)]
    file.write_text("\n".join(json.dumps(one) for one in rows))
    result = CliRunner().invoke(app, ["verify", str(file), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "2 kept, 1 undecided" in result.output
    verdicts = [json.loads(line) for line in out.read_text().splitlines()]
    assert [one["decision"] for one in verdicts] == ["verified", "undecided"]
    assert verdicts[1]["findings"][0]["rule"] == "derivable_number"
    dropped = CliRunner().invoke(app, ["verify", str(file), "--out", str(out), "--undecided", "drop"])
    assert dropped.exit_code == 1 and json.loads(out.read_text().splitlines()[1])["reason"] == "undecided"
    explained = CliRunner().invoke(app, ["verify", str(file), "--explain", "sum"])
    assert explained.exit_code == 0
    assert "0.t" in explained.output and "asks (derivable_number)" in explained.output
    assert CliRunner().invoke(app, ["verify", str(file), "--explain", "nobody"]).exit_code == 2
    assert CliRunner().invoke(app, ["verify", str(file)]).exit_code == 2
