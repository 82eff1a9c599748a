"""Running the application: listen, wait for a signal, stop without losing anything."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable

import structlog
import uvloop
from aiohttp import web

from server.app import make_app
from server.config import Settings
from server.errors import BindError
from server.http import pace
from server.reachable import url_here

# Requests under way are given so long once live connections have left.
SHUTDOWN_SEC = 5.0
# With thousands of connections the collector walks all of them time and again for nothing:
# what a note leaves behind has no cycles.
GC_THRESHOLDS = (50_000, 50, 50)
BACKLOG = 1024
SWITCH_SEC = 0.0005  # a verdict waits no longer than this for a thread that holds the interpreter


def run(settings: Settings, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Parameters
    ----------
    settings : Settings
        What to serve where.
    on_ready : callable
        Called with the URL once the server answers.

    Raises
    ------
    BindError
        If the address cannot be listened on.
    """
    set_up_logs(settings.log_level)
    uvloop.run(serve(settings, on_ready))


async def serve(settings: Settings, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, on the loop that runs."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = make_runner(settings)
    try:
        await runner.setup()
        url = await _listen(runner, settings)
        tune_collector()
        sys.setswitchinterval(SWITCH_SEC)
        on_ready(url)
        await stop.wait()
    finally:
        await runner.cleanup()


def make_runner(settings: Settings) -> web.AppRunner:
    """Put the application together with what a connection may cost."""
    return web.AppRunner(
        make_app(settings),
        access_log=None,
        shutdown_timeout=SHUTDOWN_SEC,
        keepalive_timeout=pace.HEAD_SEC,
    )


async def _listen(runner: web.AppRunner, settings: Settings) -> str:
    """Open the port; gives the URL to type."""
    host, port = settings.host, settings.port
    try:
        await web.TCPSite(runner, host, port, backlog=BACKLOG).start()
    except OSError as error:
        # asyncio wraps the system's words in its own; a name that is not found has no such number.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror or str(error)
        raise BindError(f"cannot listen on {host} port {port}: {reason}") from None
    return url_here(settings.host, runner.addresses[0][1])


def tune_collector() -> None:
    """Keep what the start made out of every later collection, and collect seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def set_up_logs(level: str) -> None:
    """One line an occurrence, on stderr; never one a note."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                exception_formatter=structlog.dev.plain_traceback,  # a richer one shows variables
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
