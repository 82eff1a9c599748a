"""A microphone in the protocol, without a network: what is heard, judged and refused."""

import math

import msgspec
import numpy as np
import pytest
from sound import RATE_HZ, f32le, pieces, plucked, room, s16le, struck
from tones import shaped, tone

from server.errors import RefusedError
from server.limits import (
    AUDIO_BURST_SEC,
    AUDIO_LINK_BURST_SEC,
    AUDIO_START_SEC,
    AUDIO_WAITING_MAX_SEC,
    SOUNDS_MAX,
)
from server.live.audio_models import AudioChunk, MachineSound, NoteHeard, StartAudio, StopAudio
from server.live.codec import JSON, MSGPACK, to_message
from server.live.ear import AWAY_SEC
from server.live.microphone import State
from server.live.models import EndSession, ExpectedNote, NotePlayed, StartSession
from server.live.opening import open_session
from server.protocol import Client

C4, E4, G4 = 60, 64, 67
PITCHES = (C4, E4, G4)
NOTES = [ExpectedNote(pitch, 500.0 * k, 400.0) for k, pitch in enumerate(PITCHES)]
FRAME_SEC = 0.02
START = {"sampleRate": RATE_HZ, "format": "s16le", "timestamp": 0}
LEAD_SEC = 0.3  # of the room before the first note
TUNE = plucked([(p, LEAD_SEC + 0.5 * k, 0.4) for k, p in enumerate(PITCHES)], 2.5)
TUNE_PCM = s16le(TUNE)
ARRIVAL_SEC = 1000.0


def new_client(allows_guests=True):
    return Client(allows_guests=allows_guests)


def open_for(client, now_sec=ARRIVAL_SEC, **wishes):
    wish = StartSession(expected_notes=NOTES, tempo=120.0, **wishes)
    client.receive(wish, now_sec)
    return client.opened(open_session(client.opening, client.user_id, "ws"))


def listening(timestamp=-1000.0 * LEAD_SEC, now_sec=ARRIVAL_SEC, **wishes):
    """A client whose session has begun and whose microphone is on."""
    client = new_client()
    open_for(client, now_sec, **wishes)
    client.receive(announce(timestamp=timestamp), now_sec)
    return client


def announce(**fields):
    return to_message("start_audio", {**START, **fields})


def heard(client, now_sec):
    """Analyse what waits, as a worker would."""
    replies = []
    while client.microphone is not None and client.microphone.is_waiting:
        replies += client.heard(client.microphone.analyse(), now_sec)
    return replies


def play(client, pcm=TUNE_PCM, frame_bytes=2 * 882, now_sec=ARRIVAL_SEC):
    """Send sound as time passes, each frame when it is over; gives all replies."""
    replies = []
    byte_sec = client.microphone._byte_sec
    for piece in pieces(pcm, frame_bytes):
        now_sec += len(piece) * byte_sec
        replies += client.receive(AudioChunk(piece), now_sec)
        replies += heard(client, now_sec)
    return replies


def of(replies, event):
    return [reply for reply in replies if reply.event == event]


def refusal(client, message, now_sec=ARRIVAL_SEC):
    with pytest.raises(RefusedError) as caught:
        client.receive(message, now_sec)
    return caught.value.code, caught.value.message, caught.value.event


def test_without_a_session_a_client_has_a_tuner():
    client = new_client()
    assert client.receive(announce(timestamp=5000), ARRIVAL_SEC) == []
    replies = play(client)
    begun = [told for told in of(replies, "note_heard") if told.offset is None]
    assert [told.midi_note for told in begun] == list(PITCHES)
    assert [told.name for told in begun] == ["C4", "E4", "G4"]
    assert [told.index for told in begun] == [0, 1, 2]
    assert all(told.played_index is None for told in begun)
    for k, told in enumerate(begun):
        assert told.onset == pytest.approx(5000 + 1000 * (LEAD_SEC + 0.5 * k), abs=40)
    assert {reply.event for reply in replies} <= {"note_heard", "pitch", "signal"}


