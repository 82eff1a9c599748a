"""Which notes of a chord sound: Etude's verifier and a public transcription network."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.pitch.engines import BLOCK
from bench.pitch.material import F32, Sound

BUDGETS_SEC = (0.06, 0.10, 0.16, 0.30)
"""Audio after the last note of a chord that may be used."""

CHORD_GAP_SEC = 0.03
DECOYS = (-12, -1, 1, 12)
LOWEST, HIGHEST = 21, 108
RINGS_SEC = 0.10
"""A note may be heard that long after its end."""


class Decoy(NamedTuple):
    """A pitch that does not sound, of which written pitch it is made, and how far away."""

    pitch: int
    of: int
    step: int


class Chord(NamedTuple):
    """Its first and last onset in seconds, what is written and what is not."""

    first_sec: float
    last_sec: float
    written: tuple[int, ...]
    decoys: tuple[Decoy, ...]

    @property
    def candidates(self) -> list[int]:
        """All pitches that are asked for."""
        return [*self.written, *(decoy.pitch for decoy in self.decoys)]


def chords(notes: NDArray[np.float64]) -> list[Chord]:
    """Notes that follow each other within 30 ms, and decoys of which none sounds then."""
    groups: list[list[tuple[float, ...]]] = []
    for note in sorted(map(tuple, notes.tolist())):
        if groups and note[0] - groups[-1][-1][0] <= CHORD_GAP_SEC:
            groups[-1].append(note)
        else:
            groups.append([note])
    return [with_decoys(group, notes) for group in groups]


def with_decoys(group: Sequence[tuple[float, ...]], notes: NDArray[np.float64]) -> Chord:
    """A chord and the decoys of its notes."""
    first, last = group[0][0], group[-1][0]
    written = tuple(sorted({round(note[2]) for note in group}))
    is_sounding = (notes[:, 0] <= last + max(BUDGETS_SEC)) & (notes[:, 1] + RINGS_SEC >= first)
    sounding = {round(pitch) for pitch in notes[is_sounding, 2].tolist()} | set(written)
    decoys = tuple(
        Decoy(pitch + step, pitch, step)
        for pitch in written
        for step in DECOYS
        if LOWEST <= pitch + step <= HIGHEST and pitch + step not in sounding
    )
    return Chord(first, last, written, decoys)


class Verifier(Protocol):
    """Asked with growing time; audio after ``end_sec`` must not be used."""

    def begin(self, sound: Sound) -> None:
        """Take a recording."""

    def scores(self, chord: Chord, budget_sec: float) -> tuple[list[float], float]:
        """Score of each candidate, and the seconds that the query alone took."""


class Etude:
    """The product's verifier, fed to the instant of each question."""

    def begin(self, sound: Sound) -> None:
        """Take a recording."""
        self._sound, self._fed = sound, 0
        self._verifier = import_module("engine.chords").ChordVerifier(sound.rate_hz)

    def _feed(self, end: int) -> None:
        while self._fed < end:
            stop = min(self._fed + BLOCK, end)
            self._verifier.process(self._sound.samples[self._fed : stop])
            self._fed = stop

    def scores(self, chord: Chord, budget_sec: float) -> tuple[list[float], float]:
        """Score of each candidate, and the seconds that the query alone took."""
        end = int((chord.last_sec + budget_sec) * self._sound.rate_hz)
        self._feed(min(end, len(self._sound.samples)))
        pitches = np.array(chord.candidates)
        began = perf_counter()
        found = self._verifier.probabilities(pitches, chord.first_sec)
        return found.tolist(), perf_counter() - began


class BasicPitch:
    """Spotify's basic-pitch on the two seconds before each question.

    The score is half its onset posterior near the chord and half its note posterior after it.
    """

    RATE_HZ, HOP, SIZE, PADDED = 22_050, 256, 43_844, 2048

    def begin(self, sound: Sound) -> None:
        """Take a recording."""
        runtime, package = import_module("onnxruntime"), import_module("basic_pitch")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = Path(str(package.__file__)).parent / "saved_models/icassp_2022/nmp.onnx"
        providers = ["CPUExecutionProvider"]
        self._session = runtime.InferenceSession(str(path), options, providers=providers)
        self._input = self._session.get_inputs()[0].name
        librosa = import_module("librosa")
        y = librosa.resample(sound.samples, orig_sr=sound.rate_hz, target_sr=self.RATE_HZ)
        self._samples: F32 = y.astype(np.float32)

    def posteriors(self, window: F32) -> tuple[NDArray[Any], NDArray[Any]]:
        """Of notes and of onsets, (frames, 88) each."""
        wanted = [f"StatefulPartitionedCall:{k}" for k in (1, 2)]
        note, onset = self._session.run(wanted, {self._input: window[None, :, None]})
        return note[0], onset[0]

    def scores(self, chord: Chord, budget_sec: float) -> tuple[list[float], float]:
        """Score of each candidate, and the seconds that the query alone took."""
        end_sec = chord.last_sec + budget_sec
        end = int(end_sec * self.RATE_HZ)
        first = max(0, end - (self.SIZE - self.PADDED))
        window = np.zeros(self.SIZE, np.float32)
        part = self._samples[first : max(first, min(end, len(self._samples)))]
        window[: len(part)] = part
        began = perf_counter()
        note, onset = self.posteriors(window)
        per_sec, since = self.RATE_HZ / self.HOP, first / self.RATE_HZ
        at = max(0, int((chord.first_sec - since - 0.04) * per_sec))
        stop = int((min(end_sec, chord.last_sec + 0.12) - since) * per_sec) + 1
        rows = slice(at, min(len(onset), max(at + 1, stop)))
        both = 0.5 * np.maximum(onset[rows].max(0), 0) + 0.5 * note[rows].max(0)
        return [float(both[p - LOWEST]) for p in chord.candidates], perf_counter() - began


class ChordEngine(NamedTuple):
    """What stands in the tables, and what it needs."""

    title: str
    make: Callable[[], Verifier]
    requires: tuple[str, str] | None = None


CHORD_ENGINES = {
    "etude": ChordEngine("Etude", Etude),
    "basic-pitch": ChordEngine("basic-pitch", BasicPitch, ("basic_pitch", "basic-pitch")),
}


def asked(verifier: Verifier, chords: Sequence[Chord], sound: Sound) -> dict[str, list[float]]:
    """All scores by budget, chord after chord, and the seconds of each query as ``query``."""
    verifier.begin(sound)
    questions = [(chord.last_sec + b, b, chord) for chord in chords for b in BUDGETS_SEC]
    answers, seconds = {}, []
    for _, budget, chord in sorted(questions, key=lambda question: question[:2]):
        answers[chord, budget], took = verifier.scores(chord, budget)
        seconds.append(took)
    told = {f"{b:g}": [s for chord in chords for s in answers[chord, b]] for b in BUDGETS_SEC}
    return told | {"query": seconds}
