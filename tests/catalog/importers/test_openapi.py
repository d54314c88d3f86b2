import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.openapi.document import METHODS, import_openapi, synthetic_name
from apigen_assets.catalog.importers.openapi.yaml_text import parse_yaml
from apigen_assets.tool_formats.json_schema import MAX_BYTES


@pytest.fixture
def spec(tmp_path):
    def write(paths, name="shop.yaml", base_url=None, **more):
        head = {"openapi": "3.0.3", "info": {"title": "Shop"}, "servers": [{"url": "https://shop.example/v1"}]}
        value = head | more | {"paths": paths}
        value = {key: part for key, part in value.items() if part is not None}
        path = tmp_path / name
        path.write_text(json.dumps(value) if name.endswith("json") else yaml.safe_dump(value, sort_keys=False))
        return import_openapi(path, "shop", base_url)

    return write


def is_valid_call(api, arguments):
    return Draft202012Validator(api.parameters).is_valid(arguments)


def only(result):
    assert result.rejects == []
    (api,) = result.apis
    return api


def test_every_operation_of_the_real_files_is_a_record_or_a_reject(shared_data):
    files = sorted((shared_data / "openapi").iterdir())
    assert len(files) == 22
    for file in files:
        value = json.loads(file.read_text()) if file.suffix == ".json" else yaml.safe_load(file.read_text())
        operations = {
            f"{method.upper()} {path}" for path, item in value["paths"].items() for method in METHODS if method in item
        }
        result = import_openapi(file, "x")
        names = [a.source.original_name for a in result.apis] + [r.original_name for r in result.rejects]
        assert sorted(names) == sorted(operations), file.name
        for a in result.apis:
            Draft202012Validator.check_schema(a.parameters)
            assert a.binding.url.startswith("http")
            assert "$ref" not in json.dumps(a.parameters)


def test_parameters_of_the_path_are_merged_and_the_operations_own_win(spec):
    a = only(
        spec(
            {
                "/pets/{id}": {
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                        {"name": "lang", "in": "query", "schema": {"type": "string"}, "description": "Old."},
                    ],
                    "get": {
                        "summary": "Show a pet",
                        "parameters": [
                            {
                                "name": "lang",
                                "in": "query",
                                "description": "Language.",
                                "schema": {"type": "string", "enum": ["en", "de"], "default": "en"},
                                "example": "de",
                            }
                        ],
                    },
                }
            }
        )
    )
    assert a.name == "shop_get_pets_by_id" and a.description == "Show a pet"
    assert a.parameters == {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "lang": {
                "type": "string",
                "enum": ["en", "de"],
                "default": "en",
                "description": "Language.",
                "examples": ["de"],
            },
        },
        "required": ["id"],
        "additionalProperties": False,
    }
    assert a.binding.url == "https://shop.example/v1/pets/{id}"


def test_cycles_end_and_shared_parts_are_put_in_their_place(spec):
    a = only(
        spec(
            {
                "/trees": {
                    "post": {
                        "operationId": "addTree",
                        "requestBody": {
                            "required": True,
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}},
                        },
                    }
                }
            },
            components={
                "schemas": {
                    "Tree": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {
                            "name": {"type": "string"},
                            "id": {"type": "integer", "readOnly": True},
                            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                        },
                    }
                }
            },
        )
    )
    assert list(a.parameters["properties"]) == ["name", "children"] and a.parameters["required"] == ["name"]
    assert a.parameters["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}
    tree = a.parameters["$defs"]["Tree"]
    assert tree["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"} and "id" not in tree["properties"]
    assert not is_valid_call(a, {"name": "oak", "children": [{"name": "ash", "children": [{"name": 7}]}]})
    assert is_valid_call(a, {"name": "oak", "children": [{"name": "ash", "children": [{"name": "elm"}]}]})
    assert a.binding.body_type == "application/json"
    assert {p.place.value for p in a.binding.parameters.values()} == {"body"}


def test_a_body_that_is_no_object_is_one_argument(spec):
    body = {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "integer"}}}}}
    a = only(spec({"/sum": {"post": {"operationId": "sum", "requestBody": {**body, "required": True}}}}))
    assert a.binding.whole_body == "body" and a.parameters["required"] == ["body"]


def test_nullable_and_exclusive_bounds_of_3_0_become_2020_12(spec):
    schema = {"type": "number", "minimum": 0, "exclusiveMinimum": True, "nullable": True, "maximum": 9}
    a = only(spec({"/x": {"get": {"parameters": [{"name": "n", "in": "query", "schema": schema}]}}}))
    assert a.parameters["properties"]["n"] == {"type": ["number", "null"], "maximum": 9, "exclusiveMinimum": 0}


