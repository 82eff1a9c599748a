"""Bringing a database up to the schema of this version."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from server.errors import StoreError
from server.store.database import BEGIN, is_sqlite

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
)  # every migration, oldest first; a test compares them with the files
_LOCK = 0x45747564  # "Etud": one upgrade of a PostgreSQL at a time


async def require_current(engine: AsyncEngine) -> None:
    """Upgrade a SQLite file; refuse a PostgreSQL that is behind, as others may be using it.

    Raises
    ------
    StoreError
        If the schema is behind, or of a newer version of Etude.
    """
    if await current_revision(engine) == REVISIONS[-1]:
        return
    if not is_sqlite(engine.url):
        raise StoreError("the database is not of this version's schema: run `etude db upgrade`")
    await upgrade(engine)


async def current_revision(engine: AsyncEngine) -> str | None:
    """Say which migration the database is at; None: an empty one.

    Raises
    ------
    StoreError
        If it is one that this version does not know.
    """
    async with engine.connect() as connection:
        revision = await connection.run_sync(_revision)
    if revision not in (None, *REVISIONS):
        raise StoreError(f"the database was written by a newer Etude (schema {revision})")
    return revision


async def upgrade(engine: AsyncEngine, revision: str = REVISIONS[-1]) -> None:
    """Run the migrations that are missing, all or none, one process at a time.

    Parameters
    ----------
    engine : AsyncEngine
        Of the database.
    revision : str
        How far to go.
    """
    await current_revision(engine)
    async with engine.connect() as connection:
        await connection.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
        async with connection.begin():
            await connection.run_sync(_upgrade, revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _upgrade(connection: Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    config = Config()
    folder = Path(__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
