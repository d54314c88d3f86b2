"""`apigen publish`: the release, to the Hugging Face Hub or to the local folder."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from apigen_assets.files.json_types import JsonObject
from apigen_assets.settings import Settings, settings

if TYPE_CHECKING:
    import dagster as dg


def publish(
    repo: Annotated[
        str | None, typer.Option("--repo", help="Repository, namespace/name. Default: APIGEN_HUB_REPO.")
    ] = None,
    version: Annotated[
        str | None,
        typer.Option("--version", help="Tag for this release, such as v1.0. Default: APIGEN_RELEASE_VERSION, or none."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write the local folder and show what would change; publish nothing.")
    ] = False,
) -> None:
    """Release the composed data set: one commit with shards, card and manifest, tagged with the version.

    Without a repository or without HF_TOKEN the release is a local folder. The same content is not committed
    twice; an interrupted publication is finished by running it again. Exit status: 0 done, 1 not released.
    """
    config = settings()
    target = repo or config.hub_repo
    if dry_run:
        _dry_run(config, target, version or config.release_version)
        return
    _run_job(config, {"repo": repo or "", "version": version or ""})


def _dry_run(config: Settings, repo: str | None, version: str | None) -> None:
    import dagster as dg

    from apigen_assets.orchestration.home import prepare
    from apigen_assets.release.build import build_dataset
    from apigen_assets.release.guards import failed_checks, guarding_checks, lineage
    from apigen_assets.release.secrets.scan import scan_everything
    from apigen_assets.release.soundness import UnsoundRowsError
    from resources.hub.resource import HubError, HubResource
    from resources.lake.lake import LakeError
    from resources.lake.opening import open_lake

    with dg.DagsterInstance.from_config(str(prepare(config))) as instance:
        failed = failed_checks(instance, guarding_checks())
        made_by = lineage(instance)
    for check in failed:
        typer.secho(f"A check would stop the release: {check}", err=True, fg=typer.colors.YELLOW)
    try:
        lake = open_lake(config)
        tree, _ = build_dataset(config, lake, made_by)
    except (UnsoundRowsError, LakeError) as error:
        _fail(f"Nothing to release: {error}")
    secrets = scan_everything(config, lake, {"release of this run": tree.path})
    if secrets.findings:
        typer.secho(f"The check no_secrets would stop the release: {secrets.message()}", err=True, fg="yellow")
    typer.echo(f"{tree.path} ({'written' if tree.changed else 'unchanged'}), content hash {tree.content_hash[:12]}")
    if not repo:
        typer.echo("No repository is set (--repo, APIGEN_HUB_REPO): nothing to compare with.")
        return
    hub = HubResource.from_settings(config)
    try:
        would = hub.publish(tree.path, repo, version=version, dry_run=True, say=typer.echo)
    except HubError as error:
        _fail(f"Would not be published: {error}")
    if would.created:
        typer.echo(f"{would.url} does not exist and would be created ({_visibility(config)}).")
        if not hub.has_token():
            typer.echo("A private repository looks the same without a token.")
    elif would.revision:
        typer.echo(f"{would.url} holds this release already, at {would.revision}: no commit.")
    else:
        typer.echo(f"{would.url} would get one commit:")
    for line in would.changes.lines():
        typer.echo(f"  {line}")
    if version:
        typer.echo(f"The revision would be tagged {version}.")
    if not hub.has_token():
        typer.secho("HF_TOKEN is not set: without it a release stays local.", err=True, fg=typer.colors.YELLOW)


def _run_job(config: Settings, run: JsonObject) -> None:
    import dagster as dg

    from apigen_assets.definitions import defs
    from apigen_assets.orchestration.home import prepare

    with dg.DagsterInstance.from_config(str(prepare(config))) as instance:
        result = defs.resolve_job_def("release").execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={
                "ops": {"huggingface_dataset": {"config": run}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )
        if not result.success:
            _fail(f"Not released: {_reason(result).removeprefix('not released: ')}")
        for event in result.get_asset_materialization_events():
            for name in ("path", "rows", "loaded", "published", "url", "revision", "version", "verified", "notes"):
                value = event.materialization.metadata.get(name)
                if value is not None and str(value.value):
                    typer.echo(f"{name:<10} {value.value}")


def _reason(result: "dg.ExecuteInProcessResult") -> str:
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            user_failure = failure.user_failure_data
            if user_failure is not None and user_failure.description:
                return str(user_failure.description)
            error = failure.error
            while error is not None and error.cause is not None:
                error = error.cause
            return error.message.strip() if error is not None else "the step failed"
    return "the run failed; the Dagster UI shows its log"


def _visibility(config: Settings) -> str:
    return "private" if config.hub_private else "public"


def _fail(message: str) -> NoReturn:
    typer.secho(message, err=True, fg=typer.colors.RED)
    raise typer.Exit(1)