def test_all_of_is_merged_and_one_of_is_a_choice(spec):
    schema = {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"type": "object", "properties": {"b": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}},
        ]
    }
    a = only(spec({"/x": {"put": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}}))
    assert a.parameters["properties"]["b"] == {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    assert a.parameters["required"] == ["a"]


def test_swagger_2(spec):
    result = spec(
        {
            "/find": {
                "get": {
                    "parameters": [
                        {"name": "tag", "in": "query", "type": "array", "items": {"type": "string"}},
                        {"name": "ids", "in": "query", "type": "array", "items": {}, "collectionFormat": "multi"},
                    ]
                },
                "post": {
                    "parameters": [
                        {"name": "name", "in": "formData", "type": "string", "required": True},
                        {"name": "photo", "in": "formData", "type": "file"},
                    ]
                },
                "put": {"parameters": [{"name": "photo", "in": "formData", "type": "file", "required": True}]},
            }
        },
        openapi=None,
        servers=None,
        swagger="2.0",
        host="api.example",
        basePath="/v2/",
        schemes=["http", "https"],
    )  # fmt: skip
    get, post = result.apis
    assert get.binding.url == "https://api.example/v2/find"
    assert [p.explode for p in get.binding.parameters.values()] == [False, True]
    assert list(post.parameters["properties"]) == ["name"]
    assert post.binding.body_type == "application/x-www-form-urlencoded"
    assert [(r.original_name, r.reason) for r in result.rejects] == [("PUT /find", "file_upload")]


def test_security_schemes_become_names_of_environment_variables(spec):
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "token": {"type": "http", "scheme": "bearer"},
        "user": {"type": "http", "scheme": "basic"},
    }
    result = spec(
        {
            "/a": {"get": {"parameters": [{"name": "X-Key", "in": "header", "schema": {"type": "string"}}]}},
            "/b": {"get": {"security": [{"token": []}, {"user": []}]}},
            "/c": {"get": {"security": [{"token": []}, {}]}},
            "/d": {
                "get": {
                    "security": [],
                    "parameters": [{"name": "api_key", "in": "query", "schema": {"type": "string"}}],
                }
            },
        },
        security=[{"key": []}],
        components={"securitySchemes": schemes},
    )
    a, b, c, d = result.apis
    assert [(x.place.value, x.wire_name, x.variable) for x in a.binding.credentials] == [
        ("header", "X-Key", "SHOP_KEY")
    ]
    assert a.parameters["properties"] == {}  # the model never sees a key
    assert [(x.wire_name, x.prefix, x.variable) for x in b.binding.credentials] == [
        ("Authorization", "Bearer ", "SHOP_TOKEN"),
        ("Authorization", "Basic ", "SHOP_USER"),
    ]
    assert [(x.variable, x.optional) for x in c.binding.credentials] == [("SHOP_TOKEN", True)]
    (optional,) = d.binding.credentials
    assert optional.variable == "SHOP_API_KEY" and optional.optional


def test_servers(spec):
    paths = {"/x": {"get": {"operationId": "x"}}}
    variables = {"env": {"default": "prod"}}
    assert only(spec(paths, servers=[{"url": "https://{env}.example", "variables": variables}])).binding.url == (
        "https://prod.example/x"
    )
    assert only(spec(paths, base_url="http://localhost:8000/api/")).binding.url == "http://localhost:8000/api/x"
    result = spec(paths, servers=None)
    assert [(r.original_name, r.reason) for r in result.rejects] == [("GET /x", "no_server")]


def test_one_bad_operation_does_not_take_its_neighbours_down(spec):
    result = spec(
        {
            "/good": {"get": {"operationId": "good"}},
            "/gone": {"$ref": "#/components/pathItems/none"},
            "/text": "no object",
            "/op": {"get": ["no object"], "trace": {}},
            "/param": {"get": {"parameters": [{"in": "query"}]}},
            "/ref": {"get": {"parameters": [{"$ref": "#/components/parameters/none"}]}},
            "/far": {"get": {"parameters": [{"$ref": "https://elsewhere.example/p.yaml#/a"}]}},
            "/loop": {"get": {"parameters": [{"$ref": "#/components/parameters/loop"}]}},
            "/bytes": {"post": {"requestBody": {"content": {"image/png": {}}}}},
        },
        components={"parameters": {"loop": {"$ref": "#/components/parameters/loop"}}},
    )
    assert [a.source.original_name for a in result.apis] == ["GET /good"]
    assert {r.original_name: r.reason for r in result.rejects} == {
        "/gone": "unresolved_reference",
        "/text": "malformed_path",
        "GET /op": "malformed_operation",
        "TRACE /op": "unsupported_method",
        "GET /param": "malformed_parameter",
        "GET /ref": "unresolved_reference",
        "GET /far": "unresolved_reference",
        "GET /loop": "unresolved_reference",
        "POST /bytes": "unsupported_body",
    }


def test_what_a_validator_would_refuse_is_a_warning(spec):
    schema = {"type": "integer", "default": "ten", "enum": [1, 2, "x"]}
    other = {"type": "String", "pattern": "[", "required": True}
    result = spec(
        {
            "/x": {
                "get": {
                    "parameters": [
                        {"name": "n", "in": "query", "schema": schema},
                        {"name": "s", "in": "query", "schema": other},
                    ]
                }
            }
        }
    )
    got = only(result).parameters["properties"]
    assert got["n"] == {"type": "integer", "enum": [1, 2]} and got["s"] == {"type": "string"}
    assert len(result.warnings) == 3 and all("GET /x" in warning for warning in result.warnings)


