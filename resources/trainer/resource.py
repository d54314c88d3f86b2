"""Training, as a Dagster resource."""

from typing import Literal

import dagster as dg
from pydantic import Field

from apigen_assets.settings import Settings
from resources.trainer.trainer import Trainer


class TrainerResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where models are trained."""

    processes: int | None = Field(default=None, description="Training processes on this machine; null: one per GPU.")
    launcher: Literal["torchrun", "deepspeed"] = Field(
        default="torchrun", description="deepspeed trains on several machines, with a hostfile."
    )
    hostfile: str | None = Field(default=None, description="DeepSpeed's list of machines and slots.")
    changes: dict[str, dict[str, str]] = Field(
        default={}, description="Fields to change, by recipe: {'xlam-1b': {'base.source': '/models/base'}}."
    )

    @classmethod
    def from_settings(cls, settings: Settings) -> "TrainerResource":
        """The resource as the settings describe it."""
        hostfile = settings.trainer_hostfile
        return cls(
            processes=settings.trainer_processes,
            launcher=settings.trainer_launcher,
            hostfile=None if hostfile is None else str(hostfile),
        )

    def trainer(self) -> Trainer:
        """The trainer itself."""
        return Trainer(self.processes, self.launcher, self.hostfile, changes=self.changes)
