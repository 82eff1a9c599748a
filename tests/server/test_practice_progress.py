"""Statistics of practice, over REST, by the days of the user's own time zone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from server.keys import PRACTICE
from server.practice.changes import new_row
from server.practice.days import SESSIONS, begin_of, day_of, move_days, today
from server.practice.rows import insert_rows
from server.takes.ids import uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUTES = [
    "sessions/statistics",
    "stats",
    "progress/stats",
    "progress/sessions",
    "progress/streak",
    "progress/heatmap",
]
ZONE = "Pacific/Kiritimati"


def noon(days_ago: int, zone: str = "UTC") -> str:
    """Noon of a day, by the clocks of a zone."""
    return (
        begin_of(today(zone) - timedelta(days=days_ago), zone) + timedelta(hours=12)
    ).isoformat()


async def practise(person, *sessions):
    for session in sessions:
        answer = await person.post("sessions", session)
        assert answer.status == 201, answer.data


async def test_statistics_sum_up_days_weeks_and_pieces(api):
    ada = await api.person("Ada", time_zone="Asia/Kolkata")
    await practise(
        ada,
        {"date": "2026-03-01T18:00:00Z", "duration": 600, "song_id": 1, "rating": 3},
        # 0:30 of Monday in Kolkata
        {"date": "2026-03-01T19:00:00Z", "duration": 1200, "song_name": "Tune", "rating": 4},
        {"date": "2026-03-02T10:00:00Z", "duration": 900, "song_id": 1, "score_accuracy": 80},
        {"date": "2026-03-08T10:00:00Z", "duration": 89, "score_accuracy": 95.5},
    )
    found = (await ada.get("sessions/statistics")).data
    title = (await api.nobody.get("songs/1")).data["title"]
    totals = {
        "total_sessions": 4,
        "total_seconds": 2789.0,
        "total_minutes": 46,
        "average_rating": 3.5,
        "average_accuracy": 87.75,
        "current_streak": 0,
        "longest_streak": 2,
    }
    assert totals.items() <= found.items()
    assert found["per_day"] == [
        {"date": "2026-03-08", "sessions": 1, "minutes": 1},
        {"date": "2026-03-02", "sessions": 2, "minutes": 35},
        {"date": "2026-03-01", "sessions": 1, "minutes": 10},
    ]
    assert found["per_week"] == [
        {"monday": "2026-03-02", "sessions": 3, "minutes": 36},
        {"monday": "2026-02-23", "sessions": 1, "minutes": 10},
    ]
    assert found["per_song"] == [
        {
            "song_id": 1,
            "song_name": title,
            "sessions": 2,
            "minutes": 25,
            "average_rating": 3.0,
            "average_accuracy": 80.0,
            "best_accuracy": 80.0,
            "last_practised_at": "2026-03-02T10:00:00Z",
        },
        {
            "song_id": None,
            "song_name": "Tune",
            "sessions": 1,
            "minutes": 20,
            "average_rating": 4.0,
            "average_accuracy": None,
            "best_accuracy": None,
            "last_practised_at": "2026-03-01T19:00:00Z",
        },
    ]
    part = (await ada.get("sessions/statistics?from=2026-03-02&to=2026-03-02")).data
    assert (part["total_minutes"], len(part["per_day"]), part["longest_streak"]) == (35, 1, 2)


async def test_nothing_sums_up_to_nothing(api):
    eve = await api.person("Eve")
    found = (await eve.get("sessions/statistics")).data
    assert (found["total_sessions"], found["total_seconds"], found["average_rating"]) == (
        0,
        0,
        None,
    )
    assert found["per_day"] == found["per_week"] == found["per_song"] == []
    stats = (await eve.get("stats")).data
    assert stats["streak"] == 0
    assert {bar["minutes"] for bar in stats["weekly_progress"]} == {0}
    assert (await eve.get("progress/heatmap")).data == []
    assert (await eve.get("progress/streak")).data == {
        "current": 0,
        "longest": 0,
        "last_day": None,
        "practised_today": False,
    }


async def test_the_week_is_shown_from_monday_to_sunday(api):
    ada = await api.person("Ada", time_zone=ZONE)
    day = today(ZONE)
    await practise(
        ada,
        {"date": noon(0, ZONE), "duration": 1200},
        {"date": noon(0, ZONE), "duration": 31},
        {"date": noon(8, ZONE), "duration": 600},
    )
    stats = (await ada.get("stats")).data
    minutes = {"Mon": 0, "Tue": 0, "Wed": 0, "Thu": 0, "Fri": 0, "Sat": 0, "Sun": 0}
    minutes[day.strftime("%a")] = 21
    expected = [{"day": day, "minutes": minutes} for day, minutes in minutes.items()]
    assert stats["weekly_progress"] == expected
    assert stats["streak"] == 1


async def test_a_streak_outlives_a_day_that_is_not_over(api):
    ada = await api.person("Ada", time_zone=ZONE)
    await practise(ada, *({"date": noon(ago, ZONE)} for ago in (1, 2, 3, 6, 7, 8, 9)))
    streak = (await ada.get("progress/streak")).data
    yesterday = today(ZONE) - timedelta(days=1)
    assert streak == {
        "current": 3,
        "longest": 4,
        "last_day": yesterday.isoformat(),
        "practised_today": False,
    }
    stats = (await ada.get("progress/stats")).data
    assert (stats["current_streak"], stats["longest_streak"]) == (3, 4)
    assert (await ada.get("stats")).data["streak"] == 3


async def test_what_is_deleted_counts_no_more(api):
    ada = await api.person()
    made = (await ada.post("sessions", {"date": noon(0), "duration": 600})).data
    await ada.delete(f"sessions/{made['id']}")
    assert (await ada.get("stats")).data["streak"] == 0
    assert (await ada.get("progress/stats")).data["total_sessions"] == 0


async def test_progress_tells_two_weeks_apart(api):
    ada = await api.person()
    await practise(
        ada,
        {"date": noon(0), "duration": 600, "rating": 5},
        {"date": noon(7), "duration": 1200, "rating": 4},
        {"date": noon(21), "duration": 60},
    )
    stats = (await ada.get("progress/stats")).data
    expected = {
        "total_sessions": 3,
        "total_minutes": 31,
        "average_rating": 4.5,
        "this_week_minutes": 10,
        "last_week_minutes": 20,
    }
    assert expected.items() <= stats.items()


async def test_points_show_how_a_piece_went_over_time(api):
    ada = await api.person()
    await practise(
        ada,
        {"date": noon(2), "song_id": 1, "score_accuracy": 60, "rating": 2},
        {"date": noon(1), "song_id": 2, "score_accuracy": 99},
        {"date": noon(0), "song_id": 1, "score_accuracy": 75, "rating": 3},
    )
    answer = await ada.get("progress/sessions?song_id=1")
    assert [(p["score_accuracy"], p["rating"]) for p in answer.data] == [(75.0, 3), (60.0, 2)]
    assert answer.headers["X-Total-Count"] == "2"
    first = await ada.get("progress/sessions?limit=2")
    assert len(first.data) == 2
    following = first.headers["Link"].partition(">")[0].lstrip("<")
    assert [p["score_accuracy"] for p in (await ada.get(following)).data] == [60.0]


async def test_the_heat_map_is_of_a_year(api):
    ada = await api.person()
    await practise(ada, *({"date": noon(ago), "duration": 60 * ago} for ago in (366, 365, 3, 3)))
    day = today("UTC")
    expected = [
        {"date": (day - timedelta(days=365)).isoformat(), "sessions": 1, "minutes": 365},
        {"date": (day - timedelta(days=3)).isoformat(), "sessions": 2, "minutes": 6},
    ]
    assert (await ada.get("progress/heatmap")).data == expected
    since = (day - timedelta(days=366)).isoformat()
    assert len((await ada.get(f"progress/heatmap?from={since}")).data) == 3


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("sessions/statistics?from=x", "from"),
        ("progress/heatmap?to=x", "to"),
        ("progress/heatmap?from=2020-01-01", "from"),
        ("progress/sessions?cursor=x", "cursor"),
    ],
)
async def test_a_query_that_makes_no_sense_names_its_field(api, path, field):
    answer = await (await api.person()).get(path)
    assert (answer.status, answer.data["details"]) == (422, {"field": field})


@pytest.mark.parametrize("path", ROUTES)
async def test_everybody_sees_their_own_only(api, path):
    ada, eve = await api.person(), await api.person("Eve", role="teacher")
    before = (await eve.get(path)).data
    await practise(ada, {"duration": 600, "song_id": 1})
    assert (await eve.get(path)).data == before
    assert (await ada.get(path)).data != before
    answer = await api.nobody.get(path)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_days_move_with_the_time_zone(api, zone):
    ada = await api.person()
    database = api.app[PRACTICE].database
    begin = datetime(2026, 1, 1, 11, tzinfo=UTC)
    moments = [begin + timedelta(hours=7 * k) for k in range(600)]  # over the change of the clocks
    rows = [new_row(ada.id, uuid7(), {"began_at": at}, b"x" * 16, "UTC") for at in moments]
    async with database.writing() as connection:
        await connection.run_sync(insert_rows, SESSIONS.insert(), rows)
    async with database.writing() as connection:
        await move_days(connection, ada.id, zone)
    query = select(SESSIONS.c.began_at, SESSIONS.c.day).where(SESSIONS.c.user_id == ada.id)
    found = await database.rows(query)
    assert {row.began_at: row.day for row in found} == {at: day_of(at, zone) for at in moments}


async def test_a_change_of_the_profile_moves_the_days(api):
    ada = await api.person()
    await practise(ada, {"date": "2026-03-01T11:00:00Z"})
    assert (await ada.patch("auth/profile", {"time_zone": ZONE})).status == 200
    span = "progress/heatmap?from=2026-01-01&to=2026-04-01"
    assert [day["date"] for day in (await ada.get(span)).data] == ["2026-03-02"]
    await practise(ada, {"date": "2026-03-02T11:00:00Z"})
    assert [day["date"] for day in (await ada.get(span)).data] == ["2026-03-02", "2026-03-03"]
