"""An MCP server for the tests: `python mcp_example_server.py [port]`, over stdio without a port."""

import os
import sys

from mcp.server import MCPServer  # noqa: TID253
from mcp.types import ToolAnnotations  # noqa: TID253

server = MCPServer("example")


@server.tool(description="Add two numbers.", annotations=ToolAnnotations(readOnlyHint=True))
def add(a: int, b: int = 2) -> int:
    return a + b


@server.tool(description="Which shop this is, from the environment.")
def shop_name() -> str:
    return os.environ.get("SHOP_NAME", "none")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        port = int(sys.argv[1])
        if "sse" in sys.argv:
            server.run("sse", host="127.0.0.1", port=port, sse_path="/events")
        else:
            server.run("streamable-http", host="127.0.0.1", port=port)
    else:
        server.run("stdio")
