"""What is measured: conditions, targets, and which pieces are played under them."""

from pathlib import Path
from typing import NamedTuple

from bench.errors import BenchError

NOVICES = "novice_dev"
"""A condition by the name of its pieces: beginners as recorded, nothing changed."""

UNSEEDED = {"clean", "half", "double", NOVICES}
"""Nothing is drawn for these: once is enough."""


class Target(NamedTuple):
    """Percent wanted of Etude: F1 of first answers and, where set, after revisions."""

    f1: float
    revised: float | None = None


TARGETS = {
    "clean": Target(99.8),
    "wrong5": Target(99.4),
    "wrong15": Target(98.3),
    "del5": Target(99.4),
    "del15": Target(98.3),
    "ins5": Target(99.4),
    "ins15": Target(98.3),
    "half": Target(99.6),
    "double": Target(99.6),
    "warp": Target(99.6),
    "stop3s": Target(99.6),
    "back4": Target(95.0),
    "skip2": Target(93.0),
    "restart": Target(99.5),
    "practice": Target(94.0, 96.0),
    NOVICES: Target(99.4),
}
"""Every condition and what is wanted of Etude on the development pieces."""

JUMPS = ("back4", "skip2", "restart", "practice")
RECOVERY_NOTES = 2
RECOVERED_PERCENT = 99.0
POSITION_PERCENT = 99.8
MEDIAN_US = 5.0
P99_US = 30.0


class Task(NamedTuple):
    """One performance to be matched; ``seed`` is 0 where nothing is drawn."""

    condition: str
    seed: int
    piece: str

    @property
    def folder(self) -> str:
        """The folder of pieces it is from."""
        return NOVICES if self.condition == NOVICES else "dev"


def make_tasks(data: Path, conditions: list[str], seeds: list[int]) -> list[Task]:
    """Every performance of these conditions, in their order.

    Raises
    ------
    BenchError
        If a folder of pieces is missing.
    """
    tasks = []
    for condition in conditions:
        folder = data / Task(condition, 0, "").folder
        if not folder.is_dir():
            raise BenchError(f"no pieces in {folder}: give the folder that holds dev and {NOVICES}")
        pieces = sorted(path.name for path in folder.iterdir() if path.is_dir())
        drawn = [0] if condition in UNSEEDED else seeds
        tasks += [Task(condition, seed, piece) for seed in drawn for piece in pieces]
    return tasks
