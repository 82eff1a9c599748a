"""The drift laboratory: rooms whose truth is known, which nobody is told.

It is imported from its folder, in processes of their own.
"""

import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from bench.errors import BenchError

ETUDE, NAIVE = "engine.drift:SyncRoom", "seed"
RULES = {ETUDE: "Etude", NAIVE: "naive rule"}
"""What is measured, as the laboratory names it, and as we do."""

NEAR_SEC = 0.2
"""A status is compared with the truth of at most so much later."""
TRACK_MS = 5000.0
"""The laboratory's error of a client on another track; there is no drift then."""


class Task(NamedTuple):
    """One room, once."""

    scenario: str
    rule: str
    seed: int


class Statuses(NamedTuple):
    """What clients were told of themselves, all in the same order.

    Attributes
    ----------
    told_ms, confidence_ms : (n,) float64
        Drift and how far off it may be; NaN where that was not said.
    true_ms : (n,) float64
        The drift then.
    """

    told_ms: np.ndarray[Any, np.dtype[np.float64]]
    confidence_ms: np.ndarray[Any, np.dtype[np.float64]]
    true_ms: np.ndarray[Any, np.dtype[np.float64]]


class Outcome(NamedTuple):
    """What came of a task.

    Attributes
    ----------
    measured : dict
        As the laboratory's ``World.measure`` has it.
    online_ms : list of (n,) float64
        Size of the error of each client while it was online.
    statuses : Statuses
        Of all clients that play the host's track.
    """

    measured: dict[str, Any]
    online_ms: list[np.ndarray[Any, np.dtype[np.float64]]]
    statuses: Statuses


def check_laboratory(folder: Path) -> None:
    """See that the laboratory is there.

    Raises
    ------
    BenchError
        If it is not.
    """
    if not (folder / "synclab" / "world.py").is_file():
        raise BenchError(f"no drift laboratory in {folder}: give its folder with --lab")


def enter(folder: Path) -> None:
    """Let the laboratory be imported."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    sys.dont_write_bytecode = True  # it is not ours


def scenarios() -> dict[str, dict[str, Any]]:
    """The laboratory's rooms by their names."""
    return {s["name"]: s for s in import_module("synclab.scenarios_dev").SCENARIOS}


def merged(outcomes: list[Outcome]) -> dict[str, float]:
    """The laboratory's figures of several outcomes together."""
    figures: dict[str, float] = import_module("run").merged([o.measured for o in outcomes])
    return figures


class Heard:
    """Passes on to a rule, times it, and keeps what it says of confidence."""

    def __init__(self, rule: Any) -> None:
        self._rule, self.tick_ms = rule, rule.tick_ms
        self.confidence_ms: dict[str, list[float]] = {}
        self.sec, self.calls = 0.0, 0

    def on_message(self, now_ms: float, sender: str, event: str, data: dict[str, Any]) -> Any:
        """One event in, any number out."""
        return self._call(self._rule.on_message, now_ms, sender, event, data)

    def on_tick(self, now_ms: float) -> Any:
        """Time passes."""
        return self._call(self._rule.on_tick, now_ms)

    def _call(self, ask: Any, *arguments: Any) -> Any:
        began = perf_counter()
        out = list(ask(*arguments))
        self.sec += perf_counter() - began
        self.calls += 1
        for recipient, event, data in out:
            if event == "sync_status":
                told = self.confidence_ms.setdefault(recipient, [])
                told.append(data.get("confidenceMs", np.nan))
        return [message for message in out if message[1] in LABORATORY_EVENTS]


LABORATORY_EVENTS = {"sync_command", "sync_status", "ping", "request_state"}
"""Its clients obey these; rooms say more, to pages."""


def play(task: Task) -> Outcome:
    """One room, from beginning to end."""
    scenario = scenarios()[task.scenario]
    rule = Heard(import_module("run").make(task.rule))
    world = import_module("synclab.world").World(scenario, task.seed, rule)
    measured: dict[str, Any] = world.run()
    measured["compute_us"], measured["calls"] = 1e6 * rule.sec / max(1, rule.calls), rule.calls
    online = [online_errors(world, i) for i in range(len(world.clients))]
    return Outcome(measured, online, statuses_of(world, rule))


def online_errors(world: Any, client: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Sizes of the errors of one client but for its outages."""
    rows = world.err[world.clients[client].name]
    at_sec = np.array([row[0] for row in rows])
    is_online = np.ones(len(rows), bool)
    for begin, end in world.s["clients"][client].get("outages", ()):
        is_online &= (at_sec < begin) | (at_sec >= end)
    return np.abs([row[1] for row in rows])[is_online]


def statuses_of(world: Any, rule: Heard) -> Statuses:
    """What was told beside the truth, where both play the same track."""
    rows = []
    for name, told in world.status.items():
        truth = world.err.get(name, [])
        at_sec = np.array([row[0] for row in truth])
        for (sec, drift_ms, _), confidence_ms in zip(
            told, rule.confidence_ms.get(name, ()), strict=True
        ):
            k = int(np.searchsorted(at_sec, sec))
            if k == len(truth) or truth[k][0] - sec > NEAR_SEC:
                continue
            _, true_ms, host_plays, client_plays = truth[k]
            if host_plays and client_plays and abs(true_ms) < TRACK_MS:
                rows.append((drift_ms, confidence_ms, true_ms))
    return Statuses(*np.array(rows, float).reshape(-1, 3).T)
