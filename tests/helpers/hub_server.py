"""A Hugging Face Hub on loopback that the unmodified `huggingface_hub` and `datasets` clients talk to.

It speaks the part of the protocol that publishing and loading use: accounts, repositories, card check, LFS uploads
(one piece and multipart), commits with parent check, tags, listing, download with ranges. It has no Xet, like any
server that answers 404 to `xet-write-token`. What a client did is in `log`; `fault` makes requests fail.
"""

import hashlib
import http.server
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import yaml

from apigen_assets.files.json_types import JsonObject
from tests.helpers.hub_store import Refused, Repository, Store, write

Query = dict[str, list[str]]

MULTIPART_FROM = 1_000_000
CHUNK = 400_000


@dataclass
class Fault:
    """What happens to the next request that matches, instead of or beside its answer."""

    path: str
    status: int | None = None
    headers: JsonObject = field(default_factory=dict)
    method: str | None = None
    wait: float = 0.0
    lose_reply: bool = False
    before: Callable[[], object] | None = None
    """Called before the request is handled."""


def account(
    role: str = "write", name: str = "ada", orgs: Sequence[tuple[str, str]] = (), scoped: list[JsonObject] | None = None
) -> JsonObject:
    """What whoami tells of a token."""
    token: JsonObject = {"displayName": f"{role}-token", "role": role}
    if scoped is not None:
        token["fineGrained"] = {"global": [], "scoped": scoped}
    return {
        "type": "user",
        "id": "0" * 24,
        "name": name,
        "fullname": name,
        "orgs": [{"name": org, "roleInOrg": rights} for org, rights in orgs],
        "auth": {"type": "access_token", "accessToken": token},
    }


