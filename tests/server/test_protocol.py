"""The protocol of live play, without a network: what a client is told, and when."""

import contextlib
import json
import math

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.errors import RefusedError
from server.identity.account import Account
from server.limits import TokenBucket
from server.live.audio_models import AudioChunk, MachineSound, StartAudio, StopAudio
from server.live.codec import JSON, MSGPACK, to_message
from server.live.models import (
    GUEST,
    MAX_EXPECTED_NOTES,
    MESSAGES,
    Authenticate,
    ControlChange,
    EndSession,
    ErrorReply,
    ExpectedNote,
    NotePlayed,
    NoteReleased,
    StartSession,
)
from server.live.opening import open_session
from server.live.session import NETWORK_GRACE_SEC
from server.live.wire import MAX_TIME_MS, Message, Reply
from server.protocol import CODES, Client

C4, D4, E4, F4 = 60, 62, 64, 65
TUNE = [ExpectedNote(pitch, k * 500.0, 500.0) for k, pitch in enumerate((C4, D4, E4, F4))]
SECRET_TOKEN = "let me in"
ADA = Account(id="u1", name="Ada")


def new_client(**options):
    return Client(**{"allows_guests": True, **options})


def playing(notes=TUNE, **wishes):
    """A client whose session of these notes has begun."""
    client = new_client()
    wish = StartSession(expected_notes=notes, tempo=120.0, **wishes)
    client.receive(wish, 0.0)
    client.opened(open_session(client.opening, client.user_id, "ws"))
    return client


def play(client, pitch, at_ms, arrival_sec=None, velocity=64):
    arrival_sec = 1000.0 + at_ms / 1000.0 if arrival_sec is None else arrival_sec
    return client.receive(NotePlayed(pitch, at_ms, velocity), arrival_sec)


def events(replies):
    return [reply.event for reply in replies]


def refusal(client, message):
    with pytest.raises(RefusedError) as caught:
        client.receive(message, 0.0)
    assert caught.value.code in CODES
    return caught.value.code, caught.value.event


def test_a_right_note_is_answered_by_feedback_then_stats():
    feedback, stats, *_ = play(playing(), C4, 10.0)
    assert feedback.event == "feedback"
    assert (feedback.result, feedback.timing_diff, feedback.score_delta) == ("correct", 10.0, 10)
    assert feedback.expected_note.midi_note == C4
    assert (feedback.expected_note.start_time, feedback.expected_note.duration) == (0.0, 500.0)
    assert (feedback.played_note, feedback.played_index, feedback.note_id) == (C4, 0, "n0")
    assert (stats.notes_played, stats.notes_correct, stats.progress) == (1, 1, 25.0)


@pytest.mark.parametrize(
    ("off_ms", "result"), [(-170.0, "early"), (170.0, "late"), (60.0, "correct")]
)
def test_timing_is_told_in_milliseconds_with_late_positive(off_ms, result):
    client = playing()
    play(client, C4, 0.0)
    feedback = play(client, D4, 500.0 + off_ms)[0]
    assert feedback.result == result
    assert feedback.timing_diff == pytest.approx(off_ms)


def test_a_note_of_velocity_zero_is_a_release():
    client = playing()
    assert play(client, C4, 0.0, velocity=0) == []
    assert client.receive(NoteReleased(C4, 5.0), 0.0) == []
    assert play(client, C4, 10.0)[0].played_index == 0


def test_an_extra_note_is_a_wrong_note_unless_extended_results_are_asked_for():
    results = {}
    for is_extended in (False, True):
        client = playing(extended_results=is_extended)
        play(client, C4, 0.0)
        results[is_extended] = play(client, C4, 30.0 + 9000.0)
    plain = [reply for reply in results[False] if reply.event == "feedback"]
    assert [reply.result for reply in plain] == ["wrong_note"]
    assert plain[0].expected_note is None and plain[0].note_id is None
    extended = [reply.result for reply in results[True] if reply.event == "feedback"]
    assert extended == ["missed", "missed", "missed", "extra"]


def test_time_0_is_start_time_0_even_where_the_first_note_comes_bars_later():
    client = playing([ExpectedNote(C4, 10_000.0, 500.0), ExpectedNote(D4, 10_500.0, 500.0)])
    feedback = play(client, C4, 10_020.0)[0]
    assert (feedback.result, feedback.timing_diff) == ("correct", 20.0)
    assert feedback.expected_note.start_time == 10_000.0


