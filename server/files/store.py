"""The store of files: a folder of this machine, or an S3-compatible store by its address.

The files of a user lie under the user's id, so that they go when the user goes. A file is whole or
not there, and is never written again.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from server.errors import ApiError, ConfigError

if TYPE_CHECKING:
    from obstore.store import RetryConfig

PART_BYTES = 1 << 16
# Somebody waits: what does not answer for so long is away.
RETRIES: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
_log = structlog.get_logger(__name__)


class FilesError(ApiError):
    """The store of files does not answer, or does not take any more."""

    def __init__(self) -> None:
        super().__init__(
            503, "FILES_UNAVAILABLE", "files cannot be kept or read at the moment: try again later"
        )


class StoredFile(NamedTuple):
    """One file that is there."""

    path: str
    modified_at: datetime


class FileStore:
    """Keeps files.

    Every method raises :class:`FilesError` when the store fails.

    Parameters
    ----------
    url : str or None
        Like ``s3://bucket/folder``, as obstore takes it; account and region come from the
        environment, as for any program that uses S3.
    folder : Path
        Where files are kept without one; made where it is not there, for this user alone.

    Raises
    ------
    ConfigError
        If neither can be used.
    """

    def __init__(self, url: str | None, folder: Path) -> None:
        try:
            if url is not None:
                self._store = from_url(url, retry_config=RETRIES)
            else:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._store = LocalStore(folder, automatic_cleanup=True)
        except (BaseError, OSError, ValueError) as error:
            raise ConfigError(f"files_url: files cannot be kept there: {error}") from None
        self._folder: Path | None = None
        if isinstance(self._store, LocalStore):
            self._folder = Path(self._store.prefix or "/")

    async def put(self, path: str, data: bytes) -> None:
        """Write a file, whole; it is on the disk when this returns."""
        with _failing("write", path):
            await obstore.put_async(self._store, path, data)
            if self._folder is not None:
                await asyncio.to_thread(_settle, self._folder, path)

    async def size(self, path: str) -> int | None:
        """How long a file is in bytes; None: it is not there."""
        try:
            with _failing("read", path):
                return int((await obstore.head_async(self._store, path))["size"])
        except FileNotFoundError:
            return None

    async def read(self, path: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """Read a part of a file that is there, piece by piece."""
        with _failing("read", path):
            found = await obstore.get_async(self._store, path, options={"range": (start, stop)})
            async for part in found.stream(min_chunk_size=PART_BYTES):
                yield bytes(part)

    async def delete(self, path: str) -> None:
        """Delete a file; one that is not there is deleted already."""
        try:
            with _failing("delete", path):
                await obstore.delete_async(self._store, path)
        except FileNotFoundError:
            return

    async def delete_under(self, folder: str) -> None:
        """Delete all files of a folder."""
        async for file in self.list(folder):
            await self.delete(file.path)

    async def list(self, folder: str | None = None) -> AsyncIterator[StoredFile]:
        """Name all files, or those of a folder."""
        with _failing("list", folder or ""):
            async for some in obstore.list(self._store, folder):
                for found in some:
                    yield StoredFile(found["path"], found["last_modified"])


def _settle(folder: Path, path: str) -> None:
    """Have a file, and the folders that lead to it, survive a power cut; obstore does not."""
    file = folder / path
    for one in (file, *file.parents):
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if one == folder:
            return


@contextmanager
def _failing(what: str, path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        _log.error("the store of files fails", what=what, path=path, error=str(error))
        raise FilesError from error
