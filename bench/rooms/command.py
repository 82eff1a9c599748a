"""``python -m bench rooms``: listening rooms in the drift laboratory, beside the naive rule.

Needs the drift laboratory, which is not part of Etude. Rooms are played in a few processes side by
side; the page and its picture are written at the end.
"""

import argparse
import os
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.errors import BenchError
from bench.matching.command import SHARED, machine, seeds, whole
from bench.rooms.laboratory import RULES, Task, check_laboratory, enter, scenarios
from bench.rooms.plot import draw
from bench.rooms.runner import play_all
from bench.rooms.summary import Outcomes, Row, by_rule, rows_of
from bench.rooms.tables import About, error_table, listening_table, page
from bench.rooms.targets import KINDS


def parse(arguments: list[str]) -> argparse.Namespace:
    """The wishes of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench rooms",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--lab", type=Path, default=SHARED / "sync_sim", help="folder of the laboratory")
    add("--scenario", default="", help="only rooms whose name contains this")
    add("--seeds", type=seeds, default=[1, 2, 3], help="each room is played with every one")
    add("--jobs", type=whole(1), default=min(2, os.cpu_count() or 1), help="at a time")
    add(
        "--out",
        type=Path,
        default=Path("build/rooms/results.md"),
        help="the page; its picture goes beside it",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Measure and write."""
    wish = parse(arguments)
    check_laboratory(wish.lab)
    enter(wish.lab.resolve())
    names = wanted_rooms(wish.scenario)
    console = Console(stderr=True, highlight=False)
    outcomes = measure(names, wish, console)
    rows = rows_of(outcomes, names)
    write(wish, rows, rooms_of(outcomes, names, rows), arguments, console)
    print(f"{error_table(rows)}\n\n{listening_table(rows)}")


def wanted_rooms(part: str) -> list[str]:
    """The laboratory's rooms whose name contains the part.

    Raises
    ------
    BenchError
        If there is none.
    """
    known = scenarios()
    names = [name for name in known if part in name]
    if not names:
        raise BenchError(f"no room of the laboratory is called {part!r}: {', '.join(known)}")
    return names


def measure(names: Sequence[str], wish: argparse.Namespace, console: Console) -> Outcomes:
    """Play all rooms under all rules."""
    longest_first = sorted(names, key=lambda name: -scenarios()[name]["duration"])
    tasks = [Task(*task) for task in product(longest_first, RULES, wish.seeds)]
    columns = (TextColumn("rooms"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("rooms", total=len(tasks))
        return play_all(tasks, wish.lab.resolve(), wish.jobs, partial(progress.advance, bar))


def rooms_of(outcomes: Outcomes, names: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """Every room by itself, in the laboratory's order."""
    kinds = {name: row.kind for row in rows for name in row.kind.rooms}
    return [
        Row(kinds.get(name, KINDS[0])._replace(rooms=(name,), remark=""), by_rule(outcomes, [name]))
        for name in names
    ]


def write(
    wish: argparse.Namespace,
    rows: Sequence[Row],
    rooms: Sequence[Row],
    arguments: list[str],
    console: Console,
) -> None:
    """The page and the picture."""
    picture = wish.out.with_suffix(".svg")
    about = About(
        datetime.now(UTC).date().isoformat(),
        shlex.join(["python", "-m", "bench", "rooms", *arguments]),
        machine(),
        ", ".join(map(str, wish.seeds)),
        picture.name,
    )
    wish.out.parent.mkdir(parents=True, exist_ok=True)
    wish.out.write_text(page(rows, rooms, about), encoding="utf-8")
    console.print(f"wrote {wish.out}", markup=False)
    try:
        draw(rows, picture)
        console.print(f"wrote {picture}", markup=False)
    except BenchError as error:
        console.print(str(error), style="yellow", markup=False)
