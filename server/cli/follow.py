"""``etude follow``: a score and a performance of it, judged note by note."""

from pathlib import Path
from typing import Annotated

import typer


def follow(
    score: Annotated[Path, typer.Argument(help="MusicXML, MXL, MEI, ABC, Humdrum or MIDI file.")],
    performance: Annotated[Path, typer.Argument(help="MIDI file of what was played.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line a note, then a summary.")
    ] = False,
) -> None:
    """Follow a recorded performance through a score: each note's place and verdict."""
    from server.cli.following import follow_file

    follow_file(score, performance, as_json=as_json)
