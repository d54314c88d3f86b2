"""Equal parts of bindings held once: a large document has tens of thousands of parameters, and few kinds of them."""

from apigen_assets.domain.api import Credential, RestParameter


class Shared:
    """The parts of one document's bindings; they never change, so one may stand in many."""

    def __init__(self) -> None:
        self._parameters: dict[RestParameter, RestParameter] = {}
        self._credentials: dict[tuple[Credential, ...], tuple[Credential, ...]] = {}

    def parameters(self, sent: dict[str, RestParameter]) -> dict[str, RestParameter]:
        """The same, with each parameter in its first copy."""
        return {name: self._parameters.setdefault(parameter, parameter) for name, parameter in sent.items()}

    def credentials(self, credentials: list[Credential]) -> tuple[Credential, ...]:
        """The same as a tuple, in its first copy."""
        key = tuple(credentials)
        return self._credentials.setdefault(key, key)
