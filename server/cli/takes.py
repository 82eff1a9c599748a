"""``etude takes``, ``etude replay`` and ``etude db``: what was played and kept."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from server.cli.stored import DatabaseUrl, load_take, store_url, with_store

if TYPE_CHECKING:
    from server.store import TakeInfo

ID_SHOWN = 13  # the characters of an id that hold its millisecond: one player's takes differ there
DIFFERENT = 1  # exit status

Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]

takes_app = typer.Typer(help="List and export the takes that were kept.")
db_app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@takes_app.callback(invoke_without_command=True)
def takes(
    context: typer.Context,
    as_json: Json = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, the newest first.")] = 20,
    user: Annotated[str | None, typer.Option(help="Only the takes of this user.")] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List the takes that were kept, the newest first."""
    context.obj = database_url
    if context.invoked_subcommand is not None:
        return
    found = with_store(database_url, lambda store: store.list(user, limit))
    if as_json:
        print(
            msgspec.json.format(msgspec.json.encode([_plain_info(info) for info in found])).decode()
        )
    elif not found:
        print("no take has been kept yet")
    else:
        _print_table(found)


@takes_app.command()
def export(
    context: typer.Context,
    take: Annotated[str, typer.Argument(help="The beginning of its id, or `last`.")],
    file: Annotated[Path, typer.Argument(help="Where to write it; must not exist.")],
) -> None:
    """Write one take into a file that `etude replay` reads anywhere."""
    from server.takes.file import write_take

    write_take(file, load_take(context.obj, take))
    print(f"wrote {file}")


def replay(
    take: Annotated[str, typer.Argument(help="The beginning of its id, `last`, or a take file.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line a verdict, then the outcome.")
    ] = False,
    with_why: Annotated[
        bool, typer.Option("--why", help="Say what each verdict rests on.")
    ] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Judge a take again; exit status 1 if the result is not the same."""
    from server.cli.replayed import print_json, print_text
    from server.cli.slow import slow_task
    from server.takes.file import is_take_file, read_take
    from server.takes.replay import replay as judge_again

    path = Path(take)
    stored = read_take(path) if is_take_file(path) else load_take(database_url, take)
    with slow_task("judging") as on_progress:
        result = judge_again(stored, on_progress)
    if as_json:
        print_json(stored, result)
    else:
        print_text(stored, result, with_why=with_why)
    if not result.is_same:
        raise typer.Exit(DIFFERENT)


@db_app.command()
def upgrade(database_url: DatabaseUrl = None) -> None:
    """Bring the database up to the schema of this version."""
    from server.cli.slow import slow_task
    from server.store.upgrade import REVISIONS

    with slow_task("upgrading the database"):
        revision = asyncio.run(_upgrade(store_url(database_url)))
    if revision == REVISIONS[-1]:
        print(f"the database is at schema {revision} already")
    else:
        print(f"upgraded the database from schema {revision or 'none'} to {REVISIONS[-1]}")


@db_app.command()
def seed(database_url: DatabaseUrl = None) -> None:
    """Put this version's pieces into the database; the server does so at its start."""
    from server.pieces.seeding import seed as put_pieces

    n_changed = with_store(database_url, lambda store: put_pieces(store.database))
    print(f"{n_changed} pieces were new, changed or gone" if n_changed else "all pieces are there")


async def _upgrade(url: str) -> str | None:
    from server.store.database import opening
    from server.store.upgrade import current_revision
    from server.store.upgrade import upgrade as run_migrations

    async with opening(url) as engine:
        revision = await current_revision(engine)
        await run_migrations(engine)
        await engine.dispose()
    return revision


def _print_table(found: "list[TakeInfo]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Id", "Date", "Piece", "Mode"):
        table.add_column(heading, no_wrap=heading != "Piece")
    for heading in ("Notes", "Score"):
        table.add_column(heading, justify="right")
    table.add_column("Grade")
    table.add_column("Status")
    for info in found:
        table.add_row(*_cells(info))
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _plain_info(info: "TakeInfo") -> dict[str, Any]:
    return {**msgspec.structs.asdict(info), "summary": info.summary and info.summary._asdict()}


def _cells(info: "TakeInfo") -> list[str]:
    from rich.markup import escape

    marks = info.summary
    return [
        info.id[:ID_SHOWN],
        info.started_at.astimezone().strftime("%Y-%m-%d %H:%M"),
        escape(info.title),
        info.mode,
        "–" if info.notes_played is None else str(info.notes_played),
        "–" if marks is None else f"{marks.overall_score:.1f}",
        "–" if marks is None else marks.grade,
        info.status,
    ]
