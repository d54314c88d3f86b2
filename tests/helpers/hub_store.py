"""Repositories of the test Hub on disk: blobs, commits, refs. A commit becomes visible with one rename."""

import hashlib
import json
import os
import threading
from pathlib import Path

from apigen_assets.files.json_types import JsonObject

Operations = list[tuple[str, JsonObject]]


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


class Repository:
    """One repository under `folder`."""

    def __init__(self, folder: Path, lfs: Path) -> None:
        self.folder, self.lfs = folder, lfs

    @property
    def exists(self) -> bool:
        return (self.folder / "repo.json").exists()

    @property
    def meta(self) -> JsonObject:
        return _object(self.folder / "repo.json")

    def save(self, meta: JsonObject) -> None:
        write(self.folder / "repo.json", json.dumps(meta).encode())

    def create(self, private: bool) -> None:
        for name in ("blobs", "commits"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        content = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"
        entry = self._blob(content)
        commit = self._commit(None, "initial commit", "", {".gitattributes": entry})
        self.save({"private": private, "branches": {"main": commit}, "tags": {}})

    def resolve(self, revision: str) -> str:
        meta = self.meta
        for refs in (meta["branches"], meta["tags"]):
            if revision in refs:
                return str(refs[revision])
        if (self.folder / "commits" / f"{revision}.json").exists():
            return revision
        raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")

    def commit(self, oid: str) -> JsonObject:
        return _object(self.folder / "commits" / f"{oid}.json")

    def files(self, revision: str) -> JsonObject:
        return dict(self.commit(self.resolve(revision))["files"])

    def history(self, revision: str = "main") -> list[JsonObject]:
        oid, out = self.resolve(revision), []
        while oid:
            out.append(self.commit(oid))
            oid = out[-1]["parent"]
        return out

    def content(self, entry: JsonObject) -> Path:
        return self.lfs / str(entry["lfs"]) if entry["lfs"] else self.folder / "blobs" / str(entry["oid"])

    def apply(
        self, branch: str, parent: str | None, title: str, description: str, operations: list[tuple[str, JsonObject]]
    ) -> str:
        """Makes one commit on a branch; the caller holds the lock."""
        meta = self.meta
        if branch not in meta["branches"]:
            raise Refused(404, f"Invalid rev id: {branch}", "RevisionNotFound")
        head = meta["branches"][branch]
        if parent is not None and parent != head:
            raise Refused(412, "A commit has happened since. Please refresh and try again.")
        files = dict(self.commit(head)["files"])
        for key, value in operations:
            path = value["path"]
            if key == "file":
                import base64

                files[path] = self._blob(base64.b64decode(value["content"]))
            elif key == "lfsFile":
                stored = self.lfs / value["oid"]
                if not stored.exists() or stored.stat().st_size != value["size"]:
                    raise Refused(400, f"LFS pointer pointed to a file that does not exist: {path}")
                pointer = f"version https://git-lfs\noid sha256:{value['oid']}\nsize {value['size']}\n".encode()
                files[path] = {"oid": git_oid(pointer), "size": value["size"], "lfs": value["oid"]}
            elif key == "deletedFile":
                if path not in files:
                    raise Refused(404, "A file with this name doesn't exist", "EntryNotFound")
                del files[path]
            elif key == "deletedFolder":
                files = {name: entry for name, entry in files.items() if not name.startswith(path.rstrip("/") + "/")}
        oid = self._commit(head, title, description, files)
        meta["branches"][branch] = oid
        self.save(meta)
        return oid

    def _commit(self, parent: str | None, title: str, description: str, files: JsonObject) -> str:
        body = {"parent": parent, "title": title, "message": description, "files": files}
        oid = hashlib.sha1(json.dumps(body, sort_keys=True).encode() + os.urandom(8)).hexdigest()
        write(self.folder / "commits" / f"{oid}.json", json.dumps({"oid": oid, **body}).encode())
        return oid

    def _blob(self, content: bytes) -> JsonObject:
        oid = git_oid(content)
        write(self.folder / "blobs" / oid, content)
        return {"oid": oid, "size": len(content), "lfs": None}


class Store:
    """All repositories and the large files under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.lfs = self.root / "lfs"
        self.uploads = self.root / "uploads"
        for folder in (self.lfs, self.uploads):
            folder.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()

    def repository(self, kind: str, repo: str) -> Repository:
        return Repository(self.root / f"{kind}s" / repo, self.lfs)


def _object(file: Path) -> JsonObject:
    value: JsonObject = json.loads(file.read_text())
    return value


def git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{threading.get_ident()}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)
