"""A score as a MIDI file: one track a staff, tempo and metre in the first."""

from collections.abc import Iterable
from io import BytesIO
from itertools import groupby

import mido

from engine import Score

TICKS_PER_BEAT = 480
VELOCITY = 64
# The standard names no encoding: it wants ASCII, and lets programs agree on others. Those that
# show other letters take them for UTF-8 (Logic, LMMS, OpenUtau), or guess (MuseScore).
CHARSET = "utf-8"
GRACE_BEAT = 0.125  # a grace note without a length of its own
Timed = tuple[int, int, mido.Message | mido.MetaMessage]  # tick, order within it, message


def midi_bytes(score: Score) -> bytes:
    """Write a score as it is played, repeats unfolded, as a standard MIDI file of type 1."""
    origin_beat = float(score.bars["onset_beat"][0])
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset=CHARSET)
    file.tracks.append(_track(_heading(score, origin_beat), score.title))
    for staff in sorted(set(score.notes["staff"].tolist())):
        events = list(_notes(score, staff, origin_beat))
        file.tracks.append(_track(events, f"staff {staff}"))
    out = BytesIO()
    file.save(file=out)
    return out.getvalue()


def _heading(score: Score, origin_beat: float) -> Iterable[Timed]:
    for onset_beat, bpm in score.tempi.tolist():
        tempo = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))
        yield _tick(onset_beat - origin_beat), 1, tempo
    bars = score.bars[["count", "unit", "onset_beat"]].tolist()
    for (count, unit), same in groupby(bars, key=lambda bar: bar[:2]):
        metre = mido.MetaMessage("time_signature", numerator=count, denominator=unit)
        yield _tick(next(same)[2] - origin_beat), 0, metre


def _notes(score: Score, staff: int, origin_beat: float) -> Iterable[Timed]:
    fields = ["pitch", "onset_beat", "duration_beat"]
    for pitch, onset, duration in score.notes[score.notes["staff"] == staff][fields].tolist():
        channel = min(staff - 1, 15)
        start = _tick(onset - origin_beat)
        end = max(start + 1, _tick(onset - origin_beat + (duration or GRACE_BEAT)))
        yield start, 1, mido.Message("note_on", channel=channel, note=pitch, velocity=VELOCITY)
        yield end, 0, mido.Message("note_off", channel=channel, note=pitch, velocity=0)


def _track(events: Iterable[Timed], name: str) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track"))
    return track


def _tick(beat: float) -> int:
    return max(0, round(beat * TICKS_PER_BEAT))
