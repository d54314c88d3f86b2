"""The server's own process: prints its port, serves until its standard input closes."""

import asyncio
import sys

from aiohttp import web

from resources.local.rest.server import make_app


async def _main(port: int) -> None:
    runner = web.AppRunner(make_app(), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=1024)
    await site.start()
    assert site._server is not None
    print(site._server.sockets[0].getsockname()[1], flush=True)  # type: ignore[attr-defined]
    # The pipe from the parent reports end of file also when the parent is killed.
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
