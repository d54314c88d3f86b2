"""When assets run by themselves. Release, training and evaluation have no condition: they never do."""

import dagster as dg

_CHECKED = dg.AutomationCondition.all_deps_match(
    dg.AutomationCondition.all_checks_match(dg.AutomationCondition.check_passed(), blocking_only=True)
    | dg.AutomationCondition.will_be_requested()
)
# What is requested in the same tick goes into the same run, where Dagster itself stops below a failed blocking check;
# waiting for the check first, as `all_deps_blocking_checks_passed` does, would make one run of every asset.

_READY = ~dg.AutomationCondition.in_progress() & ~dg.AutomationCondition.any_deps_in_progress() & _CHECKED

FOLLOW = dg.AutomationCondition.eager() & _CHECKED
"""Run when something above changed, unless a blocking check failed there."""

ONCE = (
    dg.AutomationCondition.missing()
    & ~dg.AutomationCondition.execution_failed()
    & ~dg.AutomationCondition.any_deps_missing()
    & _READY
).with_label("missing, and ready to be made")
"""Make what does not exist, once: edits above never spend money by themselves, and a failure waits for a person.

Dagster's own `on_missing` leaves alone what was missing when the daemon first looked."""


def follow(*names: str) -> dg.AutomationCondition:  # type: ignore[type-arg]
    """Run when one of these assets changed and none is being made; partitions that do not exist do not matter.

    Args:
        names: the assets above whose changes count; those left out are read, but cause nothing.
    """
    changed = dg.AutomationCondition.any_deps_updated().allow(dg.AssetSelection.assets(*names))
    return (changed.since_last_handled() & _READY).with_label(f"{' or '.join(names)} changed")
