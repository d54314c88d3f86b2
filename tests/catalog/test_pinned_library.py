"""The library of a batch stays what it was, whatever comes and goes."""

from pathlib import Path

import pytest

from apigen_assets.catalog.pinned_library import LibraryBindings, library_version, pin_library
from apigen_assets.domain.api import Api, PythonBinding, Source
from apigen_assets.verification.stages.execution import bindings_of
from resources.lake.lake import Lake


def api(name: str, source: str, description: str = "Does it.") -> Api:
    return Api(
        api_id=f"id-{name}",
        name=name,
        description=description,
        parameters={"type": "object", "properties": {"x": {"type": "number"}}},
        binding=PythonBinding(module=source, function=name),
        source=Source(name=source, file="f", format="python", content_hash="h", original_name=name),
    )


def put(lake: Lake, batch: str, *apis: Api) -> None:
    lake.write(Api.frame(apis), lake.path("filtered_api_catalog", {"api_batch": batch}))


def test_a_batch_keeps_the_library_that_it_began_with(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    own = Api.frame([api("a", "one")])
    put(lake, "one", api("a", "one"))
    put(lake, "two", api("b", "two"), api("c", "two"))
    first = pin_library(lake, "one", own)
    assert first.new and first.apis["name"].to_list() == ["a", "b", "c"]
    put(lake, "three", api("d", "three"))
    put(lake, "two", api("b", "two", "Edited."))
    again = pin_library(lake, "one", own)
    assert not again.new
    assert again.version == first.version == library_version(again.apis)
    assert again.apis.equals(first.apis)
    later = pin_library(lake, "three", Api.frame([api("d", "three")]))
    assert later.version != first.version
    assert later.apis["name"].to_list() == ["a", "b", "d"]


def test_a_batch_that_was_edited_is_pinned_anew_and_finds_its_first_library_when_it_comes_back(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    own, edited = (Api.frame([api("a", "one", text)]) for text in ("Does it.", "Edited."))
    first = pin_library(lake, "one", own)
    put(lake, "two", api("b", "two"))
    second = pin_library(lake, "one", edited)
    assert second.new and second.apis["name"].to_list() == ["a", "b"]
    assert pin_library(lake, "one", own).version == first.version


def test_the_library_is_the_same_to_the_byte_whichever_batch_is_pinned_first(tmp_path: Path) -> None:
    batches = {name: [api(f"{name}-{n}", name) for n in range(2)] for name in ("one", "two", "three")}
    written = []
    for order in (["one", "two", "three"], ["three", "one", "two"]):
        lake = Lake(str(tmp_path / order[0]))
        for name, apis in batches.items():
            put(lake, name, *apis)
        pinned = [pin_library(lake, name, Api.frame(batches[name])) for name in order]
        assert all(each.apis.equals(pinned[0].apis) for each in pinned)
        tables = (tmp_path / order[0]).rglob("*.parquet")
        written.append({path.relative_to(tmp_path / order[0]): path.read_bytes() for path in tables})
    assert written[0] == written[1]


def test_looking_keeps_nothing(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    put(lake, "two", api("b", "two"))
    looked = pin_library(lake, "one", Api.frame([api("a", "one")]), keep=False)
    assert looked.apis["name"].to_list() == ["a", "b"]
    assert lake.assets() == ["filtered_api_catalog"]


def test_bindings_of_other_batches_are_found_also_when_their_source_has_gone(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    own = Api.frame([api("a", "one")])
    put(lake, "two", api("b", "two"), api("c", "two"))
    pin_library(lake, "one", own)
    put(lake, "two", api("b", "moved"))
    bindings = LibraryBindings(bindings_of(own), lake, "one")
    assert [binding.module for name in "abc" if isinstance(binding := bindings[f"id-{name}"], PythonBinding)] == [
        "one",
        "moved",
        "two",
    ]
    assert "id-z" not in bindings
    with pytest.raises(KeyError):
        LibraryBindings({}, Lake(str(tmp_path / "empty")), "one")["id-a"]
