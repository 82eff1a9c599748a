"""Pieces over REST: lists, search, notes, engraving, MIDI, a path through them; own uploads."""

from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from server.checks import checked
from server.errors import FieldError
from server.http.declare import Access, Call, Route
from server.http.tagged import tagged
from server.http.uploads import read_file
from server.keys import LIBRARY, POPULAR, READER, UPLOADS
from server.pieces.piece import Piece
from server.pieces.reader import section
from server.pieces.song_models import (
    BarInfo,
    DrawingQuery,
    NoteInfo,
    PopularQuery,
    SearchQuery,
    SectionQuery,
    SongChange,
    SongInfo,
    SongKey,
    SongsQuery,
    Tutorial,
    TutorialQuery,
    UploadQuery,
    bar_infos,
    note_infos,
)
from server.pieces.study import one_line

MAX_SONG_BYTES = 2 * 1024 * 1024
TOO_LARGE = "SONG_TOO_LARGE"
SCORE_TYPES = (
    "application/octet-stream",
    "application/vnd.recordare.musicxml+xml",
    "application/vnd.recordare.musicxml",
    "text/vnd.abc",
    "audio/midi",
    "multipart/form-data",
)
_MISSING = {404: ("SONG_NOT_FOUND",)}
_UNREADABLE = {503: ("UNREADABLE",)}
_NO_SECTION = {422: ("INVALID_SECTION",)}


def routes() -> list[Route]:
    """The routes of pieces."""
    seen = partial(Route, method="GET", access=Access.ANYBODY)
    one = "/api/v1/songs/{song}"
    refusals = {409: ("TOO_MANY_SONGS",), 413: (TOO_LARGE,), 422: ("INVALID_SCORE",)}
    part = _MISSING | _UNREADABLE | _NO_SECTION
    no_drawing = {404: ("SONG_NOT_FOUND", "NO_NOTATION"), **_UNREADABLE}
    return [
        seen(path="/api/v1/songs", handler=list_songs),
        Route(
            method="POST",
            path="/api/v1/songs",
            handler=upload_song,
            status=201,
            errors=refusals,
            takes=SCORE_TYPES,
            max_bytes=MAX_SONG_BYTES,
        ),
        seen(path="/api/v1/songs/search", handler=search_songs),
        seen(path="/api/v1/songs/popular", handler=list_popular),
        seen(path=one, handler=get_song, errors=_MISSING),
        Route(method="PATCH", path=one, handler=change_song, errors=_MISSING),
        Route(method="DELETE", path=one, handler=delete_song, errors=_MISSING),
        seen(path=one + "/tutorial", handler=get_tutorial, errors=part),
        seen(path=one + "/notes", handler=get_notes, errors=part),
        seen(path=one + "/bars", handler=get_bars, errors=part),
        seen(
            path=one + "/score.svg",
            handler=get_drawing,
            errors=no_drawing,
            media="image/svg+xml",
            also=(304,),
        ),
        seen(
            path=one + "/midi",
            handler=get_midi,
            errors=_MISSING | _UNREADABLE,
            media="audio/midi",
            also=(304,),
        ),
    ]


async def list_songs(call: Call, query: SongsQuery) -> list[SongInfo]:
    """List the pieces one may see, page by page: shipped, one's own, shared by others."""
    found, cursor, total = await call.app[LIBRARY].page(_user_id(call), query)
    call.page(total, None if cursor is None else str(cursor), query.limit)
    return _infos(call, found)


async def upload_song(call: Call, query: UploadQuery) -> SongInfo:
    """Upload a score: MusicXML, MXL, MEI, ABC, Humdrum or MIDI, at most 2 MiB.

    The body is the file, or a form with the file in its field `file`. Nobody else sees the piece
    unless it is shared. Title and composer are those of the file unless they are given. The same
    file again is the piece that is there already, changed as is said with it.
    """
    given = await read_file(call.request, MAX_SONG_BYTES, TOO_LARGE)
    fields = {
        name: value for name, value in given.fields.items() if name in query.__struct_fields__
    }
    about = checked(msgspec.structs.asdict(query) | fields, UploadQuery, strict=False)
    owner_id, uploads = call.account.id, call.app[UPLOADS]
    title, composer = one_line(about.title), one_line(about.composer)
    if (known := await uploads.known(owner_id, given.data)) is not None:
        said = {"title": title or None, "composer": composer or None}
        changed = await uploads.change(
            str(known.id), owner_id, **said, is_shared=about.shared or None
        )
        return SongInfo.of(changed, owner_id)
    study = await call.app[READER].study(owner_id, given.data, given.name or about.name)
    study = study._replace(title=title or study.title, composer=composer or study.composer)
    made = await uploads.add(owner_id, study, given.data, is_shared=about.shared)
    return SongInfo.of(made, owner_id)


