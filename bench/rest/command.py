"""How soon practice sessions are listed and made at a fixed rate, beside a bare handler.

Requests are sent at their times whatever the answers; each is timed from when it was due. Beside
it: how many sessions a second the offline queue takes, and what live play feels of it all.
"""

import subprocess
import sys
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import uvloop

from bench.bench_server import running
from bench.load import Load
from bench.load import run as play
from bench.rest.http import Ask, Connection
from bench.rest.load import Outcome, Plan
from bench.rest.servers import BASE, KINDS, ask, serving, sign_up
from bench.wires import Wire

N_KEPT = 10_000
AT_ONCE = 500
PLAYERS, NOTES_HZ = 20, 8.0
_LOAD = (sys.executable, "-m", "bench.rest.load")
_BARE = (sys.executable, "-m", "bench.rest.bare")
SESSION = {
    "date": "2026-03-01T18:30:00+01:00",
    "duration_seconds": 1500.0,
    "song_name": "A waltz of my own",
    "instrument": "piano",
    "focus": "left hand",
    "rating": 4,
    "notes": "Slower next time.",
    "tags": ["waltz", "evening"],
    "score_accuracy": 91.5,
}
LIST = Ask("GET", BASE + "sessions?limit=50")
MAKE = Ask("POST", BASE + "sessions", msgspec.json.encode(SESSION).decode())


class Row(msgspec.Struct):
    """One line of the table; ``ratio`` is the median beside the bare handler's."""

    database: str
    what: str
    p50_ms: float
    p99_ms: float
    max_ms: float
    ratio: float | None = None
    per_sec: float | None = None
    answers: dict[str, int] = {}
    sender_late_ms: float = 0.0


def measure(kind: str, rate_hz: float, seconds: float) -> Iterator[Row]:
    """Measure one kind of database, each line as soon as it is there."""
    with serving(kind) as (url, pid):
        token = uvloop.run(sign_up(url))
        yield _filled(kind, url, token)
        for what, asked in (("GET sessions", LIST), ("POST sessions", MAKE)):
            plan = Plan(url, [asked], token, rate_hz, seconds)
            outcome = load(plan)
            size = str(outcome.answer_bytes)
            with running(*_BARE, size, size) as (bare_url, _):
                bare = load(msgspec.structs.replace(plan, url=bare_url))
            yield _row("bare", what, bare)
            yield _row(kind, what, outcome, float(np.median(bare.answers_ms)))
        notes = Load(PLAYERS, round(seconds * NOTES_HZ), NOTES_HZ, is_awake=False)
        yield _played(kind, "feedback alone", url, pid, notes)
        plan = Plan(url, [LIST, MAKE], token, rate_hz, seconds)
        with _loading(plan):
            yield _played(kind, f"feedback beside {rate_hz:g} requests/s", url, pid, notes)


def load(plan: Plan) -> Outcome:
    """Carry out a plan in a process of its own."""
    done = subprocess.run(_LOAD, input=msgspec.json.encode(plan), capture_output=True, check=True)
    return msgspec.json.decode(done.stdout, type=Outcome)


@contextmanager
def _loading(plan: Plan) -> Iterator[None]:
    """Carry out a plan meanwhile."""
    with subprocess.Popen(_LOAD, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(msgspec.json.encode(plan))
        process.stdin.close()
        yield
        msgspec.json.decode(process.stdout.read(), type=Outcome)


def _filled(kind: str, url: str, token: str) -> Row:
    """Fill the account by the offline queue."""
    return uvloop.run(_fill(kind, url, token))


async def _fill(kind: str, url: str, token: str) -> Row:
    connection, took_ms = await Connection.open(url), []
    for _ in range(N_KEPT // AT_ONCE):
        made = [
            {"op": "create", "id": str(uuid.uuid4()), "session": SESSION} for _ in range(AT_ONCE)
        ]
        begin_sec = time.perf_counter()
        answer = await ask(connection, url, token, "POST sessions/batch", {"items": made})
        took_ms.append(1e3 * (time.perf_counter() - begin_sec))
        assert {verdict["status"] for verdict in answer["items"]} == {"applied"}
    connection.close()
    p50_ms, p99_ms, max_ms = np.percentile(took_ms, (50, 99, 100))
    per_sec = 1e3 * N_KEPT / sum(took_ms)
    return Row(kind, f"sessions/batch of {AT_ONCE}", p50_ms, p99_ms, max_ms, per_sec=per_sec)


def _played(kind: str, what: str, url: str, pid: int, notes: Load) -> Row:
    result = uvloop.run(play(url, Wire, notes, pid))
    p50_ms, p99_ms, max_ms = 1e3 * np.percentile(result.round_trips_sec, (50, 99, 100))
    answers = {"sent": result.sent, "lost": result.lost}
    return Row(kind, what, p50_ms, p99_ms, max_ms, answers=answers)


def _row(database: str, what: str, outcome: Outcome, bare_ms: float | None = None) -> Row:
    p50_ms, p99_ms, max_ms = np.percentile(outcome.answers_ms, (50, 99, 100))
    ratio = None if bare_ms is None else p50_ms / bare_ms
    late_ms = outcome.worst_late_ms
    return Row(
        database, what, p50_ms, p99_ms, max_ms, ratio,
        answers=outcome.statuses, sender_late_ms=late_ms,
    )  # fmt: skip


def print_row(row: Row) -> None:
    """Print one line of the Markdown table."""
    ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
    per_sec = "" if row.per_sec is None else f"{row.per_sec:.0f}"
    told = ", ".join(f"{name}: {count}" for name, count in row.answers.items())
    print(
        f"| {row.database} | {row.what} | {row.p50_ms:.2f} | {row.p99_ms:.2f} | {row.max_ms:.2f} "
        f"| {ratio} | {per_sec} | {told} | {row.sender_late_ms:.1f} |",
        flush=True,
    )


def main(arguments: list[str]) -> None:
    """Read what to measure, print the table and write it down."""
    parser = ArgumentParser(prog="python -m bench rest", description=__doc__)
    parser.add_argument("--database", choices=KINDS, action="append", help="one only")
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--json", type=Path, help="where to write the figures down")
    wish = parser.parse_args(arguments)
    print(
        "| server | what | p50 ms | p99 ms | max ms | x bare | per s | answers | sender late ms |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    rows = []
    for kind in wish.database or KINDS:
        for row in measure(kind, wish.rate, wish.seconds):
            print_row(row)
            rows.append(row)
    if wish.json is not None:
        wish.json.write_bytes(
            msgspec.json.format(msgspec.json.encode(rows, enc_hook=float), indent=1)
        )
