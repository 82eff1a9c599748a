"""Practice sessions of what was played live: a take of an account becomes one when it ends.

A take without a note becomes none: a key that was never struck, a pedal alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection, Row, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import TakeError, UnknownSongError
from server.identity.accounts import USERS
from server.pieces import catalogue
from server.pieces.upload import upload_id
from server.practice.changes import Row as SessionRow
from server.practice.changes import changed_row, new_row
from server.practice.content import Columns, digest_of
from server.practice.days import SESSIONS
from server.practice.models import MAX_DURATION_SEC, MAX_SUMMARY
from server.practice.rows import TAKES, insert_rows, load_rows, update_rows
from server.store.records import TakeEnd
from server.store.tables import Base
from server.store.transactions import Database
from server.takes.format import decode_chunk
from server.takes.take import RUNNING

TAKE = "take"
TAKES_AT_ONCE = 100
CHUNKS = Base.metadata.tables["take_chunks"]
_MARKS = ("mode", "tempo_bpm", "source", "notes_played", "overall_score", "grade", "counts")
_ABOUT = ("id", "user_id", "started_at", "song", "title", "accuracy", "message", *_MARKS)
_OF_USER = (USERS.c.time_zone, USERS.c.instrument.label("own_instrument"))
_COLUMNS = [*(TAKES.c[name] for name in (*_ABOUT, "instrument")), *_OF_USER]
_log = structlog.get_logger(__name__)


class TakeSessions:
    """Makes practice sessions of takes; those of guests are left as they are.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = database.insert(SESSIONS).on_conflict_do_nothing()

    async def on_end(self, connection: AsyncConnection, ends: Sequence[TakeEnd]) -> None:
        """Make the sessions of takes in the transaction in which they end."""
        durations_sec = {end.take_id: end.duration_sec for end in ends}
        ids = list(durations_sec)
        for first in range(0, len(ids), TAKES_AT_ONCE):
            is_one = TAKES.c.id.in_(ids[first : first + TAKES_AT_ONCE])
            # Nobody moves to another time zone meanwhile.
            query = _of_accounts().where(is_one).with_for_update(read=True, of=USERS)
            takes = (await connection.execute(query)).all()
            await connection.run_sync(self._keep, takes, durations_sec)

    async def repair(self, user_id: str | None = None) -> int:
        """Make the sessions of ended takes that have none: kept by an older version, or before
        the account was there.

        Parameters
        ----------
        user_id : str, optional
            Of this user only.

        Returns
        -------
        int
            How many takes there were.
        """
        n_repaired, after = 0, ""
        while takes := await self._without_session(user_id, after):
            durations_sec = {take.id: await self._duration_sec(take.id) for take in takes}
            keep = partial(self._keep, takes=takes, durations_sec=durations_sec)
            await self._database.write(keep)
            n_repaired, after = n_repaired + len(takes), takes[-1].id
        return n_repaired

    def _keep(
        self,
        connection: Connection,
        takes: Iterable[Row[Any]],
        durations_sec: Mapping[str, float],
    ) -> None:
        """Write the sessions of takes, and bring up those that are there but not of all that was
        played: a client made one under the id of the take, or a process was thought to be lost."""
        by_user: dict[str, list[Row[Any]]] = {}
        for take in takes:
            by_user.setdefault(take.user_id, []).append(take)
        for user_id, theirs in by_user.items():
            there = load_rows(connection, user_id, [take.id for take in theirs])
            new = [_new(take, durations_sec[take.id]) for take in theirs if take.id not in there]
            if new:
                insert_rows(connection, self._insert, new)
            behind = [take for take in theirs if _is_behind(there.get(take.id), take)]
            afters = [_linked(there[take.id], take, durations_sec[take.id]) for take in behind]
            if afters:
                update_rows(connection, [there[take.id] for take in behind], afters)

    async def _without_session(self, user_id: str | None, after: str) -> Sequence[Row[Any]]:
        is_its = and_(SESSIONS.c.user_id == TAKES.c.user_id, SESSIONS.c.id == TAKES.c.id)
        has_none = (SESSIONS.c.id.is_(None), TAKES.c.status != RUNNING, TAKES.c.id > after)
        query = _of_accounts().outerjoin(SESSIONS, is_its).where(*has_none).order_by(TAKES.c.id)
        if user_id is not None:
            query = query.where(TAKES.c.user_id == user_id)
        return await self._database.rows(query.limit(TAKES_AT_ONCE))

    async def _duration_sec(self, take_id: str) -> float:
        """When the last event of a take was, by the last part of its log."""
        is_its = CHUNKS.c.take_id == take_id
        last = select(func.max(CHUNKS.c.number)).where(is_its).scalar_subquery()
        columns = (CHUNKS.c.number, CHUNKS.c.data)
        chunk = await self._database.row(select(*columns).where(is_its, CHUNKS.c.number == last))
        if chunk is None:
            return 0.0
        try:
            entries = decode_chunk(chunk.data, chunk.number)
        except TakeError as error:
            _log.warning("how long a take was is not known", take=take_id, error=str(error))
            return 0.0
        return max((event.time_sec for event, _ in entries), default=0.0)


def _of_accounts() -> Select[Any]:
    has_notes = TAKES.c.notes_played.is_distinct_from(0)  # unknown, where the log is damaged
    return select(*_COLUMNS).join(USERS, USERS.c.id == TAKES.c.user_id).where(has_notes)


def _new(take: Row[Any], duration_sec: float) -> Columns:
    instrument = take.instrument or take.own_instrument or None
    said = _said(take, duration_sec) | {"instrument": instrument, **_song(take)}
    digest = digest_of(TAKE, said)
    played = {"take_id": take.id, "details": _marks(take)}
    return new_row(take.user_id, take.id, said, digest, take.time_zone, **played)


def _said(take: Row[Any], duration_sec: float) -> Columns:
    return {
        "began_at": take.started_at,
        "duration_seconds": min(max(duration_sec, 0.0), MAX_DURATION_SEC),
        "analysis_summary": take.message and take.message[:MAX_SUMMARY],
        "score_accuracy": take.accuracy,
    }


def _is_behind(row: SessionRow | None, take: Row[Any]) -> bool:
    if row is None or row["deleted_at"] is not None:
        return False
    return row["take_id"] is None or (row["take_id"] == take.id and row["details"] != _marks(take))


def _linked(row: SessionRow, take: Row[Any], duration_sec: float) -> Columns:
    """What a user said stays; what nobody touched since the take was kept is new."""
    played: Columns = {"take_id": take.id, "details": _marks(take)}
    if row["take_id"] is not None and row["version"] == 1:
        played |= _said(take, duration_sec)
    elif row["score_accuracy"] is None:
        played["score_accuracy"] = take.accuracy
    return changed_row(row, played, digest_of(TAKE, played), take.time_zone)


def _marks(take: Row[Any]) -> dict[str, Any]:
    return {name: getattr(take, name) for name in _MARKS}


def _song(take: Row[Any]) -> Columns:
    number = upload_id(take.song)
    if number is not None:
        return {"song_id": number, "song_name": take.title or None}
    try:
        song = catalogue.find(take.song)
    except UnknownSongError:
        return {"song_id": None, "song_name": take.title or None}
    return {"song_id": song.id, "song_name": song.title}
