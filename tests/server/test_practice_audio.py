"""The sound of practice sessions: taken as Base64, checked, kept, served in ranges, cleaned up."""

import io
import json
import os
import time
from base64 import b64encode

import av
import numpy as np
import pytest
import soundfile
from rest_people import link

from server.errors import FieldError
from server.keys import FILES, LEAVING, PRACTICE, SETTINGS
from server.practice.sound import PART_CHARS, read_sound
from server.takes.ids import uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")

RATE_HZ = 48_000
TONE = (0.3 * np.sin(np.arange(RATE_HZ // 4) * 0.06)).astype(np.float32)


def recording(kind: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, TONE, RATE_HZ, format=kind)
    return file.getvalue()


def film(kind: str, codec: str, *, sound: bool = True) -> bytes:
    """What a browser records: WebM or MP4, of sound or of pictures."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        if sound:
            stream = container.add_stream(codec, rate=RATE_HZ)
            frame = av.AudioFrame.from_ndarray(TONE[None], format="flt", layout="mono")
            frame.sample_rate = RATE_HZ
        else:
            stream = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
            frame = av.VideoFrame(16, 16, "yuv420p")
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return file.getvalue()


WAV = recording("WAV")
assert len(WAV) % 3 and len(WAV) * 4 // 3 < PART_CHARS  # its Base64 ends with a filler


def as_text(data: bytes) -> str:
    return b64encode(data).decode()


async def make(person, data: bytes = WAV, **about) -> dict:
    made = await person.post("sessions", {"audioBase64": as_text(data), **about})
    assert made.status == 201, made.data
    return made.data


def files_of(api, user_id: str) -> list[str]:
    folder = api.app[SETTINGS].data_dir / "files" / user_id
    return sorted(str(path) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (WAV, "audio/wav"),
        (recording("FLAC"), "audio/flac"),
        (recording("OGG"), "audio/ogg"),
        (recording("MP3"), "audio/mpeg"),
        (film("webm", "libopus"), "audio/webm"),
        (film("mp4", "aac"), "audio/mp4"),
    ],
    ids=["wav", "flac", "ogg", "mp3", "webm", "mp4"],
)
async def test_sound_is_kept_and_its_address_leads_to_it(api, data, media_type):
    ada = await api.person()
    made = await make(ada, data)
    assert made["audio_url"] == f"/api/v1/sessions/{made['id']}/audio"
    sound = await ada.get(made["audio_url"])
    assert (sound.status, sound.body) == (200, data)
    assert sound.headers["Content-Type"] == media_type
    assert sound.headers["X-Content-Type-Options"] == "nosniff"
    assert (await ada.get("sessions")).data[0]["audio_url"] == made["audio_url"]


async def test_a_data_url_of_a_browser_is_taken(api):
    ada = await api.person()
    sent = {"audio_base64": "data:audio/webm;codecs=opus;base64," + as_text(WAV)}
    made = (await ada.post("sessions", sent)).data
    assert (await ada.get(made["audio_url"])).body == WAV


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64!",
        as_text(WAV)[:-3],
        as_text(WAV) + "\n",
        as_text(WAV) + as_text(WAV),
        as_text(b"<html>alert(1)</html>"),
        as_text(WAV[:40]),
        as_text(recording("AIFF")),
        as_text(film("webm", "libvpx", sound=False)),
        as_text(film("webm", "libopus")[:200]),
        as_text(b"\x1aE\xdf\xa3" + b"x" * 100),
    ],
    ids=["none", "text", "cut", "newline", "two", "html", "header", "aiff", "film", "torn", "ebml"],
)
async def test_what_is_no_sound_is_refused(api, text):
    ada = await api.person()
    answer = await ada.post("sessions", {"audio_base64": text})
    assert (answer.status, answer.data["details"]) == (422, {"field": "audio_base64"})
    assert (await ada.get("sessions")).data == [] and files_of(api, ada.id) == []


async def test_sound_that_is_too_long_is_refused(api):
    ada = await api.person()
    too_long = "A" * (api.app[SETTINGS].max_audio_bytes * 4 // 3 + 8)
    body = io.BytesIO(json.dumps({"audio_base64": too_long}).encode())
    answer = await ada.post("sessions", data=body)
    assert (answer.status, answer.code) == (413, "AUDIO_TOO_LARGE")


@pytest.mark.parametrize("n_parts", [1, 2, 3])
async def test_sound_of_many_parts_is_decoded_whole(n_parts):
    n_bytes = n_parts * PART_CHARS * 3 // 4
    for data in (WAV + bytes(n_bytes - len(WAV) + k) for k in (-1, 0, 1, 2)):
        assert read_sound(as_text(data), len(data)).data == data


async def test_sound_of_the_longest_length_is_taken_and_a_byte_more_is_not():
    assert read_sound(as_text(WAV), len(WAV)).data == WAV
    with pytest.raises(Exception, match=f"may have {len(WAV) - 1} bytes"):
        read_sound(as_text(WAV), len(WAV) - 1)
    with pytest.raises(FieldError, match="expected Base64"):
        read_sound(as_text(WAV)[:-1], len(WAV))


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-7", -7, None), ("bytes=5-5", 5, 6)],
)
async def test_a_range_is_served(api, asked, start, stop):
    ada = await api.person()
    made = await make(ada)
    part = await ada.get(made["audio_url"], headers={"Range": asked})
    expected = WAV[start:stop]
    assert (part.status, part.body) == (206, expected)
    first = start % len(WAV)
    span = f"bytes {first}-{first + len(expected) - 1}/{len(WAV)}"
    assert part.headers["Content-Range"] == span


async def test_a_range_outside_is_refused_and_a_strange_one_ignored(api):
    ada = await api.person()
    made = await make(ada)
    outside = await ada.get(made["audio_url"], headers={"Range": f"bytes={len(WAV)}-"})
    assert (outside.status, outside.code) == (416, "RANGE_NOT_SATISFIABLE")
    assert outside.headers["Content-Range"] == f"bytes */{len(WAV)}"
    for strange in ("bytes=1-2,4-5", "lines=1-2"):
        assert (await ada.get(made["audio_url"], headers={"Range": strange})).body == WAV


async def test_who_has_the_sound_is_not_sent_it_again(api):
    ada = await api.person()
    made = await make(ada)
    tag = (await ada.get(made["audio_url"])).headers["ETag"]
    same = await ada.get(made["audio_url"], headers={"If-None-Match": tag})
    assert (same.status, same.body) == (304, b"")
    other = {"Range": "bytes=0-9", "If-Range": '"other"'}
    assert (await ada.get(made["audio_url"], headers=other)).status == 200


async def test_sent_again_it_is_kept_once(api):
    ada = await api.person()
    session_id = uuid7()
    first, again = await make(ada, id=session_id), await make(ada, id=session_id)
    assert first == again and len(files_of(api, ada.id)) == 1
    other = await ada.post(
        "sessions", {"id": session_id, "audio_base64": as_text(recording("OGG"))}
    )
    assert other.code == "SESSION_EXISTS" and len(files_of(api, ada.id)) == 1
    assert (await ada.get(first["audio_url"])).body == WAV


async def test_sound_is_added_replaced_and_taken_away(api):
    ada = await api.person()
    made = (await ada.post("sessions", {"notes": "mine"})).data
    path = f"sessions/{made['id']}"
    assert (await ada.get(f"{path}/audio")).code == "NO_AUDIO"
    for data in (WAV, recording("OGG")):
        await ada.patch(path, {"audio_base64": as_text(data)})
        assert (await ada.get(f"{path}/audio")).body == data
        assert len(files_of(api, ada.id)) == 1
    kept = (await ada.put(path, {"rating": 3})).data
    assert kept["audio_url"] is not None
    assert (await ada.patch(path, {"audioBase64": None})).data["audio_url"] is None
    assert files_of(api, ada.id) == []


async def test_a_conflict_leaves_no_file(api):
    ada = await api.person()
    made = (await ada.post("sessions", {"rating": 3})).data
    answer = await ada.patch(
        f"sessions/{made['id']}",
        {"audio_base64": as_text(WAV)},
        headers={"If-Match": '"9"'},
    )
    assert answer.code == "VERSION_CONFLICT" and files_of(api, ada.id) == []


async def test_it_goes_with_the_session_and_with_the_account(api):
    ada = await api.person()
    deleted, other = await make(ada), await make(ada)
    await ada.delete(f"sessions/{deleted['id']}")
    assert (await ada.get(deleted["audio_url"])).code == "SESSION_NOT_FOUND"
    assert len(files_of(api, ada.id)) == 1
    await api.app[LEAVING].leave(ada.id)
    assert files_of(api, ada.id) == [] and other


async def test_files_of_no_session_are_swept_away(api):
    ada = await api.person()
    made = await make(ada)
    files = api.app[FILES]
    for name in ("old", "new"):
        await files.put(f"{ada.id}/sessions/{made['id']}/{name}.wav", WAV)
    long_ago = time.time() - 7200
    for path in files_of(api, ada.id):
        if not path.endswith("new.wav"):
            os.utime(path, (long_ago, long_ago))
    assert await api.app[PRACTICE].sounds.sweep() == 1
    left = files_of(api, ada.id)
    assert len(left) == 2 and not [path for path in left if path.endswith("old.wav")]
    assert (await ada.get(made["audio_url"])).body == WAV


async def test_nobody_else_hears_it_but_a_linked_teacher(api):
    ada, eve = await api.person(), await api.person("Eve")
    teacher, other = await api.person("T", role="teacher"), await api.person("O", role="teacher")
    made = await make(ada)
    await link(teacher, ada)
    for person in (eve, other):
        assert (await person.get(made["audio_url"])).code == "SESSION_NOT_FOUND"
    assert (await teacher.get(made["audio_url"])).body == WAV
    assert (await api.nobody.get(made["audio_url"])).code == "UNAUTHENTICATED"
    assert (await ada.get("sessions/x/audio")).data["details"] == {"field": "session_id"}
