"""``etude config``: what the server is told, by whom, and what it means."""

import os
import sys
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

if TYPE_CHECKING:
    from rich.console import Console

    from server.config.showing import Shown

    Parts = list[tuple[str, list[Shown]]]

WIDE_COLUMNS = 240  # room for everything
TABLE_MIN_COLUMNS = 160  # five columns in less are hard to read


def config(
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead.")] = False,
    example: Annotated[
        bool, typer.Option("--example", help="An etude.toml of every setting, commented out.")
    ] = False,
) -> None:
    """List every setting: its value, where that came from, and what it means."""
    from server.config import load
    from server.config.showing import example_toml, shown
    from server.config.sources import unknown_variables

    if example:
        print(example_toml(), end="")
        return
    settings = shown(load())
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(settings)).decode())
    else:
        _print(settings)
    for complaint in unknown_variables(os.environ, "the environment"):
        print(f"etude: {complaint}", file=sys.stderr)


def _print(settings: "list[Shown]") -> None:
    """A table where there is room for it, else a paragraph each."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDE_COLUMNS)
    parts = [(part, list(inside)) for part, inside in groupby(settings, lambda one: one.part)]
    if console.width >= TABLE_MIN_COLUMNS:
        _print_table(console, parts)
    else:
        _print_paragraphs(console, parts)


def _print_table(console: "Console", parts: "Parts") -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("Setting", "Value", "From", "Environment", "Meaning"):
        table.add_column(heading, overflow="fold")
    for part, inside in parts:
        table.add_row()
        table.add_row(f"[bold]{escape(part)}")
        for one in inside:
            cells = (one.name, _text(one.value), one.source, ", ".join(one.variables), one.meaning)
            table.add_row(*map(escape, cells))
    console.print(table)


def _print_paragraphs(console: "Console", parts: "Parts") -> None:
    from rich.markup import escape
    from rich.padding import Padding

    for part, inside in parts:
        console.print(f"\n[bold]{escape(part)}")
        for one in inside:
            value, source = escape(_text(one.value)), escape(one.source)
            console.print(f"\n[bold]{one.name}[/] = {value} [dim]({source})", highlight=False)
            meaning = f"{escape(one.meaning)} [dim]{', '.join(one.variables)}"
            console.print(Padding(meaning, (0, 0, 0, 4)), highlight=False)


def _text(value: Any) -> str:
    """A value in a cell."""
    if value is None or value == []:
        return "–"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
