"""A sitting that is heard: the listener for the instrument, at a microphone or in a recording."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.instruments import Instrument, instrument_named
from engine.listening.listener import Listener
from engine.listening.melody import MelodyListener
from engine.score import Score
from engine.signal_check import SignalCheck
from engine.tuning import Tuning
from server.cli.playing.session import PlaySession
from server.inputs.ear import Ear
from server.inputs.microphone_input import MakeEar

CHORDS = "piano"  # what plays several notes at once where nobody says what it is


@dataclass(frozen=True)
class HearingRequest:
    """What is to be heard, and where.

    Attributes
    ----------
    mic : str or None
        Which microphone, as :func:`server.inputs.microphone_library.choose_device` takes it;
        None: the system's own.
    audio : Path or None
        A recording that is heard instead.
    instrument : str or None
        A name of :mod:`engine.instruments`; None: what the music needs.
    tuning : Tuning
        Where its pitches lie.
    channel : int or None
        Which channel is heard, from 0; None: the mean of them.
    delay_sec : float
        What the microphone's driver does not know of.
    """

    mic: str | None
    audio: Path | None
    instrument: str | None
    tuning: Tuning
    channel: int | None
    delay_sec: float = 0.0


def instrument_for(request: HearingRequest, score: Score) -> Instrument | None:
    """The instrument that is heard: the one that is named, else one that can play the music.

    Returns
    -------
    Instrument or None
        None: anything that plays one note at a time.

    Raises
    ------
    engine.errors.RuleError
        If there is none of that name.
    """
    if request.instrument is not None:
        return instrument_named(request.instrument)
    onsets = score.notes["onset_beat"][~score.notes["is_grace"]]
    return instrument_named(CHORDS) if len(np.unique(onsets)) < len(onsets) else None


def ear_maker(instrument: Instrument | None, tuning: Tuning, session: PlaySession) -> MakeEar:
    """Make what makes the ear of each stream of sound for a session."""

    def make(rate_hz: float, clock_sec: Callable[[float], float]) -> Ear:
        def expected(onset_sec: float) -> Iterable[int]:
            take_sec = session.take_sec(clock_sec(onset_sec))
            return session.performance.expected_pitches(0.0 if take_sec is None else take_sec)

        listener: Listener
        if instrument is not None and instrument.kind == "chords":
            from engine.listening.chords import ChordListener

            listener = ChordListener(rate_hz, instrument.name, expected)
        else:
            name = None if instrument is None else instrument.name
            listener = MelodyListener(rate_hz, name, tuning, expected)
        return Ear(rate_hz, listener, SignalCheck(rate_hz))

    return make
