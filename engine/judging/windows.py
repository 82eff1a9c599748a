"""How far off a note may be: every tolerance, with its reason.

A player hears time in proportion: what is sloppy in a run of sixteenths is not noticed in a slow
tune. The window for ``correct`` therefore scales with the geometric mean of the beat and the note's
own value (the gap to its nearer neighbour), within what ears and hands set.
"""

from math import sqrt

ON_TIME_SHARE = 0.2  # of sqrt(beat * value): 100 ms at a quarter note of 500 ms
ON_TIME_MIN_SEC = 0.04  # ensembles play 30 to 50 ms apart and sound together (Rasch 1979)
ON_TIME_MAX_SEC = 0.15  # beyond it even a slow tune is heard as uneven
REACH_SHARE = 0.5  # of a beat: farther away a note is nearer to its neighbouring beat
REACH_MIN_SEC = 0.2  # beginners in a fast tune still get early or late, not wrong
REACH_MAX_SEC = 0.5  # in a slow tune nobody is half a second off and means this note
CHORD_SPREAD_SEC = 0.05  # one hand's chord: a melody leads it by 30 ms typically (Goebl 2001)
FOLLOW_LENIENCY = 1.5  # against the player's own tempo: the predicted beat is itself uncertain


def on_time_sec(beat_sec: float, value_sec: float) -> float:
    """Half width of the window in which a note is ``correct``, in seconds.

    Parameters
    ----------
    beat_sec : float
        How long a quarter note lasts.
    value_sec : float
        The time to the nearer neighbouring score moment.
    """
    window_sec = ON_TIME_SHARE * sqrt(beat_sec * min(value_sec, beat_sec))
    return min(max(window_sec, ON_TIME_MIN_SEC), ON_TIME_MAX_SEC)


def reach_sec(beat_sec: float) -> float:
    """How far from its time a note still counts as ``early`` or ``late``, in seconds."""
    return min(max(REACH_SHARE * beat_sec, REACH_MIN_SEC), REACH_MAX_SEC)
