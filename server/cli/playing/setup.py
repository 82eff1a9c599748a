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
from server.cli.playing.live_view import LiveView
from server.cli.playing.report import Report
from server.cli.playing.runner import Sitting, open_keeper, play_take
from server.cli.playing.session import PlaySession
from server.cli.playing.terminal_keys import is_terminal, typed_keys
from server.cli.playing.view import PlainView, View
from server.config import Settings
from server.inputs import Input
from server.inputs.computer_keys import ComputerKeys
from server.inputs.errors import MidiError
from server.inputs.files import RecordedInput, read_events
from server.inputs.midi import MidiInput
from server.inputs.midi_output import MidiOutput
from server.takes.take import Take

SIGNAL_STATUS = 128  # a shell reports a program that a signal ended as this and its number
QUIT_KEY = "q"


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


@dataclass
class Instruments:
    """What is listened to and played on; ``told`` is why it is not what was hoped for."""

    midi: MidiInput | None = None
    output: MidiOutput | None = None
    keys: ComputerKeys | None = None
    told: str = ""


def run(request: PlayRequest) -> int:
    """Play, sum up, and return the exit status."""
    return asyncio.run(_run(request))


async def _run(request: PlayRequest) -> int:
    settings = Settings.from_env()
    events = None if request.recording is None else read_events(request.recording)
    instruments = Instruments() if events is not None else _instruments(request)
    if len(request.machine_notes):
        input_name = None if instruments.midi is None else instruments.midi.name
        instruments.output = MidiOutput(request.midi_out, input_name)
    async with open_keeper(settings) as keeper:
        sitting = _sitting(request, instruments, events)
        with ExitStack() as stack:
            if is_terminal():
                stack.enter_context(typed_keys(_typist(sitting, instruments.keys)))
            ports = [port for port in (instruments.midi, instruments.output) if port is not None]
            await play_take(sitting, keeper, ports)
        print("\n".join(sitting.report.summary_lines()))
    _tell_what_is_kept(sitting)
    return 0 if sitting.signal is None else SIGNAL_STATUS + sitting.signal


def _sitting(request: PlayRequest, instruments: Instruments, events: list[Event] | None) -> Sitting:
    """Put together what runs from now on."""
    clock = clock_sec if events is None else _clock(request.speed)
    take = Take(
        request.score,
        mode=request.mode,
        tempo_bpm=request.tempo_bpm,
        song=request.song,
        title=request.title,
        source="midi" if events is None else "file",
    )
    output, machine, accompanist = instruments.output, None, None
    if output is not None:
        machine = Accompaniment(request.machine_notes, take.performance)
        accompanist = Accompanist(output)
    session = PlaySession(take, clock(), machine)
    inputs: list[Input] = [i for i in (instruments.midi, instruments.keys) if i is not None]
    if events is not None:
        inputs = [RecordedInput(events, _recording_zero(session, clock(), events[0].time_sec))]
    report = Report(take.performance)
    view = _view(request, session, report, has_keys=instruments.keys is not None)
    _introduce(view, instruments)
    return Sitting(session, report, view, inputs, clock, accompanist)


def _instruments(request: PlayRequest) -> Instruments:
    """The wanted keyboard; failing any, the computer's keys where there is a terminal."""
    midi = None
    try:
        midi = MidiInput(request.midi)
        midi.connect()
        return Instruments(midi)
    except MidiError as error:
        if request.midi is not None or not is_terminal():
            raise
        return Instruments(midi, keys=ComputerKeys(), told=f"the computer's keys play: {error}")


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
    elif instruments.midi is not None:
        view.notice(f"listening to {instruments.midi.name}")
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
