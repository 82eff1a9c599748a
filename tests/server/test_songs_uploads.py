"""Own scores over REST: what is taken, what is refused, and that they are their owner's alone."""

import asyncio
import threading
import zipfile
from io import BytesIO

import aiohttp
import pytest
from scores import MEI, abc, midi, musicxml, mxl

from engine.score import process
from server.keys import LEAVING, LIBRARY
from server.pieces import reader, uploads
from server.pieces.study import study
from server.pieces.upload import FIRST_ID
from server.routes.songs import MAX_SONG_BYTES

pytestmark = pytest.mark.asyncio(loop_scope="module")
TUNE = abc()  # read once: another title would be another file
PARTS = ["", "/tutorial", "/notes", "/bars", "/score.svg", "/midi"]


async def upload(person, data, **query):
    answer = await person.post("songs", data=data, params=query)
    assert answer.status == 201, answer.body
    return answer.data


async def test_a_tune_is_kept_with_what_can_be_told_of_it(api):
    ada = await api.person()
    song = await upload(ada, TUNE)
    assert song["id"] >= FIRST_ID
    assert song == {
        "id": song["id"],
        "slug": f"upload-{song['id']}",
        "title": "Tune",
        "composer": "Ada Abel",
        "level": 2,
        "kind": "piece",
        "hands": "right",
        "key": "G major",
        "tempo": 90.0,
        "first_published": "",
        "provenance": "",
        "format": "abc",
        "shared": False,
        "mine": True,
    }
    for key in (song["id"], song["slug"]):
        assert (await ada.get(f"songs/{key}")).data == song


@pytest.mark.parametrize(
    ("data", "name", "kind", "title"),
    [
        (musicxml("Duet"), "", "musicxml", "Duet"),
        (mxl("Packed"), "", "mxl", "Packed"),
        (MEI.encode(), "folder/mine.mei", "mei", "mine"),
        (midi(), "", "midi", "Untitled"),
        (b"K:C\nCDEF|", "scale.abc", "abc", "scale"),
        (b"**kern\n4c\n4d\n*-\n", "two.krn", "humdrum", "two"),
    ],
)
async def test_every_kind_of_score_is_taken(api, data, name, kind, title):
    ada = await api.person()
    song = await upload(ada, data, name=name)
    assert (song["format"], song["title"]) == (kind, title)
    notes = (await ada.get(f"songs/{song['id']}/notes")).data
    assert notes and notes[0]["start_ms"] == 0.0
    assert (await ada.get(f"songs/{song['id']}/midi")).body.startswith(b"MThd")
    assert (await ada.get(f"songs/{song['id']}/tutorial")).data["steps"]
    drawing = await ada.get(f"songs/{song['id']}/score.svg")
    if kind == "midi":
        assert (drawing.status, drawing.code) == (404, "NO_NOTATION")
    else:
        assert drawing.status == 200 and b"<svg" in drawing.body
        assert drawing.headers["Cache-Control"] == "private, no-cache"


async def test_two_staves_are_two_hands(api):
    assert (await upload(await api.person(), musicxml()))["hands"] == "both"


async def test_a_form_brings_a_file_and_what_to_call_it(api):
    ada = await api.person()
    form = aiohttp.FormData({"title": "  My \t tune ", "shared": "true"})
    form.add_field("file", b"K:C\nCDEF|", filename="x.abc")
    song = await upload(ada, form, title="not this", composer="Clara")
    assert (song["title"], song["composer"], song["shared"]) == ("My tune", "Clara", True)


async def test_the_same_file_again_is_the_piece_that_is_there(api):
    ada, bob = await api.person(), await api.person("Bob")
    song = await upload(ada, TUNE, composer="Clara", shared="true")
    assert await upload(ada, TUNE) == song
    assert await upload(ada, TUNE, title="Other") == {**song, "title": "Other"}
    assert (await upload(bob, TUNE))["id"] != song["id"]
    answer = await ada.get("songs?mine=true")
    assert [each["id"] for each in answer.data] == [song["id"]]


BOMB = BytesIO()
with zipfile.ZipFile(BOMB, "w", zipfile.ZIP_DEFLATED) as _archive:
    _archive.writestr("score.xml", b" " * (25 << 20))
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">]><score-partwise>&a;</score-partwise>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"Dear diary", "must be MusicXML, MXL, MEI, ABC, Humdrum or MIDI"),
        (LAUGHS, "XML entities are not allowed in a score"),
        (BOMB.getvalue(), "an unpacked score must be at most 24 MiB"),
    ],
)
async def test_what_is_no_score_is_refused_and_told_why(api, data, said):
    answer = await (await api.person()).post("songs", data=data)
    assert (answer.status, answer.code) == (422, "INVALID_SCORE")
    assert said in answer.data["error"]
    assert answer.data["details"] == {"field": "file"}


async def test_a_score_that_takes_too_long_to_read_is_refused(api, monkeypatch):
    monkeypatch.setattr(process, "MAX_WALL_SEC", 0.001)
    answer = await (await api.person()).post("songs", data=TUNE + b"% not in the cache\n")
    assert (answer.status, answer.code) == (422, "INVALID_SCORE")
    assert "was stopped" in answer.data["error"]


