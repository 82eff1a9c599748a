"""One open database: what is read and written at once, and what is undone."""

import asyncio
from threading import Thread

import asyncpg
import pytest
from sqlalchemy import func, select

import server.store.database as database_module
from server.identity.account import Account
from server.identity.accounts import USERS, user_values
from server.store import Database
from server.store.transactions import WRITES_AT_ONCE
from server.takes.ids import uuid7

END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@pytest.fixture
async def database(database_url):
    database = await Database.open(database_url)
    yield database
    await database.close()


def adding(name, user_id=None):
    """Write a user; the number of users that are there then is the outcome."""

    def work(connection):
        values = user_values(Account(id=user_id or uuid7(), name=name))
        connection.execute(USERS.insert().values(values))
        return connection.scalar(select(func.count()).select_from(USERS))

    return work


async def names(database) -> set[str]:
    return {row.name for row in await database.rows(select(USERS.c.name))}


async def test_what_is_written_is_there_when_it_returns(database):
    assert await database.write(adding("Ada")) == 1
    assert await names(database) == {"Ada"}


async def test_many_that_write_at_once_are_all_kept(database):
    n_writes = 2 * WRITES_AT_ONCE + 7
    await asyncio.gather(*(database.write(adding(f"{k}")) for k in range(n_writes)))
    assert await names(database) == {f"{k}" for k in range(n_writes)}


async def test_one_that_fails_undoes_itself_alone(database):
    def failing(connection):
        adding("Eve")(connection)
        raise RuntimeError("not this one")

    works = [adding("Ada"), failing, adding("Bob")]
    outcomes = await asyncio.gather(*map(database.write, works), return_exceptions=True)
    assert isinstance(outcomes[1], RuntimeError)
    assert await names(database) == {"Ada", "Bob"}


async def test_one_that_breaks_a_rule_of_the_database_undoes_itself_alone(database):
    same = uuid7()
    works = [adding("Ada", same), adding("Eve", same), adding("Bob")]
    outcomes = await asyncio.gather(*map(database.write, works), return_exceptions=True)
    assert [isinstance(outcome, Exception) for outcome in outcomes].count(True) == 1
    assert len(await names(database)) == 2


async def test_who_goes_away_keeps_nobody_else_waiting(database):
    tasks = [asyncio.create_task(database.write(adding(f"{k}"))) for k in range(20)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert {f"{k}" for k in range(1, 20)} <= await names(database)


async def test_writers_of_both_kinds_take_turns(database):
    async def one(name):
        values = user_values(Account(id=uuid7(), name=name))
        async with database.writing() as connection:
            await connection.execute(USERS.insert().values(values))

    works = [database.write(adding(f"b{k}")) for k in range(10)]
    await asyncio.gather(*(one(f"a{k}") for k in range(10)), *works)
    assert len(await names(database)) == 20


def end_connections(url):
    """End all connections to a database, while the loop of the test stands still."""

    async def end():
        connection = await asyncpg.connect(url)
        await connection.execute(END_OTHERS)
        await connection.close()

    ending = Thread(target=asyncio.run, args=[end()])
    ending.start()
    ending.join()


async def test_a_connection_known_to_be_closed_is_replaced(postgres_url):
    database = await Database.open(postgres_url)
    assert await names(database) == set()
    end_connections(postgres_url)
    await asyncio.sleep(0.1)  # until the loop has heard of it
    assert await names(database) == set()
    await database.close()


async def test_a_connection_that_broke_unheard_while_it_rested_is_replaced(
    postgres_url, monkeypatch
):
    database = await Database.open(postgres_url)
    assert await names(database) == set()
    end_connections(postgres_url)
    monkeypatch.setattr(database_module, "TRUSTED_SEC", 0.0)
    assert await names(database) == set()
    await database.close()