def test_a_count_in_is_negative_time():
    client = playing()
    assert client.receive(ControlChange(64, 127, -2000.0), 998.0) == []
    assert play(client, C4, 0.0)[0].timing_diff == 0.0


def test_time_alone_tells_nothing_before_the_first_timestamp():
    assert playing().session.due_sec == math.inf


def test_a_missed_note_is_told_when_it_is_due_and_the_network_had_its_grace():
    client = playing(extended_results=True)
    play(client, C4, 0.0, arrival_sec=1000.0)
    due_sec = client.session.due_sec
    assert due_sec > 1000.5 + NETWORK_GRACE_SEC
    assert client.session.tick(due_sec - 0.01) == []
    told = client.session.tick(due_sec + 0.01)
    assert [reply.result for reply in told if reply.event == "feedback"] == ["missed"]
    assert told[0].played_note is told[0].played_index is told[0].timing_diff is None
    assert client.session.due_sec > due_sec


def test_without_extended_results_a_missed_note_changes_only_the_progress():
    client = playing()
    play(client, C4, 0.0, arrival_sec=1000.0)
    told = client.session.tick(client.session.due_sec + 0.01)
    assert events(told) == ["stats_update"]
    assert told[0].progress == 50.0


def test_a_note_held_up_by_the_network_does_not_shift_the_clock():
    client = playing()
    play(client, C4, 0.0, arrival_sec=1000.0)
    prompt, held_up = playing(), playing()
    for each, delay_sec in ((prompt, 0.0), (held_up, 0.4)):
        play(each, C4, 0.0, arrival_sec=1000.0)
        play(each, D4, 500.0, arrival_sec=1000.5 + delay_sec)
    assert held_up.session.due_sec == pytest.approx(prompt.session.due_sec, abs=0.01)


def test_the_end_is_answered_by_the_summary_and_the_client_may_start_again():
    client = playing()
    for k, pitch in enumerate((C4, D4, E4, F4)):
        play(client, pitch, k * 500.0)
    take = client.session.take
    ended = client.receive(EndSession(), 1002.0)[-1]
    assert (ended.overall_score, ended.accuracy, ended.grade) == (100.0, 100.0, "A+")
    assert (ended.session_id, ended.kind) == (take.id, "practice")
    assert take.ended
    assert client.receive(StartSession(expected_notes=TUNE), 1003.0) == []


def test_a_client_that_leaves_hands_back_what_it_was_playing():
    client = playing()
    session = client.session
    assert client.leave() is session
    assert client.leave() is None


def test_events_at_the_wrong_time_are_refused():
    idle, busy = new_client(), playing()
    for message in (
        NotePlayed(C4, 0.0),
        NoteReleased(C4, 0.0),
        ControlChange(64, 0, 0.0),
        EndSession(),
    ):
        assert refusal(idle, message) == ("WRONG_ORDER", message.event)
    for message in (StartSession(expected_notes=TUNE), Authenticate(SECRET_TOKEN)):
        assert refusal(busy, message) == ("WRONG_ORDER", message.event)
    opening = new_client()
    opening.receive(StartSession(expected_notes=TUNE), 0.0)
    assert refusal(opening, NotePlayed(C4, 0.0)) == ("WRONG_ORDER", "note_played")


def test_a_session_has_a_song_or_notes():
    assert refusal(new_client(), StartSession()) == ("INVALID_PAYLOAD", "start_session")


def test_listed_notes_are_expected_and_the_song_only_names_the_take():
    wish = StartSession(song_id="their own song", expected_notes=TUNE)
    take = open_session(wish, "guest", "ws").take
    assert take.performance.total_notes == len(TUNE)
    assert (take.song, take.title) == ("their own song", "their own song")


def test_listed_notes_can_have_a_name_beside_the_songs():
    wish = StartSession(song_id="opus-9", song_name="Nocturne", expected_notes=TUNE)
    take = open_session(wish, "guest", "ws").take
    assert (take.song, take.title) == ("opus-9", "Nocturne")


def test_repeats_are_played_unless_the_client_says_otherwise():
    written, once = (
        open_session(StartSession(song_id="minuet-in-g", **wish), GUEST, "ws").take.performance
        for wish in ({}, {"repeats": False})
    )
    assert written.total_notes == 2 * once.total_notes == 408


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"song_id": "no such piece"}, "SONG_NOT_FOUND"),
        ({"expected_notes": TUNE, "from_bar": 900}, "INVALID_SCORE"),
        ({"expected_notes": TUNE, "hands": "left"}, "INVALID_SCORE"),
    ],
)
def test_what_makes_no_score_is_refused(wish, code):
    with pytest.raises(RefusedError) as caught:
        open_session(StartSession(**wish), GUEST, "ws")
    assert (caught.value.code, caught.value.event) == (code, "start_session")


