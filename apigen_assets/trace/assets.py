"""A row's life in the UI: materialise `row_trace` with the row's id."""

import dagster as dg

from apigen_assets.orchestration.config import RunConfig
from apigen_assets.settings import Settings
from apigen_assets.trace.life import UnknownRowError, api_life, row_life
from apigen_assets.trace.page import api_page, row_page
from resources.lake.io_manager import LakeIOManager
from resources.lake.lake import LakeError


class TraceConfig(RunConfig):
    """What to trace: a row or an API."""

    row_id: str = ""
    """A candidate_id, or the id of a row of the data set."""
    api: str = ""
    """Instead of a row: the name or id of an API."""


@dg.asset(group_name="release", kinds={"markdown"}, code_version="1")
def row_trace(
    config: TraceConfig, lake: dg.ResourceParam[LakeIOManager], settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """The whole life of one row or API, on one page: source, prompt, completion, verdicts, composition, release.

    Nothing is written: launch it with the row's id in the configuration (`row_id`), and read `page`.
    """
    if not config.row_id and not config.api:
        raise dg.Failure("give `row_id` or `api` in the run's configuration", allow_retries=False)
    try:
        if config.api:
            page = api_page(api_life(lake.lake, config.api))
        else:
            page = row_page(row_life(lake.lake, settings.journal_dir, settings.release_dir, config.row_id))
    except (UnknownRowError, LakeError) as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    return dg.MaterializeResult(metadata={"page": dg.MetadataValue.md(page)})
