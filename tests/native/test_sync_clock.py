"""The native clock filter against its reference, to the last bit, and what it promises."""

from math import inf, isinf, nan
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import reference_sync_clock
from native.errors import RangeError
from native.sync_clock import SyncClock

BOTH = pytest.mark.parametrize("make", [SyncClock, reference_sync_clock.SyncClock])
TOLD = ("is_known", "n_pings", "offset_ms", "skew", "skew_sd", "rtt_ms", "down_ms", "up_ms")
NOW_MS = 1.7e12


def told_by(clock):
    """All that it says, made comparable bit by bit."""
    said = [getattr(clock, name) for name in (*TOLD, "doubt_ms")]
    instants = [clock.to_server(5e6), clock.to_device(NOW_MS)]
    return [repr(value) for value in (*said, *instants)]


class Device:
    """A clock of its own behind a network."""

    def __init__(self, seed, skew=0.0, base_ms=10.0, jitter_ms=5.0):
        self.rng = Random(seed)
        self.skew, self.base_ms, self.jitter_ms = skew, base_ms, jitter_ms
        self.start_ms = self.rng.uniform(0, 1e7)
        self.jump_ms = 0.0

    def clock(self, server_ms):
        return self.start_ms + (server_ms - NOW_MS) * (1 + self.skew) + self.jump_ms

    def way(self):
        return self.base_ms + self.rng.expovariate(1 / self.jitter_ms)

    def ping(self, clock, t0_ms):
        recv_ms = t0_ms + self.way()
        send_ms = recv_ms + self.rng.uniform(0, 2)
        t1_ms = send_ms + self.way()
        clock.ping(t0_ms, self.clock(recv_ms), self.clock(send_ms), t1_ms)
        return t1_ms

    def hear(self, clock, t0_ms):
        clock.hear(self.clock(t0_ms), t0_ms + self.way())


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(1, 120),
    is_pinged=st.booleans(),
    jitter_ms=st.sampled_from([0.01, 3.0, 200.0]),
    gap_ms=st.sampled_from([20.0, 1000.0, 60_000.0]),
)
def test_native_and_reference_agree_to_the_last_bit(seed, n, is_pinged, jitter_ms, gap_ms):
    native, reference = SyncClock(), reference_sync_clock.SyncClock()
    assert told_by(native) == told_by(reference)
    rng = Random(seed)
    skew = rng.gauss(0, 1e-4)
    devices = [Device(seed, skew, 5.0, jitter_ms) for _ in range(2)]
    t_ms = NOW_MS
    for i in range(n):
        t_ms += rng.expovariate(1 / gap_ms)
        is_ping = is_pinged and i > n // 3
        jump_ms = rng.choice([-1e5, -400.0, 100.0, 9e4]) if rng.random() < 0.03 else 0.0
        for clock, device in zip((native, reference), devices, strict=True):
            device.jump_ms += jump_ms
            (device.ping if is_ping else device.hear)(clock, t_ms)
        assert told_by(native) == told_by(reference)
        if rng.random() < 0.02:
            native.reset()
            reference.reset()


anything_ms = st.floats(-1e15, 1e15)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), *[anything_ms] * 4), max_size=12))
def test_native_and_reference_agree_on_anything_to_the_last_bit(rows):
    native, reference = SyncClock(), reference_sync_clock.SyncClock()
    for is_ping, *times in rows:
        for clock in (native, reference):
            if is_ping:
                clock.ping(*times)
            else:
                clock.hear(*times[:2])
        assert told_by(native) == told_by(reference)


