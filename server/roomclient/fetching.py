"""Music that the server itself offers, fetched into a folder."""

from pathlib import Path

import aiohttp

from server.roomclient.errors import PlayerError
from server.roomclient.service import RoomService
from server.roomclient.tracks import MUSIC

LARGEST_BYTES = 2 << 30  # a day of MP3
CHUNK_BYTES = 1 << 16
TIMEOUT = aiohttp.ClientTimeout(total=None, connect=20.0, sock_read=20.0)


class MusicFetcher:
    """Fetches from one server, and from no other: a room's host cannot send its guests elsewhere.

    Parameters
    ----------
    service : RoomService
        The server.
    folder : Path
        Where files are kept.
    """

    def __init__(self, service: RoomService, folder: Path) -> None:
        self._service = service
        self._folder = folder
        self._fetched: dict[str, Path] = {}

    async def __call__(self, track_uri: str) -> Path | None:
        """Fetch a track once; None where the server does not offer it.

        Raises
        ------
        PlayerError
            If it breaks off, or is too large.
        """
        path = track_uri.removeprefix(self._service.origin)
        if not path.startswith(MUSIC) or ".." in path.split("/"):
            return None
        if path not in self._fetched:
            target = self._folder / f"{len(self._fetched)}{Path(path).suffix[:8]}"
            if not await self._download(path, target):
                return None
            self._fetched[path] = target
        return self._fetched[path]

    async def _download(self, path: str, target: Path) -> bool:
        url, headers = self._service.origin + path, self._service.headers()
        n_bytes = 0
        try:
            async with self._service.http.get(url, headers=headers, timeout=TIMEOUT) as response:
                if not response.ok:
                    return False
                with target.open("wb") as file:
                    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                        n_bytes += len(chunk)
                        if n_bytes > LARGEST_BYTES:
                            raise PlayerError(f"{path} is longer than {LARGEST_BYTES} bytes")
                        file.write(chunk)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            target.unlink(missing_ok=True)
            raise PlayerError(f"{path} could not be fetched: {error}") from error
        return True
