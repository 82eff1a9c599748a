"""Days of practice in a row."""

from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import Struct

DAY = timedelta(days=1)


class Streak(Struct, kw_only=True):
    """Days of practice in a row, by the days of the user's time zone.

    The current one lives until a whole day goes by without practice: of today there may be some
    left.
    """

    current: int
    longest: int
    last_day: date | None
    practised_today: bool


def streak_of(days: Iterable[date], today: date) -> Streak:
    """Count days in a row.

    Parameters
    ----------
    days : iterable of date
        Those with practice, each once, in order.
    today : date
        Of the user.
    """
    longest = run = 0
    last: date | None = None
    practised_today = False
    for day in days:
        run = run + 1 if last is not None and day - last == DAY else 1
        longest = max(longest, run)
        practised_today |= day == today
        last = day
    is_alive = last is not None and last >= today - DAY
    return Streak(
        current=run if is_alive else 0,
        longest=longest,
        last_day=last,
        practised_today=practised_today,
    )
