"""Files of variables beside MCP clients' files: `envFile` of VS Code, in the form of `.env` files."""

from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

from apigen_assets.catalog.importers.imported import SourceError

MAX_BYTES = 200_000
_CLIENT_FOLDERS = (".vscode", ".cursor", ".roo", ".windsurf", ".idea", ".zed", ".gemini", ".claude")


def workspace_of(folder: Path) -> Path:
    """The folder that a client has open: the one around `.vscode` and its like, else that of the file itself."""
    return folder.parent if folder.name in _CLIENT_FOLDERS else folder


def variables_of(name: str, listed: str, folder: Path) -> dict[str, str]:
    """The variables of a file beside a client's file, by name.

    Args:
        name: of the server's entry, for messages.
        listed: path as the entry has it, its placeholders replaced; relative to the workspace or the file.
        folder: where the client's file lies.

    Raises:
        SourceError: it is not there, lies outside the workspace, or is not such a file.
    """
    workspace = workspace_of(folder).resolve()
    candidates = [(place / Path(listed).expanduser()).resolve() for place in (workspace, folder)]
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if path is None:
        raise SourceError("no_env_file", f"{name}: `envFile` is {candidates[0]}, where no file is")
    if not path.is_relative_to(workspace):
        raise SourceError("env_file_outside", f"{name}: `envFile` {path} lies outside {workspace}: it is not read")
    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            raise SourceError("env_file_too_large", f"{name}: {path} has {len(data)} bytes, more than {MAX_BYTES}")
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError("unreadable_env_file", f"{name}: `envFile` {path} cannot be read: {error}") from None
    values = dotenv_values(stream=StringIO(text), interpolate=False)
    return {variable: value or "" for variable, value in values.items()}
