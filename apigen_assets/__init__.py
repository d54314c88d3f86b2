"""The asset graph that turns APIs into a verified function-calling data set."""

import warnings

# Partitioned checks and Pipes are what Dagster 1.13 calls previews, on every start.
warnings.filterwarnings("ignore", message=".*is currently in preview, and may have breaking changes")
