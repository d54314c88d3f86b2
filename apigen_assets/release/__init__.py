"""Data set and model repositories: trees, cards, publication."""
