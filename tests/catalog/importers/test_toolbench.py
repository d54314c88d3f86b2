import json
import zipfile

import pytest

from apigen_assets.catalog.descriptions import clean_description
from apigen_assets.catalog.importers.toolbench.tools import change_name, import_toolbench, standardize
from apigen_assets.catalog.importers.toolbench.types import number_type, parameter_schema
from apigen_assets.tool_formats.json_schema import is_valid


def api(**given):
    base = {
        "name": "Forecast",
        "url": "https://w.p.rapidapi.com/forecast",
        "description": "Forecast for a place.",
        "method": "GET",
        "required_parameters": [],
        "optional_parameters": [],
    }
    return base | given


def parameter(name, type="STRING", default="", description=""):
    return {"name": name, "type": type, "description": description, "default": default}


@pytest.fixture
def one(tmp_path):
    def write(*apis, category="Weather", stem="my_weather", **tool):
        path = tmp_path / "tools" / category / f"{stem}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        base = {"tool_name": stem, "title": stem, "tool_description": None, "host": "w.p.rapidapi.com"}
        path.write_text(json.dumps(base | tool | {"api_list": list(apis)}))
        return import_toolbench(tmp_path, "tb")

    return write


def test_all_of_toolbench_imports_and_nothing_is_unaccounted_for(toolbench, shared_data):
    import tarfile

    wanted = {}
    with tarfile.open(shared_data / "toolbench" / "toolenv.tar.xz") as archive:
        for member in archive:
            if member.name.endswith(".json"):
                wanted[member.name] = len(json.loads(archive.extractfile(member).read())["api_list"])
    assert (len(wanted), sum(wanted.values())) == (2782, 13397)
    got = dict.fromkeys(wanted, 0)
    for record in [*toolbench.apis, *toolbench.rejects]:
        got[record.source.file if hasattr(record.source, "file") else record.file] += 1
    assert got == wanted
    assert len(toolbench.apis) > 13_300
    assert all(reject.reason and reject.detail for reject in toolbench.rejects)


def test_names_and_ids_are_unique_and_examples_fit_their_schemas(toolbench):
    apis = toolbench.apis
    assert len({a.name for a in apis}) == len({a.api_id for a in apis}) == len(apis)
    for a in apis:
        for schema in a.parameters["properties"].values():
            assert "default" not in schema
            assert all(is_valid(example, schema) for example in schema.get("examples", []))


def test_no_broker_key_and_no_broker_talk_reaches_a_model(toolbench):
    for a in toolbench.apis:
        shown = json.dumps(a.tool()).lower()
        assert "toolbench_rapidapi_key" not in shown and "x-rapidapi-key" not in shown
        assert "rapidapi" not in a.description.lower()


def test_latitudes_are_numbers(toolbench):
    found = [
        schema["type"]
        for a in toolbench.apis
        for name, schema in a.parameters["properties"].items()
        if name in {"lat", "latitude", "lon", "lng", "longitude"} and schema["type"] != "string"
    ]
    assert len(found) > 200 and set(found) == {"number"}


@pytest.mark.parametrize(
    ("text", "name"),
    [("5 History", "get_5_history"), ("Hello, World!", "hello_world"), ("__A  b__", "a_b"), ("天气 now", "天气_now")],
)
def test_names_are_normalised_as_toolbench_does(text, name):
    assert standardize(text) == name


def test_reserved_words_get_a_prefix():
    assert [change_name(name) for name in ("id", "from", "import")] == ["is_id", "is_from", "import"]


def test_a_wire_name_survives_its_normalisation(one):
    (a,) = one(api(required_parameters=[parameter("from"), parameter("User-ID", "NUMBER", "7")])).apis
    assert list(a.parameters["properties"]) == ["is_from", "user_id"]
    assert a.binding.parameters["is_from"].wire_name == "from"
    assert a.binding.parameters["user_id"].wire_name == "User-ID"
    assert a.parameters["properties"]["user_id"]["examples"] == [7]


def test_parameters_that_normalise_to_one_name_stay_two(one):
    (a,) = one(api(required_parameters=[parameter("q"), parameter("Q")])).apis
    assert [a.binding.parameters[name].wire_name for name in a.parameters["properties"]] == ["q", "Q"]


@pytest.mark.parametrize(
    ("name", "example", "kind"),
    [
        ("lat", "", "number"),
        ("price", 3, "number"),
        ("page", "", "integer"),
        ("page", "1.5", "number"),
        ("userId", "", "integer"),
        ("when", "2023-01-01", "string"),
        ("whatever", "", "number"),
        ("limit", 10, "integer"),
    ],
)
def test_number_is_widened_by_example_and_name(name, example, kind):
    assert number_type(name, "", example) == kind


