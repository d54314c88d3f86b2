"""The Batch API of an endpoint, as OpenAI has it: a file of requests sent, looked at, its answers fetched."""

from pathlib import Path
from typing import TYPE_CHECKING

from apigen_assets.files.atomic import write_text
from resources.llm.batch import Imported, import_answers
from resources.llm.batch_notes import BatchNote
from resources.llm.generator import Generator
from resources.llm.journal import Journal
from resources.llm.transport import is_loopback

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types import Batch

OVER = ("completed", "failed", "expired", "cancelled")
"""States from which a batch moves no further."""
TIMEOUT_S = 600.0


class BatchApiError(RuntimeError):
    """The endpoint's Batch API cannot be used; the message has its words."""


class BatchApi:
    """The Batch API of one generator's endpoint.

    Args:
        model: the generator.
        timeout_s: for one request.

    Raises:
        MissingKeyError: the key is not set.
    """

    def __init__(self, model: Generator, timeout_s: float = TIMEOUT_S) -> None:
        self._model = model
        self._timeout_s = timeout_s
        self._key = model.api_key() or "none"
        self._api: OpenAI | None = None

    def submit(self, file: Path) -> str:
        """Send a file of requests; the id of its batch.

        Raises:
            BatchApiError: it was not taken.
        """
        import openai

        if not file.is_file():
            raise BatchApiError(f"{file}: no such file")
        try:
            with file.open("rb") as content:
                sent = self._client().files.create(file=content, purpose="batch")
            batch = self._client().batches.create(
                input_file_id=sent.id, endpoint="/v1/chat/completions", completion_window="24h"
            )
        except openai.OpenAIError as error:
            raise self._explain(error) from None
        return batch.id

    def state(self, note: BatchNote) -> str:
        """Where a batch stands, in the endpoint's words.

        Raises:
            BatchApiError: it cannot be asked.
        """
        return _state(self._batch(note))

    def collect(self, note: BatchNote, journal: Journal) -> tuple[str, Imported | None]:
        """Fetch the answers of a batch that is over into the journal.

        Returns:
            Its state and what its answers came to; null while it runs.

        Raises:
            BatchApiError: it cannot be asked.
            BatchFileError: what it gave is not of the format.
        """
        import openai

        batch = self._batch(note)
        if batch.status not in OVER:
            return _state(batch), None
        whole = Imported()
        exported = Path(note.exported)
        for output in (batch.output_file_id, batch.error_file_id):
            if output:
                file = exported.with_suffix(f".{output}.answers.jsonl")
                try:
                    write_text(file, self._client().files.content(output).text)
                except openai.OpenAIError as error:
                    raise self._explain(error) from None
                whole.add(import_answers(file, exported, self._model, journal, "generate"))
        return _state(batch), whole

    def _batch(self, note: BatchNote) -> "Batch":
        import openai

        try:
            return self._client().batches.retrieve(note.id)
        except openai.OpenAIError as error:
            raise self._explain(error) from None

    def _client(self) -> "OpenAI":
        if self._api is None:
            import httpx2
            from openai import OpenAI

            http = httpx2.Client(trust_env=not is_loopback(self._model.base_url), timeout=self._timeout_s)
            self._api = OpenAI(base_url=self._model.base_url, api_key=self._key, http_client=http)
        return self._api

    def _explain(self, error: Exception) -> BatchApiError:
        said = " ".join(str(error).replace(self._key, "***").split())[:300]
        return BatchApiError(f"the Batch API at {self._model.base_url} says: {said}")


def _state(batch: "Batch") -> str:
    said = "; ".join(str(error.message) for error in (batch.errors.data or [])) if batch.errors else ""
    return f"{batch.status} {said}".strip()
