"""Whatever is dropped, an import gives a result: records and rejects, and no exception."""

import gzip
import io
import json
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apigen_assets.catalog.importers import documents as files
from apigen_assets.catalog.importers.sources import import_source
from apigen_assets.domain.api import Api, RejectedApi
from apigen_assets.files.json_types import JsonObject

TOOL = {
    "tool_name": "w",
    "host": "w.example",
    "api_list": [
        {
            "name": "now",
            "url": "https://w.example/now",
            "description": "Now.",
            "method": "GET",
            "required_parameters": [{"name": "q", "type": "STRING", "description": "", "default": "x"}],
            "optional_parameters": [],
        }
    ],
}
SPEC = {
    "openapi": "3.0.0",
    "info": {"title": "T"},
    "servers": [{"url": "https://x.example"}],
    "paths": {
        "/a/{id}": {
            "get": {
                "operationId": "a",
                "parameters": [{"name": "id", "in": "path", "schema": {"type": "string"}}],
                "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}},
            },
            "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}}},
        }
    },
    "components": {"schemas": {"S": {"type": "object", "properties": {"x": {"type": "integer"}}}}},
    "security": [{"k": []}],
}
CODE = '''
def f(x: int, y: list[str] | None = None) -> dict[str, float]:
    """Do it.

    Args:
        x: X.
    """
'''

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def sound(result):
    """The result can be written as tables, and every name in it is its own."""
    Api.frame(result.apis)
    RejectedApi.frame(result.rejects).write_parquet(io.BytesIO())
    Api.frame(result.apis).write_parquet(io.BytesIO())
    assert result.apis or result.rejects
    assert len({a.name for a in result.apis}) == len({a.api_id for a in result.apis}) == len(result.apis)
    assert "importer_failed" not in {r.reason for r in result.rejects}, result.rejects
    return result


def paths_of(value, here=()):
    yield here
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield from paths_of(child, (*here, key))


