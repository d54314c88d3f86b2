"""Reasons to start a run, one module each."""
