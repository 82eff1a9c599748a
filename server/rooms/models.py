"""What goes over the wire of a listening room: one struct an event, checked as it is decoded.

``timestamp`` is the sender's wall clock; whatever is called ``mono`` is its monotonic one. Other
fields that nobody reads, as the ``userId`` of a report, are passed over.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from server.live.wire import Message, Reply

MAX_POSITION_MS = 8.64e8  # ten days: no track lasts longer
MAX_CLOCK_MS = 1e15  # the year 33658: clocks may be wrong, but they are clocks
MAX_OFFSET_MS = 60_000.0
MAX_CAPS = 16
KEY_MIN_CHARS = 8

Position = Annotated[float, Meta(ge=0.0, le=MAX_POSITION_MS)]
ClockMs = Annotated[float, Meta(ge=-MAX_CLOCK_MS, le=MAX_CLOCK_MS)]
OffsetMs = Annotated[float, Meta(ge=-MAX_OFFSET_MS, le=MAX_OFFSET_MS)]
LatencyMs = Annotated[float, Meta(ge=0.0, le=5_000.0)]
ResolutionMs = Annotated[float, Meta(ge=0.0, le=10_000.0)]
Rate = Annotated[float, Meta(ge=0.0, le=4.0)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Code = Annotated[str, Meta(max_length=40)]
UserId = Annotated[str, Meta(min_length=1, max_length=100)]
UserName = Annotated[str, Meta(max_length=100)]
Key = Annotated[str, Meta(min_length=KEY_MIN_CHARS, max_length=200)]
TrackUri = Annotated[str, Meta(min_length=1, max_length=2000)]
TrackText = Annotated[str, Meta(max_length=500)]
Capability = Annotated[str, Meta(max_length=40)]
Role = Literal["host", "client"]
Cause = Literal["poll", "change", "playing", "waiting", "paused"]


class RoomMessage(Message, omit_defaults=True, kw_only=True):
    """Root of what a member sends; without ``sessionId`` the room of this connection is meant."""

    session_id: Code | None = None


class JoinSession(RoomMessage, kw_only=True):
    """Take one's place in a room, or take it again: the first event of every connection.

    ``role`` is ``host`` for the one who made the room, or to whom it was handed over; nobody else
    may claim it. ``memberKey`` is what ``POST sync/sessions`` and ``…/join`` answered: from the
    first time it is shown, nobody can act as this member without it.

    ``caps`` is what the client can do: ``ping`` (answers ``ping``, and ``request_state`` with a
    report), ``mono`` (reports carry its monotonic clock), ``at`` (obeys ``executeAt`` and ``cue``),
    ``rate`` (obeys ``set_rate``). ``resolutionMs`` is how finely its player tells positions.
    """

    event = "join_session"
    session_id: Code
    user_id: UserId
    role: Role = "client"
    user_name: UserName | None = None
    member_key: Key | None = None
    caps: Annotated[list[Capability], Meta(max_length=MAX_CAPS)] | None = None
    mono: ClockMs | None = None
    resolution_ms: ResolutionMs | None = None


class PlaybackState(RoomMessage, kw_only=True):
    """What the member's player does, from everybody about once a second and on every change.

    Only the host's moves the room. With ``mono`` in ``caps``: ``monoReq`` is when the app asked its
    player, ``mono`` when it had the answer; ``seq`` counts the reports; ``ack`` is the ``cmdId`` of
    the last command begun; ``cause`` says why this is sent: as always (``poll``), loading
    (``change``), sound starts now (``playing``), stalled (``waiting``) or ``paused``.
    """

    event = "playback_state"
    track_uri: TrackUri
    position: Position
    is_playing: bool
    timestamp: ClockMs
    mono: ClockMs | None = None
    mono_req: ClockMs | None = None
    rate: Rate | None = None
    seq: Count | None = None
    ack: Count | None = None
    cause: Cause | None = None
    output_latency_ms: LatencyMs | None = None
    track_name: TrackText | None = None
    artist: TrackText | None = None
    duration: Position | None = None


class RequestSync(RoomMessage):
    """Ask for a fresh command and status."""

    event = "request_sync"


class Pong(RoomMessage, kw_only=True):
    """Answer a ``ping``: when it came and when this was sent, on the client's monotonic clock."""

    event = "pong"
    id: Count
    t0: ClockMs
    mono_recv: ClockMs
    mono_send: ClockMs


class HandOver(RoomMessage, kw_only=True):
    """Make another member the host; only the host may."""

    event = "hand_over"
    user_id: UserId


class LeaveSession(RoomMessage):
    """Leave for good; who only loses the connection keeps the place and joins again."""

    event = "leave_session"


class SyncCommand(Reply, omit_defaults=True):
    """What the member's player is to do.

    ``action`` is ``play``, ``pause``, ``seek``, ``switch_track`` or, for clients whose ``caps``
    allow, ``set_rate``. ``position`` holds at ``executeAt``, a time of the client's own monotonic
    clock, else on execution; with ``cue`` the client prepares silently and starts then. A newer
    command overtakes an older one; ``set_rate`` does not.
    """

    event = "sync_command"
    action: str
    track_uri: str
    position: float
    is_playing: bool
    timestamp: float
    rate: float | None = None
    execute_at: float | None = None
    cue: bool | None = None
    cmd_id: int | None = None


class SyncStatus(Reply, omit_defaults=True):
    """How far off the member is, in ms, ahead positive; ``confidenceMs`` is how sure that is.

    ``quality`` is ``excellent`` below 100 ms, ``good`` below 500, ``fair`` up to 1000, else
    ``poor``; ``lastSync`` is when it last told of itself. Who wishes to be ahead of the host by an
    offset is measured from there.
    """

    event = "sync_status"
    drift: float
    last_sync: str | None
    quality: str
    confidence_ms: float | None = None


class Ping(Reply):
    """Answer with ``pong``, as soon as may be."""

    event = "ping"
    id: int
    t0: float


class RequestState(Reply):
    """Send a ``playback_state`` now."""

    event = "request_state"


class RoomMember(Struct, rename="camel", omit_defaults=True):
    """One member, as everybody sees it."""

    user_id: str
    user_name: str
    role: str
    drift: float | None
    quality: str | None
    offset_ms: float
    online: bool
    confidence_ms: float | None = None


class RoomState(Reply):
    """Everybody in the room, to everybody: on change and once a second."""

    event = "room_state"
    members: list[RoomMember]


class RoomEnded(Reply):
    """The room is over: ``host_disconnected``, ``session_expired`` or ``host_ended``."""

    event = "session_ended"
    session_id: str
    reason: str
    kind: str = "sync"


ROOM_MESSAGES: dict[str, type[RoomMessage]] = {
    kind.event: kind
    for kind in (JoinSession, PlaybackState, RequestSync, Pong, HandOver, LeaveSession)
}
ROOM_REPLIES: dict[str, type[Reply]] = {
    kind.event: kind for kind in (SyncCommand, SyncStatus, Ping, RequestState, RoomState, RoomEnded)
}
