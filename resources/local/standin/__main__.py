"""The server's own process: prints its URL, serves until its standard input closes."""

import asyncio

from resources.local.child import serve_until_closed
from resources.local.standin.server import make_app

if __name__ == "__main__":
    asyncio.run(serve_until_closed(make_app(), line="http://127.0.0.1:{port}/v1"))
