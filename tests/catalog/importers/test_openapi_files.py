"""Specifications in several files, and files that are no good."""

import io
import json
import resource
import tarfile
import zipfile

import pytest
import yaml

from apigen_assets.catalog.importers.openapi.document import import_openapi
from apigen_assets.catalog.importers.sources import import_source
from tests.helpers.recording_server import serving

RIDE = {"application/json": {"schema": {"$ref": "../common/ride.yaml"}}}
PARTS = {
    "api.yaml": {
        "openapi": "3.0.3",
        "info": {"title": "T"},
        "servers": [{"url": "https://t.example"}],
        "paths": {
            "/rides": {"$ref": "paths/rides.yaml"},
            "/bikes": {"post": {"$ref": "paths/bikes.yaml#/add"}, "parameters": [{"$ref": "common/p.yaml#/Lang"}]},
            "/people": {"post": {"requestBody": {"$ref": "common/bodies.json#/person"}}},
        },
    },
    "paths/rides.yaml": {
        "get": {"operationId": "rides", "parameters": [{"$ref": "../common/p.yaml#/Page"}]},
        "post": {"operationId": "ride", "requestBody": {"content": RIDE}},
    },
    "paths/bikes.yaml": {
        "add": {"operationId": "add", "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/bike"}}}}},
        "bike": {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer"}}},
    },
    "common/p.yaml": {
        "Page": {"name": "page", "in": "query", "schema": {"$ref": "#/Number"}},
        "Number": {"type": "integer", "minimum": 1},
        "Lang": {"name": "lang", "in": "query", "schema": {"$ref": "./lang%20codes.yaml#/Code"}},
    },
    "common/lang codes.yaml": {"Code": {"type": "string", "enum": ["de", "en"]}},
    "common/ride.yaml": {
        "type": "object",
        "properties": {"from": {"$ref": "#/$defs/Stop"}, "next": {"$ref": "ride.yaml"}, "by": {"$ref": "who.yaml"}},
        "$defs": {"Stop": {"type": "string", "maxLength": 3}},
    },
    "common/who.yaml": {"type": "object", "properties": {"likes": {"$ref": "ride.yaml"}, "name": {"type": "string"}}},
    "common/bodies.json": {
        "person": {"content": {"application/json": {"schema": {"$ref": "who.yaml"}, "example": {"name": "Ana"}}}}
    },
}  # fmt: skip


def written(folder):
    for name, value in PARTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value) if name.endswith("json") else yaml.safe_dump(value, sort_keys=False))
    return folder


def zipped(folder, target):
    with zipfile.ZipFile(target, "w") as archive:
        for name in PARTS:
            archive.write(folder / name, f"spec/{name}")
    return target


def tarred(folder, target):
    with tarfile.open(target, "w:gz") as archive:
        archive.add(folder, "spec")
    return target


@pytest.mark.parametrize("form", ["folder", "file", "zip", "tar", "url"])
def test_references_are_relative_to_the_file_in_which_they_stand(tmp_path, form):
    folder = written(tmp_path / "spec")
    if form == "url":
        with serving(folder) as url:
            result = import_source(f"{url}/api.yaml", name="s", allow_private=True)
    else:
        source = {
            "folder": lambda: folder,
            "file": lambda: folder / "api.yaml",
            "zip": lambda: zipped(folder, tmp_path / "spec.zip"),
            "tar": lambda: tarred(folder, tmp_path / "spec.tar.gz"),
        }[form]()
        result = import_source(source, name="s")
    assert result.rejects == [] and result.warnings == []
    tools = {api.name: api.parameters for api in result.apis}
    assert set(tools) == {"s_rides", "s_ride", "s_add", "s_post_people"}
    assert tools["s_rides"]["properties"] == {"page": {"type": "integer", "minimum": 1}}
    assert tools["s_add"]["properties"]["lang"] == {"type": "string", "enum": ["de", "en"]}
    assert tools["s_add"]["required"] == ["size"]
    ride = tools["s_ride"]
    assert ride["properties"]["from"] == {"type": "string", "maxLength": 3}
    assert ride["$defs"]["ride"]["properties"]["by"] == {"$ref": "#/$defs/who"}
    assert ride["$defs"]["who"]["properties"]["likes"] == {"$ref": "#/$defs/ride"}
    assert tools["s_post_people"]["properties"]["name"] == {"type": "string"}