def test_a_note_is_told_when_it_begins_and_when_it_ends():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    told = of(play(client), "note_heard")
    ends = [one for one in told if one.offset is not None]
    assert [one.index for one in ends] == [0, 1, 2]
    for one in ends:
        assert one.offset > one.onset + 200.0


def test_the_needle_follows_the_pitch_and_comes_to_rest():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    needle = of(play(client), "pitch")
    sounding = [told for told in needle if told.f0 is not None]
    assert {told.midi_note for told in sounding} >= set(PITCHES)
    middle = [told for told in sounding if 500 < told.time < 650]
    assert middle and all(told.f0 == pytest.approx(261.6, rel=0.02) for told in middle)
    assert all(told.name == "C4" and abs(told.cents) < 30 for told in middle)
    silent = [told for told in needle if told.f0 is None]
    assert silent and silent[-1] is needle[-1]
    assert silent[-1].cents is silent[-1].midi_note is silent[-1].name is None


def test_the_needle_moves_fifty_times_a_second_and_no_more():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    assert len(of(play(client, frame_bytes=2 * 128), "pitch")) <= 2.5 / 0.018
    again = play(client, now_sec=ARRIVAL_SEC + 2.5)
    assert len(of(again, "pitch")) > 40


def test_a_needle_that_lags_behind_leaps_to_where_the_pitch_is():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    for k, piece in enumerate(pieces(TUNE_PCM, 2 * 882)[:50]):
        client.receive(AudioChunk(piece), ARRIVAL_SEC + FRAME_SEC * k)
    (told,) = of(heard(client, ARRIVAL_SEC + 1.1), "pitch")
    assert told.midi_note == E4
    assert 950.0 < told.time < 1000.0


def test_a_tuning_is_heard_in():
    client = new_client()
    client.receive(announce(tuning="sargam", tonic="C", a4=430), ARRIVAL_SEC)
    begun = [told for told in of(play(client), "note_heard") if told.offset is None]
    assert [told.name for told in begun] == ["Sa", "Ga", "Pa"]


def test_in_a_session_what_is_heard_is_judged_at_its_own_time():
    client = listening(extended_results=True)
    replies = play(client)
    feedback = of(replies, "feedback")
    assert [told.result for told in feedback] == ["correct"] * 3
    assert [told.played_note for told in feedback] == list(PITCHES)
    assert all(abs(told.timing_diff) < 40.0 for told in feedback)
    begun = [told for told in of(replies, "note_heard") if told.offset is None]
    assert [told.played_index for told in begun] == [0, 1, 2]
    order = [reply.event for reply in replies if reply.event in ("note_heard", "feedback")]
    assert order.index("note_heard") < order.index("feedback")


def test_a_client_that_did_not_ask_is_told_of_verdicts_alone():
    replies = play(listening())
    assert len(of(replies, "feedback")) == 3
    assert not of(replies, "note_heard")


def test_a_late_player_is_late():
    feedback = of(play(listening(timestamp=-1000.0 * LEAD_SEC + 120.0)), "feedback")
    assert [told.timing_diff for told in feedback] == pytest.approx([120.0] * 3, abs=40)


@pytest.mark.parametrize("mode", ["follow", "wait"])
def test_where_the_player_leads_a_microphone_leads_too(mode):
    feedback = of(play(listening(timestamp=7000.0, mode=mode)), "feedback")
    assert [told.result for told in feedback] == ["correct"] * 3


@pytest.mark.parametrize("frame_bytes", [1, 333, 4410, 88_200, 10**6])
def test_however_the_bytes_are_cut_the_same_notes_are_judged(frame_bytes):
    pcm = TUNE_PCM[: 2 * RATE_HZ] if frame_bytes == 1 else TUNE_PCM

    def verdicts(n_bytes):
        told = of(play(listening(), pcm, n_bytes), "feedback")
        return [(one.result, one.played_note, one.timing_diff) for one in told]

    assert verdicts(frame_bytes) == verdicts(2 * 882) != []


