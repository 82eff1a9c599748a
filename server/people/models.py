"""What goes over the wire about students, teachers and comments."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from server.http.paging import DEFAULT_LIMIT, MAX_LIMIT
from server.identity.account import Role
from server.patterns import NOT_BLANK

MAX_COMMENT = 4000
UUID_OR_NOTHING = "^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$"


class CursorQuery(Struct):
    """``?limit=&cursor=``; the cursor is the id of the last one seen."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Meta(pattern=UUID_OR_NOTHING)] = ""


class Invitation(Struct):
    """A code for somebody of the other role; whoever accepts it is linked with who made it."""

    id: str
    code: str
    invites: Role
    created_at: datetime
    expires_at: datetime


class Acceptance(Struct):
    """The code of an invitation, as it was handed over."""

    code: Annotated[str, Meta(min_length=1, max_length=32)]


class Linked(Struct):
    """Somebody one is linked with."""

    id: str
    name: str
    role: Role
    instrument: str
    linked_at: datetime


class NewComment(Struct):
    """Something to say of a practice session."""

    body: Annotated[str, Meta(max_length=MAX_COMMENT, pattern=NOT_BLANK)]


class Comment(Struct):
    """What was said of a practice session, and by whom."""

    id: str
    session_id: str
    author_id: str
    author_name: str
    author_role: Role
    body: str
    created_at: datetime


class Farewell(Struct):
    """What it takes to leave: the password, where the account has one."""

    password: Annotated[str, Meta(max_length=1024)] | None = None


class AuditEvent(Struct):
    """One security event of an account."""

    id: str
    at: datetime
    event: str
    address: str
    agent: str
    details: dict[str, Any]
