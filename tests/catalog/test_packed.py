"""Records that are held packed are the same records, in the same order, with their fields in the source's order."""

import pytest

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.api import Api, RejectedApi
from apigen_assets.domain.packed import PackedRecords


@pytest.fixture(scope="module")
def apis():
    return list(import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis)


def test_records_come_back_as_they_were(apis):
    packed = PackedRecords(Api, apis)
    assert (
        len(packed) == len(apis) > 50 and list(packed) == apis and packed[-1] == apis[-1] and packed[3:6] == apis[3:6]
    )
    assert [*packed[7].parameters["properties"]] == [*apis[7].parameters["properties"]]
    assert [*packed.objects()] == [api.model_dump(mode="json") for api in apis]
    with pytest.raises(IndexError):
        packed[len(apis)]


def test_a_frame_of_packed_records_is_one_of_the_records(apis):
    packed = PackedRecords(Api, apis)
    assert packed.frame().equals(Api.frame(apis))
    assert packed.frame([2, 0]).equals(Api.frame([apis[2], apis[0]]))
    assert PackedRecords(RejectedApi).frame().equals(RejectedApi.frame([]))


def test_a_record_may_be_replaced(apis):
    packed = PackedRecords(Api, apis[:3])
    packed[1] = apis[5]
    assert list(packed) == [apis[0], apis[5], apis[2]]


def test_half_a_character_pair_is_refused(apis):
    packed = PackedRecords(Api)
    with pytest.raises(UnicodeEncodeError):
        packed.append(apis[0].model_copy(update={"description": "\ud800"}))
    assert len(packed) == 0
