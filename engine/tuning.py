"""Which pitch a frequency is, and how far off: equal temperament, just intonation, sargam.

References
----------
Helmholtz, tr. Ellis (1885), "On the Sensations of Tone", 2nd ed., chapter XVI: the ratios of just
intonation.
Jairazbhoy (1971), "The Rags of North Indian Music", chapters I and II: the twelve swaras;
their just ratios to Sa are those of the same degrees.
"""

from fractions import Fraction
from math import isfinite, log2

from engine.errors import RuleError
from engine.pitch_names import PITCH_NAMES

MIN_A4_HZ, MAX_A4_HZ = 415.0, 466.0
TEMPERAMENTS = ("equal", "just", "sargam")
SWARAS = ("Sa", "re", "Re", "ga", "Ga", "ma", "Ma", "Pa", "dha", "Dha", "ni", "Ni")
"""Small letters: komal, and the shuddha ma; capitals: shuddha, and the tivra Ma."""

A4 = 69
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_RATIOS = "1 16/15 9/8 6/5 5/4 4/3 45/32 3/2 8/5 5/3 9/5 15/8"


_JUST_CENTS = tuple(
    1200.0 * log2(Fraction(ratio)) - 100.0 * step for step, ratio in enumerate(_RATIOS.split())
)
"""How far each degree of just intonation lies from its equal-tempered one."""


class Tuning:
    """Frequencies of the MIDI pitches in one tuning.

    Parameters
    ----------
    a4_hz : float
        415 to 466. The tonic stands where equal temperament from this A4 has it.
    temperament : str
        ``equal``; ``just``: each degree at its ratio to the tonic; ``sargam``: the same, its
        degrees called by the twelve swaras.
    tonic : str, optional
        The tonic's pitch class, or that of Sa: a letter A to G, with # or b; C where absent.
        Without effect in equal temperament.

    Raises
    ------
    RuleError
        If an argument breaks its rule.
    """

    def __init__(
        self, a4_hz: float = 440.0, temperament: str = "equal", tonic: str | None = None
    ) -> None:
        if not MIN_A4_HZ <= a4_hz <= MAX_A4_HZ:
            raise RuleError(f"a4_hz must be {MIN_A4_HZ:g} to {MAX_A4_HZ:g}, got {a4_hz:g}")
        if temperament not in TEMPERAMENTS:
            raise RuleError(
                f"temperament must be one of {', '.join(TEMPERAMENTS)}, got {temperament!r}"
            )
        self.a4_hz = float(a4_hz)
        self.temperament = temperament
        self.tonic_class = 0 if tonic is None else pitch_class(tonic)
        self._is_uneven = temperament != "equal"
        self._off_cents = _JUST_CENTS if self._is_uneven else (0.0,) * 12

    def f0_hz(self, pitch: int) -> float:
        """The frequency of a MIDI pitch.

        Parameters
        ----------
        pitch : int
            0 to 127.

        Raises
        ------
        RuleError
            If ``pitch`` breaks its rule.
        """
        return self.a4_hz * float(2.0 ** (self._cents(_checked(pitch)) / 1200.0))

    def nearest(self, f0_hz: float) -> tuple[int, float]:
        """The pitch that a frequency is nearest to, and how far off it is.

        Parameters
        ----------
        f0_hz : float
            Above 0.

        Returns
        -------
        pitch : int
            0 to 127.
        cents : float
            Sharp positive.

        Raises
        ------
        RuleError
            If ``f0_hz`` is not above 0 or not finite.
        """
        if not (f0_hz > 0.0 and isfinite(f0_hz)):
            raise RuleError(f"f0_hz must be above 0 and finite, got {f0_hz:g}")
        cents = 1200.0 * log2(f0_hz / self.a4_hz)
        pitch = min(max(A4 + round(cents / 100.0), 0), 127)
        off = cents - self._cents(pitch)
        for other in range(max(pitch - 1, 0), min(pitch + 1, 127) + 1) if self._is_uneven else ():
            if abs(cents - self._cents(other)) < abs(off):
                pitch, off = other, cents - self._cents(other)
        return pitch, off

    def name(self, pitch: int) -> str:
        """What a pitch is called: C4, or in sargam by its swara.

        Raises
        ------
        RuleError
            If ``pitch`` is not 0 to 127.
        """
        if self.temperament == "sargam":
            return SWARAS[(_checked(pitch) - self.tonic_class) % 12]
        return PITCH_NAMES[_checked(pitch)]

    def _cents(self, pitch: int) -> float:
        """Cents above the A4 of ``a4_hz``."""
        return 100.0 * (pitch - A4) + self._off_cents[(pitch - self.tonic_class) % 12]


def pitch_class(name: str) -> int:
    """The pitch class of a name such as C, F# or B♭, from 0 for C to 11.

    Raises
    ------
    RuleError
        If the name is none.
    """
    letter, sign = name[:1].upper(), name[1:]
    if letter not in _LETTERS or sign not in _SIGNS:
        raise RuleError(f"tonic must be a letter A to G, with # or b, got {name!r}")
    return (_LETTERS[letter] + _SIGNS[sign]) % 12


def _checked(pitch: int) -> int:
    if not 0 <= pitch <= 127:
        raise RuleError(f"pitch must be 0 to 127, got {pitch}")
    return pitch
