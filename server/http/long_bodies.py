"""How much memory long bodies may take: of one sender, and of all together.

Bytes count once they are there, so that nobody keeps others out by announcing what never comes.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from server.errors import ApiError

MIB = 1 << 20
OF_ONE_BYTES = 96 * MIB  # three of the longest
OF_ALL_BYTES = 384 * MIB  # while one is decoded, it is there two or three times
RETRY_SEC = 5


class LongBodies:
    """Counts the bytes of bodies that are read or worked on.

    Parameters
    ----------
    of_one_bytes, of_all_bytes : int
        How many there may be at a time, of one sender and in all.
    """

    def __init__(self, of_one_bytes: int = OF_ONE_BYTES, of_all_bytes: int = OF_ALL_BYTES) -> None:
        self.of_one_bytes = of_one_bytes
        self.of_all_bytes = of_all_bytes
        self._bytes: Counter[str] = Counter()

    @property
    def n_bytes(self) -> int:
        """How many there are now."""
        return self._bytes.total()

    @contextmanager
    def share(self, request: web.Request, who: str) -> Iterator[None]:
        """Let the body of a request grow until its answer is made."""
        share = request[SHARE] = Share(self, who)
        try:
            yield
        finally:
            self._bytes[who] -= share.n_bytes
            self._bytes += Counter()  # drops whoever has none

    def take(self, who: str, n_bytes: int) -> bool:
        """Count bytes, where there is room for them; tells whether there was."""
        is_full = self.n_bytes + n_bytes > self.of_all_bytes
        if is_full or self._bytes[who] + n_bytes > self.of_one_bytes:
            return False
        self._bytes[who] += n_bytes
        return True


class Share:
    """What one request has of it.

    Parameters
    ----------
    bodies : LongBodies
        Of all requests.
    who : str
        The sender.
    """

    def __init__(self, bodies: LongBodies, who: str) -> None:
        self.n_bytes = 0
        self._bodies = bodies
        self._who = who

    def grow(self, n_bytes: int) -> None:
        """Count more bytes of the body.

        Raises
        ------
        ApiError
            503 ``BUSY``, if there is no room for them.
        """
        if not self._bodies.take(self._who, n_bytes):
            raise ApiError(
                503,
                "BUSY",
                f"too much is being uploaded at once: try again in {RETRY_SEC} seconds",
                headers={"Retry-After": str(RETRY_SEC)},
            )
        self.n_bytes += n_bytes


LONG_BODIES = web.AppKey("long_bodies", LongBodies)
SHARE = web.RequestKey("share", Share)
