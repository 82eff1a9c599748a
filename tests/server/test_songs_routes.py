"""The pieces over REST, through a real server."""

import asyncio
import threading
from io import BytesIO
from xml.etree import ElementTree

import aiohttp
import mido
import numpy as np
import pytest
import pytest_asyncio
from rest_people import running_api

from server.config import Settings
from server.http.shared_jobs import SharedJobs
from server.pieces import catalogue

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory):
    """A guest on a server with an empty database."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("songs"))
    async with running_api(settings) as api, aiohttp.ClientSession(api.url) as guest:
        yield guest


async def get_json(client, path, **query):
    response = await client.get(f"/api/v1/{path}", params=query)
    assert response.status == 200, await response.text()
    return await response.json()


async def refusal(client, path, **query):
    response = await client.get(f"/api/v1/{path}", params=query)
    return response.status, await response.json()


async def test_list_pages_through_every_piece_once(client):
    path, seen, pages = "/api/v1/songs?limit=25", [], 0
    while path:
        response = await client.get(path)
        assert response.headers["X-Total-Count"] == str(len(catalogue.songs()))
        seen += [song["id"] for song in await response.json()]
        link = response.links.get("next")
        path, pages = link and link["url"].path_qs, pages + 1
    assert seen == [song.id for song in catalogue.songs()]
    assert pages == -(-len(seen) // 25)


async def test_last_full_page_has_no_next(client):
    count = len(catalogue.songs())
    response = await client.get("/api/v1/songs", params={"limit": count})
    assert len(await response.json()) == count
    assert "Link" not in response.headers


async def test_list_filters_by_kind_and_level_on_every_page(client):
    response = await client.get("/api/v1/songs", params={"kind": "scale", "level": 2, "limit": 3})
    shown = await response.json()
    assert {(song["kind"], song["level"]) for song in shown} == {("scale", 2)}
    expected = [s for s in catalogue.songs() if (s.kind, s.level) == ("scale", 2)]
    assert response.headers["X-Total-Count"] == str(len(expected))
    following = response.links["next"]["url"]
    assert following.query["kind"] == "scale"
    assert following.query["level"] == "2"


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"level": 6}, {"kind": "opera"}]
)
async def test_bad_list_query_names_the_field(client, query):
    status, body = await refusal(client, "songs", **query)
    assert (status, body["code"]) == (422, "INVALID_FIELD")
    assert body["details"] == {"field": next(iter(query))}


async def test_search_forgives_accents_and_case(client):
    found = await get_json(client, "songs/search", q="FRERE")
    assert [song["slug"] for song in found] == ["frere-jacques"]


async def test_search_without_words_names_the_field(client):
    status, body = await refusal(client, "songs/search")
    assert (status, body["details"]) == (422, {"field": "q"})


@pytest.mark.parametrize("key", ["4", "frere-jacques", "Fr%C3%A8re%20Jacques"])
async def test_piece_is_given_by_any_of_its_names(client, key):
    song = await get_json(client, f"songs/{key}")
    assert song["id"] == 4
    assert song["title"] == "Frère Jacques"
    assert song["tempo"] == 108
    assert song["provenance"] and song["first_published"]
    assert "path" not in song


@pytest.mark.parametrize("part", ["", "/notes", "/bars", "/score.svg", "/midi"])
async def test_unknown_piece_is_not_found_everywhere(client, part):
    status, body = await refusal(client, f"songs/ode-to-yoy{part}")
    assert (status, body["code"]) == (404, "SONG_NOT_FOUND")
    assert "did you mean ode-to-joy" in body["error"]


async def test_notes_stand_at_the_written_tempo(client):
    notes = await get_json(client, "songs/hot-cross-buns/notes")  # quarter note = 100
    assert [note["pitch"] for note in notes[:4]] == [64, 62, 60, 64]
    assert [note["start_ms"] for note in notes[:4]] == [0, 600, 1200, 2400]
    assert [note["duration_ms"] for note in notes[:3]] == [600, 600, 1200]
    assert notes[3] == {
        "note_id": "n4",
        "pitch": 64,
        "start_ms": 2400.0,
        "duration_ms": 600.0,
        "onset_beat": 4.0,
        "duration_beat": 1.0,
        "measure": 2,
        "beat": 0.0,
        "staff": 1,
        "voice": 1,
        "is_grace": False,
    }


async def test_a_pickup_begins_at_zero(client):
    notes = await get_json(client, "songs/amazing-grace/notes")  # quarter note = 80
    assert [note["onset_beat"] for note in notes[:2]] == [-1, 0]
    assert [note["start_ms"] for note in notes[:2]] == [0, 750]


async def test_half_the_tempo_takes_twice_the_time(client):
    written = await get_json(client, "songs/minuet-in-g/notes")
    slow = await get_json(client, "songs/minuet-in-g/notes", tempo=58)
    assert len(written) == len(slow) == 408
    starts = np.array([[note["start_ms"] for note in notes] for notes in (written, slow)])
    np.testing.assert_allclose(starts[1], 2 * starts[0], atol=2e-3)


async def test_section_holds_the_bars_and_the_hand_asked_for(client):
    query = {"from_bar": 3, "to_bar": 4, "hands": "left"}
    notes = await get_json(client, "songs/brahms-lullaby/notes", **query)
    assert {note["measure"] for note in notes} == {3, 4}
    assert {note["staff"] for note in notes} == {2}
    assert notes[0]["start_ms"] == 0
    bars = await get_json(client, "songs/brahms-lullaby/bars", **query)
    assert [bar["measure"] for bar in bars] == [3, 4]


async def test_without_repeats_each_bar_is_played_once(client):
    written = await get_json(client, "songs/minuet-in-g/bars")
    once = await get_json(client, "songs/minuet-in-g/bars", repeats="false")
    assert len(written) == 2 * len(once) == 2 * 32
    assert [bar["measure"] for bar in once] == list(range(1, 33))
    assert once[0]["start_ms"] == 0
    notes = await get_json(client, "songs/minuet-in-g/notes", repeats="false")
    assert len(notes) == 408 / 2


async def test_bars_tell_time_and_metre(client):
    bars = await get_json(client, "songs/greensleeves/bars")  # quarter note = 84
    assert len(bars) == 17
    assert bars[1] == {
        "measure": 1,
        "start_ms": pytest.approx(0.5 * 60_000 / 84, abs=1e-3),
        "duration_ms": pytest.approx(3 * 60_000 / 84, abs=1e-3),
        "onset_beat": 0.0,
        "duration_beat": 3.0,
        "count": 6,
        "unit": 8,
    }


@pytest.mark.parametrize("query", [{"from_bar": 5, "to_bar": 2}, {"from_bar": 1000}])
async def test_impossible_section_is_refused(client, query):
    status, body = await refusal(client, "songs/ode-to-joy/notes", **query)
    assert (status, body["code"]) == (422, "INVALID_SECTION")


@pytest.mark.parametrize(
    "query", [{"tempo": 0}, {"tempo": "nan"}, {"hands": "third"}, {"repeats": "maybe"}]
)
async def test_bad_section_query_names_the_field(client, query):
    status, body = await refusal(client, "songs/ode-to-joy/notes", **query)
    assert (status, body["details"]) == (422, {"field": next(iter(query))})


async def test_engraving_shows_every_note_under_its_id(client):
    response = await client.get("/api/v1/songs/minuet-in-g/score.svg", params={"width": 800})
    assert response.content_type == "image/svg+xml"
    svg = ElementTree.fromstring(await response.text())
    drawn = {element.get("id") for element in svg.iter()}
    notes = await get_json(client, "songs/minuet-in-g/notes")
    assert {note["note_id"] for note in notes} <= drawn


async def test_engraving_is_not_sent_twice(client):
    path = "/api/v1/songs/hot-cross-buns/score.svg"
    first = await client.get(path)
    tag = first.headers["ETag"]
    assert "no-cache" in first.headers["Cache-Control"]
    again = await client.get(path, headers={"If-None-Match": tag})
    assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", tag)
    other = await client.get(path, headers={"If-None-Match": '"something-else"'})
    assert (other.status, await other.read()) == (200, await first.read())


async def test_windows_of_about_one_width_get_the_same_engraving(client):
    path = "/api/v1/songs/hot-cross-buns/score.svg"
    tags = [(await client.get(path, params={"width": w})).headers["ETag"] for w in (800, 810, 1600)]
    assert tags[0] == tags[1] != tags[2]


@pytest.mark.parametrize("width", [319, 4001, "wide"])
async def test_impossible_width_names_the_field(client, width):
    status, body = await refusal(client, "songs/ode-to-joy/score.svg", width=width)
    assert (status, body["details"]) == (422, {"field": "width"})


async def test_midi_file_plays_the_notes_of_the_score(client):
    response = await client.get("/api/v1/songs/brahms-lullaby/midi")
    assert response.content_type == "audio/midi"
    assert 'filename="brahms-lullaby.mid"' in response.headers["Content-Disposition"]
    file = mido.MidiFile(file=BytesIO(await response.read()))
    now, played = 0.0, []
    for message in file:
        now += message.time
        if message.type == "note_on":
            played.append((round(now * 1000), message.note))
    notes = await get_json(client, "songs/brahms-lullaby/notes")
    expected = sorted((round(note["start_ms"]), note["pitch"]) for note in notes)
    assert len(played) == len(expected)
    for (time_ms, pitch), (start_ms, written) in zip(sorted(played), expected, strict=True):
        assert pitch == written
        assert abs(time_ms - start_ms) <= 2
    assert file.length == pytest.approx(48 * 60 / 84, abs=0.01)


async def test_midi_file_ends_every_note_it_begins(client):
    response = await client.get("/api/v1/songs/minuet-in-g/midi")
    file = mido.MidiFile(file=BytesIO(await response.read()))
    assert [track.name for track in file.tracks] == [
        "Minuet in G (BWV Anh. 114)",
        "staff 1",
        "staff 2",
    ]
    for track in file.tracks[1:]:
        held = []
        for message in track:
            if message.type == "note_on":
                assert message.note not in held
                held.append(message.note)
            elif message.type == "note_off":
                held.remove(message.note)
        assert held == []


async def test_many_who_open_a_piece_at_once_keep_the_threads_free(client, monkeypatch):
    song, gate = catalogue.find("hot-cross-buns"), threading.Event()
    score, waiting = song.score(), []

    def slow(self):
        waiting.append(self)
        assert gate.wait(5), "other work cannot go on"
        return score

    monkeypatch.setattr(catalogue.Song, "score", slow)
    paths = ["songs/1/notes", "songs/1/bars"] * 32
    asked = [asyncio.create_task(get_json(client, path)) for path in paths]
    while not waiting:
        await asyncio.sleep(0)
    await asyncio.to_thread(gate.set)
    await asyncio.gather(*asked)
    assert len(waiting) <= 2


async def test_those_who_ask_the_same_share_one_job():
    jobs, runs = SharedJobs(2), []
    started, gate = threading.Event(), threading.Event()

    def work():
        started.set()
        assert gate.wait(5), "the work holds up the event loop"
        runs.append(1)
        return "drawing"

    waiting = [asyncio.create_task(jobs.run("key", work)) for _ in range(5)]
    assert await asyncio.to_thread(started.wait, 5)
    waiting[0].cancel()
    gate.set()
    assert await asyncio.gather(*waiting[1:]) == ["drawing"] * 4
    assert runs == [1]
    assert await jobs.run("key", work) == "drawing"
    assert runs == [1, 1]


async def test_failed_job_tells_all_who_wait_and_is_forgotten():
    jobs = SharedJobs(1)

    def fail():
        raise ValueError("no paper")

    results = await asyncio.gather(
        jobs.run("key", fail), jobs.run("key", fail), return_exceptions=True
    )
    assert [str(result) for result in results] == ["no paper"] * 2
    assert await jobs.run("key", lambda: "paper") == "paper"
