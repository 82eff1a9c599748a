"""``etude pitch``: the notes and the contour of a recording."""

import json
import sys
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.hearing import (
    A4Option,
    ChannelOption,
    InstrumentOption,
    TonicOption,
    TuningOption,
    make_tuning,
)

if TYPE_CHECKING:
    from engine.tuning import Tuning
    from server.inputs.recorded_pitch import RecordedPitch

WIDE_COLUMNS = 100  # a pipe has no edge to cut at
COLUMNS = ("start", "length", "note", "cents", "Hz", "sure")


def pitch(
    file: Annotated[Path, typer.Argument(help="A recording: WAV, FLAC, Ogg, MP3.")],
    out: Annotated[
        Path | None,
        typer.Argument(help="With --plot or --json: where to write it; must not exist."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Notes and contour as JSON (docs/pitch.md).")
    ] = False,
    plot: Annotated[
        bool,
        typer.Option(
            "--plot",
            help="A picture (SVG): piano roll, contour, cents. Without a name for it, it is kept "
            "with the reports and opened.",
        ),
    ] = False,
    instrument: InstrumentOption = None,
    a4: A4Option = None,
    tuning: TuningOption = None,
    tonic: TonicOption = None,
    channel: ChannelOption = None,
) -> None:
    """Tell which notes a recording has, how long they are and how many cents off."""
    from server.reports.files import refuse_existing

    if as_json and plot:
        raise typer.BadParameter("--json and --plot exclude each other")
    if out is not None and not (as_json or plot):
        raise typer.BadParameter("a second file needs --json or --plot")
    refuse_existing(out)
    wanted = make_tuning(a4, tuning, tonic)
    heard, rate_hz = _hear(file, instrument, wanted, channel)
    if as_json:
        _write_json(pitch_json(file, heard, rate_hz, instrument, wanted), out)
    elif plot:
        _write_plot(file, heard, wanted, out)
    else:
        _print_table(heard, wanted)


def _hear(
    path: Path, instrument: str | None, tuning: "Tuning", channel: int | None
) -> "tuple[RecordedPitch, int]":
    from server.cli.slow import slow_task
    from server.inputs.audio_files import AudioFile
    from server.inputs.recorded_pitch import hear_recording

    with (
        AudioFile(path, None if channel is None else channel - 1) as file,
        slow_task("listening") as on_progress,
    ):
        heard = hear_recording(file, instrument, tuning, on_progress)
    for remark in _remarks(file.n_not_finite, instrument):
        typer.echo(f"etude: {remark}", err=True)
    return heard, file.file_rate_hz


def _remarks(n_not_finite: int, instrument: str | None) -> list[str]:
    """What whoever reads the notes should know."""
    from engine.instruments import instrument_named

    remarks = []
    if n_not_finite:
        remarks.append(f"{n_not_finite} samples are no numbers: taken as silence")
    if instrument is not None and instrument_named(instrument).kind == "chords":
        remarks.append(
            "one note at a time is told here; chords are heard where a piece says which to expect: "
            "see `etude play --audio`"
        )
    return remarks


def pitch_json(
    path: Path, heard: "RecordedPitch", rate_hz: int, instrument: str | None, tuning: "Tuning"
) -> dict[str, Any]:
    """What ``--json`` writes: docs/pitch.md says what each field means."""
    from server.reports.pitch_chart import tonic_name

    frames = heard.frames
    f0_hz = [
        round(hz, 3) if voiced else None
        for hz, voiced in zip(frames["f0_hz"].tolist(), frames["is_voiced"].tolist(), strict=True)
    ]
    return {
        "file": path.name,
        "rate_hz": rate_hz,
        "duration_sec": round(heard.duration_sec, 4),
        "instrument": instrument,
        "a4_hz": tuning.a4_hz,
        "tuning": tuning.temperament,
        "tonic": tonic_name(tuning),
        "notes": [
            {
                "onset_sec": round(float(note["onset_sec"]), 4),
                "offset_sec": round(float(note["offset_sec"]), 4),
                "pitch": int(note["pitch"]),
                "name": tuning.name(int(note["pitch"])),
                "cents": _finite(float(note["cents"]), 1),
                "f0_hz": _finite(float(note["f0_hz"]), 3),
                "velocity": int(note["velocity"]),
                "confidence": _finite(float(note["confidence"]), 3),
            }
            for note in heard.notes
        ],
        "contour": {
            "time_sec": [round(sec, 4) for sec in frames["time_sec"].tolist()],
            "f0_hz": f0_hz,
            "confidence": [round(sure, 3) for sure in frames["confidence"].tolist()],
        },
    }


def _finite(value: float, digits: int) -> float | None:
    return round(value, digits) if isfinite(value) else None


def _write_json(told: dict[str, Any], out: Path | None) -> None:
    from server.reports.files import write_text

    text = json.dumps(told, ensure_ascii=False)
    if out is None:
        print(text)
    else:
        write_text(out, text + "\n")
        print(f"wrote {out}")


def _write_plot(path: Path, heard: "RecordedPitch", tuning: "Tuning", out: Path | None) -> None:
    from server.reports.files import private_folder, write_text
    from server.reports.pitch_chart import draw_pitch

    picture = draw_pitch(heard, tuning, path.name)
    kept = out or private_folder() / f"{path.stem}.pitch.svg"
    write_text(kept, picture, may_replace=out is None)
    print(f"wrote {kept}")
    if out is None and sys.stdout.isatty():
        import webbrowser

        webbrowser.open(kept.resolve().as_uri())


def _print_table(heard: "RecordedPitch", tuning: "Tuning") -> None:
    from rich.console import Console
    from rich.table import Table

    from server.reports.pitch_chart import cents_text, tuning_text

    console = Console(width=None if sys.stdout.isatty() else WIDE_COLUMNS, highlight=False)
    if not len(heard.notes):
        console.print("no note was heard")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == "note" else "right")
    for note in heard.notes:
        sure = float(note["confidence"])
        table.add_row(
            f"{note['onset_sec']:.2f} s",
            f"{note['offset_sec'] - note['onset_sec']:.2f} s",
            tuning.name(int(note["pitch"])),
            cents_text(float(note["cents"])),
            f"{note['f0_hz']:.1f}",
            f"{100 * sure:.0f} %" if isfinite(sure) else "",
        )
    console.print(table)
    n_notes = len(heard.notes)
    told = "1 note" if n_notes == 1 else f"{n_notes} notes"
    console.print(f"{told} in {heard.duration_sec:.1f} s, cents against {tuning_text(tuning)}")
