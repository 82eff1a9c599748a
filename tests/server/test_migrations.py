"""Migrations: from nothing to the tables of this version, on both kinds of database."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec.structs import asdict, replace
from sqlalchemy import MetaData, inspect, text

from server.errors import StoreError
from server.store import TakeStore, upgrade
from server.store.database import opening
from server.store.tables import Base
from server.store.tables.songs import SEARCH_INDEX, SEARCH_TABLE
from server.takes.file import read_take
from server.takes.ids import uuid7
from server.takes.replay import replay

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


@pytest.fixture(params=["sqlite_url", "empty_postgres_url"])
def empty_url(request):
    return request.getfixturevalue(request.param)


def tables(connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def is_in_models(name, kind, parents) -> bool:
    """What makes pieces searchable is each database's own: no model has it."""
    return not (name or "").startswith((SEARCH_TABLE, SEARCH_INDEX))


def differences(connection) -> list:
    options = {"compare_server_default": True, "include_name": is_in_models}
    context = MigrationContext.configure(connection, opts=options)
    return compare_metadata(context, Base.metadata)


async def run_sync(url, function):
    async with opening(url) as engine:
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(function)
        finally:
            await engine.dispose()


async def migrate(url) -> None:
    async with opening(url) as engine:
        try:
            await upgrade.upgrade(engine)
        finally:
            await engine.dispose()


async def test_migrations_from_nothing_make_what_the_models_say(empty_url):
    await migrate(empty_url)
    assert await run_sync(empty_url, differences) == []


async def test_upgrading_again_changes_nothing(empty_url):
    await migrate(empty_url)
    await migrate(empty_url)
    assert await run_sync(empty_url, differences) == []


async def test_upgrades_at_the_same_time_take_turns(empty_url):
    await asyncio.gather(*(migrate(empty_url) for _ in range(8)))
    assert await run_sync(empty_url, differences) == []


async def test_failed_migration_leaves_nothing_behind(empty_url):
    await run_sync(empty_url, lambda c: c.execute(text("CREATE TABLE take_writers (id INTEGER)")))
    with pytest.raises(StoreError, match="take_writers"):
        await migrate(empty_url)
    assert await run_sync(empty_url, tables) == {"take_writers"}


async def test_known_revisions_are_the_migration_files():
    folder = Path(upgrade.__file__).with_name("migrations")
    found = [script.revision for script in ScriptDirectory(str(folder)).walk_revisions()]
    assert tuple(reversed(found)) == upgrade.REVISIONS


async def test_sqlite_file_is_upgraded_when_opened(sqlite_url):
    store = await TakeStore.open(sqlite_url)
    assert await store.list() == []
    await store.close()
    assert await run_sync(sqlite_url, differences) == []


async def test_postgresql_that_is_behind_is_refused(empty_postgres_url):
    with pytest.raises(StoreError, match="run `etude db upgrade`"):
        await TakeStore.open(empty_postgres_url)
    assert await run_sync(empty_postgres_url, tables) == set()


async def test_database_of_a_newer_version_is_refused_and_left_alone(database_url):
    await migrate(database_url)
    newer = text("UPDATE alembic_version SET version_num = '9999'")
    await run_sync(database_url, lambda connection: connection.execute(newer))
    with pytest.raises(StoreError, match=r"written by a newer Etude \(schema 9999\)"):
        await TakeStore.open(database_url)
    with pytest.raises(StoreError, match=r"written by a newer Etude \(schema 9999\)"):
        await migrate(database_url)


async def test_file_that_is_no_database_is_refused(sqlite_url, tmp_path):
    (tmp_path / "takes").mkdir()
    (tmp_path / "takes" / "etude.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="cannot be opened: file is not a database"):
        await TakeStore.open(sqlite_url)


async def test_sqlite_file_is_private_durable_and_keeps_its_references(sqlite_url, tmp_path):
    store = await TakeStore.open(sqlite_url)
    file = tmp_path / "takes" / "etude.db"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    await store.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    full = 2
    for pragma, expected in (("foreign_keys", 1), ("synchronous", full)):
        query = text(f"PRAGMA {pragma}")
        assert await run_sync(sqlite_url, lambda c, query=query: c.scalar(query)) == expected


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "the database URL must be like"),
        ("mysql://localhost/x", "must be SQLite or PostgreSQL, got mysql"),
        ("sqlite:////proc/none/etude.db", "cannot be opened"),
        (
            "postgres://u:secret@127.0.0.1:1/x",
            r"postgresql\+asyncpg://u:\*\*\*@127.0.0.1:1/x cannot",
        ),
    ],
)
async def test_database_that_cannot_be_opened_is_one_clear_error(url, message):
    with pytest.raises(StoreError, match=message) as raised:
        await TakeStore.open(url)
    assert "secret" not in str(raised.value)


async def test_wrong_password_or_database_is_one_clear_error(empty_postgres_url):
    with pytest.raises(StoreError, match="does not exist"):
        await TakeStore.open(empty_postgres_url + "x")


async def test_sslmode_of_libpq_is_understood(postgres_url):
    store = await TakeStore.open(
        f"{postgres_url}?sslmode=prefer".replace("postgresql:", "postgres:")
    )
    assert await store.problem() is None
    await store.close()


@pytest.mark.parametrize("revision", upgrade.REVISIONS[:-1])
async def test_takes_of_earlier_schemas_come_through(empty_url, revision):
    golden = [read_take(path) for path in sorted(GOLDEN.glob("*.etude"))]
    takes = [take._replace(header=replace(take.header, id=uuid7())) for take in golden]
    async with opening(empty_url) as engine:
        await upgrade.upgrade(engine, revision)
        async with engine.begin() as connection:
            await connection.run_sync(insert_as_then, takes)
        await upgrade.upgrade(engine)
        await engine.dispose()
    assert await run_sync(empty_url, differences) == []
    store = await TakeStore.open(empty_url)
    for take in takes:
        kept = await store.load(take.header.id)
        assert kept == take, revision
        assert replay(kept).is_same
    await store.close()


def insert_as_then(connection, takes) -> None:
    """Write takes into the tables as they are, whatever the models say by now."""
    metadata = MetaData()
    metadata.reflect(connection, only=["takes", "take_chunks"])
    for take in takes:
        row = {**asdict(take.header), "writer_id": "0" * 36, "status": take.status}
        row = {name: value for name, value in row.items() if name in metadata.tables["takes"].c}
        marks = take.summary._asdict() if take.summary else {}
        connection.execute(metadata.tables["takes"].insert().values(**row, **marks))
        for number, data in enumerate(take.chunks):
            chunk = {"take_id": take.header.id, "number": number, "data": data}
            connection.execute(metadata.tables["take_chunks"].insert().values(chunk))
