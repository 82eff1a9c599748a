"""Singing to train on, with its truth: syllables that a speech synthesizer says, sung to a melody.

Flite (Black & Lenzo 2001) says syllables; WORLD (Morise et al. 2016, IEICE Trans. E99-D) takes
spectra and breath apart from the pitch; the vowels are held as long as their notes, and the pitch
becomes a melody's, with scoops, vibrato, drift and slides as singers have them. The pitch of the
result is known exactly, its onsets as a listener would mark them.

Needs the program ``flite`` 2.2 (Debian's package of that name; voices awb, kal16, rms, slt, under
CMU's free licence) and ``pyworld`` (MIT; WORLD itself modified BSD).
"""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 16000
FRAME_MS = 5.0
FRAME_SEC = FRAME_MS / 1e3
SPEAKERS = {"rms": (41, 64), "awb": (43, 67), "kal16": (40, 62), "slt": (53, 79)}  # and their range
UNVOICED = ("t", "k", "p", "s", "sh", "f", "hh", "ch", "th")
VOICED = ("l", "m", "n", "d", "b", "g", "w", "y", "r", "v", "z")
VOWELS = ("aa", "iy", "uw", "ow", "eh", "ae", "ey", "ah", "ao")
FLITE_VERSION = "flite-2.2"


@dataclass(frozen=True)
class Sung:
    """A phrase sung, and its truth.

    Attributes
    ----------
    sound : (n,) float32
        Mono at 16 kHz.
    f0_hz : (m,) float64
        Every 5 ms from 0 on; 0 where the voice is silent or unvoiced.
    onset_sec, offset_sec : (k,) float64
        Of each note.
    pitch : (k,) float64
        MIDI pitch of each note, with its fraction.
    """

    sound: np.ndarray
    f0_hz: np.ndarray
    onset_sec: np.ndarray
    offset_sec: np.ndarray
    pitch: np.ndarray


@dataclass
class _Syllable:
    """One note to sing: the consonant before its vowel, both as said and as sung."""

    consonant: str  # "" none: the pitch changes on the vowel of before
    start_sec: float  # when the vowel begins
    end_sec: float
    pitch: float
    said: tuple[float, float, float] = (0.0, 0.0, 0.0)  # consonant, vowel, end
    lead_sec: float = 0.0  # of the consonant as sung
    is_first: bool = False  # after silence


def check_flite() -> None:
    """Refuse to go on where flite is another than the recipe's.

    Raises
    ------
    SystemExit
        If the program is missing or of another version.
    """
    try:
        told = subprocess.run(["flite", "--version"], capture_output=True, text=True).stdout
    except FileNotFoundError:
        raise SystemExit("flite is missing: apt-get install flite") from None
    if FLITE_VERSION not in told:
        raise SystemExit(f"flite must be {FLITE_VERSION}, got {told.strip()!r}")


def sing(
    rng: np.random.Generator, n_notes: int = 16, speakers: Sequence[str] = tuple(SPEAKERS)
) -> Sung:
    """Sing a phrase drawn at random.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_notes : int
        Notes of the phrase.
    speakers : sequence of str
        Whose voices, of :data:`SPEAKERS`.

    Returns
    -------
    Sung
    """
    speaker = str(rng.choice(list(speakers)))
    syllables = _syllables(rng, n_notes, SPEAKERS[speaker])
    said = _say(rng, speaker, syllables)
    frames = int(np.ceil((syllables[-1].end_sec + 0.6) / FRAME_SEC))
    source, level = _time_map(rng, syllables, frames)
    contour, is_voiced = _contour(rng, syllables, frames)
    sound = _resing(rng, said, source, level, np.where(is_voiced, contour, 0.0))
    f0_hz = np.where(is_voiced & (level > 0.02), contour, 0.0)
    onsets = np.array([_onset_sec(s) for s in syllables])
    return Sung(
        sound.astype(np.float32),
        f0_hz,
        onsets,
        np.array([s.end_sec for s in syllables]),
        np.array([s.pitch for s in syllables]),
    )


# ---- what is sung ----


