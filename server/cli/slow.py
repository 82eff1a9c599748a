"""A progress bar for what turns out to take longer than a second."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_SEC = 1.0
REDRAW_EVERY = 64  # steps


@contextmanager
def slow_task(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function to report progress to: ``on_progress(done, total)``.

    The bar appears on stderr after ``PATIENCE_SEC``, where that is a terminal, and goes at the end.
    It only tells that something goes on until progress is reported.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    progress = Progress(console=console, transient=True, disable=not sys.stderr.isatty())
    bar = progress.add_task(label, total=None)

    def on_progress(done: int, total: int) -> None:
        if done % REDRAW_EVERY == 0:
            progress.update(bar, completed=done, total=total)

    timer = threading.Timer(PATIENCE_SEC, progress.start)
    timer.start()
    try:
        yield on_progress
    finally:
        timer.cancel()
        timer.join()
        progress.stop()
