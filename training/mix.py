"""Passages of chords: notes drawn, spread, held and let go, sounded by an instrument, in a room."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from training import rooms, samples, soundfont, strings
from training.true_pitch import hz

RATE_HZ = 16000  # of the passages: the inner rate of all that listens
CUT_HZ = 7600.0
PASSAGE_SEC = 24.0
FURTHEST = 4  # semitones that a sample is shifted at most, unless none is nearer
IN_TUNE_CENTS = 25.0  # a sample this near its pitch is taken to be in tune

CHORDS: tuple[tuple[int, ...], ...] = (
    (0, 4, 7),
    (0, 3, 7),
    (0, 4, 7, 10),
    (0, 3, 7, 10),
    (0, 4, 7, 11),
    (0, 3, 6, 9),
)
CHORDS += ((0, 5, 7), (0, 7), (0, 4), (0, 3), (0, 12), (0, 7, 12), (0, 4, 8), (0, 2, 7))
GUITAR: tuple[tuple[int, ...], ...] = (
    (0, 7, 12, 16, 19, 24),
    (0, 7, 12, 15, 19, 24),
    (0, 7, 12, 16),
    (0, 7, 10, 16, 19),
)
GUITAR += ((0, 12, 16, 19), (0, 7, 12), (0, 5, 12, 17), (0, 9, 14, 17))


@dataclass(frozen=True)
class Tone:
    """A recorded or synthetic note: a sound from its onset on, at its own rate."""

    pitch: int
    layer: int
    cents: float
    rate_hz: float
    sound: np.ndarray


@dataclass(frozen=True)
class Instrument:
    """Tones by pitch, and how it is played."""

    name: str
    tones: list[Tone]
    is_guitar: bool = False
    has_levels: bool = False

    def nearest(self, rng: np.random.Generator, pitch: int, force: float) -> Tone:
        """A tone near a pitch; of several layers one near the force."""
        away = np.array([abs(tone.pitch - pitch) for tone in self.tones])
        near = np.nonzero(away <= max(away.min(), min(FURTHEST, away.min() + 2)))[0]
        layers = sorted({self.tones[k].layer for k in near})
        wanted = layers[min(len(layers) - 1, int(force * len(layers)))]
        fitting = [k for k in near if self.tones[k].layer == wanted]
        return self.tones[int(rng.choice(fitting))]


@dataclass
class Played:
    """One note of a passage; times in seconds since its start."""

    onset_sec: float
    offset_sec: float
    pitch: int
    force: float


@dataclass
class Passage:
    """Sound with its truth.

    Attributes
    ----------
    sound : (n,) float32
        At :data:`RATE_HZ`.
    notes : list of Played
        By onset.
    chords : list of list of Played
        Those struck together.
    """

    sound: np.ndarray
    notes: list[Played] = field(default_factory=list)
    chords: list[list[Played]] = field(default_factory=list)


def of_samples(name: str, notes: list[samples.Sample], has_levels: bool = False) -> Instrument:
    """An instrument of recorded notes, its treble cut at :data:`CUT_HZ`."""
    tones = []
    for note in notes:
        cents = 1200 * float(np.log2(note.f0_hz / hz(note.pitch)))
        off = cents if abs(cents) > IN_TUNE_CENTS else 0.0
        sound = note.sound()
        if not has_levels:
            sound = sound / np.abs(sound).max()
        tones.append(Tone(note.pitch, note.layer, off, samples.RATE_HZ, _cut(sound)))
    return Instrument(name, tones, "guitar" in name, has_levels)


def _cut(sound: np.ndarray) -> np.ndarray:
    """Without what lies over :data:`CUT_HZ`."""
    size = 1 << len(sound).bit_length()
    spectrum = np.fft.rfft(sound, size)
    freq_hz = np.fft.rfftfreq(size, 1 / samples.RATE_HZ)
    spectrum *= np.clip((CUT_HZ + 300 - freq_hz) / 300, 0, 1)
    out: np.ndarray = np.fft.irfft(spectrum, size)[: len(sound)].astype(np.float32)
    return out


def of_strings(rng: np.random.Generator, name: str) -> Instrument:
    """A synthetic instrument, every fourth semitone at three forces."""
    character = strings.draw_character(rng)
    tones = [
        Tone(pitch, layer, 0.0, strings.RATE_HZ, strings.note(rng, character, pitch, force))
        for pitch in range(24, 104, 4)
        for layer, force in enumerate((0.25, 0.5, 1.0))
    ]
    return Instrument(name, tones, bool(rng.uniform() < 0.4), True)


def orchestra(
    cache: Path, rng: np.random.Generator, synthetic: int, left_out: tuple[str, ...] = ()
) -> list[Instrument]:
    """All instruments that chords are played on here.

    The nylon guitar of the tonejs-instruments is left out: chords are measured on it.
    """
    found = [of_samples("piano", samples.load(cache, ["piano"]), has_levels=True)]
    single = ("guitar-acoustic", "guitar-electric", "harp", "harmonium", "organ")
    found += [of_samples(name, samples.load(cache, [name])) for name in single]
    fluid = soundfont.load(cache)
    for name in soundfont.INSTRUMENTS.values():
        found += [of_samples(name, [note for note in fluid if note.instrument == name])]
    found += [of_strings(rng, f"strings-{k}") for k in range(synthetic)]
    return [instrument for instrument in found if instrument.name not in left_out]


def resampled(tone: Tone, pitch: float, seconds: float) -> np.ndarray:
    """A tone moved to a pitch, at :data:`RATE_HZ`, by cubic interpolation (Catmull & Rom)."""
    ratio = 2 ** ((pitch - tone.pitch - tone.cents / 100) / 12)
    step = ratio * tone.rate_hz / RATE_HZ
    n = min(int(seconds * RATE_HZ), int((len(tone.sound) - 4) / step))
    at = 1 + np.arange(max(n, 0)) * step
    k = at.astype(int)
    x = (at - k).astype(np.float32)
    a, b, c, d = (tone.sound[k + shift] for shift in (-1, 0, 1, 2))
    out: np.ndarray = b + 0.5 * x * (
        c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a))
    )
    return out


def sounded(
    rng: np.random.Generator, instrument: Instrument, note: Played, tune: float
) -> np.ndarray:
    """One note as it sounds, let go at its offset; ``tune`` in cents."""
    release_sec = float(rng.uniform(0.02, 0.12))
    held_sec = note.offset_sec - note.onset_sec
    tone = instrument.nearest(rng, note.pitch, note.force)
    cents = tune + rng.normal(0, 3)
    sound = resampled(tone, note.pitch + cents / 100, held_sec + 4 * release_sec)
    time_sec = np.arange(len(sound)) / RATE_HZ
    end_sec = min(held_sec, len(sound) / RATE_HZ - 0.06)
    sound *= np.exp(-np.maximum(time_sec - end_sec, 0) / release_sec).astype(np.float32)
    fade = min(len(sound), 160)
    if fade:
        sound[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    gain_db = rng.normal(0, 2) - (0 if instrument.has_levels else 24 * (1 - note.force))
    return sound * np.float32(10 ** (gain_db / 20))


def _keyboard(rng: np.random.Generator) -> Callable[[], set[int]]:
    """Draws chords as two hands play them."""
    low, high = sorted(rng.integers(28, 92, 2))
    low, high = int(low), int(max(high, low + 19))
    style = rng.choice(
        ["random", "hands", "close", "melody", "clusters"], p=[0.3, 0.3, 0.2, 0.1, 0.1]
    )

    def draw() -> set[int]:
        size = int(rng.integers(1, 7))
        if style == "random":
            return {int(p) for p in rng.integers(low, high + 1, size)}
        root = int(rng.integers(low, max(low + 1, high - 11)))
        if style == "clusters":
            return {root + int(p) for p in rng.integers(0, 8, size)}
        if style == "melody":
            return {root} | ({root - 12} if rng.uniform() < 0.3 else set())
        shape = CHORDS[int(rng.integers(len(CHORDS)))]
        chord = {root + step - (12 if rng.uniform() < 0.25 else 0) for step in shape}
        chord |= {root + 12} if rng.uniform() < 0.25 else set()
        if style == "hands":
            bass = root - 12 * int(rng.integers(1, 3))
            chord |= {bass} | ({bass - 12, bass} if rng.uniform() < 0.4 else set())
        return chord

    return draw


def _fretboard(rng: np.random.Generator) -> Callable[[], set[int]]:
    """Draws what a guitar's strings sound."""

    def draw() -> set[int]:
        if rng.uniform() < 0.3:
            return {int(p) for p in rng.integers(40, 77, int(rng.integers(1, 5)))}
        root = int(rng.integers(40, 56))
        shape = GUITAR[int(rng.integers(len(GUITAR)))]
        return {root + step for step in shape if rng.uniform() < 0.9}

    return draw


