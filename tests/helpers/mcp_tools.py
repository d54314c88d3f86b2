"""A stdio MCP server for tests, written with the official SDK; run as a program."""

import os
import subprocess
import sys
import time

from mcp.server.mcpserver import MCPServer  # noqa: TID253

server = MCPServer("tools")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two integers."""
    return a + b


@server.tool()
def lookup(name: str) -> dict[str, str]:
    """Look somebody up."""
    return {"name": name, "phone": "123"}


@server.tool()
def text(kind: str) -> str:
    """Give a text."""
    return {"empty": "", "json": '{"a": 1}', "error": "Error: no such thing"}.get(kind, "plain")


@server.tool()
def fails() -> str:
    """Raise."""
    raise RuntimeError("the tool broke")


@server.tool()
def hangs() -> str:
    """Never end."""
    time.sleep(600)
    return "late"


@server.tool()
def dies() -> str:
    """End the server."""
    os._exit(3)


@server.tool()
def pid() -> int:
    """The server's process id."""
    return os.getpid()


@server.tool()
def child() -> int:
    """Start a process that would outlive the server, and give its id."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdin=subprocess.DEVNULL).pid


@server.tool()
def environment() -> list[str]:
    """The names of the environment variables."""
    return sorted(os.environ)


@server.tool()
def secret() -> str:
    """Say what should not be said."""
    return f"the key is {os.environ.get('TOOLS_KEY')}"


@server.tool()
def big() -> str:
    """A long text."""
    return "x" * 100_000


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
