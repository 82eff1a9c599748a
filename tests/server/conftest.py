"""Real databases, empty at the start of each test, and real servers on free ports."""

import asyncio
import os
import uuid
from types import SimpleNamespace

import asyncpg
import pytest
from aiohttp import web

from server.app import make_app
from server.config import Settings
from server.store.database import opening
from server.store.upgrade import upgrade

POSTGRES = os.environ.get("ETUDE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
"""


async def run_sql(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    await connection.execute(sql)
    await connection.close()


@pytest.fixture(scope="session")
def postgres_database():
    """A PostgreSQL database of this run alone, dropped at its end."""
    name = f"etude_{uuid.uuid4().hex}"
    try:
        asyncio.run(run_sql(POSTGRES, f"CREATE DATABASE {name}"))
    except (OSError, asyncpg.PostgresError) as error:
        pytest.skip(f"no PostgreSQL at {POSTGRES}: {error}")
    yield f"{POSTGRES.rpartition('/')[0]}/{name}"
    asyncio.run(run_sql(POSTGRES, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def empty_postgres_url(postgres_database):
    """A PostgreSQL database without tables."""
    await run_sql(postgres_database, EMPTY)
    return postgres_database


@pytest.fixture
async def postgres_url(empty_postgres_url):
    """A PostgreSQL database with the tables of this version."""
    async with opening(empty_postgres_url) as engine:
        await upgrade(engine)
        await engine.dispose()
    return empty_postgres_url


@pytest.fixture
def sqlite_url(tmp_path):
    """A SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'takes' / 'etude.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request):
    """A database of each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
async def start_server(tmp_path):
    """Start the server on a free port, as often as a test asks; gives URL and application."""
    runners = []

    async def start(**settings):
        settings = Settings(data_dir=tmp_path / "data", **settings)
        runner = web.AppRunner(make_app(settings), access_log=None, shutdown_timeout=1.0)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return SimpleNamespace(
            url=f"http://127.0.0.1:{runner.addresses[0][1]}", app=runner.app, runner=runner
        )

    yield start
    for runner in runners:
        await runner.cleanup()
