"""Backups: everything in one file, and back again into either kind of database."""

import asyncio
import io
import json
import zipfile
from datetime import UTC, datetime

import msgspec
import pytest
from settled import TABLES, settle
from sqlalchemy import select

from server.backup import back_up, restore
from server.backup.archive import MANIFEST, Manifest, write_frame
from server.backup.dump import PASSING, ROWS_AT_ONCE, kept_tables
from server.errors import BackupError
from server.files.store import FileStore
from server.identity.accounts import AccountStore
from server.pieces.seeding import seed
from server.store import RoomRecord, TakeStore
from server.store.database import opening
from server.store.upgrade import REVISIONS, upgrade
from server.takes.ids import uuid7
from server.takes.replay import replay


def nothing(done: int, total: int) -> None:
    """Nobody waits."""


def files(folder, name="files") -> FileStore:
    return FileStore(None, folder / name)


@pytest.fixture
async def kept(database_url):
    """A database with two people who have something of everything, and many who have nothing."""
    store = await TakeStore.open(database_url)
    accounts = AccountStore(store.database)
    ada, bob = await accounts.make("Ada", "teacher"), await accounts.make("Bob", email="B@x.org")
    await settle(store, ada.id, bob.id)
    await settle(store, bob.id, ada.id)
    for k in range(ROWS_AT_ONCE):
        await accounts.make(f"Player {k}")
    await store.rooms().write([RoomRecord(uuid7(), datetime.now(UTC), b"a room")], ())
    yield store
    await store.close()


async def contents(database) -> dict[str, list]:
    return {
        table.name: [
            tuple(row) for row in await database.rows(select(table).order_by(*table.primary_key))
        ]
        for table in kept_tables()
    }


async def serve_once(url) -> None:
    """Leave in a database what a server does that nobody has used."""
    async with opening(url) as engine:
        await upgrade(engine)
        await engine.dispose()
    store = await TakeStore.open(url)
    await seed(store.database)
    await store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def other_url(request, tmp_path):
    """An empty database to restore into, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'restored.db'}"
    return request.getfixturevalue("second_postgres_url")


async def test_a_restored_database_is_the_same_in_every_row(kept, other_url, tmp_path):
    file, steps = tmp_path / "all.backup", []
    sound = "someone/sounds/one/x.wav"
    await files(tmp_path).put(sound, b"a sound")
    manifest = await back_up(kept.database, files(tmp_path), file, lambda *step: steps.append(step))
    before = await contents(kept.database)
    assert all(before.values())
    assert manifest.tables == {name: len(rows) for name, rows in before.items()}
    assert steps[-1] == (manifest.n_rows, manifest.n_rows)
    assert file.stat().st_mode & 0o777 == 0o600
    await serve_once(other_url)
    assert (await restore(other_url, files(tmp_path, "new"), file, nothing)) == manifest
    store = await TakeStore.open(other_url)
    assert await contents(store.database) == before
    take = await store.load((await store.list())[0].id)
    assert replay(take).is_same
    kept_sound = files(tmp_path, "new").read(sound, 0, 7)
    assert [piece async for piece in kept_sound] == [b"a sound"]
    await store.recover()
    assert {info.status for info in await store.list()} == {"recovered"}
    await store.close()


def test_every_table_is_kept():
    assert {table.name for table in kept_tables()} | PASSING == set(TABLES)


async def test_a_backup_replaces_no_other(kept, tmp_path):
    file = tmp_path / "all.backup"
    file.write_text("another")
    with pytest.raises(BackupError, match="exists already"):
        await back_up(kept.database, files(tmp_path), file, nothing)
    assert file.read_text() == "another"


async def test_a_backup_that_cannot_be_written_leaves_nothing(kept, tmp_path):
    with pytest.raises(BackupError, match="cannot be written: No such file"):
        await back_up(kept.database, files(tmp_path), tmp_path / "none" / "all.backup", nothing)
    assert list(tmp_path.rglob("*.part")) == []


async def test_a_database_in_use_is_left_alone(kept, tmp_path):
    file = tmp_path / "all.backup"
    await back_up(kept.database, files(tmp_path), file, nothing)
    before = await contents(kept.database)
    url = kept.database.engine.url.render_as_string(hide_password=False)
    with pytest.raises(BackupError, match="restore into an empty one"):
        await restore(url, files(tmp_path, "new"), file, nothing)
    assert await contents(kept.database) == before


async def damaged(file, change) -> None:
    """Write a backup anew with a part changed; None leaves it out."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            if (data := change(name, data)) is not None:
                archive.writestr(name, data)


