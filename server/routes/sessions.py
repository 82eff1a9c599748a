"""Practice sessions over REST."""

import re

from aiohttp import hdrs, web

from server.errors import ApiError
from server.http.declare import Access, Call, Route, Uuid
from server.keys import PRACTICE
from server.practice.listing import SessionsQuery, list_sessions
from server.practice.models import ChangedSession, NewSession, Session, SessionInfo
from server.practice.students import zone_of_student

_ETAG = re.compile(r'"(\d{1,9})"')
BASE = "/api/v1/sessions"
MAX_BYTES = 32 << 20  # 20 MB of sound in Base64, and the longest texts
SOUND = {413: ("AUDIO_TOO_LARGE",), 503: ("FILES_UNAVAILABLE",)}
NOT_FOUND = {404: ("SESSION_NOT_FOUND",)}
CHANGING = {**NOT_FOUND, 412: ("VERSION_CONFLICT",)}


async def post_session(call: Call, body: NewSession) -> Session:
    """Make a practice session; sent again with the same id and content, it makes nothing twice."""
    return _tagged(call, await call.app[PRACTICE].make(call.account, body))


async def get_sessions(call: Call, query: SessionsQuery) -> list[SessionInfo]:
    """The practice sessions of who asks, the newest first, without their long texts."""
    account = call.account
    page = await list_sessions(call.app[PRACTICE].database, account.id, account.time_zone, query)
    call.page(page.total, page.cursor, query.limit)
    return [SessionInfo.of(row) for row in page.rows]


async def get_student_sessions(
    call: Call, student_id: Uuid, query: SessionsQuery
) -> list[SessionInfo]:
    """The practice sessions of a student who is linked with the teacher who asks."""
    database = call.app[PRACTICE].database
    zone = await zone_of_student(database, call.account.id, student_id.lower())
    page = await list_sessions(database, student_id.lower(), zone, query)
    call.page(page.total, page.cursor, query.limit)
    return [SessionInfo.of(row) for row in page.rows]


async def get_session(call: Call, session_id: Uuid) -> Session:
    """One practice session, whole."""
    row = await call.app[PRACTICE].find(call.account, session_id.lower())
    session = _tagged(call, Session.of(row))
    if any(tag.value in (str(session.version), "*") for tag in call.request.if_none_match or ()):
        raise web.HTTPNotModified(headers=call.headers)
    return session


async def put_session(call: Call, session_id: Uuid, body: ChangedSession) -> Session:
    """Change a whole practice session: what is not said is blank."""
    base = _base_version(call, body)
    practice = call.app[PRACTICE]
    return _tagged(call, await practice.replace(call.account, session_id.lower(), body, base))


async def patch_session(call: Call, session_id: Uuid, body: ChangedSession) -> Session:
    """Change a part of a practice session: what is not said stays."""
    base = _base_version(call, body)
    practice = call.app[PRACTICE]
    return _tagged(call, await practice.change(call.account, session_id.lower(), body, base))


async def delete_session(call: Call, session_id: Uuid) -> None:
    """Delete a practice session with its sound, its take and what was said of it."""
    practice = call.app[PRACTICE]
    await practice.delete(call.account, session_id.lower(), _base_version(call))


def routes() -> list[Route]:
    """The routes of practice sessions."""
    one = f"{BASE}/{{session_id}}"
    return [
        Route(
            method="POST",
            path=BASE,
            handler=post_session,
            status=201,
            errors={409: ("SESSION_EXISTS",), **SOUND},
            headers=("ETag",),
            max_bytes=MAX_BYTES,
        ),
        Route(method="GET", path=BASE, handler=get_sessions),
        Route(
            method="GET",
            path=f"{BASE}/students/{{student_id}}/sessions",
            handler=get_student_sessions,
            access=Access.TEACHER,
            errors={404: ("NOT_LINKED",)},
        ),
        Route(method="GET", path=one, handler=get_session, errors=NOT_FOUND, also=(304,)),
        Route(
            method="PUT",
            path=one,
            handler=put_session,
            errors={**CHANGING, **SOUND},
            headers=("If-Match", "ETag"),
            max_bytes=MAX_BYTES,
        ),
        Route(
            method="PATCH",
            path=one,
            handler=patch_session,
            errors={**CHANGING, **SOUND},
            headers=("If-Match", "ETag"),
            max_bytes=MAX_BYTES,
        ),
        Route(
            method="DELETE",
            path=one,
            handler=delete_session,
            errors=CHANGING,
            headers=("If-Match",),
        ),
    ]


def _tagged(call: Call, session: Session) -> Session:
    call.headers[hdrs.ETAG] = f'"{session.version}"'
    return session


def _base_version(call: Call, body: ChangedSession | None = None) -> int | None:
    """The version of the copy that a change was made from, where the client says it."""
    condition = call.request.headers.get(hdrs.IF_MATCH, "*").strip()
    if condition == "*":
        return body.version if body else None
    if version := _ETAG.fullmatch(condition):
        return int(version[1])
    raise ApiError(
        412, "VERSION_CONFLICT", "If-Match must be the ETag of the session as it was read"
    )
