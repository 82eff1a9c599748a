"""What the routes of practice sessions share: from what was sent to what is kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from server.errors import ApiError
from server.identity.account import TEACHER, Account
from server.people.sight import owner_of
from server.pieces.library import Library
from server.practice.changes import Row
from server.practice.content import Columns, columns_of, digest_of, whole
from server.practice.models import ChangedSession, NewSession, Session
from server.practice.of_takes import TakeSessions
from server.practice.songs import name_song
from server.practice.sounds import KeptSound, Sounds
from server.practice.store import SessionStore, VersionConflictError, Written
from server.store.transactions import Database
from server.takes.ids import uuid7

CREATE, REPLACE, CHANGE, DELETE = "create", "replace", "change", "delete"
NO_SOUND: Columns = {"audio_file": None, "audio_type": None}


class Practice:
    """Makes and changes practice sessions as users ask for it.

    Parameters
    ----------
    database : Database
        Stays open.
    library : Library
        The pieces they may be of.
    sounds : Sounds
        Keeps their sound.

    Attributes
    ----------
    store : SessionStore
        Where they are.
    takes : TakeSessions
        Makes them of what is played live.
    """

    def __init__(self, database: Database, library: Library, sounds: Sounds) -> None:
        self.database = database
        self.store = SessionStore(database)
        self.takes = TakeSessions(database)
        self.sounds = sounds
        self._library = library

    async def find(self, account: Account, session_id: str) -> Row:
        """Give the whole row of a practice session of who asks, or of a student linked with them.

        Raises
        ------
        ApiError
            404, if there is none that they may see.
        """
        owner_id = account.id
        if account.role == TEACHER:
            async with self.database.reading() as connection:
                owner_id = await owner_of(connection, account, session_id)
        return await self.store.find(owner_id, session_id)

    async def make(self, account: Account, sent: NewSession) -> Session:
        """Make a practice session; sent again with the same id, it is the same one."""
        session_id = sent.id.lower() if sent.id else uuid7()
        given = columns_of(sent)
        named = await name_song(self._library, account.id, given)
        async with self._sound(account, session_id, sent.audio_base64) as (sound, columns):
            digest = digest_of(CREATE, given | sound)
            written = await self.store.make(account.id, session_id, named | columns, digest)
            await self._tidy(written, columns)
        return Session.of(written.row)

    async def replace(
        self, account: Account, session_id: str, sent: ChangedSession, base_version: int | None
    ) -> Session:
        """Change a whole practice session: what is not said is blank, but for date and sound."""
        given = whole(columns_of(sent))
        return await self._change(account, session_id, REPLACE, given, sent, base_version)

    async def change(
        self, account: Account, session_id: str, sent: ChangedSession, base_version: int | None
    ) -> Session:
        """Change a part of a practice session."""
        given = columns_of(sent)
        return await self._change(account, session_id, CHANGE, given, sent, base_version)

    async def delete(self, account: Account, session_id: str, base_version: int | None) -> None:
        """Delete a practice session with all that belongs to it."""
        digest = digest_of(DELETE, {})
        row = await self.store.delete(account.id, session_id, digest, base_version)
        await self.sounds.discard(row["audio_file"])

    async def _change(
        self,
        account: Account,
        session_id: str,
        op: str,
        given: Columns,
        sent: ChangedSession,
        base_version: int | None,
    ) -> Session:
        named = await name_song(self._library, account.id, given)
        if isinstance(sent.audio_base64, str):  # nothing is written for what is not there
            await self.store.find(account.id, session_id)
        async with self._sound(account, session_id, sent.audio_base64) as (sound, columns):
            digest = digest_of(op, given | sound)
            changed = named | columns
            try:
                written = await self.store.change(
                    account.id, session_id, changed, digest, base_version
                )
            except VersionConflictError as error:
                error.details["yours"] = _as_sent(sent)
                raise
            await self._tidy(written, columns)
        return Session.of(written.row)

    @asynccontextmanager
    async def _sound(
        self, account: Account, session_id: str, text: str | UnsetType | None
    ) -> AsyncIterator[tuple[Columns, Columns]]:
        """Keep the sound that was sent while the row is written; it goes if that is refused.

        Gives what it adds to the digest, and to the columns. Where nobody knows whether the row was
        written, the sound stays for a sweep to look.
        """
        if text is UNSET:
            yield {}, {}
        elif text is None:
            yield {"sound": None}, NO_SOUND
        else:
            kept: KeptSound = await self.sounds.keep(account.id, session_id, text)
            try:
                yield {"sound": kept.digest}, kept.columns
            except ApiError:
                await self.sounds.discard(kept.path)
                raise

    async def _tidy(self, written: Written, columns: Columns) -> None:
        """Delete the file that has been replaced, or that came a second time."""
        if not columns:
            return
        if not written.is_new:
            await self.sounds.discard(columns["audio_file"])
        elif written.before is not None:
            await self.sounds.discard(written.before["audio_file"])


def _as_sent(sent: ChangedSession) -> dict[str, Any]:
    """What a device wanted to say, but for the sound."""
    fields: dict[str, Any] = msgspec.to_builtins(sent)
    return {name: fields[name] for name in fields if name not in ("audio_base64", "version")}
