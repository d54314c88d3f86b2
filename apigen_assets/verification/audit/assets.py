"""The asset that audits data sets of function calls made elsewhere."""

from pathlib import Path

import dagster as dg
import polars as pl

from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject
from apigen_assets.orchestration.config import RunConfig
from apigen_assets.orchestration.metadata import bar_plot, counts_table
from apigen_assets.settings import Settings
from apigen_assets.verification.audit.audit import Funnel, audit_rows
from apigen_assets.verification.audit.read_rows import UnusableInputError, read_rows
from apigen_assets.verification.stages.versions import SEMANTIC_VERSION


class AuditConfig(RunConfig):
    """Which data sets to audit."""

    files: list[str] = []
    """Paths of rows in xLAM or OpenAI format; empty: every file in `<home>/audit`."""


@dg.asset(io_manager_key="lake", group_name="verification", kinds={"polars"}, code_version=SEMANTIC_VERSION)
def audited_rows(
    context: dg.AssetExecutionContext, config: AuditConfig, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[pl.DataFrame]:
    """Verdicts on data sets made elsewhere: put files into `<home>/audit`. Nothing of them is executed.

    `apigen verify` does the same from the command line, and executes where functions are given.
    """
    folder = settings.home / "audit"
    files = [Path(file) for file in config.files] or sorted(file for file in folder.glob("*") if file.is_file())
    funnel = Funnel()
    rows: list[JsonObject] = []
    unusable: dict[str, str] = {}
    for file in files:
        try:
            for verdict in audit_rows(read_rows(file), funnel=funnel):
                row = {**verdict, "file": file.name, "id": str(verdict["id"]), "results": None}
                row["findings"] = dumps(row["findings"]) if row["findings"] else None
                rows.append({name: row[name] for name in AUDIT_SCHEMA})
        except UnusableInputError as error:
            # One bad file does not take the others down.
            unusable[file.name] = str(error)
            context.log.warning(str(error))
    reasons = {f"{stage}: {reason}": count for (stage, reason), count in funnel.reasons.items()}
    return dg.MaterializeResult(
        value=pl.DataFrame(rows, schema=AUDIT_SCHEMA, orient="row"),
        metadata={
            "files": len(files),
            "rows": funnel.rows,
            "kept": funnel.kept,
            "undecided": funnel.undecided,
            "unusable_files": dumps(unusable),
            "reasons": counts_table(reasons),
            "reasons_plot": bar_plot(reasons, "defects"),
            "rows_with_tool_defects": funnel.tools.rows_affected,
            "tool_defects_by_row": counts_table(
                {defect.value: rows for defect, rows in funnel.tools.rows.items()}, "defect"
            ),
            **({} if files else {"hint": f"no files in {folder}"}),
        },
    )


AUDIT_SCHEMA = pl.Schema(
    {
        "file": pl.String,
        "id": pl.String,
        "keep": pl.Boolean,
        "stage": pl.String,
        "reason": pl.String,
        "detail": pl.String,
        "results": pl.String,
        "decision": pl.String,
        "findings": pl.String,
    }
)
"""Verdicts on the rows of audited files, in file and row order."""
