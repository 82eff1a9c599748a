"""The benchmark of rooms in real time: its link, its players, its figures, and a short run."""

import asyncio
import random

import pytest

from bench import rooms_live
from bench.bad_link import RETRANSMIT_MS, Direction, Quality, bad_link
from bench.bench_server import SERVER, running
from bench.errors import BenchError
from bench.rooms_live import (
    CAP_MS,
    Device,
    Outcome,
    Sample,
    Step,
    band,
    play,
    print_notes,
    row,
    times_to_sync,
)
from bench.rooms_live_player import HtmlLikePlayer, SkewedClock, true_ms
from server.roomclient import Move

# ---- the link


def arrivals(quality, sent_sec, seed=1):
    direction = Direction(quality, random.Random(seed))
    return [direction.arrival_sec(sec) for sec in sent_sec]


def test_a_segment_takes_the_delay_give_or_take_the_jitter():
    sent_sec = [0.1 * k for k in range(1000)]
    came_sec = arrivals(Quality(40.0, 20.0, 0.0), sent_sec)
    took_ms = [1e3 * (came - sent) for came, sent in zip(came_sec, sent_sec, strict=True)]
    assert 20.0 <= min(took_ms) < 22.0
    assert 58.0 < max(took_ms) <= 60.0


def test_no_segment_overtakes_another():
    came_sec = arrivals(Quality(), [0.001 * k for k in range(1000)])
    assert came_sec == sorted(came_sec)


def test_a_lost_segment_comes_late_and_all_behind_it_waits():
    quality = Quality(10.0, 0.0, 0.5)
    sent_sec = [0.01 * k for k in range(20)]
    came_sec = arrivals(quality, sent_sec)
    lost = [k for k in range(20) if came_sec[k] - sent_sec[k] > 0.1]
    first = lost[0]
    assert came_sec[first] - sent_sec[first] == pytest.approx((20.0 + RETRANSMIT_MS) / 1e3)
    behind = [k for k in range(first + 1, 20) if sent_sec[k] + 0.01 < came_sec[first]]
    assert behind and all(came_sec[k] >= came_sec[first] for k in behind)


async def echo(reader, writer):
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.fixture
async def echo_port():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_all_bytes_come_through_in_their_order(echo_port):
    sent = random.Random(1).randbytes(100_000)
    async with bad_link("127.0.0.1", echo_port, Quality(1.0, 1.0, 0.01)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert await reader.readexactly(len(sent)) == sent
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()


async def test_the_link_takes_its_time_both_ways(echo_port):
    async with bad_link("127.0.0.1", echo_port, Quality(50.0, 0.0, 0.0)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        before_ms = true_ms()
        writer.write(b"ping")
        assert await reader.readexactly(4) == b"ping"
        assert true_ms() - before_ms >= 100.0
        writer.close()


# ---- the players


def test_a_device_clock_runs_askew():
    clock = SkewedClock(100.0, 5_000.0, 0.0)
    begin_ms = true_ms()
    assert clock.at(begin_ms + 1e6) - clock.at(begin_ms) == pytest.approx(1e6 + 100.0)


async def test_a_browser_like_player_takes_time_and_lands_near():
    player = HtmlLikePlayer(SkewedClock(0.0, 0.0, 0.0), random.Random(1), 1.0)
    before_ms = true_ms()
    await player.move(Move("a", 60_000.0, True))
    took_ms = true_ms() - before_ms
    assert took_ms >= 80.0
    reading = await player.read()
    assert reading.asked_ms <= reading.answered_ms
    assert 59_990.0 <= reading.position_ms == int(reading.position_ms)
    assert player.jumps_ms == []
    await player.move(Move("a", 90_000.0, True))
    assert len(player.jumps_ms) == 1
    player.set_rate(1.004)
    assert [rate for _, rate in player.rates] == [1.004]


# ---- the figures


def samples(errors_ms, quality="excellent", told_ms=0.0, doubt_ms=10.0):
    return [
        Sample(100.0 * k, error_ms, quality, told_ms, doubt_ms)
        for k, error_ms in enumerate(errors_ms)
    ]


def device(found):
    client = Device("c0", random.Random(1))
    client.samples = found
    return client


@pytest.mark.parametrize(
    ("error_ms", "quality"),
    [(99.9, "excellent"), (100.0, "good"), (500.0, "fair"), (1_000.0, "fair"), (1_000.1, "poor")],
)
def test_an_error_has_its_band(error_ms, quality):
    assert band(error_ms) == quality


def test_a_row_tells_what_was_true():
    client = device(samples([2.0] * 90 + [-300.0] * 10))
    client.player.jumps_ms = [5_000.0, 9_000.0]
    found = row("c0", Outcome(3_600.0, [client], [(0.0, "join"), (4_000.0, "seek")]), [client])
    assert (found.p50_ms, found.p99_ms) == (2.0, 300.0)
    assert found.jumps_per_hour == 1.0  # the other followed the host
    assert found.false_percent == pytest.approx(10.0)
    assert found.sure_percent == pytest.approx(90.0)
    assert found.doubt_ms == 10.0
    assert found.sync_sec == 0.0


def test_another_track_is_charged_and_never_sure():
    found = row("c0", Outcome(10.0, [], []), [device(samples([CAP_MS] * 4))])
    assert (found.p50_ms, found.false_percent) == (CAP_MS, 100.0)


def test_time_to_sync_counts_until_it_stays_near():
    found = samples([500.0] * 5 + [5.0] * 3 + [200.0] * 2 + [5.0] * 40)
    assert list(times_to_sync(found, [(0.0, "join")])) == [pytest.approx(1.0)]


def test_time_to_sync_leaves_pauses_out_and_charges_what_never_settles():
    found = samples([5.0] * 30 + [500.0] * 30)
    steps = [(0.0, "join"), (2_500.0, "pause"), (3_000.0, "resume")]
    assert list(times_to_sync(found, steps)) == [0.0, pytest.approx(2.9)]


def test_a_run_in_which_nothing_was_played_is_an_error():
    with pytest.raises(BenchError, match=r"^nothing was played$"):
        row("c0", Outcome(10.0, [], []), [device([])])


@pytest.mark.parametrize(("minutes", "is_short"), [(1.9, True), (2.0, False)])
def test_a_short_run_is_told_to_be_one(capsys, minutes, is_short):
    print_notes(minutes)
    told = capsys.readouterr().out
    assert ("mostly joining and starting" in told) == is_short
    assert "`told ± ms`" in told and "`false quality`" in told


# ---- a short room on a real server


def test_a_room_is_together_over_a_bad_link(monkeypatch):
    steps = (rooms_live.PROGRAMME[0], Step(0.6, "track", Move("track:2", 30_000.0, True)))
    monkeypatch.setattr(rooms_live, "PROGRAMME", steps)
    with running(*SERVER) as (url, _pid):
        address = url.replace("localhost", "127.0.0.1")
        outcome = asyncio.run(play(address, 5.0, Quality(), 2, 1))
    found = row("all", outcome, outcome.clients)
    assert found.p50_ms < 200.0  # a few ms on a machine with nothing else to do
    assert [what for _, what in outcome.steps] == ["join", "track"]
    for client in outcome.clients:
        track, position_ms, is_playing = client.heard(true_ms())
        assert (track, is_playing) == ("track:2", True)
        assert position_ms > 30_000.0
