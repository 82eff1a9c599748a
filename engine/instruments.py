"""What can be listened to: the ranges of instruments and voices."""

from typing import Literal, NamedTuple

from engine.errors import RuleError


class Instrument(NamedTuple):
    """An instrument or a voice, as a listener needs to know it.

    Attributes
    ----------
    name : str
        As in :data:`INSTRUMENTS`.
    low_pitch, high_pitch : int
        MIDI pitches of its range, both included.
    kind : {"melody", "chords"}
        One note at a time, or several together.
    """

    name: str
    low_pitch: int
    high_pitch: int
    kind: Literal["melody", "chords"]


ANY = Instrument("any", 21, 108, "melody")

# Written ranges as they sound; Adler (2002), "The study of orchestration", and Piston (1955).
_MELODY = {
    "voice": (36, 88),
    "soprano": (57, 88),
    "mezzo": (53, 84),
    "alto": (50, 79),
    "tenor": (45, 74),
    "baritone": (41, 69),
    "bass voice": (36, 66),
    "violin": (55, 105),
    "viola": (48, 93),
    "cello": (36, 84),
    "double bass": (23, 67),
    "flute": (59, 101),
    "piccolo": (74, 108),
    "recorder": (60, 98),
    "oboe": (58, 93),
    "clarinet": (49, 96),
    "bassoon": (34, 77),
    "saxophone": (36, 93),
    "trumpet": (52, 87),
    "horn": (34, 77),
    "trombone": (33, 77),
    "tuba": (22, 65),
    "bass": (23, 67),
    "sitar": (36, 86),
    "sarod": (36, 84),
    "bansuri": (52, 93),
    "harmonica": (48, 98),
    "whistle": (72, 108),
    "xylophone": (53, 108),
}
_CHORDS = {
    "piano": (21, 108),
    "guitar": (38, 88),
    "ukulele": (55, 88),
    "mandolin": (55, 93),
    "harp": (23, 104),
    "organ": (24, 108),
    "harmonium": (36, 84),
    "accordion": (29, 105),
}
INSTRUMENTS = {
    **{name: Instrument(name, *span, "melody") for name, span in _MELODY.items()},
    **{name: Instrument(name, *span, "chords") for name, span in _CHORDS.items()},
}


def instrument_named(name: str) -> Instrument:
    """Look an instrument up.

    Parameters
    ----------
    name : str
        A key of :data:`INSTRUMENTS`, in any case.

    Raises
    ------
    RuleError
        If there is none of that name; the message lists those there are.
    """
    found = INSTRUMENTS.get(name.strip().lower())
    if found is None:
        raise RuleError(f"instrument must be one of {', '.join(sorted(INSTRUMENTS))}, got {name!r}")
    return found
