"""The stand-in model server in a process of its own."""

from resources.local.child import Child


class StandinProcess(Child):
    """The stand-in server on a free loopback port; `start` gives its base URL."""

    def __init__(self) -> None:
        super().__init__("resources.local.standin")