def test_floats_are_heard_as_well():
    client = new_client()
    open_for(client)
    client.receive(announce(format="f32le", timestamp=-1000.0 * LEAD_SEC), ARRIVAL_SEC)
    feedback = of(play(client, f32le(TUNE), 4 * 882), "feedback")
    assert [told.played_note for told in feedback] == list(PITCHES)


def test_keys_and_microphone_count_both():
    client = listening()
    play(client, TUNE_PCM[: round(2 * 0.6 * RATE_HZ)])
    told = client.receive(NotePlayed(E4, 500.0), ARRIVAL_SEC + 0.9)
    assert (told[0].result, told[0].played_index) == ("correct", 1)
    assert client.session.take.performance.notes_played == 2


def test_nothing_is_missed_before_its_sound_is_heard():
    client = listening(extended_results=True)
    now_sec = ARRIVAL_SEC
    for piece in pieces(s16le(room(2.5)), 2 * 882):  # came, and was not analysed yet
        now_sec += FRAME_SEC
        client.receive(AudioChunk(piece), now_sec)
        if now_sec >= client.session.due_sec:
            assert of(client.session.tick(now_sec), "feedback") == []
    missed = of(heard(client, now_sec), "feedback")
    assert [told.result for told in missed] == ["missed"] * len(missed)
    assert len(missed) >= 2


def test_what_a_microphone_did_not_hear_is_said_to_be_that():
    client = listening(extended_results=True)
    missed = of(play(client, s16le(room(2.5))), "feedback")
    assert missed[0].message == "C4 was not heard"


def test_sound_that_stays_away_does_not_stop_the_clock():
    client = listening(extended_results=True)
    play(client, TUNE_PCM[: round(2 * 0.6 * RATE_HZ)])
    now_sec = client.microphone.fed_at_sec
    assert client.session.due_sec == pytest.approx(now_sec + AWAY_SEC)
    told = of(client.session.tick(now_sec + AWAY_SEC), "feedback")
    assert [one.result for one in told] == ["missed", "missed"]


def test_a_microphone_without_a_fault_is_not_spoken_of():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    assert of(play(client), "signal") == []


def test_while_nothing_at_all_comes_time_stands_still():
    client = listening(timestamp=-2500.0, extended_results=True)
    told = play(client, bytes(2 * 5 * RATE_HZ))  # the notes were due in the second half
    (signal,) = of(told, "signal")
    assert signal.problem == "silent"
    assert signal.message.startswith("Nothing at all comes from the microphone")
    assert of(told, "feedback") == []
    assert client.session.due_sec == math.inf
    again = play(client, s16le(room(3.0)), now_sec=ARRIVAL_SEC + 5.0)
    assert [one.event for one in again][:2] == ["signal", "feedback"]
    assert [one.result for one in of(again, "feedback")] == ["missed"] * 3


def test_too_loud_a_player_is_told():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    loud = plucked([(C4, 0.3 + 0.5 * k, 0.4) for k in range(8)], 5.0, level=3.0)
    (signal, *_) = of(play(client, s16le(loud)), "signal")
    assert signal.problem == "clipping"
    assert -12.0 < signal.level <= 3.1


def test_the_end_waits_for_sound_that_came_before_it():
    client = listening()
    for k, piece in enumerate(pieces(TUNE_PCM, 2 * 882)):
        client.receive(AudioChunk(piece), ARRIVAL_SEC + k * FRAME_SEC)
    assert client.receive(EndSession(), ARRIVAL_SEC + 2.5) == []
    for piece in pieces(TUNE_PCM, 2 * 882)[:10]:  # still comes, and is not waited for
        client.receive(AudioChunk(piece), ARRIVAL_SEC + 2.5)
    replies = heard(client, ARRIVAL_SEC + 2.6)
    assert len(of(replies, "feedback")) == 3
    (ended,) = of(replies, "session_ended")
    assert ended.overall_score == 100.0
    assert client.session is None
    assert client.microphone.state is State.RUNNING
    assert open_for(client)[0].total_notes == 3


