"""The `apigen` command line."""

import typer

from apigen_assets.cli.batch import batch_app
from apigen_assets.cli.demo import demo
from apigen_assets.cli.estimate import estimate
from apigen_assets.cli.evaluate import evaluate
from apigen_assets.cli.generate import generate
from apigen_assets.cli.import_ import import_
from apigen_assets.cli.import_base import import_base
from apigen_assets.cli.journal import journal_app
from apigen_assets.cli.publish import publish
from apigen_assets.cli.recordings import import_recordings
from apigen_assets.cli.score import bfcl_install, score
from apigen_assets.cli.secrets import secrets
from apigen_assets.cli.sql import sql
from apigen_assets.cli.terminal import guard_terminal
from apigen_assets.cli.trace import trace
from apigen_assets.cli.train import preflight, train
from apigen_assets.cli.ui import ui
from apigen_assets.cli.verify import verify
from apigen_assets.settings import SettingsError

app = typer.Typer(
    name="apigen",
    help="Your own APIs to a verified function-calling data set, trained models and BFCL scores.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command()(demo)
app.command()(ui)
app.command()(sql)
app.command("import")(import_)
app.command("import-recordings")(import_recordings)
app.command("import-base")(import_base)
app.command()(publish)
app.command()(score)
app.command("bfcl-install")(bfcl_install)
app.command()(trace)
app.command()(secrets)
app.command()(estimate)
app.command()(generate)
app.add_typer(batch_app, name="batch")
app.add_typer(journal_app, name="journal")
app.command()(verify)
app.command()(evaluate)
app.command()(train)
app.command()(preflight)


def run() -> None:
    """The program `apigen`: a wrong setting is one sentence, in whatever command it is first read."""
    guard_terminal()
    try:
        app()
    except SettingsError as error:
        typer.echo(f"apigen: {error}", err=True)
        raise SystemExit(2) from None
