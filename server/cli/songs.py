"""``etude songs``: the shipped pieces."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from server.errors import UnknownSongError
from server.pieces import catalogue
from server.pieces.catalogue import Song

HEADINGS = ("Id", "Name", "Title", "Kind", "Level", "Hands", "Composer", "Key")
NARROW_HEADINGS = 5
WIDE_COLUMNS = 200  # room for everything
MIN_WIDTH = 8
GAP = 2
TITLE = HEADINGS.index("Title")


def songs(
    query: Annotated[
        str, typer.Argument(help="Words of title, composer, kind or key; all pieces without.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead.")] = False,
) -> None:
    """List the shipped pieces."""
    found = catalogue.search(query)
    if as_json:
        typer.echo(json.dumps([_plain(song) for song in found], indent=2, ensure_ascii=False))
    elif not found:
        raise UnknownSongError(f"no piece has the words {query!r}")
    else:
        _print_table(found)


def _plain(song: Song) -> dict[str, object]:
    fields = asdict(song)
    return {**fields, "path": str(song.path)}


def _print_table(found: list[Song]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console.width = WIDE_COLUMNS  # a pipe has no edge to cut at
    headings = HEADINGS if console.width >= WIDE_COLUMNS else HEADINGS[:NARROW_HEADINGS]
    rows = [_row(song)[: len(headings)] for song in found]
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for heading, width in zip(headings, _widths(headings, rows, console.width), strict=True):
        justify: Literal["right", "left"] = "right" if heading == "Id" else "left"
        table.add_column(heading, justify=justify, width=width, no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _widths(headings: Sequence[str], rows: Sequence[Sequence[str]], columns: int) -> list[int]:
    """As wide as the longest cell; where there is no room, the title gives way."""
    widths = [max(map(len, cells)) for cells in zip(headings, *rows, strict=True)]
    missing = sum(widths) + GAP * (len(widths) - 1) - columns
    widths[TITLE] = max(MIN_WIDTH, widths[TITLE] - max(missing, 0))
    return widths


def _row(song: Song) -> tuple[str, ...]:
    level = "●" * song.level + "○" * (catalogue.MAX_LEVEL - song.level)
    first = (str(song.id), song.slug, song.title, song.kind)
    return (*first, level, song.hands, song.composer, song.key)
