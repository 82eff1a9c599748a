"""What a tempo model is measured against: the same interface, simpler beliefs.

Each takes the onset of every note and predicts when a beat comes and, where it knows, how sure that
is. The constants were fitted to the very pieces of the measurement, by the mean over pieces of
the median error a beat ahead: they flatter these models, not ours.
"""

from math import exp, nan, sqrt

import numpy as np


class Model:
    """Onsets of moments, each the mean of its notes'; subclasses say what follows from them."""

    def __init__(self) -> None:
        self.beats: list[float] = []
        self.onsets: list[float] = []
        self._notes = 0

    def observe(self, beat: float, onset_sec: float, *_place: float) -> None:
        """Take in the onset of one note."""
        if not self.beats or beat > self.beats[-1]:
            self.moment_is_over()
            self.beats.append(beat)
            self.onsets.append(onset_sec)
            self._notes = 1
        elif beat == self.beats[-1]:
            self._notes += 1
            self.onsets[-1] += (onset_sec - self.onsets[-1]) / self._notes

    def moment_is_over(self) -> None:
        """No more notes of the last moment will come."""

    def predict(self, beat: float) -> tuple[float, float]:
        """When a beat comes, and the standard deviation of that or NaN."""
        raise NotImplementedError


class ConstantTempo(Model):
    """One tempo for the whole piece: the least squares line of all so far, from the last onset."""

    def predict(self, beat: float) -> tuple[float, float]:
        if len(self.beats) < 2:
            return nan, nan
        beats = np.array(self.beats) - np.mean(self.beats)
        spb = float(beats @ np.array(self.onsets) / (beats @ beats))
        return self.onsets[-1] + spb * (beat - self.beats[-1]), nan


class LastBeat(Model):
    """The next beat is as long as the last one."""

    def predict(self, beat: float) -> tuple[float, float]:
        if len(self.beats) < 2:
            return nan, nan
        back = len(self.beats) - 2
        while back > 0 and self.beats[-1] - self.beats[back] < 1.0 - 1e-3:
            back -= 1
        spb = (self.onsets[-1] - self.onsets[back]) / (self.beats[-1] - self.beats[back])
        return self.onsets[-1] + spb * (beat - self.beats[-1]), nan


class LocalLine(Model):
    """A line through the last beats, older onsets weighing less and outlying ones again less.

    Cleveland (1979), "Robust locally weighted regression and smoothing scatterplots", JASA
    74(368), with exponential weights.
    """

    MEMORY_BEATS, KEPT, ROUNDS = 2.0, 48, 3

    def predict(self, beat: float) -> tuple[float, float]:
        if len(self.beats) < 2:
            return nan, nan
        beats = np.array(self.beats[-self.KEPT :]) - self.beats[-1]
        onsets = np.array(self.onsets[-self.KEPT :]) - self.onsets[-1]
        near = np.exp(beats / self.MEMORY_BEATS)
        robust = np.ones_like(near)
        for _ in range(self.ROUNDS):
            weight = near * robust
            centre, middle = np.average(beats, weights=weight), np.average(onsets, weights=weight)
            spread = weight @ (beats - centre) ** 2
            slope = weight @ ((beats - centre) * (onsets - middle)) / spread if spread else nan
            rest = onsets - middle - slope * (beats - centre)
            scale = 6.0 * np.average(np.abs(rest), weights=near) + 1e-4
            robust = np.clip(1.0 - (rest / scale) ** 2, 0.05, 1.0) ** 2
        return self.onsets[-1] + float(slope * (beat - self.beats[-1])), float(scale) / 6.0


class Kalman(Model):
    """Phase and period by a Kalman filter, the textbook's.

    Cemgil, Kappen, Desain, Honing (2000), "On tempo tracking: tempogram representation and Kalman
    filtering", JNMR 29(4). Noise of the onset in seconds; of the phase and, relative to the
    tempo, of the period in each second.
    """

    ONSET_SEC, PHASE, PERIOD, TREND, MEMORY_SEC = 0.0027, 0.076, 0.026, 0.0, 1.0

    def __init__(self) -> None:
        super().__init__()
        self._mean = np.zeros(3)  # onset, log of seconds per beat, its trend per second
        self._cov = np.zeros((3, 3))

    def moment_is_over(self) -> None:
        if len(self.beats) >= 2:
            self._mean, self._cov = self._now()

    def predict(self, beat: float) -> tuple[float, float]:
        if len(self.beats) < 2:
            return nan, nan
        mean, cov = self._ahead(*self._now(), beat - self.beats[-1])
        return float(mean[0]), sqrt(float(cov[0, 0]) + self.ONSET_SEC**2)

    def _now(self) -> tuple[np.ndarray, np.ndarray]:
        """The state after the last moment; the first interval is the tempo."""
        gap = self.beats[-1] - self.beats[-2]
        if len(self.beats) == 2:
            log_spb = np.log(max(self.onsets[-1] - self.onsets[-2], 0.02) / gap)
            return np.array([self.onsets[-1], log_spb, 0.0]), np.diag(
                [self.ONSET_SEC**2, 0.1, self.TREND**2]
            )
        mean, cov = self._ahead(self._mean, self._cov, gap)
        gain = cov[:, 0] / (cov[0, 0] + self.ONSET_SEC**2)
        return mean + gain * (self.onsets[-1] - mean[0]), cov - np.outer(gain, cov[0])

    def _ahead(
        self, mean: np.ndarray, cov: np.ndarray, gap: float
    ) -> tuple[np.ndarray, np.ndarray]:
        period_sec = gap * exp(mean[1])
        lasts = exp(-period_sec / self.MEMORY_SEC)
        bend = self.MEMORY_SEC * (1.0 - lasts)
        taken_sec = period_sec * exp(min(max(0.5 * bend * mean[2], -1.0), 1.0))
        step = np.array(
            [[1.0, taken_sec, 0.5 * bend * taken_sec], [0.0, 1.0, bend], [0.0, 0.0, lasts]]
        )
        noise = period_sec * np.array([self.PHASE**2, self.PERIOD**2, self.TREND**2])
        then = np.array([mean[0] + taken_sec, mean[1] + bend * mean[2], lasts * mean[2]])
        return then, step @ cov @ step.T + np.diag(noise)


class TrendKalman(Kalman):
    """The same with a trend of the tempo that dies away: ritardando and accelerando."""

    ONSET_SEC, PHASE, PERIOD, TREND, MEMORY_SEC = 0.0024, 0.103, 0.028, 0.049, 0.53
