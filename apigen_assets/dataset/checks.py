"""What must hold of the data set before anything is released."""

import json

import dagster as dg
import polars as pl


@dg.asset_check(asset="function_calling_dataset", blocking=True)
def dataset_is_sound(function_calling_dataset: pl.DataFrame) -> dg.AssetCheckResult:
    """Ids are 0..n-1, no query with the same answer stands twice, and every answer calls only tools of its row."""
    rows = function_calling_dataset
    unknown = [
        row["id"]
        for row in rows.select("id", "answers", "tools").iter_rows(named=True)
        if not {call["name"] for call in json.loads(row["answers"])}
        <= {tool["name"] for tool in json.loads(row["tools"])}
    ]
    copies = rows.filter(pl.col("kind") == "call").select("query", "answers").is_duplicated().sum()
    gapless = rows["id"].to_list() == list(range(rows.height))
    return dg.AssetCheckResult(
        passed=rows.height > 0 and gapless and not copies and not unknown,
        metadata={
            "rows": rows.height,
            "ids_gapless": gapless,
            "duplicate_rows": int(copies),
            "rows_calling_tools_not_offered": dg.MetadataValue.json(unknown[:20]),
        },
    )
