"""``etude report``: how a take went, bar by bar, and what to practise next."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli.stored import DatabaseUrl, load_take, with_store

if TYPE_CHECKING:
    from server.reports.making import Reported
    from server.store import TakeStore
    from server.takes.format import StoredTake

MAX_EARLIER = 200


def report(
    take: Annotated[str, typer.Argument(help="The beginning of its id, `last`, or a take file.")],
    json_file: Annotated[
        Path | None,
        typer.Argument(help="With --json: where to write it instead; must not exist."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a web page with charts; must not exist.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the web page in a browser.")
    ] = False,
    earlier: Annotated[
        int,
        typer.Option(
            min=0, max=MAX_EARLIER, help="Compare with so many earlier takes of the piece."
        ),
    ] = 10,
    database_url: DatabaseUrl = None,
) -> None:
    """Tell how a take went, bar by bar, and what to practise next."""
    from server.reports.files import refuse_existing

    if json_file is not None and not as_json:
        raise typer.BadParameter("a second file needs --json")
    refuse_existing(html, json_file)
    made = _make(take, earlier, database_url)
    for message in made.left_out:
        typer.echo(f"etude: {message}", err=True)
    if as_json:
        _write_json(made, json_file)
    if html is not None or open_page:
        _write_page(made, html, tells=not as_json or json_file is not None, opens=open_page)
    if not as_json:
        from server.cli.report_text import print_report

        print_report(made.take.header, made.report)


def _make(name: str, limit: int, database_url: str | None) -> "Reported":
    from server.cli.slow import slow_task
    from server.reports.making import report as make
    from server.takes.file import is_take_file, read_take

    path = Path(name)
    if is_take_file(path):
        take = read_take(path)
        earlier: list[StoredTake] = []
        left_out: list[str] = []
    else:
        take = load_take(database_url, name)
        earlier, left_out = _load_earlier(take, limit, database_url)
    with slow_task("judging") as on_progress:
        made = make(take, earlier, on_progress)
    return made._replace(left_out=left_out + made.left_out)


def _load_earlier(
    take: "StoredTake", limit: int, database_url: str | None
) -> "tuple[list[StoredTake], list[str]]":
    from server.reports.making import find_earlier

    async def find(store: "TakeStore") -> "tuple[list[StoredTake], list[str]]":
        return await find_earlier(store, take, limit)

    return with_store(database_url, find)


def _write_json(made: "Reported", file: Path | None) -> None:
    from server.reports.files import write_text
    from server.reports.models import report_json

    text = report_json(made.take.header, made.report)
    if file is None:
        print(text)
    else:
        write_text(file, text + "\n")
        print(f"wrote {file}")


def _write_page(made: "Reported", file: Path | None, *, tells: bool, opens: bool) -> None:
    from server.reports.files import private_folder, write_text
    from server.reports.page import report_page

    page = report_page(made.take.header, made.report)
    path = file
    if path is None:  # a page of our own making, to be looked at: the latest one counts
        path = private_folder() / f"{made.take.header.id}.html"
    write_text(path, page, may_replace=file is None)
    if tells:
        print(f"wrote {path}")
    if opens:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())
