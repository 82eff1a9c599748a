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
from server.takes.take import MAX_IDLE_EVENTS, RUNNING, Take

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


async def played_live(api, ada, *events) -> tuple[dict, dict]:
    """Play over the wire; give the end as it was told, and the practice session that it made."""
    url = api.url.replace("http", "ws") + "/api/v1/ws"
    async with asyncio.timeout(20), api.http.ws_connect(url) as socket:
        for event, data in (("authenticate", {"token": ada.token}), *events, ("end_session", {})):
            await socket.send_json({"event": event, "data": data})
        message = {"event": None}
        while message["event"] != "session_ended":
            message = await socket.receive_json()
        while (answer := await ada.get(f"sessions/{message['data']['sessionId']}")).status == 404:
            await asyncio.sleep(0.02)
    return message["data"], answer.data


def pressed(pitch: int) -> tuple[str, dict]:
    return "note_played", {"midiNote": pitch, "velocity": 64, "timestamp": 0}


LISTED = {"expectedNotes": [{"midiNote": 64, "startTime": 0, "duration": 500}]}
VIOLIN = {"sampleRate": 48000, "format": "f32le", "timestamp": 0, "instrument": "Violin"}


async def test_playing_over_the_wire_makes_a_session(api):
    ada = await api.person()
    wish = {"sessionType": "song", "songId": "ode-to-joy", "tempo": 120}
    ended, session = await played_live(api, ada, ("start_session", wish), pressed(64))
    song = (await api.nobody.get("songs/ode-to-joy")).data
    assert (session["song_id"], session["song_name"]) == (song["id"], song["title"])
    assert session["take_id"] == ended["sessionId"]
    assert session["score_accuracy"] == ended["accuracy"]
    assert session["details"]["grade"] == ended["grade"]
    assert session["analysis_summary"] == ended["message"]


async def test_listed_notes_are_kept_under_the_name_that_they_were_given(api):
    ada = await api.person()
    start = ("start_session", LISTED | {"songName": "Waltz of my own"})
    _, session = await played_live(api, ada, start, pressed(64))
    assert (session["song_id"], session["song_name"]) == (None, "Waltz of my own")


@pytest.mark.parametrize("is_before", [True, False])
async def test_a_microphones_instrument_is_that_of_the_session(api, is_before):
    ada = await api.person()
    await ada.patch("auth/profile", {"instrument": "harpsichord"})
    events = [("start_audio", VIOLIN), ("start_session", LISTED)]
    _, session = await played_live(
        api, ada, *(events if is_before else reversed(events)), pressed(64)
    )
    assert session["instrument"] == "violin"


async def test_without_a_microphone_the_instrument_is_that_of_the_profile(api):
    ada = await api.person()
    await ada.patch("auth/profile", {"instrument": "harpsichord"})
    _, session = await played_live(api, ada, ("start_session", LISTED), pressed(64))
    assert session["instrument"] == "harpsichord"


async def test_a_take_without_a_note_makes_no_session(api):
    ada = await api.person()
    silent, pedals, heard = (Take(scale(), user_id=ada.id) for _ in range(3))
    for number in range(MAX_IDLE_EVENTS + 1):  # so many that the take is kept
        pedals.process(Event(number / 1000, Kind.CONTROL, 64, 127))
    played(heard, count=1)
    for take in (silent, pedals, heard):
        take.process(Event(12.5, Kind.END))
    await keep(api, silent, pedals, heard)
    assert [session["id"] for session in (await ada.get("sessions")).data] == [heard.id]
    assert {info.id for info in await api.app[STORE].list(ada.id)} == {pedals.id, heard.id}
    assert await api.app[PRACTICE].takes.repair(ada.id) == 0


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
