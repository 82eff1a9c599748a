"""A microphone over the network: a real server, real sockets, all three wires."""

import asyncio
import json
import shutil
import threading
from pathlib import Path

import aiohttp
import msgpack
import numpy as np
import pytest
from aiohttp import WSMsgType
from prometheus_client.parser import text_string_to_metric_families
from sound import RATE_HZ, f32le, pieces, plucked, room, s16le

from engine.events import Kind
from server.keys import HUB, STORE
from server.limits import Close
from server.live import microphone
from server.live.hearing import Hearing
from server.takes.format import decode_log
from server.takes.replay import replay

NPM = Path(__file__).resolve().parent.parent / "npm"
WAIT_SEC = 60.0
PITCHES = (60, 64, 67)
LEAD_SEC = 0.3
NOTES = [{"midiNote": p, "startTime": 500 * k, "duration": 400} for k, p in enumerate(PITCHES)]
TUNE = plucked([(p, LEAD_SEC + 0.5 * k, 0.4) for k, p in enumerate(PITCHES)], 2.5)
START = {"sampleRate": RATE_HZ, "format": "s16le", "timestamp": -1000 * LEAD_SEC}
FRAME_BYTES = 2 * 882


class Socket:
    """A client of the plain WebSocket with a microphone."""

    def __init__(self, socket):
        self.socket = socket
        self.is_packed = socket.protocol == "msgpack"

    async def tell(self, event, **data):
        frame = {"event": event, "data": data}
        if self.is_packed:
            await self.socket.send_bytes(msgpack.packb(frame))
        else:
            await self.socket.send_str(json.dumps(frame))

    async def sound(self, pcm):
        if self.is_packed:
            await self.tell("audio_chunk", pcm=pcm)
        else:
            await self.socket.send_bytes(pcm)

    async def hear(self, wanted=None):
        """The next event; with ``wanted``, the next of that name."""
        unpack = msgpack.unpackb if self.is_packed else json.loads
        while True:
            message = await self.socket.receive(WAIT_SEC)
            assert message.type in (WSMsgType.TEXT, WSMsgType.BINARY), message
            frame = unpack(message.data)
            if wanted in (None, frame["event"]):
                return frame["data"] if wanted else frame

    async def all_until(self, last):
        """All events up to one of that name."""
        frames = [await self.hear()]
        while frames[-1]["event"] != last:
            frames.append(await self.hear())
        return frames

    async def close_code(self):
        while True:
            message = await self.socket.receive(WAIT_SEC)
            if message.type is WSMsgType.CLOSE:
                return message.data
            assert message.type in (WSMsgType.TEXT, WSMsgType.BINARY), message

    async def play(self, **wishes):
        """Play the tune into a session, to its end; gives all that was told."""
        await self.tell("start_session", expectedNotes=NOTES, tempo=120, **wishes)
        await self.hear("session_started")
        await self.tell("start_audio", **START)
        for piece in pieces(s16le(TUNE), FRAME_BYTES + 1):
            await self.sound(piece)
        await self.tell("end_session")
        return await self.all_until("session_ended")


def of(frames, event):
    return [frame["data"] for frame in frames if frame["event"] == event]


@pytest.fixture
async def connect():
    """Open any number of WebSockets."""
    sockets = []
    async with aiohttp.ClientSession() as session:

        async def open_one(server, protocols=()):
            socket = await session.ws_connect(f"{server.url}/api/v1/ws", protocols=protocols)
            sockets.append(socket)
            return Socket(socket)

        yield open_one
        for socket in sockets:
            await socket.close()


async def until(is_so):
    async with asyncio.timeout(WAIT_SEC):
        while not is_so():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("protocols", [(), ("msgpack",)], ids=["json", "msgpack"])
