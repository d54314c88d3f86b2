"""Dagster's web server behind the guard: `python -m apigen_assets.cli.web.server`, with dagster-webserver's options."""

from dagster_webserver import app
from dagster_webserver.cli import main
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware

from apigen_assets.cli.web.guard import Guard


class GuardedWebserver(DagsterWebserver):  # type: ignore[type-arg]
    """The web server with one more layer around it."""

    def build_middleware(self) -> list[Middleware]:
        """The guard first, then Dagster's own."""
        return [Middleware(Guard), *super().build_middleware()]


if __name__ == "__main__":
    vars(app)["DagsterWebserver"] = GuardedWebserver
    main()  # type: ignore[no-untyped-call]