def without_column(part, name):
    """The rows of a table as they were before it had a column."""
    data, frames = io.BytesIO(part), []
    while head := data.read(4):
        frames.append(msgspec.msgpack.decode(data.read(int.from_bytes(head, "big"))))
    place = frames[0].index(name)
    rest = [[*frames[0][:place], *frames[0][place + 1 :]]]
    rest += [[[*row[:place], *row[place + 1 :]] for row in rows] for rows in frames[1:]]
    old = io.BytesIO()
    for frame in rest:
        write_frame(old, frame)
    return old.getvalue()


DAMAGES = {
    "cut off": (lambda name, data: None if name == MANIFEST else data, "was cut off"),
    "part missing": (lambda name, data: None if name == "tables/users" else data, "tables/users"),
    "rows missing": (
        lambda name, data: (
            data[: 4 + int.from_bytes(data[:4], "big")] if name == "tables/users" else data
        ),
        "users has 0 rows",
    ),
    "newer": (
        lambda name, data: (
            json.dumps({**json.loads(data), "version": 99}) if name == MANIFEST else data
        ),
        "newer Etude",
    ),
    "newer schema": (
        lambda name, data: (
            json.dumps({**json.loads(data), "revision": "9999"}) if name == MANIFEST else data
        ),
        "newer Etude",
    ),
    "strange table": (
        lambda name, data: (
            json.dumps({**json.loads(data), "tables": {"pg_authid": 1}})
            if name == MANIFEST
            else data
        ),
        "has no pg_authid",
    ),
}


@pytest.mark.parametrize("kind", DAMAGES)
async def test_a_damaged_backup_fills_nothing(sqlite_url, tmp_path, kind):
    store = await TakeStore.open(sqlite_url)
    await AccountStore(store.database).make("Ada")
    file = tmp_path / "all.backup"
    await back_up(store.database, files(tmp_path), file, nothing)
    await store.close()
    change, message = DAMAGES[kind]
    await damaged(file, change)
    other = f"sqlite:///{tmp_path / 'restored.db'}"
    with pytest.raises(BackupError, match=message):
        await restore(other, files(tmp_path, "new"), file, nothing)
    store = await TakeStore.open(other)
    assert not any((await contents(store.database)).values())
    await store.close()


@pytest.mark.parametrize("content", [b"", b"no backup" * 100])
async def test_what_is_no_backup_is_refused(tmp_path, content):
    file = tmp_path / "x.backup"
    file.write_bytes(content)
    with pytest.raises(BackupError, match="is no backup of Etude"):
        await restore(f"sqlite:///{tmp_path / 'restored.db'}", files(tmp_path), file, nothing)


async def test_a_backup_of_an_earlier_version_is_brought_up(sqlite_url, other_url, tmp_path):
    store = await TakeStore.open(sqlite_url)
    ada = (await AccountStore(store.database).make("Ada")).id
    take = await settle(store, ada, ada)
    file = tmp_path / "all.backup"
    await back_up(store.database, files(tmp_path), file, nothing)
    await store.close()
    first = {"takes": 1, "take_chunks": 1}
    manifest = Manifest(
        etude="0.0.1", revision=REVISIONS[0], made_at=datetime.now(UTC), tables=first, files=0
    )
    told = {key: getattr(manifest, key) for key in ("version", "etude", "revision", "tables")}
    told |= {"files": 0, "made_at": manifest.made_at.isoformat()}

    def as_then(name, data):
        if name == MANIFEST:
            return json.dumps(told)
        return without_column(data, "instrument") if name == "tables/takes" else data

    await damaged(file, as_then)
    await restore(other_url, files(tmp_path, "new"), file, nothing)
    store = await TakeStore.open(other_url)
    assert [info.id for info in await store.list()] == [take.id]
    await store.close()


async def test_a_database_of_another_schema_is_left_alone(tmp_path, sqlite_url):
    store = await TakeStore.open(sqlite_url)
    file = tmp_path / "all.backup"
    await back_up(store.database, files(tmp_path), file, nothing)
    await store.close()
    other = f"sqlite:///{tmp_path / 'old.db'}"
    async with opening(other) as engine:
        await upgrade(engine, REVISIONS[0])
        await engine.dispose()
    with pytest.raises(BackupError, match="the database is at schema 0001"):
        await restore(other, files(tmp_path, "new"), file, nothing)


def test_the_commands_say_what_they_did(etude, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asyncio.run(make_ada())
    status, out, _ = etude("backup", "all.backup")
    assert status == 0
    assert out.startswith("wrote all.backup: 1 accounts, 0 practice sessions, 0 takes")
    status, out, _ = etude("restore", "all.backup", "--database-url", "sqlite:///new.db")
    assert (status, out.startswith("restored the backup of 20")) == (0, True)
    status, _, error = etude("restore", "all.backup", "--database-url", "sqlite:///new.db")
    assert (status, "restore into an empty one" in error) == (1, True)


async def make_ada() -> None:
    from server.config import load_settings

    store = await TakeStore.open(load_settings().store_url)
    await AccountStore(store.database).make("Ada")
    await store.close()
