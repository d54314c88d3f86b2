"""The publishing process: `python -m resources.hub_worker`, a JSON request on stdin, JSON lines on stdout."""
