"""From a wish to play to a sitting that runs: which input, which view, which clock."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from engine.accompaniment import Accompaniment
from engine.events import Event
from engine.score import Score
from native.ring import clock_sec
from server.cli.playing.accompanist import Accompanist
from server.cli.playing.hearing import (
    HearingRequest,
    ear_maker,
    first_note_sec,
    instrument_for,
)
from server.cli.playing.live_view import LiveView
from server.cli.playing.report import Report
from server.cli.playing.runner import Sitting, open_keeper, play_take
from server.cli.playing.session import PlaySession
from server.cli.playing.terminal_keys import is_terminal, typed_keys
from server.cli.playing.view import PlainView, View
from server.config import load_settings
from server.inputs import Input
from server.inputs.audio_files import AudioFile
from server.inputs.audio_input import AudioInput
from server.inputs.computer_keys import ComputerKeys
from server.inputs.errors import MidiError
from server.inputs.files import RecordedInput, read_events
from server.inputs.microphone import Microphone
from server.inputs.microphone_input import MicrophoneInput
from server.inputs.midi import MidiInput
from server.inputs.midi_output import MidiOutput
from server.takes.take import Take

SIGNAL_STATUS = 128  # a shell reports a program that a signal ended as this and its number
QUIT_KEY = "q"
TEMPO = "tempo"  # the mode in which the metronome leads


@dataclass(frozen=True)
class PlayRequest:
    """What is to be played and how.

    Attributes
    ----------
    score : Score
        What is to be played.
    song : str
        The slug of a shipped piece, else empty.
    title : str
        What to call it.
    mode, tempo_bpm
        As :class:`server.takes.take.Take` takes them.
    machine_notes : (n,) structured
        What the machine plays; empty where it does not.
    midi, midi_out : str or None
        Which keyboard, as :func:`server.inputs.midi.choose_port` takes it, and where the machine
        plays, as :func:`server.inputs.midi_output.choose_output` takes it.
    recording : Path or None
        A file to be judged instead.
    speed : float
        How much faster than it was made the recording goes by.
    hearing : HearingRequest or None
        What a microphone or a recording of sound is asked for, where one plays.
    """

    score: Score
    song: str
    title: str
    mode: str
    tempo_bpm: float | None
    machine_notes: NDArray[np.void]
    midi: str | None
    midi_out: str | None
    recording: Path | None
    speed: float
    hearing: HearingRequest | None = None


@dataclass
class Instruments:
    """What is listened to and played on.

    Attributes
    ----------
    first_note_sec : float or None
        Where in ``audio`` the first note belongs, where the metronome leads.
    told : str
        Why it is not what was hoped for.
    """

    midi: MidiInput | None = None
    microphone: Microphone | None = None
    audio: AudioFile | None = None
    first_note_sec: float | None = None
    output: MidiOutput | None = None
    keys: ComputerKeys | None = None
    told: str = ""


def run(request: PlayRequest) -> int:
    """Play, sum up, and return the exit status."""
    return asyncio.run(_run(request))


async def _run(request: PlayRequest) -> int:
    settings = load_settings()
    events = None if request.recording is None else read_events(request.recording)
    with ExitStack() as stack:
        instruments = Instruments() if events is not None else _instruments(request, stack)
        if len(request.machine_notes):
            input_name = None if instruments.midi is None else instruments.midi.name
            instruments.output = MidiOutput(request.midi_out, input_name)
            stack.callback(instruments.output.close)
        async with open_keeper(settings) as keeper:
            sitting = _sitting(request, instruments, events)
            if is_terminal():
                stack.enter_context(typed_keys(_typist(sitting, instruments.keys)))
            wanted = (instruments.midi, instruments.microphone, instruments.output)
            await play_take(sitting, keeper, [port for port in wanted if port is not None])
    print("\n".join(sitting.report.summary_lines()))
    _tell_what_is_kept(sitting)
    return 0 if sitting.signal is None else SIGNAL_STATUS + sitting.signal


def _sitting(request: PlayRequest, instruments: Instruments, events: list[Event] | None) -> Sitting:
    """Put together what runs from now on."""
    is_live = events is None and instruments.audio is None
    clock = clock_sec if is_live else _clock(request.speed)
    take = Take(
        request.score,
        mode=request.mode,
        tempo_bpm=request.tempo_bpm,
        song=request.song,
        title=request.title,
        source=_source(instruments, events),
    )
    machine = None
    if instruments.output is not None:
        machine = Accompaniment(request.machine_notes, take.performance)
    session = PlaySession(take, clock(), machine)
    inputs: list[Input] = [i for i in (instruments.midi, instruments.keys) if i is not None]
    if events is not None:
        inputs = [RecordedInput(events, _recording_zero(session, clock(), events[0].time_sec))]
    heard = _heard(request, instruments, session, clock)
    if heard is not None:
        inputs = [heard]
    accompanist = None
    if instruments.output is not None:
        tell = None if heard is None else heard.machine_plays
        accompanist = Accompanist(instruments.output, tell)
    report = Report(take.performance)
    view = _view(request, session, report, has_keys=instruments.keys is not None)
    _introduce(view, instruments)
    return Sitting(session, report, view, inputs, clock, accompanist)


def _source(instruments: Instruments, events: list[Event] | None) -> str:
    """Where the take comes from, in a word that is kept with it."""
    if instruments.microphone is not None:
        return "microphone"
    return "midi" if events is None and instruments.audio is None else "file"


def _heard(
    request: PlayRequest,
    instruments: Instruments,
    session: PlaySession,
    clock: Callable[[], float],
) -> MicrophoneInput | AudioInput | None:
    """The microphone or the recording as an input, where one plays."""
    if request.hearing is None:
        return None
    instrument = instrument_for(request.hearing, request.score)
    make_ear = ear_maker(instrument, request.hearing.tuning, session)
    if instruments.microphone is not None:
        return MicrophoneInput(instruments.microphone, make_ear, request.hearing.delay_sec)
    assert instruments.audio is not None
    zero_sec = _recording_zero(session, clock(), 0.0)
    if instruments.first_note_sec is not None:
        first_beat = session.performance.score.notes["onset_beat"][0]
        due_sec = float(session.performance.clock.seconds(first_beat))
        zero_sec += due_sec - instruments.first_note_sec
    return AudioInput(instruments.audio, make_ear, zero_sec)


def _instruments(request: PlayRequest, stack: ExitStack) -> Instruments:
    """What was asked for; else a keyboard, or the computer's keys where there is a terminal."""
    if request.hearing is not None:
        return _listening(request.hearing, request.score, request.mode, stack)
    midi = None
    try:
        midi = MidiInput(request.midi)
        stack.callback(midi.close)  # one that leaves JACK without a word holds all others up
        midi.connect()
        return Instruments(midi)
    except MidiError as error:
        if request.midi is not None or not is_terminal():
            raise
        return Instruments(midi, keys=ComputerKeys(), told=f"the computer's keys play: {error}")


