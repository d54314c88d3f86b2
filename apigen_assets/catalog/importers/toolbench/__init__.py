"""ToolBench folders of tools, and the calls recorded with them."""
