"""The chat client and its journal against a loopback server of 50 ms latency: requests per second, CPU per request.

python benchmarks/chat_client.py [requests per level]
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apigen_assets.domain.chat import ChatRequest
from resources.llm.client import ChatClient
from resources.llm.generators import Generator

SERVER = """
import asyncio, json
from aiohttp import web

BODY = json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": "x" * 1800},
                                "finish_reason": "stop"}], "usage": {"prompt_tokens": 1000, "completion_tokens": 450}})

async def complete(request):
    await request.read()
    await asyncio.sleep(0.05)
    return web.Response(text=BODY, content_type="application/json")

async def main():
    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def main(count: int) -> None:
    """Ask `count` different prompts of 4 KB at each level of concurrency."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        for level in (32, 128, 512):
            with tempfile.TemporaryDirectory() as folder:
                config = Generator(name="g", base_url=url, model="m", concurrency=level)
                requests = (
                    ChatRequest(messages=({"role": "user", "content": f"{number} " + "p" * 4000},))
                    for number in range(count)
                )
                with ChatClient({"g": config}, Path(folder)) as chat:
                    started, used = time.perf_counter(), _cpu()
                    answered = sum(completion.status == "ok" for completion in chat.stream("g", requests))
                    wall, cpu = time.perf_counter() - started, _cpu() - used
            print(
                f"{level:4} in flight: {answered / wall:6,.0f} requests/s, {1000 * cpu / count:.2f} ms CPU each, "
                f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB"
            )
    finally:
        server.terminate()
        server.wait()


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000)