def draw_chords(rng: np.random.Generator, is_guitar: bool) -> list[list[Played]]:
    """A passage's chords, with onsets and offsets."""
    draw = _fretboard(rng) if is_guitar else _keyboard(rng)
    pace_sec = float(np.exp(rng.uniform(np.log(0.18), np.log(1.1))))
    spread_sec = float(rng.choice([0.0, 0.008, 0.02, 0.03]))
    is_pedal = rng.uniform() < 0.5
    again = rng.choice([0.0, 0.2])
    force = float(rng.uniform(0.15, 1.0))
    chords: list[list[Played]] = []
    at, let_go = float(rng.uniform(0.2, 0.6)), 0.0
    before: set[int] = set()
    while at < PASSAGE_SEC - 1.0:
        pitches = {p for p in draw() if 21 <= p <= 108}
        pitches |= {p for p in before if rng.uniform() < again}
        gap_sec = pace_sec * float(rng.choice([0.5, 1.0, 1.0, 2.0])) * rng.uniform(0.95, 1.05)
        if at >= let_go:
            let_go = at + float(rng.uniform(1.0, 5.0))
        end = let_go if is_pedal else at + gap_sec * float(rng.uniform(0.4, 1.05))
        chord = []
        for pitch in sorted(pitches):
            onset = at + float(rng.uniform(0, spread_sec))
            loud = float(np.clip(force + rng.normal(0, 0.13), 0.03, 0.99))
            chord.append(Played(onset, max(end, onset + 0.08), pitch, loud))
        if chord:
            chords.append(sorted(chord, key=lambda note: note.onset_sec))
        at, before = at + gap_sec, pitches
    return chords


