"""Days in time zones, and days of practice in a row."""

from datetime import UTC, date, datetime, timedelta

import pytest

from server.practice.days import begin_of, day_of
from server.practice.streaks import streak_of

TODAY = date(2026, 3, 10)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-03-01T23:59:59", "UTC", "2026-03-01"),
        ("2026-03-01T11:00:00", "Pacific/Kiritimati", "2026-03-02"),  # 14 hours ahead
        ("2026-03-01T11:00:00", "Pacific/Pago_Pago", "2026-03-01"),  # 11 hours behind
        ("2026-03-01T10:59:59", "Pacific/Pago_Pago", "2026-02-28"),
        # Berlin, the days on which the clock changes: 23 and 25 hours long.
        ("2026-03-28T23:00:00", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T21:59:59", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T22:00:00", "Europe/Berlin", "2026-03-30"),
        ("2026-10-24T22:00:00", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T22:59:59", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T23:00:00", "Europe/Berlin", "2026-10-26"),
        # Samoa went over the date line: the 30th never was.
        ("2011-12-30T09:59:59", "Pacific/Apia", "2011-12-29"),
        ("2011-12-30T10:00:00", "Pacific/Apia", "2011-12-31"),
    ],
)
def test_a_moment_is_on_the_day_of_the_zone(moment, zone, day):
    assert day_of(at(moment), zone) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "zone", "moment"),
    [
        ("2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00"),
        ("2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00"),
        ("2026-03-01", "Asia/Kolkata", "2026-02-28T18:30:00"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00"),  # had no midnight
    ],
)
def test_a_day_begins_at_midnight_of_the_zone(day, zone, moment):
    assert begin_of(date.fromisoformat(day), zone) == at(moment)
    assert day_of(at(moment), zone) == date.fromisoformat(day)
    assert day_of(at(moment) - timedelta(seconds=1), zone) < date.fromisoformat(day)


@pytest.mark.parametrize(
    ("ago", "current", "longest"),
    [
        ([], 0, 0),
        ([0], 1, 1),
        ([1], 1, 1),  # today is not over
        ([2], 0, 1),
        ([2, 1, 0], 3, 3),
        ([3, 2, 1], 3, 3),
        ([9, 8, 7, 6, 1, 0], 2, 4),
        ([5, 3, 1], 1, 1),
        ([1, 0, -1], 3, 3),  # a clock that is a little fast
    ],
)
def test_a_streak_counts_days_in_a_row(ago, current, longest):
    streak = streak_of([TODAY - timedelta(days=n) for n in ago], TODAY)
    assert (streak.current, streak.longest) == (current, longest)
    assert streak.practised_today == (0 in ago)
    assert streak.last_day == (TODAY - timedelta(days=ago[-1]) if ago else None)
