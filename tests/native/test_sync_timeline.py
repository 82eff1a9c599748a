"""The native timeline against its reference, to the last bit, and what it promises."""

from math import inf, nan
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import reference_timeline
from native.sync_timeline import Timeline

BOTH = pytest.mark.parametrize("make", [Timeline, reference_timeline.Timeline])
TOLD = ("rate", "n_reports", "ref_ms", "lo", "hi", "skew_lo", "skew_hi", "skew", "uncertainty_ms")


def told_by(line):
    """All that it says, made comparable bit by bit."""
    return [repr(getattr(line, name)) for name in TOLD] + [repr(line.at(123_456.7))]


class Player:
    """Runs at a rate by a clock of its own, and tells so."""

    def __init__(self, seed, skew=0.0, lag_ms=6.0, resolution_ms=1.0):
        self.rng = Random(seed)
        self.skew, self.lag_ms, self.resolution_ms = skew, lag_ms, resolution_ms
        self.rate, self._at, self._since_ms = 1.0, 5000.0, 0.0

    def position(self, t_ms):
        return self._at + (t_ms - self._since_ms) * self.rate * (1 + self.skew)

    def run(self, t_ms, rate):
        self._at, self._since_ms, self.rate = self.position(t_ms), t_ms, rate

    def told(self, t_ms):
        """What it says when it is asked."""
        lag_ms = self.rng.uniform(0, self.lag_ms)
        read = self.position(t_ms + self.rng.uniform(0, lag_ms))
        rounded = read // self.resolution_ms * self.resolution_ms
        return t_ms, t_ms + lag_ms, rounded, self.resolution_ms


VERBS = st.sampled_from(
    ["report"] * 12 + ["set_rate", "narrow", "loosen", "carry", "restart", "forget"]
)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    verbs=st.lists(VERBS, max_size=60),
    resolution_ms=st.sampled_from([1.0, 50.0, 1000.0]),
)
def test_native_and_reference_agree_to_the_last_bit(seed, verbs, resolution_ms):
    lines = Timeline(), reference_timeline.Timeline()
    rng = Random(seed)
    player = Player(seed, rng.gauss(0, 1e-4), resolution_ms=resolution_ms)
    t_ms = 1000.0
    for verb in verbs:
        t_ms += rng.choice([1.0, 1000.0, 1000.0, 30_000.0])
        arguments = (t_ms,)
        if verb in ("report", "restart"):
            asked, answered, position, resolution = player.told(t_ms)
            jump_ms = rng.choice([-300.0, 50.0, 1e6]) if rng.random() < 0.05 else 0.0
            arguments = asked, answered, position + jump_ms, resolution
        elif verb == "set_rate":
            player.run(t_ms, rng.choice([1.0, 1.004, 0.995]))
            arguments = t_ms, player.rate
        elif verb == "narrow":
            middle = player.position(lines[0].ref_ms) + rng.gauss(0, 3)
            arguments = middle - 5.0, middle + 5.0
        elif verb == "loosen":
            arguments = (700.0,)
        elif verb == "forget":
            arguments = ()
        native, reference = (getattr(line, verb)(*arguments) for line in lines)
        assert repr(native) == repr(reference)
        assert told_by(lines[0]) == told_by(lines[1])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-1e15, 1e15)] * 4), max_size=10), st.floats(0, 4))
def test_native_and_reference_agree_on_anything_to_the_last_bit(reports, rate):
    lines = Timeline(), reference_timeline.Timeline()
    for line in lines:
        line.rate = rate
    for report in reports:
        native, reference = (line.report(*report) for line in lines)
        assert repr(native) == repr(reference)
        assert told_by(lines[0]) == told_by(lines[1])


@BOTH
@pytest.mark.parametrize("resolution_ms", [1.0, 1000.0])
def test_the_player_is_within_the_interval_and_the_interval_shrinks(make, resolution_ms):
    line, player = make(), Player(3, 6e-5, resolution_ms=resolution_ms)
    for i in range(300):
        told = player.told(1000.0 + 997.0 * i)
        assert line.report(*told) == 0.0
        assert line.lo <= player.position(told[1]) <= line.hi
        assert line.skew_lo <= player.skew <= line.skew_hi
        if i == 0:
            first_ms = line.uncertainty_ms
    assert line.n_reports == 300
    assert line.uncertainty_ms < 0.5 * first_ms
    assert line.skew == pytest.approx(player.skew, abs=3e-5)
    at_ms = told[1] + 60_000.0
    assert line.at(at_ms) == pytest.approx(player.position(at_ms), abs=0.5 * resolution_ms)


@BOTH
@pytest.mark.parametrize("jump_ms", [-500.0, 80.0, 1e7])
def test_a_jump_is_told_and_begins_a_new_line(make, jump_ms):
    line, player = make(), Player(4)
    for i in range(20):
        line.report(*player.told(1000.0 * i))
    asked, answered, position, resolution = player.told(20_000.0)
    told_ms = line.report(asked, answered, position + jump_ms, resolution)
    assert told_ms == pytest.approx(jump_ms, abs=8.0)
    assert (told_ms > 0) == (jump_ms > 0)
    assert line.n_reports == 1
    assert line.lo <= position + jump_ms <= line.hi


@BOTH
def test_a_rate_counts_from_its_instant_on(make):
    line, player = make(), Player(5)
    for i in range(10):
        line.report(*player.told(1000.0 * i))
    player.run(9500.0, 1.005)
    line.set_rate(9500.0, 1.005)
    assert line.at(60_000.0) == pytest.approx(player.position(60_000.0), abs=30.0)
    assert all(line.report(*player.told(10_000.0 + 1000.0 * i)) == 0.0 for i in range(50))


@BOTH
def test_what_is_known_otherwise_narrows_unless_reports_deny_it(make):
    line = make()
    line.restart(0.0, 10.0, 100.0, 50.0)
    lo, hi = line.lo, line.hi
    line.narrow(lo + 20.0, hi + 5.0)
    assert (line.lo, line.hi) == (lo + 20.0, hi)
    line.narrow(hi + 1.0, hi + 2.0)
    assert (line.lo, line.hi) == (lo + 20.0, hi)


@BOTH
def test_a_player_may_be_further_back_than_it_said(make):
    line = make()
    line.restart(0.0, 10.0, 1000.0, 1.0)
    hi = line.hi
    line.loosen(400.0)
    assert line.lo == pytest.approx(600.0, abs=0.2)
    assert line.hi == hi
    assert line.report(0.0, 10.0, 700.0, 1.0) == 0.0


@BOTH
def test_a_skew_outlives_the_line_but_not_a_reset(make):
    line, player = make(), Player(6, 1e-4)
    for i in range(100):
        line.report(*player.told(1000.0 * i))
    known = line.skew
    assert known == pytest.approx(1e-4, abs=3e-5)
    line.forget()
    assert (line.n_reports, line.skew) == (0, known)
    line.reset()
    assert told_by(line) == told_by(make())


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e300])
def test_any_number_is_taken(value):
    line = Timeline()
    for place in range(4):
        report = [0.0, 1.0, 2.0, 3.0]
        report[place] = value
        line.restart(*report)
        line.report(0.0, 1.0, 2.0, 3.0)
        line.report(*report)
        line.narrow(*report[:2])
        line.carry(report[0])
        assert isinstance(line.at(value), float)
