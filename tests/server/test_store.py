"""The store, on SQLite and PostgreSQL: what is written comes back, what was lost is recovered."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from engine.events import Event, Kind
from engine.score import Score
from server.errors import NoTakeError, TakeError
from server.store import Batch, TakeChunk, TakeEnd, TakeStore
from server.store.database import opening
from server.store.tables import ChunkRow, TakeRow, WriterRow
from server.store.writer import LOST_SEC, Writer, machine
from server.takes.replay import replay
from server.takes.take import Take

NOBODY = 2**22 + 1  # above every pid that Linux gives


@pytest.fixture
async def store(database_url):
    store = await TakeStore.open(database_url)
    yield store
    await store.close()


def new_take(**options) -> Take:
    notes = np.zeros(4, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"], notes["onset_beat"] = [60, 62, 64, 65], range(4)
    return Take(Score.from_notes(notes, title="Four"), **options)


def play(take: Take, pitches=(60, 62)) -> TakeChunk:
    for pitch in pitches:
        onset_sec = 0.5 * (60, 62, 64, 65).index(pitch) + 0.02
        take.process(Event(onset_sec, Kind.NOTE_ON, pitch, 64))
    return TakeChunk(take.id, take.chunk_count, take.drain())


def end_of(take: Take) -> TakeEnd:
    performance = take.performance
    return TakeEnd(take.id, take.status, performance.summary(), performance.notes_played)


async def change(url, statement) -> None:
    async with opening(url) as engine:
        async with engine.begin() as connection:
            await connection.execute(statement)
        await engine.dispose()


async def abandon(url, take, chunks, writer) -> None:
    """Leave a running take behind, as a process that was killed does."""
    store = await TakeStore.open(url)
    store._writer = writer
    await store.write(Batch([take.header()], chunks, []))
    await store.database.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL checks its types
async def test_lost_take_with_a_damaged_column_does_not_stand_in_the_way(store, database_url):
    lost, readable = new_take(), new_take()
    for take in (lost, readable):
        await abandon(database_url, take, [play(take)], Writer(take.id, machine(), NOBODY))
    damage = text(f"UPDATE takes SET tempo_bpm = 'quick' WHERE id = '{lost.id}'")
    await change(database_url, damage)
    assert sorted(await store.recover()) == sorted([lost.id, readable.id])
    with pytest.raises(TakeError, match=f"take {lost.id} is damaged"):
        await store.load(lost.id)
    assert (await store.load(readable.id)).summary == readable.performance.summary()


async def test_take_comes_back_as_it_was_written(store):
    take = new_take(mode="follow", tempo_bpm=72.5, song="four", user_id="ana", source="midi")
    await store.write(Batch([take.header()], [], []))
    await store.write(Batch([], [play(take), play(take, (64, 65))], []))
    take.process(Event(2.0, Kind.END))
    last = TakeChunk(take.id, take.chunk_count, take.drain())
    await store.write(Batch([], [last], []))
    await store.write(Batch([], [], [end_of(take)]))
    loaded = await store.load(take.id)
    assert loaded.header == take.header()
    assert (loaded.status, loaded.summary) == ("finished", take.performance.summary())
    assert len(loaded.chunks) == 3 and loaded.chunks[2] == last.data
    assert replay(loaded).is_same


async def test_running_take_has_no_summary_yet(store):
    take = new_take()
    await store.write(Batch([take.header()], [], []))
    (info,) = await store.list()
    assert (info.status, info.summary, info.notes_played) == ("running", None, None)


async def test_writing_twice_is_writing_once(store):
    take = new_take()
    batch = Batch([take.header()], [play(take)], [])
    await store.write(batch)
    await store.write(batch)
    assert len((await store.load(take.id)).chunks) == 1


async def test_batch_that_fails_writes_nothing(store):
    take = new_take()
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await store.write(Batch([take.header()], [TakeChunk("nobody", 0, b"")], []))
    assert await store.list() == []


async def test_chunks_of_many_takes_come_back_in_order(store):
    takes = [new_take() for _ in range(450)]
    await store.write(Batch([take.header() for take in takes], [], []))
    chunks = [
        TakeChunk(take.id, n, b"%d %d" % (k, n)) for k, take in enumerate(takes) for n in (1, 0)
    ]
    await store.write(Batch([], chunks, []))
    for k in (0, 199, 200, 449):
        assert (await store.load(takes[k].id)).chunks == [b"%d 0" % k, b"%d 1" % k]


async def test_list_is_newest_first_by_user_and_page(store):
    takes = [new_take(user_id="ana" if k % 2 else "ben") for k in range(6)]
    for take in takes:
        await store.write(Batch([take.header()], [], []))
    newest = sorted((take.id for take in takes), reverse=True)
    first = await store.list(limit=4)
    rest = await store.list(limit=4, cursor=first[-1].id)
    assert [info.id for info in first + rest] == newest
    assert {info.user_id for info in await store.list("ana")} == {"ana"}
    assert len(await store.list("ana")) == 3 and await store.list("eve") == []


async def test_time_comes_back_with_its_zone(store):
    east = datetime(2025, 6, 1, 12, 0, 0, 123456, UTC).astimezone(None)
    take = new_take(started_at=east)
    await store.write(Batch([take.header()], [], []))
    (info,) = await store.list()
    assert info.started_at == east and info.started_at.tzinfo is not None


async def test_find_takes_last_and_any_unambiguous_beginning(store):
    with pytest.raises(NoTakeError, match="there is no take yet"):
        await store.find("last")
    old, new = new_take(), new_take()
    old.id, new.id = "01a00000-0000-7000-8000-000000000000", "01b00000-0000-7000-8000-000000000000"
    await store.write(Batch([old.header(), new.header()], [], []))
    assert await store.find("last") == new.id
    assert await store.find("01a") == old.id
    assert await store.find(new.id) == new.id
    with pytest.raises(NoTakeError, match="more than one take begins with '01': give more"):
        await store.find("01")
    for name in ("%", "01_", "x"):
        with pytest.raises(NoTakeError, match=f"no take is '{name}'"):
            await store.find(name)


async def test_unknown_take_is_one_clear_error(store):
    with pytest.raises(NoTakeError, match="no take is 'x'"):
        await store.load("x")


async def test_take_of_a_killed_process_is_recovered_at_once(store, database_url):
    take = new_take()
    await abandon(database_url, take, [play(take)], Writer("dead", machine(), NOBODY))
    assert await store.recover() == [take.id]
    (info,) = await store.list()
    assert (info.status, info.notes_played) == ("recovered", 2)
    assert info.summary == take.performance.summary()
    assert await store.recover() == []


async def test_running_take_of_another_living_process_is_left_alone(store, database_url):
    take = new_take()
    for writer in (Writer("elsewhere", "another machine", NOBODY), Writer.here()):
        await abandon(database_url, take, [], writer)
        assert await store.recover() == []
    assert (await store.list())[0].status == "running"


async def test_own_running_take_is_left_alone(store, database_url):
    take = new_take()
    await store.write(Batch([take.header()], [], []))
    long_ago = datetime.now(UTC) - timedelta(days=1)
    await change(database_url, WriterRow.__table__.update().values(seen_at=long_ago))
    assert await store.recover() == []


@pytest.mark.parametrize(("age_sec", "is_lost"), [(LOST_SEC - 10, False), (LOST_SEC + 10, True)])
async def test_silent_process_elsewhere_is_lost_after_a_while(
    store, database_url, age_sec, is_lost
):
    take = new_take()
    await abandon(database_url, take, [play(take)], Writer("far", "another machine", NOBODY))
    seen_at = datetime.now(UTC) - timedelta(seconds=age_sec)
    await change(database_url, WriterRow.__table__.update().values(seen_at=seen_at))
    assert await store.recover() == ([take.id] if is_lost else [])


async def test_process_that_only_slept_has_the_last_word(store, database_url):
    take = new_take()
    sleeper = await TakeStore.open(database_url)
    await sleeper.write(Batch([take.header()], [], []))
    await sleeper.write(Batch([], [play(take)], []))
    long_ago = datetime.now(UTC) - timedelta(days=1)
    await change(database_url, WriterRow.__table__.update().values(seen_at=long_ago))
    assert await store.recover() == [take.id]
    more = play(take, (64, 65))
    take.process(Event(3.0, Kind.END))
    last = TakeChunk(take.id, take.chunk_count, take.drain())
    await sleeper.write(Batch([], [more, last], [end_of(take)]))
    await sleeper.close()
    loaded = await store.load(take.id)
    assert (loaded.status, loaded.summary) == ("finished", take.performance.summary())
    assert replay(loaded).is_same


async def test_damaged_take_does_not_keep_others_from_being_recovered(store, database_url):
    takes = [new_take() for _ in range(3)]
    for k, take in enumerate(takes):
        await abandon(database_url, take, [play(take)], Writer(f"dead {k}", machine(), NOBODY))
    chunk, score = ChunkRow.__table__, TakeRow.__table__
    await change(
        database_url, chunk.update().where(chunk.c.take_id == takes[0].id).values(data=b"\xc1")
    )
    await change(database_url, score.update().where(score.c.id == takes[1].id).values(score=b""))
    assert sorted(await store.recover()) == sorted(take.id for take in takes)
    found = {info.id: info for info in await store.list()}
    assert [found[take.id].status for take in takes] == ["recovered"] * 3
    assert [found[take.id].notes_played for take in takes] == [0, None, 2]
    assert found[takes[1].id].summary is None


async def test_closing_removes_the_writer(database_url):
    first = await TakeStore.open(database_url)
    take = new_take()
    await first.write(Batch([take.header()], [play(take)], []))
    await first.close()
    second = await TakeStore.open(database_url)
    assert await second.recover() == [take.id]
    await second.close()


async def test_problem_is_none_while_the_database_answers(store, database_url):
    assert await store.problem() is None
    await change(database_url, WriterRow.__table__.delete())
    assert await store.problem() is None
