"""Requests at a fixed rate, whatever the answers: an open loop, each timed from when it was due.

A process of its own: ``python -m bench.rest.load`` reads a plan from stdin, prints what came of it.
A request whose time has come waits for one of the kept connections, and its clock runs meanwhile:
a server that stalls is charged for all who would have come.
"""

import asyncio
import sys
import time
from collections import Counter
from itertools import cycle, islice

import msgspec
import uvloop

from bench.load import allow_connections
from bench.rest.http import Answer, Ask, Connection

GIVE_UP_SEC = 30.0  # what has not been answered by then, after the last was sent, is lost


class Plan(msgspec.Struct):
    """What to do: these requests in turn, ``rate_hz`` of them a second."""

    url: str
    asks: list[Ask]
    token: str = ""
    rate_hz: float = 200.0
    seconds: float = 20.0
    connections: int = 50
    warm_sec: float = 1.0  # of the same load, before, not counted


class Outcome(msgspec.Struct):
    """What came of it.

    Attributes
    ----------
    answers_ms : list of float
        From when a request was due to its whole answer.
    statuses : dict of str to int
        How many answers of each status; ``lost`` are those without one.
    answer_bytes : int
        Of the longest answer.
    worst_late_ms : float
        How much later than due this process looked at a request at most: its own lateness.
    """

    answers_ms: list[float]
    statuses: dict[str, int]
    answer_bytes: int
    worst_late_ms: float


class Crowd:
    """Kept connections, and those that are free at the moment."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        host = plan.url.partition("://")[2]
        self._requests = cycle([ask.encoded(host, plan.token) for ask in plan.asks])
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        self._statuses: Counter[str] = Counter()
        self._answers_ms: list[float] = []
        self._answer_bytes = 0
        self._worst_late_sec = 0.0

    async def run(self) -> Outcome:
        """Connect, warm up, send everything at its time, and wait for the last answers."""
        for _ in range(self._plan.connections):
            self._free.put_nowait(await Connection.open(self._plan.url))
        await self._send(self._plan.warm_sec)
        self._answers_ms.clear()
        self._statuses.clear()
        self._worst_late_sec = 0.0
        await self._send(self._plan.seconds)
        return Outcome(
            self._answers_ms, dict(self._statuses), self._answer_bytes, 1e3 * self._worst_late_sec
        )

    async def _send(self, seconds: float) -> None:
        rate_hz = self._plan.rate_hz
        begin_sec = time.perf_counter()
        tasks: list[asyncio.Task[None]] = []
        for k, request in enumerate(islice(self._requests, round(seconds * rate_hz))):
            due_sec = begin_sec + k / rate_hz
            if (wait_sec := due_sec - time.perf_counter()) > 0.0:
                await asyncio.sleep(wait_sec)
            self._worst_late_sec = max(self._worst_late_sec, time.perf_counter() - due_sec)
            tasks.append(asyncio.create_task(self._ask(request, due_sec)))
        if not tasks:
            return
        _, unanswered = await asyncio.wait(tasks, timeout=GIVE_UP_SEC)
        for task in unanswered:
            task.cancel()
            self._statuses["lost"] += 1

    async def _ask(self, request: bytes, due_sec: float) -> None:
        connection = await self._free.get()
        try:
            answer = await connection.ask(request)
        except ConnectionError:
            self._statuses["lost"] += 1
            connection = await Connection.open(self._plan.url)
        else:
            self._note(answer, time.perf_counter() - due_sec)
        self._free.put_nowait(connection)

    def _note(self, answer: Answer, took_sec: float) -> None:
        self._answers_ms.append(1e3 * took_sec)
        self._statuses[str(answer.status)] += 1
        self._answer_bytes = max(self._answer_bytes, len(answer.body))


async def run(plan: Plan) -> Outcome:
    """Carry out a plan."""
    allow_connections(plan.connections)
    return await Crowd(plan).run()


if __name__ == "__main__":
    wish = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    print(msgspec.json.encode(uvloop.run(run(wish))).decode())
