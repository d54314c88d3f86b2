"""Secrets in what the platform keeps and releases: where they are, never what they are."""
