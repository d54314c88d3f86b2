"""One request, one answer."""

import json
import os
import shutil
import sys
import threading
from typing import Any

from apigen_assets.files.json_types import JsonObject


def main() -> int:
    """Do what the first line of stdin asks for, and end; end at once when the asking process is gone."""
    asking = os.getppid()
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever libraries print is not an answer
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def send(message: JsonObject) -> None:
        text = json.dumps(message)
        token = os.environ.get("HF_TOKEN", "").strip()
        out.write((text.replace(token, "***") if token else text) + "\n")
        out.flush()

    from resources.hub.worker.failures import HubFailure, explain
    from resources.hub.worker.session import Session

    session = Session(request, lambda line: send({"say": line}))
    try:
        try:
            send({"result": _run(session, request)})
        except HubFailure as failure:
            send({"error": str(failure), "problem": failure.problem})
        except Exception as error:
            end = explain(error, session.repo)
            send({"error": str(end), "problem": end.problem})
        out.close()
    except BrokenPipeError:
        _leave_nothing()
    if os.getppid() != asking:
        _leave_nothing()
    # Uploading threads of native code may outlive an error; nothing of theirs is wanted any more.
    os._exit(0)


def _run(session: Any, request: JsonObject) -> JsonObject:
    from resources.hub.worker import loading, publish

    match request["operation"]:
        case "publish":
            return publish.publish(session, request)
        case "check_access":
            return {"account": session.check_access()}
        case "load":
            return loading.load(request["source"], request["revision"], session.token)
        case other:
            raise ValueError(f"unknown operation {other!r}")


def _end_with_parent() -> None:
    while sys.stdin.read(1):
        pass
    _leave_nothing()


def _leave_nothing() -> None:
    """End without the process that asked: its temporary folder is removed here, since it no longer can."""
    home = os.environ.get("HF_HOME", "")
    if os.path.basename(home).startswith("apigen-hub-"):
        shutil.rmtree(home, ignore_errors=True)
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
