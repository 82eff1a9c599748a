"""The public keys of an issuer: fetched, kept for a while, fetched again for a new one."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import jwt

from server.limits import TokenBucket
from server.outside.asking import AwayError

# RFC 7518, section 3.1, and RFC 8037: those where who checks cannot sign.
ALGORITHMS = (
    *(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)),
    "EdDSA",
)
PUBLIC_TYPES = ("RSA", "EC", "OKP")
RSA_MIN_BITS = 2048  # NIST SP 800-131A

FRESH_SEC = 3600.0
KEPT_SEC = 24 * 3600.0  # while the issuer is away
FETCHES_HZ = 1 / 30  # unknown keys are made up easily: each must not cost the issuer a request
FETCHES_BURST = 3

Jwk = dict[str, Any]
Fetch = Callable[[], Awaitable[list[Jwk]]]


class KeySet:
    """The keys of one issuer.

    Parameters
    ----------
    provider : str
        Whose they are.
    fetch : callable
        Asks for them; raises AwayError.
    clock : callable, optional
        Seconds that never go back.
    """

    def __init__(
        self, provider: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._provider = provider
        self._fetch = fetch
        self._clock = clock
        self._keys: list[Jwk] = []
        self._fetched_sec = float("-inf")
        self._n_asked = 0
        self._bucket = TokenBucket(FETCHES_HZ, clock(), FETCHES_BURST)
        self._turn = asyncio.Lock()

    async def find(self, header: dict[str, Any]) -> jwt.PyJWK | None:
        """Give the key that a token says to be signed with; None: the issuer has no such key.

        Parameters
        ----------
        header : dict
            Of the token, not checked.

        Raises
        ------
        AwayError
            If nobody knows the keys.
        """
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            return None
        if self._age_sec > FRESH_SEC:
            await self._renew()
        if self._age_sec > KEPT_SEC:
            raise AwayError(self._provider)
        found = self._pick(header.get("kid"), algorithm)
        if found is None:
            await self._renew()
            found = self._pick(header.get("kid"), algorithm)
        return found

    @property
    def _age_sec(self) -> float:
        return self._clock() - self._fetched_sec

    async def _renew(self) -> None:
        """Fetch the keys again, though not too often; of many who want that, one does it."""
        n_asked = self._n_asked
        async with self._turn:
            if n_asked != self._n_asked or not self._bucket.take(self._clock()):
                return
            self._n_asked += 1
            try:
                self._keys = await self._fetch()
            except AwayError:
                return  # told to the operator already; what is known may be good for a while
            self._fetched_sec = self._clock()

    def _pick(self, kid: Any, algorithm: str) -> jwt.PyJWK | None:
        named = [key for key in self._keys if kid is None or key.get("kid") == kid]
        fitting = filter(None, (_usable(key, algorithm) for key in named))
        return next(fitting, None)


def _usable(key: Jwk, algorithm: str) -> jwt.PyJWK | None:
    """Make a key of what an issuer says, if it may sign by that algorithm."""
    if key.get("kty") not in PUBLIC_TYPES or key.get("use", "sig") != "sig":
        return None
    if key.get("alg", algorithm) != algorithm:
        return None
    try:
        made = jwt.PyJWK(key, algorithm)
    except jwt.PyJWTError:
        return None
    is_short = key["kty"] == "RSA" and made.key.key_size < RSA_MIN_BITS
    return None if is_short else made
