"""kill -9 while practice sessions are written: what was acknowledged has to be there, once.

Clients write as fast as they can, singly and in batches; at a random moment the server is killed,
and started again on the same database. Then everything is looked at without the server, and the
clients send again what was not acknowledged.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.bench_server import SERVER
from bench.errors import BenchError
from bench.rest.http import Connection
from bench.rest.integrity import compare, look
from bench.rest.servers import KINDS, PLENTY, database, sign_up
from bench.rest.writers import Writer
from server.store.database import is_sqlite, opening

SEED = 6
SIZES = (1, 1, 20, 20)  # of the clients' requests
WRITING_SEC = (0.02, 0.6)  # from the first acknowledgement of a round to the kill
LOOK_SEC = 0.01
TELL_EVERY = 10  # rounds
GONE_SEC = 30.0  # for what a dead server left to PostgreSQL to end
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)


class Result(msgspec.Struct):
    """What all rounds found.

    Attributes
    ----------
    acknowledged : int
        Sessions that the server said it keeps.
    cut : int
        Requests that a kill left without an answer.
    kept_unheard : int
        Batches among these that had been carried out.
    lost, doubled, halves : int
        As :class:`bench.rest.integrity.Findings` counts them; all have to be 0.
    halved_answers : int
        Batches that, sent again, were answered as carried out in part; has to be 0, too.
    problems : list of str
        What the database's own checks complained of.
    """

    database: str
    rounds: int = 0
    acknowledged: int = 0
    cut: int = 0
    kept_unheard: int = 0
    lost: int = 0
    doubled: int = 0
    halves: int = 0
    halved_answers: int = 0
    problems: list[str] = []
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled, halved or damaged."""
        wrong = self.lost + self.doubled + self.halves + self.halved_answers
        return not (wrong or self.problems)


class Running(NamedTuple):
    """A server that runs."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def started(env: dict[str, str]) -> Iterator[Running]:
    """Run a server; whatever happens, it is killed at the end."""
    with subprocess.Popen(
        SERVER, env={**os.environ, **PLENTY, **env}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            found = re.search(r"http://[^\s/]+", line)
            if found is None:
                raise BenchError(f"the server did not start: {line!r}")
            yield Running(process, found[0].replace("localhost", "127.0.0.1"))
        finally:
            process.kill()


def survive(kind: str, rounds: int) -> Result:
    """Kill a server so many times on one kind of database; tell what came of it."""
    begin_sec, result = time.perf_counter(), Result(kind, problems=[])
    with tempfile.TemporaryDirectory() as folder, database(kind) as settings:
        env = {"ETUDE_DATA_DIR": folder, **settings}
        url = settings.get("ETUDE_DATABASE_URL", f"sqlite:///{Path(folder) / 'etude.db'}")
        writers: list[Writer] = []
        for _ in range(rounds):
            asyncio.run(_round(env, writers, result))
            asyncio.run(_check(url, writers, result))
            if result.rounds % TELL_EVERY == 0:
                _sum_up(result, writers, begin_sec)
                print(f"{kind}: {result}", file=sys.stderr, flush=True)
        asyncio.run(_end(env, writers))
        asyncio.run(_check(url, writers, result))
    _sum_up(result, writers, begin_sec)
    return result


def _sum_up(result: Result, writers: list[Writer], begin_sec: float) -> None:
    result.acknowledged = sum(len(writer.acknowledged) for writer in writers)
    result.cut = sum(writer.repeated for writer in writers)
    result.kept_unheard = sum(writer.kept_unheard for writer in writers)
    result.halved_answers = sum(writer.halves for writer in writers)
    result.seconds = time.perf_counter() - begin_sec


async def _round(env: dict[str, str], writers: list[Writer], result: Result) -> None:
    """Start a server, write, and kill it at a random moment."""
    rng = np.random.default_rng((SEED, result.rounds))
    with started(env) as server:
        if not writers:
            token = await sign_up(server.url)
            writers += [Writer(f"client {k}", token, n, rng) for k, n in enumerate(SIZES)]
        result.lost += await _n_unreadable(server.url, writers)
        before = sum(len(writer.acknowledged) for writer in writers)
        tasks = [asyncio.create_task(writer.write(server.url)) for writer in writers]
        while sum(len(writer.acknowledged) for writer in writers) == before:
            await asyncio.wait(tasks, timeout=LOOK_SEC, return_when=asyncio.FIRST_EXCEPTION)
            _raise_from(tasks)
        await asyncio.sleep(rng.uniform(*WRITING_SEC))
        server.process.kill()
        server.process.wait()
        await asyncio.gather(*tasks)
    result.rounds += 1


async def _end(env: dict[str, str], writers: list[Writer]) -> None:
    """Send again what the last kill cut off."""
    with started(env) as server:
        connection = await Connection.open(server.url)
        for writer in writers:
            if writer.pending:
                writer.repeated += 1
                await writer.send(connection, server.url)
        connection.close()


async def _check(url: str, writers: list[Writer], result: Result) -> None:
    async with opening(url) as engine:
        if not is_sqlite(engine.url):
            await _others_are_gone(engine)
        await engine.dispose()
    held = await look(url)
    findings = compare(held, writers)
    result.lost += findings.lost
    result.doubled += findings.doubled
    result.halves += findings.halves
    result.problems += held.problems


async def _others_are_gone(engine: AsyncEngine) -> None:
    """Wait until PostgreSQL has ended what the dead server had begun, one way or the other."""
    async with asyncio.timeout(GONE_SEC), engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        while (await connection.execute(_OTHERS)).scalar_one():
            await asyncio.sleep(LOOK_SEC)


async def _n_unreadable(url: str, writers: list[Writer]) -> int:
    """How many of the clients' last acknowledged sessions the server does not show."""
    connection = await Connection.open(url)
    shown = [await writer.is_readable(connection, url) for writer in writers]
    connection.close()
    return shown.count(False)


def _raise_from(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        if task.done():
            task.result()
    if all(task.done() for task in tasks):
        raise BenchError("the server ended by itself")


def main(arguments: list[str]) -> None:
    """Kill, print what was found, and fail if anything is wrong."""
    parser = ArgumentParser(prog="python -m bench rest-survival", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="how often the server is killed")
    parser.add_argument("--database", choices=KINDS, action="append", help="one only")
    wish = parser.parse_args(arguments)
    print(
        "| database | kills | acknowledged | cut off | batches kept unheard "
        "| lost | doubled | halves | integrity | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    is_clean = True
    for kind in wish.database or KINDS:
        found = survive(kind, wish.rounds)
        is_clean &= found.is_clean
        halves = found.halves + found.halved_answers
        print(
            f"| {found.database} | {found.rounds} | {found.acknowledged} | {found.cut} "
            f"| {found.kept_unheard} | {found.lost} | {found.doubled} | {halves} "
            f"| {'; '.join(found.problems) or 'clean'} | {found.seconds:.0f} |",
            flush=True,
        )
    if not is_clean:
        raise BenchError("something was lost, doubled, halved or damaged: see the table")
