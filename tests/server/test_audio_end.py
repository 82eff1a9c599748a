"""The end of a stream of sound: all that came is heard, and nothing is left sounding."""

import numpy as np
import pytest
from sound import RATE_HZ, pieces, room, s16le, struck

from engine.events import Kind
from server.errors import RefusedError
from server.limits import AUDIO_BURST_SEC
from server.live.audio_models import AudioChunk, StopAudio
from server.live.codec import to_message
from server.live.models import EndSession, ExpectedNote, StartSession
from server.live.opening import open_session
from server.protocol import Client
from server.takes.format import decode_log

A4 = 69
FRAME_BYTES = 2 * 882
ARRIVAL_SEC = 1000.0
START = {"sampleRate": RATE_HZ, "format": "s16le", "timestamp": 0}
TONE_SEC = 1.0


def tone(duration_sec=TONE_SEC, begin_sec=0.2):
    """A4 that sounds to the very end."""
    sound = room(duration_sec)
    t_sec = np.arange(len(sound)) / RATE_HZ
    partials = sum(0.3 / k * np.sin(2 * np.pi * 440.0 * k * t_sec) for k in range(1, 6))
    attack = np.clip((t_sec - begin_sec) / 0.01, 0.0, 1.0)
    return s16le(sound + partials * attack)


def new_client(**start):
    client = Client(allows_guests=True)
    announce(client, **start)
    return client


def announce(client, now_sec=ARRIVAL_SEC, **start):
    return client.receive(to_message("start_audio", {**START, **start}), now_sec)


def open_for(client, notes, **wishes):
    client.receive(StartSession(expected_notes=notes, tempo=120.0, **wishes), ARRIVAL_SEC)
    client.opened(open_session(client.opening, client.user_id, "ws"))


def analyse(client, now_sec=ARRIVAL_SEC + 2.0):
    """Analyse what waits, as a worker would."""
    replies = []
    while client.microphone is not None and client.microphone.is_waiting:
        replies += client.heard(client.microphone.analyse(), now_sec)
    return replies


def feed(client, pcm, is_analysed=True):
    """Send sound as time passes; gives all replies."""
    replies = []
    for k, piece in enumerate(pieces(pcm, FRAME_BYTES)):
        now_sec = ARRIVAL_SEC + 0.02 * (k + 1)
        replies += client.receive(AudioChunk(piece), now_sec)
        if is_analysed:
            replies += analyse(client, now_sec)
    return replies


def of(replies, event):
    return [reply for reply in replies if reply.event == event]


def assert_nothing_sounds(replies, end_ms=1000.0 * TONE_SEC):
    """One note that ended with the sound, and a needle that says so once, at the last."""
    begun, ended = of(replies, "note_heard")
    assert (begun.midi_note, begun.offset) == (A4, None)
    assert (ended.midi_note, ended.index, ended.onset) == (A4, begun.index, begun.onset)
    assert ended.offset == pytest.approx(end_ms, abs=60.0)
    assert ended.offset <= end_ms
    needle = [told.f0 for told in of(replies, "pitch")]
    assert needle[-1] is None and needle.count(None) == 1
    assert of(replies, "pitch")[-1].time == pytest.approx(end_ms, abs=60.0)


def test_a_tone_ends_where_the_microphone_is_switched_off():
    client = new_client()
    replies = feed(client, tone())
    assert [told.offset for told in of(replies, "note_heard")] == [None]
    assert of(replies, "pitch")[-1].f0 == pytest.approx(440.0, rel=0.01)
    replies += client.receive(StopAudio(), ARRIVAL_SEC + 1.0)
    assert client.microphone.is_waiting
    assert_nothing_sounds(replies + analyse(client))
    assert client.microphone is None


