"""What a person sets for one run in the launchpad."""

import dagster as dg
from pydantic import ConfigDict


class RunConfig(dg.Config):
    """Configuration of a run; the launchpad shows the text below each field as its help, beside the default."""

    model_config = ConfigDict(use_attribute_docstrings=True)
