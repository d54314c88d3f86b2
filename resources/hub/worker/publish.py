"""One release folder to one repository: one commit or none, then its tag."""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from huggingface_hub import CommitOperationAdd, CommitOperationDelete
from huggingface_hub.errors import RevisionNotFoundError

from apigen_assets.files.json_types import JsonMapping, JsonObject
from resources.hub.worker import loading
from resources.hub.worker.failures import HubFailure, may_pass
from resources.hub.worker.session import Session

MANIFEST = "release.json"
_CARD = "README.md"
_OF_ANY_REPOSITORY = frozenset({".gitattributes", _CARD})


class LocalFile(NamedTuple):
    """A file of the release folder, with both names the Hub may know its content by."""

    path: Path
    size: int
    sha256: str
    git_oid: str


class State(NamedTuple):
    """The repository at one commit."""

    revision: str
    files: JsonObject
    """`RepoFile` by path."""
    manifest: JsonObject | None


def publish(session: Session, request: JsonMapping) -> JsonObject:
    """Publish; the answer has the fields of `resources.hub.resource.Publication`.

    Raises:
        HubFailure: it was not done; nothing half is left.
    """
    return _Publisher(session, request).run()


class _Publisher:
    def __init__(self, session: Session, request: JsonMapping) -> None:
        self.session = session
        self.api = session.api
        self.repo: str = request["repo"]
        self.kind: str = request["kind"]
        self.version: str | None = request["version"]
        self.private: bool = request["private"]
        self.dry_run: bool = request["dry_run"]
        self.load_back: bool = request["load_back"]
        self.folder = Path(request["folder"])
        self.manifest = _read(self.folder / MANIFEST)
        self.local = _files(self.folder)
        self.notes: list[str] = []
        prefix = "" if self.kind == "model" else f"{self.kind}s/"
        self.url = f"{session.endpoint}/{prefix}{self.repo}"

    def run(self) -> JsonObject:
        if self.session.token is not None and not self.dry_run:
            self.session.say(f"publishing as {self.session.check_access()}")
        info = self.session.exists(self.kind)
        created = info is None
        if created:
            if self.dry_run:
                return self._answer(None, changes=self._changes(None), created=True)
            self._create()
        elif bool(info.private) != self.private:
            self.notes.append(
                f"the repository stays {'private' if info.private else 'public'}: its visibility is changed on the Hub"
            )
        before = self._state()
        changes = self._changes(before)
        tagged_at = self._check_version()
        if self._is_there(before):
            return self._finish(before.revision, changes={**changes, **_NO_FILES}, created=created, tagged_at=tagged_at)
        if self.dry_run:
            return self._answer(None, changes=changes, created=created)
        if tagged_at is not None:
            self.notes.append(f"{self.version} names these rows already, at {tagged_at[:12]}, and stays there")
        xet = self.session.use_xet_where_served(self.kind)
        self.session.say(
            f"uploading {changes['upload_bytes']:,} bytes by {'Xet' if xet else 'LFS'}: {len(changes['added'])} files "
            f"added, {len(changes['changed'])} changed, {len(changes['deleted'])} deleted"
        )
        revision, committed, attempts = self._commit(before)
        return self._finish(
            revision, changes=changes, created=created, tagged_at=tagged_at, committed=committed, attempts=attempts
        )

    # -- reading

    def _state(self, revision: str = "main") -> State:
        def read() -> State:
            info = self.api.repo_info(self.repo, repo_type=self.kind, revision=revision)
            tree = self.api.list_repo_tree(self.repo, repo_type=self.kind, revision=info.sha, recursive=True)
            files = {entry.path: entry for entry in tree if hasattr(entry, "blob_id")}
            manifest = None
            if MANIFEST in files:
                manifest = _parsed(
                    Path(self.api.hf_hub_download(self.repo, MANIFEST, repo_type=self.kind, revision=info.sha))
                )
            return State(str(info.sha), files, manifest)

        return self.session.retry("reading the repository", read)

    def _is_there(self, state: State) -> bool:
        """Whether the repository holds this release: same rows, same card, every data file in place."""
        if state.manifest is None or not _same(state.manifest, self.manifest):
            return False
        for path, declared in state.manifest.get("files", {}).items():
            remote = state.files.get(path)
            if path == _CARD:
                continue  # people may edit the card on the Hub
            if remote is None or remote.size != declared["size"]:
                return False
            if remote.lfs is not None and remote.lfs.sha256 != declared["sha256"]:
                return False
        return True

    def _check_version(self) -> str | None:
        """The commit that the version's tag names, where it names these rows.

        Raises:
            HubFailure: it names other rows.
        """
        if self.version is None:
            return None
        try:
            tagged = self._state(self.version)
        except RevisionNotFoundError:
            return None
        old_hash = (tagged.manifest or {}).get("content_hash")
        if old_hash != self.manifest["content_hash"]:
            raise HubFailure(
                "version_taken",
                f"{self.version} of {self.repo} names other content already (commit {tagged.revision[:12]}, content "
                f"hash {str(old_hash)[:12]}; this release has {self.manifest['content_hash'][:12]}). A version is not "
                "redefined: choose another (--version, APIGEN_RELEASE_VERSION). Nothing was sent.",
            )
        return tagged.revision

    def _changes(self, state: State | None) -> JsonObject:
        files = {} if state is None else state.files
        old = None if state is None else state.manifest
        if state is not None and old is None and set(files) - _OF_ANY_REPOSITORY:
            raise HubFailure(
                "foreign_repository",
                f"{self.repo} has files and no {MANIFEST}: it was not made by this program, and nothing was sent. "
                "Choose another name (APIGEN_HUB_REPO), or empty the repository first.",
            )
        added = [path for path in self.local if path not in files]
        changed = [path for path, file in self.local.items() if path in files and not _equal(files[path], file)]
        ours = set((old or {}).get("files", {}))
        return {
            "added": added,
            "changed": changed,
            "deleted": sorted(ours & set(files) - set(self.local)),
            "unchanged": len(self.local) - len(added) - len(changed),
            "upload_bytes": sum(self.local[path].size for path in [*added, *changed]),
            "rows_before": _rows(old or {}),
            "rows_after": _rows(self.manifest),
        }

    # -- writing

    def _create(self) -> None:
        self.session.say(f"creating {self.repo}")
        self.session.retry(
            "creating the repository",
            lambda: self.api.create_repo(self.repo, repo_type=self.kind, private=self.private, exist_ok=True),
        )

    def _commit(self, before: State) -> tuple[str, bool, int]:
        """The one commit: its id, whether it is ours, and the attempts it took.

        A failed attempt may have been carried out all the same, now or a little later. So the head is read again
        before the next one, and every attempt names the head it was made for: at most one of them can land.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                done = self.api.create_commit(
                    self.repo,
                    self._operations(before),
                    commit_message=self._message(),
                    commit_description=f"content hash {self.manifest['content_hash']}",
                    repo_type=self.kind,
                    revision="main",
                    parent_commit=before.revision,
                )
                return str(done.oid), True, attempt
            except Exception as error:
                last = error
            if not may_pass(last):
                raise last
            now = self._after()
            if now is not None and self._is_there(now):
                self.session.say("the commit is there: only its answer was lost")
                return now.revision, now.revision != before.revision, attempt
            if now is not None and now.revision != before.revision:
                raise HubFailure(
                    "moved",
                    f"{self.repo} moved from {before.revision[:12]} to {now.revision[:12]} during the upload: somebody "
                    f"else published or edited. Its head does not hold this release. Look at {self.url}/commits/main, "
                    "then run again to publish on top of it.",
                )
            if not self.session.wait("commit", last, attempt):
                raise last

    def _after(self) -> State | None:
        """The repository after a failed attempt; null where it cannot be read: then that attempt's error counts."""
        try:
            return self._state()
        except Exception:
            return None

    def _operations(self, state: State) -> list[CommitOperationAdd | CommitOperationDelete]:
        changes = self._changes(state)
        return [
            *(
                CommitOperationAdd(path_in_repo=path, path_or_fileobj=str(self.local[path].path))
                for path in [*changes["added"], *changes["changed"]]
            ),
            *(CommitOperationDelete(path_in_repo=path) for path in changes["deleted"]),
        ]

    def _message(self) -> str:
        rows = self.manifest.get("rows")
        size = "" if rows is None else f": {rows:,} rows"
        return f"Release {self.version or self.manifest['content_hash'][:12]}{size}"

    # -- after the commit

    def _finish(
        self,
        revision: str,
        *,
        changes: JsonMapping,
        created: bool,
        tagged_at: str | None,
        committed: bool = False,
        attempts: int = 0,
    ) -> JsonObject:
        if self.dry_run:
            return self._answer(revision, changes=changes, created=created)
        # A tag is made after the check, so what it names was checked.
        verified = f"when {self.version} was tagged" if tagged_at == revision else self._verify(revision, committed)
        tagged = self.version is not None and tagged_at is None
        if tagged:
            self._tag(revision)
        return self._answer(
            revision,
            changes=changes,
            created=created,
            committed=committed,
            tagged=tagged,
            attempts=attempts,
            verified=verified,
        )

    def _verify(self, revision: str, committed: bool) -> str:
        state = self._state(revision)
        if committed:
            wrong = [path for path, file in self.local.items() if not _equal(state.files.get(path), file)]
            if wrong:
                raise HubFailure("not_loadable", f"{self.repo} at {revision} differs from the release in {wrong[:5]}")
        if self.kind != "dataset" or state.manifest is None or not self.load_back:
            return "every file compared by hash"
        if not loading.available():
            return "every file compared by hash; not loaded, since the package datasets is not installed"
        self.session.say(f"loading {revision[:12]} back")
        try:
            loaded = self.session.retry(
                "loading back",
                lambda: loading.check(self.repo, revision, self.session.token, dict(state.manifest or {})),
            )
        except HubFailure as failure:
            raise HubFailure(
                failure.problem,
                f"{self.repo} at {revision[:12]} is published but does not load, and was not tagged: {failure}. "
                "Earlier revisions are untouched.",
            ) from None
        return "every config loaded back with load_dataset: " + ", ".join(
            f"{name} {rows:,} rows" for name, rows in loaded["rows"].items()
        )

    def _tag(self, revision: str) -> None:
        version = str(self.version)

        def tag() -> None:
            try:
                self.api.create_tag(
                    self.repo, tag=version, revision=revision, repo_type=self.kind, tag_message=self._message()
                )
            except Exception:
                # It may have been made all the same, or by somebody else: who names these rows is right.
                if self._check_version() is None:
                    raise

        self.session.retry("tag", tag)

    def _answer(self, revision: str | None, **more: object) -> dict[str, Any]:
        return {
            "repo": self.repo,
            "kind": self.kind,
            "url": self.url,
            "dry_run": self.dry_run,
            "revision": revision,
            "version": self.version,
            "notes": self.notes,
            **more,
        }


