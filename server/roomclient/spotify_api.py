"""Spotify's Web API, as far as a room needs it.

References
----------
https://developer.spotify.com/documentation/web-api: "Get Current User's Profile", "Get Playback
State", "Start/Resume Playback", "Pause Playback", "Seek To Position", "Rate Limits".
"""

from collections import deque
from typing import Any, NamedTuple

import aiohttp
import msgspec
from msgspec import Struct

from server.roomclient.clock import Clock
from server.roomclient.errors import PlayerError

PUBLIC_URL = "https://api.spotify.com"
TIMEOUT = aiohttp.ClientTimeout(total=10.0)
WINDOW_MS = 30_000.0  # the limit counts the calls of the last 30 seconds
CALLS_PER_WINDOW = 30  # how many are let through is not told: this many never met a refusal
LONGEST_WAIT_SEC = 30.0  # told to wait for longer, a room is told that it cannot be


class SpotifyError(PlayerError):
    """Spotify refuses; the message says what its user can do."""


class Profile(Struct):
    """Whose token it is."""

    id: str
    display_name: str | None = None
    product: str | None = None


class Artist(Struct):
    """Who plays."""

    name: str = ""


class Item(Struct):
    """A track."""

    uri: str
    name: str = ""
    duration_ms: float | None = None
    artists: list[Artist] = []


class PlaybackState(Struct):
    """``GET /v1/me/player``."""

    is_playing: bool
    progress_ms: float | None = None
    item: Item | None = None


class Answered(NamedTuple):
    """A playback state and when it was asked for and had, on the client's clock."""

    state: PlaybackState | None
    asked_ms: float
    answered_ms: float


class SpotifyApi:
    """Calls the Web API with one user's token, no more often than it allows.

    Parameters
    ----------
    http : aiohttp.ClientSession
        Carries the calls.
    clock : Clock
        What times are told on.
    token : str
        An access token with the scopes ``user-read-playback-state`` and
        ``user-modify-playback-state``.
    url : str
        Where the API is.
    """

    def __init__(
        self, http: aiohttp.ClientSession, clock: Clock, token: str, url: str = PUBLIC_URL
    ) -> None:
        self._http = http
        self._clock = clock
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._calls_ms: deque[float] = deque()
        self._barred_until_ms = 0.0

    async def authenticate(self) -> Profile:
        """Check the token by the profile that it opens.

        Raises
        ------
        SpotifyError
            If it is no good, or its user may not control playback.
        """
        profile: Profile | None = await self._call("GET", "/v1/me", Profile)
        if profile is None:
            raise SpotifyError("Spotify answered nothing about this token")
        if profile.product is not None and profile.product != "premium":
            raise SpotifyError("Spotify lets programs play for Premium accounts only")
        return profile

    async def get_current_playback(self) -> Answered:
        """Ask what is played, and where."""
        asked_ms = self._clock.now_ms()
        state = await self._call("GET", "/v1/me/player", PlaybackState)
        return Answered(state, asked_ms, self._clock.now_ms())

    async def play(self, track_uri: str | None = None, position_ms: float = 0.0) -> None:
        """Play a track from a position; without one go on with what is there."""
        body = None
        if track_uri is not None:
            body = {"uris": [track_uri], "position_ms": round(position_ms)}
        await self._call("PUT", "/v1/me/player/play", None, body=body)

    async def pause(self) -> None:
        """Fall silent."""
        await self._call("PUT", "/v1/me/player/pause", None)

    async def seek(self, position_ms: float) -> None:
        """Go somewhere else in the track."""
        query = {"position_ms": str(round(position_ms))}
        await self._call("PUT", "/v1/me/player/seek", None, query=query)

    @property
    def wait_ms(self) -> float:
        """How long until another call may be made."""
        now_ms = self._clock.now_ms()
        while self._calls_ms and self._calls_ms[0] <= now_ms - WINDOW_MS:
            self._calls_ms.popleft()
        free_ms = 0.0
        if len(self._calls_ms) >= CALLS_PER_WINDOW:
            free_ms = self._calls_ms[0] + WINDOW_MS - now_ms
        return max(free_ms, self._barred_until_ms - now_ms, 0.0)

    async def _call(
        self, method: str, path: str, kind: type[Any] | None,
        body: dict[str, Any] | None = None, query: dict[str, str] | None = None,
    ) -> Any:  # fmt: skip
        """Call, once more after a refusal that says how long to wait."""
        for is_last in (False, True):
            await self._clock.sleep_until(self._clock.now_ms() + self.wait_ms)
            self._calls_ms.append(self._clock.now_ms())
            try:
                async with self._http.request(
                    method, self._url + path, headers=self._headers, json=body, params=query,
                    timeout=TIMEOUT,
                ) as response:  # fmt: skip
                    payload = await response.read()
                    status, retry = response.status, response.headers.get("Retry-After")
            except (aiohttp.ClientError, TimeoutError) as error:
                told = str(error) or "it does not answer"
                raise SpotifyError(f"Spotify cannot be reached: {told}") from error
            if status != 429 or is_last:
                break
            self._bar(retry)
        return _answer(method, path, status, payload, kind)

    def _bar(self, retry: str | None) -> None:
        """Heed a refusal for too many calls."""
        wait_sec = float(retry) if retry is not None and retry.isdigit() else 1.0
        if wait_sec > LONGEST_WAIT_SEC:
            raise SpotifyError(f"Spotify has had too many calls: try again in {wait_sec:.0f} s")
        self._barred_until_ms = self._clock.now_ms() + 1e3 * wait_sec


def _answer(method: str, path: str, status: int, payload: bytes, kind: type[Any] | None) -> Any:
    if status >= 400:
        raise SpotifyError(_refusal(method, path, status, payload))
    if kind is None or status == 204 or not payload:
        return None
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise SpotifyError(f"Spotify's answer to {path} cannot be read: {error}") from error


def _refusal(method: str, path: str, status: int, payload: bytes) -> str:
    try:
        reason = str(msgspec.json.decode(payload)["error"]["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        reason = f"status {status}"
    if status == 401:
        return f"the Spotify token is no good ({reason}): set ETUDE_SPOTIFY_TOKEN to a new one"
    if status == 403:
        return f"Spotify does not allow that ({reason}): it takes Premium and the playback scopes"
    if status == 404:
        return f"Spotify has no device to play on ({reason}): open it and play something once"
    if status == 429:
        return "Spotify has had too many calls: wait a minute"
    return f"Spotify refused {method} {path}: {reason}"
