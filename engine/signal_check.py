"""Is the sound of a microphone fit to be heard? Said before playing and while it lasts."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from engine.errors import RuleError
from engine.signal_rules import Watch
from engine.signal_words import FAULTS, FINE, OK
from native.errors import RangeError
from native.sound_check import NIL_DB, SoundCheck

STRING_DB = -45.0  # a string at a microphone that is set up is louder, most hum is not


class Finding(NamedTuple):
    """What is to be said of the microphone's sound.

    Attributes
    ----------
    problem : str
        ``silent``, ``wrong_device``, ``gaps``, ``clipping``, ``processed``, ``too_soft``,
        ``noisy``, ``hum`` or ``narrow_band``; ``ok`` when none is left.
    level_db : float
        How loud the player is, or the room where nobody plays: dBFS, 0 is a sine of full scale.
    message : str
        What is heard and what to do about it, for the player.
    """

    problem: str
    level_db: float
    message: str


class SignalCheck:
    """Sound in, findings out; nothing is said as long as nothing is wrong.

    Parameters
    ----------
    sample_rate_hz : float
        16000 to 96000.

    Raises
    ------
    RuleError
        If ``sample_rate_hz`` is outside its range.

    Notes
    -----
    Of several faults the gravest is told; another finding follows when that changes. Whatever the
    lengths of the blocks, the findings are the same.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        try:
            self._check = SoundCheck(sample_rate_hz)
        except (RangeError, TypeError) as error:
            raise RuleError(
                f"sample_rate_hz must be 16000..96000, got {sample_rate_hz!r}"
            ) from error
        self._watch = Watch()
        self._told = OK

    def process(self, samples: ArrayLike) -> list[Finding]:
        """Take in samples.

        Parameters
        ----------
        samples : (n,) float32
            Mono, full scale +-1, any length; what is not finite counts as 0.

        Returns
        -------
        list of Finding
            What changed: usually nothing.

        Raises
        ------
        RuleError
            If ``samples`` is not one-dimensional.
        """
        sound = np.ascontiguousarray(samples, np.float32)
        if sound.ndim != 1:
            raise RuleError(f"samples must have one dimension, got {sound.ndim}")
        found: list[Finding] = []
        for span in self._check.process(sound):
            self._watch.take(span)
            told = next(iter(self._watch.faults()), OK)
            if told != self._told:
                self._told = told
                found.append(self._finding(told))
        return found

    def report(self) -> list[Finding]:
        """Say all that is wrong now, for a check before playing.

        Returns
        -------
        list of Finding
            The gravest first; one ``ok`` when somebody was heard and nothing is wrong.
        """
        faults = self._watch.faults()
        if not faults:
            faults = [OK if self._watch.recent.has_played else "not_heard"]
        findings = {found.problem: found for found in map(self._finding, reversed(faults))}
        return list(reversed(findings.values()))

    def machine_plays(self, onset_sec: float, offset_sec: float) -> None:
        """Know when the machine itself sounds: a microphone hears more than that.

        Parameters
        ----------
        onset_sec, offset_sec : float
            In seconds since the first sample.
        """
        self._watch.recent.own_output.plays(onset_sec, offset_sec)

    @property
    def level_db(self) -> float:
        """Loudest 10 ms of the last quarter of a second, dBFS; -200 before any."""
        spans = self._watch.recent.spans
        return spans[-1].loudest_db if spans else NIL_DB

    @property
    def is_hearing(self) -> bool:
        """Whether notes could be heard now: if not, one that is not heard is not the player's."""
        deaf = {"silent", "wrong_device", "gaps"}
        return not any(FAULTS[name].problem in deaf for name in self._watch.faults())

    @property
    def is_mains_likely(self) -> bool:
        """Whether a pitch of 50 or 60 Hz is rather the mains than a string."""
        hums = {"no_microphone", "hum"} & set(self._watch.faults())
        return bool(hums) or self.level_db < STRING_DB

    def reset(self) -> None:
        """Back to before the first sample."""
        self._check.reset()
        self._watch = Watch()
        self._told = OK

    def _finding(self, fault: str) -> Finding:
        recent = self._watch.recent
        level_db = recent.notes_db if recent.is_playing else self.level_db
        if fault == OK:
            return Finding(OK, level_db, FINE)
        return Finding(FAULTS[fault].problem, level_db, FAULTS[fault].message)
