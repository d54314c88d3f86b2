"""The publishing process: `python -m resources.hub.worker`, a JSON request on stdin, JSON lines on stdout."""
