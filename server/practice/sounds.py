"""The sound of practice sessions, kept: a row leads to a file that is there."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import select, tuple_

from server.files.store import FilesError, FileStore
from server.practice.content import Columns
from server.practice.days import SESSIONS
from server.practice.sound import read_sound
from server.store.transactions import Database
from server.takes.ids import uuid7

FOLDER = "sessions"
MAX_READING = 2  # recordings decoded at a time
GRACE = timedelta(hours=1)  # a file is written before its row: no request takes that long
FILES_AT_ONCE = 200
_log = structlog.get_logger(__name__)


class KeptSound(NamedTuple):
    """A file that was written."""

    path: str
    media_type: str
    digest: bytes

    @property
    def columns(self) -> Columns:
        """What a row says of it."""
        return {"audio_file": self.path, "audio_type": self.media_type}


class Sounds:
    """Keeps the recordings of practice sessions.

    Parameters
    ----------
    files : FileStore
        Where.
    database : Database
        Knows which are still wanted.
    max_bytes : int
        The longest that is taken.
    """

    def __init__(self, files: FileStore, database: Database, max_bytes: int) -> None:
        self.files = files
        self._database = database
        self._max_bytes = max_bytes
        self._slots = asyncio.Semaphore(MAX_READING)

    async def keep(self, user_id: str, session_id: str, text: str) -> KeptSound:
        """Decode a recording, check it, and write it.

        Raises
        ------
        FieldError
            If it is no recording.
        ApiError
            413, if it is too long; 503, if it cannot be written.
        """
        async with self._slots:
            sound = await asyncio.to_thread(read_sound, text, self._max_bytes)
        path = f"{user_id}/{FOLDER}/{session_id}/{uuid7()}{sound.ending}"
        await self.files.put(path, sound.data)
        return KeptSound(path, sound.media_type, sound.digest)

    async def discard(self, path: str | None) -> None:
        """Delete a file no row leads to; where that fails, :meth:`sweep` will."""
        if path is None:
            return
        try:
            await self.files.delete(path)
        except FilesError:
            _log.warning("a recording is left for the next sweep", path=path)

    async def sweep(self) -> int:
        """Delete files that no row leads to: left by a process that was killed, or a user who
        went meanwhile.

        Returns
        -------
        int
            How many there were.
        """
        n_deleted, old = 0, list[str]()
        async for file in self.files.list():
            if file.modified_at < datetime.now(UTC) - GRACE and _owner(file.path):
                old.append(file.path)
            if len(old) == FILES_AT_ONCE:
                n_deleted += await self._delete_unwanted(old)
                old = []
        return n_deleted + await self._delete_unwanted(old)

    async def _delete_unwanted(self, paths: list[str]) -> int:
        owners = [_owner(path) for path in paths]
        key = tuple_(SESSIONS.c.user_id, SESSIONS.c.id)
        rows = await self._database.rows(select(SESSIONS.c.audio_file).where(key.in_(owners)))
        unwanted = set(paths) - {row.audio_file for row in rows}
        for path in unwanted:
            await self.files.delete(path)
        return len(unwanted)


def _owner(path: str) -> tuple[str, str] | None:
    """Whose file it is, and of which session; None: it is not of one."""
    parts = path.split("/")
    return (parts[0], parts[2]) if len(parts) == 4 and parts[1] == FOLDER else None
