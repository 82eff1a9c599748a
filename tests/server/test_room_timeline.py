"""Where music is by the clock, and the player that goes by it."""

import asyncio

import pytest
from set_clock import NOW, SetClock

from server.roomclient import Move, SilentPlayer, Track
from server.roomclient.timeline import Line, Timeline


def playing(position_ms=0.0, from_ms=NOW, rate=1.0):
    return Line("a", position_ms, from_ms, True, rate)


def test_nothing_stands_at_the_beginning():
    timeline = Timeline()
    assert timeline.position_at(NOW) == 0.0
    assert not timeline.is_sounding(NOW)
    assert timeline.reaches_ms(100.0, NOW) is None


def test_music_goes_on_from_its_instant():
    timeline = Timeline()
    timeline.go(playing(500.0, NOW + 100), NOW)
    assert timeline.position_at(NOW + 50) == 500.0
    assert not timeline.is_sounding(NOW + 50)
    assert timeline.position_at(NOW + 130) == 530.0
    assert timeline.is_sounding(NOW + 130)


def test_another_speed_and_rate_are_told_apart():
    timeline = Timeline(speed=1.01)
    timeline.go(playing(rate=0.5), NOW)
    assert timeline.position_at(NOW + 1000) == pytest.approx(505.0)
    assert timeline.reaches_ms(505.0, NOW) == pytest.approx(NOW + 1000)


def test_the_old_line_goes_on_until_the_new_one_begins():
    timeline = Timeline()
    timeline.go(playing(), NOW)
    timeline.go(Line("a", 5_000.0, NOW + 200, True), NOW + 100, NOW + 200)
    assert timeline.position_at(NOW + 199) == 199.0
    assert timeline.position_at(NOW + 201) == 5_001.0
    assert timeline.next_ms == NOW + 200


def test_a_newer_line_overtakes_what_was_to_come():
    timeline = Timeline()
    timeline.go(playing(), NOW)
    timeline.go(Line("a", 5_000.0, NOW + 200, True), NOW + 100, NOW + 200)
    timeline.go(Line("a", 9_000.0, NOW + 150, True), NOW + 120, NOW + 150)
    assert timeline.position_at(NOW + 149) == 149.0
    assert timeline.position_at(NOW + 250) == 9_100.0


@pytest.mark.parametrize(
    ("at_ms", "found_ms"), [(NOW + 99, 99.0), (NOW + 150, 125.0), (NOW + 300, 7_050.0)]
)
def test_a_rate_changes_what_is_and_what_is_to_come(at_ms, found_ms):
    timeline = Timeline()
    timeline.go(playing(), NOW)
    timeline.go(Line("a", 7_000.0, NOW + 200, True), NOW + 50, NOW + 200)
    if at_ms >= NOW + 100:
        timeline.set_rate(0.5, NOW + 100)
    assert timeline.position_at(at_ms) == found_ms


def test_a_rate_that_changes_after_the_next_line_began_counts_from_then():
    timeline = Timeline()
    timeline.go(playing(), NOW)
    timeline.go(Line("a", 7_000.0, NOW + 200, True), NOW + 50, NOW + 200)
    timeline.set_rate(2.0, NOW + 300)
    assert timeline.position_at(NOW + 400) == 7_300.0


def test_a_rate_before_the_start_keeps_the_start():
    timeline = Timeline()
    timeline.go(playing(10.0, NOW + 500), NOW)
    timeline.set_rate(2.0, NOW + 100)
    assert timeline.position_at(NOW + 500) == 10.0
    assert timeline.position_at(NOW + 600) == 210.0


# ---- the silent player


async def ten_seconds(track_uri):
    return Track(track_uri, duration_ms=10_000.0)


async def test_nothing_can_be_read_before_anything_was_played():
    player = SilentPlayer(SetClock())
    assert await player.read() is None
    assert player.track is None and not player.is_playing


async def test_a_move_holds_at_its_instant_and_is_done_then():
    clock = SetClock()
    player = SilentPlayer(clock)
    move = asyncio.create_task(player.move(Move("a", 3_000.0, True, NOW + 500)))
    await clock.set(NOW + 499)
    assert not move.done()
    assert not player.is_playing
    await clock.set(NOW + 510)
    assert move.done()
    reading = await player.read()
    assert (reading.position_ms, reading.is_playing, reading.rate) == (3_010.0, True, 1.0)
    assert (reading.asked_ms, reading.answered_ms) == (NOW + 510, NOW + 510)


async def test_a_cue_stands_at_its_position_until_it_starts():
    clock = SetClock()
    player = SilentPlayer(clock)
    await player.move(Move("a", 0.0, True))
    await clock.set(NOW + 100)
    cued = asyncio.create_task(player.move(Move("a", 3_000.0, True, NOW + 400, True)))
    await clock.set(NOW + 300)
    reading = await player.read()
    assert (reading.position_ms, reading.is_playing) == (3_000.0, True)
    assert not player.timeline.is_sounding(NOW + 300)
    await clock.set(NOW + 450)
    assert cued.done()
    assert (await player.read()).position_ms == 3_050.0


async def test_what_comes_too_late_is_where_it_would_be():
    player = SilentPlayer(SetClock())
    await player.move(Move("a", 3_000.0, True, NOW - 80))
    assert (await player.read()).position_ms == 3_080.0


async def test_a_pause_without_a_position_is_where_the_music_is():
    clock = SetClock()
    player = SilentPlayer(clock)
    await player.move(Move("a", 0.0, True))
    await clock.set(NOW + 700)
    await player.move(Move("a", None, False))
    await clock.set(NOW + 900)
    reading = await player.read()
    assert (reading.position_ms, reading.is_playing) == (700.0, False)


async def test_the_rate_stays_through_moves():
    clock = SetClock()
    player = SilentPlayer(clock)
    await player.move(Move("a", 0.0, True))
    player.set_rate(1.005)
    await player.move(Move("a", 100.0, True))
    await clock.set(NOW + 1000)
    reading = await player.read()
    assert reading.rate == 1.005
    assert reading.position_ms == pytest.approx(1_105.0)


async def test_the_end_of_a_track_is_told_once_and_stands():
    clock = SetClock()
    player = SilentPlayer(clock, ten_seconds)
    happenings = []
    player.on_happening = happenings.append
    await player.move(Move("a", 9_000.0, True))
    await clock.set(NOW + 500)
    player.set_rate(0.5)  # another second to go
    await clock.set(NOW + 1_400)
    assert happenings == []
    await clock.set(NOW + 1_501)
    assert happenings == ["ended"]
    reading = await player.read()
    assert (reading.position_ms, reading.is_playing) == (10_000.0, False)


async def test_the_end_is_counted_from_the_move_that_is_to_come():
    clock = SetClock()
    player = SilentPlayer(clock, ten_seconds)
    happenings = []
    player.on_happening = happenings.append
    await player.move(Move("a", 9_000.0, True))
    later = asyncio.create_task(player.move(Move("a", 2_000.0, True, NOW + 900)))
    await clock.set(NOW + 1_100)
    assert later.done()
    assert happenings == []
    await clock.set(NOW + 8_901)
    assert happenings == ["ended"]
    await player.close()
