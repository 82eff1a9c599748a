"""Modelled instruments and voices: melodies whose f0 is known to the last digit.

They are like no instrument that was trained with, and each is hard in a way of its own: a weak
fundamental, breath, a slow bow, an inharmonic string, a reed with its twin. They are models, not
recordings: they tell what class of sound may fail, not how well an oboe is heard.
"""

import zlib
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from bench.pitch import rooms
from bench.pitch.material import F32, F64, Item, Sound, Truth, mixed, pink

SECONDS = 12.0
GRID_SEC = 0.005
STEP_SEC = 0.001
"""Of the contour that is played."""

MOST_PARTIALS = 60
Weights = Callable[[F64, F64, float], F64]
"""Amplitude of partials: by number, frequency in Hz, and effort from 0 to 1."""


def resonance(freq_hz: F64, centre_hz: float, width_hz: float) -> F64:
    """Gain of one formant, 1 at its centre."""
    return np.asarray(1 / np.sqrt(1 + ((freq_hz - centre_hz) / (width_hz / 2)) ** 2))


def formants(*told: tuple[float, float, float], slope: float = 1.0, floor: float = 0.05) -> Weights:
    """A source that falls by ``slope`` powers of the partial's number, through formants.

    Each formant is (centre Hz, width Hz, gain).
    """

    def weights(number: F64, freq_hz: F64, effort: float) -> F64:
        heard = sum(gain * resonance(freq_hz, centre, width) for centre, width, gain in told)
        return np.asarray((heard + floor) * number ** -(slope + 0.8 * (1 - effort)))

    return weights


def odd(slope: float, even: float) -> Weights:
    """A stopped pipe: even partials at a share of their amplitude."""

    def weights(number: F64, freq_hz: F64, effort: float) -> F64:
        return np.asarray(number**-slope * np.where(number % 2 == 0, even, 1.0))

    return weights


class Model(NamedTuple):
    """What sounds: range in MIDI pitches, times in seconds, depths in cents, levels from 0 to 1."""

    low: int
    high: int
    weights: Weights
    attack_sec: float = 0.03
    release_sec: float = 0.04
    decay_sec: float = 0.0  # of the first partial to 1/e; 0: as long as it is blown or bowed
    noise: float = 0.01
    noise_band: tuple[float, float] = (500.0, 8000.0)
    inharmonicity: float = 0.0
    vibrato: float = 0.0
    scoop: float = 0.0
    jitter: float = 0.0
    twin: float = 0.0  # a second reed, that many cents higher
    legato: float = 0.4  # share of notes without a gap before them
    thump: float = 0.0


SUNG = {
    "a": ((800.0, 80.0, 1.0), (1150.0, 90.0, 0.5), (2900.0, 120.0, 0.25)),
    "i": ((300.0, 60.0, 1.0), (2200.0, 100.0, 0.35), (2950.0, 120.0, 0.25)),
    "o": ((450.0, 70.0, 1.0), (800.0, 80.0, 0.35), (2830.0, 100.0, 0.1)),
}
"""Formants of sung vowels after Peterson & Barney (1952), JASA 24, rounded."""


def voice(low: int, high: int, vowel: str, vibrato: float, noise: float, slope: float) -> Model:
    """A singer on one vowel: glides into notes, wavers, breathes."""
    return Model(
        low,
        high,
        formants(*SUNG[vowel], slope=slope, floor=0.02),
        attack_sec=0.05,
        release_sec=0.07,
        noise=noise,
        noise_band=(1500.0, 6000.0),
        vibrato=vibrato,
        scoop=120.0,
        jitter=6.0,
        legato=0.5,
    )


