"""One's own account over REST: its security events, all its data, its end."""

from aiohttp import web

from server.http.declare import Call, Limit, Route
from server.identity.audit import Event
from server.keys import ACCOUNTS, AUDIT, EXPORT, LEAVING, PASSWORD_LOGIN
from server.people.audit_log import own_events
from server.people.models import AuditEvent, CursorQuery, Farewell


async def list_audit(call: Call, query: CursorQuery) -> list[AuditEvent]:
    """What happened to the account: sign-ins, changes, refusals; the newest first."""
    database = call.app[ACCOUNTS].database
    events, total = await own_events(database, call.account.id, query)
    has_more = len(events) > query.limit
    shown = events[: query.limit]
    call.page(total, shown[-1].id if has_more else None, query.limit)
    return shown


async def export_all(call: Call) -> web.StreamResponse:
    """Everything that is kept about the account, as a ZIP archive."""
    await call.app[AUDIT].record(Event.DATA_EXPORTED, call.account.id, call.request)
    name = {"Content-Disposition": 'attachment; filename="etude-export.zip"'}
    response = web.StreamResponse(headers=name)
    response.content_type = "application/zip"
    pieces = call.app[EXPORT].of(call.account.id)
    async for piece in pieces:
        if not response.prepared:  # what fails before the first piece is answered as an error
            await response.prepare(call.request)
        await response.write(piece)
    await response.write_eof()
    return response


async def leave(call: Call, body: Farewell) -> None:
    """Delete the account with everything in it: nothing of it comes back."""
    await call.app[PASSWORD_LOGIN].confirm_where_kept(call.account, body.password, call.request)
    await call.app[LEAVING].leave(call.account.id)
    await call.app[AUDIT].record(Event.ACCOUNT_DELETED, None, None)


def routes() -> list[Route]:
    """The routes of one's own account."""
    return [
        Route(method="GET", path="/api/v1/audit", handler=list_audit),
        Route(
            method="GET",
            path="/api/v1/auth/me/export",
            handler=export_all,
            media="application/zip",
        ),
        Route(
            method="DELETE",
            path="/api/v1/auth/me",
            handler=leave,
            errors={403: ("WRONG_PASSWORD",), 503: ("BUSY",)},
            limit=Limit.SIGN_IN,
        ),
    ]
