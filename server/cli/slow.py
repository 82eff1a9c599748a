"""A progress bar for what turns out to take longer than a second."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_SEC = 1.0
REDRAW_EVERY = 64  # steps


@contextmanager
def slow_task(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function to report progress to: ``on_progress(done, total)``.

    The bar appears on stderr after ``PATIENCE_SEC``, where that is a terminal, and goes at the end.
    """
    from rich.console import Console
    from rich.progress import Progress

    started_sec = time.monotonic()
    console = Console(stderr=True)
    progress = Progress(console=console, transient=True, disable=not sys.stderr.isatty())
    bar = progress.add_task(label, total=None)

    def on_progress(done: int, total: int) -> None:
        if done % REDRAW_EVERY or time.monotonic() - started_sec < PATIENCE_SEC:
            return
        progress.start()
        progress.update(bar, completed=done, total=total)

    try:
        yield on_progress
    finally:
        progress.stop()
