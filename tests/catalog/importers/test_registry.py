"""A format is an entry of the registry: what CONTRIBUTING.md promises to who adds one."""

import hashlib
import json
from pathlib import Path

import pytest

from apigen_assets.catalog.importers.documents import documents
from apigen_assets.catalog.importers.imported import Collector, Draft, ImportResult
from apigen_assets.catalog.importers.json_text import parse_json
from apigen_assets.catalog.importers.registry import IMPORTERS, OWN_ENDINGS, Importer, Request
from apigen_assets.catalog.importers.sources import FORMATS, import_source
from apigen_assets.catalog.incoming import listing
from apigen_assets.catalog.names import identifier
from apigen_assets.domain.api import Place, RestBinding, RestParameter
from apigen_assets.files.json_types import JsonMapping
from apigen_assets.tool_formats.json_schema import object_schema

TOYS = {"toys": [{"name": "Wind up", "hole": "turns"}, {"name": "Broken"}]}


def _read(request: Request) -> ImportResult:
    collector = Collector(request.slug, "toys")
    for document in documents(request.path, (".json",)):
        value = parse_json(document)
        assert isinstance(value, dict)
        for toy in value["toys"]:
            _add(collector, request.slug, toy, document.name, hashlib.sha256(document.data).hexdigest()[:16])
    return collector.result()


def _add(collector: Collector, slug: str, toy: JsonMapping, file: str, digest: str) -> None:
    if "hole" not in toy:
        collector.fail(toy["name"], file, "no_hole", "a toy needs a hole")
        return
    collector.add(
        Draft(
            namespace=(slug,),
            own_name=identifier(toy["name"]),
            original_name=toy["name"],
            description="Winds a toy up.",
            parameters=object_schema({toy["hole"]: {"type": "integer"}}, [toy["hole"]]),
            binding=RestBinding(
                url=f"https://toys.example/{{{toy['hole']}}}",
                parameters={toy["hole"]: RestParameter(place=Place.PATH, wire_name=toy["hole"])},
            ),
            file=file,
            content_hash=digest,
        )
    )


@pytest.mark.parametrize("format_", ["auto", "toys"])
def test_one_entry_makes_a_format_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str) -> None:
    importer = Importer(read=_read, recognises=lambda value: isinstance(value, dict) and "toys" in value)
    monkeypatch.setitem(IMPORTERS, "toys", importer)
    (tmp_path / "box.json").write_text(json.dumps(TOYS))
    result = import_source(tmp_path / "box.json", format_)
    (api,) = result.apis
    assert (result.format, api.source.format, api.source.original_name) == ("toys", "toys", "Wind up")
    assert [(reject.original_name, reject.reason) for reject in result.rejects] == [("Broken", "no_hole")]


def test_a_fault_in_an_importer_is_a_reject_of_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: Request) -> ImportResult:
        raise KeyError(request.slug)

    monkeypatch.setitem(IMPORTERS, "toys", Importer(read=broken, recognises=lambda value: value == {"toys": []}))
    (tmp_path / "box.json").write_text('{"toys": []}')
    (reject,) = import_source(tmp_path / "box.json").rejects
    assert reject.reason == "importer_failed" and "box" in reject.detail


def test_an_unknown_format_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "box.json").write_text(json.dumps(TOYS))
    (by_look,) = import_source(tmp_path / "box.json").rejects
    (by_name,) = import_source(tmp_path / "box.json", "wsdl").rejects
    assert by_look.reason == by_name.reason == "unknown_format"
    assert all(name in by_look.detail and name in by_name.detail for name in IMPORTERS)
    assert ("auto", *IMPORTERS) == FORMATS


def test_the_watched_folder_takes_every_ending_that_an_importer_names(tmp_path: Path) -> None:
    for ending in OWN_ENDINGS:
        (tmp_path / f"source{ending}").write_text("x")
        assert not listing(tmp_path).problems
        (tmp_path / f"source{ending}").unlink()
