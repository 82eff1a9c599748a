"""Music from a folder of the server: a list, and the files themselves, in ranges."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from aiohttp import hdrs, web
from msgspec import Meta, Struct

from server.errors import ApiError
from server.files.serving import outside, span_of
from server.http.declare import Access, Call, Route
from server.http.origins import ORIGINS
from server.http.paging import PageQuery, cut
from server.http.shared_jobs import SharedJobs
from server.keys import SETTINGS

ADDRESS = "/api/v1/music"
# What browsers play, by the ending of the name.
AUDIO_TYPES = {
    ".aac": "audio/aac",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
}
FILES_MAX = 10_000  # of a larger folder the rest is not listed
DEPTH_MAX = 8
CONCURRENT_LISTINGS = 1


class MusicQuery(PageQuery):
    """Which files to list: those with all words in their path."""

    q: Annotated[str, Meta(max_length=200)] = ""


class MusicFile(Struct):
    """A file to play; ``uri`` names it in a room and is its address on this server."""

    id: int
    uri: str
    name: str
    folder: str
    size_bytes: int
    content_type: str


def routes() -> list[Route]:
    """The routes of one application."""
    folder = MusicFolder()
    return [
        Route(method="GET", path=ADDRESS, handler=folder.list_music, access=Access.GUEST),
        Route(
            method="GET",
            path=ADDRESS + "/{path:.+}",
            handler=folder.get_music,
            access=Access.GUEST,
            errors={404: ("MUSIC_NOT_FOUND",), 416: ("RANGE_NOT_SATISFIABLE",)},
            media="audio/*",
            also=(206, 304),
        ),
    ]


class MusicFolder:
    """Answers what there is in the folder of a server."""

    def __init__(self) -> None:
        self._listings: SharedJobs[list[MusicFile]] = SharedJobs(CONCURRENT_LISTINGS)

    async def list_music(self, call: Call, query: MusicQuery) -> list[MusicFile]:
        """What the folder holds, page by page; nothing where the server has none."""
        folder = call.app[SETTINGS].music
        found = await self._listings.run(folder, partial(_listing, folder)) if folder else []
        words = query.q.casefold().split()
        wanted = [file for file in found if _has_words(file, words)]
        return cut(call, wanted, query)

    async def get_music(self, call: Call, path: str) -> web.FileResponse:
        """One file, or the range of it that was asked for."""
        call.app[ORIGINS].check_embedded(call.request)
        folder = call.app[SETTINGS].music
        file = await asyncio.to_thread(_find, folder, path) if folder else None
        if file is None:
            raise ApiError(404, "MUSIC_NOT_FOUND", "this server offers no such music")
        _check_range(call.request, (await asyncio.to_thread(file.stat)).st_size)
        return web.FileResponse(
            file,
            headers={
                hdrs.CONTENT_TYPE: AUDIO_TYPES[file.suffix.lower()],
                hdrs.CACHE_CONTROL: "private, no-cache",
            },
        )


def _check_range(request: web.Request, size: int) -> None:
    """Refuse in our own words what aiohttp would refuse without any."""
    if hdrs.IF_RANGE in request.headers:
        return
    try:
        span_of(request, size)
    except ValueError:
        raise outside(size) from None


def _has_words(file: MusicFile, words: list[str]) -> bool:
    text = f"{file.folder}/{file.name}".casefold()
    return all(word in text for word in words)


def _listing(folder: Path) -> list[MusicFile]:
    root = folder.resolve()
    names = [path.relative_to(root) for path in _walk(root, root, DEPTH_MAX)]
    names.sort(key=lambda name: str(name).casefold())
    return [_describe(number, root, name) for number, name in enumerate(names, 1)]


def _walk(root: Path, folder: Path, depth: int) -> Iterator[Path]:
    """The audio files below a folder, as many as are listed."""
    n_found = 0
    waiting = [(folder, depth)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            entries = sorted(folder.iterdir())
        except PermissionError:
            continue  # what the server may not read it does not offer
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                if depth > 1 and not entry.is_symlink():
                    waiting.append((entry, depth - 1))
            elif _is_offered(root, entry):
                yield entry
                n_found += 1
                if n_found == FILES_MAX:
                    return


def _is_offered(root: Path, path: Path) -> bool:
    """Whether it is an audio file that lies in the folder itself, wherever links lead."""
    try:
        inside = path.resolve().is_relative_to(root)
        return inside and path.suffix.lower() in AUDIO_TYPES and path.is_file()
    except (OSError, ValueError, RuntimeError):  # a name no file can have; links in a circle
        return False


def _find(folder: Path, name: str) -> Path | None:
    root = folder.resolve()
    parts = name.split("/")
    if any(part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        return None
    path = root.joinpath(*(part for part in parts if part))
    return path if _is_offered(root, path) else None


def _describe(number: int, root: Path, name: Path) -> MusicFile:
    return MusicFile(
        id=number,
        uri=f"{ADDRESS}/{quote(name.as_posix())}",
        name=name.stem,
        folder="" if name.parent == Path() else name.parent.as_posix(),
        size_bytes=(root / name).stat().st_size,
        content_type=AUDIO_TYPES[name.suffix.lower()],
    )
