"""The lake's files where they are not on this disk: whole uploads, and copies that do not change under a reader."""

import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from upath import UPath

from apigen_assets.files.atomic import whole_path
from apigen_assets.files.object_store import ObjectStore, file_system, is_object_store, is_plain_http, store_options
from resources.lake.errors import LakeError

_FETCHES = 8


class RemoteFiles:
    """Files below a URL.

    A table that is replaced while it is read in ranges could give columns of both: tables are read from copies, each
    fetched in one request, which go with this object.

    Args:
        url: of an object store, or one that fsspec knows.
        options: as `files.object_store.store_options` takes them.

    Raises:
        LakeError: the store cannot be used.
    """

    def __init__(self, url: str, options: Mapping[str, str] | None = None) -> None:
        self._store: ObjectStore | None = None
        self._options = store_options(url, options)
        self._folder: Path | None = None
        self.root: UPath = UPath(url, **(options or {}))
        if is_object_store(url):
            with _as_lake_error(f"the lake {url} cannot be opened"):
                self._store = ObjectStore(url, options)
                self.root = UPath(url, **file_system(url, options))

    @contextmanager
    def whole(self, path: UPath) -> Iterator[Path]:
        """A local file that is uploaded to `path`, whole, when the block ends without an error.

        Raises:
            LakeError: it is not sure to be there.
        """
        with tempfile.TemporaryDirectory(prefix="apigen-lake-") as folder:
            file = Path(folder) / path.name
            yield file
            with _as_lake_error(f"cannot write {path}; what was there before is untouched"):
                if self._store is None:
                    path.fs.makedirs(path.parent.path, exist_ok=True)
                    path.fs.put_file(str(file), path.path)
                else:
                    self._store.upload(self._name(path), file)

    def read(self, path: UPath) -> bytes | None:
        """A small file's bytes; null where there is none.

        Raises:
            LakeError: the store does not answer.
        """
        with _as_lake_error(f"cannot read {path}"):
            try:
                if self._store is None:
                    return bytes(path.read_bytes())
                return self._store.read(self._name(path))
            except FileNotFoundError:
                return None

    def create(self, path: UPath, data: bytes) -> bool:
        """Write a small file unless there is one; whether it was written. Of several writers one succeeds.

        Raises:
            LakeError: the store does not answer.
        """
        with _as_lake_error(f"cannot write {path}"):
            if self._store is not None:
                return self._store.create(self._name(path), data)
            path.fs.makedirs(path.parent.path, exist_ok=True)
            path.fs.pipe_file(path.path, data)
            return True

    def copies(self, paths: Sequence[UPath]) -> list[str]:
        """Local copies of the files as they are now; one that did not change since its last copy is not fetched again.

        Raises:
            LakeError: one is gone, or the store does not answer.
        """
        if not paths:
            return []
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="apigen-lake-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        with ThreadPoolExecutor(min(_FETCHES, len(paths))) as threads:
            return [str(copy) for copy in threads.map(self._copy, paths)]

    def places(self, paths: Sequence[UPath]) -> tuple[list[str], dict[str, str] | None]:
        """Where Polars reads the files in ranges, with its options; copies of a store that it does not know."""
        if self._store is None:
            return self.copies(paths), None
        http = is_plain_http(str(self.root), self._options)
        return [str(path) for path in paths], {"allow_http": "true", **self._options} if http else self._options

    def _copy(self, path: UPath) -> Path:
        assert self._folder is not None
        try:
            with _as_lake_error(f"cannot read {path}"):
                version = path.read_bytes() if self._store is None else self._store.version(self._name(path)).encode()
                name = hashlib.sha256(str(path).encode() + b"\0" + version).hexdigest()
                copy = self._folder / f"{name}.parquet"
                if not copy.exists():
                    with whole_path(copy) as part:
                        if self._store is None:
                            part.write_bytes(version)
                        else:
                            self._store.download(self._name(path), part)
                return copy
        except FileNotFoundError:
            raise LakeError(f"{path} is gone: materialise its asset again, or restore the file from a backup") from None

    def _name(self, path: UPath) -> str:
        return str(path.relative_to(self.root))


@contextmanager
def _as_lake_error(what: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise LakeError(f"{what}: {error}") from None
