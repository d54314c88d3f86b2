"""Secrets in schemas that contain themselves: no argument at any depth, and sent at every depth that is given."""

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.catalog.importers.openapi.document import import_openapi
from resources.rest.request import RequestRefusedError, build
from tests.helpers.openapi_bodies import POLICY, TEXT, api_with_body, import_with_body, ref, sent, thing, words

SECRET = {"S_NODE_CLIENT_SECRET": "cccc1111"}


@pytest.fixture
def imported(tmp_path):
    return partial(api_with_body, tmp_path)


def with_secret(value):
    """A value of the node below, with what every node of it is sent."""
    if isinstance(value, list):
        return [with_secret(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: with_secret(item) for name, item in value.items()}
    return inner | {"client_secret": "cccc1111"} if "name" in value else inner


HOLDERS = {
    "field": (ref("Node"), lambda node: node),
    "list": ({"type": "array", "items": ref("Node")}, lambda node: [node, {"name": "last"}]),
    "list of lists": (
        {"type": "array", "items": {"type": "array", "items": ref("Node")}},
        lambda node: [[node], [], [{"name": "last"}]],
    ),
    "map": ({"type": "object", "additionalProperties": ref("Node")}, lambda node: {"a": node, "b": {"name": "last"}}),
    "object": (thing(inner=ref("Node")), lambda node: {"inner": node}),
    "choice": ({"oneOf": [ref("Node"), TEXT]}, lambda node: node),
    "allOf": ({"allOf": [ref("Node")]}, lambda node: node),
}


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_schema_that_contains_itself_is_filled_at_every_depth_and_offers_a_secret_at_none(imported, kind):
    schema, put = HOLDERS[kind]
    node = thing(["name", "client_secret"], name=TEXT, client_secret=TEXT, next=schema)
    api = imported(thing(["node"], node=ref("Node")), schemas={"Node": node})
    assert "client_secret" not in words(api) and "$defs" in api.parameters
    value = {"name": "0"}
    for level in range(1, 6):
        value = {"name": str(level), "next": put(value)}
    assert sent(api, SECRET, node=value) == {"node": with_secret(value)}
    with pytest.raises(RequestRefusedError, match="S_NODE_CLIENT_SECRET"):
        build(api.binding, {"node": value}, POLICY, {})


@pytest.mark.parametrize(
    "clash", [{"a_b": TEXT, "a.b": TEXT}, {f"f{at}": {**TEXT, "description": "x" * 900} for at in range(60)}]
)
def test_where_it_is_unrolled_a_few_levels_no_level_offers_one(imported, clash):
    node = thing(["name"], name=TEXT, client_secret=TEXT, api_keys={"type": "array", "items": TEXT}, next=ref("Node"))
    leaf = thing(value=TEXT, client_secret=TEXT, **clash)
    schemas = {"Node": {"oneOf": [node, leaf]}}
    api = imported(thing(["node"], node=ref("Node")), schemas=schemas)
    assert "client_secret" not in words(api) and "api_keys" not in words(api)
    assert len({secret.variable for secret in api.binding.credentials}) >= 2


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_schemas_that_contain_each_other_are_filled_whichever_is_read_first(tmp_path, order):
    schemas = {
        "A": thing(name=TEXT, client_secret=TEXT, b=ref("B")),
        "B": thing(title=TEXT, api_secret=TEXT, a=ref("A")),
    }
    paths = {
        f"/{name}": {"post": {"requestBody": {"content": {"application/json": {"schema": thing(x=ref(name))}}}}}
        for name in order
    }
    document = {"openapi": "3.0.3", "info": {"title": "T"}, "servers": [{"url": "https://h.example"}], "paths": paths}
    (tmp_path / "s.json").write_text(json.dumps({**document, "components": {"schemas": schemas}}))
    apis = {api.binding.url[-1]: api for api in import_openapi(tmp_path / "s.json", "s").apis}
    environment = {f"S_X_{way}": "k" for way in ("CLIENT_SECRET", "API_SECRET", "B_API_SECRET", "A_CLIENT_SECRET")}
    a, b = {"client_secret": "k"}, {"api_secret": "k"}
    assert sent(apis["A"], environment, x={"b": {"a": {"b": {}}}}) == {"x": {**a, "b": {**b, "a": {**a, "b": b}}}}
    assert sent(apis["B"], environment, x={"a": {"b": {"a": {}}}}) == {"x": {**b, "a": {**a, "b": {**b, "a": a}}}}


def test_a_body_that_contains_itself_as_a_whole_is_filled_too(imported):
    rule = {"oneOf": [thing(["all"], all={"type": "array", "items": ref("Rule")}), ref("Check")]}
    check = thing(["host", "api_key"], host=TEXT, api_key=TEXT)
    api = imported(ref("Rule"), schemas={"Rule": rule, "Check": check})
    checked = {"host": "h", "api_key": "kkkk1111"}
    assert "api_key" not in words(api)
    assert sent(api, {"S_API_KEY": "kkkk1111"}, body={"host": "h"}) == checked
    value = {"all": [{"host": "h"}, {"all": [{"host": "h"}]}]}
    environment = {"S_API_KEY": "kkkk1111", "S_ALL_API_KEY": "kkkk1111"}
    assert sent(api, environment, body=value) == {"all": [checked, {"all": [checked]}]}


def test_in_a_dense_web_of_schemas_the_nearest_secrets_are_found_whatever_stands_before_them(imported):
    web = [f"W{at}" for at in range(12)]
    schemas = {name: thing(**{each: ref(each) for each in web}, far=ref("F0")) for name in web}
    schemas |= {f"F{at}": thing(far=ref(f"F{at + 1}")) for at in range(6)} | {
        "F6": thing(name=TEXT, client_secret=TEXT)
    }
    schemas |= {"Near": thing(b=thing(c=ref("Nearer"))), "Nearer": thing(d=ref("Nearest"))}
    schemas |= {"Nearest": thing(name=TEXT, api_secret=TEXT)}
    schemas["Root"] = thing(**{each: ref(each) for each in web}, a=ref("Near"))
    api = imported(thing(["root"], root=ref("Root")), schemas=schemas)
    assert "client_secret" not in words(api) and "api_secret" not in words(api)
    assert "S_ROOT_A_B_C_D_API_SECRET" in {secret.variable for secret in api.binding.credentials}
    assert len(api.binding.model_dump_json()) < 100_000


@pytest.mark.parametrize("place", ["query", "header", "cookie"])
def test_branches_that_nothing_tells_apart_offer_no_secret_outside_bodies_either(tmp_path, place):
    schema = {"anyOf": [{**ref("S"), "required": ["c"]}, thing(client_secret=TEXT)], "properties": {}}
    document = {
        "openapi": "3.0.3",
        "servers": [{"url": "https://h.example"}],
        "paths": {"/x": {"get": {"parameters": [{"name": "p", "in": place, "schema": ref("S")}]}}},
        "components": {"schemas": {"S": schema}},
    }
    (tmp_path / "s.json").write_text(json.dumps(document))
    (api,) = import_openapi(tmp_path / "s.json", "s").apis
    assert "p" in api.binding.parameters and "client_secret" not in words(api)


def test_a_schema_whose_only_secret_is_in_a_branch_like_another_is_read(imported):
    schemas = {
        "A": {"allOf": [ref("B")], "anyOf": [{}, {"properties": {"client_secret": {}}}]},
        "B": {"properties": {"b": ref("A")}},
    }
    assert "client_secret" not in words(imported(thing(top=ref("B")), schemas=schemas))


@st.composite
def graphs(draw):
    """Schemas that refer to each other by field, list or map; some hold a secret."""
    names = [f"N{at}" for at in range(draw(st.integers(1, 4)))]
    schemas = {}
    for name in names:
        fields = {"name": TEXT}
        if draw(st.booleans()):
            fields["client_secret"] = TEXT
        for at, target in enumerate(draw(st.lists(st.sampled_from(names), max_size=3))):
            kind = draw(st.sampled_from(["field", "list", "map"]))
            fields[f"{kind}{at}"] = ref(target)
            if kind == "list":
                fields[f"{kind}{at}"] = {"type": "array", "items": ref(target)}
            elif kind == "map":
                fields[f"{kind}{at}"] = {"type": "object", "additionalProperties": ref(target)}
        schemas[name] = thing(**fields)
    return schemas


def whole(schemas, name, levels):
    """A value of a schema with every field given, so many levels deep, without secrets and with them."""
    bare: dict[str, Any] = {"name": "n"}
    full: dict[str, Any] = {"name": "n"}
    for field, part in schemas[name]["properties"].items():
        if field == "client_secret":
            full[field] = "cccc1111"
        target = json.dumps(part).rpartition("/")[2].partition('"')[0]
        if levels and target in schemas:
            below = whole(schemas, target, levels - 1)
            for value, inner in zip((bare, full), below, strict=True):
                value[field] = [inner] if "items" in part else {"k": inner} if "additionalProperties" in part else inner
    return bare, full


def without_secrets(value):
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: without_secrets(item) for name, item in value.items() if name != "client_secret"}


@given(graphs(), st.integers(0, 4))
@settings(max_examples=40, deadline=None)
def test_whatever_refers_to_whatever_each_object_gets_its_secret(tmp_path_factory, graph, levels):
    result = import_with_body(tmp_path_factory.mktemp("graph"), thing(["top"], top=ref("N0")), schemas=graph)
    api = result.apis[0]
    assert "client_secret" not in words(api)
    bare, full = whole(graph, "N0", levels)
    environment = {secret.variable: "cccc1111" for secret in api.binding.credentials}
    body = sent(api, environment, top=bare)
    if result.warnings:  # more ways than are filled: some objects are sent as they are
        assert "places for secrets" in result.warnings[0] and without_secrets(body) == {"top": bare}
    else:
        assert body == {"top": full}
