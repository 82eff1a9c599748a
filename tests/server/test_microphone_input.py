"""Sound on its way to events: ears, microphones and recordings as instruments, and their clocks."""

from math import inf
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from melodies import RATE_HZ, mixed, one_by_one

from engine.events import Event, Kind
from engine.listening.listener import HeardNote
from engine.listening.melody import MelodyListener
from engine.score import Score
from engine.signal_check import Finding, SignalCheck
from engine.tuning import Tuning
from native.audio_ring import AudioRing
from native.ring import clock_sec
from server.cli.playing.accompanist import Accompanist
from server.cli.playing.session import PlaySession
from server.inputs.audio_files import AudioFile
from server.inputs.audio_input import AudioInput
from server.inputs.ear import REPORT_SEC, Ear
from server.inputs.errors import AudioFileError
from server.inputs.microphone import Opened
from server.inputs.microphone_input import MicrophoneInput
from server.takes.take import Take

PITCHES = [60, 64, 67, 72]
HUM = Finding("hum", -40.0, "It hums.")
FINE = Finding("ok", -20.0, "Fine.")


class ScriptedListener:
    """Tells what it is told to, a list of notes a block; settled up to 50 ms before the newest."""

    latency_sec = 0.05

    def __init__(self, script=()):
        self.script, self.n_samples, self.machine = list(script), 0, []

    @property
    def settled_sec(self):
        return max(0.0, self.n_samples / RATE_HZ - 0.05)

    def process(self, samples):
        self.n_samples += len(samples)
        return self.script.pop(0) if self.script else []

    def frames(self):
        return np.zeros(0)

    def machine_plays(self, pitch, onset_sec, offset_sec=None):
        self.machine.append((pitch, onset_sec, offset_sec))


class ScriptedCheck:
    """Finds what it is told to, a list a block."""

    def __init__(self, script=()):
        self.script, self.machine = list(script), []

    def process(self, samples):
        return self.script.pop(0) if self.script else []

    def report(self):
        return [FINE]

    def machine_plays(self, onset_sec, offset_sec):
        self.machine.append((onset_sec, offset_sec))


def heard(note_id, onset_sec, pitch, offset_sec=None):
    return HeardNote(note_id, onset_sec, pitch, 70, 0.0, 0.9, offset_sec)


def block(n=480):
    return np.zeros(n, np.float32)


def on(time_sec, pitch):
    return Event(time_sec, Kind.NOTE_ON, pitch, 70)


def off(time_sec, pitch):
    return Event(time_sec, Kind.NOTE_OFF, pitch)


def in_tune(time_sec, pitch):
    return Event(time_sec, Kind.CENTS, pitch, 64)


# ---- the ear


def test_a_note_is_an_event_when_it_begins_and_one_when_it_ends():
    listener = ScriptedListener([[heard(0, 1.0, 60)], [], [heard(0, 1.0, 60, 1.5)]])
    ear = Ear(RATE_HZ, listener, ScriptedCheck())
    told = []
    for _ in range(3):
        ear.process(block())
        told.append(ear.take_events())
    assert told == [[on(1.0, 60)], [], [in_tune(1.5, 60), off(1.5, 60)]]


def test_a_note_that_is_told_when_it_has_ended_is_both_events():
    ear = Ear(RATE_HZ, ScriptedListener([[heard(3, 1.0, 60, 1.2)]]), ScriptedCheck())
    ear.process(block())
    assert ear.take_events() == [on(1.0, 60), in_tune(1.2, 60), off(1.2, 60)]


def test_a_note_that_is_told_again_while_it_sounds_is_no_other_note():
    script = [[heard(0, 1.0, 60)], [heard(0, 1.0, 60)], [heard(0, 1.0, 60, 2.0)]]
    ear = Ear(RATE_HZ, ScriptedListener(script), ScriptedCheck())
    for _ in range(3):
        ear.process(block())
    assert ear.take_events() == [on(1.0, 60), in_tune(2.0, 60), off(2.0, 60)]


def test_a_note_that_settles_on_another_pitch_is_renamed():
    script = [[heard(0, 1.0, 60)], [heard(0, 1.0, 61)], [heard(0, 1.0, 61, 2.0)]]
    ear = Ear(RATE_HZ, ScriptedListener(script), ScriptedCheck())
    for _ in range(3):
        ear.process(block())
    renamed = Event(1.0, Kind.RENAMED, 61, 60)
    assert ear.take_events() == [on(1.0, 60), renamed, in_tune(2.0, 61), off(2.0, 61)]


def test_how_far_off_a_note_was_is_kept_where_it_is_known():
    notes = [heard(0, 1.0, 60, 1.2), heard(1, 1.5, 62, 1.7)]
    script = [[notes[0]._replace(cents=-31.4), notes[1]._replace(cents=float("nan"))]]
    ear = Ear(RATE_HZ, ScriptedListener(script), ScriptedCheck())
    ear.process(block())
    off_key = Event(1.2, Kind.CENTS, 60, 33)
    assert ear.take_events() == [on(1.0, 60), off_key, off(1.2, 60), on(1.5, 62), off(1.7, 62)]


