"""Runs rooms side by side, each in one of a few processes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from bench.rooms.laboratory import Outcome, Task, enter, play


def play_all(
    tasks: Sequence[Task], folder: Path, jobs: int, played: Callable[[], object]
) -> dict[Task, Outcome]:
    """Play every task.

    Parameters
    ----------
    tasks : sequence of Task
        The longest first, if that is known.
    folder : Path
        The laboratory's.
    jobs : int
        How many at a time, >= 1.
    played : callable
        Called whenever one is done.
    """
    context = get_context("spawn")  # a fork would copy threads' locks
    outcomes = {}
    with ProcessPoolExecutor(jobs, context, initializer=enter, initargs=(folder,)) as pool:
        waiting = {pool.submit(play, task): task for task in tasks}
        try:
            for done in as_completed(waiting):
                outcomes[waiting[done]] = done.result()
                played()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return outcomes