def test_the_end_of_a_session_whose_sound_was_heard_comes_at_once():
    client = listening()
    play(client)
    assert client.receive(EndSession(), ARRIVAL_SEC + 3.0)[-1].event == "session_ended"


def test_another_stream_ends_a_session_that_waits_for_the_last_one():
    client = listening()
    client.receive(AudioChunk(TUNE_PCM[:882]), ARRIVAL_SEC)
    assert client.receive(EndSession(), ARRIVAL_SEC) == []
    assert client.receive(announce(), ARRIVAL_SEC)[-1].event == "session_ended"


def test_announced_again_another_stream_begins():
    client = new_client()
    for _ in range(2):
        client.receive(announce(), ARRIVAL_SEC)
        begun = [told for told in of(play(client), "note_heard") if told.offset is None]
        assert [told.index for told in begun] == [0, 1, 2]


def test_a_tuner_becomes_the_microphone_of_the_session_that_begins():
    client = new_client()
    client.receive(announce(timestamp=-1000.0 * LEAD_SEC), ARRIVAL_SEC)
    half = round(0.75 * RATE_HZ) * 2  # C4 is over or nearly so
    assert of(play(client, TUNE_PCM[:half]), "note_heard")[0].midi_note == C4
    open_for(client, extended_results=True)
    feedback = of(play(client, TUNE_PCM[half:], now_sec=ARRIVAL_SEC + 0.75), "feedback")
    assert [told.played_note for told in feedback if told.result == "correct"] == [E4, G4]


def test_what_came_before_the_microphone_is_off_is_heard_and_nothing_after():
    client = listening()
    client.receive(AudioChunk(TUNE_PCM[: 2 * RATE_HZ]), ARRIVAL_SEC + 1.0)
    assert client.receive(StopAudio(), ARRIVAL_SEC + 1.0) == []
    expected = ("WRONG_ORDER", "no microphone is on: send start_audio first", "audio_chunk")
    assert refusal(client, AudioChunk(b"ab")) == expected
    assert len(of(heard(client, ARRIVAL_SEC + 1.1), "feedback")) >= 1
    assert client.microphone is None
    assert client.session.due_sec < math.inf  # the clock runs by server time again


def test_a_microphone_that_is_idle_is_off_at_once():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    client.receive(StopAudio(), ARRIVAL_SEC)
    assert client.microphone is None


@pytest.mark.parametrize("message", [AudioChunk(b"ab"), StopAudio(), MachineSound(0.0)])
def test_sound_has_to_be_announced(message):
    said = ("WRONG_ORDER", "no microphone is on: send start_audio first", message.event)
    assert refusal(new_client(), message) == said
    busy = new_client()
    open_for(busy)
    assert refusal(busy, message) == said


@pytest.mark.parametrize("message", [AudioChunk(b"ab"), StopAudio(), MachineSound(0.0)])
def test_a_stranger_has_no_microphone(message):
    said = ("UNAUTHENTICATED", "send authenticate {token} first", message.event)
    assert refusal(new_client(allows_guests=False), message) == said


def test_sound_faster_than_time_ends_the_stream_and_is_told_once():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    second = bytes(2 * RATE_HZ)
    for _ in range(int(AUDIO_BURST_SEC)):
        client.receive(AudioChunk(second), ARRIVAL_SEC)
    code, message, event = refusal(client, AudioChunk(second))
    assert (code, event) == ("RATE_LIMITED", "audio_chunk")
    assert message == (
        "sound came faster than time passes: its stream has ended, send start_audio again"
    )
    assert client.receive(AudioChunk(second), ARRIVAL_SEC + 60.0) == []
    assert client._counts.lost_sec == 2.0
    client.receive(announce(), ARRIVAL_SEC + 60.0)
    assert client.receive(AudioChunk(second), ARRIVAL_SEC + 60.0) == []


