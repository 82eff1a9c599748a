"""What one connection may cost, and what happens to one that costs more."""

from enum import IntEnum

# A session of 20 000 expected notes takes 1.1 MB of JSON.
MESSAGE_MAX_BYTES = 2 * 1024 * 1024
# Long enough for a person's retry, short enough that idle strangers do not fill the server.
AUTH_TIMEOUT_SEC = 20.0
AUTH_ATTEMPTS = 5
PING_INTERVAL_SEC = 25.0
# A client that may not play yet has a token to say, and nothing longer.
STRANGER_MAX_BYTES = 8192
# Longer messages are read in a thread: on the loop they would hold up everybody else's notes.
THREAD_MIN_BYTES = 65536
# A glissando with feedback is some 100 kB a second: a client this far behind will not catch up.
UNSENT_MAX_BYTES = 1024 * 1024
# The same bound for Socket.IO, which counts messages: some 250 bytes each.
UNSENT_MAX_MESSAGES = 4096
# A long answer, thousands of missed notes, is written in parts as the client reads, so that these
# bounds count what a client leaves unread; this many replies may wait for their turn, and the
# client may stand still for so long.
PART_REPLIES = 64
PART_MAX_BYTES = 65536
PART_INTERVAL_SEC = 0.01
WAITING_MAX_REPLIES = 65536
STALLED_MAX_SEC = 5.0
# What a dropped client is given to read why, before its connection is cut.
CLOSE_GRACE_SEC = 2.0
# A message counts once, and once more for each of these bytes it is long.
BYTES_PER_TOKEN = 4096
# Messages over the rate are refused, the client told once in a while; so many are no accident.
REFUSED_MAX = 1000
REFUSED_TOLD_SEC = 1.0
REFUSED_FORGOTTEN_SEC = 5.0
# Sound comes as time passes. A clock may be a little fast, and a network may hold some back and
# bring it at once; a server that is this far behind will not catch up.
AUDIO_PACE = 1.05
AUDIO_BURST_SEC = 4.0
AUDIO_WAITING_MAX_SEC = 8.0
# A session may begin with sound of its last seconds, which came in an earlier stream already: all
# streams of a connection together may be twice as fast. Each begins with trackers being made, which
# costs as much as so much sound.
AUDIO_LINK_PACE = 2.0
AUDIO_LINK_BURST_SEC = 16.0
AUDIO_START_SEC = 0.1
# What the machine sounds is told some time ahead: more than a toccata's notes of a minute.
SOUNDS_MAX = 1024
# What is analysed at a time, so that a stream with much to catch up on does not hold up others.
AUDIO_BATCH_SEC = 0.1
# In a listening room: joining, leaving and handing over changes it for everybody. A player reports
# once a second and answers as many pings; many more come when it begins.
ROOM_CHANGES_HZ, ROOM_CHANGES_BURST = 2.0, 20.0
ROOM_REPORTS_HZ, ROOM_REPORTS_BURST = 50.0, 200.0
# Sliders of offsets, of one room.
ROOM_OFFSETS_HZ, ROOM_OFFSETS_BURST = 20.0, 60.0
# The needle moves fifty times a second, give or take the jitter of what comes every 20 ms.
NEEDLE_INTERVAL_SEC = 0.018


class Close(IntEnum):
    """Why the server closed a connection: the WebSocket's close codes."""

    GOING_AWAY = 1001  # the server stops; takes are kept
    TOO_LARGE = 1009  # a message of more than MESSAGE_MAX_BYTES
    INTERNAL = 1011  # an error of ours
    TRY_LATER = 1013  # too many connections
    UNAUTHENTICATED = 4401  # no token in time, or too many wrong ones
    TOO_SLOW = 4408  # the client does not read what it is sent
    RATE_LIMITED = 4429  # the client sends far more than it may


class TokenBucket:
    """Lets through a sustained rate, and a burst.

    Parameters
    ----------
    rate_hz : float
        Tokens added a second.
    now_sec : float
        Any clock, the same in every call.
    burst : float, optional
        Tokens there at most; two seconds' worth by default.
    """

    __slots__ = ("_burst", "_last_sec", "_rate_hz", "_tokens")

    def __init__(self, rate_hz: float, now_sec: float, burst: float | None = None) -> None:
        self._rate_hz = rate_hz
        self._burst = self._tokens = 2.0 * rate_hz if burst is None else burst
        self._last_sec = now_sec

    def take(self, now_sec: float, cost: float = 1.0) -> bool:
        """Take ``cost`` tokens if they are there; what costs more than a burst takes a full one."""
        tokens = self._tokens + (now_sec - self._last_sec) * self._rate_hz
        self._last_sec = now_sec
        if tokens > self._burst:
            tokens = self._burst
        if tokens < cost:
            if tokens < self._burst:
                self._tokens = tokens
                return False
            cost = tokens
        self._tokens = tokens - cost
        return True
