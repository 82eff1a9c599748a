"""What ornaments allow: which pitches beside a key, from when to when, how long a roll may take."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.judging.windows import REACH_MAX_SEC
from engine.score.arrays import NO_PITCH
from engine.tempo import ScoreClock
from native.judge import ORNAMENT_DTYPE

EARLY_SEC = 0.25  # before the beat: the first two or three notes of a turn or a trill from above
GRACE_EARLY_SEC = 1.0  # a turn in four grace notes, in a slow movement
LATE_SEC = 0.2  # a trill is left a little late, with its closing notes
ROLL_SHARE = 0.5  # of a beat: a chord rolled for longer is heard as single notes
ROLL_MIN_SEC = 0.3  # six notes at 60 ms, which hands need at any tempo
ARPEGGIO = "arpeggio"


class Adorned(NamedTuple):
    """A key beside which more may sound: it has an ornament, or stands for a grace note too.

    Attributes
    ----------
    key : int
        The score note.
    upper, lower : int
        Auxiliary pitches, or -1.
    onset_beat, end_beat : float
        Of the note.
    is_grace : bool
        Whether it is for a grace note of the same pitch, which comes before.
    """

    key: int
    upper: int
    lower: int
    onset_beat: float
    end_beat: float
    is_grace: bool


def adorned_keys(notes: NDArray[np.void], moments: Moments) -> Iterator[Adorned]:
    """Find the keys beside which more may sound.

    A turn may be written out in grace notes, one of which is of the main note's pitch: that key is
    struck twice.

    Parameters
    ----------
    notes : (n,) structured
        Score notes; without the fields of ornaments, none has one.
    moments : Moments
        Their moments.
    """
    for index in np.flatnonzero(notes["is_grace"]).tolist():
        key = moments.key_of_note[index]
        if key != index:
            onset_beat = float(notes["onset_beat"][index])
            yield Adorned(key, NO_PITCH, NO_PITCH, onset_beat, onset_beat, True)
    if "ornament" in (notes.dtype.names or ()):
        is_adorned = (notes["ornament"] != "") & (notes["ornament"] != ARPEGGIO)
        for index in np.flatnonzero(is_adorned).tolist():
            yield _adorned(notes[index], moments.key_of_note[index])


def _adorned(note: np.void, key: int) -> Adorned:
    upper, lower = int(note["ornament_upper"]), int(note["ornament_lower"])
    onset_beat, duration_beat = float(note["onset_beat"]), float(note["duration_beat"])
    return Adorned(key, upper, lower, onset_beat, onset_beat + duration_beat, False)


def sounding_ornaments(
    notes: NDArray[np.void], moments: Moments, clock: ScoreClock
) -> NDArray[np.void]:
    """What may sound beside the keys of a score, and when.

    Parameters
    ----------
    notes, moments
        As for :func:`adorned_keys`.
    clock : ScoreClock
        When each beat is due.

    Returns
    -------
    (o,) structured, ``ORNAMENT_DTYPE``
        By time; ``key`` counts the keys of all moments.
    """
    adorned = list(adorned_keys(notes, moments))
    if not adorned:
        return np.zeros(0, ORNAMENT_DTYPE)
    place = {key: k for k, key in enumerate(key for keys in moments.keys for key in keys)}
    early_sec = [GRACE_EARLY_SEC if one.is_grace else EARLY_SEC for one in adorned]
    ornaments = np.zeros(len(adorned), ORNAMENT_DTYPE)
    ornaments["from_sec"] = clock.seconds([one.onset_beat for one in adorned]) - early_sec
    ornaments["to_sec"] = clock.seconds([one.end_beat for one in adorned]) + LATE_SEC
    ornaments["key"] = [place[one.key] for one in adorned]
    ornaments["upper"] = [one.upper for one in adorned]
    ornaments["lower"] = [one.lower for one in adorned]
    return ornaments[np.argsort(ornaments["from_sec"], kind="stable")]


def roll_sec(notes: NDArray[np.void], beat_sec: NDArray[np.float64]) -> NDArray[np.float64]:
    """How long the chord of each note may take to be rolled, in seconds; 0 where it may not be.

    Parameters
    ----------
    notes : (n,) structured
        Score notes; without the fields of ornaments, none is of a broken chord.
    beat_sec : (n,) float64
        How long a quarter note lasts at each.
    """
    if "ornament" not in (notes.dtype.names or ()):
        return np.zeros(len(notes))
    longest = np.clip(ROLL_SHARE * beat_sec, ROLL_MIN_SEC, REACH_MAX_SEC)
    return np.where(notes["ornament"] == ARPEGGIO, longest, 0.0)
