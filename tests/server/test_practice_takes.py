"""What is played live becomes a practice session by itself."""

import asyncio
import uuid
from datetime import UTC, datetime

import pytest
from kept_takes import played, scale
from rest_people import running_api
from sqlalchemy import update

from engine.events import Event, Kind
from server.auth import User
from server.config import Settings
from server.keys import HUB, PRACTICE, STORE
from server.practice.rows import TAKES
from server.store import TakeKeeper, TakeStore
from server.takes.take import RUNNING, Take

pytestmark = pytest.mark.asyncio(loop_scope="module")

BEGAN = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)


def play(user_id: str, song: str = "", *, count: int = 8, end: bool = True) -> Take:
    take = played(Take(scale(), user_id=user_id, song=song, started_at=BEGAN), count=count)
    if end:
        take.process(Event(12.5, Kind.END))
    return take


async def keep(api, *takes: Take, is_older: bool = False) -> None:
    """Keep takes as the server does; ``is_older``: as a version without practice sessions did."""
    store = TakeStore(api.app[STORE].database)
    if not is_older:
        store.on_end = api.app[PRACTICE].takes.on_end
    keeper = TakeKeeper(store)
    for take in takes:
        keeper.add(take)
    await keeper.flush()
    await keeper.close()


async def test_playing_over_the_wire_makes_a_session(api):
    ada = await api.person()
    url = api.url.replace("http", "ws") + "/api/v1/ws"
    async with asyncio.timeout(20), api.http.ws_connect(url) as socket:
        for event, data in (
            ("authenticate", {"token": ada.token}),
            ("start_session", {"sessionType": "song", "songId": "ode-to-joy", "tempo": 120}),
            ("note_played", {"midiNote": 64, "velocity": 64, "timestamp": 0}),
            ("end_session", {}),
        ):
            await socket.send_json({"event": event, "data": data})
        message = {"event": None}
        while message["event"] != "session_ended":
            message = await socket.receive_json()
        take_id = message["data"]["sessionId"]
        while (answer := await ada.get(f"sessions/{take_id}")).status == 404:
            await asyncio.sleep(0.02)
    song = (await api.nobody.get("songs/ode-to-joy")).data
    assert (answer.data["song_id"], answer.data["song_name"]) == (song["id"], song["title"])
    assert answer.data["take_id"] == take_id
    assert answer.data["score_accuracy"] == message["data"]["accuracy"]
    assert answer.data["details"]["grade"] == message["data"]["grade"]
    assert answer.data["analysis_summary"] == message["data"]["message"]


async def test_the_session_says_how_it_went(api):
    ada = await api.person("Ada", time_zone="Pacific/Auckland")
    take = play(ada.id)
    await keep(api, take)
    session = (await ada.get(f"sessions/{take.id}")).data
    summary = take.performance.summary()
    expected = {
        "take_id": take.id,
        "version": 1,
        "date": "2026-03-01T18:00:00Z",
        "duration_seconds": 12.5,
        "song_id": None,
        "song_name": "Scale",
        "score_accuracy": summary.accuracy,
        "analysis_summary": summary.message,
        "details": {
            "mode": "tempo",
            "tempo_bpm": None,
            "source": "ws",
            "notes_played": 8,
            "overall_score": summary.overall_score,
            "grade": summary.grade,
            "counts": summary.counts,
        },
    }
    assert expected.items() <= session.items()
    days = (await ada.get("progress/heatmap?from=2026-01-01&to=2026-04-01")).data
    assert [day["date"] for day in days] == ["2026-03-02"]


async def test_it_can_be_described_and_counted_like_any_other(api):
    ada = await api.person()
    take = play(ada.id)
    await keep(api, take)
    changed = (await ada.patch(f"sessions/{take.id}", {"rating": 5, "tags": ["scales"]})).data
    assert (changed["version"], changed["take_id"], changed["rating"]) == (2, take.id, 5)
    assert [session["id"] for session in (await ada.get("sessions?tag=scales")).data] == [take.id]


async def test_an_interrupted_take_counts_and_a_guests_does_not(api):
    ada = await api.person()
    left, guests, strangers = (
        play(ada.id, count=3, end=False),
        play("guest"),
        play(str(uuid.uuid4())),
    )
    await keep(api, left, guests, strangers)
    (session,) = (await ada.get("sessions")).data
    assert (session["id"], session["take_id"]) == (left.id, left.id)
    kept = {info.id for info in await api.app[STORE].list()}
    assert {guests.id, strangers.id} <= kept


