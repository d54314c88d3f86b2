"""The code location: assets, checks, jobs, resources and sensors meet here and nowhere else."""

import dagster as dg

from apigen_assets.catalog import assets as catalog
from apigen_assets.catalog import checks as catalog_checks
from apigen_assets.dataset import assets as dataset
from apigen_assets.dataset import checks as dataset_checks
from apigen_assets.dataset.overview import assets as overview
from apigen_assets.evaluation import assets as evaluation
from apigen_assets.evaluation import checks as evaluation_checks
from apigen_assets.generation import assets as generation
from apigen_assets.generation import checks as generation_checks
from apigen_assets.orchestration.jobs import jobs
from apigen_assets.orchestration.owners import with_owner
from apigen_assets.orchestration.shaping import with_settings
from apigen_assets.release import assets as release
from apigen_assets.settings import Settings, settings
from apigen_assets.trace import assets as trace
from apigen_assets.training import assets as training
from apigen_assets.training import checks as training_checks
from apigen_assets.verification.audit import assets as audit
from apigen_assets.verification.mutation import assets as mutation
from apigen_assets.verification.mutation import checks as mutation_checks
from apigen_assets.verification.stages import assets as stages
from apigen_assets.verification.stages import checks as stage_checks
from resources.bfcl.resource import BfclResource
from resources.executors import ExecutorsResource
from resources.hub.resource import HubResource
from resources.lake.resource import LakeResource
from resources.llm.resource import LlmResource
from resources.mcp.resource import McpResource
from resources.python.resource import SandboxResource
from resources.rest.resource import RestResource
from resources.trainer.resource import TrainerResource
from sensors.automation import automation
from sensors.batches import batches
from sensors.changed_sources import changed_sources
from sensors.failures import failures
from sensors.metrics import metrics
from sensors.new_apis import new_apis
from sensors.recovery import recovery
from sensors.verified_goal import verified_goal

_ASSETS = [catalog, generation, stages, mutation, audit, dataset, overview, release, training, evaluation, trace]
_CHECKS = [
    catalog_checks,
    generation_checks,
    stage_checks,
    mutation_checks,
    dataset_checks,
    training_checks,
    evaluation_checks,
]
_EXECUTORS: dict[str, dg.ExecutorDefinition] = {
    # A step takes milliseconds where a worker process takes seconds to start; partitions run side by side as runs.
    "in_process": dg.in_process_executor,
    "multiprocess": dg.multiprocess_executor,
}


def build(settings: Settings) -> dg.Definitions:
    """The code location under these settings; they reach assets, checks and sensors as the resource `settings`."""
    return dg.Definitions(
        assets=dg.map_asset_specs(
            lambda spec: with_owner(with_settings(spec, settings)),
            dg.load_assets_from_modules(_ASSETS),  # type: ignore[arg-type]
        ),
        asset_checks=dg.load_asset_checks_from_modules(_CHECKS),
        jobs=jobs,
        resources={
            "settings": settings,
            "lake": LakeResource.from_settings(settings),
            "hub": HubResource.from_settings(settings),
            "llm": LlmResource.from_settings(settings),
            "executors": ExecutorsResource(
                python=SandboxResource.from_settings(settings),
                rest=RestResource.from_settings(settings),
                mcp=McpResource.from_settings(settings),
            ),
            "bfcl": BfclResource.from_settings(settings),
            "trainer": TrainerResource.from_settings(settings),
        },
        sensors=[new_apis, automation, changed_sources, batches, verified_goal, recovery, failures, metrics],
        executor=_EXECUTORS[settings.executor],
    )


defs = build(settings())
