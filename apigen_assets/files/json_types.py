"""Names for what `json.loads` gives.

The static type behind them is `Any`: what a document of the world outside holds is found out by looking, and a
recursive union would only be cast away again. The names say that a value *is* JSON, which `Any` does not.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

JsonValue: TypeAlias = Any
"""One JSON value: null, a boolean, a number, text, a list or an object."""

JsonObject: TypeAlias = dict[str, JsonValue]
"""One JSON object, such as a JSON Schema or the arguments of a call."""

JsonMapping: TypeAlias = Mapping[str, JsonValue]
"""A JSON object that is only read."""
