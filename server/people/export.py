"""Everything that is kept about somebody, as one ZIP archive to take along.

Tables become JSON, an array of rows each; takes become take files, which ``etude replay`` reads;
recordings are as they were sent.
"""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec
from sqlalchemy import Select, Table, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import TakeError
from server.files.store import FileStore
from server.store import TakeStore
from server.store.tables import Base
from server.takes.file import take_bytes

ROWS_AT_ONCE = 100
READ_BYTES = 1 << 16
TABLES = Base.metadata.tables


@dataclass(frozen=True)
class Part:
    """One file of the archive.

    Attributes
    ----------
    name : str
        Without ``.json``.
    table : str
        Where the rows are.
    owners : tuple of str
        Columns of which one names the user.
    hidden : tuple of str
        Columns that are nobody's business, not even the user's: secrets and bookkeeping.
    """

    name: str
    table: str
    owners: tuple[str, ...] = ("user_id",)
    hidden: tuple[str, ...] = ()

    def query(self, user_id: str) -> Select[Any]:
        """Ask for the rows of a user."""
        table: Table = TABLES[self.table]
        shown = [column for column in table.c if column.name not in self.hidden]
        is_theirs = or_(*(table.c[name] == user_id for name in self.owners))
        return select(*shown).where(is_theirs).order_by(*table.primary_key)


PARTS = (
    Part("account", "users", ("id",), ("password_hash", "totp_secret", "totp_step", "email_key")),
    Part("identities", "identities"),
    Part("logins", "logins"),
    Part("audit", "audit_events"),
    Part("links", "links", ("teacher_id", "student_id")),
    Part("invitations", "invitations", ("inviter_id",), ("code",)),
    Part("sessions", "practice_sessions", hidden=("digests",)),
    Part("comments", "session_comments", ("user_id", "author_id")),
    Part("songs", "songs", ("owner_id",), ("audience", "digest", "terms")),
    Part("lessons", "lesson_progress"),
)
# Rows of a user that are in no file of their own, and why.
LEFT_OUT = {
    "session_tags": "they stand in the sessions",
    "recovery_codes": "only their hashes are kept",
    "one_time_tokens": "only their hashes are kept",
}


class Export:
    """Writes archives.

    Parameters
    ----------
    store : TakeStore
        Takes, and the database of everything else.
    files : FileStore
        Recordings.
    """

    def __init__(self, store: TakeStore, files: FileStore) -> None:
        self._store = store
        self._files = files

    async def of(self, user_id: str) -> AsyncIterator[bytes]:
        """Write everything of a user to a file on the disk, then give it piece by piece."""
        with TemporaryFile() as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                async with self._store.database.snapshot() as connection:
                    for part in PARTS:
                        await _write_rows(archive, part, connection, user_id)
                await self._write_takes(archive, user_id)
                await self._write_files(archive, user_id)
            file.seek(0)
            while piece := await asyncio.to_thread(file.read, READ_BYTES):
                yield piece

    async def _write_takes(self, archive: zipfile.ZipFile, user_id: str) -> None:
        cursor: str | None = None
        while infos := await self._store.list(user_id, ROWS_AT_ONCE, cursor):
            for info in infos:
                await asyncio.to_thread(archive.writestr, *await self._take_file(info.id))
            cursor = infos[-1].id

    async def _write_files(self, archive: zipfile.ZipFile, user_id: str) -> None:
        async for stored in self._files.list(user_id):
            size = await self._files.size(stored.path)
            if size is None:  # deleted meanwhile
                continue
            name = f"files/{stored.path.removeprefix(user_id + '/')}"
            with archive.open(name, "w", force_zip64=True) as file:
                async for piece in self._files.read(stored.path, 0, size):
                    await asyncio.to_thread(file.write, piece)

    async def _take_file(self, take_id: str) -> tuple[str, bytes]:
        try:
            take = await self._store.load(take_id)
        except TakeError as error:  # what is damaged is told, and keeps nothing else back
            return f"takes/{take_id}.txt", str(error).encode()
        return f"takes/{take_id}.etude", await asyncio.to_thread(take_bytes, take)


async def _write_rows(
    archive: zipfile.ZipFile, part: Part, connection: AsyncConnection, user_id: str
) -> None:
    first = True
    with archive.open(f"{part.name}.json", "w") as file:
        file.write(b"[")
        async with connection.stream(part.query(user_id)) as result:
            async for rows in result.partitions(ROWS_AT_ONCE):
                await asyncio.to_thread(_write, file, rows, first)
                first = False
        file.write(b"\n]\n")


def _write(file: IO[bytes], rows: Sequence[Any], first: bool) -> None:
    lines = (msgspec.json.encode(dict(row._mapping)) for row in rows)
    file.write((b"\n" if first else b",\n") + b",\n".join(lines))
