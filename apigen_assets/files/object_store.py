"""Object stores (S3 and what speaks its protocol, Google Cloud, Azure) as named bytes: whole objects, listed by prefix.

Credentials and endpoint come from the environment by each store's standard names (`AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT_URL`, `AWS_REGION`, ...), or from the options of a caller.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from apigen_assets.files.excerpt import one_line

if TYPE_CHECKING:
    from obstore.store import ObjectStore as RemoteStore

SCHEMES = frozenset({"s3", "gs", "az", "abfs", "abfss"})
"""Schemes of URLs that name an object store."""

_SHORT = {
    "key": "aws_access_key_id",
    "secret": "aws_secret_access_key",
    "token": "aws_session_token",
    "endpoint_url": "aws_endpoint_url",
    "region_name": "aws_region",
}
"""The names of s3fs, beside those that the store itself knows."""

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_AZURE_ENDPOINTS = ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT", "AZURITE_BLOB_STORAGE_URL")
_GOOGLE_KEYS = ("GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH", "GOOGLE_APPLICATION_CREDENTIALS")
_NAMED_BY = {"s3": "AWS_ENDPOINT_URL", "gs": "GOOGLE_SERVICE_ACCOUNT"}
"""Variables that say which store it is; Azure's is AZURE_STORAGE_ACCOUNT_NAME."""
_RETRY_S = 60
"""Seconds for which a request is tried again where the store is busy or away."""


class ObjectStoreError(OSError):
    """The store cannot be used; the message names the object, what the store said, and the remedy."""


class StoredObject(NamedTuple):
    """One object of a listing."""

    name: str
    """Below the URL of the store, with `/` between folders."""
    size: int
    """Bytes."""


def is_object_store(place: str) -> bool:
    """Whether a text is the URL of an object store, such as `s3://bucket/prefix`, and not a folder."""
    scheme, separator, rest = place.partition("://")
    return bool(separator and rest) and scheme in SCHEMES


def store_options(url: str, options: Mapping[str, str] | None = None) -> dict[str, str]:
    """Options by the store's own names: short ones written out, and the endpoint of the environment with them."""
    known = {_SHORT.get(name, name): value for name, value in (options or {}).items()}
    if url.startswith("s3://") and not known.keys() & {"aws_endpoint_url", "aws_endpoint", "endpoint_url", "endpoint"}:
        endpoint = next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), None)
        known |= {} if endpoint is None else {"aws_endpoint_url": endpoint}
    return known


def is_plain_http(url: str, options: Mapping[str, str]) -> bool:
    """Whether a store's endpoint is one without TLS, which the library wants to be told.

    Args:
        url: of the store.
        options: as `store_options` gives them.
    """
    endpoints = [value for name, value in options.items() if "endpoint" in name]
    scheme = url.partition("://")[0]
    if scheme == "gs":
        endpoints.append(_google_endpoint(options))
    elif scheme != "s3":
        endpoints += [os.environ.get(name, "") for name in _AZURE_ENDPOINTS]
    return any(endpoint.startswith("http://") for endpoint in endpoints)


def _google_endpoint(options: Mapping[str, str]) -> str:
    """The address that a key file gives in place of Google's own; empty where it gives none."""
    named = {name.lower(): value for name, value in options.items()}
    file = next((path for name in _GOOGLE_KEYS if (path := named.get(name.lower()) or os.environ.get(name))), None)
    if file is None:
        return ""
    try:
        key = json.loads(Path(file).read_text())
    except (OSError, ValueError):
        return ""
    return str(key.get("gcs_base_url", "")) if isinstance(key, dict) else ""


