"""What is said of the way of playing, beside what is said of notes."""

from typing import NamedTuple

HESITATION = "hesitation"
STOP = "stop"
JUMP_BACK = "jump_back"
JUMP_ON = "jump_on"
RESTART = "restart"
REPEAT_TAKEN = "repeat_taken"
REPEAT_SKIPPED = "repeat_skipped"
TEMPO_DRIFT = "tempo_drift"
KINDS = (
    HESITATION, STOP, JUMP_BACK, JUMP_ON, RESTART, REPEAT_TAKEN, REPEAT_SKIPPED, TEMPO_DRIFT,
)  # fmt: skip


class Remark(NamedTuple):
    """One thing that was noticed, told once.

    Attributes
    ----------
    kind : str
        One of ``KINDS``: ``hesitation``: one gap was longer, and on it went in tempo. ``stop``: a
        pause. ``jump_back``, ``jump_on``, ``restart``: the player went on from somewhere else.
        ``repeat_taken``, ``repeat_skipped``: a leap that the repeats of the piece allow.
        ``tempo_drift``: the player's tempo has become another.
    time_sec : float
        When: the first note after the pause or the leap; the last of the drift, or of the piece.
    beat, measure : float, int
        Where it began: the last place before.
    to_beat, to_measure : float, int
        Where it led: the first place after; for a last repeat left out, the end of the score.
    amount : float
        How much: seconds beyond what was due of a hesitation or stop, beats from the last place to
        the first of a leap, quarter notes a minute of a drift.
    tempo_bpm : float
        The player's tempo afterwards; NaN where there is none yet.
    """

    kind: str
    time_sec: float
    beat: float
    measure: int
    to_beat: float
    to_measure: int
    amount: float
    tempo_bpm: float

    @property
    def message(self) -> str:
        """The remark as a sentence without its full stop."""
        bar, to_bar = self.measure, self.to_measure
        match self.kind:
            case "hesitation":
                return f"hesitated {self.amount:.1f} s in bar {to_bar}"
            case "stop":
                return f"stopped for {self.amount:.1f} s in bar {bar}"
            case "tempo_drift":
                verb = "fell" if self.amount < 0 else "rose"
                before_bpm = self.tempo_bpm - self.amount
                over = f"over bars {bar} to {to_bar}" if bar != to_bar else f"in bar {bar}"
                over += " of the repeat" if to_bar < bar else ""
                return f"tempo {verb} from {before_bpm:.0f} to {self.tempo_bpm:.0f} {over}"
            case "restart":
                return f"started over after bar {bar}"
            case "repeat_taken":
                return f"took the repeat from bar {bar} to bar {to_bar}"
            case "repeat_skipped":
                return f"passed over the repeat after bar {bar}"
            case _:
                way = "back" if self.kind == JUMP_BACK else "on"
                if bar == to_bar:
                    return f"went {way} within bar {bar}"
                return f"went {way} from bar {bar} to bar {to_bar}"
