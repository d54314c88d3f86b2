"""The code location: assets, checks, jobs, resources and sensors meet here and nowhere else."""

import dagster as dg

from apigen_assets.catalog import assets as catalog
from apigen_assets.catalog import checks as catalog_checks
from apigen_assets.dataset import assets as dataset
from apigen_assets.dataset import checks as dataset_checks
from apigen_assets.evaluation import assets as evaluation
from apigen_assets.evaluation import checks as evaluation_checks
from apigen_assets.generation import assets as generation
from apigen_assets.orchestration.jobs import jobs
from apigen_assets.release import assets as release
from apigen_assets.settings import settings
from apigen_assets.training import assets as training
from apigen_assets.verification.stages import assets as verification
from apigen_assets.verification.stages import checks as verification_checks
from resources.executors import ExecutorsResource
from resources.hub.resource import HubResource
from resources.lake.lake import LakeResource
from resources.llm.resource import LlmResource
from resources.mcp.executor import McpResource
from resources.python.resource import SandboxResource
from resources.rest.resource import RestResource
from resources.trainer.resource import TrainerResource
from sensors.automation import automation
from sensors.failures import failures
from sensors.new_apis import new_apis

_config = settings()

_EXECUTORS: dict[str, dg.ExecutorDefinition] = {
    # A step takes milliseconds where a worker process takes seconds to start; partitions run side by side as runs.
    "in_process": dg.in_process_executor,
    "multiprocess": dg.multiprocess_executor,
}

defs = dg.Definitions(
    assets=dg.load_assets_from_modules([catalog, generation, verification, dataset, release, training, evaluation]),
    asset_checks=dg.load_asset_checks_from_modules(
        [catalog_checks, verification_checks, dataset_checks, training, evaluation_checks]
    ),
    jobs=jobs,
    resources={
        "lake": LakeResource(root=_config.lake_url),
        "hub": HubResource(endpoint=_config.hub_endpoint, deadline_s=_config.hub_deadline_s),
        "llm": LlmResource(token_budget=_config.token_budget),
        "executors": ExecutorsResource(
            python=SandboxResource(minimum=_config.sandbox_minimum, timeout_s=_config.call_timeout_s),
            rest=RestResource.from_settings(_config),
            mcp=McpResource.from_settings(_config),
        ),
        "trainer": TrainerResource(),
    },
    sensors=[new_apis, automation, failures],
    executor=_EXECUTORS[_config.executor],
)
