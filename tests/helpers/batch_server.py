"""A Batch API on a loopback port: takes files of requests, and has answered them when it is told to be done."""

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.helpers.chat_server import completion

Answer = Callable[[int, dict[str, Any]], dict[str, Any]]


def pairs_answer(number: int, line: dict[str, Any]) -> dict[str, Any]:
    """Five pairs that differ by request, as OpenAI's Batch API writes them."""
    name = line["custom_id"][:12]
    pairs = [{"query": f"What is {i} of {name}?", "answers": [{"name": "f", "arguments": {}}]} for i in range(5)]
    return {
        "id": f"batch_req_{number}",
        "custom_id": line["custom_id"],
        "response": {"status_code": 200, "request_id": "r", "body": completion(json.dumps(pairs))},
        "error": None,
    }


def vllm_answer(number: int, line: dict[str, Any]) -> dict[str, Any]:
    """The same as `vllm run-batch` writes it, with everything that it adds."""
    answer = pairs_answer(number, line)
    body = answer["response"]["body"]
    [choice] = body["choices"]
    choice |= {"logprobs": None, "stop_reason": None}
    choice["message"] |= {"reasoning_content": None, "tool_calls": []}
    body |= {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1, "prompt_logprobs": None}
    return {**answer, "id": f"vllm-{number}", "response": {**answer["response"], "request_id": f"vllm-batch-{number}"}}


class BatchServer:
    """Use as a context manager; `done` and `state` say what becomes of the batches.

    Args:
        answer: from the number and the line of a request to its line of output.
    """

    def __init__(self, answer: Answer = pairs_answer) -> None:
        self.answer = answer
        self.done = False
        self.state = "completed"
        """In which batches end."""
        self.files: dict[str, str] = {}
        self.batches: dict[str, str] = {}
        """Batch to its input file."""
        handler = type("Handler", (_Handler,), {"owner": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> "BatchServer":
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def take(self, raw: str) -> dict[str, Any]:
        """A file handed in as a form."""
        name = f"file-{len(self.files)}"
        self.files[name] = "\n".join(line for line in raw.splitlines() if line.startswith('{"custom_id"'))
        return {"id": name, "object": "file", "bytes": 1, "created_at": 1, "filename": "f", "purpose": "batch"}

    def start(self, file: str) -> dict[str, Any]:
        """A batch of a file."""
        name = f"batch_{len(self.batches) + 1}"
        self.batches[name] = file
        return self.look(name)

    def look(self, name: str) -> dict[str, Any]:
        """Where a batch stands."""
        lines = [json.loads(line) for line in self.files[self.batches[name]].splitlines()]
        batch = {"id": name, "object": "batch", "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        batch |= {"input_file_id": self.batches[name], "created_at": 1, "status": "in_progress"}
        if self.done:
            batch["status"] = self.state
            if self.state == "completed":
                output = [json.dumps(self.answer(number, line)) for number, line in enumerate(lines)]
                self.files[f"{name}-out"] = "\n".join(reversed(output)) + "\n"
                batch["output_file_id"] = f"{name}-out"
        return batch


class _Handler(BaseHTTPRequestHandler):
    owner: BatchServer

    def log_message(self, *_: Any) -> None:
        pass

    def _send(self, body: Any) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._send(
            self.owner.take(raw) if self.path == "/v1/files" else self.owner.start(json.loads(raw)["input_file_id"])
        )

    def do_GET(self) -> None:
        if match := re.fullmatch(r"/v1/files/(.+)/content", self.path):
            self._send(self.owner.files[match[1]])
        else:
            self._send(self.owner.look(self.path.rpartition("/")[2]))
