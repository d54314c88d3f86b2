"""Repositories of the test Hub on disk: blobs, commits, refs. A commit becomes visible with one rename."""

import hashlib
import json
import os
import threading
from pathlib import Path


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status, message, code=None):
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


class Repository:
    """One repository under `folder`."""

    def __init__(self, folder, lfs):
        self.folder, self.lfs = folder, lfs

    @property
    def exists(self):
        return (self.folder / "repo.json").exists()

    @property
    def meta(self):
        return json.loads((self.folder / "repo.json").read_text())

    def save(self, meta):
        write(self.folder / "repo.json", json.dumps(meta).encode())

    def create(self, private):
        for name in ("blobs", "commits"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        content = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"
        entry = self._blob(content)
        commit = self._commit(None, "initial commit", "", {".gitattributes": entry})
        self.save({"private": private, "branches": {"main": commit}, "tags": {}})

    def resolve(self, revision):
        meta = self.meta
        for refs in (meta["branches"], meta["tags"]):
            if revision in refs:
                return refs[revision]
        if (self.folder / "commits" / f"{revision}.json").exists():
            return revision
        raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")

    def commit(self, oid):
        return json.loads((self.folder / "commits" / f"{oid}.json").read_text())

    def files(self, revision):
        return self.commit(self.resolve(revision))["files"]

    def history(self, revision="main"):
        oid, out = self.resolve(revision), []
        while oid:
            out.append(self.commit(oid))
            oid = out[-1]["parent"]
        return out

    def content(self, entry):
        return self.lfs / entry["lfs"] if entry["lfs"] else self.folder / "blobs" / entry["oid"]

    def apply(self, branch, parent, title, description, operations):
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

    def _commit(self, parent, title, description, files):
        body = {"parent": parent, "title": title, "message": description, "files": files}
        oid = hashlib.sha1(json.dumps(body, sort_keys=True).encode() + os.urandom(8)).hexdigest()
        write(self.folder / "commits" / f"{oid}.json", json.dumps({"oid": oid, **body}).encode())
        return oid

    def _blob(self, content):
        oid = git_oid(content)
        write(self.folder / "blobs" / oid, content)
        return {"oid": oid, "size": len(content), "lfs": None}


class Store:
    """All repositories and the large files under one folder."""

    def __init__(self, root):
        self.root = Path(root)
        self.lfs = self.root / "lfs"
        self.uploads = self.root / "uploads"
        for folder in (self.lfs, self.uploads):
            folder.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()

    def repository(self, kind, repo):
        return Repository(self.root / f"{kind}s" / repo, self.lfs)


def git_oid(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def write(path, content):
    temporary = path.with_name(f".{path.name}.{threading.get_ident()}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)
