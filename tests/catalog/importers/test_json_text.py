"""A large JSON document is read member by member, and says the same as one that is read at once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.catalog.importers import json_text
from apigen_assets.catalog.importers.imported import SourceError
from apigen_assets.catalog.importers.json_text import PackedObject, json_value

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["paths", "info", "x", '"', "é"]), VALUES, max_size=4)
SAMPLE = '{"openapi": "3.0.3",\n "paths": {"/a": {"get": {"x": [1, 1.0, true, "\\u00e9😀"]}}, "/b": {}}, "tags": []}'


@pytest.fixture(autouse=True)
def every_document_is_large(monkeypatch):
    monkeypatch.setattr(json_text, "LARGE", 0)


def outcome(text, read):
    try:
        return read(text)
    except (ValueError, RecursionError) as error:
        return str(error).removeprefix("d.json: ")


@given(DOCUMENTS, st.sampled_from([None, 1]), st.booleans())
def test_a_large_document_says_the_same(document, indent, ascii_only):
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    warnings: list[str] = []
    value = json_value(f" {text}\n", "d.json", warnings)
    assert json.dumps(value) == json.dumps(document) and value == document and warnings == []


@given(st.integers(0, len(SAMPLE)), st.sampled_from(["", "x", ",", "}", "]", '"', "{", ":", " "]), st.integers(0, 2))
def test_damage_is_told_as_where_all_is_read_at_once(at, put, taken):
    text = SAMPLE[:at] + put + SAMPLE[at + taken :]
    assert outcome(text, lambda text: json_value(text, "d.json", [])) == outcome(text, json.loads)


def test_paths_of_a_large_document_are_read_when_they_are_asked_for():
    paths = json_value(SAMPLE, "d.json", [])["paths"]
    assert isinstance(paths, PackedObject) and paths["/b"] == {} and paths.get("/c", 1) == 1 and "/a" in paths
    plain = json.loads(SAMPLE)["paths"]
    assert paths == plain and paths != {}
    assert [*paths] == [*plain] and [*paths.items()] == [*plain.items()] and [*paths.values()] == [*plain.values()]
    assert (
        {**paths} == dict(paths) == plain and {"/c": 1, **paths}["/b"] == {} and json.loads(json.dumps(paths)) == plain
    )
    with pytest.raises(KeyError):
        paths["/c"]


def test_keys_that_stand_twice_are_told_at_every_level_and_the_last_counts():
    text = '{"a": 1, "paths": {"/p": 1, "/q": {"get": 1, "get": 2}, "/p": 3}, "b": {"c": 1, "c": 2}, "a": 2}'
    warnings: list[str] = []
    value = json_value(text, "d.json", warnings)
    assert value == {"a": 2, "paths": {"/p": 3, "/q": {"get": 2}}, "b": {"c": 2}}
    assert len(warnings) == 1 and all(repr(key) in warnings[0] for key in ("/p", "get", "c", "a"))


def test_a_document_nested_too_deeply_is_told():
    with pytest.raises(SourceError, match="nested too deeply") as told:
        json_value('{"paths": {"/a": ' + "[" * 100_000 + "]" * 100_000 + "}}", "d.json", [])
    assert told.value.reason == "too_deep"