async def test_one_account_never_keeps_all_readers_busy(api, monkeypatch):
    gate, reading = threading.Event(), []

    def slow(data, name):
        reading.append(data)
        assert gate.wait(60)
        return study(data, name)

    monkeypatch.setattr(reader, "study", slow)
    ada, bob = await api.person(), await api.person("Bob")
    many = [asyncio.create_task(ada.post("songs", data=data)) for data in (TUNE, mxl(), midi())]
    try:
        async with asyncio.timeout(60):
            while not reading:
                await asyncio.sleep(0.01)
            other = asyncio.create_task(bob.post("songs", data=musicxml()))
            while musicxml() not in reading:
                await asyncio.sleep(0.01)
        assert len(reading) == 2
    finally:
        gate.set()
    assert [answer.status for answer in await asyncio.gather(*many, other)] == [201] * 4


async def test_a_file_too_long_is_refused_however_it_comes(api):
    ada = await api.person()
    form = aiohttp.FormData()
    form.add_field("file", BytesIO(bytes(MAX_SONG_BYTES + 1)), filename="x.mid")
    for body in (BytesIO(bytes(MAX_SONG_BYTES + 1)), form):
        answer = await ada.post("songs", data=body)
        assert (answer.status, answer.code) == (413, "SONG_TOO_LARGE")


def form_of(**fields):
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        form.add_field(name, value)
    return form


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (form_of(title="x"), "file"),
        (form_of(file="CDE", title="x" * 5000), "title"),
        (form_of(file="CDE", title="x" * 300), "title"),
        (form_of(file="CDE", shared="maybe"), "shared"),
    ],
)
async def test_a_form_with_a_bad_field_names_it(api, body, field):
    answer = await (await api.person()).post("songs", data=body)
    assert (answer.status, answer.code) == (422, "INVALID_FIELD")
    assert answer.data["details"] == {"field": field}


FILE_PART = b'Content-Disposition: form-data; name="file"\r\n'


def part_with(header: bytes) -> bytes:
    """A form of one file that says it is encoded."""
    return b"--b\r\n" + FILE_PART + header + b"\r\n\r\nC!D%E\r\n--b--\r\n"


FORM = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        (FORM, b"x"),
        (FORM, b"--b\r\n" + FILE_PART),
        (FORM, b"--b\r\n\r\nCDE\r\n--b--\r\n"),
        (FORM, part_with(b"Content-Transfer-Encoding: rot13")),
        (FORM, part_with(b"Content-Transfer-Encoding: base64")),
        (FORM, part_with(b"Content-Encoding: gzip")),
    ],
)
async def test_a_broken_form_is_told(api, kind, body):
    answer = await (await api.person()).post("songs", data=body, headers={"Content-Type": kind})
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")


async def test_nobody_keeps_more_than_there_is_room_for(api, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 1)
    ada = await api.person()
    scores = (TUNE, musicxml(), midi())
    answers = await asyncio.gather(*(ada.post("songs", data=data) for data in scores))
    assert sorted(answer.status for answer in answers) == [201, 409, 409]
    assert [answer.code for answer in answers if answer.status == 409] == ["TOO_MANY_SONGS"] * 2
    (kept,) = (await ada.get("songs?mine=true")).data
    again = scores[[answer.status for answer in answers].index(201)]
    assert (await upload(ada, again)) == kept
    await ada.delete(f"songs/{kept['id']}")
    assert (await ada.post("songs", data=TUNE)).status == 201


async def test_an_id_is_never_used_again(api):
    ada = await api.person()
    first = await upload(ada, TUNE)
    assert (await ada.delete(f"songs/{first['id']}")).status == 204
    assert (await upload(ada, TUNE))["id"] > first["id"]


async def test_a_private_piece_is_not_there_for_anybody_else(api):
    ada, bob = await api.person(), await api.person("Bob", "teacher")
    song = await upload(ada, TUNE, title="Zwiefacher verborgen")
    for other in (bob, api.nobody):
        for key in (song["id"], song["slug"]):
            for part in PARTS:
                answer = await other.get(f"songs/{key}{part}")
                assert (answer.status, answer.code) == (404, "SONG_NOT_FOUND"), part
                nothing = await other.get(f"songs/1999999999{part}")
                told = answer.data["error"].replace(str(key), "1999999999")
                assert nothing.data == {**answer.data, "error": told}
        for path in ("songs/search?q=verborgen", "songs?q=verborgen", "songs?mine=true"):
            assert (await other.get(path)).data == []
        popular = (await other.get("songs/popular?limit=50")).data
        assert song["id"] not in [each["id"] for each in popular]
        assert await api.app[LIBRARY].visible(other.account and other.id, song["id"]) is None
    for body in ({"title": "Mine now"}, {"shared": True}):
        answer = await bob.patch(f"songs/{song['id']}", body)
        assert (answer.status, answer.code) == (404, "SONG_NOT_FOUND")
    assert (await bob.delete(f"songs/{song['id']}")).status == 404
    assert (await ada.get(f"songs/{song['id']}")).data == song
    assert await api.app[LIBRARY].visible(ada.id, song["id"]) == "Zwiefacher verborgen"