def test_where_guests_are_not_let_in_a_token_comes_first():
    client = new_client(allows_guests=False)
    assert refusal(client, StartSession(expected_notes=TUNE)) == (
        "UNAUTHENTICATED",
        "start_session",
    )
    assert client.receive(Authenticate("nonsense"), 0.0) == []
    assert client.claim == "nonsense"
    wish = StartSession(expected_notes=TUNE)
    assert refusal(client, wish) == ("WRONG_ORDER", "start_session")
    assert events(client.unknown("nobody's")) == ["auth_error"]
    assert (client.failed_attempts, client.may_play, client.claim) == (1, False, None)
    client.receive(Authenticate(SECRET_TOKEN), 0.0)
    assert events(client.unknown("nobody answers", is_wrong=False)) == ["auth_error"]
    assert client.failed_attempts == 1
    client.receive(Authenticate(SECRET_TOKEN), 0.0)
    (welcome,) = client.known(ADA)
    assert (welcome.event, welcome.user_id, client.user_id) == ("authenticated", "u1", "u1")
    assert client.receive(StartSession(expected_notes=TUNE), 0.0) == []


def spellings(event, data):
    frame = {"event": event, "data": data}
    return (JSON, msgspec.json.encode(frame).decode()), (MSGPACK, msgspec.msgpack.encode(frame))


@pytest.mark.parametrize(
    ("camel", "snake"),
    [
        ({"midiNote": 60, "timestamp": 1.5}, {"midi_note": 60, "timestamp": 1.5}),
    ],
)
def test_notes_may_be_spelled_either_way(camel, snake):
    for (codec, one), (_, other) in zip(
        spellings("note_played", camel), spellings("note_played", snake), strict=True
    ):
        assert codec.decode(one) == codec.decode(other) == NotePlayed(60, 1.5)


def test_optional_fields_may_be_spelled_either_way():
    data = {"expected_notes": [{"midi_note": 60, "start_time": 0}], "from_bar": 2, "hands": "right"}
    expected = StartSession(expected_notes=[ExpectedNote(60, 0.0)], from_bar=2, hands="right")
    for codec, frame in spellings("start_session", data):
        assert codec.decode(frame) == expected


@pytest.mark.parametrize(
    ("event", "data", "message"),
    [
        ("note_played", {"timestamp": 1}, "midiNote is missing"),
        (
            "note_played",
            {"midiNote": 128},
            "midiNote: expected a whole number from 0 to 127, got 128",
        ),
        (
            "note_played",
            {"midiNote": "C", "timestamp": 1},
            "midiNote: expected a whole number from 0 to 127, got 'C'",
        ),
        (
            "note_released",
            {"midiNote": -1},
            "midiNote: expected a whole number from 0 to 127, got -1",
        ),
        ("control_change", [], "data: expected an object with named fields, got []"),
        ("start_session", {"tempo": 9}, "tempo: expected a number from 10 to 500, got 9"),
        (
            "start_session",
            {"mode": "fast"},
            "mode: expected one of follow, tempo, wait, got 'fast'",
        ),
        (
            "start_session",
            {"expectedNotes": []},
            "expectedNotes: expected a list of 1 to 20000 items, got []",
        ),
    ],
)
def test_a_bad_payload_names_field_rule_and_value(event, data, message):
    for codec, frame in spellings(event, data):
        with pytest.raises(RefusedError) as caught:
            codec.decode(frame)
        error = caught.value
        assert (error.code, error.message, error.event) == ("INVALID_PAYLOAD", message, event)


@pytest.mark.parametrize("time_ms", [math.nan, math.inf, -math.inf, 2 * MAX_TIME_MS])
def test_only_times_within_a_day_are_taken(time_ms):
    frame = {"event": "note_played", "data": {"midiNote": 60, "timestamp": time_ms}}
    with pytest.raises(
        RefusedError, match=r"^timestamp: expected a number from -86400000 to 86400000"
    ):
        MSGPACK.decode(msgspec.msgpack.encode(frame))