async def test_a_session_at_the_microphone_is_judged_kept_and_replayed(
    start_server, connect, protocols
):
    server = await start_server()
    socket = await connect(server, protocols)
    told = await socket.play(extendedResults=True)
    assert [one["result"] for one in of(told, "feedback")] == ["correct"] * 3
    assert [one["playedNote"] for one in of(told, "feedback")] == list(PITCHES)
    assert {one["playedIndex"] for one in of(told, "note_heard")} == {0, 1, 2, None}
    (ended,) = of(told, "session_ended")
    assert ended["overallScore"] == 100.0
    store = server.app[STORE]
    async with asyncio.timeout(WAIT_SEC):
        while [take.status for take in await store.list()] != ["finished"]:
            await asyncio.sleep(0.02)
    take = await store.load(ended["sessionId"])
    events = [event for event, _ in decode_log(take.chunks)]
    assert [event.number for event in events if event.kind == Kind.NOTE_ON] == list(PITCHES)
    assert [event.number for event in events if event.kind == Kind.NOTE_OFF] == list(PITCHES)
    assert replay(take).is_same


async def test_two_microphones_at_once_hear_only_their_own(start_server, connect):
    server = await start_server()
    one, two = await connect(server), await connect(server, ("msgpack",))
    tunes = {one: (60, 62), two: (72, 69)}
    for socket, pitches in tunes.items():
        await socket.tell("start_audio", **START)
        sound = plucked([(p, 0.2 + 0.4 * k, 0.3) for k, p in enumerate(pitches)], 1.5)
        tunes[socket] = pitches, pieces(s16le(sound), FRAME_BYTES)
    for k in range(len(tunes[one][1])):
        for socket, (_, frames) in tunes.items():
            await socket.sound(frames[k])
    for socket, (pitches, _) in tunes.items():
        for pitch in pitches:
            while (told := await socket.hear("note_heard"))["offset"] is not None:
                pass
            assert told["midiNote"] == pitch


async def test_sound_is_analysed_beside_the_loop(start_server, connect, monkeypatch):
    threads = set()
    hear = Hearing.hear

    def note_thread(hearing, *arguments):
        threads.add(threading.current_thread())
        return hear(hearing, *arguments)

    monkeypatch.setattr(Hearing, "hear", note_thread)
    await (await connect(await start_server())).play()
    assert threads and threading.main_thread() not in threads


async def test_a_client_that_vanishes_in_the_middle_of_a_sample_harms_nobody(start_server, connect):
    server = await start_server()
    gone, other = await connect(server), await connect(server)
    await gone.tell("start_session", expectedNotes=NOTES)
    await gone.hear("session_started")
    await gone.tell("start_audio", **START)
    for piece in pieces(s16le(TUNE), FRAME_BYTES + 1)[:40]:
        await gone.sound(piece)
    gone.socket._response.connection.transport.abort()
    told = await other.play()
    assert len(of(told, "feedback")) == 3
    await until(lambda: len(server.app[HUB].links) == 1)
    assert server.app[HUB].metrics.errors == {}


async def test_garbage_is_no_note_and_what_comes_after_is_heard(start_server, connect):
    socket = await connect(await start_server())
    await socket.tell("start_audio", **{**START, "format": "f32le"})
    rng = np.random.default_rng(5)
    await socket.sound(rng.integers(0, 256, 4001, np.uint8).tobytes())  # and a sample cut off
    await socket.sound(np.array([np.nan, np.inf, -np.inf, 3e38], "<f4").tobytes() * 100)
    await socket.tell("start_audio", **{**START, "format": "f32le"})
    for piece in pieces(f32le(TUNE), 4001):
        await socket.sound(piece)
    begun = []
    while len(begun) < 3:
        told = await socket.hear("note_heard")
        if told["offset"] is None:
            begun.append(told["midiNote"])
    assert begun == list(PITCHES)


async def test_too_much_sound_is_refused_once_and_the_connection_lives_on(start_server, connect):
    server = await start_server()
    socket = await connect(server)
    await socket.tell("start_audio", **START)
    for _ in range(20):
        await socket.sound(bytes(RATE_HZ))  # half a second
    error = await socket.hear("error")
    assert (error["code"], error["event"]) == ("RATE_LIMITED", "audio_chunk")
    told = await socket.play()
    assert len(of(told, "feedback")) == 3
    assert of(told, "error") == []
    assert server.app[HUB].metrics.errors == {"RATE_LIMITED": 1}


