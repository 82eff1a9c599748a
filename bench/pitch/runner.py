"""Runs engines over items, each in a process of its own under a time limit.

An engine that is not installed, crashes or hangs costs its own results and no others.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bench.matching.matchers import ROOT
from bench.matching.runner import LostError, Worker
from bench.pitch.material import Item
from bench.pitch.store import Key, Store
from bench.pitch.worker import Task


@dataclass
class Standing:
    """Who was measured; ``missing`` tells why not; ``failures`` are reasons by item."""

    section: str
    name: str
    version: str = ""
    missing: str = ""
    failures: dict[str, str] = field(default_factory=dict)


@dataclass
class Setting:
    """How everything is run; ``limit_sec`` is the longest that one item may take."""

    data: Path
    python: str
    limit_sec: float
    folder: Path


async def start(standing: Standing, setting: Setting, log: IO[bytes]) -> Worker:
    """An engine in its own process, on one thread; what it prints goes to the log."""
    one = {f"{who}_NUM_THREADS": "1" for who in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    process = await asyncio.create_subprocess_exec(
        setting.python,
        *("-m", "bench.pitch.worker", standing.section, standing.name),
        *("--data", str(setting.data)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        env={**os.environ, **one, "PYTHONPATH": str(ROOT)},
    )
    return Worker(process, setting.limit_sec)


async def measure(
    standing: Standing,
    items: Sequence[Item],
    store: Store,
    setting: Setting,
    advanced: Callable[[], None],
) -> None:
    """Measure what is not in the store; the standing tells how it went."""
    todo = deque(items)
    with (setting.folder / f"{standing.section}-{standing.name}.log").open("wb") as log:
        while todo and not standing.missing:
            worker = await start(standing, setting, log)
            try:
                await work(worker, standing, todo, store, advanced)
            except LostError as error:
                standing.missing = f"did not start: {error}; see {Path(log.name).name}"
            finally:
                await worker.stop()


async def work(
    worker: Worker,
    standing: Standing,
    todo: deque[Item],
    store: Store,
    advanced: Callable[[], None],
) -> None:
    """Measure until nothing is left or the worker is lost; LostError if it does not start."""
    hello = await worker.greet()
    standing.missing, standing.version = hello.get("missing", ""), hello.get("version", "")
    while todo and not standing.missing:
        item = todo.popleft()
        key = Key(standing.section, standing.name, item.name)
        lost = False
        if not store.has(key, standing.version):
            store.path(key).unlink(missing_ok=True)
            try:
                failed = (await worker.measure(Task(str(store.path(key)), *item)))["failed"]
            except LostError as error:
                failed, lost = str(error), True
            if failed:
                standing.failures[item.name] = failed
        advanced()
        if lost:
            return
