"""The tempo model of the native core: one call an onset."""

from typing import NamedTuple

from native._core import ffi, lib
from native.errors import RangeError


class Prediction(NamedTuple):
    """A time and how sure it is; both NaN where nothing is known.

    Attributes
    ----------
    time_sec : float
        Seconds on the clock of the onsets.
    sigma_sec : float
        Standard deviation, in seconds.
    """

    time_sec: float
    sigma_sec: float


class Tempo:
    """When does the next moment of the score come, and how sure is that?"""

    def __init__(self) -> None:
        self._memory = ffi.new("uint64_t[]", lib.core_tempo_size() // 8 + 1)
        self._self = ffi.cast("core_tempo *", self._memory)
        self._place = ffi.new("core_place *")
        self._out = ffi.new("core_prediction *")
        lib.core_tempo_init(self._self)

    def observe(
        self,
        beat: float,
        onset_sec: float,
        beat_in_bar: float = 0.0,
        bar_beats: float = 0.0,
        *,
        is_held: bool = False,
    ) -> None:
        """Take in the onset of one note.

        Parameters
        ----------
        beat : float
            The note's moment: the current one again, or a later one; an earlier one changes
            nothing.
        onset_sec : float
            Seconds on any clock.
        beat_in_bar : float
            Beats since the moment's bar began, 0..``bar_beats``.
        bar_beats : float
            How long that bar is; 0: unknown.
        is_held : bool
            The moment has a fermata.

        Raises
        ------
        RangeError
            If an argument is outside its range or not finite.
        """
        self._take(lib.core_tempo_observe, (beat, beat_in_bar, bar_beats, is_held), onset_sec)

    def jump(
        self,
        beat: float,
        onset_sec: float,
        beat_in_bar: float = 0.0,
        bar_beats: float = 0.0,
        *,
        is_held: bool = False,
    ) -> None:
        """The player went on from elsewhere; arguments and errors as in :meth:`observe`."""
        self._take(lib.core_tempo_jump, (beat, beat_in_bar, bar_beats, is_held), onset_sec)

    def shift(self, beats: float) -> None:
        """The beat goes on at other beats of the score: so many are added to all so far.

        Raises
        ------
        RangeError
            If ``beats`` is not finite.
        """
        if lib.core_tempo_shift(self._self, beats) != lib.CORE_OK:
            raise RangeError(f"beats must be finite, got {beats}")

    def predict(self, beat: float) -> Prediction:
        """When a beat comes, by tempo and habits; NaN before the second moment.

        Raises
        ------
        RangeError
            If ``beat`` is not finite.
        """
        if lib.core_tempo_predict(self._self, beat, self._out) != lib.CORE_OK:
            raise RangeError(f"beat must be finite, got {beat}")
        return Prediction(self._out.time_sec, self._out.sigma_sec)

    def due(self) -> Prediction:
        """When the current moment was due by what was known before it, from the tempo alone."""
        due = lib.core_tempo_due(self._self)
        return Prediction(due.time_sec, due.sigma_sec)

    def beat(self) -> Prediction:
        """How long a beat lasts, in seconds."""
        beat = lib.core_tempo_beat(self._self)
        return Prediction(beat.time_sec, beat.sigma_sec)

    def reset(self) -> None:
        """Back to before the first onset."""
        lib.core_tempo_reset(self._self)

    def _take(self, verb: object, place: tuple[float, float, float, bool], onset: float) -> None:
        self._place.beat, self._place.beat_in_bar, self._place.bar_beats = place[:3]
        self._place.is_held = place[3]
        if verb(self._self, self._place, onset) != lib.CORE_OK:  # type: ignore[operator]
            raise RangeError(
                "beat and onset_sec must be finite, beat_in_bar 0..bar_beats, "
                f"got {place[0]}, {onset}, {place[1]} and {place[2]}"
            )
