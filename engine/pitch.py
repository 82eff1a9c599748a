"""Pitch of one voice or instrument, out of sound as it arrives."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import RuleError
from engine.instruments import ANY, Instrument, instrument_named
from engine.notes import BLOCK_SAMPLES, NoteTaker
from engine.tuning import Tuning
from native.pitch import WEIGHTS, Pitch
from native.voice import VOICE_FRAMES, Voice

MIN_RATE_HZ, MAX_RATE_HZ = 16000.0, 96000.0
PITCH_FRAMES = VOICE_FRAMES
"""``time_sec``, ``f0_hz``, ``is_voiced``, ``confidence``; laid out as the core has them."""
_MARGIN_SEMITONES = 1.0  # a player out of tune is still within the range


class PitchTracker:
    """Says every 4 ms which pitch sounds, whether any does, and how sure that is.

    Parameters
    ----------
    sample_rate_hz : float
        Of the samples to come, 16000 to 96000.
    instrument : str, optional
        A name of :mod:`engine.instruments`, which narrows the range of pitches; without it A0 to
        C8.
    tuning : Tuning, optional
        What the notes' pitches and cents are told in; equal temperament from 440 Hz without it.

    Attributes
    ----------
    latency_sec : float
        How much later than the instant it describes a frame usually comes.

    Raises
    ------
    RuleError
        If the rate is out of range or the instrument unknown.
    """

    latency_sec = 0.018

    def __init__(
        self,
        sample_rate_hz: float,
        instrument: str | None = None,
        tuning: Tuning | None = None,
    ) -> None:
        if not MIN_RATE_HZ <= sample_rate_hz <= MAX_RATE_HZ:
            raise RuleError(
                f"sample_rate_hz must be {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g}, got {sample_rate_hz:g}"
            )
        self.sample_rate_hz = float(sample_rate_hz)
        self.instrument = ANY if instrument is None else instrument_named(instrument)
        low_hz, high_hz = _range_hz(self.instrument)
        self._notes = NoteTaker(self.sample_rate_hz, tuning)
        pitch = Pitch(self.sample_rate_hz, low_hz, high_hz, _weights())
        self._voice = Voice(pitch, self._notes.notes)

    def process(self, samples: ArrayLike) -> NDArray[np.void]:
        """Take in samples and say what they tell.

        Parameters
        ----------
        samples : (n,) float32
            Mono, full scale +-1, any number of them: how a stream is cut into blocks changes
            nothing. What is not finite counts as silence.

        Returns
        -------
        (k,) structured, ``PITCH_FRAMES``
            ``time_sec``, the instant described, counts from the first sample ever taken in and
            never falls; ``f0_hz`` is the best guess also where nothing sounds; ``confidence`` is
            the chance that something sounds within 50 cents of it.

        Raises
        ------
        RuleError
            If ``samples`` is not one-dimensional.
        """
        sound = _mono(samples)
        if len(sound) <= BLOCK_SAMPLES:
            return self._block(sound)
        blocks = range(0, len(sound), BLOCK_SAMPLES)
        return np.concatenate([self._block(sound[at : at + BLOCK_SAMPLES]) for at in blocks])

    def take_notes(self) -> NDArray[np.void]:
        """The notes that began, ended or were heard better since the last call.

        Returns
        -------
        (k,) structured, :data:`engine.notes.HEARD_NOTES`
            ``offset_sec`` is NaN of a note that still sounds; it stands again when it has ended,
            and before that where it settles on another ``pitch`` than was told: as a voice does
            that scoops up to it. Times are those of the sound, latency is taken off; no note that
            was told is taken back, nor its onset.
        """
        return self._notes.take()

    @property
    def settled_sec(self) -> float:
        """Every note that began before this has been told, in seconds since the first sample."""
        return self._voice.settled_sec

    def reset(self) -> None:
        """Back to before the first sample."""
        self._voice.reset()
        self._notes.reset()

    def _block(self, sound: NDArray[np.float32]) -> NDArray[np.void]:
        frames, notes = self._voice.process(sound)
        if notes is not None:
            self._notes.take_in(notes)
        return frames


def _mono(samples: ArrayLike) -> NDArray[np.float32]:
    if isinstance(samples, np.ndarray) and samples.dtype == np.float32 and samples.ndim == 1:
        return np.ascontiguousarray(samples)
    with np.errstate(over="ignore", invalid="ignore"):
        sound = np.ascontiguousarray(samples, dtype=np.float32)
    if sound.ndim != 1:
        raise RuleError(f"samples must be one-dimensional, got shape {sound.shape}")
    return sound


@cache
def _weights() -> NDArray[np.float32]:
    """What the nets have learned, read once for all trackers."""
    path = Path(__file__).parent / "weights" / "pitch.npy"
    weights: NDArray[np.float32] = np.load(path)
    if weights.shape != (WEIGHTS,):
        raise RuleError(f"{path.name} must hold {WEIGHTS} weights, got shape {weights.shape}")
    weights.setflags(write=False)
    return weights


def _range_hz(instrument: Instrument) -> tuple[float, float]:
    low = instrument.low_pitch - _MARGIN_SEMITONES
    high = instrument.high_pitch + _MARGIN_SEMITONES
    return 440.0 * 2 ** ((low - 69) / 12), 440.0 * 2 ** ((high - 69) / 12)
