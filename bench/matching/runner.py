"""Runs matchers over performances, each in processes of its own under a time limit.

A matcher that is not installed, crashes or hangs costs its own results and no others.
"""

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any, NamedTuple

from bench.errors import BenchError
from bench.matching.matchers import ROOT
from bench.matching.store import Key, Store
from bench.matching.tasks import Task


class Setting(NamedTuple):
    """How everything is run; ``limit_sec`` is the longest that one performance may take."""

    lab: Path
    data: Path
    python: str
    max_notes: int
    jobs: int
    limit_sec: float


class Standing(NamedTuple):
    """Who was measured; ``missing`` tells why not, and what to install."""

    name: str
    version: str = ""
    licence: str = ""
    missing: str = ""


START_SEC = 120.0
"""A matcher may load a trained model before it says who it is."""


class LostError(Exception):
    """A worker ended or was ended; says why."""


class Worker:
    """One matcher in its own process: asked, it answers or is lost."""

    def __init__(self, process: asyncio.subprocess.Process, limit_sec: float) -> None:
        self._process, self._limit_sec = process, limit_sec

    @classmethod
    async def start(cls, name: str, setting: Setting, log: IO[bytes]) -> "Worker":
        """Start the process; what it prints goes to the log."""
        path = os.pathsep.join(map(str, (ROOT, setting.lab)))
        options = ("--data", str(setting.data), "--max-notes", str(setting.max_notes))
        process = await asyncio.create_subprocess_exec(
            setting.python,
            *("-m", "bench.matching.worker", name, *options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONPATH": path},
        )
        return cls(process, setting.limit_sec)

    async def greet(self) -> dict[str, Any]:
        """What it says first: who it is, or what it misses; or LostError."""
        return await self._answer(START_SEC)

    async def _answer(self, limit_sec: float) -> dict[str, Any]:
        """The next line it says, or LostError."""
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), limit_sec)
        except TimeoutError:
            raise LostError(f"took more than {limit_sec:g} s") from None
        if not line:
            raise LostError(f"its process ended with {await self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def measure(self, task: tuple[object, ...]) -> dict[str, Any]:
        """Have one task done, or LostError."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(task).encode() + b"\n")
            await self._process.stdin.drain()
        except ConnectionError:
            raise LostError(f"its process ended with {await self._process.wait()}") from None
        return await self._answer(self._limit_sec)

    async def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


class Run:
    """One matcher over all tasks.

    Parameters
    ----------
    advanced : callable
        Called after each task that is measured, or was before.
    """

    def __init__(
        self,
        name: str,
        setting: Setting,
        store: Store,
        folder: Path,
        advanced: Callable[[], None],
    ) -> None:
        self._name, self._setting, self._store = name, setting, store
        self._folder, self._advanced = folder, advanced
        self._standing = Standing(name, missing="not measured")

    async def measure(self, tasks: Iterable[Task]) -> Standing:
        """Measure what is not in the store yet, in several processes at a time."""
        todo = deque(tasks)
        with (self._folder / f"{self._name}.log").open("wb") as log:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._setting.jobs):
                    group.create_task(self._drain(todo, log))
        return self._standing

    async def _drain(self, todo: deque[Task], log: IO[bytes]) -> None:
        """One worker after another until nothing is left to do."""
        while todo:
            worker = await Worker.start(self._name, self._setting, log)
            try:
                if not await self._greet(worker):
                    return
                await self._work(worker, todo)
            finally:
                await worker.stop()

    async def _greet(self, worker: Worker) -> bool:
        """Whether the matcher is there."""
        try:
            self._standing = Standing(self._name, **await worker.greet())
        except LostError as error:
            reason = f"did not start: {error}; see {self._name}.log"
            self._standing = self._standing._replace(missing=reason)  # what it did before stays
        return not self._standing.missing

    async def _work(self, worker: Worker, todo: deque[Task]) -> None:
        """Measure until nothing is left to do or the worker is lost."""
        while todo:
            task = todo.popleft()
            key = Key(self._name, self._standing.version, self._setting.max_notes, *task)
            lost = False
            if key not in self._store:
                try:
                    measured = await worker.measure(task)
                except LostError as error:
                    measured, lost = {"failed": str(error), "f1": 0.0, "f1_revised": 0.0}, True
                self._store.add(key, measured)
            self._advanced()
            if lost:
                return


def check_laboratory(lab: Path) -> None:
    """Raise BenchError unless the laboratory is there."""
    lacks = [n for n in ("corpus", "perturb", "metrics", "run") if not (lab / f"{n}.py").is_file()]
    if lacks:
        raise BenchError(
            f"no matching laboratory in {lab} ({lacks[0]}.py is missing): "
            "give its folder with --lab; it is not part of Etude"
        )