async def test_a_recovered_take_becomes_a_session(api):
    ada = await api.person()
    take = play(ada.id, count=4, end=False)
    await keep(api, take, is_older=True)
    store = api.app[STORE]
    async with store.database.writing() as connection:
        of_lost = {"status": RUNNING, "writer_id": "gone", "accuracy": None, "grade": None}
        await connection.execute(update(TAKES).where(TAKES.c.id == take.id).values(of_lost))
    assert take.id in await store.recover()
    (session,) = (await ada.get("sessions")).data
    assert (session["id"], session["duration_seconds"]) == (take.id, take.performance.now_sec)
    assert session["score_accuracy"] == take.performance.summary().accuracy


async def test_a_take_that_was_thought_to_be_lost_is_brought_up(api):
    ada = await api.person()
    store, keeper = api.app[STORE], TakeKeeper(api.app[STORE])
    take = play(ada.id, count=4, end=False)
    keeper.add(take)
    await keeper.flush()
    async with store.database.writing() as connection:
        of_lost = {"writer_id": "gone"}
        await connection.execute(update(TAKES).where(TAKES.c.id == take.id).values(of_lost))
    assert take.id in await store.recover()
    before = (await ada.get(f"sessions/{take.id}")).data
    assert before["duration_seconds"] == take.performance.now_sec < 2.0
    take.process(Event(12.5, Kind.END))
    await keeper.close()
    after = (await ada.get(f"sessions/{take.id}")).data
    assert after["duration_seconds"] == 12.5
    assert after["score_accuracy"] == take.performance.summary().accuracy
    assert (after["version"], after["details"]["counts"]["missed"]) == (2, 4)


async def test_older_takes_are_made_up_for_once(api):
    ada = await api.person()
    takes = [play(ada.id) for _ in range(3)]
    await keep(api, *takes, is_older=True)
    assert (await ada.get("sessions")).data == []
    repaired = [await api.app[PRACTICE].takes.repair(ada.id) for _ in range(2)]
    sessions = (await ada.get("sessions")).data
    assert repaired == [3, 0]
    assert {session["id"] for session in sessions} == {take.id for take in takes}
    assert {session["duration_seconds"] for session in sessions} == {12.5}


async def test_a_server_that_starts_makes_up_for_older_takes(tmp_path):
    settings = Settings(data_dir=tmp_path)
    async with running_api(settings) as before:
        ada = await before.person()
        take = play(ada.id)
        await keep(before, take, is_older=True)
        assert (await ada.get("sessions")).data == []
    async with running_api(settings) as after, asyncio.timeout(20):
        ada.api = after
        while not (found := (await ada.get("sessions")).data):
            await asyncio.sleep(0.02)
    assert [session["take_id"] for session in found] == [take.id]


async def test_who_plays_before_their_account_is_made_finds_it_all(api):
    user = User(str(uuid.uuid4()), "Clara")
    take = play(user.id)
    await keep(api, take)
    token = api.app[HUB].tokens.issue(user, 1)
    answer = await api.nobody.get("sessions", headers={"Authorization": f"Bearer {token}"})
    assert [session["id"] for session in answer.data] == [take.id]


async def test_a_session_made_under_the_id_of_the_take_gets_its_marks(api):
    ada = await api.person()
    take = play(ada.id)
    await ada.post("sessions", {"id": take.id, "notes": "While I play", "duration": 60})
    await keep(api, take)
    session = (await ada.get(f"sessions/{take.id}")).data
    kept = {"notes": "While I play", "duration_seconds": 60.0, "version": 2, "take_id": take.id}
    assert kept.items() <= session.items()
    assert session["score_accuracy"] == take.performance.summary().accuracy


async def test_a_deleted_session_takes_the_take_with_it_for_good(api):
    ada = await api.person()
    take, other = play(ada.id), play(ada.id)
    await keep(api, take, other)
    assert (await ada.delete(f"sessions/{take.id}")).status == 204
    assert await api.app[PRACTICE].takes.repair(ada.id) == 0
    assert [info.id for info in await api.app[STORE].list(ada.id)] == [other.id]
    assert [session["id"] for session in (await ada.get("sessions")).data] == [other.id]


async def test_nobody_can_delete_anothers_take_by_its_id(api):
    ada, eve = await api.person(), await api.person("Eve")
    take = play(ada.id)
    await keep(api, take)
    await eve.post("sessions", {"id": take.id})
    assert (await eve.delete(f"sessions/{take.id}")).status == 204
    assert (await ada.get(f"sessions/{take.id}")).data["take_id"] == take.id
    assert [info.id for info in await api.app[STORE].list(ada.id)] == [take.id]