async def test_a_practice_session_takes_only_pieces_one_may_see(api):
    ada, bob = await api.person(), await api.person("Bob")
    song = await upload(ada, TUNE, title="For practice")
    body = {"song_id": song["id"], "duration_seconds": 60}
    made = await ada.post("sessions", body)
    assert (made.status, made.data["song_name"]) == (201, "For practice")
    refused = await bob.post("sessions", body)
    assert (refused.status, refused.data["details"]) == (422, {"field": "song_id"})


async def test_a_shared_piece_is_there_for_everybody_until_it_is_not(api):
    ada, bob = await api.person(), await api.person("Bob")
    song = await upload(ada, TUNE, title="Offenbarung")
    key = f"songs/{song['id']}"
    changed = await ada.patch(key, {"shared": True, "title": "Offen für alle"})
    assert (changed.status, changed.data["shared"], changed.data["mine"]) == (200, True, True)
    for other in (bob, api.nobody):
        seen = await other.get(key)
        assert (seen.status, seen.data["title"], seen.data["mine"]) == (
            200,
            "Offen für alle",
            False,
        )
        assert (await other.get(f"{key}/score.svg")).headers["Cache-Control"] == "public, no-cache"
        found = (await other.get("songs/search?q=offen+fur")).data
        assert song["id"] in [each["id"] for each in found]
        shared = (await other.get("songs?shared=true&limit=200")).data
        assert song["id"] in [each["id"] for each in shared]
        assert all(each["id"] >= FIRST_ID for each in shared)
    assert (await bob.patch(key, {"title": "No"})).status == 404
    assert (await api.nobody.get("songs/search?q=offenbarung")).data == []
    assert (await ada.patch(key, {"shared": False})).data["shared"] is False
    assert (await bob.get(key)).status == 404
    assert (await api.nobody.get("songs/search?q=offen+fur")).data == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": " \n"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"composer": 5}, "composer"),
        ({"shared": "yes"}, "shared"),
    ],
)
async def test_a_bad_change_names_its_field(api, body, field):
    ada = await api.person()
    song = await upload(ada, TUNE, title="Bad change")
    answer = await ada.patch(f"songs/{song['id']}", body)
    assert (answer.status, answer.data["details"]) == (422, {"field": field})


async def test_a_shipped_piece_is_nobodys_to_change(api):
    ada = await api.person()
    for key in ("1", "hot-cross-buns"):
        assert (await ada.patch(f"songs/{key}", {"title": "Mine"})).status == 404
        assert (await ada.delete(f"songs/{key}")).status == 404


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "songs"), ("PATCH", "songs/1"), ("DELETE", "songs/1")]
)
async def test_without_a_token_nothing_is_changed(api, method, path):
    answer = await api.nobody.ask(method, path)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


async def test_a_deleted_account_takes_its_pieces_along(api):
    ada, bob = await api.person(), await api.person("Bob")
    song = await upload(ada, TUNE, title="Vergänglich", shared="true")
    assert (await bob.get(f"songs/{song['id']}")).status == 200
    await api.app[LEAVING].leave(ada.id)
    assert (await bob.get(f"songs/{song['id']}")).status == 404
    assert (await bob.get("songs/search?q=verganglich")).data == []


async def test_own_pieces_can_be_played_live(api):
    ada, bob = await api.person(), await api.person("Bob")
    song = await upload(ada, TUNE, title="Live")
    for song_id in (song["id"], song["slug"]):
        started = await started_session(api, ada.token, song_id)
        assert (started["event"], started["data"]["totalNotes"]) == ("session_started", 10)
        for token in (bob.token, None):
            refused = await started_session(api, token, song_id)
            assert (refused["event"], refused["data"]["code"]) == ("error", "SONG_NOT_FOUND")
    path = f"sessions/{started['data']['sessionId']}"
    async with asyncio.timeout(60):
        while (kept := await ada.get(path)).status == 404:
            await asyncio.sleep(0.02)
    assert (kept.data["song_id"], kept.data["song_name"]) == (song["id"], "Live")
    report = await ada.get(f"{path}/report")
    assert (report.status, report.data["take"]["song"]) == (200, song["slug"])


async def started_session(api, token, song_id):
    """What a live connection answers who wants to play a piece."""
    async with api.http.ws_connect(f"{api.url}/api/v1/ws") as socket:
        if token is not None:
            await socket.send_json({"event": "authenticate", "data": {"token": token}})
            assert (await socket.receive_json())["event"] == "authenticated"
        wish = {"sessionType": "song", "songId": song_id, "tempo": 90}
        await socket.send_json({"event": "start_session", "data": wish})
        answer = await socket.receive_json()
        note = {"midiNote": 67, "velocity": 64, "timestamp": 0}
        await socket.send_json({"event": "note_played", "data": note})
        await socket.receive_json()
        return answer
