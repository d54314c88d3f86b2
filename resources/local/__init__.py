"""Embedded stand-ins that let the whole graph run with no key, no network and no GPU."""
