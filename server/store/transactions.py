"""One open database: reading, and writing in transactions, as both kinds of database like it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Row, Select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.store.database import BEGIN, is_sqlite, make_sync_engine, opening
from server.store.upgrade import require_current

THREADS = 4  # that read a SQLite file side by side
WRITES_AT_ONCE = 50
T = TypeVar("T")


class _Waiting(NamedTuple):
    """Some writing that waits for its turn, and who waits for it."""

    work: Callable[[Connection], Any]
    done: "asyncio.Future[Any]"


class Database:
    """An open database, shared by all stores; made by :meth:`open`.

    What it does raises one of :data:`server.store.database.FAILURES` when the database fails.

    Parameters
    ----------
    engine : AsyncEngine
        Its schema is of this version.

    Attributes
    ----------
    is_sqlite : bool
        Whether it is a file of this machine.
    insert : callable
        ``insert(table)`` of its dialect, which knows ``on_conflict_do_nothing`` and
        ``on_conflict_do_update``.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.is_sqlite = is_sqlite(engine.url)
        # A query of PostgreSQL is a transaction by itself: none is begun and ended around it.
        at_once = {} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._reader = engine.execution_options(**at_once)
        self.insert: Any = sqlite.insert if self.is_sqlite else postgresql.insert
        # SQLite has one writer at a time: here they wait in turn, where SQLite itself would have
        # them come back and look, less and less often.
        self._turn = asyncio.Lock()
        self._waiting: list[_Waiting] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._sync_engine = make_sync_engine(engine.url) if self.is_sqlite else None
        self._threads = ThreadPoolExecutor(THREADS, "sqlite") if self.is_sqlite else None

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Open a database; a SQLite file is made, and upgraded where it is behind.

        Parameters
        ----------
        url : str
            As :func:`server.store.database.database_url` takes it.

        Raises
        ------
        StoreError
            If it does not answer, or its schema is not of this version.
        """
        async with opening(url) as engine:
            await require_current(engine)
        return cls(engine)

    async def close(self) -> None:
        """Let go of the database."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._threads is not None:
            await asyncio.to_thread(self._threads.shutdown)
        if self._sync_engine is not None:
            self._sync_engine.dispose()
        await self.engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection to read by.

        Queries that have to agree with each other read by :meth:`snapshot`.
        """
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that reads one and the same state, however long it takes.

        A read transaction of SQLite (in WAL mode) always does.
        """
        async with self.engine.connect() as connection:
            if not self.is_sqlite:
                options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                await connection.execution_options(**options)
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose changes are kept when the body ends, all, or none if it raises.

        What is read in it cannot be changed by another writer of a SQLite file meanwhile; on
        PostgreSQL, lock the rows (``with_for_update``) or state the condition in the change itself.
        """
        if not self.is_sqlite:
            async with self.engine.begin() as connection:
                yield connection
            return
        async with self._turn, self.engine.connect() as connection:
            await connection.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
            async with connection.begin():
                yield connection

    async def rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """Read all rows of one query."""

        def read(connection: Connection) -> Sequence[Row[Any]]:
            return connection.execute(query).all()

        return await self.read(read)

    async def row(self, query: Select[Any]) -> Row[Any] | None:
        """Read the first row of one query; None where there is none."""

        def read(connection: Connection) -> Row[Any] | None:
            return connection.execute(query).first()

        return await self.read(read)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do some reading at once.

        Parameters
        ----------
        work : callable
            Given a connection as :meth:`reading` has it. With SQLite it runs in a thread from its
            begin to its end: on the way there and back, one step costs as much as a query.
        """
        if self._threads is None:
            async with self._reader.connect() as connection:
                return await connection.run_sync(work)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do some writing at once, in a transaction as :meth:`writing` has it.

        Parameters
        ----------
        work : callable
            As for :meth:`read`. What it changes is kept, all or nothing, when this returns. With
            SQLite, several may share a transaction.
        """
        if self._threads is None:
            async with self.engine.begin() as connection:
                return await connection.run_sync(work)
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(work, done))
        task = asyncio.create_task(self._write_waiting())  # goes on if who waits is cancelled
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await done

    async def _write_waiting(self) -> None:
        """Write all that wait for their turn, in one transaction: the disk is waited for once."""
        async with self._turn:
            some, self._waiting = self._waiting[:WRITES_AT_ONCE], self._waiting[WRITES_AT_ONCE:]
            if not some:
                return
            loop = asyncio.get_running_loop()
            try:
                works = [waiting.work for waiting in some]
                outcomes = await loop.run_in_executor(self._threads, self._write, works)
            except Exception as error:  # whatever it is, it is theirs who wait
                outcomes = [error] * len(some)
        for waiting, outcome in zip(some, outcomes, strict=True):
            if waiting.done.done():
                continue
            if isinstance(outcome, Exception):
                waiting.done.set_exception(outcome)
            else:
                waiting.done.set_result(outcome)

    def _write(self, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
        """Do each; what one of them raises is its outcome and undoes nothing of the others."""
        assert self._sync_engine is not None
        outcomes: list[Any] = []
        with self._sync_engine.connect() as connection:
            connection.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
            with connection.begin():
                for work in works:
                    try:
                        with connection.begin_nested():
                            outcomes.append(work(connection))
                    except Exception as error:
                        outcomes.append(error)
        return outcomes

    def _read(self, work: Callable[[Connection], T]) -> T:
        assert self._sync_engine is not None
        with self._sync_engine.connect() as connection:
            return work(connection)
