"""``etude play``: a piece at the keyboard or the microphone."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli.hearing import (
    MIC,
    A4Option,
    ChannelOption,
    InstrumentOption,
    TonicOption,
    TuningOption,
    make_tuning,
)

if TYPE_CHECKING:
    from engine.score import Score

MAX_SPEED = 1000.0
MAX_DELAY_MS = 1000.0  # of a microphone; a slower one is of no use


class Mode(StrEnum):
    """Who leads."""

    TEMPO = "tempo"
    FOLLOW = "follow"
    WAIT = "wait"


class OtherHand(StrEnum):
    """Who plays the hand that is not chosen."""

    SILENT = "silent"
    IGNORED = "ignored"
    MACHINE = "machine"


class Hands(StrEnum):
    """What is played."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


def _songs_beginning_with(incomplete: str) -> list[str]:
    """For the shell to complete; score files it knows itself."""
    from server.pieces import catalogue

    return [song.slug for song in catalogue.songs() if song.slug.startswith(incomplete)]


def play(
    song: Annotated[
        str,
        typer.Argument(
            help="A piece of `etude songs`, or a score file.", autocompletion=_songs_beginning_with
        ),
    ],
    midi: Annotated[
        str | None,
        typer.Option(
            help="MIDI input: name, part of it, or index.", show_default="the first keyboard"
        ),
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="The metronome leads, you lead, or the music waits.")
    ] = Mode.FOLLOW,
    tempo: Annotated[
        float | None,
        typer.Option(help="Quarter notes a minute.", show_default="as written"),
    ] = None,
    from_bar: Annotated[int | None, typer.Option(help="First bar.")] = None,
    to_bar: Annotated[int | None, typer.Option(help="Last bar.")] = None,
    repeats: Annotated[
        bool, typer.Option("--repeats/--no-repeats", help="Play repeats, or each bar once.")
    ] = True,
    hands: Annotated[Hands, typer.Option(help="Which hands.")] = Hands.BOTH,
    other_hand: Annotated[
        OtherHand,
        typer.Option(help="The other hand: not to be played, free to play, or played for you."),
    ] = OtherHand.SILENT,
    midi_out: Annotated[
        str | None,
        typer.Option(
            help="MIDI output for --other-hand machine: name, part of it, or index.",
            show_default="the keyboard's own",
        ),
    ] = None,
    recording: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help="Judge this MIDI or take file instead; where the metronome leads, it begins with "
            "the file.",
        ),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=MAX_SPEED, help="How fast --input or --audio is played; judged as at 1."
        ),
    ] = None,
    mic: Annotated[
        str | None,
        typer.Option(
            MIC,
            help="Listen to a microphone: name, part of it, or its number in `etude devices`; "
            "without one, the system's own.",
        ),
    ] = None,
    mic_delay: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=MAX_DELAY_MS,
            help="Milliseconds that the microphone is late unknown to its driver, as by Bluetooth.",
            show_default="0",
        ),
    ] = None,
    audio: Annotated[
        Path | None,
        typer.Option(help="Listen to this recording of sound as if it were at the microphone."),
    ] = None,
    first_note: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Where in --audio the first note belongs, in seconds, where the metronome leads.",
            show_default="the first that is heard",
        ),
    ] = None,
    instrument: InstrumentOption = None,
    a4: A4Option = None,
    tuning: TuningOption = None,
    tonic: TonicOption = None,
    channel: ChannelOption = None,
) -> None:
    """Play a piece and see note by note how it went. Ctrl-C or q ends it; the take is kept."""
    sources = {"--midi": midi, "--input": recording, "--mic": mic, "--audio": audio}
    chosen = [name for name, value in sources.items() if value is not None]
    if len(chosen) > 1:
        raise typer.BadParameter(f"{chosen[0]} and {chosen[1]} exclude each other")
    if speed is not None and recording is None and audio is None:
        raise typer.BadParameter("--speed needs --input or --audio")
    if first_note is not None and (audio is None or mode != Mode.TEMPO):
        raise typer.BadParameter("--first-note needs --audio and --mode tempo")
    wishes = {"--instrument": instrument, "--a4": a4, "--tuning": tuning, "--tonic": tonic}
    if mic_delay is not None and mic is None:
        raise typer.BadParameter("--mic-delay needs --mic")
    wished = [name for name, value in {**wishes, "--channel": channel}.items() if value is not None]
    if wished and mic is None and audio is None:
        raise typer.BadParameter(f"{wished[0]} needs --mic or --audio")
    if other_hand != OtherHand.SILENT and hands == Hands.BOTH:
        raise typer.BadParameter("--other-hand needs --hands left or right")
    if midi_out is not None and other_hand != OtherHand.MACHINE:
        raise typer.BadParameter("--midi-out needs --other-hand machine")
    from engine.score.hands import share_out
    from server.cli.playing.setup import PlayRequest, run

    hearing = None
    if mic is not None or audio is not None:
        from server.cli.playing.hearing import HearingRequest

        lies = make_tuning(a4, tuning, tonic)
        heard = None if channel is None else channel - 1
        delay_sec = (mic_delay or 0.0) / 1000.0
        hearing = HearingRequest(mic or None, audio, instrument, lies, heard, delay_sec, first_note)
    score, slug, title = _read(song)
    parts = share_out(
        score.section(from_bar, to_bar, repeats=repeats), hands.value, other_hand.value
    )
    request = PlayRequest(
        score=parts.score,
        song=slug,
        title=title,
        mode=mode.value,
        tempo_bpm=tempo,
        machine_notes=parts.machine_notes,
        midi=midi,
        midi_out=midi_out,
        recording=recording,
        speed=speed or 1.0,
        hearing=hearing,
    )
    status = run(request)
    if status:
        raise typer.Exit(status)


def _read(song: str) -> "tuple[Score, str, str]":
    """The score of a piece or file, the slug of a piece, and what to call it."""
    from engine.score import Score
    from server.cli.slow import slow_task
    from server.pieces import catalogue

    path = Path(song)
    with slow_task("reading the music"):
        if path.is_file() or len(path.parts) > 1:
            score = Score.read(path)
            return score, "", score.title or path.stem
        piece = catalogue.find(song)
        return piece.score(), piece.slug, piece.title
