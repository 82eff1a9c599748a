"""Asking other servers: answers are short JSON, soon, from the very address that is meant."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import aiohttp
import msgspec
import structlog

from server.errors import ApiError
from server.version import __version__

log = structlog.get_logger()

TIMEOUT = aiohttp.ClientTimeout(total=5.0)
ANSWER_MAX_BYTES = 262_144
RETRY_SEC = 5
HEADERS = {"Accept": "application/json", "User-Agent": f"etude/{__version__}"}


class AwayError(ApiError):
    """A provider does not answer, or says what makes no sense: nobody knows about its people.

    Parameters
    ----------
    provider : str
        Which one.
    """

    def __init__(self, provider: str) -> None:
        super().__init__(
            503,
            "PROVIDER_UNAVAILABLE",
            f"{provider} does not answer now: try again in {RETRY_SEC} seconds",
            {"provider": provider},
            {"Retry-After": str(RETRY_SEC)},
        )


class Told(NamedTuple):
    """What was answered; ``data`` is None where it is no JSON."""

    status: int
    data: Any


class Asking:
    """Asks providers; made in a running loop, closed with the server.

    Redirects are not followed: what is sent is for one address only.
    """

    def __init__(self) -> None:
        self._http = aiohttp.ClientSession(
            timeout=TIMEOUT, headers=HEADERS, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.close()

    async def get(self, provider: str, url: str, headers: Mapping[str, str] | None = None) -> Told:
        """Ask for what is at an address.

        Raises
        ------
        AwayError
            If nobody answers in time, or the server there has failed or had enough.
        """
        return await self._ask("GET", provider, url, headers=headers)

    async def post(self, provider: str, url: str, form: Mapping[str, str]) -> Told:
        """Send a form.

        Raises
        ------
        AwayError
            As for :meth:`get`.
        """
        return await self._ask("POST", provider, url, data=dict(form))

    async def _ask(self, method: str, provider: str, url: str, **options: Any) -> Told:
        try:
            async with self._http.request(method, url, allow_redirects=False, **options) as answer:
                body = await _read(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise away(provider, url, repr(error)) from None
        if answer.status == 429 or not (200 <= answer.status < 300 or 400 <= answer.status < 500):
            raise away(provider, url, f"status {answer.status}")
        return Told(answer.status, _json(body))


def away(provider: str, url: str, reason: str) -> AwayError:
    """Tell the operator what is wrong with a provider, and make the refusal of who waits for it."""
    log.warning("provider away", provider=provider, url=url, reason=reason)
    return AwayError(provider)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > ANSWER_MAX_BYTES:
            raise aiohttp.ClientPayloadError(f"more than {ANSWER_MAX_BYTES} bytes")
    return body


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
