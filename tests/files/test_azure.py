"""Lake, journal and object store on Azure Blob Storage, as far as Azurite is like it.

`APIGEN_TEST_STORE=az pytest tests/files/test_mirror.py tests/resources/lake` runs what is written for S3 there too.
"""

import hashlib
import json

import polars as pl
import pytest

from apigen_assets.files.object_store import ObjectStore, ObjectStoreError
from apigen_assets.settings import Settings
from resources.lake.lake import Lake
from resources.llm.journal import Journal
from tests.helpers.azure_server import azure_server, server_program


@pytest.fixture
def container(tmp_path, monkeypatch):
    if server_program() is None:
        pytest.skip("no Azurite: npm install azurite, and AZURITE=node_modules/.bin/azurite-blob")
    pytest.importorskip("obstore", reason="object stores need the extra s3")
    with azure_server(tmp_path / "azurite") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield "az://tests/folder"


def test_objects_tables_and_lines_are_kept(container, tmp_path):
    store = ObjectStore(container)
    store.put("a/b", b"one")
    assert not store.create("a/b", b"two") and store.read("a/b", start=1) == b"ne"
    assert [item.name for item in store.list()] == ["a/b"]
    lake = Lake(f"{container}/lake")
    lake.write(pl.DataFrame({"x": [1, 2]}), lake.path("rows", {"batch": "b"}))
    assert lake.scan("rows").collect().height == lake.scan("rows", in_ranges=True).collect().height == 2
    assert lake.sql("select batch, x from rows order by x").rows() == [("b", 1), ("b", 2)]
    root = Settings(_env_file=None, home=tmp_path, journal=f"{container}/journal").journal_dir
    key = hashlib.sha256(b"prompt").hexdigest()
    journal = Journal(root / "model")
    journal.append({"key": key, "generator": "g", "request": {}, "body": json.dumps({"x": 1}), "outcome": "answer"})
    journal.close()
    elsewhere = Settings(_env_file=None, home=tmp_path / "node", journal=f"{container}/journal").journal_dir
    assert Journal(elsewhere / "model").answered(key)


@pytest.mark.parametrize(("url", "variable"), [("az://c/x", "AZURE_STORAGE_ACCOUNT_NAME"), ("gs://b/x", "GOOGLE_S")])
def test_a_store_that_does_not_answer_is_told_by_its_own_variables(url, variable, tmp_path, monkeypatch):
    pytest.importorskip("obstore", reason="object stores need the extra s3")
    nobody = "http://127.0.0.1:9"
    key = {"gcs_base_url": nobody, "disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}
    (tmp_path / "key.json").write_text(json.dumps(key))
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "key.json"))
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0")
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", nobody)
    monkeypatch.setattr("apigen_assets.files.object_store._RETRY_S", 1)
    with pytest.raises(ObjectStoreError, match=variable) as caught:
        ObjectStore(url).put("name", b"")
    assert "error sending request" in str(caught.value) or "onnect" in str(caught.value)
    assert "AWS_" not in str(caught.value) and "c2VjcmV0" not in str(caught.value)