async def search_songs(call: Call, query: SearchQuery) -> list[SongInfo]:
    """Find pieces by the words of title, composer, kind and key; accents and slips are forgiven."""
    found = await call.app[LIBRARY].search(_user_id(call), query.q)
    end = query.cursor + query.limit
    call.page(len(found), str(end) if end < len(found) else None, query.limit)
    return _infos(call, found[query.cursor : end])


async def list_popular(call: Call, query: PopularQuery) -> list[SongInfo]:
    """List what was practised most in the last 90 days, by everybody."""
    ids = await call.app[POPULAR].ids()
    call.page(len(ids), None, query.limit)
    return _infos(call, await call.app[LIBRARY].some(_user_id(call), ids[: query.limit]))


async def get_song(call: Call, song: SongKey) -> SongInfo:
    """Give one piece, by id or slug."""
    return SongInfo.of(await _piece(call, song), _user_id(call))


async def change_song(call: Call, song: SongKey, body: SongChange) -> SongInfo:
    """Change title or composer of an own piece, or share it with everybody."""
    given: dict[str, Any] = msgspec.to_builtins(body)
    for name in given.keys() & {"title", "composer"}:
        given[name] = one_line(given[name])
    if given.get("title") == "":
        raise FieldError("title", "title must have at least one letter or sign")
    changed = await call.app[UPLOADS].change(
        song,
        call.account.id,
        title=given.get("title"),
        composer=given.get("composer"),
        is_shared=given.get("shared"),
    )
    return SongInfo.of(changed, call.account.id)


async def delete_song(call: Call, song: SongKey) -> None:
    """Delete an own piece; practice sessions with it stay, and keep its name."""
    await call.app[UPLOADS].remove(song, call.account.id)


async def get_tutorial(call: Call, song: SongKey, query: TutorialQuery) -> Tutorial:
    """Lay out a path through a piece: which bars, which hands, how fast, until when."""
    piece = await _piece(call, song)
    path = await call.app[READER].tutorial(piece, query.from_bar, query.to_bar)
    return Tutorial.of(piece, path)


async def get_notes(call: Call, song: SongKey, query: SectionQuery) -> list[NoteInfo]:
    """Give the notes of a piece or a section of it, each with its time."""
    score = await call.app[READER].score(await _piece(call, song))
    bars = section(score, query.from_bar, query.to_bar, query.hands, repeats=query.repeats)
    return note_infos(bars, query.tempo)


async def get_bars(call: Call, song: SongKey, query: SectionQuery) -> list[BarInfo]:
    """Give the bars of a piece or a section of it, each with its time."""
    score = await call.app[READER].score(await _piece(call, song))
    bars = section(score, query.from_bar, query.to_bar, query.hands, repeats=query.repeats)
    return bar_infos(bars, query.tempo)


async def get_drawing(call: Call, song: SongKey, query: DrawingQuery) -> web.StreamResponse:
    """Engrave a piece; the ids of the notes are those of `notes`."""
    piece = await _piece(call, song)
    drawing = await call.app[READER].drawing(piece, query.width_px)
    body = drawing.encode()
    return tagged(call.request, body, "image/svg+xml", is_private=not piece.is_shared)


async def get_midi(call: Call, song: SongKey) -> web.StreamResponse:
    """Give a piece as a MIDI file, repeats unfolded."""
    piece = await _piece(call, song)
    name = {"Content-Disposition": f'attachment; filename="{piece.slug}.mid"'}
    body = await call.app[READER].midi(piece)
    return tagged(call.request, body, "audio/midi", name, is_private=not piece.is_shared)


async def _piece(call: Call, song: str) -> Piece:
    return await call.app[LIBRARY].find(song, _user_id(call))


def _user_id(call: Call) -> str | None:
    account = call.account_if_any
    return None if account is None else account.id


def _infos(call: Call, pieces: list[Piece]) -> list[SongInfo]:
    return [SongInfo.of(piece, _user_id(call)) for piece in pieces]
