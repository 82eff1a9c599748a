"""Takes from the store, for commands."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from server.config import load_settings
from server.errors import StoreError

if TYPE_CHECKING:
    from server.store import TakeStore
    from server.takes.format import StoredTake

T = TypeVar("T")

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url", help="Where takes are kept.", show_default="SQLite in the data folder"
    ),
]


def store_url(database_url: str | None) -> str:
    """The database of an option, else of the environment, else the default."""
    return load_settings(database_url=database_url).store_url


def with_store(database_url: str | None, use: "Callable[[TakeStore], Awaitable[T]]") -> T:
    """Open the store for one thing to be done with it.

    Raises
    ------
    StoreError
        If the database does not answer, or is of another version.
    """
    from server.store import TakeStore
    from server.store.database import FAILURES

    async def run() -> T:
        store = await TakeStore.open(store_url(database_url))
        try:
            return await use(store)
        except FAILURES as error:
            raise StoreError(f"the database does not answer: {type(error).__name__}") from error
        finally:
            await store.close()

    return asyncio.run(run())


def load_take(database_url: str | None, name: str) -> "StoredTake":
    """Load a take by the beginning of its id, or ``last``.

    Raises
    ------
    TakeError
        If there is none, or more than one, or it is damaged.
    """

    async def load(store: "TakeStore") -> "StoredTake":
        return await store.load(await store.find(name))

    return with_store(database_url, load)