_NO_FILES: JsonObject = {"added": [], "changed": [], "deleted": [], "upload_bytes": 0}


def _same(left: JsonMapping, right: JsonMapping) -> bool:
    return all(left.get(key) == right.get(key) for key in ("format", "kind", "content_hash", "card_hash"))


def _rows(manifest: JsonMapping) -> dict[str, int]:
    return {
        f"{config}/{split}": int(split_info["rows"])
        for config, config_info in manifest.get("configs", {}).items()
        for split, split_info in config_info["splits"].items()
    }


def _equal(remote: Any, local: LocalFile) -> bool:
    if remote is None:
        return False
    return bool(remote.lfs.sha256 == local.sha256 if remote.lfs is not None else remote.blob_id == local.git_oid)


def _files(folder: Path) -> dict[str, LocalFile]:
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            size = path.stat().st_size
            git = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
            sha = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    git.update(chunk)
                    sha.update(chunk)
            files[path.relative_to(folder).as_posix()] = LocalFile(path, size, sha.hexdigest(), git.hexdigest())
    return files


def _read(path: Path) -> JsonObject:
    manifest = _parsed(path)
    if manifest is None:
        raise HubFailure("bad_request", f"{path} is missing or damaged: make the release again before publishing it")
    return manifest


def _parsed(path: Path) -> JsonObject | None:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("content_hash") else None
