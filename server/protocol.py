"""The protocol of live play: messages in, replies out, no I/O.

The same object stands behind the plain WebSocket and Socket.IO. What takes long, reading and
laying out a score, is left to the caller: after ``start_session`` the wish stands in ``opening``
until the caller answers by :meth:`Client.opened` or takes it away.
"""

from collections.abc import Callable

from engine.events import Kind
from server.auth import User
from server.errors import RefusedError, TokenError
from server.live.models import (
    GUEST,
    AudioChunk,
    Authenticate,
    Authenticated,
    AuthError,
    Clock,
    ControlChange,
    EndSession,
    Message,
    NotePlayed,
    NoteReleased,
    Reply,
    StartAudio,
    StartSession,
)
from server.live.session import Session

# What ``error`` may say; part of the protocol, never renamed.
CODES = {
    "BAD_FRAME": 'the frame is not {"event": name, "data": {…}} in the agreed spelling',
    "UNKNOWN_EVENT": "there is no event of that name",
    "INVALID_PAYLOAD": "a field is missing or breaks its rule",
    "WRONG_ORDER": "the event makes sense at another time only",
    "UNAUTHENTICATED": "this server asks for a token first",
    "NOT_AVAILABLE": "this server cannot do that yet",
    "SONG_NOT_FOUND": "there is no piece of that number or name",
    "INVALID_SCORE": "the notes, or the bars and hands asked for, make no score",
    "BUSY": "the server cannot keep another take now: try again later",
    "RATE_LIMITED": "too many messages: this one was not read",
    "INTERNAL": "an error of the server's own",
}


class Client:
    """What the server knows of one connection.

    Parameters
    ----------
    verify : callable
        Token to user; raises TokenError.
    allows_guests : bool
        Whether this client may play without a token.
    user : User, optional
        Known from the handshake already.

    Attributes
    ----------
    session : Session or None
        What is being played.
    opening : StartSession or None
        A wish the caller has to answer.
    failed_attempts : int
        Bad tokens so far.
    """

    def __init__(
        self, verify: Callable[[str], User], *, allows_guests: bool, user: User | None = None
    ) -> None:
        self._verify = verify
        self._allows_guests = allows_guests
        self.user = user
        self.session: Session | None = None
        self.opening: StartSession | None = None
        self.failed_attempts = 0

    @property
    def may_play(self) -> bool:
        """Whether the client has said who it is, or need not."""
        return self.user is not None or self._allows_guests

    @property
    def user_id(self) -> str:
        """Whose takes these are."""
        return self.user.id if self.user else GUEST

    def receive(self, message: Message, now_sec: float) -> list[Reply]:
        """Take in one message.

        Parameters
        ----------
        message : Message
            Checked already.
        now_sec : float
            Server time of its arrival.

        Raises
        ------
        RefusedError
            If it cannot be done; nothing has changed then.
        """
        session = self.session
        if session is not None:
            if type(message) is NotePlayed:
                kind = Kind.NOTE_ON if message.velocity else Kind.NOTE_OFF
            elif type(message) is NoteReleased:
                kind = Kind.NOTE_OFF
            else:
                return self._receive_rare(message, session, now_sec)
            return session.play(
                message.timestamp, kind, message.midi_note, message.velocity, now_sec
            )
        return self._receive_idle(message)

    def opened(self, session: Session) -> list[Reply]:
        """Answer ``opening``: the session is ready."""
        self.opening = None
        self.session = session
        return [session.started()]

    def leave(self) -> Session | None:
        """The connection is gone; returns what was still being played."""
        session, self.session = self.session, None
        return session

    def _receive_rare(self, message: Message, session: Session, now_sec: float) -> list[Reply]:
        """Everything but notes, while a session runs."""
        if isinstance(message, ControlChange):
            return session.play(
                message.timestamp, Kind.CONTROL, message.controller, message.value, now_sec
            )
        if isinstance(message, Clock):
            return session.play(message.timestamp, Kind.TICK, 0, 0, now_sec)
        if isinstance(message, EndSession):
            self.session = None
            return session.end(now_sec)
        if isinstance(message, (StartAudio, AudioChunk)):
            raise _no_audio(message)
        raise RefusedError(
            "WRONG_ORDER", "a session is running: send end_session first", message.event
        )

    def _receive_idle(self, message: Message) -> list[Reply]:
        """Everything, while no session runs."""
        if isinstance(message, Authenticate):
            return self._authenticate(message)
        if not self.may_play:
            raise RefusedError("UNAUTHENTICATED", "send authenticate {token} first", message.event)
        if isinstance(message, (StartAudio, AudioChunk)):
            raise _no_audio(message)
        if self.opening is not None:
            raise RefusedError(
                "WRONG_ORDER",
                "the session is being opened: wait for session_started",
                message.event,
            )
        if not isinstance(message, StartSession):
            raise RefusedError(
                "WRONG_ORDER", "no session is running: send start_session first", message.event
            )
        if message.song_id is None and message.expected_notes is None:
            raise RefusedError("INVALID_PAYLOAD", "give songId or expectedNotes", message.event)
        self.opening = message
        return []

    def _authenticate(self, message: Authenticate) -> list[Reply]:
        try:
            self.user = self._verify(message.token)
        except TokenError as error:
            self.failed_attempts += 1
            return [AuthError(str(error))]
        return [Authenticated(self.user.id)]


def _no_audio(message: Message) -> RefusedError:
    return RefusedError(
        "NOT_AVAILABLE", "this server does not listen to microphones yet", message.event
    )
