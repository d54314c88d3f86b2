"""Grounding: where in the query do the values of a call come from?"""

from apigen_assets.verification.grounding.arguments import Status
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.grounding import Grounding, ground
from apigen_assets.verification.grounding.version import GROUNDING_VERSION

__all__ = ["GROUNDING_VERSION", "Finding", "Grounding", "Rule", "Status", "ground"]
