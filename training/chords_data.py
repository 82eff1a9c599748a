"""What the chord verifier's nets are trained on: features of onsets, and what began there."""

from dataclasses import dataclass

import numpy as np

from native.chords import LOWEST_PITCH, N_FEATURES, N_PITCHES, N_WEIGHTS, Chords
from training.mix import RATE_HZ, Passage, Played

WAITS_SEC = (0.06, 0.10, 0.16, 0.30)  # after a chord's last onset, when it is asked about
ONSET_JITTER_SEC = 0.005
WITH_SEC = 0.035  # what begins this soon after a chord's last note may count as of it

OF_A_TRUE_NOTE = {-12: 1.0, 12: 1.0, -1: 1.0, 1: 1.0, 19: 0.4, -19: 0.4, 7: 0.4, -7: 0.4}
OF_A_TRUE_NOTE |= {24: 0.4, -24: 0.4, 5: 0.2, -5: 0.2, 2: 0.2, -2: 0.2}
STILL_SOUNDING, BEGINS_LATER, ANY = 1.0, 0.1, 0.03
HELD = 2  # stands for a pitch that still sounds, where a decoy's step would stand


@dataclass(frozen=True)
class Asked:
    """Questions about onsets.

    Attributes
    ----------
    features : (n, N_PITCHES, N_FEATURES) float16
    began : (n, N_PITCHES) bool
        Which pitches began at the onset.
    weight : (n, N_PITCHES) float32
        How much each counts.
    wait : (n,) int64
        Index into :data:`WAITS_SEC` of the wait nearest to the one asked with.
    decoy : (n, N_PITCHES) int8
        For a written note's decoy how many semitones it lies from it: -12, -1, 1 or 12; for a
        pitch that sounds from before :data:`HELD`; else 0.
    """

    features: np.ndarray
    began: np.ndarray
    weight: np.ndarray
    wait: np.ndarray
    decoy: np.ndarray


def joined(parts: list[Asked]) -> Asked:
    """Several in one."""
    names = ("features", "began", "weight", "wait", "decoy")
    return Asked(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def ask(rng: np.random.Generator, passage: Passage, chance: float = 0.7) -> Asked:
    """Ask about every chord of a passage at each wait by chance."""
    verifier = Chords(RATE_HZ, np.zeros(N_WEIGHTS, np.float32))
    questions = []
    for chord in passage.chords:
        for wait, wait_sec in enumerate(WAITS_SEC):
            if rng.uniform() < chance:
                end_sec = chord[-1].onset_sec + wait_sec * rng.uniform(0.95, 1.1)
                questions.append((end_sec, wait, chord))
    questions.sort(key=lambda question: question[0])
    fed, rows = 0, []
    for end_sec, wait, chord in questions:
        end = int(end_sec * RATE_HZ)
        verifier.process(passage.sound[fed:end])
        fed = max(fed, end)
        onset_sec = max(chord[0].onset_sec + rng.normal(0, ONSET_JITTER_SEC), 0.0)
        if onset_sec + 0.021 < verifier.heard_sec:
            features = verifier.features(onset_sec).astype(np.float16)
            rows.append((features, *truth(passage, chord, end_sec), wait))
    return _gathered(rows)


def truth(
    passage: Passage, chord: list[Played], end_sec: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What began with a chord, how much each pitch counts, and which are decoys."""
    first_sec, last_sec = chord[0].onset_sec, chord[-1].onset_sec
    began = np.zeros(N_PITCHES, bool)
    weight = np.full(N_PITCHES, ANY, np.float32)
    decoy = np.zeros(N_PITCHES, np.int8)
    for note in chord:
        for step, counts in OF_A_TRUE_NOTE.items():
            k = note.pitch + step - LOWEST_PITCH
            if 0 <= k < N_PITCHES:
                weight[k] = max(weight[k], counts)
                decoy[k] = step if abs(step) in (1, 12) else decoy[k]
    for note in passage.notes:
        k = note.pitch - LOWEST_PITCH
        if note.onset_sec < first_sec <= note.offset_sec + 0.1:
            weight[k], decoy[k] = STILL_SOUNDING, HELD
        if last_sec + WITH_SEC < note.onset_sec < end_sec:
            weight[k], decoy[k] = BEGINS_LATER, 0
    for note in passage.notes:
        if first_sec <= note.onset_sec <= last_sec + WITH_SEC:
            k = note.pitch - LOWEST_PITCH
            began[k], weight[k], decoy[k] = True, 1.0, 0
    return began, weight, decoy


def _gathered(rows: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]]) -> Asked:
    if not rows:
        shape = (0, N_PITCHES)
        empty = np.zeros((*shape, N_FEATURES), np.float16)
        none = np.zeros(shape, bool), np.zeros(shape, np.float32), np.zeros(0, np.int64)
        return Asked(empty, *none, np.zeros(shape, np.int8))
    features, began, weight, decoy, wait = (np.array(column) for column in zip(*rows, strict=True))
    return Asked(features, began, weight, wait, decoy)
