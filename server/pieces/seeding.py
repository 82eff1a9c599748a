"""Putting the shipped pieces into a database, so that lists and searches have all in one."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, delete, select

from server.pieces import catalogue
from server.pieces.search import index_terms
from server.store.tables import Base
from server.store.tables.songs import EVERYBODY
from server.store.transactions import Database

_SONGS: Table = Base.metadata.tables["songs"]


async def seed(database: Database) -> int:
    """Bring the shipped pieces of a database up to those of this version.

    Parameters
    ----------
    database : Database
        Of this version's schema.

    Returns
    -------
    int
        How many were new, changed or gone; 0 leaves the database untouched.
    """
    query = select(_SONGS.c.id, _SONGS.c.digest).where(_SONGS.c.owner_id.is_(None))
    known = {row.id: row.digest for row in await database.rows(query)}
    rows = [_row(song) for song in catalogue.songs()]
    changed = [row for row in rows if known.get(row["id"]) != row["digest"]]
    gone = known.keys() - {row["id"] for row in rows}
    if not changed and not gone:
        return 0
    put = database.insert(_SONGS)
    taken_over = {name: put.excluded[name] for name in rows[0].keys() - {"id", "created_at"}}
    put = put.on_conflict_do_update(index_elements=["id"], set_=taken_over)
    async with database.writing() as connection:
        if changed:
            await connection.execute(put, changed)
        if gone:
            await connection.execute(delete(_SONGS).where(_SONGS.c.id.in_(gone)))
    return len(changed) + len(gone)


def _row(song: catalogue.Song) -> dict[str, Any]:
    shown = {
        "id": song.id,
        "owner_id": None,
        "audience": EVERYBODY,
        "title": song.title,
        "composer": song.composer,
        "level": song.level,
        "kind": song.kind,
        "hands": song.hands,
        "key": song.key,
        "tempo_bpm": song.tempo_bpm,
        "format": song.format,
        "data": None,
        "terms": index_terms(song.words),
    }
    now = datetime.now(UTC)
    digest = hashlib.sha256(repr(sorted(shown.items())).encode() + song.data()).digest()
    return {**shown, "digest": digest, "created_at": now, "updated_at": now}