PIANO_STRING = formants((400.0, 1500.0, 1.0), slope=0.9, floor=0.1)
BOX = formants((95.0, 60.0, 1.0), (200.0, 150.0, 0.8), (480.0, 500.0, 0.5), slope=0.7, floor=0.1)
MODELS = {
    "trumpet": Model(
        54, 82, formants((1300.0, 1400.0, 1.0), slope=0.3, floor=0.1), 0.035, scoop=40.0, vibrato=8
    ),
    "oboe": Model(
        58,
        91,
        formants((1050.0, 500.0, 1.0), (3000.0, 900.0, 0.4), slope=0.2),
        0.02,
        noise=0.02,
        vibrato=15,
    ),
    "bassoon": Model(
        34, 72, formants((480.0, 250.0, 1.0), (1150.0, 400.0, 0.3), slope=0.3, floor=0.03), 0.025
    ),
    "saxophone": Model(
        49,
        81,
        formants((700.0, 900.0, 1.0), (1900.0, 1500.0, 0.4), slope=0.5),
        0.03,
        noise=0.05,
        scoop=60.0,
        vibrato=20,
    ),
    "contrabass, bowed": Model(28, 60, BOX, 0.10, 0.12, noise=0.03, vibrato=10, jitter=4),
    "contrabass, plucked": Model(
        28, 55, BOX, 0.006, 0.08, 0.7, inharmonicity=2e-4, thump=0.3, legato=0.2
    ),
    "low piano": Model(
        21, 35, PIANO_STRING, 0.004, 0.06, 1.5, inharmonicity=3e-4, thump=0.2, legato=0.2
    ),
    "piano": Model(36, 96, PIANO_STRING, 0.003, 0.06, 0.8, inharmonicity=4e-4, thump=0.2),
    "plucked string": Model(
        40, 76, formants((300.0, 3000.0, 1.0), slope=0.6), 0.002, 0.05, 0.5, inharmonicity=1e-4
    ),
    "breathy flute": Model(
        60, 96, formants((700.0, 1200.0, 1.0), slope=1.6, floor=0.2), 0.05, noise=0.12, vibrato=20
    ),
    "stopped pipe": Model(48, 84, odd(1.2, 0.05), 0.04, noise=0.03),
    "two reeds": Model(
        48, 84, formants((900.0, 2500.0, 1.0), slope=0.6, floor=0.2), 0.06, 0.08, twin=6.0
    ),
    "whistler": Model(
        79,
        100,
        formants((2000.0, 6000.0, 1.0), slope=3.0),
        0.04,
        noise=0.08,
        scoop=80.0,
        vibrato=15,
    ),
    "bass voice": voice(40, 62, "o", 25, 0.02, 1.0),
    "tenor voice": voice(48, 69, "a", 40, 0.03, 0.9),
    "alto voice": voice(55, 76, "i", 10, 0.05, 1.0),
    "soprano voice": voice(60, 84, "a", 60, 0.02, 1.1),
    "child's voice": voice(60, 79, "o", 5, 0.12, 1.4),
}
"""Each is named after what it is like; the plucked and struck ones decay."""

CONDITIONS = ("model", "model in a room", "model in noise")
ROOM_RT60_SEC = 0.4
"""Of the small room."""


def make_items() -> list[Item]:
    """Every model, dry and in a small room."""
    return [Item(f"{c}: {name}", "model", c, name) for c in CONDITIONS for name in MODELS]


class Note(NamedTuple):
    """One note of a melody."""

    onset_sec: float
    offset_sec: float
    pitch: float
    effort: float
    from_cents: float


def melody(model: Model, rng: np.random.Generator) -> list[Note]:
    """Notes of the range in steps and leaps, some detuned, some joined, rests between."""
    made: list[Note] = []
    now = 0.3
    pitch = float(rng.integers(model.low, model.high + 1))
    while now < SECONDS - 1.0:
        length = float(rng.choice((0.15, 0.25, 0.4, 0.7), p=(0.25, 0.35, 0.25, 0.15)))
        step = int(rng.choice((-12, -7, -5, -4, -2, -1, 0, 1, 2, 4, 5, 7, 12)))
        joined = bool(made) and made[-1].offset_sec == now
        pitch = pitch + step if model.low <= pitch + step <= model.high else pitch - step
        pitch = min(max(pitch, float(model.low)), float(model.high))
        comes_from = -model.scoop * float(rng.random()) if not joined else 0.0
        detuned = pitch + 0.15 * float(rng.standard_normal())
        made.append(Note(now, now + length, detuned, float(rng.uniform(0.3, 1.0)), comes_from))
        now += length
        if rng.random() > model.legato:
            now += float(rng.choice((0.06, 0.12, 0.4), p=(0.4, 0.4, 0.2)))
    return made


def contour(model: Model, note: Note, rng: np.random.Generator) -> F64:
    """f0 in Hz every millisecond while the note sounds, its dying away included."""
    time_sec = np.arange(0, note.offset_sec + 3 * model.release_sec - note.onset_sec, STEP_SEC)
    vibrato_hz = 5.0 + rng.random()
    grows = np.clip((time_sec - 0.15) / 0.25, 0, 1)
    cents = model.vibrato * grows * np.sin(2 * np.pi * vibrato_hz * time_sec)
    cents += note.from_cents * np.exp(-time_sec / 0.03)
    drift = np.cumsum(rng.standard_normal(int(time_sec[-1] / 0.005) + 2))
    cents += model.jitter * 0.2 * np.interp(time_sec / 0.005, np.arange(len(drift)), drift)
    return np.asarray(440 * 2 ** ((note.pitch - 69) / 12 + cents / 1200))


def envelope(model: Model, note: Note, time_sec: F64) -> F64:
    """Level while the note sounds and dies away."""
    length = note.offset_sec - note.onset_sec
    rise = np.sin(np.pi / 2 * np.clip(time_sec / model.attack_sec, 0, 1)) ** 2
    fall = np.exp(-np.maximum(time_sec - length, 0) / (model.release_sec / 3))
    return np.asarray(rise * fall * (0.25 + 0.75 * note.effort))