class ObjectStore:
    """The objects below one URL. What is put is there whole or not at all, for every reader, when `put` returns.

    Args:
        url: such as `s3://bucket/prefix`.
        options: as `store_options` takes them; what they leave out comes from the environment.

    Raises:
        ObjectStoreError: the library is not installed, or the URL or an option cannot be used.
    """

    def __init__(self, url: str, options: Mapping[str, str] | None = None) -> None:
        from_url = _library().store.from_url
        self.url = url.rstrip("/")
        known: Any = store_options(self.url, options)
        with self._explained(""):
            self._store: RemoteStore = from_url(
                self.url,
                config=known,
                client_options={"allow_http": is_plain_http(self.url, known)},
                retry_config={"retry_timeout": timedelta(seconds=_RETRY_S)},
            )

    def put(self, name: str, data: bytes) -> None:
        """Write an object, over one that was there.

        Raises:
            ObjectStoreError: it is not sure to be written.
        """
        with self._explained(name):
            self._store.put(name, data)

    def create(self, name: str, data: bytes) -> bool:
        """Write an object unless there is one; whether it was written. Of several writers one succeeds.

        Raises:
            ObjectStoreError: it is not sure to be written.
        """
        from obstore.exceptions import AlreadyExistsError

        with self._explained(name):
            try:
                self._store.put(name, data, mode="create")
            except AlreadyExistsError:
                return False
            return True

    def read(self, name: str, start: int = 0) -> bytes:
        """An object's bytes from `start` on.

        Raises:
            FileNotFoundError: there is none.
            ObjectStoreError: the store does not answer.
        """
        with self._explained(name):
            # Not every store takes a range that is the whole object.
            answer = self._store.get(name, options={"range": {"offset": start}} if start else None)
            return bytes(answer.bytes())

    def upload(self, name: str, file: Path) -> None:
        """Write an object from a file; a large one goes up in parts and is there when the last one is.

        Raises:
            ObjectStoreError: it is not sure to be written.
        """
        with self._explained(name):
            self._store.put(name, file)

    def download(self, name: str, file: Path) -> None:
        """Write an object, as it is now, to a file.

        Raises:
            FileNotFoundError: there is none.
            ObjectStoreError: the store does not answer.
        """
        with self._explained(name), file.open("wb") as out:
            for chunk in self._store.get(name).stream():
                out.write(chunk)

    def version(self, name: str) -> str:
        """What changes with an object's content: its ETag.

        Raises:
            FileNotFoundError: there is none.
            ObjectStoreError: the store does not answer.
        """
        with self._explained(name):
            return str(self._store.head(name)["e_tag"])

    def list(self, folder: str = "") -> Iterator[StoredObject]:
        """Every object below a folder, in the order of the names.

        Raises:
            ObjectStoreError: the store does not answer.
        """
        with self._explained(folder):
            for page in self._store.list(folder or None):
                for item in page:
                    yield StoredObject(item["path"], item["size"])

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is no error.

        Raises:
            ObjectStoreError: the store does not answer.
        """
        with self._explained(name):
            try:
                self._store.delete(name)
            except FileNotFoundError:
                return

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        try:
            yield
        except (ObjectStoreError, FileNotFoundError):
            raise
        except Exception as error:
            if not isinstance(error, OSError | ValueError) and not type(error).__module__.startswith("obstore"):
                raise
            # The library's messages go on for pages; what the store answered stands at their beginning.
            said = one_line(str(error).partition("\n\nDebug source")[0], 500) or type(error).__name__
            place = f"{self.url}/{name}" if name else self.url
            named_by = _NAMED_BY.get(self.url.partition("://")[0], "AZURE_STORAGE_ACCOUNT_NAME")
            raise ObjectStoreError(
                f"{place}: {said}. See that the store is up, that {named_by} names it, and that the credentials "
                "in the environment may list, read and write there",
            ) from None


def file_system(url: str, options: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What fsspec needs to open the URL with the same library, credentials and endpoint.

    Raises:
        ObjectStoreError: the library is not installed.
    """
    _library()
    from obstore.fsspec import register

    register(url.partition("://")[0])
    known = store_options(url, options)
    return {"config": known, "client_options": {"allow_http": is_plain_http(url, known)}}


def _library() -> Any:
    try:
        import obstore.store
    except ImportError as error:
        raise ObjectStoreError(
            f"object stores need the package obstore ({error}): pip install 'apigen[s3]', or name a folder"
        ) from None
    return obstore
