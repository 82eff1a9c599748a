"""What the benchmark of browsers in rooms makes of what it sees."""

import math

import pytest

from bench.errors import BenchError
from bench.rooms_browser import Sample, lines, row, time_to_near


def samples(*ahead_ms, step_sec=0.5):
    return [Sample(step_sec * k, ahead) for k, ahead in enumerate(ahead_ms)]


def test_together_is_from_where_they_stay_near():
    assert time_to_near(samples(400, -30, 5, 90, 24, -3, 2, 1)) == 2.0


def test_who_is_near_for_a_moment_only_is_not_together():
    assert time_to_near(samples(400, 1, 400, 1, 400)) == math.inf


def test_a_row_counts_what_is_apart_once_they_are_together():
    one = row("seek", [samples(900, 3, -3, 3), samples(5, 5, 5, 5)])
    assert (one.what, one.n, one.near_sec, one.worst_sec) == ("seek", 2, 0.25, 0.5)
    assert one.p50_ms == 5
    assert 3 <= one.p95_ms <= 5


def test_windows_that_never_come_together_are_no_row():
    with pytest.raises(BenchError) as error:
        row("seek", [samples(900, 900, 900)])
    assert str(error.value) == "seek: the windows never came together"


def test_the_table_is_markdown():
    [head, rule, line] = lines([row("seek", [samples(1, 1, 1, 1)])])
    assert head.count("|") == rule.count("|") == line.count("|")
    assert line == "| seek | 1 | 0.0 | 0.0 | 1.00 | 1.00 | 1.00 |"
