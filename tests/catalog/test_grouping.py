"""A large source is split so that a partition's tools belong together."""

import json

from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.catalog.batches import keep, kept_keys, load_batch
from apigen_assets.catalog.grouping import batch_sizes, group_of, in_groups
from apigen_assets.catalog.importers.imported import ImportResult
from apigen_assets.catalog.importers.openapi.document import import_openapi
from apigen_assets.catalog.tables import importer_faults
from apigen_assets.domain.api import Api, RejectedApi
from apigen_assets.domain.packed import PackedRecords
from apigen_assets.settings import Settings

PATHS = {
    "/a/x": {"get": {"operationId": "a1", "tags": ["Boats"]}, "post": {"operationId": "p1", "tags": ["Ports"]}},
    "/a/y": {"get": {"operationId": "a2", "tags": ["Boats"]}},
    "/api/v2/{org}/crew/{id}": {"get": {"operationId": "c1"}},
    "/a/z": {"get": {"operationId": "p2", "tags": ["Ports"]}},
    "/api/v2/{org}/crew": {"get": {"operationId": "c2", "parameters": [{"name": "a", "in": "nowhere"}]}},
    "/lost": {"get": {"$ref": "#/nothing"}},
}


def source(folder):
    path = folder / "harbour.json"
    path.write_text(json.dumps({"openapi": "3.0.3", "servers": [{"url": "https://h.example"}], "paths": PATHS}))
    return path


def test_tools_of_a_tag_or_path_come_side_by_side(tmp_path):
    apis = import_openapi(source(tmp_path), "h").apis
    order, groups = in_groups([group_of(api.source) for api in apis])
    assert [apis[at].name for at in order] == ["h_a1", "h_a2", "h_p1", "h_p2", "h_c1", "h_c2"]
    assert [count for _, count in groups] == [2, 2, 2]


def test_batches_of_a_dropped_source_hold_whole_groups(tmp_path):
    incoming = tmp_path / "data" / "incoming"
    incoming.mkdir(parents=True)
    source(incoming)
    config = Settings(home=tmp_path / "data", batch_size=3)
    batches = [load_batch(key, config) for key in ("harbour", "harbour--001", "harbour--002", "harbour--009")]
    names = [batch.apis["name"].to_list() for batch in batches]
    assert names == [
        ["harbour_a1", "harbour_a2"],
        ["harbour_p1", "harbour_p2"],
        ["harbour_c1", "harbour_c2"],
        [],
    ]
    assert [batch.rejects["reason"].to_list() for batch in batches] == [["unresolved_reference"], [], [], []]
    assert [len(batch.warnings) for batch in batches] == [1, 0, 0, 0]
    keys = ["harbour", "harbour--001", "harbour--002"]
    assert list(batches[0].keys) == keys == kept_keys("harbour", batches[0].fingerprint, config)
    assert load_batch("harbour", Settings(home=tmp_path / "data", batch_size=100)).apis.height == 6


@given(st.lists(st.integers(1, 40), max_size=12), st.integers(1, 15))
def test_batches_hold_everything_once_and_are_never_too_large(groups, size):
    sizes = batch_sizes(groups, size)
    assert (sum(sizes) == sum(groups) and all(0 < one <= size for one in sizes)) or sizes == [0] == [sum(groups)]


def test_an_empty_import_keeps_its_first_key(tmp_path):
    keep(ImportResult("x", "openapi", PackedRecords(Api), []), tmp_path / "f")
    assert json.loads((tmp_path / "f" / "summary.json").read_text())["groups"] == []
    assert batch_sizes([], 10) == [0]


def test_a_fault_of_an_importer_fails_the_check():
    def reject(reason):
        return RejectedApi(
            source="s", file="f", original_name="GET /a", step="import", reason=reason, detail="KeyError"
        )

    assert importer_faults(RejectedApi.frame([reject("file_upload")])) == []
    (fault,) = importer_faults(RejectedApi.frame([reject("internal_error")]))
    assert "GET /a" in fault and "KeyError" in fault
