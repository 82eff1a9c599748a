"""Keeping and checking passwords: argon2id, in threads of its own, few at a time."""

import asyncio
import os
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from server.errors import ApiError
from server.identity.password_rules import check_password, normalized

T = TypeVar("T")

# OWASP, Password Storage Cheat Sheet: 19 MiB, two passes, one lane; some 25 ms.
HASHER = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
# One processor is left to those who play.
THREADS = max(1, min(4, (os.cpu_count() or 1) - 1))
WAITING_MAX = 100 * THREADS  # some three seconds
RETRY_SEC = 5


class Passwords:
    """Hashes passwords and compares them with what was kept."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "passwords")
        self._waiting = 0

    async def accept(
        self, password: str, owner: Iterable[str] = (), field: str = "password"
    ) -> str:
        """Check a new password by the rules and make what is kept of it.

        Raises
        ------
        FieldError
            As :func:`server.identity.password_rules.check_password` has it.
        """

        def work() -> str:
            check_password(password, owner, field)
            return HASHER.hash(normalized(password))

        return await self._run(work)

    async def hash(self, password: str) -> str:
        """Make what is kept of a password that was taken before."""
        return await self._run(lambda: HASHER.hash(normalized(password)))

    async def is_right(self, password: str, kept: str | None) -> bool:
        """Compare a password with what was kept; where nothing was, that takes as long."""
        return await self._run(lambda: self._matches(password, kept))

    def is_dated(self, kept: str) -> bool:
        """Whether it was kept in another way than passwords are kept now."""
        return HASHER.check_needs_rehash(kept)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    @cached_property
    def _nobodys(self) -> str:
        return HASHER.hash(secrets.token_hex(16))

    def _matches(self, password: str, kept: str | None) -> bool:
        try:
            HASHER.verify(kept or self._nobodys, normalized(password))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING_MAX:
            raise ApiError(
                503,
                "BUSY",
                f"too many people are signing in: try again in {RETRY_SEC} seconds",
                headers={"Retry-After": str(RETRY_SEC)},
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
