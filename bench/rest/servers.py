"""Servers to measure: on a SQLite file or a PostgreSQL database that is made for it and dropped."""

import asyncio
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import msgspec

from bench.bench_server import SERVER, running
from bench.errors import BenchError
from bench.rest.http import Ask, Connection
from server.store.database import opening
from server.store.upgrade import upgrade

POSTGRES = os.environ.get("ETUDE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
KINDS = ("sqlite", "postgres")
BASE = "/api/v1/"
# Neither of what one account, nor of what one address may ask is to be measured here.
PLENTY = {"ETUDE_RATE_LIMITS_REQUESTS_PER_ACCOUNT_PER_MINUTE": "10000000"}


@contextmanager
def database(kind: str) -> Iterator[dict[str, str]]:
    """Make a database; gives the settings that lead a server to it."""
    if kind == "sqlite":
        yield {}
        return
    name = f"etude_bench_{uuid.uuid4().hex}"
    url = f"{POSTGRES.rpartition('/')[0]}/{name}"
    try:
        asyncio.run(_tell(f"CREATE DATABASE {name}"))
    except (OSError, asyncpg.PostgresError) as error:
        raise BenchError(f"no PostgreSQL at {POSTGRES}: {error}; see ETUDE_TEST_POSTGRES") from None
    try:
        asyncio.run(_migrate(url))
        yield {"ETUDE_DATABASE_URL": url}
    finally:
        asyncio.run(_tell(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def serving(kind: str, **settings: str) -> Iterator[tuple[str, int]]:
    """Run a server on a new database of its own; gives its URL and process id."""
    with database(kind) as where, running(*SERVER, **PLENTY, **where, **settings) as (url, pid):
        yield url.replace("localhost", "127.0.0.1").rstrip("/"), pid


async def ask(connection: Connection, url: str, token: str, way: str, body: Any = None) -> Any:
    """Send one request, as ``POST sessions``; give what the answer says.

    Raises
    ------
    BenchError
        If it is refused.
    """
    method, path = way.split()
    sent = "" if body is None else msgspec.json.encode(body).decode()
    host = url.partition("://")[2]
    answer = await connection.ask(Ask(method, BASE + path, sent).encoded(host, token))
    if answer.status >= 300:
        raise BenchError(f"{way} was answered with {answer.status}: {answer.body[:200]!r}")
    return msgspec.json.decode(answer.body) if answer.body else None


async def sign_up(url: str) -> str:
    """Make an account; give its token."""
    connection = await Connection.open(url)
    about = {"email": "ada@example.org", "password": "a tune for two hands", "name": "Ada"}
    token: str = (await ask(connection, url, "", "POST auth/register", about))["access_token"]
    connection.close()
    return token


async def _tell(sql: str) -> None:
    connection = await asyncpg.connect(POSTGRES, timeout=5)
    await connection.execute(sql)
    await connection.close()


async def _migrate(url: str) -> None:
    async with opening(url) as engine:
        await upgrade(engine)
        await engine.dispose()
