"""``python -m bench pitch``: Etude and its public peers at the microphone.

Needs the development recordings of the pitch laboratory, which are not part of Etude. Raw estimates
are kept in the folder ``--out``: stopped, the run goes on where it was, and peers run once.
"""

import argparse
import asyncio
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.errors import BenchError
from bench.matching.command import SHARED, machine, names_of, positive, whole
from bench.pitch import hop_cost, material, native_hops, synth, synth_chords
from bench.pitch.hop_cost import HopCost
from bench.pitch.material import Item
from bench.pitch.native_hops import Instructions
from bench.pitch.plot import draw
from bench.pitch.results import Results, collect
from bench.pitch.runner import Setting, Standing, measure
from bench.pitch.store import Key, Store
from bench.pitch.tables import About, page
from bench.pitch.worker import KINDS

SECTIONS = (*KINDS, "hops")
PEERS = list(dict.fromkeys(name for engines in KINDS.values() for name in engines))
FEWER = 10
"""From Python a tenth of the hops are timed."""

ALL = list(
    dict.fromkeys(
        (
            *material.CONDITIONS,
            *material.HARDER,
            *material.CHORD_CONDITIONS,
            *synth.CONDITIONS,
            *synth_chords.CONDITIONS,
        )
    )
)
ONSET_CONDITIONS = ("clean", "small room", "at 16 kHz", *synth.CONDITIONS)
"""Conditions under which onsets are measured."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """The wishes of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench pitch",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--data", type=Path, default=SHARED / "data/pitch", help="folder of the recordings")
    add("--peers", type=names_of(PEERS), default=PEERS, help="who is measured")
    add("--kept", type=names_of(PEERS), default=[], help="told by what is kept, not measured")
    add("--sections", type=names_of(SECTIONS), default=list(SECTIONS), help="what is measured")
    add("--conditions", type=names_of(ALL), default=ALL, help="under which they are played")
    add("--match", default="", help="only items whose name contains this")
    add("--hops", type=whole(1), default=1_000_000, help="how many are timed of each part in C")
    add("--counted", type=whole(1), default=500, help="hops whose instructions are counted")
    add("--limit", type=positive, default=600.0, help="seconds that one item may take")
    add("--python", default=sys.executable, help="interpreter that has the peers")
    add("--out", type=Path, default=Path("build/pitch"), help="folder of the results")
    return parser.parse_args(arguments)


def items_of(section: str, wish: argparse.Namespace) -> list[Item]:
    """What is played in a section."""
    data = wish.data
    if section == "chords":
        items = material.chord_items(data) + synth_chords.make_items()
    else:
        items = material.make_items(data) + synth.make_items()
    if section == "onsets":
        items = [item for item in items if item.condition in ONSET_CONDITIONS]
    wanted = [item for item in items if item.condition in wish.conditions]
    return [item for item in wanted if wish.match in item.name]


def main(arguments: list[str]) -> None:
    """Measure and write."""
    wish = parse(arguments)
    material.manifest(wish.data)
    wish.out.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True, highlight=False)
    store = Store(wish.out)
    standings = asyncio.run(measure_all(wish, store, console))
    cost = measure_hops(wish)
    by_section = {s: items_of(s, wish) for s in wish.sections if s in KINDS}
    results = collect(standings, by_section, store, wish.data, cost)
    write(wish, results, arguments, console)


async def measure_all(wish: argparse.Namespace, store: Store, console: Console) -> list[Standing]:
    """Measure one engine after another, with a bar for each."""
    columns = (TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn())
    standings = []
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        for section in (s for s in wish.sections if s in KINDS):
            items = items_of(section, wish)
            for name in (n for n in KINDS[section] if n in (*wish.peers, *wish.kept)):
                if name in wish.kept:
                    standing = kept(store, section, name, items)
                else:
                    bar = progress.add_task(f"{section}: {name}", total=len(items))
                    advance = partial(progress.advance, bar)
                    standing = await measured(wish, store, Standing(section, name), items, advance)
                standings.append(standing)
                for told in (standing.missing, *standing.failures.values()):
                    if told:
                        console.print(f"{section}, {name}: {told}", markup=False)
    return standings


async def measured(
    wish: argparse.Namespace,
    store: Store,
    standing: Standing,
    items: list[Item],
    advanced: Callable[[], None],
) -> Standing:
    """An engine after its measurement; Etude runs in this very interpreter."""
    python = sys.executable if standing.name == "etude" else wish.python
    setting = Setting(wish.data.resolve(), python, wish.limit, wish.out.resolve())
    await measure(standing, items, store, setting, advanced)
    return standing


def kept(store: Store, section: str, name: str, items: list[Item]) -> Standing:
    """An engine by what the store has of it."""
    found = (store.load(Key(section, name, item.name)) for item in items)
    versions = {str(raw["version"]) for raw in found if raw is not None}
    if len(versions) == 1:
        return Standing(section, name, versions.pop())
    told = f"kept of {len(versions)} versions" if versions else "nothing kept"
    return Standing(section, name, missing=told)


def measure_hops(wish: argparse.Namespace) -> tuple[list[HopCost], list[Instructions]]:
    """Time hops in C and from Python, and count instructions."""
    if "hops" not in wish.sections:
        return [], []
    sound = hop_cost.hops(-(-wish.hops // hop_cost.PASSES))
    fewer = hop_cost.hops(-(-len(sound) // FEWER))
    with TemporaryDirectory() as folder:
        program = native_hops.build(Path(folder))
        hops = native_hops.costs(program, sound) + hop_cost.costs(fewer)
        return hops, native_hops.instructions(program, hop_cost.hops(wish.counted))


def write(
    wish: argparse.Namespace, results: Results, arguments: list[str], console: Console
) -> None:
    """The page and the picture."""
    if not (results.frames or results.onsets or results.chords or results.hops):
        raise BenchError("nothing was measured: see the reasons above")
    about = About(
        datetime.now(UTC).date().isoformat(),
        shlex.join(["python", "-m", "bench", "pitch", *arguments]),
        machine(),
        "results.svg",
    )
    page_path, picture_path = wish.out / "results.md", wish.out / about.picture
    page_path.write_text(page(results, about), encoding="utf-8")
    console.print(f"wrote {page_path}", markup=False)
    if not results.frames:
        return
    try:
        draw(results.frames, results.calibration, picture_path)
        console.print(f"wrote {picture_path}", markup=False)
    except BenchError as error:
        console.print(str(error), style="yellow", markup=False)
