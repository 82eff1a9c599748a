"""Struck and plucked strings by additive synthesis: as many instruments as are drawn.

Fletcher & Rossing (1998), "The physics of musical instruments": stiff strings (eq. 2.67a), the
plucking point's comb (section 2.7), two decays of coupled strings (section 12.6).
"""

from dataclasses import dataclass

import numpy as np

from training.true_pitch import hz

RATE_HZ = 32000
HIGHEST_HZ = 7800.0
LENGTH_SEC = 2.5


@dataclass(frozen=True)
class Character:
    """One instrument: what its notes have in common.

    Attributes
    ----------
    stiffness : float
        Inharmonicity B of the note C4.
    slope_db : float
        How much an octave of partials loses at a middling force.
    pluck : float
        Where the string is struck, as a share of its length.
    decay_sec : float
        Time constant of C4's first partial.
    damping : float
        How much quicker higher partials decay: the power of their frequency.
    unison_cents : float
        How far a note's strings are apart; 0 for one string.
    body : (8, 3) float64
        Resonances: log2 of the frequency in Hz, width in octaves, gain in dB.
    knock : float
        The attack's noise, over the note's peak.
    attack_sec : float
        How long the note takes to rise.
    """

    stiffness: float
    slope_db: float
    pluck: float
    decay_sec: float
    damping: float
    unison_cents: float
    body: np.ndarray
    knock: float
    attack_sec: float


def draw_character(rng: np.random.Generator) -> Character:
    """An instrument drawn at random, between a harp, a guitar and a piano."""
    body = np.stack([rng.uniform(6, 13, 8), rng.uniform(0.1, 0.8, 8), rng.normal(0, 5, 8)], axis=1)
    return Character(
        stiffness=float(np.exp(rng.uniform(np.log(1e-5), np.log(8e-4)))),
        slope_db=float(rng.uniform(3, 11)),
        pluck=float(rng.uniform(0.06, 0.35)),
        decay_sec=float(np.exp(rng.uniform(np.log(0.4), np.log(4.0)))),
        damping=float(rng.uniform(0.3, 1.0)),
        unison_cents=float(rng.choice([0.0, 1.0]) * rng.uniform(0.3, 4.0)),
        body=body,
        knock=float(np.exp(rng.uniform(np.log(0.003), np.log(0.2)))),
        attack_sec=float(np.exp(rng.uniform(np.log(0.0008), np.log(0.008)))),
    )


def note(rng: np.random.Generator, character: Character, pitch: float, force: float) -> np.ndarray:
    """One note.

    Parameters
    ----------
    rng : numpy.random.Generator
    character : Character
    pitch : float
        MIDI pitch.
    force : float
        0 to 1: softer is duller and quieter.

    Returns
    -------
    (n,) float32
        Two seconds and a half at 32 kHz; the peak is ``force``.
    """
    time_sec = (np.arange(int(LENGTH_SEC * RATE_HZ)) / RATE_HZ).astype(np.float32)
    freq_hz, gains, decays_sec = _partials(rng, character, pitch, force)
    out = np.zeros(len(time_sec), np.float32)
    strings = 1 if character.unison_cents == 0 else 2
    for k in range(len(freq_hz)):
        late = rng.uniform(0.05, 0.5)
        for s in range(strings):
            cents = character.unison_cents * (s - 0.5) * (strings - 1)
            turns = np.float32(freq_hz[k] * 2 ** (cents / 1200)) * time_sec
            turns += np.float32(rng.uniform())
            fall = np.float32(1 - late) * np.exp(time_sec * np.float32(-1 / decays_sec[k]))
            fall += np.float32(late) * np.exp(time_sec * np.float32(-0.25 / decays_sec[k]))
            wave = np.sin(np.float32(2 * np.pi) * (turns - np.floor(turns)))
            out += np.float32(gains[k] / strings) * fall * wave
    out *= 1 - np.exp(-time_sec / np.float32(character.attack_sec))
    whole = out / np.abs(out).max() + _knock(rng, character, len(out))
    struck: np.ndarray = (force * whole).astype(np.float32)
    return struck


def _partials(
    rng: np.random.Generator, character: Character, pitch: float, force: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequencies, gains and decays of a note's partials."""
    stiffness = character.stiffness * 2 ** (max(pitch - 48, -12) / 9 - 1.33)
    k = np.arange(1, 37)
    freq_hz = k * hz(pitch) * np.sqrt((1 + stiffness * k**2) / (1 + stiffness))
    freq_hz = freq_hz[freq_hz < HIGHEST_HZ]
    k = k[: len(freq_hz)]
    slope_db = character.slope_db * (1.6 - 0.9 * force)
    level_db = -slope_db * np.log2(k) + rng.normal(0, 3, len(k))
    for centre, width, gain in character.body:
        level_db += gain * np.exp(-0.5 * ((np.log2(freq_hz) - centre) / width) ** 2)
    if hz(pitch) < 80:
        level_db -= 6 * np.log2(80 / hz(pitch)) * (k == 1)  # a small body barely radiates it
    gains = 10 ** (level_db / 20) * (0.05 + np.abs(np.sin(np.pi * k * character.pluck)))
    decays_sec = character.decay_sec * (hz(60) / freq_hz) ** character.damping
    return freq_hz, gains, np.clip(decays_sec, 0.02, 8.0)


def _knock(rng: np.random.Generator, character: Character, n: int) -> np.ndarray:
    """Hammer and finger: a burst of dull noise."""
    length = int(rng.uniform(0.005, 0.04) * RATE_HZ)
    out = np.zeros(n)
    burst = rng.standard_normal(length) * np.exp(-4 * np.arange(length) / length)
    dull = np.exp(-np.arange(64) / rng.uniform(1, 16))
    burst = np.convolve(burst, dull / dull.sum())[:length]
    out[:length] = character.knock * burst / max(np.abs(burst).max(), 1e-9)
    return out
