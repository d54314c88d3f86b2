"""What automation asks for while runs go on and end."""

import threading
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.definitions.declarative_automation.automation_condition_evaluator import (
    AutomationConditionEvaluator,
)

from apigen_assets.orchestration.automation import FOLLOW, follow

BATCHES = dg.DynamicPartitionsDefinition(name="batch")


class Graph:
    """Three assets in a row, the second made by hand or by a run of all, and what automation asks for at each look."""

    def __init__(self, instance: dg.DagsterInstance, condition: dg.AutomationCondition[dg.AssetKey]) -> None:
        self.instance = instance
        self.rows = "a"
        self.second_may_end = threading.Event()
        self.second_may_end.set()
        self.first_is_made = threading.Event()

        @dg.asset(partitions_def=BATCHES)
        def first() -> dg.MaterializeResult[None]:
            return dg.MaterializeResult(data_version=dg.DataVersion(self.rows))

        @dg.asset(partitions_def=BATCHES, deps=[first], automation_condition=condition)
        def second() -> dg.MaterializeResult[None]:
            self.first_is_made.set()
            self.second_may_end.wait(30)
            return dg.MaterializeResult(data_version=dg.DataVersion(self.rows))

        @dg.asset(partitions_def=BATCHES, deps=[second], automation_condition=condition)
        def third() -> dg.MaterializeResult[None]:
            return dg.MaterializeResult(data_version=dg.DataVersion(self.rows))

        self.assets = [first, second, third]
        self.cursor = dg.evaluate_automation_conditions(self.assets, instance).cursor

    def requested(self) -> set[str]:
        """Assets asked for in one look, for whichever partition."""
        result = dg.evaluate_automation_conditions(self.assets, self.instance, cursor=self.cursor)
        self.cursor = result.cursor
        return {asset.key.to_user_string() for asset in self.assets if result.get_requested_partitions(asset.key)}

    def make(self, *names: str) -> None:
        keys = dg.AssetSelection.assets(*names)
        assert dg.materialize(self.assets, selection=keys, partition_key="one", instance=self.instance).success


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        ephemeral.add_dynamic_partitions("batch", ["one"])
        yield ephemeral


@pytest.mark.parametrize("condition", [FOLLOW, follow("first", "second")], ids=["all above", "named"])
def test_what_a_run_makes_itself_is_not_asked_for_again_though_it_ends_while_automation_looks(
    instance, condition, monkeypatch
):
    graph = Graph(instance, condition)
    graph.requested()
    graph.second_may_end.clear()
    whole = threading.Thread(target=graph.make, args=("first", "second", "third"))
    whole.start()
    assert graph.first_is_made.wait(30)
    records_are_read = AutomationConditionEvaluator.prefetch

    def ends_after_the_records_were_read(self: AutomationConditionEvaluator) -> None:
        records_are_read(self)
        graph.second_may_end.set()
        whole.join(30)

    with monkeypatch.context() as patch:
        patch.setattr(AutomationConditionEvaluator, "prefetch", ends_after_the_records_were_read)
        looks = [graph.requested()]
    looks += [graph.requested() for _ in range(4)]
    assert looks == [set()] * 5


@pytest.mark.parametrize("condition", [FOLLOW, follow("first", "second")], ids=["all above", "named"])
def test_other_rows_move_everything_below_in_one_run_and_the_same_rows_move_nothing(instance, condition):
    graph = Graph(instance, condition)
    graph.make("first", "second", "third")
    assert [graph.requested() for _ in range(4)] == [set()] * 4
    graph.rows = "b"
    graph.make("first")
    looks = [graph.requested() for _ in range(3)]
    assert [look for look in looks if look] == [{"second", "third"}]
    graph.make("second", "third")
    assert [graph.requested() for _ in range(4)] == [set()] * 4
    graph.make("first")
    assert [graph.requested() for _ in range(4)] == [set()] * 4
