"""When assets run by themselves. Release, training and evaluation have no condition: they never do.

What counts as a change is a new data version, not a new materialisation: making the same rows again moves nothing.
"""

from typing import TypeAlias

import dagster as dg

_CHECKED = dg.AutomationCondition.all_deps_match(
    dg.AutomationCondition.all_checks_match(dg.AutomationCondition.check_passed(), blocking_only=True)
    | dg.AutomationCondition.will_be_requested()
)
# What is requested in the same tick goes into the same run, where Dagster itself stops below a failed blocking check;
# waiting for the check first, as `all_deps_blocking_checks_passed` does, would make one run of every asset.
# No asset that runs by itself makes a check in its own step: of a single partition Dagster would ask for that check and
# no other, and what waits for the others would never be made.

_ENDED_JUST_NOW = (~dg.AutomationCondition.in_progress()).newly_true()
_READY = (
    ~dg.AutomationCondition.in_progress() & ~_ENDED_JUST_NOW & ~dg.AutomationCondition.any_deps_in_progress() & _CHECKED
)
# A look takes seconds: it may see what a run made first, miss what the same run made of that, and then see that the run
# is over. Where a run ended or something changed since the last look, the next one decides.


_Condition: TypeAlias = dg.AutomationCondition[dg.AssetKey | dg.AssetCheckKey]


def _changed_above(names: dg.AssetSelection | None = None) -> _Condition:
    """Something above held other rows at the look before already, or is requested in this one."""
    of_data = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.data_version_changed())
    requested = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.will_be_requested())
    changed: _Condition = dg.AutomationCondition.newly_missing() | of_data
    if names is not None:
        changed, requested = of_data.allow(names), requested.allow(names)
    since = changed.since_last_handled()
    return (since & ~since.newly_true()) | requested


FOLLOW: _Condition = (_changed_above() & ~dg.AutomationCondition.any_deps_missing() & _READY).with_label(
    "something above holds other rows"
)
"""Run when something above holds other rows than before, unless a blocking check failed there."""

ONCE = (
    dg.AutomationCondition.missing()
    & ~dg.AutomationCondition.execution_failed()
    & ~dg.AutomationCondition.any_deps_missing()
    & _READY
).with_label("missing, and ready to be made")
"""Make what does not exist, once: edits above never spend money by themselves, and a failure waits for a person.

Dagster's own `on_missing` leaves alone what was missing when the daemon first looked."""

_ASKED = (
    dg.AutomationCondition.newly_requested()
    .since(
        dg.AutomationCondition.newly_updated()
        | dg.AutomationCondition.newly_missing()
        | dg.AutomationCondition.any_deps_match(dg.AutomationCondition.newly_updated())
    )
    .with_label("was requested since anything above was made")
)

ONCE_OR_WAITING = (ONCE & ~_ASKED).with_label("missing, ready to be made, and not waiting for what it asked")
"""As `ONCE`, for an asset whose run may end without a table because it waits for something: what has arrived is taken
up by a sensor, and asking again before would only find the same."""


def follow(*names: str) -> dg.AutomationCondition:  # type: ignore[type-arg]
    """Run when one of these assets holds other rows and none is being made; missing partitions do not matter.

    Args:
        names: the assets above whose changes count; those left out are read, but cause nothing.
    """
    changed = _changed_above(dg.AssetSelection.assets(*names))
    return (changed & _READY).with_label(f"{' or '.join(names)} changed")
