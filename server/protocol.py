"""The protocol of live play: messages in, replies out, no I/O.

The same object stands behind the plain WebSocket and Socket.IO. What takes long, reading and
laying out a score, is left to the caller: after ``start_session`` the wish stands in ``opening``
until the caller answers by :meth:`Client.opened` or takes it away. So is finding out whose a token
is: after ``authenticate`` it stands in ``claim`` until the answer is :meth:`Client.known` or
:meth:`Client.unknown`.
"""

from engine.events import Kind
from server.errors import RefusedError
from server.identity.account import Account
from server.limits import AUDIO_LINK_BURST_SEC, AUDIO_LINK_PACE, TokenBucket
from server.live.audio_counts import AudioCounts
from server.live.audio_models import (
    AudioChunk,
    MachineSound,
    StartAudio,
    StopAudio,
)
from server.live.hearing import Heard
from server.live.microphone import Microphone, State
from server.live.models import (
    GUEST,
    Authenticate,
    Authenticated,
    AuthError,
    Clock,
    ControlChange,
    EndSession,
    NotePlayed,
    NoteReleased,
    StartSession,
)
from server.live.session import Session
from server.live.wire import Message, Reply

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
    "BUSY": "the server cannot keep another take, or hear this sound, now: try again later",
    "RATE_LIMITED": "too many messages, or more sound than time passes: this was not read",
    "SESSION_NOT_FOUND": "there is no room of that code, or not any more",
    "NOT_HOST": "only the host of the room may do that, or say to be it",
    "HOST_TAKEN": "the room has a host",
    "NOT_MEMBER": "the place in the room is somebody else's",
    "ROOM_FULL": "the room has as many members as it may",
    "REPLACED": "another connection has joined as this member: this one is in no room any more",
    "INTERNAL": "an error of the server's own",
}

AUDIO = frozenset({StartAudio, AudioChunk, StopAudio, MachineSound})


