"""Hears chords: which of the notes that the score expects were struck, and which wrong ones."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.chords import ChordVerifier
from engine.instruments import Instrument, instrument_named
from engine.listening.chord_judgement import Struck, judge
from engine.listening.listener import F32, HeardNote
from engine.listening.own_sound import OwnSound
from engine.pitch import PITCH_FRAMES
from native.chords import Attack

Expected = Callable[[float], Iterable[int]]
PIECES_A_SEC = 100  # the sound is looked at in pieces of 10 ms, however it comes
WAITS_SEC = (0.06, 0.1, 0.16, 0.3)  # after an attack, when its notes are asked about
FOUND_SEC = 0.05  # an attack is found so soon after it
TOGETHER_SEC = 0.06  # attacks nearer to each other are one chord, a little spread
ECHO_SEC, ECHO = 0.12, 0.6  # so soon after one, an attack weaker by this is its room's
LOUDEST_SEC = 0.08  # after an attack its level has come
FULL_RMS = 0.25  # of an attack of velocity 127, as for melodies
FADED = 1e-3  # of its attack's power: a note has ended at the latest
LONGEST_SEC = 8.0  # nor does one last longer


@dataclass
class _Sounding:
    note: HeardNote
    power: float


@dataclass
class _Pending:
    """An attack whose notes are not all told yet."""

    struck: Struck
    strength: float
    n_asked: int = 0


class ChordListener:
    """Hears in sound which notes of chords one player strikes.

    Something struck is told apart by its attack; then the notes expected about then are verified
    as the sound comes in, 60 to 300 ms after it: a note that is sure is told at once, an unsure
    one later or never. Notes that nobody expects are told only where they are beyond doubt: what
    was not heard is not wrong.

    Parameters
    ----------
    sample_rate_hz : float
        16000 to 96000.
    instrument : str, optional
        A name of :mod:`engine.instruments`, the piano where absent. On a guitar a string that
        doubles another an octave lower is judged by its pitch class.
    expected : callable, optional
        The pitches that the score expects around an instant of the stream.

    Attributes
    ----------
    latency_sec : float
        How long after its onset a note is usually told.

    Raises
    ------
    RuleError
        If the rate is out of range or the instrument unknown.
    """

    latency_sec = 0.1

    def __init__(
        self,
        sample_rate_hz: float,
        instrument: str | None = None,
        expected: Expected | None = None,
    ) -> None:
        self._verifier = ChordVerifier(sample_rate_hz)
        self._instrument: Instrument = instrument_named(instrument or "piano")
        self._expected = expected
        self._own_sound = OwnSound()
        self._piece_samples = round(sample_rate_hz / PIECES_A_SEC)
        self._rest = np.zeros(0, np.float32)
        self._levels: deque[float] = deque(maxlen=PIECES_A_SEC)
        self._pending: list[_Pending] = []
        self._sounding: dict[int, _Sounding] = {}
        self._n_notes = 0

    @property
    def settled_sec(self) -> float:
        """Every note that began before this has been told, in seconds since the first sample."""
        if self._pending:
            return self._pending[0].struck.onset_sec
        return max(0.0, self._verifier.heard_sec - FOUND_SEC)

    def process(self, samples: F32) -> list[HeardNote]:
        """Take in mono samples, full scale +-1, any number; say which notes began or ended."""
        sound = np.concatenate([self._rest, np.asarray(samples, np.float32)])
        told: list[HeardNote] = []
        size = self._piece_samples
        for start in range(0, len(sound) - size + 1, size):
            told += self._take(sound[start : start + size])
        self._rest = sound[len(sound) - len(sound) % size :]
        return told

    def frames(self) -> NDArray[np.void]:
        """None: no single pitch is followed; (0,) structured ``PITCH_FRAMES``."""
        return np.zeros(0, PITCH_FRAMES)

    def machine_plays(
        self, pitch: int | None, onset_sec: float, offset_sec: float | None = None
    ) -> None:
        """Know what the machine itself sounds; a pitch of None is a click of the metronome."""
        self._own_sound.plays(pitch, onset_sec, offset_sec)

    # ---- piece by piece ----

    def _take(self, piece: F32) -> list[HeardNote]:
        clean = np.nan_to_num(piece, nan=0.0, posinf=0.0, neginf=0.0)
        self._levels.append(float(np.mean(np.square(clean, dtype=np.float64))))
        self._verifier.process(piece)
        told = self._ended()
        for attack in self._verifier.attacks():
            told += self._attack(attack)
        for pending in self._pending:
            told += self._ask_in_time(pending)
        self._pending = [one for one in self._pending if one.n_asked < len(WAITS_SEC)]
        return told

    def _attack(self, attack: Attack) -> list[HeardNote]:
        """Something was struck: what was struck before gets its last question."""
        told: list[HeardNote] = []
        onset_sec = attack.onset_sec
        if self._is_of_the_same(attack):
            return told
        for pending in self._pending:
            told += self._ask(pending, is_last=True)
        held = {pitch: one.note.onset_sec for pitch, one in self._sounding.items()}
        struck = Struck(onset_sec, self._wanted(onset_sec), self._instrument, held)
        self._pending = [_Pending(struck, attack.strength)]
        return told

    def _wanted(self, onset_sec: float) -> frozenset[int]:
        return frozenset(self._expected(onset_sec)) if self._expected else frozenset()

    def _is_of_the_same(self, attack: Attack) -> bool:
        """Whether it is one more note of the chord that is pending, or its echo."""
        if not self._pending:
            return False
        after_sec = attack.onset_sec - self._pending[-1].struck.onset_sec
        is_weaker = attack.strength < ECHO * self._pending[-1].strength
        return after_sec < TOGETHER_SEC or (after_sec < ECHO_SEC and is_weaker)

    def _ask_in_time(self, pending: _Pending) -> list[HeardNote]:
        told: list[HeardNote] = []
        waited_sec = self._verifier.heard_sec - pending.struck.onset_sec
        while pending.n_asked < len(WAITS_SEC) and waited_sec >= WAITS_SEC[pending.n_asked]:
            pending.n_asked += 1
            told += self._ask(pending, is_last=pending.n_asked == len(WAITS_SEC))
        return told

    def _ask(self, pending: _Pending, is_last: bool) -> list[HeardNote]:
        struck = pending.struck
        struck.want(self._wanted(struck.onset_sec))
        waited_sec = self._verifier.heard_sec - struck.onset_sec
        chances = self._verifier.probabilities(struck.candidates(waited_sec), struck.onset_sec)
        if np.isnan(chances).any():
            return []
        found = judge(struck, waited_sec, chances, is_last, self._own_sound.explains)
        return [note for pitch, chance in found for note in self._begin(struck, pitch, chance)]

    def _begin(self, struck: Struck, pitch: int, chance: float) -> list[HeardNote]:
        told = [self._end(pitch, struck.onset_sec)] if pitch in self._sounding else []
        power = self._loudest_since(struck.onset_sec)
        velocity = round(127 * (power**0.5 / FULL_RMS) ** 0.5)
        velocity = min(max(velocity, 1), 127)
        note = HeardNote(
            self._n_notes, struck.onset_sec, pitch, velocity, float("nan"), chance, None
        )
        self._n_notes += 1
        self._sounding[pitch] = _Sounding(note, power)
        return [*told, note]

    def _loudest_since(self, onset_sec: float) -> float:
        pieces = int((self._verifier.heard_sec - onset_sec) * PIECES_A_SEC) + 1
        recent = list(self._levels)[-pieces:]
        return max(recent[: int(LOUDEST_SEC * PIECES_A_SEC)], default=0.0)

    def _ended(self) -> list[HeardNote]:
        """Notes that have faded, or sounded for longer than any."""
        now_sec, power = self._verifier.heard_sec, self._levels[-1]
        over = [
            pitch
            for pitch, one in self._sounding.items()
            if power < FADED * one.power or now_sec - one.note.onset_sec > LONGEST_SEC
        ]
        return [self._end(pitch, now_sec) for pitch in over]

    def _end(self, pitch: int, offset_sec: float) -> HeardNote:
        return self._sounding.pop(pitch).note._replace(offset_sec=offset_sec)
