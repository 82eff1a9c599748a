"""The native tick of many rooms against its reference, and the promises of its header."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.reference_sync_tick import reference_tick
from native.errors import RangeError
from native.sync_tick import AFAR, CHANGED, EXCELLENT, FAIR, GOOD, NUDGE, POOR, UNTOLD, SyncTick

NOW_MS = 1.7e12
TOLD = ("drift_ms", "wanted", "quality", "flags")
HOSTILE = np.array([nan, inf, -inf, 1e300, -1e300, 1e9, -1e9, 0.0, -0.0, 5e-324, 1000.0, -100.0])
GIVEN_OF_CLIENTS = ("anchor_ms", "at_ms", "skew", "offset_ms", "trim", "gain_per_ms", "most_nudge")
GIVEN_OF_CLIENTS += ("band_ms", "nudge")
GIVEN_OF_HOSTS = ("host_anchor_ms", "host_at_ms", "host_skew")


def fill(rooms, rng):
    """Rooms as they are, nearly in time."""
    n, r = len(rooms.anchor_ms), len(rooms.host_anchor_ms)
    rooms.host_anchor_ms[:] = rng.uniform(0, 3e5, r)
    rooms.host_at_ms[:] = NOW_MS - rng.uniform(0, 2000, r)
    rooms.host_skew[:] = np.where(rng.random(r) < 0.2, -1, rng.normal(0, 4e-5, r))
    rooms.anchor_ms[:] = rng.uniform(0, 3e5, n)
    rooms.at_ms[:] = NOW_MS - rng.uniform(0, 2000, n)
    rooms.skew[:] = np.where(rng.random(n) < 0.2, -1, rng.normal(0, 1e-3, n))
    rooms.offset_ms[:] = rng.choice([0.0, 0.0, 250.0, -80.5], n)
    rooms.trim[:] = rng.normal(0, 1e-4, n)
    rooms.gain_per_ms[:] = rng.choice([0.0, 1e-5, 5e-4], n)
    rooms.most_nudge[:] = rng.choice([0.0, 0.005], n)
    rooms.band_ms[:] = rng.choice([40.0, 1000.0, nan], n)
    rooms.nudge[:] = rng.normal(0, 1e-3, n)
    rooms.told[:] = rng.choice([EXCELLENT, GOOD, FAIR, POOR, UNTOLD], n)


def spoil(rooms, rng):
    """Any value may stand anywhere."""
    for name in (*GIVEN_OF_HOSTS, *GIVEN_OF_CLIENTS):
        values = getattr(rooms, name)
        spoilt = rng.random(len(values)) < 0.1
        with np.errstate(over="ignore"):
            values[spoilt] = rng.choice(HOSTILE, spoilt.sum()).astype(values.dtype)


def assert_agrees(rooms, first_client, now_ms, step):
    rooms.process(now_ms, step)
    expected = reference_tick(rooms, first_client, now_ms, step)
    for name in TOLD:
        told, wanted = getattr(rooms, name), getattr(expected, name)
        assert told.dtype == wanted.dtype
        np.testing.assert_array_equal(told, wanted, err_msg=name, strict=True)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([0, 0, 1, 2, 5, 63, 64, 65, 200]), max_size=30),
    st.integers(0, 2**32),
    st.booleans(),
    st.sampled_from([NOW_MS, NOW_MS, 0.0, -1e300, inf, nan]),
    st.sampled_from([0.0, 1e-4, inf, nan]),
)
def test_native_and_reference_agree_to_the_last_bit(sizes, seed, is_hostile, now_ms, step):
    rng = np.random.default_rng(seed)
    first_client = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    rooms = SyncTick(first_client)
    fill(rooms, rng)
    if is_hostile:
        spoil(rooms, rng)
    assert_agrees(rooms, first_client, now_ms, step)


def test_the_room_of_a_client_is_that_of_its_place():
    first_client = np.array([0, 0, 3, 3, 4, 300, 300])
    rooms = SyncTick(first_client[::1])
    rooms.host_anchor_ms[:] = np.arange(6) * 1000.0
    rooms.host_at_ms[:] = rooms.at_ms[:] = 50.0
    rooms.anchor_ms[:] = 0
    rooms.process(60.0, 0.0)
    assert rooms.drift_ms.tolist() == [-1000.0] * 3 + [-3000.0] + [-4000.0] * 296


def test_arrays_that_are_not_contiguous_are_read_as_well():
    wide = np.arange(6).repeat(3)
    rooms = SyncTick(wide[::3])
    many = np.random.default_rng(1).uniform(0, 1000, (5, 4))
    rooms.anchor_ms[:] = many[:, 2]
    rooms.host_anchor_ms[:] = 0
    rooms.process(0.0, 0.0)
    assert rooms.drift_ms.tolist() == many[:, 2].astype("f4").tolist()


def one_client():
    rooms = SyncTick([0, 1])
    rooms.host_anchor_ms[:] = 0.0
    rooms.anchor_ms[:] = 0.0
    return rooms


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("drift_ms", "quality"),
    [
        (0.0, EXCELLENT),
        (99.99, EXCELLENT),
        (100.0, GOOD),
        (499.99, GOOD),
        (500.0, FAIR),
        (1000.0, FAIR),
        (1000.1, POOR),
        (1e9, POOR),
    ],
)
def test_quality_is_told_by_the_drift_either_way(drift_ms, quality, sign):
    rooms = one_client()
    rooms.anchor_ms[:] = sign * drift_ms
    rooms.process(0.0, 0.0)
    assert rooms.quality[0] == quality
    assert rooms.drift_ms[0] == np.float32(sign * drift_ms)


@pytest.mark.parametrize("anchor_ms", [nan, inf, -1e300, 1.1e9])
def test_what_is_not_known_is_poor_and_left_alone(anchor_ms):
    rooms = one_client()
    rooms.anchor_ms[:] = anchor_ms
    rooms.most_nudge[:], rooms.gain_per_ms[:] = 0.005, 1e-3
    rooms.nudge[:], rooms.told[:] = 0.002, POOR
    rooms.process(0.0, 0.0)
    assert np.isnan(rooms.drift_ms[0])
    assert rooms.wanted[0] == rooms.nudge[0]
    assert (rooms.quality[0], rooms.flags[0]) == (POOR, 0)


def test_nothing_is_known_at_first_and_the_first_quality_is_a_change():
    rooms = SyncTick([0, 2])
    rooms.process(0.0, 0.0)
    assert np.isnan(rooms.drift_ms).all()
    assert rooms.flags.tolist() == [CHANGED, CHANGED]
    rooms.told[:] = rooms.quality
    rooms.process(0.0, 0.0)
    assert rooms.flags.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("drift_ms", "most", "wanted"),
    [(10.0, 0.005, -0.0009), (-10.0, 0.005, 0.0011), (1e6, 0.005, -0.005), (-1e6, 0.0, 0.0)],
)
def test_a_client_ahead_is_slowed_as_far_as_its_rate_may_be_off(drift_ms, most, wanted):
    rooms = one_client()
    rooms.anchor_ms[:], rooms.most_nudge[:] = drift_ms, most
    rooms.gain_per_ms[:], rooms.trim[:] = 1e-4, 1e-4
    rooms.process(0.0, 5e-4)
    assert rooms.wanted[0] == pytest.approx(wanted, rel=1e-6)
    assert bool(rooms.flags[0] & NUDGE) == (wanted != 0)
    rooms.nudge[:] = rooms.wanted
    rooms.process(0.0, 5e-4)
    assert not rooms.flags[0] & NUDGE


def test_an_offset_puts_the_client_ahead_of_the_host():
    rooms = one_client()
    rooms.offset_ms[:] = 300.0
    rooms.process(0.0, 0.0)
    assert rooms.drift_ms[0] == -300.0


def test_only_outside_its_band_a_client_is_afar():
    rooms = one_client()
    rooms.anchor_ms[:], rooms.band_ms[:] = -60.0, 60.0
    rooms.process(0.0, 0.0)
    assert not rooms.flags[0] & AFAR
    rooms.anchor_ms[:] = -60.1
    rooms.process(0.0, 0.0)
    assert rooms.flags[0] & AFAR


def test_one_that_stands_is_where_it_was_however_late_it_is():
    rooms = one_client()
    rooms.host_skew[:] = rooms.skew[:] = -1.0
    rooms.host_anchor_ms[:], rooms.anchor_ms[:] = 1000.5, 1010.75
    rooms.process(1e9, 0.0)
    assert rooms.drift_ms[0] == 10.25


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.floats(-500, 500, width=32))
def test_a_client_moved_ahead_drifts_by_as_much(seed, ahead_ms):
    rng = np.random.default_rng(seed)
    rooms = SyncTick([0, 4, 9])
    fill(rooms, rng)
    rooms.process(NOW_MS, 0.0)
    before = rooms.drift_ms.copy()
    rooms.anchor_ms[:] += ahead_ms
    rooms.process(NOW_MS, 0.0)
    assert rooms.drift_ms - before == pytest.approx(ahead_ms, abs=0.1)


@pytest.mark.parametrize("first", [[], [[0, 1]], [0, -1], [0, 2**32]])
def test_first_client_must_be_counts(first):
    told = r"first_client must be numbers of 0\.\.4294967295, at least one"
    with pytest.raises(RangeError, match=told):
        SyncTick(first)


@pytest.mark.parametrize("first", [[1, 2], [0, 5, 3], [0, 5, 3, 5], [1]])
def test_first_client_must_ascend(first):
    with pytest.raises(RangeError, match="first_client must ascend from 0"):
        SyncTick(first)


def test_no_room_and_rooms_without_clients_are_fine():
    for first in ([0], [0, 0], [0, 0, 0]):
        assert len(SyncTick(first).drift_ms) == 0