async def test_a_tone_that_sounds_ends_with_its_stream(start_server, connect):
    socket = await connect(await start_server())
    tone = plucked([(69, LEAD_SEC, 3.0)], LEAD_SEC + 0.7)
    for last in ("stop_audio", "start_audio"):
        await socket.tell("start_audio", **START)
        for piece in pieces(s16le(tone), FRAME_BYTES):
            await socket.sound(piece)
        begun = await socket.hear("note_heard")
        assert (begun["midiNote"], begun["offset"]) == (69, None)
        await socket.tell(last, **(START if last == "start_audio" else {}))
        ended = await socket.hear("note_heard")
        assert (ended["index"], ended["onset"]) == (begun["index"], begun["onset"])
        assert 0 < ended["offset"] <= 700.0


async def test_too_many_messages_end_the_stream(start_server, connect):
    socket = await connect(await start_server(messages_per_sec=20))
    await socket.tell("start_audio", **START)
    for _ in range(60):
        await socket.sound(b"ab")
    error = await socket.hear("error")
    assert error["code"] == "RATE_LIMITED"
    assert error["message"] == (
        "at most 20 messages a second are read: the microphone's stream has ended, "
        "send start_audio again"
    )
    async with asyncio.timeout(WAIT_SEC):
        await asyncio.sleep(0.5)
        await socket.tell("stop_audio")
        await socket.tell("no_such_event")
    assert (await socket.hear("error"))["code"] == "UNKNOWN_EVENT"


async def test_a_server_that_cannot_keep_up_says_so(start_server, connect, monkeypatch):
    let_go = threading.Event()
    hear = Hearing.hear

    def hold(hearing, *arguments):
        let_go.wait(WAIT_SEC)
        return hear(hearing, *arguments)

    monkeypatch.setattr(Hearing, "hear", hold)
    monkeypatch.setattr(microphone, "AUDIO_WAITING_MAX_SEC", 1.0)
    server = await start_server()
    socket = await connect(server)
    await socket.tell("start_audio", **START)
    for _ in range(3):
        await socket.sound(bytes(RATE_HZ))
    error = await socket.hear("error")
    assert (error["code"], error["event"]) == ("BUSY", "audio_chunk")
    await socket.tell("no_such_event")
    assert (await socket.hear("error"))["code"] == "UNKNOWN_EVENT"
    let_go.set()


async def test_an_analysis_that_fails_is_an_error_of_the_servers_own(
    start_server, connect, monkeypatch
):
    def fail(*_):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Hearing, "hear", fail)
    socket = await connect(await start_server())
    await socket.tell("start_audio", **START)
    await socket.sound(bytes(FRAME_BYTES))
    error = await socket.hear("error")
    assert (error["code"], "secret" in error["message"]) == ("INTERNAL", False)
    assert await socket.close_code() == Close.INTERNAL


async def test_a_server_stops_in_the_middle_of_sound(start_server, connect):
    server = await start_server()
    socket = await connect(server)
    await socket.tell("start_audio", **START)
    for piece in pieces(s16le(TUNE), FRAME_BYTES):
        await socket.sound(piece)
    stopping = asyncio.create_task(server.runner.cleanup())
    assert await socket.close_code() == Close.GOING_AWAY
    await stopping
    assert not any(thread.is_alive() for thread in server.app[HUB].workers._threads)


async def test_a_pitch_held_in_the_room_is_missed_by_nobody_who_plays_keys(start_server, connect):
    """A keyboard's player beside a microphone: verdicts come at once, whatever is heard."""
    server = await start_server()
    singer, pianist = await connect(server), await connect(server)
    await singer.tell("start_audio", **START)
    await pianist.tell("start_session", expectedNotes=NOTES, tempo=120)
    await pianist.hear("session_started")
    for k, piece in enumerate(pieces(s16le(TUNE), FRAME_BYTES)):
        await singer.sound(piece)
        if k in (10, 35, 60):
            number = (k - 10) // 25
            note = {"midiNote": PITCHES[number], "timestamp": 500.0 * number}
            await pianist.tell("note_played", **note)
            assert (await pianist.hear("feedback"))["result"] == "correct"


