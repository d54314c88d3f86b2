"""Grounding: is every argument traceable to the query, a default or a stated derivation? Deterministic and free."""

from apigen_assets.verification.grounding.grounding import GROUNDING_VERSION, Grounding, Status, ground

__all__ = ["GROUNDING_VERSION", "Grounding", "Status", "ground"]
