"""The shipped pieces over REST: list, search, notes, engraving, MIDI file."""

import asyncio
import hashlib
from collections.abc import Mapping
from functools import partial

from aiohttp import web

from engine import Score
from engine.errors import EngineError
from engine.score import engrave
from server.checks import checked
from server.errors import ApiError
from server.http.paging import page
from server.http.rest import reply
from server.http.shared_jobs import SharedJobs
from server.pieces import catalogue
from server.pieces.catalogue import Song
from server.pieces.midi_export import midi_bytes
from server.pieces.song_models import (
    DrawingQuery,
    SearchQuery,
    SectionQuery,
    SongInfo,
    SongsQuery,
    bar_infos,
    note_infos,
)

CONCURRENT_ENGRAVINGS = 2  # each is a process of its own
CONCURRENT_READINGS = 2  # each may be one
SEARCH_RESULTS = 50
REVALIDATE = "public, no-cache"  # note ids must be those of the notes: always ask, often 304


def routes() -> list[web.RouteDef]:
    """The routes of one application."""
    drawings: SharedJobs[str] = SharedJobs(CONCURRENT_ENGRAVINGS)
    scores: SharedJobs[Score] = SharedJobs(CONCURRENT_READINGS)
    return [
        web.get("/api/v1/songs", list_songs),
        web.get("/api/v1/songs/search", search_songs),
        web.get("/api/v1/songs/{song}", get_song),
        web.get("/api/v1/songs/{song}/notes", partial(get_notes, scores)),
        web.get("/api/v1/songs/{song}/bars", partial(get_bars, scores)),
        web.get("/api/v1/songs/{song}/score.svg", partial(get_drawing, drawings)),
        web.get("/api/v1/songs/{song}/midi", partial(get_midi, scores)),
    ]


async def list_songs(request: web.Request) -> web.Response:
    """All pieces, or those of a kind or level, page by page."""
    query = checked(dict(request.query), SongsQuery, strict=False)
    wanted = [song for song in catalogue.songs() if query.admits(song)]
    shown, headers = page(request, wanted, query)
    return reply([SongInfo.of(song) for song in shown], headers=headers)


async def search_songs(request: web.Request) -> web.Response:
    """Pieces by the words of title, composer, kind and key."""
    query = checked(dict(request.query), SearchQuery, strict=False)
    found = catalogue.search(query.q)
    headers = {"X-Total-Count": str(len(found))}
    return reply([SongInfo.of(song) for song in found[:SEARCH_RESULTS]], headers=headers)


async def get_song(request: web.Request) -> web.Response:
    """One piece, by id or slug."""
    return reply(SongInfo.of(_song(request)))


async def get_notes(scores: SharedJobs[Score], request: web.Request) -> web.Response:
    """The notes of a piece or a section of it, each with its time."""
    query = checked(dict(request.query), SectionQuery, strict=False)
    section = await _section(scores, _song(request), query)
    return reply(note_infos(section, query.tempo))


async def get_bars(scores: SharedJobs[Score], request: web.Request) -> web.Response:
    """The bars of a piece or a section of it, each with its time."""
    query = checked(dict(request.query), SectionQuery, strict=False)
    section = await _section(scores, _song(request), query)
    return reply(bar_infos(section, query.tempo))


async def get_drawing(drawings: SharedJobs[str], request: web.Request) -> web.Response:
    """The engraved score; the ids of its notes are those of ``notes``."""
    query = checked(dict(request.query), DrawingQuery, strict=False)
    song = _song(request)
    work = partial(_draw, song, query.width_px)
    body = (await drawings.run((song.id, query.width_px), work)).encode()
    return _tagged(request, body, "image/svg+xml")


async def get_midi(scores: SharedJobs[Score], request: web.Request) -> web.Response:
    """The piece as a MIDI file, repeats unfolded."""
    song = _song(request)
    body = await asyncio.to_thread(midi_bytes, await scores.run(song.id, song.score))
    name = {"Content-Disposition": f'attachment; filename="{song.slug}.mid"'}
    return _tagged(request, body, "audio/midi", name)


def _song(request: web.Request) -> Song:
    return catalogue.find(request.match_info["song"])


async def _section(scores: SharedJobs[Score], song: Song, query: SectionQuery) -> Score:
    score = await scores.run(song.id, song.score)
    try:
        return score.section(query.from_bar, query.to_bar, query.hands, repeats=query.repeats)
    except EngineError as error:
        raise ApiError(422, "INVALID_SECTION", str(error)) from None


def _draw(song: Song, width_px: int) -> str:
    return engrave(song.data(), song.path.name, width_px=width_px)


def _tagged(
    request: web.Request, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Answer with the body, or with 304 to one who has it already."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    known = request.if_none_match or ()
    is_known = any(etag.value in (tag, "*") for etag in known)
    response = web.Response(status=304) if is_known else web.Response(body=body, headers=headers)
    if not is_known:
        response.content_type = content_type
    response.etag = tag
    response.headers["Cache-Control"] = REVALIDATE
    return response
