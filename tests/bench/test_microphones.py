"""The benchmark of microphones: a small crowd against a real server."""

import numpy as np
import pytest
import uvloop

from bench import microphones
from bench.bench_server import SERVER, running
from bench.errors import BenchError
from bench.microphone_load import FRAME_SEC, Outcome, Plan, Recording
from bench.microphones import measure_keyboards, measure_streams, row

PLAN = Plan(streams=2, seconds=2.5, sample_rate=16_000)
TOLD = {"frames": 250.0, "heard_seconds": 5.0, "seconds": 5.0, "lost_seconds": 0.0,
        "work_seconds": 0.5}  # fmt: skip


@pytest.fixture(scope="module")
def server():
    with running(*SERVER) as (url, pid):
        yield url.replace("localhost", "127.0.0.1"), pid


def test_a_small_crowd_loses_nothing_and_every_note_is_judged(server):
    result = uvloop.run(measure_streams(PLAN, server))
    assert (result.streams, result.frames, result.frames_lost) == (2, 250, 0)
    assert (result.verdicts, result.verdicts_lost) == (10, 0)
    assert 0.0 < result.p50_ms <= result.p99_ms <= result.max_ms
    assert result.cores > 0.0 and result.work_us > 0.0


def test_keyboards_are_timed_beside_microphones(server, monkeypatch):
    monkeypatch.setattr(microphones, "SETTLE_SEC", 0.5)
    trips_ms = uvloop.run(measure_keyboards(2, PLAN, 1.0, server))
    assert trips_ms.shape == (16,)
    assert (trips_ms > 0.0).all()


def test_the_recording_says_when_each_of_its_notes_can_be_known():
    recording = Recording(PLAN)
    assert len(recording.frames) == len(recording.packets) == 125
    assert {len(frame) for frame in recording.frames} == {320}
    onsets_sec = 0.5 * np.arange(5)
    known_sec = FRAME_SEC * (np.array(recording.known_at) + 1)
    assert ((known_sec > onsets_sec) & (known_sec < onsets_sec + 0.3)).all()


def test_what_was_refused_is_an_error():
    outcome = Outcome(250, 10, 0, ['{"event":"error"}'], 0.0, [])
    with pytest.raises(BenchError, match=r'^the server refused: \{"event":"error"\}$'):
        row(PLAN, outcome, TOLD, 1.0)


def test_a_crowd_that_is_not_judged_is_an_error():
    with pytest.raises(BenchError, match=r"^no note was judged$"):
        row(PLAN, Outcome(250, 10, 0, [], 0.0, []), TOLD, 1.0)


def test_what_was_sent_and_not_heard_is_lost():
    outcome = Outcome(250, 10, 9, [], 1.5, [2.0] * 9)
    told = TOLD | {"heard_seconds": 4.9}
    result = row(PLAN, outcome, told, 1.0)
    assert (result.frames_lost, result.verdicts_lost) == (5, 1)
    assert (result.cores, result.work_us, result.late_ms) == (0.4, 2000.0, 1.5)
