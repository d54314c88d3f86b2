"""Placeholders that MCP clients know: what each stands for, as a text or as `${VARIABLE}` of the environment."""

import os
import re
from pathlib import Path

from apigen_assets.catalog.importers.mcp_env_files import workspace_of
from apigen_assets.files.json_types import JsonObject

_HOLE = re.compile(r"\$\{(?:(env|input|command|config|user_config)[:.])?([^{}:]+)(?::-([^{}]*))?\}")
_SPELLINGS = (
    (re.compile(r"\$\{\{\s*(?:secrets|inputs|env)\.([\w.-]+)\s*\}\}"), "Continue"),
    (re.compile(r"(?<![$\w])\{env:([A-Za-z_]\w*)\}"), "OpenCode"),
    (re.compile(r"\A\$([A-Z_][A-Z0-9_]*)\Z"), "shells"),
)
"""Other ways to write `${VARIABLE}`, and who writes them so."""
_WORKSPACES = ("workspaceFolder", "workspaceRoot", "CLAUDE_PROJECT_DIR")
_FOLDERS = ("CLAUDE_PLUGIN_ROOT", "__dirname")


class Placeholders:
    """Texts of an entry with the client's own placeholders replaced by what they stand for.

    Args:
        folder: where the file lies.
        inputs: what the file asks its user for, by id.
    """

    def __init__(self, folder: Path, inputs: dict[str, JsonObject]) -> None:
        self._folder = folder
        self._inputs = inputs

    def plain(self, text: str) -> str:
        """A command, argument, path or URL: variables stay as `${NAME}`."""
        return self._filled(text, None)

    def variable(self, name: str, text: str) -> str:
        """The value of an environment variable: a question to the user is answered by the variable itself."""
        return self._filled(text, name)

    def header(self, text: str) -> str:
        """The value of a header."""
        bare = re.fullmatch(r"((?:Bearer|Token|Basic)\s+)?\$([A-Za-z_]\w*)", text.strip())
        return f"{bare[1] or ''}${{{bare[2]}}}" if bare else self._filled(text, None)

    def _filled(self, text: str, variable: str | None) -> str:
        for spelling, _ in _SPELLINGS:
            text = spelling.sub(lambda match: f"${{{_as_variable(match[1])}}}", text)

        def put(match: re.Match[str]) -> str:
            kind, name, default = match[1], match[2].strip(), match[3]
            if kind in ("input", "user_config"):
                asked = self._inputs.get(name, {})
                answer = asked.get("default")
                own = variable if variable and match[0] == text else _as_variable(name).upper()
                if isinstance(answer, str) and answer and not asked.get("password") and own not in os.environ:
                    return self._filled(answer, None) if "${" in answer and match[0] not in answer else answer
                return f"${{{own}}}"
            if name in _WORKSPACES:
                return str(workspace_of(self._folder))
            if name in _FOLDERS:
                return str(self._folder)
            if name in ("userHome", "HOME"):
                return str(Path.home())
            if name in ("pathSeparator", "/"):
                return os.sep
            if default is not None and name not in os.environ:
                return default
            return f"${{{name}}}" if re.fullmatch(r"[A-Za-z_]\w*", name) else match[0]

        return _HOLE.sub(put, text)


def _as_variable(name: str) -> str:
    return re.sub(r"\W+", "_", name)
