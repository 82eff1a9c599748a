"""The offline queue in the database: a whole batch in one transaction, few statements for all."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import FieldError
from server.pieces.library import Library
from server.practice.changes import Row
from server.practice.conflict_copies import ConflictCopies
from server.practice.days import SESSIONS
from server.practice.queue import Change, Outcome, Owner, Status, decide
from server.practice.queue_models import Verdict, read_item
from server.practice.rows import delete_belongings, insert_rows, load_rows, update_rows, zone_of
from server.practice.songs import with_title
from server.practice.sounds import Sounds
from server.store.transactions import Database

AT_ONCE = 25  # reading or laying out so many keeps the event loop for about a millisecond
TRIES = 4
# Two batches made the same session at once, or waited for each other: one of them comes again.
_COLLISIONS = ("23505", "40P01", "40001")

T = TypeVar("T")


class Read(NamedTuple):
    """The items of a batch: what each says, or what is wrong with it, and the copies that came."""

    changes: list[Change | FieldError]
    sent: Sequence[Any]

    def by_id(self) -> dict[str, list[int]]:
        """The numbers of the items of each session, in their order."""
        found: dict[str, list[int]] = {}
        for number, change in enumerate(self.changes):
            if isinstance(change, Change):
                found.setdefault(change.id, []).append(number)
        return found


class QueueStore:
    """Makes the changes of batches.

    Parameters
    ----------
    database : Database
        Stays open.
    library : Library
        The pieces that sessions may be of.
    sounds : Sounds
        Lets go of the sound of those that are deleted.
    """

    def __init__(self, database: Database, library: Library, sounds: Sounds) -> None:
        self._database = database
        self._library = library
        self._sounds = sounds

    async def apply(self, user_id: str, items: Sequence[Any]) -> list[Verdict]:
        """Make those changes that fit; give a verdict for each item, in the same order.

        Parameters
        ----------
        user_id : str
            Whose sessions.
        items : sequence
            As they came.
        """
        read = await self._read(user_id, items)
        for n_left in reversed(range(TRIES)):
            try:
                outcomes, deleted = await self._write(user_id, read)
                break
            except DBAPIError as error:
                if not n_left or getattr(error.orig, "sqlstate", None) not in _COLLISIONS:
                    raise
        for row in deleted:
            await self._sounds.discard(row["audio_file"])
        copies = ConflictCopies()
        return [
            _verdict(change, sent, outcomes.get(number), copies)
            async for number, (change, sent) in _slowly(
                list(enumerate(zip(read.changes, read.sent, strict=True)))
            )
        ]

    async def _read(self, user_id: str, items: Sequence[Any]) -> Read:
        changes: list[Change | FieldError] = []
        async for item in _slowly(items):
            try:
                changes.append(read_item(item))
            except FieldError as error:
                changes.append(error)
        named = [change for change in changes if isinstance(change, Change) and change.given]
        song_ids = {song_id for change in named if (song_id := change.given.get("song_id"))}
        titles = await self._library.titles(user_id, song_ids)
        return Read([_titled(change, titles) for change in changes], items)

    async def _write(self, user_id: str, read: Read) -> tuple[dict[int, Outcome], list[Row]]:
        """Decide on all and write what is new.

        Gives the outcomes by the items' numbers, and what has been deleted as it was.
        """
        by_id = read.by_id()
        outcomes: dict[int, Outcome] = {}
        deleted: list[Row] = []
        if not by_id:
            return outcomes, deleted
        async with self._database.writing() as connection:
            owner = Owner(user_id, await connection.run_sync(zone_of, user_id))
            there = await connection.run_sync(load_rows, user_id, list(by_id))
            afters: dict[str, Row] = {}
            async for session_id, numbers in _slowly(sorted(by_id.items())):
                changes = [change for k in numbers if isinstance(change := read.changes[k], Change)]
                made = decide(there.get(session_id), changes, owner)
                outcomes.update(zip(numbers, made, strict=True))
                before, after = there.get(session_id), made[-1].row
                if after is not None and after is not before:
                    afters[session_id] = after
                if before is not None and _is_deleted(changes, made):
                    deleted.append(before)
            await _keep(connection, there, afters)
            await connection.run_sync(delete_belongings, user_id, deleted)
        return outcomes, deleted


def _is_deleted(changes: Sequence[Change], outcomes: Sequence[Outcome]) -> bool:
    """Whether one of the changes deleted the session, even if a later one made it again."""
    return any(
        change.op == "delete" and outcome.status is Status.APPLIED
        for change, outcome in zip(changes, outcomes, strict=True)
    )


async def _keep(
    connection: AsyncConnection, befores: Mapping[str, Row], afters: Mapping[str, Row]
) -> None:
    """Write the rows that are new or changed, in the order of their ids."""
    new = [dict(row) for session_id, row in afters.items() if session_id not in befores]
    for first in range(0, len(new), AT_ONCE):
        await connection.run_sync(insert_rows, SESSIONS.insert(), new[first : first + AT_ONCE])
    changed = [
        (befores[session_id], row) for session_id, row in afters.items() if session_id in befores
    ]
    for first in range(0, len(changed), AT_ONCE):
        some = changed[first : first + AT_ONCE]
        befores_now, afters_now = [one for one, _ in some], [dict(row) for _, row in some]
        await connection.run_sync(update_rows, befores_now, afters_now)


async def _slowly(things: Sequence[T]) -> AsyncIterator[T]:
    """Give things one by one, and others a turn from time to time."""
    for number, thing in enumerate(things):
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
        yield thing


def _titled(change: Change | FieldError, titles: dict[int, str]) -> Change | FieldError:
    if isinstance(change, FieldError) or change.problem is not None:
        return change
    try:
        return change._replace(given=with_title(change.given, titles))
    except FieldError as error:
        problem = FieldError(f"session.{error.field}", f"session.{error}")
        return change._replace(problem=problem)


def _verdict(
    change: Change | FieldError, sent: Any, outcome: Outcome | None, copies: ConflictCopies
) -> Verdict:
    if isinstance(change, FieldError):
        return Verdict.refusal(sent.get("id") if isinstance(sent, dict) else None, change)
    assert outcome is not None  # every change was decided on
    session_id, row = sent["id"], outcome.row
    if outcome.status is Status.REJECTED:
        return Verdict.refusal(session_id, change.problem or _nothing_to_change())
    if row is None:
        return Verdict(id=session_id, status=outcome.status, deleted=True)
    verdict = Verdict(
        id=session_id,
        status=outcome.status,
        version=row["version"],
        deleted=row["deleted_at"] is not None,
    )
    if outcome.status is Status.CONFLICT:
        verdict.current, verdict.left_out = copies.of(row)
        verdict.sent = _copy_sent(sent)
    return verdict


def _nothing_to_change() -> FieldError:
    return FieldError("id", "id: there is no session of this id: create it first")


def _copy_sent(sent: dict[str, Any]) -> dict[str, Any] | None:
    """The copy that came; none of a deletion."""
    session = sent.get("session")
    return session if isinstance(session, dict) and sent.get("op") != "delete" else None
