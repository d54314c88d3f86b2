"""Names for what `json.loads` gives, for code that runs where only this folder can be imported."""

from collections.abc import Mapping
from typing import Any, TypeAlias

JsonValue: TypeAlias = Any
"""One JSON value, or the Python literal that stands for one."""

JsonObject: TypeAlias = dict[str, JsonValue]
"""One JSON object."""

JsonMapping: TypeAlias = Mapping[str, JsonValue]
"""A JSON object that is only read."""