@pytest.mark.parametrize(
    "reference",
    [
        "../secret.yaml#/p",
        "/etc/hostname",
        "file:///etc/hostname",
        "https://elsewhere.example/p.yaml#/p",
        "//elsewhere.example/p.yaml",
        "sub/../../secret.yaml#/p",
        "link.yaml#/p",
        "..%2Fsecret.yaml#/p",
        "gone.yaml",
    ],
)
@pytest.mark.parametrize("form", ["folder", "file"])
def test_what_lies_outside_is_never_read(tmp_path, reference, form):
    folder = tmp_path / "spec"
    folder.mkdir()
    secret = {"p": {"name": "secret", "in": "query", "schema": {"type": "string"}}}
    (tmp_path / "secret.yaml").write_text(yaml.safe_dump(secret))
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    paths = {"/a": {"get": {"parameters": [{"$ref": reference}]}}, "/b": {"get": {"operationId": "b"}}}
    spec = {"openapi": "3.1.0", "servers": [{"url": "https://t.example"}], "paths": paths}
    (folder / "api.yaml").write_text(yaml.safe_dump(spec))
    result = import_openapi(folder if form == "folder" else folder / "api.yaml", "s")
    assert [api.name for api in result.apis] == ["s_b"]
    (reject,) = [one for one in result.rejects if one.original_name == "GET /a"]
    assert reject.reason == "unresolved_reference" and "secret" not in json.dumps([a.parameters for a in result.apis])


def test_a_document_from_the_web_leads_to_no_other_host(tmp_path):
    paths = {"/a": {"get": {"parameters": [{"$ref": "http://127.0.0.2:9/p.yaml#/p"}]}}, "/b": {"$ref": "gone.yaml"}}
    spec = {"openapi": "3.1.0", "servers": [{"url": "/v1"}], "paths": {**paths, "/c": {"get": {}}}}
    (tmp_path / "api.yaml").write_text(yaml.safe_dump(spec))
    with serving(tmp_path) as url:
        result = import_source(f"{url}/api.yaml", name="s", allow_private=True)
    assert [api.binding.url for api in result.apis] == [f"{url}/v1/c"]
    assert {reject.original_name: reject.reason for reject in result.rejects} == {
        "GET /a": "unresolved_reference",
        "/b": "unresolved_reference",
    }


SMALL = "openapi: 3.0.0\nservers: [{url: 'https://t.example'}]\npaths:\n  /a:\n    get: {operationId: a}\n"


def bomb():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    return SMALL + "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("bomb.yaml", bomb().encode(), "too_large"),
        ("circle.yaml", (SMALL + "x: &x [*x]\n").encode(), "too_large"),
        ("deep.yaml", (SMALL + "x: " + "[" * 500 + "]" * 500).encode(), "too_deep"),
        ("latin.yaml", (SMALL + "x: gr\xfc\xdfe\n").encode("latin-1"), "wrong_encoding"),
        ("tag.yaml", (SMALL + "x: !!python/object/apply:os.system ['true']\n").encode(), "not_yaml"),
        ("two.yaml", (SMALL + "---\n" + SMALL).encode(), "not_yaml"),
        ("keys.yaml", (SMALL + "x: {[1, 2]: 3}\n").encode(), "not_yaml"),
        ("tabs.yaml", SMALL.replace("    get", "\tget").encode(), "not_yaml"),
    ],
)
def test_bad_files_are_one_clear_reject(tmp_path, name, data, reason):
    (tmp_path / name).write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = import_source(tmp_path / name, format="openapi")
    assert [reject.reason for reject in result.rejects] == [reason] and not result.apis
    assert name in result.rejects[0].detail
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


def test_a_hundred_megabytes_are_not_read(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.write(b'{"openapi": "3.0.0", "x": "')
        file.truncate(100_000_000)
    (reject,) = import_source(path, format="openapi").rejects
    assert reject.reason == "file_too_large" and "100000000" in reject.detail


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_other_encodings_of_unicode_are_read_where_a_mark_says_so(tmp_path, encoding):
    text = SMALL.replace("operationId: a", "operationId: a, summary: 'Größe'")
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / "s.yaml").write_bytes((mark + text).encode(encoding))
    (api,) = import_source(tmp_path / "s.yaml").apis
    assert api.description == "Größe"


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_keys_that_stand_twice_are_warned_of(tmp_path, ending):
    text = SMALL + "  /a:\n    get: {operationId: b}\n"
    if ending == "json":
        text = (
            '{"openapi": "3.0.0", "servers": [{"url": "https://t.example"}], '
            '"paths": {"/a": {"get": {"operationId": "a"}}, "/a": {"get": {"operationId": "b"}}}}'
        )
    (tmp_path / f"s.{ending}").write_text(text)
    result = import_source(tmp_path / f"s.{ending}", name="s")
    assert [api.name for api in result.apis] == ["s_b"]
    (warning,) = result.warnings
    assert "stand twice" in warning and "'/a'" in warning and f"s.{ending}" in warning


