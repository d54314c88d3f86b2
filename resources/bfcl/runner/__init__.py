"""The part that runs inside the small BFCL environment: standard library and `bfcl-eval` only.

`python -I resources/bfcl/runner COMMAND` reads a request and writes JSON lines; the other end is
`resources.bfcl.environment`.
The modules beside `__main__` need the standard library only and are imported by both ends.
"""
