"""A tune without repeated notes, how it is played, and what the follower makes of that."""

import numpy as np

NOTE = [("pitch", "i4"), ("onset_beat", "f8"), ("measure", "i4"), ("is_grace", "?")]
TUNE = [60, 62, 64, 65, 67, 69, 71, 72, 74, 71, 67, 64, 66, 61, 63, 68, 70, 73, 75, 76]


def notes_of(rows):
    """Rows of (pitch, onset_beat) in bars of four beats."""
    return np.array([(p, b, 1 + int(b // 4), False) for p, b in rows], NOTE)


def tune():
    """A melody without repeated notes, one a beat."""
    return notes_of(enumerate_beats(TUNE))


def enumerate_beats(pitches):
    """Rows of one note a beat."""
    return [(pitch, float(beat)) for beat, pitch in enumerate(pitches)]


def play(follower, rows):
    return [follower.note_on(pitch, onset_sec) for pitch, onset_sec in rows]


def steady(pitches, start_sec=0.0, spb=0.5):
    return [(pitch, start_sec + spb * i) for i, pitch in enumerate(pitches)]


def verdicts(told):
    """Indices after all revisions."""
    indices = [match.index for match in told]
    for match in told:
        for performed, index in match.revisions:
            indices[performed] = index
    return indices
