"""What was played in a practice session, its report, and what teachers see."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from kept_takes import PITCHES, played, scale
from rest_people import link
from sqlalchemy import select, update

from engine.events import Event, Kind
from server.keys import STORE
from server.practice.of_takes import CHUNKS
from server.practice.rows import COMMENTS
from server.store import TakeKeeper
from server.takes.ids import uuid7
from server.takes.take import Take

pytestmark = pytest.mark.asyncio(loop_scope="module")

PARTS = ["events", "report", "audio"]


async def keep(api, user_id: str, *, days_ago: int = 0, count: int = 8) -> Take:
    """Keep a take as the server does."""
    began = datetime.now(UTC) - timedelta(days=days_ago)
    take = played(Take(scale(), user_id=user_id, started_at=began), count=count)
    take.process(Event(12.5, Kind.END))
    keeper = TakeKeeper(api.app[STORE])
    keeper.add(take)
    await keeper.close()
    return take


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ada(api):
    """Somebody who played a scale, the second time without its last notes."""
    ada = await api.person("Ada")
    ada.takes = [await keep(api, ada.id, days_ago=1), await keep(api, ada.id, count=6)]
    return ada


async def test_events_are_told_with_their_verdicts(ada):
    path = f"sessions/{ada.takes[0].id}/events"
    answer = await ada.get(path)
    assert answer.headers["X-Total-Count"] == str(len(answer.data)) == "17"
    first, last = answer.data[0], answer.data[-1]
    (verdict,) = first.pop("verdicts")
    assert first == {
        "index": 0,
        "event": "note_played",
        "timestamp": 10.0,
        "number": PITCHES[0],
        "value": 64,
    }
    assert verdict.pop("timing_diff") == pytest.approx(10.0, abs=0.01)
    assert verdict == {
        "result": "correct",
        "played_index": 0,
        "score_index": 0,
        "midi_note": PITCHES[0],
        "score_delta": 10,
        "is_revision": False,
    }
    assert (last["event"], last["timestamp"]) == ("end_session", 12500.0)


async def test_missed_notes_are_told_without_a_time(ada):
    events = (await ada.get(f"sessions/{ada.takes[1].id}/events")).data
    missed = [v for event in events for v in event["verdicts"] if v["result"] == "missed"]
    assert [(v["score_index"], v["played_index"]) for v in missed] == [(6, -1), (7, -1)]
    assert {v["timing_diff"] for v in missed} == {None}


async def test_events_come_in_pages(ada):
    path = f"sessions/{ada.takes[0].id}/events?limit=7"
    indices = []
    while path:
        answer = await ada.get(path)
        indices.append([event["index"] for event in answer.data])
        link_to_next = answer.headers.get("Link", "<>")
        path = link_to_next[1 : link_to_next.index(">")]
    assert indices == [[*range(7)], [*range(7, 14)], [*range(14, 17)]]
    beyond = await ada.get(f"sessions/{ada.takes[0].id}/events?cursor=99")
    assert (beyond.data, "Link" in beyond.headers) == ([], False)


async def test_the_report_tells_of_bars_and_of_earlier_takes(ada):
    answer = await ada.get(f"sessions/{ada.takes[1].id}/report")
    report = answer.data
    assert report["take"]["id"] == ada.takes[1].id
    assert (report["totals"]["notes_played"], report["totals"]["counts"]["missed"]) == (6, 2)
    assert [point["notes_played"] for point in report["progress"]["takes"]] == [8, 6]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": answer.headers["ETag"]}
    again = await ada.get(f"sessions/{ada.takes[1].id}/report", headers=known)
    assert again.status == 304


async def test_the_report_is_a_page_too_that_runs_nothing(ada):
    answer = await ada.get(f"sessions/{ada.takes[0].id}/report?format=html")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.body.decode().startswith("<!doctype html>") and b"Scale" in answer.body
    policy = answer.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@pytest.mark.parametrize("part", PARTS[:2])
async def test_a_session_that_was_not_played_here_has_no_take(api, part):
    eve = await api.person("Eve")
    made = (await eve.post("sessions", {"rating": 3})).data
    answer = await eve.get(f"sessions/{made['id']}/{part}")
    assert (answer.status, answer.code) == (404, "NO_TAKE")


@pytest.mark.parametrize("part", PARTS[:2])
async def test_a_damaged_take_is_told_of(api, part):
    eve = await api.person("Eve")
    take = await keep(api, eve.id)
    async with api.app[STORE].database.writing() as connection:
        spoil = update(CHUNKS).where(CHUNKS.c.take_id == take.id).values(data=b"\x00")
        await connection.execute(spoil)
    answer = await eve.get(f"sessions/{take.id}/{part}")
    assert (answer.status, answer.code) == (409, "TAKE_UNREADABLE")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("events?limit=0", "limit"),
        ("events?limit=1001", "limit"),
        ("events?cursor=-1", "cursor"),
        ("report?format=pdf", "format"),
    ],
)
async def test_a_query_that_makes_no_sense_names_its_field(ada, path, field):
    answer = await ada.get(f"sessions/{ada.takes[0].id}/{path}")
    assert (answer.status, answer.data["details"]) == (422, {"field": field})


@pytest.mark.parametrize("part", ["", *(f"/{part}" for part in PARTS)])
async def test_nobody_sees_it_but_a_linked_teacher(api, ada, part):
    path = f"sessions/{ada.takes[0].id}{part}"
    stranger, student = await api.person("S", role="teacher"), await api.person("Eve")
    teacher = await api.person("T", role="teacher")
    await link(teacher, student)
    for person in (stranger, student, teacher):
        answer = await person.get(path)
        assert (answer.status, answer.code) == (404, "SESSION_NOT_FOUND")
    assert (await api.nobody.get(path)).code == "UNAUTHENTICATED"
    await link(teacher, ada)
    seen, own = await teacher.get(path), await ada.get(path)
    assert (seen.status, seen.body) == (own.status, own.body)
    for method in ("PUT", "PATCH", "DELETE"):
        body = {"rating": 1} if method[0] == "P" else None
        if not part:
            assert (await teacher.ask(method, path, body)).code == "SESSION_NOT_FOUND"


async def test_a_teacher_lists_the_sessions_of_their_students(api):
    teacher = await api.person("T", role="teacher")
    student = await api.person("Eve", time_zone="Pacific/Auckland")
    other = await api.person("O")
    await link(teacher, student)
    made = []
    for hour in ("09", "12"):
        sent = {"date": f"2026-03-01T{hour}:00:00Z", "notes": "mine"}
        made.append((await student.post("sessions", sent)).data["id"])
    path = f"sessions/students/{student.id}/sessions"
    listed = await teacher.get(path)
    assert [session["id"] for session in listed.data] == made[::-1]
    assert listed.headers["X-Total-Count"] == "2"
    # By the days of the student: in Auckland the second one was on the 2nd.
    assert [session["id"] for session in (await teacher.get(path + "?from=2026-03-02")).data] == [
        made[1]
    ]
    page = await teacher.get(path + "?limit=1")
    following = page.headers["Link"].partition(">")[0].lstrip("<")
    assert [session["id"] for session in (await teacher.get(following)).data] == [made[0]]
    for nobody in (other.id, teacher.id, uuid7()):
        answer = await teacher.get(f"sessions/students/{nobody}/sessions")
        assert (answer.status, answer.code) == (404, "NOT_LINKED")
    wrong = await student.get(path)
    assert (wrong.status, wrong.code) == (403, "WRONG_ROLE")
    assert (await api.nobody.get(path)).code == "UNAUTHENTICATED"
    malformed = await teacher.get("sessions/students/x/sessions")
    assert malformed.data["details"] == {"field": "student_id"}
    assert (await teacher.get(path + "?limit=0")).data["details"] == {"field": "limit"}


async def test_what_was_said_of_a_session_goes_with_it(api):
    teacher, student = await api.person("T", role="teacher"), await api.person("Eve")
    await link(teacher, student)
    session_id = (await student.post("sessions", {"rating": 3})).data["id"]
    assert (await teacher.post(f"sessions/{session_id}/comments", {"body": "Well!"})).status == 201
    await student.delete(f"sessions/{session_id}")
    query = select(COMMENTS.c.id).where(COMMENTS.c.session_id == session_id)
    assert await api.app[STORE].database.rows(query) == []
