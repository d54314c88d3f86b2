"""The language models as a Dagster resource: `ChatModel` and `ChatStream` over every configured generator."""

from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from apigen_assets.domain.chat import BudgetError, ChatRequest, Completion, EndpointError
from apigen_assets.settings import Settings
from resources.llm.budget import Budget, Usage
from resources.llm.client import ChatClient, Limits
from resources.llm.generators import UnknownGeneratorError, enabled_generators
from resources.llm.journal import JournalError

__all__ = [
    "BudgetError",
    "ChatClient",
    "EndpointError",
    "JournalError",
    "LlmResource",
    "UnknownGeneratorError",
    "Usage",
]


class LlmResource(dg.ConfigurableResource["LlmResource"]):
    """Chat completions for the assets of one run; connections and the stand-in server end with the run.

    Nothing is read or started before the first completion is asked for, so that runs without language models cost
    nothing.
    """

    generators_file: str
    """The models to use; where the file does not exist, the embedded stand-ins."""
    journal_dir: str
    """Folder of the journal."""
    token_budget: int | None = None
    """Tokens that one run may spend per purpose (generation, judging, ...)."""
    money_budget: float | None = None
    """USD that one run may spend."""
    total_token_budget: int | None = None
    """Tokens that everything in the journal may have used."""
    total_money_budget: float | None = None
    """USD that everything in the journal may have cost."""
    max_wait_s: float | None = None
    """Longest wait, in seconds, for an endpoint that only asks to wait; null: what each generator says."""

    _client: ChatClient | None = PrivateAttr(default=None)

    @classmethod
    def from_settings(cls, settings: Settings) -> "LlmResource":
        """The resource as the settings describe it."""
        return cls(
            generators_file=str(settings.generators_file),
            journal_dir=str(settings.journal_dir),
            token_budget=settings.token_budget,
            money_budget=settings.money_budget,
            total_token_budget=settings.total_token_budget,
            total_money_budget=settings.total_money_budget,
        )

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Close connections, journal and stand-in server."""
        self.close()

    def close(self) -> None:
        """As at the end of a run; for use outside one."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def complete(
        self,
        generator: str,
        requests: Sequence[ChatRequest],
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Completion]:
        """Completions in the order of the requests; see `ChatClient.complete`."""
        return self.client().complete(generator, requests, on_progress)

    def stream(self, generator: str, requests: Iterable[ChatRequest]) -> Generator[Completion, None, None]:
        """Completions one by one; see `ChatClient.stream`."""
        return self.client().stream(generator, requests)

    def usage(self, generator: str, purpose: str) -> Usage:
        """What this run has used of a generator for a purpose."""
        return self.client().usage.get((generator, purpose), Usage())

    def budget(self, purpose: str) -> Budget:
        """The budget of a purpose."""
        return self.client().budget(purpose)

    def client(self) -> ChatClient:
        """The client, made at first need."""
        if self._client is None:
            limits = Limits(self.token_budget, self.money_budget, self.total_token_budget, self.total_money_budget)
            models = enabled_generators(Path(self.generators_file))
            if (most := self.max_wait_s) is not None:
                models = {
                    name: model.model_copy(update={"max_wait_s": min(most, model.max_wait_s)})
                    for name, model in models.items()
                }
            self._client = ChatClient(models, Path(self.journal_dir), limits=limits)
        return self._client
