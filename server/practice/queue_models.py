"""What goes over the wire about the offline queue, and how each item is read by itself."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from server.checks import checked, spelled, spellings_of
from server.errors import FieldError
from server.http.declare import Uuid
from server.practice.content import columns_of, digest_of
from server.practice.models import MAX_COUNT, SessionFields
from server.practice.practice import CHANGE, CREATE, DELETE
from server.practice.queue import Change, Op, Status

MAX_ITEMS = 500
MAX_BYTES = 8 << 20  # one session with the longest texts, and hundreds as they are

_DIGEST_OPS = {"create": CREATE, "update": CHANGE, "delete": DELETE}
_AUDIO = "audio_base64"


class QueuedSession(SessionFields, kw_only=True):
    """What is said of a session in the queue; sound comes by ``POST sessions``."""

    audio_base64: str | None = None


class QueueItem(Struct, kw_only=True):
    """One change; ``version`` is that of the copy it was made from."""

    op: Op
    id: Uuid
    version: Annotated[int, Meta(ge=0, le=MAX_COUNT)] | None = None
    session: Any = None


class Queue(Struct, kw_only=True):
    """Changes in the order in which they were made; each is checked and answered by itself."""

    CHECKS_ITSELF: ClassVar[bool] = True  # a text with NUL is the fault of its item alone

    items: Annotated[list[Any], Meta(max_length=MAX_ITEMS)]


class Verdict(Struct, kw_only=True, omit_defaults=True):
    """What became of one change.

    Attributes
    ----------
    id : str or None
        As sent; None where it was no text.
    status : Status
        applied, already_applied, conflict or rejected.
    version : int or None
        Of the session now.
    deleted : bool
        Whether it is deleted.
    current : dict or None
        In a conflict: the copy that is kept; of a deleted one, when that was.
    sent : dict or None
        In a conflict: the copy that came.
    error, code, field : str or None
        Of one that is rejected: why, and which field of the item breaks the rule.
    """

    id: str | None
    status: Status
    version: int | None = None
    deleted: bool = False
    current: dict[str, Any] | None = None
    sent: dict[str, Any] | None = None
    error: str | None = None
    code: str | None = None
    field: str | None = None

    @classmethod
    def refusal(cls, session_id: Any, error: FieldError) -> "Verdict":
        """Say why an item is rejected."""
        return cls(
            id=session_id if isinstance(session_id, str) else None,
            status=Status.REJECTED,
            error=str(error),
            code="INVALID_FIELD",
            field=error.field,
        )


class Answers(Struct):
    """A verdict for each item, in the same order."""

    items: list[Verdict]


_ITEM = spellings_of(QueueItem)
_SESSION = spellings_of(QueuedSession)


def read_item(sent: Any) -> Change:
    """Read one item.

    Raises
    ------
    FieldError
        If it does not say what is to be done with which session. What else is wrong with it is the
        problem of the change that is given.
    """
    item = checked(spelled(sent, _ITEM), QueueItem)
    change = Change(item.op, item.id.lower(), item.version, b"", {})
    if item.op == "create" and item.version is None:
        change = change._replace(base_version=0)
    try:
        given = {} if item.op == "delete" else columns_of(_session(item.session))
    except FieldError as error:
        return change._replace(problem=_inside(error))
    return change._replace(digest=digest_of(_DIGEST_OPS[item.op], given), given=given)


def _session(sent: Any) -> SessionFields:
    if sent is None:
        raise FieldError("data", "session is missing")
    session = checked(spelled(sent, _SESSION), QueuedSession)
    if session.audio_base64 is not None:
        raise FieldError(_AUDIO, f"{_AUDIO}: no sound is taken here: send it by POST sessions")
    return session


def _inside(error: FieldError) -> FieldError:
    """An error of the session, said of the item."""
    if error.field == "data":
        return FieldError("session", str(error).replace("data:", "session:", 1))
    return FieldError(f"session.{error.field}", f"session.{error}")
