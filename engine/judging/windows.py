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
SCATTER_SHARE = 4.5  # times a median of deviations: chance alone hardly ever goes farther
FOLLOW_MIN_SEC = 0.05  # the most even player's 80 ms are told, ordinary unevenness is not
FIRST_SHARE = 2.0  # of that window, while only one side of a note is known: half as sure
FIRST_LENIENCY = 2.4  # nor more than so many windows against a clock
SPREAD_SHARE = 4.0  # times the spread that this player's chords have
CHORD_MIN_SEC = 0.05
CHORD_MAX_SEC = 0.1  # nobody hears two notes so far apart as one chord
HESITATION_MIN_SEC = 0.2  # a shorter wait is phrasing
HESITATION_SHARE = 0.4  # of a beat
STOP_SEC = 2.0  # nobody waits so long for the music's sake
STOP_BEATS = 2.0  # nor so many beats, where they take STOP_MIN_SEC
STOP_MIN_SEC = 1.0


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


def follow_window_sec(on_time_sec: float, scatter_sec: float | None) -> float:
    """How far from the player's own beat a note is ``correct``, in seconds.

    Parameters
    ----------
    on_time_sec : float
        The window against a clock.
    scatter_sec : float or None
        How far from the line between its neighbours a moment of this player's is typically; None:
        not known yet.
    """
    window_sec = FOLLOW_LENIENCY * on_time_sec
    if scatter_sec is None:
        return window_sec
    return min(max(SCATTER_SHARE * scatter_sec, FOLLOW_MIN_SEC), window_sec)


def first_window_sec(on_time_sec: float, scatter_sec: float | None) -> float:
    """The same while only the beat before a note is known: it may yet prove to be slowing down."""
    window_sec = follow_window_sec(on_time_sec, scatter_sec)
    if scatter_sec is None:
        return window_sec
    return min(FIRST_SHARE * window_sec, FIRST_LENIENCY * on_time_sec)


def chord_window_sec(spread_sec: float | None) -> float:
    """How far from the rest of its chord a note is ``correct``, in seconds.

    Parameters
    ----------
    spread_sec : float or None
        From first to last note of this player's chords, typically; None: not known yet.
    """
    if spread_sec is None:
        return CHORD_MAX_SEC
    return min(max(SPREAD_SHARE * spread_sec, CHORD_MIN_SEC), CHORD_MAX_SEC)


def hesitation_sec(beat_sec: float, window_sec: float) -> float:
    """From how much on a longer gap is a hesitation, in seconds."""
    return max(HESITATION_MIN_SEC, HESITATION_SHARE * beat_sec, window_sec)


def is_stop(over_sec: float, beat_sec: float) -> bool:
    """Whether a gap that was so much longer than written is a stop; NaN is none."""
    return over_sec >= STOP_SEC or over_sec >= max(STOP_MIN_SEC, STOP_BEATS * beat_sec)