def partials(model: Model, note: Note, f0_hz: F64, rate_hz: int, rng: np.random.Generator) -> F64:
    """The sum of its partials at full level."""
    base = float(np.median(f0_hz))
    number = np.arange(1, MOST_PARTIALS + 1, dtype=np.float64)
    stretch = np.sqrt(1 + model.inharmonicity * number**2) / np.sqrt(1 + model.inharmonicity)
    number, stretch = (part[base * number * stretch < 0.45 * rate_hz] for part in (number, stretch))
    amplitude = model.weights(number, base * number * stretch, note.effort)
    amplitude = amplitude / np.sqrt(np.sum(amplitude**2))
    phase = 2 * np.pi * np.cumsum(f0_hz) / rate_hz
    time_sec = np.arange(len(f0_hz)) / rate_hz
    out = np.zeros(len(f0_hz))
    for k, ratio, level in zip(number, stretch, amplitude, strict=True):
        start = rng.uniform(0, 2 * np.pi)
        tone = np.sin(k * ratio * phase + start)
        if model.twin:
            tone = 0.6 * tone + 0.4 * np.sin(k * 2 ** (model.twin / 1200) * phase + start)
        if model.decay_sec:
            tone *= np.exp(-time_sec / model.decay_sec * (1 + 0.15 * (k - 1)))
        out += level * tone
    return out


def band_noise(n: int, rate_hz: int, band: tuple[float, float], rng: np.random.Generator) -> F64:
    """Noise between two frequencies at an RMS of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    freq_hz = np.fft.rfftfreq(n, 1 / rate_hz)
    spectrum[(freq_hz < band[0]) | (freq_hz > band[1])] = 0
    noise = np.fft.irfft(spectrum, n)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)))


def written(name: str) -> list[tuple[Note, F64, bool]]:
    """The notes of a model's melody, their contours, and whether the next one is joined to each."""
    model, rng = MODELS[name], np.random.default_rng(zlib.crc32(name.encode()))
    notes = melody(model, rng)
    onsets = [note.onset_sec for note in notes[1:]] + [np.inf]
    return [
        (note, contour(model, note, rng), onset_sec == note.offset_sec)
        for note, onset_sec in zip(notes, onsets, strict=True)
    ]


def tail_sec(model: Model, is_joined: bool) -> float:
    """How long a note is still heard after its end."""
    return model.release_sec * (0.5 if is_joined else 2.5)


@cache
def played(name: str, rate_hz: int) -> F32:
    """The melody of a model; the same each time."""
    model, rng = MODELS[name], np.random.default_rng(zlib.crc32(name.encode()) + 1)
    out = np.zeros(int(SECONDS * rate_hz))
    for note, f0_hz, is_joined in written(name):
        first = round(note.onset_sec * rate_hz)
        length = note.offset_sec + tail_sec(model, is_joined) - note.onset_sec
        time_sec = np.arange(round(length * rate_hz)) / rate_hz
        steps = np.arange(len(f0_hz)) * STEP_SEC
        part = partials(model, note, np.interp(time_sec, steps, f0_hz), rate_hz, rng)
        part += model.noise * band_noise(len(part), rate_hz, model.noise_band, rng)
        if model.thump:
            knock = band_noise(len(part), rate_hz, (60.0, 2000.0), rng)
            part += model.thump * knock * np.exp(-time_sec / 0.01)
        end = min(len(out), first + len(part))
        out[first:end] += (part * envelope(model, note, time_sec))[: end - first]
    loud: F32 = (out / np.abs(out).max() * 0.5).astype(np.float32)
    return loud


def truth(item: Item) -> Truth:
    """The truth of a model's item: 0 between notes, -1 while they die away."""
    model, grid = MODELS[item.source], np.arange(0, SECONDS, GRID_SEC)
    f0_hz, notes = np.zeros(len(grid)), []
    for note, sounding, is_joined in written(item.source):
        since = grid - note.onset_sec
        length = note.offset_sec - note.onset_sec
        inside = (since >= 0) & (since < length)
        f0_hz[inside] = np.interp(since[inside], np.arange(len(sounding)) * STEP_SEC, sounding)
        if not is_joined:
            f0_hz[(since >= length) & (since < length + tail_sec(model, is_joined))] = -1
        notes.append((*note[:2], note.pitch, 440 * 2 ** ((note.pitch - 69) / 12)))
    return Truth(grid, f0_hz, np.array(notes))


def sound(item: Item, rate_hz: int = 44_100) -> Sound:
    """The sound of a model's item, with the hiss of a quiet microphone."""
    samples = played(item.source, rate_hz)
    hiss = np.random.default_rng(7).standard_normal(len(samples)) * 10 ** (-66 / 20)
    if item.condition.endswith("room"):
        samples, _ = rooms.in_room(samples, rate_hz, ROOM_RT60_SEC)
    if item.condition.endswith("in noise"):
        noise = pink(len(samples), rate_hz, np.random.default_rng(11))
        samples = mixed(samples, noise, 10, rate_hz)
    return Sound((samples + hiss).astype(np.float32), rate_hz)