@BOTH
@pytest.mark.parametrize("skew", [0.0, 8e-5, -1e-4])
def test_a_clock_is_known_within_a_tenth_of_the_jitter(make, skew):
    clock, device = make(), Device(5, skew)
    for i in range(240):
        t1_ms = device.ping(clock, NOW_MS + 1000.0 * i)
    for ahead_ms in (0.0, 10_000.0):
        off_ms = clock.to_device(t1_ms + ahead_ms) - device.clock(t1_ms + ahead_ms)
        assert abs(off_ms) < 0.5
    assert clock.skew == pytest.approx(skew, abs=5e-6)
    assert clock.down_ms == pytest.approx(15.0, abs=5.0)
    assert clock.up_ms == pytest.approx(15.0, abs=5.0)
    assert clock.rtt_ms == pytest.approx(20.0, abs=1.0)


@BOTH
def test_there_and_back_is_the_same_instant(make):
    clock, device = make(), Device(6, 7e-5)
    for i in range(30):
        device.ping(clock, NOW_MS + 1000.0 * i)
    for server_ms in (NOW_MS, NOW_MS + 4e6):
        assert clock.to_server(clock.to_device(server_ms)) == pytest.approx(server_ms, abs=1e-3)


@BOTH
def test_doubt_falls_with_every_kind_of_knowledge(make):
    clock, device = make(), Device(7)
    assert (clock.doubt_ms, clock.is_known, clock.rtt_ms) == (100.0, False, inf)
    device.hear(clock, NOW_MS)
    assert (clock.doubt_ms, clock.is_known) == (15.0, True)
    for i in range(5):
        device.ping(clock, NOW_MS + 100.0 + 60.0 * i)
        assert clock.doubt_ms == (0.25 * clock.rtt_ms if i < 4 else 0.0)


@BOTH
def test_a_clock_that_was_set_is_followed_at_once(make):
    clock, device = make(), Device(8)
    for i in range(60):
        device.ping(clock, NOW_MS + 1000.0 * i)
    device.jump_ms = -3.6e6
    t1_ms = device.ping(clock, NOW_MS + 61_000.0)
    assert clock.n_pings == 1
    assert clock.to_device(t1_ms) == pytest.approx(device.clock(t1_ms), abs=20.0)


@BOTH
@pytest.mark.parametrize(("jump_ms", "after"), [(-1000.0, 4), (1000.0, 1)])
def test_a_clock_that_is_only_heard_is_followed_when_it_was_set(make, jump_ms, after):
    clock, device = make(), Device(9, jitter_ms=1.0)
    for i in range(20):
        device.hear(clock, NOW_MS + 1000.0 * i)
    device.jump_ms = jump_ms
    for i in range(after):
        now_ms = NOW_MS + 20_000.0 + 1000.0 * i
        assert abs(clock.to_device(now_ms) - device.clock(now_ms)) > 250.0
        device.hear(clock, now_ms)
    assert clock.to_device(now_ms) == pytest.approx(device.clock(now_ms), abs=20.0)


@BOTH
def test_a_time_stamp_says_nothing_after_a_ping(make):
    clock, device = make(), Device(10)
    device.ping(clock, NOW_MS)
    before = told_by(clock)
    clock.hear(1.0, NOW_MS + 5000.0)
    assert told_by(clock) == before


@pytest.mark.parametrize("value", [nan, inf, -inf, 1.1e15, -1e300])
@pytest.mark.parametrize("place", range(4))
def test_times_beyond_every_clock_change_nothing(value, place):
    clock, device = SyncClock(), Device(11)
    device.hear(clock, NOW_MS)
    before = told_by(clock)
    times = [NOW_MS, 1.0, 2.0, NOW_MS + 5.0]
    times[place] = value
    with pytest.raises(RangeError, match="times must be within 1000000000000000 ms, got "):
        clock.ping(*times)
    if place < 2:
        with pytest.raises(RangeError, match="times must be within 1000000000000000 ms, got "):
            clock.hear(*times[:2])
    assert told_by(clock) == before


@BOTH
def test_reset_forgets_everything(make):
    clock, device = make(), Device(12)
    fresh = told_by(clock)
    for i in range(80):
        device.ping(clock, NOW_MS + 5000.0 * i)
    assert not isinf(clock.rtt_ms)
    clock.reset()
    assert told_by(clock) == fresh