async def test_microphones_are_counted(start_server, connect):
    server = await start_server()
    socket = await connect(server)
    await socket.play()
    async with aiohttp.ClientSession() as http:
        async with http.get(server.url + "/metrics") as response:
            text = await response.text()
        async with http.get(server.url + "/api/v1/status") as response:
            status = await response.json()
    figures = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith(("etude_audio", "etude_microphones"))
    }
    n_frames = len(pieces(s16le(TUNE), FRAME_BYTES + 1))
    assert figures["etude_microphones"] == status["microphones"] == 1
    assert figures["etude_audio_streams_total"] == 1
    assert figures["etude_audio_frames_total"] == n_frames
    assert figures["etude_audio_seconds_total"] == pytest.approx(2.5)
    assert figures["etude_audio_heard_seconds_total"] == pytest.approx(2.5)
    assert figures["etude_audio_lost_seconds_total"] == 0
    assert 0 < figures["etude_audio_work_seconds_total"] < 60
    assert figures["etude_audio_waiting_seconds"] == pytest.approx(0)
    assert status["features"]["audio"] is True
    assert status["sessions"] == 0  # the end, which waited for the sound, was counted
    assert server.app[HUB].metrics.results["correct"] == 3


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_the_standard_client_of_socketio_sends_sound(start_server, tmp_path, transport):
    if shutil.which("node") is None or not (NPM / "node_modules").is_dir():
        pytest.skip("Node.js or tests/npm/node_modules is absent")
    server = await start_server()
    (tmp_path / "tune.pcm").write_bytes(s16le(TUNE))
    process = await asyncio.create_subprocess_exec(
        "node", "microphone.js", server.url, transport, str(tmp_path / "tune.pcm"), str(RATE_HZ),
        cwd=NPM, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), WAIT_SEC)
    told = json.loads(out)
    assert [one["result"] for one in of(told, "feedback")] == ["correct"] * 3
    assert of(told, "error") == []
    (ended,) = of(told, "session_ended")
    assert ended["overallScore"] == 100.0


async def test_an_empty_room_is_no_note(start_server, connect):
    socket = await connect(await start_server())
    await socket.tell("start_session", expectedNotes=NOTES, tempo=120)
    await socket.hear("session_started")
    await socket.tell("start_audio", **START)
    await socket.sound(s16le(room(2.0)))
    await socket.tell("end_session")
    told = await socket.all_until("session_ended")
    assert of(told, "feedback") == []


async def test_time_alone_tells_what_was_missed_where_sound_stays_away(
    start_server, connect, monkeypatch
):
    monkeypatch.setattr("server.live.ear.AWAY_SEC", 0.2)
    socket = await connect(await start_server())
    await socket.tell("start_session", expectedNotes=NOTES, tempo=120, extendedResults=True)
    await socket.hear("session_started")
    await socket.tell("start_audio", **START)
    for piece in pieces(s16le(TUNE[: round(0.6 * RATE_HZ)]), FRAME_BYTES):
        await socket.sound(piece)
    results = [(await socket.hear("feedback"))["result"] for _ in range(3)]
    assert results == ["correct", "missed", "missed"]


async def test_a_microphone_whose_player_leaves_in_a_session_keeps_the_take(start_server, connect):
    server = await start_server()
    socket = await connect(server)
    await socket.tell("start_session", expectedNotes=NOTES, tempo=120)
    take_id = (await socket.hear("session_started"))["sessionId"]
    await socket.tell("start_audio", **START)
    for piece in pieces(s16le(TUNE), FRAME_BYTES):
        await socket.sound(piece)
    await socket.hear("feedback")
    socket.socket._response.connection.transport.abort()
    store = server.app[STORE]
    async with asyncio.timeout(WAIT_SEC):
        while {take.id: take.status for take in await store.list()}.get(take_id) != "interrupted":
            await asyncio.sleep(0.02)
    assert replay(await store.load(take_id)).is_same
