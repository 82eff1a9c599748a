"""Recorded performances: real MIDI bytes in, events out."""

from io import BytesIO

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Event, Kind
from engine.score import Score
from server.errors import TakeError
from server.inputs.errors import MidiFileError
from server.inputs.files import (
    MAX_FILE_BYTES,
    RecordedInput,
    midi_events,
    read_events,
    read_midi_events,
)

FOUR = np.array(
    [(60, 0.0), (62, 1.0), (64, 2.0), (65, 3.0)], [("pitch", "i4"), ("onset_beat", "f8")]
)


def midi_bytes(*tracks, ticks_per_beat=480, kind=1) -> bytes:
    """A MIDI file; a track is a list of (delta ticks, message)."""
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks_per_beat)
    for messages in tracks:
        file.tracks.append(mido.MidiTrack(m.copy(time=delta) for delta, m in messages))
    stream = BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def on(pitch, velocity=64, channel=0):
    return mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)


def off(pitch):
    return mido.Message("note_off", note=pitch, velocity=0)


def tempo(usec):
    return mido.MetaMessage("set_tempo", tempo=usec)


def test_notes_and_pedals_come_at_the_times_of_the_tempo_map():
    pedal = mido.Message("control_change", control=64, value=127)
    data = midi_bytes(
        [(0, tempo(1_000_000)), (480, tempo(250_000))],
        [(0, on(60)), (480, off(60)), (480, on(62)), (0, pedal), (240, on(62, 0))],
    )
    assert midi_events(data) == [
        Event(0.0, Kind.NOTE_ON, 60, 64),
        Event(1.0, Kind.NOTE_OFF, 60, 0),
        Event(1.25, Kind.NOTE_ON, 62, 64),
        Event(1.25, Kind.CONTROL, 64, 127),
        Event(1.375, Kind.NOTE_OFF, 62, 0),
    ]


def test_a_file_without_tempo_counts_120_a_minute():
    assert midi_events(midi_bytes([(480, on(60))]))[0].time_sec == 0.5


def test_a_tempo_of_a_later_track_counts_for_all():
    data = midi_bytes([(480, on(60)), (480, on(62))], [(480, tempo(1_000_000))])
    assert [event.time_sec for event in midi_events(data)] == [0.5, 1.5]


def test_all_tracks_and_channels_count_but_the_drums():
    data = midi_bytes([(10, on(60, channel=0))], [(5, on(62, channel=3)), (9, on(40, channel=9))])
    assert [event.number for event in midi_events(data)] == [62, 60]


def test_a_file_that_counts_film_frames_needs_no_tempo():
    data = bytearray(midi_bytes([(0, tempo(1)), (500, on(60)), (500, on(61))]))
    data[12:14] = bytes([0x100 - 25, 40])  # 25 frames of 40 ticks a second
    assert [event.time_sec for event in midi_events(bytes(data))] == pytest.approx([0.5, 1.0])


def test_times_are_mido_s_own_on_a_real_performance(shared):
    path = shared / "data/matching/dev/asap_Chopin_Etudes_op_10_4_ADIG02/performance.mid"
    now_sec, expected = 0.0, []
    for message in mido.MidiFile(path):
        now_sec += message.time
        if message.type in ("note_on", "note_off", "control_change"):
            expected.append(now_sec)
    assert [event.time_sec for event in read_midi_events(path)] == pytest.approx(expected)


GOOD = midi_bytes([(0, on(60)), (480, off(60))])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "this is no MIDI file"),
        (b"MThd", "this is no MIDI file"),
        (b"RIFF" + GOOD, "this is no MIDI file"),
        (GOOD[:-6], "the MIDI file is damaged or cut off"),
        (GOOD[:12] + b"\0\0" + GOOD[14:], "a MIDI file must count ticks, got a division of 0"),
        (midi_bytes([(0, tempo(1))]), "a performance must have at least one note, got none"),
        (midi_bytes([(0, on(60, 0))]), "a performance must have at least one note, got none"),
        (midi_bytes([(0, on(60))], kind=2), "a MIDI file must be of type 0 or 1, got type 2"),
        (bytes(MAX_FILE_BYTES + 1), "a MIDI file must be at most 1 MiB long"),
        (
            midi_bytes([(0, on(60)), (2**27, off(60))]),
            "a performance must last at most 24 hours",
        ),
    ],
)
def test_what_is_no_performance_is_refused(data, message):
    with pytest.raises(MidiFileError) as caught:
        midi_events(data)
    assert str(caught.value).startswith(message)


def test_an_error_names_the_file(tmp_path):
    path = tmp_path / "nothing.mid"
    with pytest.raises(MidiFileError, match=r"nothing\.mid cannot be read: No such file"):
        read_midi_events(path)
    path.write_bytes(b"not music")
    with pytest.raises(MidiFileError, match=r"nothing\.mid: this is no MIDI file"):
        read_events(path)


@given(st.binary(max_size=200), st.integers(0, len(GOOD)))
def test_damaged_files_end_in_events_or_the_one_error(noise, position):
    for data in (b"MThd" + noise, GOOD[:position] + noise + GOOD[position:]):
        try:
            events = midi_events(data)
        except MidiFileError:
            continue
        assert [e.time_sec for e in events] == sorted(e.time_sec for e in events)


def test_a_recording_is_played_event_by_event_as_time_goes():
    events = [Event(float(k), Kind.NOTE_ON, 60 + k, 64) for k in range(4)]
    recording = RecordedInput(events, zero_sec=100.0)
    assert recording.poll(99.9) == []
    assert recording.poll(101.0) == [
        event._replace(time_sec=100.0 + event.time_sec) for event in events[:2]
    ]
    assert not recording.is_over
    assert [event.number for event in recording.poll(500.0)] == [62, 63]
    assert recording.is_over
    assert recording.poll(501.0) == []


def take_file(path, pitches):
    from server.takes.file import write_take
    from server.takes.format import StoredTake
    from server.takes.take import Take

    take = Take(Score.from_notes(FOUR), mode="follow")
    for k, pitch in enumerate(pitches):
        take.process(Event(0.5 * k - 0.25, Kind.NOTE_ON, pitch, 64))
    take.process(Event(9.0, Kind.TICK))
    take.process(Event(10.0, Kind.END))
    write_take(path, StoredTake(take.header(), take.status, None, [take.drain()]))


def test_a_take_file_is_a_recording_at_its_own_times(tmp_path):
    take_file(tmp_path / "a.etude", [60, 62, 64, 65])
    events = read_events(tmp_path / "a.etude")
    assert [(event.time_sec, event.kind) for event in events] == [
        (0.5 * k - 0.25, Kind.NOTE_ON) for k in range(4)
    ]


def test_a_take_file_without_a_note_or_damaged_is_refused(tmp_path):
    take_file(tmp_path / "a.etude", [])
    with pytest.raises(MidiFileError, match="at least one note"):
        read_events(tmp_path / "a.etude")
    take_file(tmp_path / "b.etude", [60])
    data = (tmp_path / "b.etude").read_bytes()
    (tmp_path / "b.etude").write_bytes(data[:-5])
    with pytest.raises(TakeError, match="damaged or cut off"):
        read_events(tmp_path / "b.etude")
