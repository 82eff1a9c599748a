"""Databases by URL: SQLite files and PostgreSQL, each opened the way the takes need it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from sqlite3 import SQLITE_BUSY, OperationalError
from time import monotonic, sleep
from typing import Any

import msgspec
from asyncpg import InterfaceError, PostgresError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from server.errors import StoreError

BUSY_SEC = 10.0  # how long a process waits for another one's write to the same SQLite file
BUSY_STEP_SEC = 0.005  # ... and how often it looks where SQLite does not wait by itself
TRUSTED_SEC = 1.0  # after its use a connection counts as alive, unless known to be closed
_POSTGRES_SEC = {"timeout": 10.0, "command_timeout": 30.0}  # a network may swallow a question
BEGIN = "sqlite_begin"  # execution option: how a transaction begins on SQLite

# What a database that fails may raise: asyncpg's own errors come through while it connects, and a
# timeout is an OSError.
FAILURES = (SQLAlchemyError, PostgresError, InterfaceError, OSError)

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
# WAL: readers never wait for the writer. FULL: every commit is on the disk, so that a power cut,
# too, takes no more than the last second; it costs one fsync per flush, on the driver's thread.
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")


def database_url(text: str) -> URL:
    """Read the URL of a database.

    Parameters
    ----------
    text : str
        ``sqlite:///path``, ``postgresql://…`` or ``postgres://…``; libpq's ``sslmode``
        is understood.

    Raises
    ------
    StoreError
        If it is no URL or names another kind of database.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreError("the database URL must be like sqlite:///path or postgresql://…") from None
    driver = _DRIVERS.get(url.drivername, url.drivername)
    if driver not in _DRIVERS.values():
        raise StoreError(f"the database must be SQLite or PostgreSQL, got {url.drivername}")
    if "sslmode" in url.query:
        mode = url.query["sslmode"]
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return url.set(drivername=driver)


def is_sqlite(url: URL) -> bool:
    """Whether the database is a file of this machine."""
    return url.get_backend_name() == "sqlite"


@asynccontextmanager
async def opening(text: str) -> AsyncIterator[AsyncEngine]:
    """Make the engine of a URL and try it in the body; it stays open unless that fails.

    Raises
    ------
    StoreError
        If the database does not answer, or the body says so.
    """
    url = database_url(text)
    try:
        engine = make_engine(url)
        try:
            yield engine
        except BaseException:
            await engine.dispose()
            raise
    except FAILURES as error:
        name = url.render_as_string(hide_password=True)
        cause = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise StoreError(f"the database {name} cannot be opened: {cause}") from error


def make_engine(url: URL) -> AsyncEngine:
    """Make the engine of a database; nothing is opened yet, but a SQLite file is made."""
    if not is_sqlite(url):
        engine = create_async_engine(
            url,
            connect_args=_POSTGRES_SEC,
            hide_parameters=True,
            json_deserializer=msgspec.json.decode,
        )
        _look_for_broken(engine.sync_engine)
        return engine
    if url.database and url.database != ":memory:":
        _make_private_file(Path(url.database))
    engine = create_async_engine(
        url,
        connect_args={"timeout": BUSY_SEC},
        hide_parameters=True,
        json_deserializer=msgspec.json.decode,
    )
    _set_up(engine.sync_engine)
    return engine


def make_sync_engine(url: URL) -> Engine:
    """Make the engine of a SQLite file for use in threads."""
    arguments = {"timeout": BUSY_SEC, "check_same_thread": False}
    engine = create_engine(
        url.set(drivername="sqlite"),
        connect_args=arguments,
        hide_parameters=True,
        json_deserializer=msgspec.json.decode,
    )
    _set_up(engine)
    return engine


def _set_up(engine: Engine) -> None:
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)


def _look_for_broken(engine: Engine) -> None:
    """Replace kept connections that broke, as the pool's ``pool_pre_ping`` does before every use.

    A ping of asyncpg goes to the server and back three times: only where a connection rested, and
    may have been forgotten by what is between, is it worth that.
    """

    @event.listens_for(engine, "checkin")
    def remember(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_sec"] = monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
        if "used_sec" not in record.info:
            return  # it is new
        if connection.driver_connection.is_closed():
            raise DisconnectionError
        if monotonic() - record.info["used_sec"] < TRUSTED_SEC:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def _make_private_file(path: Path) -> None:
    """What somebody plays is nobody else's business: SQLite gives its other files this mode too."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _set_pragmas(connection: Any, _: object) -> None:
    give_up_sec = monotonic() + BUSY_SEC
    for pragma in _PRAGMAS:
        while not _has_set(connection, pragma, is_last_try=monotonic() > give_up_sec):
            sleep(BUSY_STEP_SEC)


def _has_set(connection: Any, pragma: str, *, is_last_try: bool) -> bool:
    """Set a pragma unless another connection is at it.

    Two that switch a new file to WAL at once would wait for each other: SQLite then refuses one of
    them without waiting for its timeout.
    """
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA {pragma}")
    except OperationalError as error:
        if is_last_try or error.sqlite_errorcode != SQLITE_BUSY:
            raise
        return False
    finally:
        cursor.close()
    return True


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))
