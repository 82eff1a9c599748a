"""Counting uses in windows of time: in this process, or in Redis for all processes together.

A window begins with its first use and lasts a fixed time. One process counts by itself in a
microsecond; the library ``limits`` walks over all keys at each use of its memory store, which
takes a millisecond once there are ten thousand, on the loop where notes are judged.
"""

import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

import structlog
from aiohttp import web
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

T = TypeVar("T")

KEYS_MAX = 100_000  # some 20 MB; the oldest windows are forgotten where there are more
REDIS_PREFIX = "etude:uses:"
REDIS_TIMEOUT_SEC = 0.5
REDIS_RETRY_SEC = 10.0  # how long a Redis that failed is left alone


class Uses(NamedTuple):
    """How often something was used in a window, this time included, and when the window ends."""

    times: int
    left_sec: float


class MemoryWindows:
    """Counts in this process."""

    def __init__(self) -> None:
        self._windows: dict[str, list[float]] = {}  # count, end

    def count(self, key: str, window_sec: float, now_sec: float) -> Uses:
        """Count one use; a window that is over begins anew."""
        window = self._windows.get(key)
        if window is None or window[1] <= now_sec:
            self._windows.pop(key, None)  # in the order of their beginning
            if len(self._windows) >= KEYS_MAX:
                self._make_room(now_sec)
            window = self._windows[key] = [0, now_sec + window_sec]
        window[0] += 1
        return Uses(int(window[0]), window[1] - now_sec)

    def look(self, key: str, window_sec: float, now_sec: float) -> Uses:
        """Tell how often it was used so far."""
        times, end_sec = self._windows.get(key, (0, 0.0))
        if end_sec <= now_sec:
            return Uses(0, window_sec)
        return Uses(int(times), end_sec - now_sec)

    def forget(self, key: str) -> None:
        """Count from none again."""
        self._windows.pop(key, None)

    def _make_room(self, now_sec: float) -> None:
        """Drop what is over, and the oldest tenth of the rest: seldom enough to cost nothing."""
        running = {key: window for key, window in self._windows.items() if window[1] > now_sec}
        for key in list(running)[: len(running) - KEYS_MAX * 9 // 10]:
            del running[key]
        self._windows = running


class Windows:
    """Counts in Redis where there is one, in this process where there is none or it is away.

    Parameters
    ----------
    redis_url : str, optional
        Shared by all processes of a server.
    """

    def __init__(self, redis_url: str | None = None) -> None:
        self._memory = MemoryWindows()
        self._redis = _redis_at(redis_url) if redis_url else None
        self._away_until_sec = 0.0
        self._is_away = False

    async def count(self, key: str, window_sec: int) -> Uses:
        """Count one use."""
        counted = await self._ask(lambda redis: _count_in(redis, REDIS_PREFIX + key, window_sec))
        return counted or self._memory.count(key, window_sec, time.monotonic())

    async def look(self, key: str, window_sec: int) -> Uses:
        """Tell how often it was used so far."""
        seen = await self._ask(lambda redis: _look_in(redis, REDIS_PREFIX + key, window_sec))
        return seen or self._memory.look(key, window_sec, time.monotonic())

    async def forget(self, key: str) -> None:
        """Count from none again."""
        self._memory.forget(key)
        await self._ask(lambda redis: redis.delete(REDIS_PREFIX + key))

    @property
    def has_redis(self) -> bool:
        """Whether processes of this server share their counts."""
        return self._redis is not None

    async def problem(self) -> str | None:
        """Say what keeps Redis from answering; None where it does, or where there is none."""
        if self._redis is None:
            return None
        try:
            await self._redis.execute_command("PING")  # type: ignore[no-untyped-call]
        except (RedisError, OSError) as error:
            return type(error).__name__  # the rest may name hosts, and anybody may ask
        return None

    async def close(self) -> None:
        """Let go of Redis."""
        if self._redis:
            await self._redis.aclose()

    async def _ask(self, question: Callable[[Redis], Awaitable[T]]) -> T | None:
        """Ask Redis; None where there is none, or it does not answer."""
        if not self._redis or time.monotonic() < self._away_until_sec:
            return None
        try:
            answer = await question(self._redis)
        except (RedisError, OSError) as error:
            self._leave_alone(error)
            return None
        self._is_back()
        return answer

    def _leave_alone(self, error: Exception) -> None:
        self._away_until_sec = time.monotonic() + REDIS_RETRY_SEC
        if not self._is_away:
            self._is_away = True
            log.warning("Redis is away: each process counts requests by itself", error=str(error))

    def _is_back(self) -> None:
        if self._is_away:
            self._is_away = False
            log.info("Redis is back: requests are counted together")


WINDOWS = web.AppKey("windows", Windows)


def _redis_at(url: str) -> Redis:
    wait_sec = REDIS_TIMEOUT_SEC
    return Redis.from_url(url, socket_timeout=wait_sec, socket_connect_timeout=wait_sec)


async def _count_in(redis: Redis, key: str, window_sec: int) -> Uses:
    """One round trip, and nothing in between: a window always has an end."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.set(key, 0, nx=True, ex=window_sec)
        pipe.incr(key)
        pipe.pttl(key)
        _, times, left_ms = await pipe.execute()
    return Uses(times, max(left_ms, 0) / 1000)


async def _look_in(redis: Redis, key: str, window_sec: int) -> Uses:
    async with redis.pipeline(transaction=True) as pipe:
        pipe.get(key)
        pipe.pttl(key)
        times, left_ms = await pipe.execute()
    return Uses(0, window_sec) if times is None else Uses(int(times), max(left_ms, 0) / 1000)