def test_what_waits_when_the_microphone_is_switched_off_is_heard_to_its_end():
    client = new_client()
    feed(client, tone(), is_analysed=False)
    client.receive(StopAudio(), ARRIVAL_SEC + 1.0)
    begun, ended = of(analyse(client), "note_heard")
    assert (begun.midi_note, begun.offset) == (ended.midi_note, None) == (A4, None)
    assert 900.0 < ended.offset <= 1000.0
    assert client.microphone is None


def test_a_microphone_switched_off_while_a_worker_is_at_it_ends_as_well():
    client = new_client()
    replies = feed(client, tone())
    client.receive(AudioChunk(tone()[-FRAME_BYTES:]), ARRIVAL_SEC + 1.02)
    at_work = client.microphone.analyse()
    client.receive(StopAudio(), ARRIVAL_SEC + 1.02)
    replies += client.heard(at_work, ARRIVAL_SEC + 1.03)
    assert client.microphone.is_waiting
    assert_nothing_sounds(replies + analyse(client), 1020.0)


def test_another_stream_ends_what_sounded_in_the_last():
    client = new_client()
    replies = feed(client, tone())
    assert_nothing_sounds(replies + announce(client, ARRIVAL_SEC + 1.0))
    again = feed(client, tone())
    assert [told.index for told in of(again, "note_heard")] == [0]


def test_another_stream_drops_what_waits_and_still_ends_what_sounded():
    client = new_client()
    replies = feed(client, tone())
    client.receive(AudioChunk(tone()), ARRIVAL_SEC + 2.0)
    assert_nothing_sounds(replies + announce(client, ARRIVAL_SEC + 2.0))


def test_a_stream_that_the_server_ends_leaves_nothing_sounding():
    client = new_client()
    replies = feed(client, tone())
    with pytest.raises(RefusedError, match=r"^sound came faster than time passes"):
        client.receive(AudioChunk(bytes(int(2 * RATE_HZ * AUDIO_BURST_SEC) + 2)), ARRIVAL_SEC)
    assert_nothing_sounds(replies + analyse(client))
    assert not client.microphone.is_waiting


def test_a_stream_without_a_note_ends_without_a_word():
    client = new_client()
    replies = feed(client, s16le(room(1.0)))
    client.receive(StopAudio(), ARRIVAL_SEC + 1.0)
    assert replies + analyse(client) == []
    assert client.microphone is None


def test_a_chord_that_was_struck_last_is_told_and_ends():
    client = new_client(instrument="piano")
    chord = (60, 64, 67)
    open_for(client, [ExpectedNote(p, 300.0, 700.0) for p in chord], extended_results=True)
    sound = struck([(p, 0.3, 1.0) for p in chord], 2.0)[: round(0.35 * RATE_HZ)]
    feed(client, s16le(sound))
    assert client.session.take.performance.notes_played < 3
    client.receive(StopAudio(), ARRIVAL_SEC + 1.0)
    analyse(client)
    assert keys(client.session) == [[*chord], [*chord]]


def keys(session):
    """The pitches that went down, and those that went up, as the take keeps them."""
    events = [event for event, _ in decode_log([session.take.drain()])]
    return [
        sorted(event.number for event in events if event.kind == kind)
        for kind in (Kind.NOTE_ON, Kind.NOTE_OFF)
    ]


@pytest.mark.parametrize("last", [StopAudio(), EndSession()])
def test_in_a_session_the_end_of_a_tone_belongs_to_the_take(last):
    client = new_client()
    open_for(client, [ExpectedNote(A4, 200.0, 800.0)], extended_results=True)
    session = client.session
    replies = feed(client, tone())
    client.receive(StopAudio(), ARRIVAL_SEC + 1.0)
    if type(last) is EndSession:
        assert client.receive(last, ARRIVAL_SEC + 1.0) == []  # it waits for the end of the sound
    replies += analyse(client)
    assert_nothing_sounds(replies)
    assert [told.result for told in of(replies, "feedback")] == ["correct"]
    assert keys(session) == [[A4], [A4]]
    assert len(of(replies, "session_ended")) == (type(last) is EndSession)
