"""The `apigen` command: what is done outside the Dagster UI."""
