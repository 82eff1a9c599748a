"""``etude play`` and ``etude devices``: a piece at the keyboard, and the keyboards there are."""

import json
import sys
import time
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from engine.score import Score

MAX_SPEED = 1000.0
WATCH_SEC = 0.5  # how often --watch looks


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
        typer.Option(min=0.01, max=MAX_SPEED, help="How fast --input is played; judged as at 1."),
    ] = None,
) -> None:
    """Play a piece and see note by note how it went. Ctrl-C or q ends it; the take is kept."""
    if recording is not None and midi is not None:
        raise typer.BadParameter("--midi and --input exclude each other")
    if speed is not None and recording is None:
        raise typer.BadParameter("--speed needs --input")
    if other_hand != OtherHand.SILENT and hands == Hands.BOTH:
        raise typer.BadParameter("--other-hand needs --hands left or right")
    if midi_out is not None and other_hand != OtherHand.MACHINE:
        raise typer.BadParameter("--midi-out needs --other-hand machine")
    from engine.score.hands import share_out
    from server.cli.playing.setup import PlayRequest, run

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


def devices(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, or line a change.")] = (
        False
    ),
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on and tell which come and go, until Ctrl-C.")
    ] = False,
) -> None:
    """List the MIDI inputs there are."""
    from server.inputs.midi_library import open_client

    with closing(open_client()) as client:
        names = client.names()
        _list(names, as_json)
        while watch:
            time.sleep(WATCH_SEC)
            names = _tell_changes(names, client.names(), as_json)


def _list(names: list[str], as_json: bool) -> None:
    if as_json:
        print(json.dumps([{"index": k, "name": name} for k, name in enumerate(names)]), flush=True)
    elif names:
        print("\n".join(f"{k}  {name}" for k, name in enumerate(names)), flush=True)
    else:
        print("no MIDI input found: connect a keyboard", file=sys.stderr, flush=True)


def _tell_changes(old: list[str], new: list[str], as_json: bool) -> list[str]:
    changes = [(name, False) for name in old if name not in new]
    changes += [(name, True) for name in new if name not in old]
    for name, is_there in changes:
        if as_json:
            print(json.dumps({"name": name, "is_there": is_there}), flush=True)
        else:
            print(f"{'+' if is_there else '-'}  {name}", flush=True)
    return new
