"""The music that a listener has: files and folders, known by their content, or fetched."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from server.roomclient.errors import MissingTrackError, PlayerError
from server.roomclient.player import Track

HASHED = "sha256:"
MUSIC = "/api/v1/music/"  # what a server offers
AUDIO = "aif aifc aiff au caf flac mp3 oga ogg opus rf64 w64 wav wave"
SUFFIXES = frozenset(f".{name}" for name in AUDIO.split())
SHOWN_DIGITS = 12  # of a hash

Fetch = Callable[[str], Awaitable[Path | None]]
_Stamp = tuple[int, int]  # size and time of change: a file with the same ones is the same


async def nothing(_track_uri: str) -> Path | None:
    """Fetch nothing from anywhere."""
    return None


class Library:
    """Finds tracks by what they are for everybody.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders; folders with all that is in them.
    fetch : callable
        Gives a file of what the server offers, or None where it does not.

    Raises
    ------
    PlayerError
        If there is no such file or folder.
    """

    def __init__(self, paths: Sequence[Path], fetch: Fetch = nothing) -> None:
        for path in paths:
            if not path.exists():
                raise PlayerError(f"there is no file or folder {path}")
        self._paths = list(paths)
        self._fetch = fetch
        self._hashes: dict[Path, tuple[_Stamp, str]] = {}
        self._found: dict[str, tuple[Path, Track]] = {}

    def files(self) -> Iterator[Path]:
        """All there are, those of a folder by their names."""
        for path in self._paths:
            if path.is_dir():
                inside = (found for found in path.rglob("*") if found.suffix.lower() in SUFFIXES)
                yield from sorted(found for found in inside if found.is_file())
            else:
                yield path

    async def tracks(self) -> list[Track]:
        """All there are, in the same order.

        Raises
        ------
        PlayerError
            If one of them is no music.
        """
        return [await self._add(path) for path in await asyncio.to_thread(list, self.files())]

    async def find(self, track_uri: str) -> Track:
        """Find a track.

        Raises
        ------
        MissingTrackError
            If it is neither here nor to be had from the server.
        PlayerError
            If what was found is no music.
        """
        if track_uri in self._found and self._found[track_uri][0].is_file():
            return self._found[track_uri][1]
        path = await self._search(track_uri)
        track = await asyncio.to_thread(read_track, path, track_uri)
        self._found[track_uri] = path, track
        return track

    def path_of(self, track_uri: str) -> Path:
        """The file of a track that was found."""
        return self._found[track_uri][0]

    async def _search(self, track_uri: str) -> Path:
        if track_uri.startswith(HASHED):
            for path in await asyncio.to_thread(list, self.files()):
                if await self._uri_of(path) == track_uri:
                    return path
        elif (fetched := await self._fetch(track_uri)) is not None:
            return fetched
        raise MissingTrackError(track_uri, missing_text(short_uri(track_uri), track_uri))

    async def _add(self, path: Path) -> Track:
        uri = await self._uri_of(path)
        track = await asyncio.to_thread(read_track, path, uri)
        self._found[uri] = path, track
        return track

    async def _uri_of(self, path: Path) -> str:
        try:
            status = path.stat()
            stamp = status.st_size, status.st_mtime_ns
            known = self._hashes.get(path)
            if known is None or known[0] != stamp:
                known = self._hashes[path] = stamp, await asyncio.to_thread(hash_file, path)
        except OSError as error:
            raise PlayerError(f"cannot read {path}: {error.strerror}") from error
        return HASHED + known[1]


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_track(path: Path, uri: str) -> Track:
    """Read what a file says of itself.

    Raises
    ------
    PlayerError
        If it is no music that libsndfile knows.
    """
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            tags = file.copy_metadata()
            duration_ms = 1e3 * file.frames / file.samplerate
    except (soundfile.SoundFileError, OSError) as error:
        raise PlayerError(f"{path} cannot be played: {error}") from error
    name = tags.get("title") or (path.stem if uri.startswith(HASHED) else name_in(uri))
    return Track(uri, name[:200], tags.get("artist", "")[:200], duration_ms)


def name_in(uri: str) -> str:
    """What the last part of an address names."""
    return unquote(PurePosixPath(urlsplit(uri).path).stem)


def missing_text(name: str, track_uri: str) -> str:
    """What to tell a listener who has not what the host plays."""
    if track_uri.startswith(HASHED):
        return f"the host plays {name}: name your copy of it, or its folder, on the command line"
    return f"the host plays {name}, which this player cannot get"


def short_uri(track_uri: str) -> str:
    """A uri that fits on a line."""
    if track_uri.startswith(HASHED):
        return f"the file {track_uri[: len(HASHED) + SHOWN_DIGITS]}…"
    return track_uri
