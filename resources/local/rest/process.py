"""The embedded REST server in a process of its own."""

from pathlib import Path
from types import TracebackType

from resources.local.child import Child


def demo_source() -> Path:
    """The OpenAPI file that describes the embedded server, to be imported like any user's."""
    return Path(__file__).with_name("openapi.yaml")


class LocalRestServer(Child):
    """The embedded server on a free loopback port, ended with the block.

    URLs name it `http://embedded.apigen.invalid`, whatever the port: `RestPolicy.embedded` takes `address`, and the
    executor connects there.
    """

    def __init__(self) -> None:
        super().__init__("resources.local.rest")

    def __enter__(self) -> "LocalRestServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def address(self) -> tuple[str, int]:
        """Loopback address and port, with the server running.

        Raises:
            OSError: the server does not come up.
        """
        return "127.0.0.1", int(self.start())
