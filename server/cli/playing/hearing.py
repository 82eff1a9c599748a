"""A sitting that is heard: the listener for the instrument, at a microphone or in a recording."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from engine.instruments import Instrument, instrument_named
from engine.listening.listener import Listener
from engine.listening.melody import MelodyListener
from engine.score import Score
from engine.signal_check import SignalCheck
from engine.tuning import Tuning
from server.cli.playing.session import PlaySession
from server.inputs.audio_files import AudioFile
from server.inputs.ear import Ear
from server.inputs.microphone_input import MakeEar

CHORDS = "piano"  # what plays several notes at once where nobody says what it is
TAIL_SEC = 1.0  # of silence after a recording: its last note is told by then

Expected = Callable[[float], Iterable[int]]


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
    first_note_sec : float or None
        Where in the recording the first note belongs; None: where one is heard first.
    """

    mic: str | None
    audio: Path | None
    instrument: str | None
    tuning: Tuning
    channel: int | None
    delay_sec: float = 0.0
    first_note_sec: float | None = None


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

        listener = _listener(rate_hz, instrument, tuning, expected)
        return Ear(rate_hz, listener, SignalCheck(rate_hz))

    return make


def first_note_sec(request: HearingRequest, score: Score) -> float:
    """Where in the recording the music's first note belongs: its 0 where no note is heard.

    Raises
    ------
    server.inputs.errors.AudioFileError
        If the recording cannot be read.
    """
    if request.first_note_sec is not None:
        return request.first_note_sec
    assert request.audio is not None
    notes = score.notes
    first = set(notes["pitch"][notes["onset_beat"] == notes["onset_beat"][0]].tolist())
    instrument = instrument_for(request, score)
    with AudioFile(request.audio, request.channel) as file:
        listener = _listener(file.rate_hz, instrument, request.tuning, lambda _: first)
        silence = np.zeros(int(TAIL_SEC * file.rate_hz), np.float32)
        heard = (
            note for part in chain(file.blocks(), [silence]) for note in listener.process(part)
        )
        return next((note.onset_sec for note in heard), 0.0)


def _listener(
    rate_hz: float, instrument: Instrument | None, tuning: Tuning, expected: Expected
) -> Listener:
    if instrument is not None and instrument.kind == "chords":
        from engine.listening.chords import ChordListener

        return ChordListener(rate_hz, instrument.name, expected)
    name = None if instrument is None else instrument.name
    return MelodyListener(rate_hz, name, tuning, expected)