def test_too_many_expected_notes_are_refused_in_bounded_words():
    data = {"expectedNotes": [{"midiNote": 60, "startTime": 0}] * (MAX_EXPECTED_NOTES + 1)}
    with pytest.raises(RefusedError) as caught:
        to_message("start_session", data)
    assert f"1 to {MAX_EXPECTED_NOTES} items" in caught.value.message
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "BAD_FRAME"),
        ("nonsense", "BAD_FRAME"),
        ("[]", "BAD_FRAME"),
        ('{"event": 5}', "BAD_FRAME"),
        ('{"data": {}}', "BAD_FRAME"),
        ("[" * 100_000, "BAD_FRAME"),
        ('{"event": "start_session", "data": ' + "[" * 900 + "]" * 900 + "}", "INVALID_PAYLOAD"),
        ('{"event": "start_session", "data": {"expectedNotes": [[], 5]}}', "INVALID_PAYLOAD"),
        (
            '{"event": "start_session", "data": {"tempo": [' + "0," * 9000 + "0]}}",
            "INVALID_PAYLOAD",
        ),
        ('{"event": "sing"}', "UNKNOWN_EVENT"),
        ('{"event": "feedback", "data": {}}', "UNKNOWN_EVENT"),
    ],
)
def test_a_frame_that_is_none_is_refused(frame, code):
    with pytest.raises(RefusedError) as caught:
        JSON.decode(frame)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        ("[]", "BAD_FRAME"),
        ("[5]", "BAD_FRAME"),
        ('["note_played", {}, {}]', "BAD_FRAME"),
        ('["\\ud800"]', "BAD_FRAME"),
        ('["sing"]', "UNKNOWN_EVENT"),
    ],
)
def test_a_packet_that_is_no_event_is_refused(packet, code):
    with pytest.raises(RefusedError) as caught:
        JSON.decode_packet(packet)
    assert caught.value.code == code


def test_a_name_that_is_no_text_is_told_as_one():
    with pytest.raises(RefusedError) as caught:
        to_message("\ud800", {})
    assert caught.value.event == "?"


@pytest.mark.parametrize("notes", ["expectedNotes", "expected_notes"])
@pytest.mark.parametrize("pitch", ["midiNote", "midi_note"])
def test_either_spelling_of_a_field_is_read_and_any_other_key_is_not(notes, pitch):
    data = {notes: [{pitch: 60, "start_time": 5}], "extended_results": True, "no_field": [{}] * 9}
    frames = [("start_session", data)]
    for codec, frame in spellings(*frames[0]):
        wish = codec.decode(frame)
        assert wish.expected_notes == [ExpectedNote(60, 5.0)]
        assert wish.extended_results is True
    packet = json.dumps(frames[0])
    assert JSON.decode_packet(packet).expected_notes == [ExpectedNote(60, 5.0)]


def test_both_codecs_spell_replies_alike():
    reply = ErrorReply("WRONG_ORDER", "not now", "note_played")
    expected = {
        "event": "error",
        "data": {"code": "WRONG_ORDER", "message": "not now", "event": "note_played"},
    }
    assert msgspec.json.decode(JSON.encode(reply)) == expected
    assert msgspec.msgpack.decode(MSGPACK.encode(reply)) == expected


def test_the_bucket_lets_through_a_burst_of_two_seconds_and_then_the_rate():
    bucket = TokenBucket(100.0, 0.0)
    assert sum(bucket.take(0.0) for _ in range(300)) == 200
    assert sum(bucket.take(1.0) for _ in range(300)) == 100
    assert not bucket.take(1.5, cost=51)
    assert bucket.take(1.5, cost=50)


def test_what_costs_more_than_a_burst_takes_a_full_bucket():
    bucket = TokenBucket(100.0, 0.0)
    assert bucket.take(0.0, cost=350)
    assert not bucket.take(1.99, cost=350)
    assert not bucket.take(1.99, cost=201)
    assert bucket.take(2.0, cost=350)


times_ms = st.one_of(
    st.floats(-5000.0, 10_000.0), st.floats(-MAX_TIME_MS, MAX_TIME_MS), st.just(0.0)
)
pitches = st.one_of(st.sampled_from([C4, D4, E4, F4]), st.integers(0, 127))
levels = st.integers(0, 127)


