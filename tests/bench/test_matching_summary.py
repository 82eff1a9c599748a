"""What measurements come to, and how they are told."""

import pytest

from bench.matching.matchers import Matcher, missing
from bench.matching.runner import Standing
from bench.matching.summary import Measured
from bench.matching.tables import About, page

ABOUT = About("2030-01-01", "python -m bench matching", "a machine", 400, "1", "results.svg")


def row(condition="back4", f1=0.5, **measured):
    return {"condition": condition, "f1": f1, "f1_revised": f1, "failed": None} | measured


def measured(*rows, missing=""):
    return Measured(Standing("etude", "1", "free", missing), list(rows))


def test_failures_count_as_nothing_found():
    found = measured(row(f1=1.0, pos_100ms=1.0), row(f1=0.0, failed="IndexError: 7"))
    assert found.f1("back4") == 50
    assert found.position("back4") == 50
    assert found.failures() == {"IndexError: 7": 1}


def test_recovery_is_the_median_of_all_jumps_the_lost_ones_included():
    found = measured(row(recovery=[1, None]), row(recovery=[4, 9]))
    assert found.recovery("back4") == (4, 75)
    lost = measured(row(recovery=[1, None, None]))
    assert lost.recovery("back4") == (float("inf"), pytest.approx(100 / 3))


def test_times_are_medians_over_performances_and_the_worst_of_all():
    rows = [row("clean", us=us) for us in ([1, 10, 500], [2, 20, 100], [9, 90, 200])]
    assert measured(*rows).times() == (2, 20, 500)


def test_what_was_not_measured_is_told_with_its_reason():
    lacks = missing(Matcher("x", object, (("no_such_module", "no-such-package"),)))
    assert lacks == (
        "not installed (No module named 'no_such_module'): pip install '.[bench]' no-such-package"
    )
    told = page([measured(missing=lacks)], ["clean"], ABOUT)
    assert f"| Etude | 1 | free | 0 | {lacks} |" in told


def test_only_who_revises_has_a_column_of_revisions():
    steady, revising = measured(row()), measured(row(f1_revised=0.75))
    assert "revised |" not in page([steady], ["back4"], ABOUT)
    told = page([revising], ["back4"], ABOUT)
    assert "| condition | target for Etude | Etude | Etude, revised |" in told
    assert "| back4 | 95.0 | 50.00 | 75.00 |" in told


def test_a_reason_cannot_break_the_table():
    told = page([measured(row(failed="a|b\nc"))], ["back4"], ABOUT)
    assert r"| a\|b c: 1 |" in told
