"""The server's own process: prints its URL, serves until its standard input closes."""

import asyncio
import sys

from aiohttp import web

from resources.local.standin.server import make_app


async def _main() -> None:
    runner = web.AppRunner(make_app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    print(f"http://127.0.0.1:{port}/v1", flush=True)
    # The pipe from the parent reports end of file also when the parent is killed.
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_main())
