"""Students and teachers over REST: invitations, links, comments."""

from server.http.declare import Access, Call, Limit, Route, Uuid
from server.identity.account import STUDENT, TEACHER
from server.identity.audit import Event
from server.keys import AUDIT, COMMENTS, LINKS
from server.people.models import (
    Acceptance,
    Comment,
    CursorQuery,
    Invitation,
    Linked,
    NewComment,
)

TEACHING = "/api/v1/teaching"
ON_SESSION = "/api/v1/sessions/{session_id}/comments"


async def make_invitation(call: Call) -> Invitation:
    """Make a code that links whoever accepts it: a teacher's is for a student, and the reverse."""
    return await call.app[LINKS].invite(call.account)


async def list_invitations(call: Call) -> list[Invitation]:
    """One's own invitations that nobody has accepted yet."""
    return await call.app[LINKS].invitations(call.account)


async def delete_invitation(call: Call, id: Uuid) -> None:
    """Take an invitation back."""
    await call.app[LINKS].take_back(call.account, id.lower())


async def accept_invitation(call: Call, body: Acceptance) -> Linked:
    """Accept an invitation: from now on the teacher sees the student's practice."""
    linked = await call.app[LINKS].accept(call.account, body.code)
    await _tell_both(call, Event.INVITATION_ACCEPTED, linked.id)
    return linked


async def list_students(call: Call) -> list[Linked]:
    """The students of a teacher."""
    return await call.app[LINKS].linked(call.account, STUDENT)


async def list_teachers(call: Call) -> list[Linked]:
    """The teachers of a student."""
    return await call.app[LINKS].linked(call.account, TEACHER)


async def end_link(call: Call, id: Uuid) -> None:
    """Part from a student or a teacher; either side may, at any time."""
    await call.app[LINKS].end(call.account, id.lower())
    await _tell_both(call, Event.LINK_ENDED, id.lower())


async def _tell_both(call: Call, event: Event, other_id: str) -> None:
    """Write down what concerns two; where one's request came from is not the other's business."""
    own_id, audit = call.account.id, call.app[AUDIT]
    await audit.record(event, own_id, call.request, other_id=other_id)
    await audit.record(event, other_id, None, other_id=own_id)


async def make_comment(call: Call, session_id: Uuid, body: NewComment) -> Comment:
    """Say something of one's own practice session, or of a linked student's."""
    return await call.app[COMMENTS].make(call.account, session_id.lower(), body.body)


async def list_comments(call: Call, session_id: Uuid, query: CursorQuery) -> list[Comment]:
    """What was said of a practice session, the oldest first."""
    page = await call.app[COMMENTS].list(call.account, session_id.lower(), query)
    call.page(page.total, page.cursor, query.limit)
    return page.comments


async def delete_comment(call: Call, session_id: Uuid, id: Uuid) -> None:
    """Take a comment away: its author may, and whose practice it is."""
    await call.app[COMMENTS].delete(call.account, session_id.lower(), id.lower())


def routes() -> list[Route]:
    """The routes of teaching."""
    unknown, unlinked = {404: ["INVITATION_NOT_FOUND"]}, {404: ["NOT_LINKED"]}
    no_session = {404: ["SESSION_NOT_FOUND"]}
    return [
        Route(
            method="POST",
            path=f"{TEACHING}/invitations",
            handler=make_invitation,
            status=201,
            errors={409: ["TOO_MANY_INVITATIONS"]},
        ),
        Route(method="GET", path=f"{TEACHING}/invitations", handler=list_invitations),
        Route(
            method="DELETE",
            path=f"{TEACHING}/invitations/{{id}}",
            handler=delete_invitation,
            errors=unknown,
        ),
        Route(
            method="POST",
            path=f"{TEACHING}/invitations/accept",
            handler=accept_invitation,
            status=201,
            errors={**unknown, 403: ["WRONG_ROLE"]},
            limit=Limit.SIGN_IN,
        ),
        Route(
            method="GET",
            path=f"{TEACHING}/students",
            handler=list_students,
            access=Access.TEACHER,
        ),
        Route(method="GET", path=f"{TEACHING}/teachers", handler=list_teachers),
        Route(
            method="DELETE",
            path=f"{TEACHING}/students/{{id}}",
            handler=end_link,
            access=Access.TEACHER,
            errors=unlinked,
        ),
        Route(
            method="DELETE", path=f"{TEACHING}/teachers/{{id}}", handler=end_link, errors=unlinked
        ),
        Route(method="POST", path=ON_SESSION, handler=make_comment, status=201, errors=no_session),
        Route(method="GET", path=ON_SESSION, handler=list_comments, errors=no_session),
        Route(
            method="DELETE",
            path=f"{ON_SESSION}/{{id}}",
            handler=delete_comment,
            errors={404: ["SESSION_NOT_FOUND", "COMMENT_NOT_FOUND"]},
        ),
    ]
