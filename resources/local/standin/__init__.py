"""The embedded stand-in model server: a rule-based writer that speaks chat completions over HTTP.

It is not a language model. It reads the prompt it is given, writes query-answer pairs by grammar from the API
descriptions found there, and errs on purpose at the rates stated in `errors`. Its figures show that the
machine works, never how good a language model is.
"""

STANDIN_VERSION = 2
"""Raised with every change of what the stand-ins write: it is part of the journal key."""
