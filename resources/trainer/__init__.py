"""The training program as a subprocess."""
