"""What rooms come to, and how they are told."""

from math import isnan, nan

import numpy as np
import pytest

from bench.rooms.laboratory import ETUDE, NAIVE, Statuses
from bench.rooms.summary import Figures, Row, Told, tell
from bench.rooms.tables import ROOM, About, aimed, error_table, number, page
from bench.rooms.targets import KINDS

LAB = dict.fromkeys([key for _, key, _ in ROOM], 0.25)
RECONNECTS = next(kind for kind in KINDS if "reconnects" in kind.rooms)
NOTHING_TOLD = Told((0.5, 2.0), nan, nan)


def figures(*error_ms, online_ms=(0.0, 0.0, 0.0)):
    return Figures(error_ms, online_ms, LAB, NOTHING_TOLD)


def statuses(*rows):
    return Statuses(*np.array(rows, float).T)


def test_confidence_is_kept_where_the_error_is_within_it():
    told = tell([statuses((10, 5, 7), (10, 2, 7)), statuses((0, 4, -4), (1, nan, 100))])
    assert told.within_percent == pytest.approx(200 / 3)
    assert told.confidence_ms == 4
    assert told.error_ms[0] == 3.5


def test_who_tells_no_confidence_has_none():
    told = tell([statuses((10, nan, 8))])
    assert told.error_ms == (2, 2)
    assert isnan(told.confidence_ms)
    assert isnan(told.within_percent)


def test_nothing_told_is_no_figure():
    assert isnan(tell([Statuses(*np.empty((3, 0)))]).error_ms[0])


def row_of(kind, ours):
    return Row(kind, {ETUDE: ours, NAIVE: figures(100, 5000, 5000)})


def test_what_misses_its_target_is_bold():
    told = error_table([row_of(KINDS[0], figures(0.5, 3.04, 31.0))])
    assert "| 1 / 3 / 30 | 0.50 / 3.0 / **31** | 100 / 5000 / 5000 | 22 / 57 / 317 |" in told


def test_the_time_offline_counts_only_where_the_target_has_it():
    ours = figures(0.5, 5.0, 5000.0, online_ms=(0.5, 4.0, 90.0))
    assert "| 0.50 / 5.0 / 90 |" in error_table([row_of(RECONNECTS, ours)])
    assert "| 0.50 / **5.0** / **5000** |" in error_table([row_of(KINDS[0], ours)])


def test_all_tables_are_on_the_page():
    rows = [row_of(kind, figures(0.5, 1.0, 2.0)) for kind in KINDS]
    told = page(rows, rows, About("2030-01-01", "python -m bench rooms", "a machine", "1", "x.svg"))
    assert told.count("\n## ") == 5
    widths = [line.count("|") for line in told.splitlines() if line.startswith("|")]
    heads = [line.count("|") for line in told.splitlines() if line.startswith("|---")]
    assert set(widths) == set(heads)
    for kind in KINDS:
        assert told.count(f"| {kind.title} | ") >= 5


@pytest.mark.parametrize(
    ("value", "told"), [(0.1234, "0.12"), (1.26, "1.3"), (10.4, "10"), (5000.0, "5000"), (nan, "-")]
)
def test_figures_have_two_digits_that_tell(value, told):
    assert number(value) == told


def test_a_figure_is_judged_as_it_is_told():
    assert aimed(0.3049, 0.3) == "0.30"
    assert aimed(0.306, 0.3) == "**0.31**"
    assert aimed(nan, 1.0) == "-"