class LocalHub:
    """Starts with the `with` block and stops with it; the repositories stay in the folder."""

    WRITE, READ = "hf_write_token", "hf_read_token"

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.tokens = {
            self.WRITE: account(orgs=[("lab", "write"), ("museum", "read")]),
            self.READ: account("read"),
        }
        self.log: list[tuple[str, str, int | None]] = []
        self.faults: list[Fault] = []
        self._lock = threading.Lock()

    def __enter__(self) -> "LocalHub":
        hub = self

        class Bound(_Handler):
            server_hub = hub

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    def fault(self, path: str, *statuses: int, times: int = 1, **more: Any) -> None:
        """The next requests whose path contains `path` fail: one fault per status, or `times` without one."""
        with self._lock:
            self.faults += [Fault(path, status, **more) for status in statuses or [None] * times]

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.path in path and fault.method in {None, method}:
                    self.faults.remove(fault)
                    return fault
        return None

    def repository(self, repo: str, kind: str = "dataset") -> Repository:
        return self.store.repository(kind, repo)

    def commits(self, repo: str, kind: str = "dataset") -> list[str]:
        """Titles of the commits on main beside the first, newest first."""
        return [commit["title"] for commit in self.repository(repo, kind).history()][:-1]

    def requests(self, part: str, method: str | None = None) -> list[tuple[str, str, int | None]]:
        return [line for line in self.log if part in line[1] and method in {None, line[0]}]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_hub: LocalHub

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._handle("GET")

    def do_HEAD(self) -> None:
        self._handle("HEAD")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PUT(self) -> None:
        self._handle("PUT")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def _handle(self, method: str) -> None:
        hub = self.server_hub
        fault = hub.take_fault(method, self.path)
        status = None
        try:
            if fault is not None and fault.before is not None:
                fault.before()
            if fault is not None and fault.wait:
                time.sleep(fault.wait)
            if fault is not None and fault.status is not None:
                self._drain()
                status = fault.status
                self._json({"error": "a fault of the test Hub"}, status, fault.headers)
                return
            self._silent = fault is not None and fault.lose_reply
            try:
                self._route(method)
            except Refused as refused:
                headers = {"X-Error-Message": refused.message}
                if refused.code:
                    headers["X-Error-Code"] = refused.code
                self._drain()
                self._json({"error": refused.message}, refused.status, headers)
            self._drain()  # what a handler did not read would be taken for the next request
            status = self._status
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            hub.log.append((method, self.path, status))

    # -- answers

    _silent = False
    _status: int | None = None
    _body: bytes | None = None
    _consumed: object = None

    def _json(self, value: object, status: int = 200, headers: JsonObject | None = None) -> None:
        self._send(json.dumps(value).encode(), status, {"Content-Type": "application/json", **(headers or {})})

    def _send(self, body: bytes, status: int = 200, headers: JsonObject | None = None) -> None:
        self._status = status
        if self._silent:
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _read(self) -> bytes:
        if self._body is None:
            self._body = b"".join(self._chunks())
        return self._body

    def _drain(self) -> None:
        for _ in self._chunks():
            pass

    def _chunks(self) -> Iterator[bytes]:
        if getattr(self, "_consumed", None) is self.headers:
            return
        self._consumed = self.headers
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            data = self.rfile.read(min(left, 1 << 16))
            if not data:
                raise ConnectionResetError
            left -= len(data)
            yield data

    # -- accounts

    def _who(self) -> JsonObject | None:
        header = self.headers.get("Authorization", "")
        if not header:
            return None
        who = self.server_hub.tokens.get(header.removeprefix("Bearer "))
        if who is None:
            raise Refused(401, "Invalid credentials in Authorization header")
        return who

    def _may_write(self, repo: str) -> None:
        who = self._who()
        if who is None:
            raise Refused(401, "Access to this resource requires authentication")
        token = who["auth"]["accessToken"]
        namespace = repo.split("/")[0]
        orgs = {org["name"]: org["roleInOrg"] for org in who["orgs"]}
        allowed = namespace == who["name"] or orgs.get(namespace) in {"write", "admin"}
        if token["role"] == "fineGrained":
            allowed = allowed and any(
                scope["entity"]["name"] in {namespace, repo} and "repo.write" in scope["permissions"]
                for scope in token["fineGrained"]["scoped"]
            )
        if token["role"] == "read" or not allowed:
            raise Refused(403, f"You don't have the required permissions to write to {repo}")

    def _repository(self, kind: str, repo: str) -> Repository:
        who = self._who()
        found = self.server_hub.store.repository(kind, repo)
        if not found.exists or (found.meta["private"] and who is None):
            raise Refused(404, "Repository not found", "RepoNotFound")
        return found

    # -- routes

    def _route(self, method: str) -> None:
        self._body = None
        self._consumed = None
        parts = urlsplit(self.path)
        path, query = parts.path, parse_qs(parts.query)
        if path == "/api/whoami-v2":
            who = self._who()
            if who is None:
                raise Refused(401, "Invalid username or password.")
            return self._json(who)
        if path == "/api/repos/create":
            return self._create(json.loads(self._read()))
        if path == "/api/validate-yaml":
            return self._validate(json.loads(self._read()))
        if match := re.fullmatch(r"/_lfs/([0-9a-f]{64})(?:/(\w+))?", path):
            return self._bytes(method, match[1], match[2])
        if match := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
            return self._batch(match[2], json.loads(self._read()))
        if match := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self._resolve("dataset" if match[1] else "model", match[2], unquote(match[3]), unquote(match[4]))
        if match := re.fullmatch(r"/api/(dataset|model)s/([^/]+/[^/]+)(?:/([\w-]+))?(?:/([^/]+))?(?:/(.+))?", path):
            kind, repo, what, revision, rest = match.groups()
            revision = unquote(revision) if revision else "main"
            handler = {
                None: self._info,
                "revision": self._info,
                "refs": self._refs,
                "commits": self._commits,
                "tree": self._tree,
                "paths-info": self._paths,
                "preupload": self._preupload,
                "commit": self._commit,
                "tag": self._tag,
            }.get(what)
            if handler is not None:
                return handler(method, kind, repo, revision, unquote(rest) if rest else "", query)
        raise Refused(404, f"no such page: {path}")

    def _create(self, body: JsonObject) -> None:
        repo = f"{body.get('organization') or (self._who() or {}).get('name')}/{body['name']}"
        kind = body.get("type") or "model"
        self._may_write(repo)
        url = f"{self.server_hub.url}/{'datasets/' if kind == 'dataset' else ''}{repo}"
        with self.server_hub.store.lock:
            found = self.server_hub.store.repository(kind, repo)
            if found.exists:
                return self._json(
                    {"error": "You already created this repo", "url": url, "name": repo},
                    409,
                    {"X-Error-Message": "You already created this repo"},
                )
            found.create(body.get("visibility") == "private" or bool(body.get("private")))
        return self._json({"url": url, "name": repo, "id": "0" * 24})

    def _validate(self, body: JsonObject) -> None:
        errors = []
        try:
            head = yaml.safe_load(body["content"].split("---", 2)[1]) if body["content"].startswith("---") else {}
            if not isinstance(head, dict):
                errors.append({"message": "the metadata is not a mapping"})
        except yaml.YAMLError as error:
            errors.append({"message": str(error)})
        self._json({"errors": errors, "warnings": []}, 400 if errors else 200)

    def _info(self, method: str, kind: str, repo: str, revision: str, rest: str, query: Query) -> None:
        found = self._repository(kind, repo)
        oid = found.resolve(revision)
        files = found.files(oid)
        self._json(
            {
                "_id": "0" * 24,
                "id": repo,
                "author": repo.split("/")[0],
                "sha": oid,
                "private": found.meta["private"],
                "gated": False,
                "disabled": False,
                "downloads": 0,
                "likes": 0,
                "tags": [],
                "lastModified": "2026-01-01T00:00:00.000Z",
                "createdAt": "2026-01-01T00:00:00.000Z",
                "siblings": [{"rfilename": path} for path in sorted(files)],
            }
        )

    def _refs(self, method: str, kind: str, repo: str, revision: str, rest: str, query: Query) -> None:
        meta = self._repository(kind, repo).meta
        self._json(
            {
                "branches": [
                    {"name": name, "ref": f"refs/heads/{name}", "targetCommit": oid}
                    for name, oid in meta["branches"].items()
                ],
                "tags": [
                    {"name": name, "ref": f"refs/tags/{name}", "targetCommit": oid}
                    for name, oid in meta["tags"].items()
                ],
                "converts": [],
                "pullRequests": [],
            }
        )

    def _commits(
        self, method: str, kind: str, repo: str, revision: str, rest: str, query: dict[str, list[str]]
    ) -> None:
        self._json(
            [
                {
                    "id": commit["oid"],
                    "title": commit["title"],
                    "message": commit["message"],
                    "authors": [],
                    "date": "2026-01-01T00:00:00.000Z",
                }
                for commit in self._repository(kind, repo).history(revision)
            ]
        )

    @staticmethod
    def _entry(path: str, entry: JsonObject) -> JsonObject:
        lfs = {"oid": entry["lfs"], "size": entry["size"], "pointerSize": 134} if entry["lfs"] else None
        return {
            "type": "file",
            "path": path,
            "size": entry["size"],
            "oid": entry["oid"],
            **({"lfs": lfs} if lfs else {}),
        }

    def _listing(self, files: JsonObject, folder: str, recursive: bool) -> list[JsonObject]:
        start = f"{folder}/" if folder else ""
        out, folders = [], set()
        for path, entry in sorted(files.items()):
            if not path.startswith(start):
                continue
            inner = path[len(start) :].split("/")
            for depth in range(1, len(inner) if recursive else min(2, len(inner))):
                name = start + "/".join(inner[:depth])
                if name not in folders:
                    folders.add(name)
                    out.append(
                        {"type": "directory", "path": name, "size": 0, "oid": hashlib.sha1(name.encode()).hexdigest()}
                    )
            if recursive or len(inner) == 1:
                out.append(self._entry(path, entry))
        return out

    def _tree(self, method: str, kind: str, repo: str, revision: str, rest: str, query: Query) -> None:
        files = self._repository(kind, repo).files(revision)
        listing = self._listing(files, rest.strip("/"), query.get("recursive", ["false"])[0].lower() in {"true", "1"})
        if rest and not listing:
            raise Refused(404, f"{rest} does not exist on {revision}", "EntryNotFound")
        self._json(listing)

    def _paths(self, method: str, kind: str, repo: str, revision: str, rest: str, query: Query) -> None:
        files = self._repository(kind, repo).files(revision)
        out = []
        for path in parse_qs(self._read().decode()).get("paths", []):
            if path in files:
                out.append(self._entry(path, files[path]))
            elif any(name.startswith(path.rstrip("/") + "/") for name in files):
                out.append({"type": "directory", "path": path, "oid": hashlib.sha1(path.encode()).hexdigest()})
        self._json(out)

    def _preupload(
        self, method: str, kind: str, repo: str, revision: str, rest: str, query: dict[str, list[str]]
    ) -> None:
        self._may_write(repo)
        files = self._repository(kind, repo).files(revision)
        out = []
        for one in json.loads(self._read())["files"]:
            large = one["path"].endswith((".parquet", ".safetensors", ".bin")) or one["size"] > 10_000_000
            entry = files.get(one["path"])
            out.append(
                {
                    "path": one["path"],
                    "uploadMode": "lfs" if large else "regular",
                    "shouldIgnore": False,
                    **({"oid": entry["lfs"] or entry["oid"]} if entry else {}),
                }
            )
        self._json({"files": out})

    def _batch(self, repo: str, body: JsonObject) -> None:
        self._may_write(repo)
        hub, objects = self.server_hub, []
        for one in body["objects"]:
            oid, size = one["oid"], one["size"]
            entry = {"oid": oid, "size": size}
            if not (hub.store.lfs / oid).exists():
                upload: JsonObject = {"href": f"{hub.url}/_lfs/{oid}"}
                if size > MULTIPART_FROM:
                    parts = -(-size // CHUNK)
                    upload["href"] += "/complete"
                    upload["header"] = {
                        "chunk_size": str(CHUNK),
                        **{str(n): f"{hub.url}/_lfs/{oid}/{n}" for n in range(1, parts + 1)},
                    }
                entry["actions"] = {"upload": upload, "verify": {"href": f"{hub.url}/_lfs/{oid}/verify"}}
            objects.append(entry)
        self._json({"transfer": "basic", "objects": objects})

    def _bytes(self, method: str, oid: str, what: str | None) -> None:
        store = self.server_hub.store
        if what == "verify":
            if not (store.lfs / oid).exists():
                raise Refused(404, "not uploaded")
            return self._json({})
        if what == "complete":
            parts = sorted(json.loads(self._read())["parts"], key=lambda part: part["partNumber"])
            content = b"".join((store.uploads / oid / str(part["partNumber"])).read_bytes() for part in parts)
            self._store(oid, content)
            shutil.rmtree(store.uploads / oid, ignore_errors=True)
            return self._json({})
        content = self._read()
        if what is None:
            self._store(oid, content)
            return self._send(b"")
        (store.uploads / oid).mkdir(exist_ok=True)
        write(store.uploads / oid / what, content)
        return self._send(b"", headers={"ETag": f'"{hashlib.md5(content).hexdigest()}"'})

    def _store(self, oid: str, content: bytes) -> None:
        if hashlib.sha256(content).hexdigest() != oid:
            raise Refused(400, "the content is not what its name says")
        write(self.server_hub.store.lfs / oid, content)

    def _commit(self, method: str, kind: str, repo: str, revision: str, rest: str, query: Query) -> None:
        body = self._read()
        self._may_write(repo)
        found = self._repository(kind, repo)
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        operations = [(line["key"], line["value"]) for line in lines if line["key"] != "header"]
        with self.server_hub.store.lock:
            oid = found.apply(
                revision, header.get("parentCommit"), header["summary"], header.get("description", ""), operations
            )
        prefix = "datasets/" if kind == "dataset" else ""
        self._json(
            {"success": True, "commitOid": oid, "commitUrl": f"{self.server_hub.url}/{prefix}{repo}/commit/{oid}"}
        )

    def _tag(self, method: str, kind: str, repo: str, revision: str, rest: str, query: Query) -> None:
        self._may_write(repo)
        found = self._repository(kind, repo)
        with self.server_hub.store.lock:
            meta = found.meta
            if method == "DELETE":
                if meta["tags"].pop(revision, None) is None:
                    raise Refused(404, f"no tag {revision}", "RevisionNotFound")
            else:
                name = json.loads(self._read())["tag"]
                if name in meta["tags"]:
                    raise Refused(409, f"Tag reference exists already: {name}")
                meta["tags"][name] = found.resolve(revision)
            found.save(meta)
        self._json({})

    def _resolve(self, kind: str, repo: str, revision: str, path: str) -> None:
        found = self._repository(kind, repo)
        oid = found.resolve(revision)
        entry = found.files(oid).get(path)
        if entry is None:
            raise Refused(404, f"{path} does not exist", "EntryNotFound")
        headers = {
            "X-Repo-Commit": oid,
            "ETag": f'"{entry["lfs"] or entry["oid"]}"',
            "Accept-Ranges": "bytes",
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(path.rsplit('/', 1)[-1])}",
        }
        if entry["lfs"]:
            headers |= {"X-Linked-Etag": f'"{entry["lfs"]}"', "X-Linked-Size": entry["size"]}
        content = found.content(entry).read_bytes()
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if wanted and (wanted[1] or wanted[2]):
            start = int(wanted[1]) if wanted[1] else max(0, len(content) - int(wanted[2]))
            end = min(int(wanted[2]) if wanted[1] and wanted[2] else len(content) - 1, len(content) - 1)
            if start > end:
                return self._send(b"", 416, {"Content-Range": f"bytes */{len(content)}"})
            headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
            return self._send(content[start : end + 1], 206, headers)
        return self._send(content, 200, headers)
