"""What belongs to a practice session, over REST: its sound, what was played, its report."""

from aiohttp import web
from msgspec import Struct

from server.errors import ApiError
from server.files.serving import serve_file
from server.http.declare import Call, Route, Uuid
from server.http.tagged import tagged
from server.keys import PRACTICE, REPORTS, STORE
from server.practice.played import EventsQuery, PlayedEvent, events_of, load_take
from server.practice.reports import Format
from server.reports.models import ReportFile

NO_TAKE = {404: ("SESSION_NOT_FOUND", "NO_TAKE"), 409: ("TAKE_UNREADABLE",)}
MEDIA = {"json": "application/json", "html": "text/html"}
# The page is drawings and words: nothing in it runs or is loaded.
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
ONE = "/api/v1/sessions/{session_id}"


async def get_audio(call: Call, session_id: Uuid) -> web.StreamResponse:
    """The sound of a practice session, or the range of it that is asked for."""
    practice = call.app[PRACTICE]
    row = await practice.find(call.account, session_id.lower())
    path, media_type = row["audio_file"], row["audio_type"]
    answer = path and await serve_file(call.request, practice.sounds.files, path, media_type)
    if not answer:
        raise ApiError(404, "NO_AUDIO", "this practice session has no sound")
    return answer


async def get_events(call: Call, session_id: Uuid, query: EventsQuery) -> list[PlayedEvent]:
    """What was played in a practice session, event by event, with what was said of it."""
    row = await call.app[PRACTICE].find(call.account, session_id.lower())
    take = await load_take(call.app[STORE], row)
    events, total = await events_of(take, query)
    shown = query.cursor + len(events)
    call.page(total, str(shown) if events and shown < total else None, query.limit)
    return events


class ReportQuery(Struct):
    """How the report is written."""

    format: Format = "json"


async def get_report(
    call: Call, session_id: Uuid, query: ReportQuery
) -> ReportFile | web.StreamResponse:
    """How what was played went, bar by bar, and what to practise; as JSON or as a page."""
    row = await call.app[PRACTICE].find(call.account, session_id.lower())
    take = await load_take(call.app[STORE], row)
    body = await call.app[REPORTS].of(take, query.format)
    policy = {"Content-Security-Policy": PAGE_POLICY} if query.format == "html" else None
    return tagged(call.request, body, MEDIA[query.format], policy, is_private=True)


def routes() -> list[Route]:
    """The routes of what belongs to a practice session."""
    return [
        Route(
            method="GET",
            path=ONE + "/audio",
            handler=get_audio,
            errors={
                404: ("SESSION_NOT_FOUND", "NO_AUDIO"),
                416: ("RANGE_NOT_SATISFIABLE",),
                503: ("FILES_UNAVAILABLE",),
            },
            media="audio/*",
            also=(206, 304),
        ),
        Route(method="GET", path=ONE + "/events", handler=get_events, errors=NO_TAKE),
        Route(method="GET", path=ONE + "/report", handler=get_report, errors=NO_TAKE, also=(304,)),
    ]
