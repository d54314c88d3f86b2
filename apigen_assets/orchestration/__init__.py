"""What Dagster needs beside the assets: automation, jobs, metadata, its home."""
