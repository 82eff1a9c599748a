"""The keeper: running takes reach the database by themselves, whatever happens to it or to us."""

import asyncio
import signal
import sqlite3
import sys
import time

import numpy as np
import pytest
from sqlalchemy import text

from engine.events import Event, Kind
from engine.score import Score
from server.errors import StoreError
from server.store import TakeKeeper, TakeStore
from server.store import keeper as keeper_module
from server.store.database import opening
from server.takes.format import decode_log
from server.takes.replay import replay
from server.takes.take import MAX_IDLE_EVENTS, Take

PATIENCE_SEC = 60.0
FLUSH_SEC = 0.02


@pytest.fixture
async def store(database_url):
    store = await TakeStore.open(database_url)
    yield store
    await store.close()


@pytest.fixture
async def keeper(store):
    keeper = TakeKeeper(store, flush_sec=FLUSH_SEC)
    keeper.start()
    yield keeper
    await keeper.close()


def new_take() -> Take:
    notes = np.zeros(64, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"], notes["onset_beat"] = 60, range(64)
    return Take(Score.from_notes(notes, title="Many"), mode="wait")


def play(take: Take, count: int = 4) -> None:
    for _ in range(count):
        take.process(Event(take.performance.notes_played * 0.5, Kind.NOTE_ON, 60, 64))


async def until(claim) -> None:
    """Wait for what the keeper does by itself."""
    async with asyncio.timeout(PATIENCE_SEC):
        while not await claim():
            await asyncio.sleep(FLUSH_SEC)


async def notes_kept(store: TakeStore, take: Take) -> int:
    log = decode_log((await store.load(take.id)).chunks)
    return sum(event.kind == Kind.NOTE_ON for event, _ in log)


async def execute(url: str, *statements: str) -> None:
    async with opening(url) as engine:
        async with engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()


async def break_database(url: str) -> None:
    await execute(url, "ALTER TABLE take_chunks RENAME TO away")


async def mend_database(url: str) -> None:
    await execute(url, "ALTER TABLE away RENAME TO take_chunks")


async def test_running_take_reaches_the_database_by_itself(store, keeper):
    take = new_take()
    keeper.add(take)
    play(take)

    async def is_kept():
        return await store.list() != [] and await notes_kept(store, take) == 4

    await until(is_kept)
    play(take, 3)

    async def is_all_kept():
        return await notes_kept(store, take) == 7

    await until(is_all_kept)
    assert (await store.list())[0].status == "running"


@pytest.mark.parametrize("how", ["finished", "interrupted"])
async def test_ended_take_is_finished_by_itself(store, keeper, how):
    take = new_take()
    keeper.add(take)
    play(take)
    take.process(Event(9.0, Kind.END)) if how == "finished" else take.interrupt()

    async def is_over():
        return [info.status for info in await store.list()] == [how]

    await until(is_over)
    loaded = await store.load(take.id)
    assert loaded.summary == take.performance.summary() and replay(loaded).is_same


async def test_take_that_was_never_played_leaves_nothing(store):
    keeper = TakeKeeper(store)
    left, open_till_the_end, played = new_take(), new_take(), new_take()
    for take in (left, open_till_the_end, played):
        keeper.add(take)
    left.process(Event(0.0, Kind.CONTROL, 64, 127))
    left.interrupt()
    played.process(Event(-1.0, Kind.CONTROL, 64, 127))
    await keeper.flush()
    assert await store.list() == []
    play(played)
    await keeper.flush()
    assert [info.status for info in await store.list()] == ["running"]
    await keeper.close()
    assert open_till_the_end.ended
    (info,) = await store.list()
    assert (info.id, info.status) == (played.id, "interrupted")
    log = decode_log((await store.load(played.id)).chunks)
    assert [event.kind for event, _ in log] == [Kind.CONTROL, *[Kind.NOTE_ON] * 4]


async def test_take_of_nothing_but_pedals_is_kept_before_it_fills_the_memory(store):
    keeper, take = TakeKeeper(store), new_take()
    keeper.add(take)
    for k in range(MAX_IDLE_EVENTS + 1):
        take.process(Event(0.01 * k, Kind.CONTROL, 64, 127))
    await keeper.flush()
    assert [info.id for info in await store.list()] == [take.id]
    await keeper.close()


async def test_flush_writes_many_takes_at_once(store):
    keeper = TakeKeeper(store)
    takes = [new_take() for _ in range(300)]
    for take in takes:
        keeper.add(take)
        play(take, 2)
    await keeper.flush()
    assert await notes_kept(store, takes[0]) == await notes_kept(store, takes[299]) == 2
    await keeper.close()


async def test_close_interrupts_and_writes_what_still_runs(store):
    keeper = TakeKeeper(store)
    keeper.start()
    take = new_take()
    keeper.add(take)
    play(take)
    await keeper.close()
    assert take.status == "interrupted"
    assert await notes_kept(store, take) == 4
    assert (await store.list())[0].status == "interrupted"
    with pytest.raises(StoreError, match="the server is closing: no take may begin"):
        keeper.add(new_take())


async def test_take_added_while_a_flush_is_under_way_is_not_lost(store):
    keeper = TakeKeeper(store)
    first, second = new_take(), new_take()
    keeper.add(first)
    play(first)
    flushing = asyncio.create_task(keeper.flush())
    await asyncio.sleep(0)
    keeper.add(second)
    play(second)
    play(first)
    await flushing
    await keeper.close()
    assert [await notes_kept(store, take) for take in (first, second)] == [8, 4]


async def test_nothing_is_lost_while_the_database_fails(store, keeper, database_url, caplog):
    take, other = new_take(), new_take()
    keeper.add(take)
    play(take)
    await keeper.flush()
    await break_database(database_url)
    keeper.add(other)
    for _ in range(3):
        play(take)
        play(other)
        with pytest.raises(Exception, match="take_chunks"):
            await keeper.flush()
    other.process(Event(99.0, Kind.END))
    await mend_database(database_url)

    async def is_all_kept():
        statuses = sorted(info.status for info in await store.list())
        return statuses == ["finished", "running"] and await notes_kept(store, take) == 16

    await until(is_all_kept)
    assert await notes_kept(store, other) == 12
    assert replay(await store.load(other.id)).is_same


async def test_lost_connection_is_made_again(postgres_url):
    store = await TakeStore.open(postgres_url)
    keeper = TakeKeeper(store, flush_sec=FLUSH_SEC)
    keeper.start()
    take = new_take()
    keeper.add(take)
    for _ in range(5):
        play(take)
        hang_up = (
            "pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        )
        await execute(postgres_url, f"SELECT {hang_up} AND pid <> pg_backend_pid()")
    await keeper.close()
    assert await notes_kept(store, take) == 20
    await store.close()


async def test_no_take_may_begin_when_too_much_waits(store, database_url, monkeypatch):
    monkeypatch.setattr(keeper_module, "MAX_WAITING_BYTES", 1000)
    keeper = TakeKeeper(store)
    await break_database(database_url)
    take = new_take()
    keeper.add(take)
    play(take, 60)
    with pytest.raises(Exception, match="take_chunks"):
        await keeper.flush()
    with pytest.raises(StoreError, match="takes cannot be kept at the moment"):
        keeper.add(new_take())
    play(take, 4)
    await mend_database(database_url)
    await keeper.flush()
    keeper.add(new_take())
    await keeper.close()
    assert await notes_kept(store, take) == 64


async def test_close_says_what_could_not_be_kept(store, database_url, monkeypatch):
    monkeypatch.setattr(keeper_module, "CLOSE_SEC", 0.2)
    keeper = TakeKeeper(store, flush_sec=FLUSH_SEC)
    await break_database(database_url)
    take = new_take()
    keeper.add(take)
    play(take)
    with pytest.raises(StoreError, match="1 takes could not be kept: the database does not answer"):
        await keeper.close()


async def test_keeper_recovers_what_a_lost_process_left(store, database_url):
    first = await TakeStore.open(database_url)
    keeper = TakeKeeper(first)
    take = new_take()
    keeper.add(take)
    play(take)
    await keeper.flush()
    await first.close()
    second = TakeKeeper(store, flush_sec=FLUSH_SEC)
    second.start()

    async def is_recovered():
        return [info.status for info in await store.list()] == ["recovered"]

    await until(is_recovered)
    await second.close()


async def test_two_processes_share_one_database(store, database_url):
    other_store = await TakeStore.open(database_url)
    keepers = [TakeKeeper(store), TakeKeeper(other_store)]
    takes = [new_take(), new_take()]
    for keeper, take in zip(keepers, takes, strict=True):
        keeper.add(take)
    for _ in range(10):
        for take in takes:
            play(take, 1)
        await asyncio.gather(*(keeper.flush() for keeper in keepers))
    assert await store.recover() == await other_store.recover() == []
    assert [await notes_kept(store, take) for take in takes] == [10, 10]
    for keeper in keepers:
        await keeper.close()
    await other_store.close()


async def test_keeper_that_fails_says_so_and_takes_nothing_more(store):
    keeper = TakeKeeper(store, flush_sec=FLUSH_SEC)
    keeper.start()
    broken = new_take()
    play(broken)
    broken.performance.score, score = None, broken.performance.score  # cannot be written down
    keeper.add(broken)

    async def is_refused():
        try:
            keeper.add(new_take())
        except StoreError as error:
            assert str(error) == "takes cannot be kept any more: the log says why"
            return True

    await until(is_refused)
    broken.performance.score = score
    await keeper.close()
    assert broken.id in {info.id for info in await store.list()}


PLAYER = """
import asyncio, sys, time
import numpy as np
from engine.events import Event, Kind
from engine.score import Score
from server.store import TakeKeeper, TakeStore
from server.takes.take import Take

async def main():
    keeper = TakeKeeper(await TakeStore.open(sys.argv[1]))
    keeper.start()
    notes = np.zeros(400, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"], notes["onset_beat"] = 60, range(400)
    takes = [Take(Score.from_notes(notes), mode="follow") for _ in range(20)]
    for take in takes:
        keeper.add(take)
    began = time.monotonic()
    while True:
        for take in takes:
            take.process(Event(time.monotonic() - began, Kind.NOTE_ON, 60, 64))
        played = takes[0].performance.notes_played
        print(played, time.monotonic(), flush=True)
        await asyncio.sleep(0.02)

asyncio.run(main())
"""


ROUNDS_PER_SEC = 50  # of the player


async def play_until_killed(url: str, store: TakeStore) -> tuple[list[tuple[int, float]], float]:
    """Let another process play until it is killed; say what it played when, and when it died."""
    player = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PLAYER, url, stdout=asyncio.subprocess.PIPE
    )
    played: list[tuple[int, float]] = []
    async with asyncio.timeout(PATIENCE_SEC * 2):
        while not played or played[-1][1] - played[0][1] < 2.3:
            count, at_sec = (await player.stdout.readline()).split()
            played.append((int(count), float(at_sec)))
        assert await store.recover() == []  # it lives
        killed_sec = time.monotonic()
        player.send_signal(signal.SIGKILL)
        await player.communicate()
    return played, killed_sec


async def test_killed_process_loses_at_most_the_last_second(store, database_url, tmp_path):
    played, killed_sec = await play_until_killed(database_url, store)
    assert len(await store.recover()) == 20
    before = [count for count, at_sec in played if at_sec < killed_sec - 1.0]
    least = min(before[-1], played[-ROUNDS_PER_SEC][0])  # a busy machine's second is longer
    assert least > 10
    for info in await store.list():
        assert info.status == "recovered" and info.notes_played >= least
        loaded = await store.load(info.id)
        assert replay(loaded).is_same and loaded.summary is not None
    if database_url.startswith("sqlite"):
        connection = sqlite3.connect(tmp_path / "takes" / "etude.db")
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
