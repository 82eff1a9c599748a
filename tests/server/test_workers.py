"""The threads that analyse sound: outcomes on the loop, failures too, and an end."""

import asyncio
import os
import sys
import threading

import pytest

from server.live import workers as module
from server.live.workers import Workers

WAIT_SEC = 60.0


@pytest.fixture
async def workers():
    made = Workers(2)
    yield made
    await made.close()
    assert not any(thread.is_alive() for thread in made._threads)


async def outcome_of(workers, job):
    done = asyncio.get_running_loop().create_future()
    workers.submit(job, done.set_result)
    return await asyncio.wait_for(done, WAIT_SEC)


async def test_a_job_runs_elsewhere_and_its_outcome_is_told_here(workers):
    told_on = []

    def note_thread():
        return threading.current_thread()

    done = asyncio.get_running_loop().create_future()

    def on_done(outcome):
        told_on.append(threading.current_thread())
        done.set_result(outcome)

    workers.submit(note_thread, on_done)
    outcome = await asyncio.wait_for(done, WAIT_SEC)
    assert outcome.error is None
    assert outcome.result.name.startswith("worker-")
    assert told_on == [threading.main_thread()]


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no nice value of their own")
async def test_a_worker_stands_back_for_the_loop(workers):
    def nice():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    outcome = await outcome_of(workers, nice)
    assert outcome.result == min(nice() + module.NICER, 19)
    assert module.NICER > 0


async def test_a_job_that_fails_tells_why_and_its_thread_goes_on(workers):
    for _ in range(4):  # more than there are threads
        outcome = await outcome_of(workers, lambda: 1 // 0)
        assert outcome.result is None
        assert isinstance(outcome.error, ZeroDivisionError)
    assert (await outcome_of(workers, lambda: 5)).result == 5


async def test_two_jobs_run_at_once(workers):
    both = threading.Barrier(2, timeout=WAIT_SEC)
    await asyncio.gather(*(outcome_of(workers, both.wait) for _ in range(2)))


async def test_all_of_many_are_told_once_and_the_loop_is_let_go_between(workers, monkeypatch):
    monkeypatch.setattr(module, "SLICE_SEC", 0.0)
    told = []
    for number in range(500):
        workers.submit(lambda number=number: number, told.append)
    n_turns = 0
    async with asyncio.timeout(WAIT_SEC):
        while len(told) < 500:
            await asyncio.sleep(0)
            n_turns += 1
    assert sorted(outcome.result for outcome in told) == list(range(500))
    assert n_turns > 100


async def test_one_stream_of_jobs_keeps_its_order(workers):
    order = []
    done = asyncio.Event()

    def go_on(outcome):
        order.append(outcome.result)
        if outcome.result == 200:
            done.set()
        else:
            workers.submit(lambda: outcome.result + 1, go_on)

    workers.submit(lambda: 0, go_on)
    await asyncio.wait_for(done.wait(), WAIT_SEC)
    assert order == list(range(201))


async def test_what_waits_at_the_end_is_left():
    workers = Workers(1)
    let_go, begun = threading.Event(), threading.Event()
    told = []

    def hold():
        begun.set()
        let_go.wait(WAIT_SEC)

    workers.submit(hold, told.append)
    for _ in range(10):
        workers.submit(lambda: None, told.append)
    await asyncio.to_thread(begun.wait, WAIT_SEC)
    closing = asyncio.create_task(workers.close())
    await asyncio.sleep(0)
    let_go.set()
    await closing
    await asyncio.sleep(0)
    assert told == []


async def test_nothing_to_do_starts_no_thread():
    n_threads = threading.active_count()
    workers = Workers()
    await workers.close()
    assert threading.active_count() == n_threads
