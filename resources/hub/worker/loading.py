"""Reading a release as its users do: with `datasets.load_dataset`, every config."""

import hashlib
import importlib.util
import json
from pathlib import Path

from apigen_assets.files.json_types import JsonObject
from apigen_assets.files.row_hash import RowHash, combined_hash
from resources.hub.worker.failures import HubFailure, may_pass


def available() -> bool:
    """Whether `datasets` is installed (the `train` extra)."""
    return importlib.util.find_spec("datasets") is not None


def load(source: str, revision: str | None, token: str | None) -> JsonObject:
    """Rows per split and the content hash of everything, as loaded.

    Raises:
        HubFailure: it cannot be loaded, or its types, rows or hash are not those of its manifest.
    """
    if not available():
        raise HubFailure("bad_request", "the package datasets is not installed: pip install 'apigen[train]'")
    manifest = _manifest(source, revision, token)
    return check(source, revision, token, manifest)


def check(source: str, revision: str | None, token: str | None, manifest: JsonObject) -> JsonObject:
    """Load every config that the manifest names, and compare."""
    import datasets

    datasets.disable_progress_bars()
    hashes: dict[str, str] = {}
    rows: dict[str, int] = {}
    remote = {} if revision is None else {"revision": revision}
    for config, declared in manifest["configs"].items():
        try:
            loaded = datasets.load_dataset(source, config, token=token or False, **remote)
        except Exception as error:
            if revision is not None and may_pass(error):
                raise  # an outage says nothing about the release
            cause = error.__cause__ or error
            raise HubFailure("not_loadable", f"load_dataset({source!r}, {config!r}) fails: {cause}"[:1000]) from error
        if set(loaded) != set(declared["splits"]):
            raise HubFailure("not_loadable", f"{config}: splits {sorted(loaded)}, not {sorted(declared['splits'])}")
        for split, expected in declared["splits"].items():
            data = loaded[split]
            rows[f"{config}/{split}"] = data.num_rows
            if data.num_rows != expected["rows"]:
                raise HubFailure("not_loadable", f"{config}/{split}: {data.num_rows} rows, not {expected['rows']}")
            schema = data.features.arrow_schema
            columns = [[field.name, str(field.type)] for field in schema]
            if columns != _types(declared["columns"]):
                raise HubFailure("not_loadable", f"{config}/{split}: columns {columns}, not {declared['columns']}")
            digest = RowHash(declared["columns"])
            for table in data.with_format("arrow").iter(batch_size=5_000):
                digest.update(table)
            hashes[f"{config}/{split}"] = digest.hexdigest()
            if digest.hexdigest() != expected["sha256"]:
                raise HubFailure("not_loadable", f"{config}/{split}: the rows are not those of its manifest")
    for name, told in manifest.get("exports", {}).items():
        path = _file(source, told["file"], revision, token)
        with path.open("rb") as lines:
            hashes[f"{name}/lines"] = hashlib.file_digest(lines, "sha256").hexdigest()
    return {"rows": rows, "content_hash": combined_hash(hashes)}


def _types(columns: list[list[str]]) -> list[list[str]]:
    # Arrow names the items of a list by the writer's habit: `item` or `element`.
    return [[name, kind.replace("<element:", "<item:")] for name, kind in columns]


def _manifest(source: str, revision: str | None, token: str | None) -> JsonObject:
    file = _file(source, "release.json", revision, token)
    try:
        manifest: JsonObject = json.loads(file.read_text(encoding="utf-8"))
        return manifest
    except (OSError, ValueError) as error:
        raise HubFailure("not_loadable", f"{source} has no readable release.json: {error}") from None


def _file(source: str, name: str, revision: str | None, token: str | None) -> Path:
    path = Path(source)
    if path.is_dir():
        return path / name
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(source, name, repo_type="dataset", revision=revision, token=token or False))
