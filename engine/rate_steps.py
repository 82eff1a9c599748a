"""Sample rates beyond what listens, brought within it by octaves.

A half-band filter, a sinc under Kaiser's window (Oppenheim & Schafer 2010, "Discrete-Time Signal
Processing", sections 4.6 and 7.5.3): it passes 88 % of the band and stops 60 dB.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import RuleError

MIN_RATE_HZ, MAX_RATE_HZ = 8_000.0, 384_000.0
_LEAST_HZ, _MOST_HZ = 16_000.0, 96_000.0  # what listens takes
_ARM = 16  # samples of the slower rate either side
_BETA = 6.0
_PEAK = np.float32(8.0)  # as the core holds samples

F32 = NDArray[np.float32]


class _Step(Protocol):
    tail: int  # samples of silence that settle the last one

    def process(self, samples: F32) -> F32: ...


class RateSteps:
    """Doubles or halves a rate until what listens can take it.

    Parameters
    ----------
    rate_hz : float
        Of the samples to come, 8000 to 384000.

    Attributes
    ----------
    rate_hz : float
        Of the samples that are given, 16000 to 96000.

    Raises
    ------
    RuleError
        If ``rate_hz`` is outside its range.
    """

    def __init__(self, rate_hz: float) -> None:
        if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
            raise RuleError(f"rate_hz must be {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g}, got {rate_hz:g}")
        self.rate_hz = rate_hz
        self._steps: list[_Step] = []
        while self.rate_hz < _LEAST_HZ:
            self.rate_hz *= 2
            self._steps.append(_Doubler())
        while self.rate_hz > _MOST_HZ:
            self.rate_hz /= 2
            self._steps.append(_Halver())

    def process(self, samples: F32) -> F32:
        """Take in samples and give those that they settle.

        Parameters
        ----------
        samples : (n,) float32
            Any number, full scale +-1. Where the rate is changed, what is not finite counts as 0,
            and what is beyond +-8 as 8.

        Returns
        -------
        (m,) float32
            Sample k of the stream lies ``k / rate_hz`` after the first one taken in. How the
            stream is cut changes nothing.
        """
        if not self._steps:
            return samples
        samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0).clip(-_PEAK, _PEAK)
        for step in self._steps:
            samples = step.process(samples)
        return samples

    def end(self) -> F32:
        """What silence after the last sample settles: nothing of the stream is left then."""
        rest = np.zeros(0, np.float32)
        for step in self._steps:
            rest = step.process(np.concatenate([rest, np.zeros(step.tail, np.float32)]))
        return rest


class _Halver:
    """Every other sample, of what lies below a quarter of the rate."""

    tail = 2 * _ARM - 1

    def __init__(self) -> None:
        self._held = np.zeros(self.tail, np.float32)

    def process(self, samples: F32) -> F32:
        x = np.concatenate([self._held, samples])
        n = max(0, (len(x) - 4 * _ARM + 3) // 2)
        self._held = x[2 * n :]
        out = x[self.tail : self.tail + 2 * n : 2].copy()
        for k, tap in enumerate(_TAPS):  # one by one: the same sum however the stream is cut
            out += tap * x[2 * k : 2 * k + 2 * n : 2]
        return np.float32(0.5) * out


class _Doubler:
    """The samples, and between each two what a band of half the rate has there."""

    tail = _ARM

    def __init__(self) -> None:
        self._held = np.zeros(_ARM - 1, np.float32)

    def process(self, samples: F32) -> F32:
        x = np.concatenate([self._held, samples])
        n = max(0, len(x) - 2 * _ARM + 1)
        self._held = x[n:]
        out = np.zeros(2 * n, np.float32)
        out[::2] = x[_ARM - 1 : _ARM - 1 + n]
        for k, tap in enumerate(_TAPS):
            out[1::2] += tap * x[k : k + n]
        return out


def _designed() -> F32:
    """The sinc halfway between samples of the slower rate; its sum is 1."""
    t = np.arange(2 * _ARM) - _ARM + 0.5
    taps = np.sinc(t) * np.i0(_BETA * np.sqrt(1.0 - (t / _ARM) ** 2))
    scaled: F32 = (taps / taps.sum()).astype(np.float32)
    return scaled


_TAPS = _designed()
