import json

from typer.testing import CliRunner

from apigen_assets.cli.main import app

SPEC = {
    "openapi": "3.0.0",
    "servers": [{"url": "https://x.example"}],
    "paths": {"/a": {"get": {"operationId": "a", "summary": "Do a."}}, "/b": {"get": 7}},
}


def run(*args):
    return CliRunner().invoke(app, ["import", *map(str, args)])


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_file_becomes_two_files_and_a_funnel(tmp_path):
    (tmp_path / "shop.json").write_text(json.dumps(SPEC))
    result = run(tmp_path / "shop.json", "--out", tmp_path / "new" / "out", "--base-url", "https://y.example/v2")
    assert result.exit_code == 0, result.output
    (api,) = lines(tmp_path / "new" / "out" / "apis.jsonl")
    (reject,) = lines(tmp_path / "new" / "out" / "rejects.jsonl")
    assert (api["name"], api["binding"]["url"]) == ("shop_a", "https://y.example/v2/a")
    assert (reject["original_name"], reject["reason"]) == ("GET /b", "malformed_operation")
    assert "found" in result.output and "rejected: malformed_operation" in result.output and "imported" in result.output
    assert sorted(p.name for p in (tmp_path / "new" / "out").iterdir()) == ["apis.jsonl", "rejects.jsonl"]


def test_the_same_source_gives_the_same_bytes_under_the_name_asked_for(tmp_path):
    (tmp_path / "shop.json").write_text(json.dumps(SPEC))
    for folder in ("one", "two"):
        run(tmp_path / "shop.json", "--out", tmp_path / folder, "--name", "My Shop", "--format", "openapi")
    assert (tmp_path / "one" / "apis.jsonl").read_bytes() == (tmp_path / "two" / "apis.jsonl").read_bytes()
    assert lines(tmp_path / "one" / "apis.jsonl")[0]["name"] == "my-shop_a"


def test_nothing_imported_is_status_1_and_says_why(tmp_path):
    result = run(tmp_path / "absent.json", "--out", tmp_path)
    assert result.exit_code == 1 and "no_such_file" in result.output
    assert (tmp_path / "apis.jsonl").read_text() == "" and len(lines(tmp_path / "rejects.jsonl")) == 1


def test_a_wrong_command_is_status_2(tmp_path):
    (tmp_path / "file").write_text("")
    assert run(tmp_path / "shop.json").exit_code == 2
    assert run("x.json", "--out", tmp_path, "--format", "wsdl").exit_code == 2
    assert run("x.json", "--out", tmp_path, "--base-url", "ftp://x").exit_code == 2
    assert run("x.json", "--out", tmp_path / "file").exit_code == 2
