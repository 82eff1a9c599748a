"""How slowly a request may come: who holds a connection, and room for a long body, must use it.

A body that is not there at once is looked at every so often: what came since must be more than the
slowest honest line brings. So no sender holds what they have for longer than one look by standing
still, and none is too slow for being far away. Heads have as long as an idle connection.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from server.errors import ApiError

LOOK_SEC = 30.0
MIN_BYTES_PER_SEC = 8192  # a telephone at the edge of its network; 64 kB/s is common
# Of an idle connection, or a head; longer than proxies keep theirs, so that they close first.
HEAD_SEC = 75.0


class Pace:
    """Watches one body.

    Parameters
    ----------
    request : Request
        Whose body comes.

    Attributes
    ----------
    is_too_slow : bool
        Whether whoever reads it was stopped.
    """

    def __init__(self, request: web.Request) -> None:
        self.is_too_slow = False
        self._content = request.content
        self._n_bytes = 0
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(LOOK_SEC, self._look)

    def close(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        if self._content.is_eof():
            return
        n_bytes = self._content.total_bytes
        if n_bytes - self._n_bytes < LOOK_SEC * MIN_BYTES_PER_SEC:
            self.is_too_slow = True
            self._content.set_exception(_too_slow())
            return
        self._n_bytes = n_bytes
        self._timer = self._loop.call_later(LOOK_SEC, self._look)


@web.middleware
async def keep_pace(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse what comes too slowly with 408, and close its connection."""
    if request.content.is_eof():
        return await handler(request)
    with _watching(request) as pace:
        response = await handler(request)
    if pace.is_too_slow:
        request.content.feed_eof()  # the rest is not waited for
        response.force_close()
    return response


@contextmanager
def _watching(request: web.Request) -> Iterator[Pace]:
    pace = Pace(request)
    try:
        yield pace
    finally:
        pace.close()


def _too_slow() -> ApiError:
    return ApiError(
        408, "REQUEST_TIMEOUT", "the body came too slowly: try again over a better connection"
    )