def _syllables(rng: np.random.Generator, n: int, span: tuple[int, int]) -> list[_Syllable]:
    low, high = span
    shift = rng.normal(0, 0.25)  # the singer's own tuning
    pitch = int(rng.integers(low + 4, high - 4))
    pace_sec = np.exp(rng.uniform(np.log(0.2), np.log(0.7)))
    at_sec, is_first, rows = rng.uniform(0.3, 0.8), True, []
    for _ in range(n):
        consonant = _consonant(rng, is_first)
        length_sec = max(0.11, pace_sec * rng.choice([0.5, 1, 1, 1, 1.5, 2, 3]))
        sung = pitch + shift + rng.normal(0, 0.15)
        rows.append(_Syllable(consonant, at_sec, at_sec + length_sec, sung, is_first=is_first))
        rest_sec = rng.uniform(0.12, 0.8) if rng.uniform() < 0.18 else 0.0
        at_sec += length_sec + rest_sec
        is_first = rest_sec > 0
        step = int(
            rng.choice([0, 1, 2, 3, 4, 5, 7, 12], p=[0.16, 0.17, 0.3, 0.13, 0.1, 0.08, 0.05, 0.01])
        )
        pitch += step * (1 if rng.uniform() < 0.5 else -1)
        pitch = int(np.clip(pitch, low, high))
    return rows


def _consonant(rng: np.random.Generator, is_first: bool) -> str:
    draw = rng.uniform()
    if draw < 0.42:
        return str(rng.choice(VOICED))
    if draw < 0.75 or is_first:
        return str(rng.choice(UNVOICED))
    return ""


def _onset_sec(syllable: _Syllable) -> float:
    """When the note begins to a listener: its voice where that sets in, else amid the change."""
    if syllable.consonant not in VOICED:
        return syllable.start_sec
    return syllable.start_sec - syllable.lead_sec * (1.0 if syllable.is_first else 0.5)


# ---- what is said ----