def replaced(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


@few
@given(st.sampled_from(sorted(paths_of(SPEC), key=str)), json_values)
def test_openapi_with_any_value_anywhere(tmp_path, path, new):
    file = tmp_path / "s.json"
    file.write_text(json.dumps(replaced(SPEC, path, new)))
    sound(import_source(file, format="openapi"))


@few
@given(st.sampled_from(sorted(paths_of(TOOL), key=str)), json_values)
def test_toolbench_with_any_value_anywhere(tmp_path, path, new):
    file = tmp_path / "t.json"
    file.write_text(json.dumps(replaced(TOOL, path, new)))
    sound(import_source(file, format="toolbench"))


@few
@given(
    st.binary(max_size=200), st.sampled_from(["x.json", "x.yaml", "x.py", "x.zip", "x.tar.gz", "x.mcp.json", "x.url"])
)
def test_any_bytes_under_any_ending(tmp_path, data, name):
    file = tmp_path / name
    file.write_bytes(data)
    sound(import_source(file))


@few
@given(st.integers(0, 10_000), st.sampled_from([json.dumps(SPEC), json.dumps(TOOL), CODE, yaml.safe_dump(SPEC)]))
def test_truncated_text(tmp_path, at, text):
    ending = ".py" if text is CODE else ".yaml" if text.startswith("components") else ".json"
    file = tmp_path / f"x{ending}"
    file.write_text(text[: at % len(text)])
    sound(import_source(file))


@few
@given(
    st.lists(
        st.sampled_from(
            ["int", "list[", "]", "|", "Optional[", "'", "Literal[", "1", ",", "x", "None", "...", "(", ")"]
        ),
        max_size=8,
    )
)
def test_any_annotation(tmp_path, parts):
    file = tmp_path / "m.py"
    file.write_text(f"def f(a: {' '.join(parts)} = 1): 'Do.'\n")
    sound(import_source(file))


@pytest.mark.parametrize("ending", ["json", "yaml", "py"])
def test_deep_nesting(tmp_path, ending):
    deep = {"json": '{"a":' * 100_000, "yaml": "[" * 20_000, "py": "x = " + "(" * 50_000}[ending]
    file = tmp_path / f"deep.{ending}"
    file.write_text(deep)
    assert not sound(import_source(file)).apis
    spec = json.loads(json.dumps(SPEC))
    schema: JsonObject = {"type": "string"}
    for _ in range(300):
        schema = {"type": "object", "properties": {"n": schema}}
    spec["components"]["schemas"]["S"] = schema
    file = tmp_path / "spec.json"
    file.write_text(json.dumps(spec))
    assert len(sound(import_source(file)).apis) == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32", "latin-1"])
def test_encodings(tmp_path, encoding):
    file = tmp_path / "t.json"
    file.write_bytes(json.dumps(TOOL | {"title": "Wetter für Köln"}, ensure_ascii=False).encode(encoding))
    result = sound(import_source(file, format="toolbench"))
    assert (len(result.apis), [r.reason for r in result.rejects]) == (
        (0, ["wrong_encoding"]) if encoding == "latin-1" else (1, [])
    )


def test_half_characters_do_not_break_the_tables(tmp_path):
    file = tmp_path / "t.json"
    file.write_text(json.dumps(TOOL).replace("Now.", "\\ud800 half"))
    assert sound(import_source(file)).apis[0].description == "? half"
    file.write_text(json.dumps(TOOL).replace("w.example/now", "w.example/\\ud800"))
    sound(import_source(file))


def test_a_file_of_fifty_megabytes(tmp_path):
    file = tmp_path / "big.json"
    tool = TOOL | {"body": "x" * 50_000_000}
    file.write_text(json.dumps(tool))
    assert len(sound(import_source(file)).apis) == 1
    file.write_bytes(b"a: b\n" * 10_000_000)
    (tmp_path / "big.yaml").write_bytes(file.read_bytes())
    assert [r.reason for r in sound(import_source(tmp_path / "big.yaml", format="openapi")).rejects] == [
        "file_too_large"
    ]


def test_a_yaml_bomb(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    (tmp_path / "bomb.yaml").write_text("\n".join(["openapi: 3.0.0", *lines]))
    assert [r.reason for r in sound(import_source(tmp_path / "bomb.yaml")).rejects] == ["too_large"]


def test_a_zip_bomb_and_a_tar_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 1_000_000)
    monkeypatch.setattr(files, "MAX_TOTAL_BYTES", 5_000_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tools/A/good.json", json.dumps(TOOL))
        archive.writestr("tools/A/huge.json", b" " * 2_000_000)
        for i in range(12):
            archive.writestr(f"tools/B/big{i}.json", b" " * 900_000)
    result = sound(import_source(tmp_path / "bomb.zip"))
    assert len(result.apis) == 1
    assert {r.reason for r in result.rejects} >= {"file_too_large", "archive_too_large"}
    with lzma.open(tmp_path / "bomb.tar.xz", "wb") as out, tarfile.open(fileobj=out, mode="w") as archive:
        add(archive, "tools/A/good.json", json.dumps(TOOL).encode())
        add(archive, "tools/A/pad.bin", b"\0" * 9_000_000)
    result = sound(import_source(tmp_path / "bomb.tar.xz"))
    assert len(result.apis) == 1 and [r.reason for r in result.rejects] == ["archive_too_large"]


def test_a_member_that_lies_about_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 1_000_000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tools/A/liar.json", b" " * 3_000_000)
    data = buffer.getvalue().replace((3_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    (tmp_path / "liar.zip").write_bytes(data)
    result = sound(import_source(tmp_path / "liar.zip", format="toolbench"))
    assert not result.apis and result.rejects


def add(archive, name, data=b"", type=tarfile.REGTYPE, link=""):
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = len(data), type, link
    archive.addfile(member, io.BytesIO(data))


def test_paths_and_links_that_lead_out_of_an_archive(tmp_path):
    data = json.dumps(TOOL).encode()
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as archive:
        add(archive, "tools/A/good.json", data)
        add(archive, "../tools/A/up.json", data)
        add(archive, "/tools/A/root.json", data)
        add(archive, "tools/A/link.json", type=tarfile.SYMTYPE, link="/etc/passwd")
        add(archive, "tools/A/hard.json", type=tarfile.LNKTYPE, link="/etc/passwd")
        add(archive, "tools/A/device.json", type=tarfile.CHRTYPE)
        add(archive, "tools/A/pipe.json", type=tarfile.FIFOTYPE)
    before = sorted(p.name for p in tmp_path.parent.iterdir())
    result = sound(import_source(tmp_path / "evil.tar.gz"))
    assert [a.source.file for a in result.apis] == ["tools/A/good.json"]
    assert sorted(r.reason for r in result.rejects) == ["link", "link", "unsafe_path", "unsafe_path"]
    assert sorted(p.name for p in tmp_path.parent.iterdir()) == before


def test_modules_of_an_archive_are_unpacked_only_where_they_belong(tmp_path):
    with tarfile.open(tmp_path / "mods.tar", "w") as archive:
        add(archive, "pkg/good.py", CODE.encode())
        add(archive, "../../evil.py", CODE.encode())
    assert [r.reason for r in import_source(tmp_path / "mods.tar").rejects] == ["archive_of_modules"]
    work = tmp_path / "a" / "b"
    result = sound(import_source(tmp_path / "mods.tar", workdir=work))
    assert len(result.apis) == 1
    assert [p.name for p in tmp_path.rglob("*.py")] == ["good.py"]


def test_links_pipes_and_unreadable_files_in_a_folder(tmp_path):
    folder = tmp_path / "tools" / "A"
    folder.mkdir(parents=True)
    (folder / "good.json").write_text(json.dumps(TOOL))
    (folder / "link.json").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.json")
    result = sound(import_source(tmp_path / "tools", format="toolbench"))
    assert len(result.apis) == 1
    assert sorted(r.reason for r in result.rejects) == ["link", "no_file"]


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_damaged_archive_gives_what_can_be_read(tmp_path, cut):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for i in range(200):
            add(archive, f"tools/A/t{i}.json", json.dumps(TOOL | {"pad": os.urandom(400).hex()}).encode())
    packed = gzip.compress(raw.getvalue())
    (tmp_path / "half.tar.gz").write_bytes(packed[: int(len(packed) * cut)])
    result = sound(import_source(tmp_path / "half.tar.gz"))
    assert 20 < len(result.apis) < 200
    assert [r.reason for r in result.rejects] == ["damaged_archive"]


def test_nothing_at_all(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "null.json").write_text("null")
    for source in ("empty", "empty.json", "null.json", "absent.json"):
        assert [r.reason for r in sound(import_source(tmp_path / source)).rejects]
    assert import_source(Path("no.such.package")).rejects[0].reason == "no_such_package"
