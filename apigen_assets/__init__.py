"""The asset graph that turns APIs into a verified function-calling data set."""

import warnings

# A check of a partitioned asset must itself be partitioned; Dagster 1.13 calls that a preview on every start.
warnings.filterwarnings("ignore", message="Specifying a partitions_def on an AssetCheckSpec")
