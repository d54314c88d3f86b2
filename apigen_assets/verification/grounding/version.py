"""Version of grounding's rules and of the table that says which of them reject."""

from apigen_assets.files.canonical import content_hash
from apigen_assets.verification.grounding.strength import measured

GROUNDING_VERSION = content_hash(["grounding", 6, measured()], 8)
"""The number is raised by hand when a rule changes."""