def _listening(hearing: HearingRequest, score: Score, mode: str, stack: ExitStack) -> Instruments:
    """The microphone, or the recording that stands for one."""
    instrument_for(hearing, score)  # refused before anything is opened
    if hearing.audio is not None:
        first_sec = first_note_sec(hearing, score) if mode == TEMPO else None
        file = stack.enter_context(AudioFile(hearing.audio, hearing.channel))
        return Instruments(audio=file, first_note_sec=first_sec)
    microphone = Microphone(hearing.mic, hearing.channel)
    microphone.connect()
    stack.callback(microphone.close)
    return Instruments(microphone=microphone)


def _clock(speed: float) -> Callable[[], float]:
    start_sec = clock_sec()
    return lambda: (clock_sec() - start_sec) * speed


def _recording_zero(session: PlaySession, now_sec: float, first_sec: float) -> float:
    """A recording's times are the take's where the clock leads; else it begins at once."""
    return now_sec - first_sec if session.zero_sec is None else session.zero_sec


def _view(request: PlayRequest, session: PlaySession, report: Report, has_keys: bool) -> View:
    console = Console()
    if not console.is_terminal:
        return PlainView(report)
    title = " – ".join(part for part in (request.title, request.score.composer) if part)
    return LiveView(session, report, console, title, has_keys)


def _introduce(view: View, instruments: Instruments) -> None:
    if instruments.told:
        view.notice(instruments.told)
    for port in (instruments.midi, instruments.microphone):
        if port is not None and not instruments.told:
            view.notice(f"listening to {port.name}")
    if instruments.first_note_sec is not None:
        told_sec = f"{instruments.first_note_sec:.2f} s"
        view.notice(f"the first note belongs {told_sec} into the recording: --first-note moves it")
    if instruments.output is not None:
        view.notice(f"the other hand is played on {instruments.output.name}")


def _typist(sitting: Sitting, keys: ComputerKeys | None) -> Callable[[str], None]:
    def receive(text: str) -> None:
        if keys is not None:
            keys.type(text, sitting.clock_sec())
        if QUIT_KEY in text:
            sitting.quit()

    return receive


def _tell_what_is_kept(sitting: Sitting) -> None:
    if sitting.session.take.has_begun:
        print(f"take {sitting.session.take.id} is kept: see `etude report last`")
    else:
        print("nothing was played, so nothing is kept")
