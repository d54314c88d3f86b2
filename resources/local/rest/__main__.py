"""The server's own process: prints its port, serves until its standard input closes."""

import asyncio
import sys

from resources.local.child import serve_until_closed
from resources.local.rest.server import make_app

if __name__ == "__main__":
    asyncio.run(serve_until_closed(make_app(), int(sys.argv[1]) if len(sys.argv) > 1 else 0))