def test_what_sounds_when_the_stream_ends_has_ended():
    script = [[heard(0, 0.1, 60), heard(1, 0.1, 64)], [heard(0, 0.1, 60, 0.2)]]
    ear = Ear(RATE_HZ, ScriptedListener(script), ScriptedCheck())
    ear.process(block(RATE_HZ))
    ear.process(block(RATE_HZ))
    ear.take_events()
    ear.end()
    assert ear.take_events() == [off(1.95, 64)]
    ear.end()
    assert ear.take_events() == []


def test_the_sound_is_reported_once_and_then_what_changes():
    n_blocks = int(REPORT_SEC * 10)
    check = ScriptedCheck([[HUM], *[[]] * (n_blocks + 1), [HUM]])
    ear = Ear(RATE_HZ, ScriptedListener(), check)
    found = []
    for _ in range(n_blocks + 5):
        ear.process(block(RATE_HZ // 10))
        found.append(ear.take_findings())
    assert found[: n_blocks - 1] == [[]] * (n_blocks - 1)
    assert found[n_blocks - 1] == [FINE]
    assert found[n_blocks:] == [[], [], [HUM], [], []]


def test_what_the_machine_sounds_is_known_to_listener_and_check():
    listener, check = ScriptedListener(), ScriptedCheck()
    Ear(RATE_HZ, listener, check).machine_plays(60, 1.0, 2.0)
    assert listener.machine == [(60, 1.0, 2.0)]
    assert check.machine == [(1.0, 2.0)]


# ---- the microphone as an instrument


class Room:
    """A microphone that hears what is put into it, at a rate of its own."""

    def __init__(self):
        self.opened, self._position = None, 0
        self.plug()

    def plug(self):
        self.opened = Opened(AudioRing(1 << 20), RATE_HZ, 0.01)

    def put(self, samples, age_sec=0.0):
        assert self.opened.ring.push(np.asarray(samples, np.float32), age_sec)


def scripted(listeners):
    """What makes the ears of these listeners, one a stream."""
    left = list(listeners)
    return lambda rate_hz, _: Ear(rate_hz, left.pop(0), ScriptedCheck())


def test_notes_stand_on_the_machine_s_clock():
    room = Room()
    listener = ScriptedListener([[heard(0, 0.5, 60)]])
    source = MicrophoneInput(room, scripted([listener]))
    assert source.poll(0.0) == []
    assert source.settled_sec(5.0) == -inf
    now_sec = clock_sec()
    room.put(block(RATE_HZ), age_sec=1.0)
    (event,) = source.poll(now_sec)
    assert event.time_sec == pytest.approx(now_sec - 0.5, abs=0.2)
    assert event[1:] == (Kind.NOTE_ON, 60, 70)
    assert source.settled_sec(inf) == pytest.approx(now_sec - 0.05, abs=0.2)
    assert source.settled_sec(now_sec - 10.0) == now_sec - 10.0


def test_what_the_driver_does_not_know_of_is_taken_off():
    told_sec = []
    for delay_sec in (0.0, 10.0):
        room, listener = Room(), ScriptedListener([[heard(0, 0.5, 60)]])
        source = MicrophoneInput(room, scripted([listener]), delay_sec)
        room.put(block(RATE_HZ), age_sec=1.0)
        (event,) = source.poll(0.0)
        source.machine_plays(62, event.time_sec, event.time_sec + 1.0)
        assert listener.machine[0] == pytest.approx((62, 0.5, 1.5))
        told_sec.append((event.time_sec, source.settled_sec(inf)))
    assert np.subtract(*told_sec) == pytest.approx([10.0, 10.0], abs=0.5)


def test_time_stands_still_while_the_microphone_is_away():
    room = Room()
    source = MicrophoneInput(room, scripted([ScriptedListener()]))
    room.put(block(RATE_HZ), age_sec=1.0)
    source.poll(0.0)
    settled_sec = source.settled_sec(inf)
    assert source.poll(0.0) == []
    assert source.settled_sec(inf) == settled_sec < clock_sec() + 0.2


def test_what_sounded_when_the_microphone_went_ends_when_it_is_back():
    room = Room()
    listeners = [ScriptedListener([[heard(0, 0.5, 60)]]), ScriptedListener([[heard(0, 0.0, 62)]])]
    source = MicrophoneInput(room, scripted(listeners))
    room.put(block(RATE_HZ), age_sec=1.0)
    (first,) = source.poll(0.0)
    room.plug()
    room.put(block())
    lifted, second = source.poll(0.0)
    assert (lifted.kind, lifted.number) == (Kind.NOTE_OFF, 60)
    assert (second.kind, second.number) == (Kind.NOTE_ON, 62)
    assert first.time_sec < lifted.time_sec < second.time_sec


def test_what_the_machine_sounds_is_put_on_the_clock_of_the_stream():
    room, listener = Room(), ScriptedListener()
    source = MicrophoneInput(room, scripted([listener]))
    source.machine_plays(60, 1.0, 2.0)  # nothing has been heard yet
    assert listener.machine == []
    now_sec = clock_sec()
    room.put(block(RATE_HZ), age_sec=1.0)
    source.poll(now_sec)
    accompanist = Accompanist(
        SimpleNamespace(note_on=lambda *_: None, note_off=lambda *_: None), source.machine_plays
    )
    accompanist.take([SimpleNamespace(pitch=55, velocity=60, onset_sec=0.0, duration_sec=0.5)],
                     now_sec + 0.25)  # fmt: skip
    accompanist.play(now_sec + 0.3)
    ((pitch, onset_sec, offset_sec),) = listener.machine
    assert pitch == 55
    assert onset_sec == pytest.approx(1.3, abs=0.2)
    assert offset_sec - onset_sec == pytest.approx(0.5, abs=1e-6)


def test_a_tune_in_a_room_is_events_at_the_right_intervals():
    room = Room()
    source = MicrophoneInput(
        room,
        lambda rate_hz, _: Ear(
            rate_hz, MelodyListener(rate_hz, "guitar", Tuning()), SignalCheck(rate_hz)
        ),
    )
    sound = mixed(one_by_one(PITCHES), 3.0)
    events = []
    for start in range(0, len(sound), 441):
        room.put(sound[start : start + 441])
        events += source.poll(0.0)
    onsets = [event for event in events if event.kind == Kind.NOTE_ON]
    assert [event.number for event in onsets] == PITCHES
    assert len([event for event in events if event.kind == Kind.NOTE_OFF]) == len(PITCHES)


# ---- a recording as an instrument


@pytest.fixture
def recording(tmp_path):
    """A tune as a file."""
    soundfile.write(tmp_path / "tune.wav", mixed(one_by_one(PITCHES), 2.6), RATE_HZ)
    return tmp_path / "tune.wav"


def melody_ear(rate_hz, clock):
    return Ear(rate_hz, MelodyListener(rate_hz, "guitar", Tuning()), SignalCheck(rate_hz))


@pytest.mark.parametrize("step_sec", [0.005, 0.3, 10.0])
def test_a_recording_is_heard_as_time_goes_by_the_same_at_any_pace(recording, step_sec):
    with AudioFile(recording) as file:
        source = AudioInput(file, melody_ear, zero_sec=100.0)
        events, now_sec = [], 100.0
        assert source.poll(now_sec) == []
        while not source.is_over:
            assert source.settled_sec(now_sec) <= now_sec
            now_sec += step_sec
            told = source.poll(now_sec)
            assert all(event.time_sec <= now_sec for event in told)
            events += told
    onsets = [event for event in events if event.kind == Kind.NOTE_ON]
    assert [event.number for event in onsets] == PITCHES
    times = [event.time_sec for event in onsets]
    assert times == pytest.approx([100.1 + 0.6 * k for k in range(4)], abs=0.03)
    assert source.settled_sec(now_sec) == now_sec


def test_what_sounds_on_at_the_end_of_a_recording_has_ended(recording):
    script = [[], [heard(0, 0.02, 60)]]
    with AudioFile(recording) as file:
        source = AudioInput(
            file, lambda *_: Ear(RATE_HZ, ScriptedListener(script), ScriptedCheck()), 0
        )
        events = source.poll(1.0)
        assert events == [on(0.02, 60)]
        (lifted,) = source.poll(60.0)
    assert lifted[1:] == (Kind.NOTE_OFF, 60, 0)
    assert source.poll(61.0) == []


def test_a_damaged_recording_says_so_where_it_is_damaged(tmp_path):
    soundfile.write(tmp_path / "a.flac", mixed(one_by_one(PITCHES), 2.6), RATE_HZ)
    data = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(data[: len(data) // 2])
    with AudioFile(tmp_path / "cut.flac") as file:
        source = AudioInput(file, melody_ear, zero_sec=0.0)
        assert source.poll(0.5)
        with pytest.raises(AudioFileError, match="is damaged"):
            source.poll(60.0)


# ---- the clock of the take


def session_of(mode):
    rows = np.array([(60, 0.0), (62, 1.0), (64, 2.0)], [("pitch", "i4"), ("onset_beat", "f8")])
    take = Take(Score.from_notes(rows), mode=mode, tempo_bpm=120.0)
    return PlaySession(take, start_sec=1000.0)


def test_nothing_is_missed_before_the_sound_of_that_time_was_heard():
    session = session_of("tempo")
    zero_sec = session.zero_sec
    assert session.step([], zero_sec + 10.0, settled_sec=-inf) == []
    assert session.step([], zero_sec + 10.0, settled_sec=zero_sec - 1.0) == []
    late = session.step([on(zero_sec + 0.02, 60)], zero_sec + 10.0, settled_sec=zero_sec + 0.1)
    assert [said.result for said in late if hasattr(said, "result")] == ["correct"]
    missed = session.step([], zero_sec + 10.0, settled_sec=zero_sec + 9.9)
    assert [said.result for said in missed if hasattr(said, "result")] == ["missed", "missed"]