def test_of_very_many_warnings_the_number_is_said(spec):
    strange = {"name": "x", "in": "somewhere", "schema": {"type": "string"}}
    result = spec({f"/{at}": {"get": {"parameters": [strange]}} for at in range(230)})
    assert len(result.apis) == 230 and len(result.warnings) == 201
    assert result.warnings[-1] == "shop.yaml: 30 further warnings"


def schemas_of_levels(level, count=40):
    """Schemas that each hold the next one, several times."""
    references = [{"$ref": f"#/components/schemas/L{at + 1}"} for at in range(count)]
    return {**{f"L{at}": level(inner) for at, inner in enumerate(references)}, f"L{count}": {"type": "string"}}


def posted(schemas):
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/L0"}}}
    paths = {"/big": {"post": {"requestBody": {"content": content}}}, "/small": {"get": {"operationId": "small"}}}
    return paths, {"schemas": schemas}


@pytest.mark.parametrize(
    "level",
    [
        lambda inner: {"type": "object", "properties": dict.fromkeys("abcdefgh", inner)},
        lambda inner: {"type": "object", "properties": dict.fromkeys("abcd", inner), "required": ["a", "b", "c", "d"]},
        lambda inner: {"anyOf": [{"type": "object", "properties": {name: inner}} for name in "abcdefgh"]},
        lambda inner: {"allOf": [{"type": "object", "properties": {name: inner}} for name in "abcdefgh"]},
    ],
)
def test_a_schema_that_explodes_is_offered_cut(spec, level):
    paths, components = posted(schemas_of_levels(level))
    result = spec(paths, components=components)
    assert [a.name for a in result.apis] == ["shop_post_big", "shop_small"]
    size = len(json.dumps(result.apis[0].parameters))
    assert 1_000 < size < MAX_BYTES and "too large to be offered whole" in result.warnings[0]


def test_a_body_of_which_nothing_could_be_offered_is_one_reject(spec):
    paths, components = posted(schemas_of_levels(lambda inner: {"type": "array", "prefixItems": [inner] * 8}))
    result = spec(paths, components=components)
    assert [a.name for a in result.apis] == ["shop_small"]
    assert [r.reason for r in result.rejects] == ["schema_too_large"]


def test_optional_arguments_go_by_their_size_where_all_together_are_too_large(spec):
    def part(fields):
        return {"type": "object", "properties": {f"field_{at:04}": {"type": "string"} for at in range(fields)}}

    properties = {"note": {"type": "string"}, "needed": part(600), "small": part(300), "large": part(2_000)}
    schema = {"type": "object", "properties": properties, "required": ["needed"]}
    result = spec({"/big": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}})
    (api,) = result.apis
    assert set(api.parameters["properties"]) == {"note", "needed", "small"} == set(api.binding.parameters)
    assert len(api.parameters["properties"]["needed"]["properties"]) == 600
    assert any("'large'" in warning and "'small'" not in warning for warning in result.warnings)


def test_a_folder_of_files_that_refer_to_each_other(tmp_path):
    folder = tmp_path / "specs"
    (folder / "parts").mkdir(parents=True)
    (folder / "parts" / "params.yaml").write_text("q: {name: q, in: query, schema: {type: string}}\n")
    (folder / "api.yaml").write_text(
        "openapi: 3.1.0\nservers: [{url: https://x.example}]\npaths:\n  /s:\n    get:\n"
        "      parameters: [{$ref: 'parts/params.yaml#/q'}, {$ref: '../../secret.yaml#/q'}]\n"
        "  /t:\n    get:\n      parameters: [{$ref: 'parts/params.yaml#/q'}]\n"
    )
    (tmp_path / "secret.yaml").write_text("q: {name: secret, in: query, schema: {type: string}}\n")
    result = import_openapi(folder, "s")
    assert [list(a.parameters["properties"]) for a in result.apis] == [["q"]]
    assert [r.reason for r in result.rejects] == ["unresolved_reference"]


def test_yaml_is_read_as_json_would_be():
    value = parse_yaml("a: 2020-01-01\nb: [NO, off, yes]\nc: 0777\n200: ok\nd: 1_000\ne: 1.5\nf: ~", "x")
    assert value.pop("b") == ["NO", "off", "yes"]
    assert value == {"a": "2020-01-01", "c": "0777", "200": "ok", "d": "1_000", "e": 1.5, "f": None}


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("get", "/pets/{petId}/toys", "get_pets_by_petId_toys"),
        ("get", "/a/{x}.json", "get_a_by_x_json"),
        ("post", "/", "post"),
        ("get", "/été", "get_ete"),
    ],
)
def test_operations_without_a_name_get_one(method, path, name):
    assert synthetic_name(method, path) == name
