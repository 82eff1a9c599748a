"""All pieces there are for somebody: the shipped ones, their own, and those that others share."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, func, select

from server.errors import UnknownSongError
from server.pieces import catalogue, search
from server.pieces.found_by import has_terms
from server.pieces.naming import quoted
from server.pieces.piece import Piece
from server.pieces.song_models import SongsQuery
from server.pieces.upload import FIRST_ID, Upload, upload_id
from server.store.tables import Base
from server.store.tables.songs import EVERYBODY
from server.store.transactions import Database

SONGS: Table = Base.metadata.tables["songs"]
SHOWN = [column for column in SONGS.c if column.name not in ("data", "terms")]
MAX_CANDIDATES = 200  # of a search; whoever finds more will say more
NOBODY = ""  # as the owner of a piece
Condition = ColumnElement[bool]


class Library:
    """Finds pieces. A user's id of None is a guest's.

    Shipped pieces that are asked for by name come from the catalogue, without a question to the
    database. Somebody else's piece that is not shared is as if it were not there.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key: int | str, user_id: str | None) -> Piece:
        """Give the piece of an id, a slug, or of a shipped one the title, with its file.

        Raises
        ------
        UnknownSongError
            Suggesting what may have been meant.
        """
        number = upload_id(str(key))
        if number is None:
            return catalogue.find(key)
        is_it = (SONGS.c.id == number) & is_visible(user_id)
        row = await self._database.row(select(SONGS).where(is_it))
        if row is None:
            raise UnknownSongError(f"there is no piece {quoted(key)}")
        return Upload.of(row)

    async def visible(self, user_id: str | None, song_id: int) -> str | None:
        """Give the title of a piece; None: there is none of this id for this user."""
        return (await self.titles(user_id, [song_id])).get(song_id)

    async def titles(self, user_id: str | None, song_ids: Collection[int]) -> dict[int, str]:
        """Give the titles of pieces; those that this user may not see are left out."""
        shipped = [song for number in song_ids if (song := catalogue.by_id(number))]
        titles = {song.id: song.title for song in shipped}
        asked = [number for number in song_ids if FIRST_ID <= number < 2**31]
        if asked:
            query = select(SONGS.c.id, SONGS.c.title).where(SONGS.c.id.in_(asked))
            titles |= {
                row.id: row.title
                for row in await self._database.rows(query.where(is_visible(user_id)))
            }
        return titles

    async def page(
        self, user_id: str | None, query: SongsQuery
    ) -> tuple[list[Piece], int | None, int]:
        """Give some pieces by id.

        Returns
        -------
        list of Piece
            Without their files.
        int or None
            The cursor of the next page; None: there is none.
        int
            How many there are in all.
        """
        conditions = [is_visible(user_id), *await self._conditions(user_id, query)]
        some = select(*SHOWN).where(*conditions, SONGS.c.id > query.cursor)
        count = select(func.count()).select_from(SONGS).where(*conditions)
        async with self._database.reading() as connection:
            total: int = (await connection.execute(count)).scalar_one()
            rows = await connection.execute(some.order_by(SONGS.c.id).limit(query.limit + 1))
            found = rows.all()
        shown = found[: query.limit]
        return pieces(shown), shown[-1].id if len(found) > len(shown) else None, total

    async def _conditions(self, user_id: str | None, query: SongsQuery) -> list[Condition]:
        conditions: list[Condition] = []
        if query.kind is not None:
            conditions.append(SONGS.c.kind == query.kind)
        if query.level is not None:
            conditions.append(SONGS.c.level == query.level)
        if query.mine:
            conditions.append(SONGS.c.owner_id == (user_id or NOBODY))
        if query.shared:
            conditions += [SONGS.c.owner_id.is_not(None), SONGS.c.audience == EVERYBODY]
        if query.q is not None:
            found = await self.search(user_id, query.q)
            conditions.append(SONGS.c.id.in_([piece.id for piece in found]))
        return conditions

    async def search(self, user_id: str | None, query: str) -> list[Piece]:
        """Give the pieces that fit, best first, without their files; without a word, none."""
        words = search.query_words(query)
        if not words:
            return []
        for with_slips in (False, True):
            some = self.candidates(user_id, words, with_slips=with_slips)
            rows = await self._database.rows(some)
            found = await asyncio.to_thread(_ranked, words, rows, with_slips)
            if found:
                return found
        return []

    async def some(self, user_id: str | None, song_ids: Sequence[int]) -> list[Piece]:
        """Give the pieces of these ids that this user may see, in their order, without files."""
        query = select(*SHOWN).where(SONGS.c.id.in_(song_ids), is_visible(user_id))
        found = {piece.id: piece for piece in pieces(await self._database.rows(query))}
        return [found[number] for number in song_ids if number in found]

    def candidates(
        self, user_id: str | None, words: Sequence[str], *, with_slips: bool = False
    ) -> Select[Any]:
        """Ask for whatever may fit."""
        fits = has_terms(words, self._database.is_sqlite, with_slips)
        query = select(*SHOWN, SONGS.c.terms).where(is_visible(user_id), fits)
        # By a sum: no database then walks along the ids until it has found enough.
        return query.order_by(SONGS.c.id + 0).limit(MAX_CANDIDATES)


def _ranked(words: Sequence[str], rows: Iterable[Row[Any]], with_slips: bool) -> list[Piece]:
    return search.ranked(words, pieces(rows), with_slips=with_slips)


def is_visible(user_id: str | None) -> Condition:
    """Whether somebody may see a piece."""
    audiences = [EVERYBODY] if user_id is None else [EVERYBODY, user_id]
    return SONGS.c.audience.in_(audiences)


def pieces(rows: Iterable[Row[Any]]) -> list[Piece]:
    """Read rows; shipped pieces that this version does not have are left out."""
    found = (catalogue.by_id(row.id) if row.owner_id is None else Upload.of(row) for row in rows)
    return [piece for piece in found if piece is not None]