def test_merge_keys_and_anchors_are_followed(tmp_path):
    text = SMALL + (
        "x-base: &base {summary: From the base, tags: [x]}\nx-list: [&p {name: q, in: query, schema: {type: string}}]\n"
    )
    text = "x-base: &base {summary: From the base, tags: [x]}\n" + SMALL.replace(
        "get: {operationId: a}", "get: {<<: *base, operationId: a, tags: [own]}"
    )
    (tmp_path / "s.yaml").write_text(text)
    (api,) = import_source(tmp_path / "s.yaml").apis
    assert api.description == "From the base" and api.source.original_category == "own"


def test_an_archive_in_memory_bounds_is_not_unpacked(tmp_path):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("api.yaml", SMALL)
        archive.writestr("../outside.yaml", SMALL)
        archive.writestr("zeros.json", b"0" * 70_000_000)
    (tmp_path / "s.zip").write_bytes(data.getvalue())
    result = import_source(tmp_path / "s.zip", name="s")
    assert [api.name for api in result.apis] == ["s_a"]
    assert sorted(reject.reason for reject in result.rejects) == ["file_too_large", "unsafe_path"]
    assert [path.name for path in tmp_path.iterdir()] == ["s.zip"]


def test_a_document_that_only_has_parts_for_others_is_no_operation_that_failed(tmp_path):
    parts = {
        "openapi": "3.1.0",
        "info": {"title": "Parts"},
        "paths": {},
        "components": {"schemas": {"N": {"type": "integer"}}},
    }
    schema = {"$ref": "parts.yaml#/components/schemas/N"}
    operation = {"operationId": "op", "parameters": [{"name": "n", "in": "query", "schema": schema}]}
    main = {"openapi": "3.1.0", "servers": [{"url": "https://h.example"}], "paths": {"/x": {"get": operation}}}
    for name, document in (("main", {"info": {"title": "T"}, **main}), ("parts", parts)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(document))
    result = import_openapi(tmp_path, "s")
    assert [api.name for api in result.apis] == ["s_op"] and result.rejects == []
    (tmp_path / "main.yaml").unlink()
    assert [reject.reason for reject in import_openapi(tmp_path, "s").rejects] == ["no_operations"]


@pytest.mark.parametrize("server", [{}, {"servers": [{"url": "https://dogs.example"}]}])
def test_a_path_that_is_a_path_of_another_document_is_not_imported_twice(tmp_path, server):
    def spec(**more):
        return {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, **more}

    cats = {"/cats": {"get": {"operationId": "cats"}}, "/cats/{id}": {"get": {"operationId": "cat"}}}
    dogs = {"/dogs": {"get": {"operationId": "dogs"}}, "/dogs/{id}": {"get": {"operationId": "dog"}}}
    taken = {f"/v1{path}": {"$ref": f"parts/cats.yaml#/paths/{path.replace('/', '~1')}"} for path in cats}
    taken |= {"/v1/dogs": {"$ref": "parts/dogs.yaml#/paths/~1dogs"}}
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "cats.yaml").write_text(yaml.safe_dump(spec(paths=cats)))
    (tmp_path / "parts" / "dogs.yaml").write_text(yaml.safe_dump(spec(paths=dogs, **server)))
    (tmp_path / "all.yaml").write_text(yaml.safe_dump(spec(paths=taken, servers=[{"url": "https://h.example"}])))

    result = import_openapi(tmp_path, "s", "https://h.example")

    assert sorted((api.source.file, api.source.original_name) for api in result.apis) == [
        *(("all.yaml", f"GET /v1{path}") for path in sorted([*cats, "/dogs"])),
        *([("parts/dogs.yaml", "GET /dogs")] if server else []),  # a document with a server is an API of its own
        ("parts/dogs.yaml", "GET /dogs/{id}"),
    ]
    assert result.rejects == []