def _say(rng: np.random.Generator, speaker: str, syllables: list[_Syllable]) -> np.ndarray:
    """Have it said; notes where in the sound each syllable lies. Float64 at 16 kHz."""
    phones = ["pau"]
    places: list[int] = []
    for syllable in syllables:
        if syllable.consonant or not places:
            phones += [syllable.consonant or "l", str(rng.choice(VOWELS))]
        places.append(len(phones) - 1)
    stretch = rng.uniform(1.1, 1.7)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        words = ["-voice", speaker, "--setf", f"duration_stretch={stretch:.3f}", "-psdur"]
        told = subprocess.run(
            ["flite", *words, "-p", " ".join([*phones, "pau"]), "-o", str(path)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        said: np.ndarray = soundfile.read(path, dtype="float64")[0]
    ends = [float(part.split(":")[1]) for part in told.split()]
    for syllable, place in zip(syllables, places, strict=True):
        syllable.said = (ends[place - 2], ends[place - 1], ends[place])
        if syllable.consonant:
            lead = (ends[place - 1] - ends[place - 2]) * rng.uniform(0.5, 1.0)
            syllable.lead_sec = float(np.clip(lead, 0.02, 0.16))
    return said


def _time_map(
    rng: np.random.Generator, syllables: list[_Syllable], frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """For each frame sung, the instant said, and the voice's level."""
    time_sec = np.arange(frames) * FRAME_SEC
    source, level = np.zeros(frames), np.zeros(frames)
    for k, now in enumerate(syllables):
        following = syllables[k + 1] if k + 1 < len(syllables) else None
        end_sec = now.end_sec
        if following and not following.is_first:
            end_sec = following.start_sec - following.lead_sec
        melisma = bool(following and not following.is_first and not following.consonant)
        first, second, third = now.said
        vowel_from = second if now.consonant else second + 0.5 * (third - second)
        vowel_to = second + (0.5 if melisma else 0.95) * (third - second)
        lead = (time_sec >= now.start_sec - now.lead_sec) & (time_sec < now.start_sec)
        held = (time_sec >= now.start_sec) & (time_sec < end_sec)
        part = (time_sec - now.start_sec) / max(now.lead_sec, 1e-3)
        source[lead] = (second + part * (second - first))[lead]
        part = (time_sec - now.start_sec) / max(end_sec - now.start_sec, 1e-3)
        source[held] = (vowel_from + part * (vowel_to - vowel_from))[held]
        level[lead | held] = 10 ** (rng.normal(0, 2.0) / 20)
    width = int(rng.integers(3, 9))
    window = np.hanning(2 * width + 1)
    return source, np.convolve(level, window / window.sum(), "same")


# ---- how it is sung ----


def _contour(
    rng: np.random.Generator, syllables: list[_Syllable], frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """Hz and whether the voice sounds, frame by frame."""
    time_sec = np.arange(frames) * FRAME_SEC
    pitch, is_voiced = np.full(frames, syllables[0].pitch), np.zeros(frames, bool)
    style = _style(rng)
    for k, now in enumerate(syllables):
        onset_sec = _onset_sec(now)
        since = time_sec - onset_sec
        if now.is_first or k == 0:
            pitch[since >= -0.3] = now.pitch
            pitch += _scoop(rng, style, since)
        else:
            slide_sec = rng.uniform(0.03, style["slide_sec"])
            part = 1 / (
                1
                + np.exp(-np.clip((since - rng.uniform(-0.015, 0.015)) / (slide_sec / 5), -50, 50))
            )
            pitch = pitch + (now.pitch - syllables[k - 1].pitch) * part
            if now.consonant:
                pitch += 0.4 * _scoop(rng, style, since)
        pitch += _vibrato(rng, style, since, now.end_sec - onset_sec)
        lead_sec = now.lead_sec if now.consonant in VOICED else 0.0
        sounds = (time_sec >= now.start_sec - lead_sec) & (time_sec < now.end_sec)
        if now.consonant in UNVOICED:
            is_voiced[(time_sec >= now.start_sec - now.lead_sec) & (time_sec < now.start_sec)] = (
                False
            )
        is_voiced |= sounds
    for now in syllables:
        if now.consonant in UNVOICED:
            is_voiced[(time_sec >= now.start_sec - now.lead_sec) & (time_sec < now.start_sec)] = (
                False
            )
    drift = np.cumsum(rng.normal(0, 0.012, frames))
    pitch += drift - np.linspace(drift[0], drift[-1], frames) + rng.normal(0, 0.03, frames)
    return 440.0 * 2 ** ((pitch - 69) / 12), is_voiced


def _style(rng: np.random.Generator) -> dict[str, float]:
    return {
        "slide_sec": rng.uniform(0.05, 0.16),
        "scoop": rng.uniform(0.0, 2.0),
        "vibrato": rng.choice([0.0, 0.15, 0.4, 0.8]) * rng.uniform(0.6, 1.2),
        "rate_hz": rng.uniform(4.3, 7.0),
    }


def _scoop(rng: np.random.Generator, style: dict[str, float], since: np.ndarray) -> np.ndarray:
    """A start from below (or above), gone after some tens of milliseconds."""
    depth = -abs(rng.normal(0, style["scoop"])) if rng.uniform() < 0.85 else rng.uniform(0, 0.8)
    gone = np.exp(-np.maximum(since, 0) / rng.uniform(0.015, 0.07))
    out: np.ndarray = np.where(since >= -0.1, depth * gone, 0.0) * (since < 0.6)
    return out


def _vibrato(
    rng: np.random.Generator, style: dict[str, float], since: np.ndarray, length_sec: float
) -> np.ndarray:
    begin_sec = rng.uniform(0.08, 0.35)
    swell = np.clip((since - begin_sec) / 0.25, 0, 1) * np.clip((length_sec - since) / 0.05, 0, 1)
    wave = np.sin(
        2 * np.pi * style["rate_hz"] * rng.uniform(0.95, 1.05) * since + rng.uniform(0, 6)
    )
    out: np.ndarray = style["vibrato"] * swell * wave
    return out


def _resing(
    rng: np.random.Generator,
    said: np.ndarray,
    source_sec: np.ndarray,
    level: np.ndarray,
    f0_hz: np.ndarray,
) -> np.ndarray:
    import pyworld  # only here: what is drawn can be tested without it

    f0, at_sec = pyworld.dio(said, RATE_HZ, frame_period=FRAME_MS)
    f0 = pyworld.stonemask(said, f0, at_sec, RATE_HZ)
    voiced = f0 > 0  # where the analysis misses the voice, its neighbours tell the period
    f0 = np.interp(at_sec, at_sec[voiced], f0[voiced]) if voiced.any() else np.full_like(f0, 120.0)
    spectrum = pyworld.cheaptrick(said, f0, at_sec, RATE_HZ)
    breath = pyworld.d4c(said, f0, at_sec, RATE_HZ)
    rows = np.clip(np.round(source_sec / FRAME_SEC).astype(int), 0, len(f0) - 1)
    size = np.exp(rng.normal(0, 0.08))  # of the singer: moves all formants
    bins = np.clip(np.arange(spectrum.shape[1]) / size, 0, spectrum.shape[1] - 1)
    low, part = bins.astype(int), bins % 1
    high = np.minimum(low + 1, spectrum.shape[1] - 1)
    sung = np.exp(
        (1 - part) * np.log(spectrum)[rows][:, low] + part * np.log(spectrum)[rows][:, high]
    )
    sung *= (level**2)[:, None]
    airy = breath[rows]
    airy[f0_hz > 0] = np.minimum(airy[f0_hz > 0], 0.9) ** rng.uniform(0.9, 1.6)
    sung = np.ascontiguousarray(np.maximum(sung, 1e-12))
    sound: np.ndarray = pyworld.synthesize(
        f0_hz, sung, np.ascontiguousarray(airy), RATE_HZ, FRAME_MS
    )
    return sound / max(float(np.abs(sound).max()), 1e-6) * 0.5
