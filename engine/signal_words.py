"""What the signal check says, in a player's words: what is heard, and what to do about it."""

from typing import NamedTuple

OK = "ok"


class Fault(NamedTuple):
    """One thing that may be wrong with a microphone's sound.

    Attributes
    ----------
    problem : str
        Its name on the wire; faults that a player cures alike share one.
    message : str
        What is heard and what to do, in sentences.
    """

    problem: str
    message: str


FAULTS = {
    "own_output": Fault(
        "wrong_device",
        'We hear only what this computer plays: choose your microphone, not a "monitor" or '
        '"stereo mix" of the output.',
    ),
    "silent": Fault(
        "silent",
        "Nothing at all comes from the microphone, not even the room: is it muted, switched off, "
        "or is another one chosen?",
    ),
    "no_microphone": Fault(
        "wrong_device",
        "Only hum or noise comes in: choose another microphone, or check its cable.",
    ),
    "not_heard": Fault(
        "silent",
        "We do not hear you yet: play a note. If this stays, choose another microphone or turn "
        "its input level up.",
    ),
    "gaps": Fault(
        "gaps",
        "Pieces of the sound are missing: close other programs, and use a cable rather than "
        "Bluetooth.",
    ),
    "clipping": Fault(
        "clipping",
        "You are too loud for the microphone: turn its input level down, or move it away.",
    ),
    "gated": Fault(
        "processed",
        "The sound is switched off between your notes: turn off noise suppression and echo "
        "cancellation for this microphone.",
    ),
    "levelled": Fault(
        "processed",
        "The microphone turns itself up while you are quiet: turn off its automatic gain control.",
    ),
    "too_soft": Fault(
        "too_soft",
        "We hear you, but very softly: turn the input level up, or move the microphone nearer.",
    ),
    "noisy": Fault(
        "noisy",
        "We hear your room more than your instrument: move the microphone nearer, or find a "
        "quieter place.",
    ),
    "hum": Fault(
        "hum",
        "The mains hum: move the microphone and its cable away from chargers, lamps and power "
        "cables.",
    ),
    "narrow_band": Fault(
        "narrow_band",
        "The sound is cut as on a telephone, as Bluetooth headsets do: choose the computer's own "
        "microphone, or one with a cable.",
    ),
}
"""The faults by name, the gravest first: of several, the first is told."""

FINE = "The microphone sounds good."
