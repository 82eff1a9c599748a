"""Leaps: the player goes on from somewhere else. Told once it is sure."""

from engine.judging.places import Places
from engine.judging.remarks import (
    JUMP_BACK,
    JUMP_ON,
    REPEAT_SKIPPED,
    REPEAT_TAKEN,
    RESTART,
    Remark,
)

CONFIRMED_NOTES = 4  # from the landing on without another leap: then it was one
REVISED_NOTES = 3  # before the one that shows a leap: they may have been part of it
SAME_PLACE_MOMENTS = 6  # on from where the player was: no leap, whatever was thought between


class Leaps:
    """Waits after each leap until it is sure, and says what kind it was.

    Parameters
    ----------
    places : Places
        Of the score.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._from = self._to = 0  # moments
        self._landing = self._n_after = 0  # the note that began it; how many since
        self._landed: dict[int, tuple[int, float]] = {}  # moments and onsets, by played index
        self._is_open = False

    def leap(self, played_index: int, moment: int, to_moment: int, time_sec: float) -> None:
        """The player seems to have gone from one moment to another, neither -1."""
        if not self._is_open:
            self._from = moment
        self._is_open = not self._from <= to_moment <= self._from + SAME_PLACE_MOMENTS
        self._n_after = 0
        self._landing, self._to = played_index, to_moment
        self._landed = {played_index: (to_moment, time_sec)}

    def revise(self, played_index: int, moment: int, time_sec: float) -> None:
        """A note was another one; -1: none."""
        if not self._is_open:
            return
        is_new = self._landed.pop(played_index, None) is None
        if is_new and played_index < self._landing - REVISED_NOTES:
            return
        if moment >= 0 and abs(moment - self._to) <= SAME_PLACE_MOMENTS:
            self._landed[played_index] = moment, time_sec

    def go_on(
        self, played_index: int, moment: int, time_sec: float, tempo_bpm: float
    ) -> list[Remark]:
        """One more note, -1: none of the score; the remark once the leap is sure."""
        if not self._is_open:
            return []
        if moment >= 0:
            self._landed[played_index] = moment, time_sec
        self._n_after += 1
        if self._n_after < CONFIRMED_NOTES or not self._landed:
            return []
        self._is_open = False
        to_moment, time_sec = self._landed[min(self._landed)]
        if self._is_mixed_up(to_moment):
            return []
        return [self._remark(to_moment, time_sec, tempo_bpm)]

    def _is_mixed_up(self, to_moment: int) -> bool:
        """Whether the player went on, and one pass of a repeat was taken for another."""
        if self._places.is_repeat(self._from, to_moment):
            return False
        steps = self._places.steps_on_page(self._from, to_moment)
        return steps is not None and -REVISED_NOTES <= steps <= SAME_PLACE_MOMENTS

    def _remark(self, to_moment: int, time_sec: float, tempo_bpm: float) -> Remark:
        places, moment = self._places, self._from
        beat, to_beat = places.beat[moment], places.beat[to_moment]
        return Remark(
            self._kind(moment, to_moment),
            time_sec,
            beat,
            places.measure[moment],
            to_beat,
            places.measure[to_moment],
            to_beat - beat,
            tempo_bpm,
        )

    def _kind(self, moment: int, to_moment: int) -> str:
        is_back = to_moment <= moment
        if self._places.is_repeat(moment, to_moment):
            return REPEAT_TAKEN if is_back else REPEAT_SKIPPED
        if is_back and self._places.bar[to_moment] == self._places.bar[0]:
            return RESTART
        return JUMP_BACK if is_back else JUMP_ON
