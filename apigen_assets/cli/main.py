"""The `apigen` command line."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from apigen_assets.cli.terminal import guard_terminal
from apigen_assets.settings import SettingsError

_COMMANDS = {
    "demo": "demo:demo",
    "ui": "ui:ui",
    "sql": "sql:sql",
    "import": "import_:import_",
    "import-recordings": "recordings:import_recordings",
    "import-base": "import_base:import_base",
    "publish": "publish:publish",
    "score": "score:score",
    "bfcl-install": "score:bfcl_install",
    "trace": "trace:trace",
    "secrets": "secrets:secrets",
    "metrics": "metrics:metrics",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "migrate": "migrate:migrate",
    "estimate": "estimate:estimate",
    "generate": "generate:generate",
    "batch": "batch:batch_app",
    "journal": "journal:journal_app",
    "verify": "verify:verify",
    "evaluate": "evaluate:evaluate",
    "train": "train:train",
    "preflight": "train:preflight",
}
"""Each command by module and name in `apigen_assets.cli`, in the order of the help."""


class _Commands(TyperGroup):
    """Imports a command when it is asked for: a look at one row needs nothing of training."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        loaded: typer.Typer | Callable[..., Any] = getattr(import_module(f"apigen_assets.cli.{module}"), name)
        if not isinstance(loaded, typer.Typer):
            function, loaded = loaded, typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
            loaded.command(cmd_name)(function)
        command = typer.main.get_command(loaded)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="apigen", cls=_Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False
)


@app.callback()
def _apigen() -> None:
    """Your own APIs to a verified function-calling data set, trained models and BFCL scores."""


def run() -> None:
    """The program `apigen`: a wrong setting is one sentence, in whatever command it is first read."""
    guard_terminal()
    try:
        app()
    except SettingsError as error:
        typer.echo(f"apigen: {error}", err=True)
        raise SystemExit(2) from None
