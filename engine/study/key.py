"""The key of a piece, by how long each pitch class sounds."""

import numpy as np
import numpy.typing as npt

from engine.score.arrays import Structured

# How well each pitch class fits a key, counted from its tonic: Krumhansl & Kessler (1982),
# Psychological Review 89, the averages of figure 3.
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
MAJOR_TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
GRACE_BEAT = 0.125
# What the last low note weighs besides, as pieces end on their tonic: found on the shipped pieces.
LAST_BASS_BEATS = 12.0


def estimate_key(notes: Structured) -> str:
    """Name the key that the notes fit best, such as "Bb major".

    Parameters
    ----------
    notes : (n,) array of NOTE_DTYPE
        n > 0.

    Returns
    -------
    str

    References
    ----------
    Krumhansl (1990), Cognitive Foundations of Musical Pitch, chapter 4.
    """
    sounding = _pitch_class_beats(notes)
    fits = [
        (_correlation(sounding, np.roll(profile, tonic)), f"{names[tonic]} {mode}")
        for profile, names, mode in ((MAJOR, MAJOR_TONICS, "major"), (MINOR, MINOR_TONICS, "minor"))
        for tonic in range(12)
    ]
    return max(fits, key=lambda fit: fit[0])[1]


def _pitch_class_beats(notes: Structured) -> npt.NDArray[np.float64]:
    beats = np.maximum(notes["duration_beat"], GRACE_BEAT)
    sounding = np.bincount(notes["pitch"] % 12, beats, minlength=12).astype(np.float64)
    last = notes[notes["onset_beat"] == notes["onset_beat"].max()]
    sounding[last["pitch"].min() % 12] += LAST_BASS_BEATS
    return sounding


def _correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    if np.ptp(one) == 0.0:
        return 0.0  # all alike: any key fits as well
    return float(np.corrcoef(one, other)[0, 1])