class AnyClient(RuleBasedStateMachine):
    """Any messages in any order: only refusals and well-formed replies come back."""

    def __init__(self):
        super().__init__()
        self.client = new_client()
        self.now_sec = 1000.0
        self.n_feedback = 0

    def send(self, message):
        try:
            self.check(self.client.receive(message, self.now_sec))
        except RefusedError as error:
            assert error.code in CODES

    def check(self, replies):
        for reply in replies:
            assert isinstance(reply, Reply)
            assert msgspec.json.decode(JSON.encode(reply)) == msgspec.msgpack.decode(
                MSGPACK.encode(reply)
            )
            if reply.event == "feedback" and reply.played_index is not None:
                assert reply.played_index == self.n_feedback
                self.n_feedback += 1
            if reply.event == "session_ended":
                assert self.client.session is None

    @rule(pitch=pitches, at_ms=times_ms, velocity=levels)
    def note(self, pitch, at_ms, velocity):
        self.send(NotePlayed(pitch, at_ms, velocity))

    @rule(pitch=pitches, at_ms=times_ms)
    def release(self, pitch, at_ms):
        self.send(NoteReleased(pitch, at_ms))

    @rule(controller=levels, value=levels, at_ms=times_ms)
    def control(self, controller, value, at_ms):
        self.send(ControlChange(controller, value, at_ms))

    @rule(mode=st.sampled_from(["tempo", "follow", "wait"]), is_extended=st.booleans())
    def start(self, mode, is_extended):
        wish = StartSession(expected_notes=TUNE, mode=mode, extended_results=is_extended)
        self.send(wish)
        if self.client.opening is not None:
            self.check(self.client.opened(open_session(wish, GUEST, "ws")))
            self.n_feedback = 0

    @rule(token=st.sampled_from(["", SECRET_TOKEN, "x" * 100]))
    def authenticate(self, token):
        self.send(Authenticate(token))
        if self.client.claim is not None:
            is_known = token == SECRET_TOKEN
            self.check(self.client.known(ADA) if is_known else self.client.unknown("no"))

    @rule(
        rate_hz=st.sampled_from([16_000.0, 44_100.0, 96_000.0]),
        pcm_format=st.sampled_from(["s16le", "f32le"]),
        at_ms=times_ms,
    )
    def start_audio(self, rate_hz, pcm_format, at_ms):
        self.send(StartAudio(rate_hz, pcm_format, at_ms))

    @rule(pcm=st.binary(max_size=4000), times=st.sampled_from([0, 1, 30, 200]))
    def sound(self, pcm, times):
        self.send(AudioChunk(pcm * times))

    @rule(pitch=st.none() | pitches, at_ms=times_ms, duration=st.floats(0.0, 5000.0))
    def machine_sound(self, pitch, at_ms, duration):
        self.send(MachineSound(at_ms, pitch, duration))

    @rule()
    def stop_audio(self):
        self.send(StopAudio())

    @rule(n_pieces=st.integers(1, 20))
    def hear(self, n_pieces):
        for _ in range(n_pieces):
            microphone = self.client.microphone
            if microphone is not None and microphone.is_waiting:
                self.check(self.client.heard(microphone.analyse(), self.now_sec))

    @rule()
    def end(self):
        self.send(EndSession())

    @rule(seconds=st.floats(0.0, 30.0))
    def wait(self, seconds):
        self.now_sec += seconds
        session = self.client.session
        if session is not None and self.now_sec >= session.due_sec:
            self.check(session.tick(self.now_sec))

    @invariant()
    def what_waits_is_what_came_and_was_not_heard(self):
        microphone = self.client.microphone
        assert microphone is None or 0 <= microphone.n_heard <= microphone.n_fed

    @invariant()
    def time_has_a_next_moment(self):
        session = self.client.session
        assert session is None or not math.isnan(session.due_sec)


TestAnyClient = AnyClient.TestCase
TestAnyClient.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text()
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
near_misses = st.fixed_dictionaries(
    {"event": st.sampled_from(sorted(MESSAGES)) | plain},
    optional={
        "data": plain
        | st.dictionaries(
            st.sampled_from(["midiNote", "midi_note", "timestamp", "velocity", "token", "songId",
                             "expectedNotes", "tempo", "mode", "fromBar", "controller", "value",
                             "pcm", "sampleRate", "format", "instrument"]),
            plain,
        )
    },
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(frame=near_misses | plain)
def test_no_frame_breaks_the_decoders(frame):
    for codec, spelled in (
        (JSON, json.dumps(frame, default=repr)),
        (MSGPACK, msgspec.msgpack.encode(frame)),
    ):
        try:
            message = codec.decode(spelled)
        except RefusedError as error:
            assert error.code in CODES
        else:
            assert isinstance(message, Message)


@settings(max_examples=300, deadline=None)
@given(frame=st.binary(max_size=200))
def test_no_bytes_break_the_decoders(frame):
    for codec in (JSON, MSGPACK):
        with contextlib.suppress(RefusedError):
            codec.decode(frame)