def test_examples_are_examples_of_the_right_type():
    assert parameter_schema("n", "NUMBER", "", "12")["examples"] == [12]
    assert parameter_schema("b", "BOOLEAN", "", "true") == {"type": "boolean", "examples": [True]}
    assert parameter_schema("s", "STRING", "", True) == {"type": "string", "examples": ["true"]}
    assert parameter_schema("a", "ARRAY", "", "[1, 2]") == {"type": "array", "examples": [[1, 2]]}
    assert parameter_schema("a", "ARRAY", "", "x,y") == {"type": "string", "examples": ["x,y"]}
    assert parameter_schema("d", "DATE (YYYY-MM-DD)", "", "2020-01-31")["format"] == "date"
    assert parameter_schema("f", "BINARY", "", "") is None


def test_path_templates_are_parameters_also_in_another_spelling(one):
    (a,) = one(
        api(
            url="https://w.p.rapidapi.com/u/{is_id}/:day/{city}",
            required_parameters=[parameter("id")],
            optional_parameters=[parameter("city")],
        )
    ).apis
    assert a.binding.url == "https://w.p.rapidapi.com/u/{is_id}/{day}/{city}"
    assert {name: p.place.value for name, p in a.binding.parameters.items()} == {
        "is_id": "path",
        "city": "path",
        "day": "path",
    }
    assert set(a.parameters["required"]) == {"is_id", "city", "day"}


def test_keys_become_environment_variables(one):
    (a,) = one(api(required_parameters=[parameter("apikey"), parameter("X-RapidAPI-Key"), parameter("q")])).apis
    assert list(a.parameters["properties"]) == ["q"]
    assert [(c.wire_name, c.variable) for c in a.binding.credentials] == [
        ("X-RapidAPI-Key", "RAPIDAPI_KEY"),
        ("apikey", "MY_WEATHER_APIKEY"),
    ]


def test_a_tool_of_one_name_in_two_categories_keeps_both(one):
    one(api(), category="Weather", stem="tunein")
    result = one(api(), category="Music", stem="tunein")
    assert [a.name for a in result.apis] == ["tb_music_tunein_forecast", "tb_weather_tunein_forecast"]


def test_one_bad_api_does_not_take_its_neighbours_down(one, tmp_path):
    (tmp_path / "tools" / "Weather").mkdir(parents=True)
    (tmp_path / "tools" / "Weather" / "broken.json").write_text('{"api_list": [')
    (tmp_path / "tools" / "Weather" / "list.json").write_text("[1]")
    result = one(
        api(name="good"),
        "no object",
        api(name="no url", url=None),
        api(name="odd method", method="BREW"),
        api(name="odd parameters", required_parameters={"a": 1}),
        api(name="nameless", required_parameters=[{"type": "STRING"}]),
        api(name="file", required_parameters=[parameter("f", "BINARY")]),
        api(name="X-Proxy-Secret: 123f7cd0-e73e-11e9"),
        api(name="good"),
    )
    assert [a.name for a in result.apis] == ["tb_my_weather_good", "tb_my_weather_good_2"]
    assert sorted(reject.reason for reject in result.rejects) == sorted(
        [
            "not_json",
            "not_a_tool",
            "malformed_api",
            "no_url",
            "unknown_method",
            "malformed_api",
            "malformed_parameter",
            "binary_parameter",
            "secret_in_name",
        ]
    )
    assert "123f7cd0" not in json.dumps([reject.model_dump() for reject in result.rejects])


def test_responses_and_queries_beside_the_tools_are_not_tools(tmp_path):
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("data/response_examples/Weather/w.json", '{"x": 1}')
        archive.writestr("data/toolenv/tools/Weather/w.json", json.dumps({"api_list": [api()]}))
        archive.writestr("data/instruction/G1_query.json", "[]")
    result = import_toolbench(tmp_path / "data.zip", "tb")
    assert result.funnel == {"found": 1, "imported": 1}


def test_a_terse_endpoint_says_what_its_tool_says(one):
    (a,) = one(api(description="forecast"), title="My Weather", tool_description="Daily rain and wind for towns.").apis
    assert a.description == "forecast (My Weather): Daily rain and wind for towns."


def test_descriptions_lose_markup_and_broker_talk_and_nothing_else():
    text = "<p>Find a song &amp; play it.</p>\nSubscribe on RapidAPI first. It is fast (see https://rapidapi.com/x)."
    assert clean_description(text) == "Find a song & play it.\nIt is fast."
    assert clean_description("a < b and c > d") == "a < b and c > d"


def test_a_description_torn_by_the_wrappers_is_mended(one):
    (a,) = one(
        api(description="Get a match.\"\n    id: The match's number.", required_parameters=[parameter("id")])
    ).apis
    assert a.description == "Get a match."
    assert a.parameters["properties"]["is_id"]["description"] == "The match's number."
