"""`dagster dev` whose web server is the guarded one."""

from collections.abc import Sequence
from typing import Any

from dagster._cli import dev

_start = vars(dev)["open_ipc_subprocess"]


def _guarded(parts: Sequence[str], **kwargs: Any) -> Any:
    if not {"dagster_webserver", "dagster._daemon"} & set(parts):
        raise RuntimeError(f"`dagster dev` starts something unknown, not behind the guard: {parts[:3]}")
    return _start(["apigen_assets.cli.web.server" if part == "dagster_webserver" else part for part in parts], **kwargs)


vars(dev)["open_ipc_subprocess"] = _guarded
if __name__ == "__main__":
    dev.dev_command()
