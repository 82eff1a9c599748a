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

Version = Annotated[int, Meta(ge=0, le=MAX_COUNT)]


class QueuedSession(SessionFields, kw_only=True):
    """What is said of a session in the queue; sound comes by ``POST sessions``."""


class CreateItem(Struct, kw_only=True, tag_field="op", tag="create"):
    """A session to be made; ``version`` is that of a deleted one that is to come back."""

    id: Uuid
    version: Version | None = None
    session: QueuedSession


class UpdateItem(Struct, kw_only=True, tag_field="op", tag="update"):
    """A session to be changed; ``version`` is that of the copy it was made from."""

    id: Uuid
    version: Version | None = None
    session: QueuedSession


class DeleteItem(Struct, kw_only=True, tag_field="op", tag="delete"):
    """A session to be deleted; ``version`` is that of the copy that was deleted."""

    id: Uuid
    version: Version | None = None


QueueItem = CreateItem | UpdateItem | DeleteItem


class Queue(Struct, kw_only=True):
    """Changes in the order in which they were made; each is checked and answered by itself."""

    items: Annotated[list[QueueItem], Meta(max_length=MAX_ITEMS)]


class UncheckedQueue(Struct, kw_only=True):
    """A queue as it comes: what is wrong with an item refuses no others."""

    CHECKS_ITSELF: ClassVar[bool] = True  # a text with NUL is the fault of its item alone
    SHOWN_AS: ClassVar[type[Struct]] = Queue

    items: Annotated[list[Any], Meta(max_length=MAX_ITEMS)]


class _Item(Struct, kw_only=True):
    """One item as it comes: so much is needed to tell which change it is."""

    op: Op
    id: Uuid
    version: Version | None = None
    session: Any = None


class _Session(QueuedSession, kw_only=True):
    """A session as it comes: one with sound is told where that goes."""

    audio_base64: str | None = None


Current = Annotated[
    dict[str, Any],
    Meta(description="A `Session`; of a deleted one its `id`, `version` and `deleted_at`."),
]
LeftOut = Annotated[
    list[str],
    Meta(
        description="Fields of the kept session that are not in `current`, as there were too many "
        "long texts: GET the session for them."
    ),
]
Sent = Annotated[dict[str, Any], Meta(description="The `session` of the item, as it came.")]


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
    left_out : list of str
        Long texts that it has, and that are not told as there were too many: GET the session.
    sent : dict or None
        In a conflict: the copy that came.
    error, code, field : str or None
        Of one that is rejected: why, and which field of the item breaks the rule.
    """

    id: str | None
    status: Status
    version: int | None = None
    deleted: bool = False
    current: Current | None = None
    left_out: LeftOut = []
    sent: Sent | None = None
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


_ITEM = spellings_of(_Item)
_SESSION = spellings_of(_Session)


def read_item(sent: Any) -> Change:
    """Read one item.

    Raises
    ------
    FieldError
        If it does not say what is to be done with which session. What else is wrong with it is the
        problem of the change that is given.
    """
    item = checked(spelled(sent, _ITEM), _Item)
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
    session = checked(spelled(sent, _SESSION), _Session)
    if session.audio_base64 is not None:
        raise FieldError(_AUDIO, f"{_AUDIO}: no sound is taken here: send it by POST sessions")
    return session


def _inside(error: FieldError) -> FieldError:
    """An error of the session, said of the item."""
    if error.field == "data":
        return FieldError("session", str(error).replace("data:", "session:", 1))
    return FieldError(f"session.{error.field}", f"session.{error}")