def test_a_session_may_begin_with_sound_that_an_earlier_stream_brought():
    client = new_client()
    now_sec = ARRIVAL_SEC
    for _ in range(20):  # a phrase of five seconds, and three seconds of before once more
        client.receive(announce(), now_sec)
        client.receive(AudioChunk(bytes(2 * 3 * RATE_HZ)), now_sec)
        for _ in range(5):
            now_sec += 1.0
            client.receive(AudioChunk(bytes(2 * RATE_HZ)), now_sec)
            client.microphone.n_heard = client.microphone.n_fed


def test_streams_may_not_begin_again_and_again():
    client = new_client()
    n_begun = 0
    with pytest.raises(RefusedError) as caught:
        while n_begun < 1000:
            client.receive(announce(), ARRIVAL_SEC)
            n_begun += 1
    error = caught.value
    assert (error.code, error.event) == ("RATE_LIMITED", "start_audio")
    assert str(error) == "streams of sound begin too often"
    assert n_begun == pytest.approx(AUDIO_LINK_BURST_SEC / AUDIO_START_SEC, abs=1)
    assert client.microphone.state is State.RUNNING  # the last one that was let begin
    client.receive(announce(), ARRIVAL_SEC + 1.0)


def test_sound_is_not_faster_for_coming_in_many_streams():
    client = new_client()
    sent_sec = 0
    with pytest.raises(RefusedError, match=r"^sound came faster than time passes"):
        while sent_sec < 1000:
            client.receive(announce(), ARRIVAL_SEC)
            for _ in range(3):
                client.receive(AudioChunk(bytes(2 * RATE_HZ)), ARRIVAL_SEC)
                sent_sec += 1
    assert sent_sec < AUDIO_LINK_BURST_SEC


def test_a_clock_a_little_fast_and_a_network_that_holds_up_are_let_be():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    now_sec = ARRIVAL_SEC
    for k in range(600):
        held_up = 150 <= k < 250  # two seconds, all at once afterwards
        client.receive(AudioChunk(bytes(2 * 900)), ARRIVAL_SEC + 5.0 if held_up else now_sec)
        client.microphone.n_heard = client.microphone.n_fed
        now_sec += FRAME_SEC


def test_one_piece_may_not_be_longer_than_a_burst():
    client = new_client()
    client.receive(announce(sampleRate=16_000), ARRIVAL_SEC)
    too_long = AudioChunk(bytes(int(2 * 16_000 * AUDIO_BURST_SEC) + 2))
    assert refusal(client, too_long)[0] == "RATE_LIMITED"


def test_sound_that_cannot_be_kept_up_with_ends_the_stream():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    for k in range(int(AUDIO_WAITING_MAX_SEC)):
        client.receive(AudioChunk(bytes(2 * RATE_HZ)), ARRIVAL_SEC + k)
    code, message, _ = refusal(client, AudioChunk(b"ab"), ARRIVAL_SEC + 20.0)
    assert (code, message) == (
        "BUSY",
        "the server cannot keep up with the microphone: its stream has ended, "
        "send start_audio again",
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sampleRate": 0}, "sampleRate: expected a number from 8000 to 192000, got 0"),
        ({"sampleRate": 192_001}, "sampleRate: expected a number from 8000 to 192000, got 192001"),
        ({"sampleRate": "44.1"}, "sampleRate: expected a number from 8000 to 192000, got '44.1'"),
        ({"format": "mp3"}, "format: expected one of f32le, s16le, got 'mp3'"),
        ({"timestamp": None}, "timestamp: expected a number from -86400000 to 86400000, got null"),
        ({"a4": 467}, "a4: expected a number from 415 to 466, got 467"),
        (
            {"tuning": "pythagorean"},
            "tuning: expected one of equal, just, sargam, got 'pythagorean'",
        ),
        ({"instrument": 5}, "instrument: expected text of at most 200 characters, got 5"),
    ],
)
def test_a_bad_announcement_names_field_rule_and_value(fields, message):
    with pytest.raises(RefusedError) as caught:
        announce(**fields)
    error = caught.value
    assert (error.code, error.message, error.event) == ("INVALID_PAYLOAD", message, "start_audio")


