"""Writing a backup while the server runs: one state of the database, however long it takes."""

import asyncio
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.backup.archive import FILES, MANIFEST, TABLES, Manifest, write_frame
from server.errors import BackupError
from server.files.store import FileStore
from server.store.tables import Base
from server.store.transactions import Database
from server.store.upgrade import REVISIONS
from server.version import __version__

ROWS_AT_ONCE = 100
# Who writes takes at the moment is nothing to keep: a restored take is nobody's, so it is ended.
PASSING = frozenset({"take_writers"})

OnProgress = Callable[[int, int], None]


def kept_tables() -> list[Table]:
    """The tables of a backup, those that others refer to first."""
    return [table for table in Base.metadata.sorted_tables if table.name not in PASSING]


async def back_up(
    database: Database, files: FileStore, path: Path, on_progress: OnProgress
) -> Manifest:
    """Write everything into one file; it is there when it is whole, and on the disk then.

    Parameters
    ----------
    database : Database
        May be written to meanwhile.
    files : FileStore
        Recordings; one that goes meanwhile may be left out.
    path : Path
        Must not exist.
    on_progress : callable
        Called with the number of rows written and how many there are.

    Raises
    ------
    BackupError
        If the file exists or cannot be written.
    """
    if path.exists():
        raise BackupError(f"{path} exists already")
    draft = path.with_name(f"{path.name}.part")
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                manifest = await _write(database, files, archive, on_progress)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)  # unlike a rename, this never replaces another backup
    except FileExistsError:
        raise BackupError(f"{path} exists already") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)
    return manifest


async def _write(
    database: Database, files: FileStore, archive: zipfile.ZipFile, on_progress: OnProgress
) -> Manifest:
    async with database.snapshot() as connection:
        counts = {table.name: await _count(connection, table) for table in kept_tables()}
        progress = _Progress(on_progress, sum(counts.values()))
        for table in kept_tables():
            await _write_table(connection, archive, table, progress)
    n_files = await _write_files(files, archive)
    manifest = Manifest(
        etude=__version__,
        revision=REVISIONS[-1],
        made_at=datetime.now(UTC),
        tables=counts,
        files=n_files,
    )
    archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


async def _count(connection: AsyncConnection, table: Table) -> int:
    return await connection.scalar(select(func.count()).select_from(table)) or 0


async def _write_table(
    connection: AsyncConnection, archive: zipfile.ZipFile, table: Table, progress: "_Progress"
) -> None:
    query = select(table).order_by(*table.primary_key).execution_options(yield_per=ROWS_AT_ONCE)
    with archive.open(TABLES + table.name, "w", force_zip64=True) as file:
        write_frame(file, [column.name for column in table.c])
        async with connection.stream(query) as result:
            async for rows in result.partitions():
                await asyncio.to_thread(write_frame, file, [list(row) for row in rows])
                progress.add(len(rows))


async def _write_files(files: FileStore, archive: zipfile.ZipFile) -> int:
    """Write all kept files as they are: sound does not get any smaller."""
    n_files = 0
    async for stored in files.list():
        size = await files.size(stored.path)
        if size is None:
            continue
        part = zipfile.ZipInfo(FILES + stored.path)
        with archive.open(part, "w", force_zip64=True) as file:
            async for piece in files.read(stored.path, 0, size):
                await asyncio.to_thread(file.write, piece)
        n_files += 1
    return n_files


class _Progress:
    """Counts rows, for those who wait."""

    def __init__(self, on_progress: OnProgress, total: int) -> None:
        self._on_progress = on_progress
        self._total = total
        self._done = 0

    def add(self, n_rows: int) -> None:
        self._done += n_rows
        self._on_progress(self._done, self._total)