class Client:
    """What the server knows of one connection.

    Parameters
    ----------
    allows_guests : bool
        Whether this client may play without a token.
    user : Account, optional
        Known from the handshake already.
    counts : AudioCounts, optional
        Where the sound of microphones is counted.

    Attributes
    ----------
    session : Session or None
        What is being played.
    microphone : Microphone or None
        What is listened to; whoever drives the client sees to its being analysed.
    opening : StartSession or None
        A wish the caller has to answer.
    claim : str or None
        A token whose owner the caller has to find out.
    failed_attempts : int
        Bad tokens so far.
    """

    def __init__(
        self,
        *,
        allows_guests: bool,
        user: Account | None = None,
        counts: AudioCounts | None = None,
    ) -> None:
        self._allows_guests = allows_guests
        self.user = user
        self.session: Session | None = None
        self.microphone: Microphone | None = None
        self._counts = AudioCounts() if counts is None else counts
        self._budget: TokenBucket | None = None
        self._n_awaited: int | None = None  # bytes to be heard before the session ends
        self.opening: StartSession | None = None
        self.claim: str | None = None
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
            elif type(message) in AUDIO:
                return self._receive_audio(message, now_sec)
            else:
                return self._receive_rare(message, session, now_sec)
            return session.play(
                message.timestamp, kind, message.midi_note, message.velocity, now_sec
            )
        return self._receive_idle(message, now_sec)

    def opened(self, session: Session) -> list[Reply]:
        """Answer ``opening``: the session is ready."""
        self.opening = None
        self.session = session
        if self.microphone is not None and self.microphone.state is State.RUNNING:
            session.listen(self.microphone)
        return [session.started()]

    def known(self, user: Account) -> list[Reply]:
        """Answer ``claim``: the token is this user's."""
        self.claim = None
        self.user = user
        return [Authenticated(user.id)]

    def unknown(self, why: str, *, is_wrong: bool = True) -> list[Reply]:
        """Answer ``claim``: it is nobody's, or nobody could tell whose."""
        self.claim = None
        self.failed_attempts += is_wrong
        return [AuthError(why)]

    def heard(self, heard: Heard, now_sec: float) -> list[Reply]:
        """Take in what was heard of the client's microphone.

        Parameters
        ----------
        heard : Heard
            What the analysis of a piece of sound came to.
        now_sec : float
            Server time.
        """
        microphone = self.microphone
        assert microphone is not None
        replies = self._tell(microphone, heard, now_sec)
        if microphone.state is not State.RUNNING and not microphone.is_waiting:
            replies += self._cut(microphone, now_sec)
            self._forget(microphone)
        return replies + self._end_if_heard(now_sec)

    def leave(self) -> Session | None:
        """The connection is gone; returns what was still being played."""
        session, self.session = self.session, None
        self.microphone = None
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
            return self._end(now_sec)
        raise RefusedError(
            "WRONG_ORDER", "a session is running: send end_session first", message.event
        )

    def _receive_idle(self, message: Message, now_sec: float) -> list[Reply]:
        """Everything, while no session runs."""
        if self.claim is not None:
            raise RefusedError(
                "WRONG_ORDER", "the token is looked at: wait for authenticated", message.event
            )
        if isinstance(message, Authenticate):
            self.claim = message.token
            return []
        if not self.may_play:
            raise RefusedError("UNAUTHENTICATED", "send authenticate {token} first", message.event)
        if type(message) in AUDIO:
            return self._receive_audio(message, now_sec)
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

    def _receive_audio(self, message: Message, now_sec: float) -> list[Reply]:
        """Everything that has to do with a microphone."""
        if isinstance(message, StartAudio):
            if self._budget is None:
                self._budget = TokenBucket(AUDIO_LINK_PACE, now_sec, AUDIO_LINK_BURST_SEC)
            microphone = Microphone(message, now_sec, self._counts, self._budget)
            return self._listen(microphone, now_sec)
        if self.microphone is None or self.microphone.state is State.STOPPING:
            raise RefusedError(
                "WRONG_ORDER", "no microphone is on: send start_audio first", message.event
            )
        if isinstance(message, AudioChunk):
            self.microphone.feed(message.pcm, now_sec)
            if self.session is not None:
                self.session.expect()
        elif isinstance(message, MachineSound):
            self.microphone.sounds(message.midi_note, message.timestamp, message.duration)
        else:
            self.microphone.stop()
            if not self.microphone.is_waiting:
                self._forget(self.microphone)
        return []

    def _listen(self, microphone: Microphone, now_sec: float) -> list[Reply]:
        """Hear another stream; a session that waits for the last one to be heard ends."""
        replies = [] if self.microphone is None else self._cut(self.microphone, now_sec)
        self.microphone = microphone
        if self._n_awaited is not None:
            return replies + self._end_now(now_sec)
        if self.session is not None:
            self.session.listen(microphone)
        return replies

    def _tell(self, microphone: Microphone, heard: Heard, now_sec: float) -> list[Reply]:
        """Say what was heard, to the session where one runs."""
        replies = microphone.heard(heard, now_sec)
        if self.session is not None:
            return replies + self.session.hear(heard, now_sec)
        return replies + [microphone.note(note, None) for note in heard.notes]

    def _cut(self, microphone: Microphone, now_sec: float) -> list[Reply]:
        """Nothing more is heard of this stream: end what still sounds."""
        heard = microphone.cut()
        return [] if heard is None else self._tell(microphone, heard, now_sec)

    def _forget(self, microphone: Microphone) -> None:
        """Nothing more comes of this stream; what still came of one that was ended is not heard."""
        if microphone.state is State.STOPPING:
            self.microphone = None
        if self.session is not None:
            self.session.listen(None)

    def _end(self, now_sec: float) -> list[Reply]:
        """End the session once all sound that came before has been heard."""
        if self.microphone is None or not self.microphone.is_waiting:
            return self._end_now(now_sec)
        self._n_awaited = self.microphone.n_fed
        return []

    def _end_if_heard(self, now_sec: float) -> list[Reply]:
        if self._n_awaited is None:
            return []
        microphone = self.microphone
        if microphone is not None:
            is_closed = microphone.state is not State.RUNNING
            if microphone.n_heard < self._n_awaited or (is_closed and microphone.is_waiting):
                return []
        return self._end_now(now_sec)

    def _end_now(self, now_sec: float) -> list[Reply]:
        session, self.session = self.session, None
        assert session is not None
        self._n_awaited = None
        if self.microphone is not None:
            self.microphone.expects(())
        return session.end(now_sec)
