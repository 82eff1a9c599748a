"""Filling an empty database from a backup, of either kind, of this version or an earlier one."""

import asyncio
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Table,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.backup.archive import FILES, TABLES, Manifest, read_frames, read_manifest
from server.errors import BackupError
from server.files.store import FileStore
from server.store.database import is_sqlite, opening
from server.store.tables import UtcDateTime
from server.store.upgrade import REVISIONS, current_revision, upgrade

SONGS = "songs"
OnProgress = Callable[[int, int], None]


async def restore(url: str, files: FileStore, path: Path, on_progress: OnProgress) -> Manifest:
    """Fill an empty database, all of it or nothing, after the kept files.

    The tables are made as they were when the backup was, filled, then brought up to this version.

    Parameters
    ----------
    url : str
        As :func:`server.store.database.database_url` takes it.
    files : FileStore
        Takes the recordings; a server sweeps away those that no row leads to.
    path : Path
        The backup.
    on_progress : callable
        Called with the number of rows restored and how many there are.

    Raises
    ------
    BackupError
        If it is no backup, is damaged or newer, or the database has anything in it.
    StoreError
        If the database does not answer.
    """
    manifest = await asyncio.to_thread(read_manifest, path)
    if manifest.revision not in REVISIONS:
        raise BackupError(f"{path} was made by a newer Etude ({manifest.etude})")
    async with opening(url) as engine:
        try:
            await _make_tables(engine, manifest.revision)
            with zipfile.ZipFile(path) as archive:
                await _require_empty(engine, set(manifest.tables))
                await _write_files(files, archive, manifest)
                await _fill(engine, archive, manifest, on_progress)
            await upgrade(engine)
        finally:
            await engine.dispose()
    return manifest


async def _make_tables(engine: AsyncEngine, revision: str) -> None:
    found = await current_revision(engine)
    if found is None:
        await upgrade(engine, revision)
    elif found != revision:
        raise BackupError(
            f"the database is at schema {found}, the backup at {revision}: "
            "restore into a database without tables"
        )


async def _fill(
    engine: AsyncEngine, archive: zipfile.ZipFile, manifest: Manifest, on_progress: OnProgress
) -> None:
    done = 0
    async with engine.begin() as connection:
        tables = await connection.run_sync(_reflected, set(manifest.tables))
        for table in tables:
            if table.name == SONGS:
                await connection.execute(table.delete())
            n_rows = 0
            async for rows in _rows(archive, table):
                await connection.execute(table.insert(), rows)
                n_rows += len(rows)
                on_progress(done + n_rows, manifest.n_rows)
            if n_rows != manifest.tables[table.name]:
                raise BackupError(
                    f"the backup is damaged: {table.name} has {n_rows} rows, "
                    f"not {manifest.tables[table.name]}"
                )
            done += n_rows
            await _set_sequence(connection, table)


def _reflected(connection: Connection, names: set[str]) -> list[Table]:
    """The tables as they are now, those that others refer to first; times are UTC everywhere."""
    if missing := names - set(inspect(connection).get_table_names()):
        raise BackupError(f"the backup is damaged: its schema has no {', '.join(sorted(missing))}")
    metadata = MetaData()
    metadata.reflect(connection, only=sorted(names))
    for table in metadata.tables.values():
        for column in table.c:
            if isinstance(column.type, DateTime):
                column.type = UtcDateTime()
    return [table for table in metadata.sorted_tables if table.name in names]


async def _require_empty(engine: AsyncEngine, names: set[str]) -> None:
    async with engine.connect() as connection:
        for table in await connection.run_sync(_reflected, names):
            if await connection.scalar(select(func.count()).where(_is_kept(table))):
                raise BackupError(
                    f"the database has {table.name} in it: restore into an empty one, "
                    "so that nothing is mixed or lost"
                )


def _is_kept(table: Table) -> ColumnElement[bool]:
    """The rows that somebody made: shipped pieces are in every database that was served once."""
    if table.name == SONGS:
        return table.c.owner_id.is_not(None)
    return next(iter(table.primary_key)).is_not(None)


async def _write_files(files: FileStore, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    names = [name for name in archive.namelist() if name.startswith(FILES)]
    if len(names) != manifest.files:
        raise BackupError(f"the backup is damaged: it has {len(names)} files, not {manifest.files}")
    for name in names:
        try:
            data = await asyncio.to_thread(archive.read, name)
        except (OSError, EOFError, zipfile.BadZipFile) as error:
            raise BackupError(f"the backup is damaged: {name}: {error}") from None
        await files.put(name.removeprefix(FILES), data)


async def _rows(archive: zipfile.ZipFile, table: Table) -> Any:
    """Read the rows of a table, some at a time, as its columns take them."""
    frames = read_frames(archive, TABLES + table.name)
    names = await asyncio.to_thread(next, frames, None)
    if names is None or not set(names) <= set(table.c.keys()):
        raise BackupError(f"the backup is damaged: {table.name} has not the columns of its schema")
    readers = [_reader(table, name) for name in names]
    while (frame := await asyncio.to_thread(next, frames, None)) is not None:
        yield [
            {name: read(value) for name, read, value in zip(names, readers, row, strict=True)}
            for row in frame
        ]


def _reader(table: Table, name: str) -> Callable[[Any], Any]:
    kind = table.c[name].type
    if isinstance(kind, Date):
        return lambda value: value and date.fromisoformat(value)
    if isinstance(kind, UtcDateTime):  # MessagePack has no zone but UTC; a text is of another
        return lambda value: datetime.fromisoformat(value) if isinstance(value, str) else value
    return lambda value: value


async def _set_sequence(connection: AsyncConnection, table: Table) -> None:
    """Have PostgreSQL count on from the numbers that are taken."""
    if is_sqlite(connection.engine.url):
        return
    for column in table.primary_key:
        if isinstance(column.type, Integer) and column.server_default is not None:
            sequence = f"pg_get_serial_sequence('{table.name}', '{column.name}')"
            query = f"SELECT setval({sequence}, max({column.name})) FROM {table.name}"
            await connection.execute(text(query))
