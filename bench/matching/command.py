"""``python -m bench matching``: Etude and its public peers on real playing, with its mistakes.

Needs the matching laboratory and its data, which are not part of Etude. Results are kept in the
folder ``--out``: stopped, the run goes on where it was; tables and picture are written at its end.
"""

import argparse
import asyncio
import math
import os
import platform
import shlex
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.errors import BenchError
from bench.matching.matchers import MATCHERS, ROOT
from bench.matching.plot import draw
from bench.matching.runner import Run, Setting, Standing, check_laboratory
from bench.matching.store import Store
from bench.matching.summary import Measured, conditions_of
from bench.matching.tables import About, page
from bench.matching.tasks import TARGETS, Task, make_tasks

SHARED = ROOT.parent / "shared"


def parse(arguments: list[str]) -> argparse.Namespace:
    """The wishes of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench matching",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--lab", type=Path, default=SHARED / "matching_lab", help="folder of the laboratory")
    add("--data", type=Path, default=SHARED / "data/matching", help="folder of its pieces")
    add("--peers", type=names_of(MATCHERS), default=list(MATCHERS), help="who is measured")
    add("--conditions", type=names_of(TARGETS), default=list(TARGETS), help="under what")
    add("--max-notes", type=whole(0), default=400, help="of each piece; 0: all")
    add("--seeds", type=seeds, default=[1, 2, 3], help="of what is drawn")
    add("--jobs", type=whole(1), default=min(2, os.cpu_count() or 1), help="at a time")
    add("--limit", type=positive, default=120.0, help="seconds that one performance may take")
    add("--python", default=sys.executable, help="interpreter that has the peers")
    add("--out", type=Path, default=Path("build/matching"), help="folder of the results")
    return parser.parse_args(arguments)


def names_of(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Read names between commas."""

    def read(text: str) -> list[str]:
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return list(dict.fromkeys(names))

    return read


def whole(least: int) -> Callable[[str], int]:
    """Read a whole number, no less than the least."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and int(text) >= least):
            raise argparse.ArgumentTypeError(f"must be a whole number >= {least}, got {text!r}")
        return int(text)

    return read


def positive(text: str) -> float:
    """Read a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number > 0, got {text!r}")
    return value


def seeds(text: str) -> list[int]:
    """Read seeds between commas."""
    return list(dict.fromkeys(map(whole(1), text.split(","))))


def main(arguments: list[str]) -> None:
    """Measure and write."""
    wish = parse(arguments)
    check_laboratory(wish.lab)
    tasks = make_tasks(wish.data, wish.conditions, wish.seeds)
    store = Store(wish.out)
    setting = Setting(
        wish.lab.resolve(),
        wish.data.resolve(),
        wish.python,
        wish.max_notes,
        wish.jobs,
        wish.limit,
    )
    console = Console(stderr=True, highlight=False)
    standings = asyncio.run(measure(wish.peers, setting, store, wish.out, tasks, console))
    measured = [
        Measured(standing, store.rows(standing.name, standing.version, wish.max_notes, tasks))
        for standing in standings
    ]
    write(wish, measured, arguments, console)


async def measure(
    peers: list[str],
    setting: Setting,
    store: Store,
    out: Path,
    tasks: list[Task],
    console: Console,
) -> list[Standing]:
    """Measure one matcher after another, with a bar for each."""
    columns = (TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn())
    standings = []
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        for name in peers:
            bar = progress.add_task(MATCHERS[name].title, total=len(tasks))
            run = Run(name, setting, store, out, partial(progress.advance, bar))
            standings.append(await run.measure(tasks))
            if standings[-1].missing:
                console.print(f"{MATCHERS[name].title}: {standings[-1].missing}", markup=False)
    return standings


def write(
    wish: argparse.Namespace, measured: list[Measured], arguments: list[str], console: Console
) -> None:
    """The page and the picture."""
    conditions = conditions_of(measured, wish.conditions)
    if not conditions:
        raise BenchError("nothing was measured: see the reasons above")
    about = About(
        datetime.now(UTC).date().isoformat(),
        shlex.join(["python", "-m", "bench", "matching", *arguments]),
        machine(),
        wish.max_notes,
        ", ".join(map(str, wish.seeds)),
        "results.svg",
    )
    page_path, picture_path = wish.out / "results.md", wish.out / about.picture
    page_path.write_text(page(measured, conditions, about), encoding="utf-8")
    console.print(f"wrote {page_path}", markup=False)
    try:
        draw([m for m in measured if m.rows], conditions, picture_path)
        console.print(f"wrote {picture_path}", markup=False)
    except BenchError as error:
        console.print(str(error), style="yellow", markup=False)


def machine() -> str:
    """What kind of machine this is."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    python = platform.python_version()
    return f"{os.cpu_count()} cores of {model}, {platform.system()}, Python {python}"
