"""The REST side of rooms: make one, join one, move one's offset, ask what is played."""

from typing import TypeVar
from urllib.parse import quote, urlsplit

import aiohttp
import msgspec
from msgspec import Struct

from server.roomclient.errors import RoomError

Answer = TypeVar("Answer")
Body = dict[str, str | float]
TIMEOUT = aiohttp.ClientTimeout(total=20.0)


class Membership(Struct, rename="camel"):
    """What create and join answer, as far as it is needed."""

    session_id: str
    role: str
    member_key: str | None = None
    host_name: str | None = None


class PlayedTrack(Struct, rename="camel"):
    """What the room plays."""

    uri: str
    name: str | None = None
    artist: str | None = None


class State(Struct, rename="camel"):
    """What the room is at."""

    current_track: PlayedTrack | None = None


class Failure(Struct):
    """The shape of every error."""

    error: str
    code: str


class Anything(Struct):
    """An answer that tells nothing new."""


class RoomService:
    """Rooms of one server.

    Parameters
    ----------
    http : aiohttp.ClientSession
        Carries the requests.
    server : str
        Its address, as ``http://127.0.0.1:8000``.
    token : str, optional
        Whose rooms they are; without one a guest's.

    Raises
    ------
    RoomError
        If the address is none.
    """

    def __init__(self, http: aiohttp.ClientSession, server: str, token: str | None = None) -> None:
        parts = urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise RoomError("BAD_ADDRESS", f"server must be http://… or https://…, got {server!r}")
        self.http = http
        self.token = token
        self.origin = f"{parts.scheme}://{parts.netloc}"

    @property
    def socket_url(self) -> str:
        """Where the events go."""
        return self.origin.replace("http", "ws", 1) + "/api/v1/ws"

    def headers(self) -> dict[str, str]:
        """Who asks."""
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    async def create(self, user_id: str, user_name: str) -> Membership:
        """Make a room and be its host."""
        body: Body = {"userId": user_id, "userName": user_name}
        return await self._ask("POST", "", body, Membership)

    async def join(self, code: str, user_id: str, user_name: str) -> Membership:
        """Come into a room."""
        body: Body = {"userId": user_id, "userName": user_name}
        return await self._ask("POST", f"/{quote(code, safe='')}/join", body, Membership)

    async def state(self, code: str) -> State:
        """Ask what a room plays."""
        return await self._ask("GET", f"/{quote(code, safe='')}/state", None, State)

    async def set_offset(self, code: str, user_id: str, key: str | None, offset_ms: float) -> None:
        """Put a member ahead of the host, or behind."""
        body: Body = {"userId": user_id, "offsetMs": offset_ms}
        if key is not None:
            body["memberKey"] = key
        await self._ask("PATCH", f"/{quote(code, safe='')}/offset", body, Anything)

    async def end(self, code: str, user_id: str, key: str | None) -> None:
        """End a room; only its host may."""
        body: Body = {"userId": user_id}
        if key is not None:
            body["memberKey"] = key
        await self._ask("DELETE", f"/{quote(code, safe='')}", body, Anything)

    async def _ask(self, method: str, path: str, body: Body | None, kind: type[Answer]) -> Answer:
        url = f"{self.origin}/api/v1/sync/sessions{path}"
        try:
            async with self.http.request(
                method, url, json=body, headers=self.headers(), timeout=TIMEOUT
            ) as response:
                payload = await response.read()
                if response.ok:
                    return msgspec.json.decode(payload or b"{}", type=kind)
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            told = str(error) or "it does not answer"
            raise RoomError("UNREACHABLE", f"cannot reach {self.origin}: {told}") from None
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise RoomError("BAD_ANSWER", f"{url} answered what is no room: {error}") from None
        raise _failure(url, status, payload)


def _failure(url: str, status: int, payload: bytes) -> RoomError:
    try:
        told = msgspec.json.decode(payload, type=Failure)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return RoomError("BAD_ANSWER", f"{url} answered {status}")
    return RoomError(told.code, told.error)