def draw_passage(rng: np.random.Generator, instrument: Instrument) -> Passage:
    """A passage on an instrument, dry or in a room, with noise; a pitch struck again ends first."""
    chords = draw_chords(rng, instrument.is_guitar)
    notes = [note for chord in chords for note in chord]
    for k, note in enumerate(notes):
        for later in notes[k + 1 :]:
            if later.pitch == note.pitch and later.onset_sec < note.offset_sec:
                note.offset_sec = max(later.onset_sec, note.onset_sec + 0.03)
                break
    tune = float(rng.uniform(-20, 20)) if rng.uniform() < 0.7 else 0.0
    sound = np.zeros(int(PASSAGE_SEC * RATE_HZ), np.float32)
    for note in notes:
        at = int(note.onset_sec * RATE_HZ)
        one = sounded(rng, instrument, note, tune)[: len(sound) - at]
        sound[at : at + len(one)] += one
    sound = rooms.roomed(rng, sound, RATE_HZ)
    sound *= np.float32(10 ** (rng.uniform(-30, 0) / 20) * 0.5 / max(np.abs(sound).max(), 1e-6))
    snr_db = float(rng.choice([rng.uniform(10, 30), rng.uniform(30, 60)]))
    sound = rooms.noisy(rng, sound, RATE_HZ, snr_db)
    return Passage(sound, notes, chords)