def test_a_field_that_does_not_exist_is_told_with_those_that_do():
    known = "sampleRate, format, timestamp, instrument, a4, tuning, tonic"
    for codec, encode in ((JSON, msgspec.json.encode), (MSGPACK, msgspec.msgpack.encode)):
        frame = {"event": "start_audio", "data": {**START, "instument": "violin"}}
        with pytest.raises(RefusedError) as caught:
            codec.decode(encode(frame))
        error = caught.value
        assert (error.code, error.event) == ("INVALID_PAYLOAD", "start_audio")
        assert error.message == f"instument: no such field, there are {known}"
        spelled = {"sample_rate" if name == "sampleRate" else name: START[name] for name in START}
        frame["data"] = {**spelled, "a4": 442}
        assert codec.decode(encode(frame)).a4 == 442


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_rates_beyond_what_listens_are_heard_at_the_same_instants(rate_hz):
    tune = plucked([(p, LEAD_SEC + 0.5 * k, 0.4) for k, p in enumerate(PITCHES)], 2.5, rate_hz)
    client = new_client()
    client.receive(announce(sampleRate=rate_hz), 0.0)
    replies = []
    for k, piece in enumerate(pieces(s16le(tune), 2 * rate_hz // 50)):
        client.receive(AudioChunk(piece), 0.02 * k)
        replies += heard(client, 0.02 * k)
    begun = [reply for reply in replies if type(reply) is NoteHeard and reply.offset is None]
    assert [reply.midi_note for reply in begun] == list(PITCHES)
    onsets = [1000.0 * (LEAD_SEC + 0.5 * k) for k in range(len(PITCHES))]
    assert [reply.onset for reply in begun] == pytest.approx(onsets, abs=25.0)


@pytest.mark.parametrize("name", ["sampleRate", "format", "timestamp"])
def test_an_announcement_that_is_not_whole_says_what_is_missing(name):
    with pytest.raises(RefusedError, match=rf"^{name} is missing$"):
        to_message("start_audio", {key: START[key] for key in START if key != name})


def test_an_instrument_that_is_not_known_is_refused_and_the_known_are_listed():
    code, message, event = refusal(new_client(), announce(instrument="kazoo"))
    assert (code, event) == ("INVALID_PAYLOAD", "start_audio")
    assert message.startswith("instrument must be one of ")
    assert message.endswith("got 'kazoo'") and "violin" in message and "piano" in message


def test_a_tonic_that_is_none_is_refused():
    code, message, _ = refusal(new_client(), announce(tuning="sargam", tonic="H"))
    assert (code, message) == (
        "INVALID_PAYLOAD",
        "tonic must be a letter A to G, with # or b, got 'H'",
    )


def test_sound_travels_in_either_spelling():
    chunk = AudioChunk(b"\x00\xff\x80")
    assert (
        MSGPACK.decode(b"\x82\xa5event\xabaudio_chunk\xa4data\x81\xa3pcm\xc4\x03\x00\xff\x80")
        == chunk
    )
    assert JSON.decode('{"event":"audio_chunk","data":{"pcm":"AP+A"}}') == chunk
    with pytest.raises(RefusedError) as caught:
        MSGPACK.decode(b"\x82\xa5event\xabaudio_chunk\xa4data\x81\xa3pcm\x05")
    assert (caught.value.code, caught.value.message) == (
        "INVALID_PAYLOAD",
        "pcm: expected bytes, got 5",
    )


def test_an_announcement_may_be_spelled_either_way():
    snake = {"sample_rate": 48_000, "format": "f32le", "timestamp": 0, "a4": 442}
    assert to_message("start_audio", snake) == StartAudio(48_000.0, "f32le", 0.0, None, 442.0)


def clicks(client, n):
    """Announce a click every half second from 0 on, and give their sound."""
    sound = room(0.5 * n + 0.5)
    for k in range(n):
        begin = round((0.25 + 0.5 * k) * RATE_HZ)
        t_sec = np.arange(round(0.05 * RATE_HZ)) / RATE_HZ
        sound[begin : begin + len(t_sec)] += (
            0.4 * np.sin(2 * np.pi * 1500.0 * t_sec) * np.exp(-t_sec / 0.02)
        )
        client.receive(MachineSound(250.0 + 500.0 * k, None, 50.0), ARRIVAL_SEC)
    return s16le(sound)


def test_the_clicks_of_a_metronome_are_no_notes():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    assert of(play(client, clicks(client, 6)), "note_heard") == []


def test_a_note_that_the_client_sounds_is_not_the_players():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    client.receive(MachineSound(1000.0 * LEAD_SEC + 500.0, E4, 400.0), ARRIVAL_SEC)
    begun = [told for told in of(play(client), "note_heard") if told.offset is None]
    assert [told.midi_note for told in begun] == [C4, G4]


def test_what_the_server_itself_plays_is_known_without_being_told():
    client = new_client()
    wish = StartSession(
        song_id="five-finger-both", hands="right", other_hand="machine", extended_results=True
    )
    client.receive(wish, ARRIVAL_SEC)
    client.opened(open_session(client.opening, client.user_id, "ws"))
    client.receive(announce(), ARRIVAL_SEC)
    sound = room(6.0)
    replies = []
    for k in range(300):  # the loudspeaker plays each cue in time, and the microphone hears it
        frame = sound[882 * k : 882 * (k + 1)]
        now_sec = ARRIVAL_SEC + FRAME_SEC * (k + 1)
        told = client.receive(AudioChunk(s16le(frame)), now_sec) + heard(client, now_sec)
        if now_sec >= client.session.due_sec:
            told += client.session.tick(now_sec)
        for cue in of(told, "cue"):
            assert cue.time / 1000.0 >= (k + 1) * FRAME_SEC
            note = (cue.midi_note, cue.time / 1000.0, 0.4)
            sound = sound + plucked([note], 6.5, level=0.1)[: len(sound)]
        replies += told
    assert len(of(replies, "cue")) >= 4
    assert of(replies, "note_heard") == []


CHORDS = [(C4, E4, G4), (60, 65, 69), (59, 62, 67)]


def chord_client(mode, **wishes):
    """A client at the piano, whose session expects three chords."""
    client = new_client()
    notes = [
        ExpectedNote(pitch, 1000.0 * k, 900.0) for k, chord in enumerate(CHORDS) for pitch in chord
    ]
    wish = StartSession(expected_notes=notes, tempo=120.0, mode=mode, **wishes)
    client.receive(wish, ARRIVAL_SEC)
    client.opened(open_session(client.opening, client.user_id, "ws"))
    client.receive(announce(instrument="piano", timestamp=-1000.0 * LEAD_SEC), ARRIVAL_SEC)
    return client


def chord_sound(chords):
    notes = [(p, LEAD_SEC + 1.0 * k, 0.9) for k, chord in enumerate(chords) for p in chord]
    return s16le(struck(notes, 1.0 * len(chords) + 1.0))


@pytest.mark.parametrize("mode", ["tempo", "follow", "wait"])
def test_chords_are_heard_as_the_score_expects_them(mode):
    client = chord_client(mode)
    feedback = of(play(client, chord_sound(CHORDS)), "feedback")
    assert [told.result for told in feedback] == ["correct"] * 9
    for k, chord in enumerate(CHORDS):
        assert {told.played_note for told in feedback[3 * k : 3 * k + 3]} == set(chord)


def test_a_note_of_a_chord_that_was_left_out_is_not_heard():
    client = chord_client("tempo", extended_results=True)
    feedback = of(play(client, chord_sound([CHORDS[0], (60, 69), CHORDS[2]])), "feedback")
    missed = [told.expected_note.midi_note for told in feedback if told.result == "missed"]
    assert missed == [65]
    assert len([told for told in feedback if told.result == "correct"]) == 8


def test_what_a_client_says_it_sounds_takes_no_more_than_so_much_memory():
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    for k in range(3 * SOUNDS_MAX):
        client.receive(MachineSound(float(k), 60), ARRIVAL_SEC)
    assert len(client.microphone._sounds) == SOUNDS_MAX
    assert not client.microphone.is_waiting


def test_who_sings_an_octave_below_what_is_written_is_judged_as_written():
    client = listening()
    low = plucked([(p - 12, LEAD_SEC + 0.5 * k, 0.4) for k, p in enumerate(PITCHES)], 2.5)
    feedback = of(play(client, s16le(low)), "feedback")
    assert [(told.result, told.played_note) for told in feedback] == [
        ("correct", pitch) for pitch in PITCHES
    ]


def test_after_a_session_a_tuner_hears_what_sounds_again():
    client = listening()
    play(client)
    client.receive(EndSession(), ARRIVAL_SEC + 3.0)
    assert client.microphone._hearing.expected == ()
    low = plucked([(C4 - 12, 0.3, 0.4)], 1.0)
    told = of(play(client, s16le(low), now_sec=ARRIVAL_SEC + 3.0), "pitch")
    assert C4 - 12 in {one.midi_note for one in told}


def sung(contours, seconds):
    """Notes of (onset in seconds, pitches along 0.4 s) as a voice without attacks."""
    sound = room(seconds)
    for onset_sec, contour in contours:
        time_sec = np.arange(int(0.4 * RATE_HZ)) / RATE_HZ
        pitch = np.interp(time_sec, np.linspace(0.0, 0.4, len(contour)), contour)
        note = 0.2 * shaped(tone(pitch, rate_hz=RATE_HZ), 0.03, rate_hz=RATE_HZ)
        begin = int(onset_sec * RATE_HZ)
        sound[begin : begin + len(note)] += note
    return s16le(sound)


# E is scooped up to: it stands at E flat, glides, and settles.
SCOOP = sung([(LEAD_SEC, [60]), (0.8, [63, 63, 64, 64, 64, 64, 64]), (1.3, [67])], 2.3)


@pytest.mark.parametrize("mode", ["tempo", "follow", "wait"])
def test_a_scooped_note_is_right_in_the_end(mode):
    client = listening(mode=mode, extended_results=True)
    replies = play(client, SCOOP)
    e_flat, e = [told for told in of(replies, "note_heard") if told.index == 1][:2]
    assert (e_flat.midi_note, e.midi_note, e.offset) == (63, 64, None)
    assert e.onset == e_flat.onset
    assert all(-50 <= told.cents <= 50 for told in of(replies, "note_heard"))
    first = [told for told in of(replies, "feedback") if told.played_index == 1]
    assert [told.result for told in first] == ["wrong_note"]
    (revised,) = [told for told in of(replies, "feedback_revised") if told.played_index == 1]
    assert (revised.result, revised.played_note, revised.message) == ("correct", 64, "Right")
    assert of(replies, "stats_update")[-1].notes_correct == 3
    ended = client.receive(EndSession(), ARRIVAL_SEC + 3.0)
    assert of(ended, "session_ended")[0].accuracy == 100.0


def test_the_needle_rests_while_only_the_mains_hum():
    time_sec = np.arange(3 * RATE_HZ) / RATE_HZ
    hum = sum(0.003 * np.sin(2 * np.pi * 50.0 * k * time_sec) / k for k in range(1, 6))
    client = new_client()
    client.receive(announce(), ARRIVAL_SEC)
    replies = play(client, s16le(hum))
    assert [told for told in of(replies, "pitch") if told.f0 is not None] == []
    assert of(replies, "note_heard") == []
