"""Parts of the MCP executor: one session per server, and the reading of tool results."""
