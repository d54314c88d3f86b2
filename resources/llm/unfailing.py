"""A chat model for those who can wait: an outage comes back as answers that say so, not as an exception.

A judge that cannot be asked leaves its rows waiting; what it answered before the outage counts.
"""

from collections.abc import Callable, Sequence

from apigen_assets.domain.chat import BudgetError, ChatModel, ChatRequest, ChatStream, Completion, EndpointError
from resources.llm.generator import MissingKeyError


class UnfailingChat:
    """Completes chats as another model does; requests that could not be asked give completions of status `error`.

    Args:
        chat: the model that is asked.
    """

    def __init__(self, chat: ChatStream) -> None:
        self._chat = chat
        self.outages: dict[str, str] = {}
        """By generator: why it could not be asked any further."""

    def complete(
        self,
        generator: str,
        requests: Sequence[ChatRequest],
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Completion]:
        """Completions in the order of the requests."""
        completions: list[Completion] = []
        if generator not in self.outages:
            try:
                for completion in self._chat.stream(generator, requests):
                    completions.append(completion)
                    if on_progress:
                        on_progress(len(completions), len(requests))
            except (EndpointError, BudgetError, MissingKeyError) as error:
                self.outages[generator] = str(error)
        said = self.outages.get(generator, "")
        return [*completions, *(Completion(key="", status="error", text=said) for _ in requests[len(completions) :])]


_: type[ChatModel] = UnfailingChat
