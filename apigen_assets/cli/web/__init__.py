"""The Dagster UI as `apigen ui` serves it: open to the person in front of it, closed to the pages in their browser."""
