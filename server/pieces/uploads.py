"""The pieces that people upload: kept, changed, deleted, each by its owner alone."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import ApiError, UnknownSongError
from server.pieces.naming import quoted
from server.pieces.search import index_terms
from server.pieces.study import Study
from server.pieces.upload import FIRST_ID, Upload, upload_id
from server.pieces.words import words_of
from server.store.tables import Base
from server.store.tables.songs import EVERYBODY
from server.store.transactions import Database

MAX_UPLOADS = 200  # of one user
KIND = "piece"
_SONGS: Table = Base.metadata.tables["songs"]
_NUMBERS: Table = Base.metadata.tables["song_numbers"]


class Uploads:
    """Changes what there is.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, owner_id: str, data: bytes) -> Upload | None:
        """Give the piece that a file is already; None: it is new, and there is room for it.

        Raises
        ------
        ApiError
            409, if the owner has as many as may be.
        """
        async with self._database.reading() as connection:
            found = await _same(connection, owner_id, hashlib.sha256(data).digest())
            if found is None:
                await _require_room(connection, owner_id)
            return found

    async def add(self, owner_id: str, study: Study, data: bytes, *, is_shared: bool) -> Upload:
        """Keep a score that was read; one that its owner has already is given as it is.

        Raises
        ------
        ApiError
            409, if the owner has as many as may be.
        """
        digest = hashlib.sha256(data).digest()
        async with self._database.writing() as connection:
            # Whoever comes next waits here until this is done, so that nobody gets too many.
            number = await self._next_id(connection)
            if (known := await _same(connection, owner_id, digest)) is not None:
                return known
            await _require_room(connection, owner_id)
            row = _row(number, owner_id, study, data, digest, is_shared)
            made = await connection.execute(_SONGS.insert().values(row).returning(*_SONGS.c))
            return Upload.of(made.one())

    async def change(
        self,
        key: str,
        owner_id: str,
        *,
        title: str | None = None,
        composer: str | None = None,
        is_shared: bool | None = None,
    ) -> Upload:
        """Change what is given; None leaves it as it is.

        Raises
        ------
        UnknownSongError
            If it is none of the owner's.
        """
        is_it = _is_own(key, owner_id)
        async with self._database.writing() as connection:
            found = await connection.execute(select(_SONGS).where(is_it).with_for_update())
            row = found.first()
            if row is None:
                raise _not_yours(key)
            title = row.title if title is None else title
            composer = row.composer if composer is None else composer
            is_shared = row.audience == EVERYBODY if is_shared is None else is_shared
            values = {
                "title": title,
                "composer": composer,
                "audience": EVERYBODY if is_shared else owner_id,
                "terms": _terms(title, composer, row),
                "updated_at": datetime.now(UTC),
            }
            changed = update(_SONGS).where(is_it).values(values).returning(*_SONGS.c)
            return Upload.of((await connection.execute(changed)).one())

    async def remove(self, key: str, owner_id: str) -> None:
        """Delete a piece.

        Raises
        ------
        UnknownSongError
            If it is none of the owner's.
        """
        async with self._database.writing() as connection:
            done = await connection.execute(delete(_SONGS).where(_is_own(key, owner_id)))
        if not done.rowcount:
            raise _not_yours(key)

    async def _next_id(self, connection: AsyncConnection) -> int:
        put = self._database.insert(_NUMBERS).values(id=1, last_song_id=FIRST_ID)
        counted = {"last_song_id": _NUMBERS.c.last_song_id + 1}
        put = put.on_conflict_do_update(index_elements=["id"], set_=counted)
        number: int = (
            await connection.execute(put.returning(_NUMBERS.c.last_song_id))
        ).scalar_one()
        return number


async def _same(connection: AsyncConnection, owner_id: str, digest: bytes) -> Upload | None:
    is_same = (_SONGS.c.owner_id == owner_id) & (_SONGS.c.digest == digest)
    row = (await connection.execute(select(_SONGS).where(is_same))).first()
    return None if row is None else Upload.of(row)


async def _require_room(connection: AsyncConnection, owner_id: str) -> None:
    count = select(func.count()).select_from(_SONGS).where(_SONGS.c.owner_id == owner_id)
    if (await connection.execute(count)).scalar_one() >= MAX_UPLOADS:
        message = f"an account can keep {MAX_UPLOADS} pieces: delete one of them first"
        raise ApiError(409, "TOO_MANY_SONGS", message)


def _row(
    number: int, owner_id: str, study: Study, data: bytes, digest: bytes, is_shared: bool
) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "id": number,
        "owner_id": owner_id,
        "audience": EVERYBODY if is_shared else owner_id,
        "kind": KIND,
        "data": data,
        "digest": digest,
        "terms": index_terms(words_of(f"{study.title} {study.composer} {KIND} {study.key}")),
        "created_at": now,
        "updated_at": now,
        **study._asdict(),
    }


def _terms(title: str, composer: str, row: Row[Any]) -> str:
    return index_terms(words_of(f"{title} {composer} {row.kind} {row.key}"))


def _is_own(key: str, owner_id: str) -> Any:
    return (_SONGS.c.id == (upload_id(key) or 0)) & (_SONGS.c.owner_id == owner_id)


def _not_yours(key: str) -> UnknownSongError:
    return UnknownSongError(
        f"you have not uploaded a piece {quoted(key)}: only your own can be changed"
    )
