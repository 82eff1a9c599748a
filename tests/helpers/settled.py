"""Somebody who has something of everything: a row in every table of users, and a take."""

from datetime import UTC, datetime
from random import randrange

import numpy as np

from engine.events import Event, Kind
from engine.score import Score
from server.store import Batch, TakeChunk, TakeStore
from server.store.tables import Base
from server.takes.ids import uuid7
from server.takes.take import Take

TABLES = Base.metadata.tables


async def insert(store: TakeStore, table: str, **values) -> None:
    async with store.database.writing() as connection:
        await connection.execute(TABLES[table].insert().values(values))


async def settle(store: TakeStore, user_id: str, other_id: str) -> Take:
    """Give somebody something of everything."""
    now, session = datetime.now(UTC), uuid7()
    soon = {"created_at": now, "expires_at": now}
    await insert(
        store,
        "practice_sessions",
        user_id=user_id,
        id=session,
        version=1,
        digests=b"0" * 16,
        created_at=now,
        updated_at=now,
        began_at=now,
        day=now.date(),
        duration_seconds=60.0,
        song_name="Für Elise",
        tags=["slow"],
    )
    own = {"user_id": user_id, "session_id": session}
    await insert(store, "session_tags", **own, tag="slow")
    await insert(
        store, "session_comments", **own, id=uuid7(), author_id=other_id, body="!", created_at=now
    )
    await insert(
        store, "links", id=uuid7(), teacher_id=other_id, student_id=user_id, created_at=now
    )
    await insert(store, "invitations", id=uuid7(), code=uuid7()[:32], inviter_id=user_id, **soon)
    await insert(
        store, "identities", provider="test", subject=user_id, user_id=user_id, created_at=now
    )
    await insert(
        store,
        "logins",
        id=uuid7(),
        user_id=user_id,
        generation=0,
        address="192.0.2.1",
        agent="test",
        used_at=now,
        **soon,
    )
    await insert(store, "recovery_codes", user_id=user_id, digest=uuid7().encode())
    await insert(
        store,
        "one_time_tokens",
        digest=uuid7().encode(),
        purpose="verify",
        user_id=user_id,
        data={},
        expires_at=now,
    )
    numbered = store.database.insert(TABLES["song_numbers"]).on_conflict_do_nothing()
    async with store.database.writing() as connection:
        await connection.execute(numbered.values(id=1, last_song_id=10_000))
    await insert(
        store,
        "songs",
        id=randrange(10**9, 2 * 10**9),  # far behind those that are counted up
        owner_id=user_id,
        audience=user_id,
        title="Mine",
        composer="",
        level=1,
        kind="piece",
        hands="right",
        key="C major",
        tempo_bpm=100.0,
        format="abc",
        data=b"X:1",
        digest=b"",
        terms="mine",
        created_at=now,
        updated_at=now,
    )
    lesson = {"lesson_id": 101, "progress": 50}
    await insert(store, "lesson_progress", user_id=user_id, **lesson, updated_at=now)
    await audit(store, user_id, "login")
    notes = np.zeros(2, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"], notes["onset_beat"] = [60, 62], range(2)
    take = Take(Score.from_notes(notes, title="Two"), user_id=user_id)
    take.process(Event(0.0, Kind.NOTE_ON, 60, 64))
    take.interrupt()
    chunk = TakeChunk(take.id, 0, take.drain())
    await store.write(Batch([take.header()], [chunk], []))
    return take


async def audit(store: TakeStore, user_id: str, event: str) -> str:
    row = {"id": uuid7(), "at": datetime.now(UTC), "user_id": user_id, "event": event}
    about = {"address": "192.0.2.1", "agent": "test", "details": {"why": "test"}}
    await insert(store, "audit_events", **row, **about)
    return row["id"]
