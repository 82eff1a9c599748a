"""One live connection, whatever carries it: limits, timers and counts around the protocol."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar

import structlog

from server.errors import ApiError, RefusedError, TokenError
from server.limits import (
    AUTH_ATTEMPTS,
    AUTH_TIMEOUT_SEC,
    BYTES_PER_TOKEN,
    PART_INTERVAL_SEC,
    PART_REPLIES,
    REFUSED_FORGOTTEN_SEC,
    REFUSED_MAX,
    REFUSED_TOLD_SEC,
    ROOM_CHANGES_BURST,
    ROOM_CHANGES_HZ,
    ROOM_REPORTS_BURST,
    ROOM_REPORTS_HZ,
    STALLED_MAX_SEC,
    THREAD_MIN_BYTES,
    WAITING_MAX_REPLIES,
    Close,
    TokenBucket,
)
from server.live.audio_models import AudioChunk
from server.live.models import Authenticated, ErrorReply
from server.live.opening import find_piece, open_session
from server.live.wire import Message, Reply
from server.protocol import Client
from server.rooms.models import RoomMessage

if TYPE_CHECKING:
    from server.identity.account import Account
    from server.live.hearing import Heard
    from server.live.hub import Hub
    from server.live.microphone import Microphone
    from server.live.session import Session
    from server.live.workers import Outcome
    from server.rooms.room import Seat

log = structlog.get_logger()

# A clock of milliseconds may ring a little early: look again after this.
MIN_TICK_SEC = 0.005


class Link(ABC):
    """Drives the protocol of one client.

    Parameters
    ----------
    hub : Hub
        What it shares with all others.
    user : Account, optional
        Known from the handshake already.
    address : str
        Where it comes from.

    Attributes
    ----------
    seat : Seat or None
        Its place in a listening room.
    room_changes, room_reports : TokenBucket
        How often it may join or leave, and say something in a room.
    """

    kind: ClassVar[str]

    def __init__(self, hub: Hub, user: Account | None, address: str) -> None:
        self.hub = hub
        self.address = address
        self.seat: Seat | None = None
        self.client = Client(
            allows_guests=hub.settings.allows_guests,
            user=user,
            counts=hub.metrics.audio,
        )
        self.is_closing = False
        self._loop = asyncio.get_running_loop()
        now_sec = time.monotonic()
        self._bucket = TokenBucket(hub.settings.messages_per_sec, now_sec)
        self.room_changes = TokenBucket(ROOM_CHANGES_HZ, now_sec, ROOM_CHANGES_BURST)
        self.room_reports = TokenBucket(ROOM_REPORTS_HZ, now_sec, ROOM_REPORTS_BURST)
        self._n_refused = 0
        self._refused_sec = self._told_sec = -inf
        self._timer: asyncio.TimerHandle | None = None
        self._armed_sec = inf
        self._auth_timer: asyncio.TimerHandle | None = None
        self._waiting: deque[Reply] = deque()
        self._moved_sec = 0.0

    @abstractmethod
    def write(self, replies: list[Reply]) -> None:
        """Write a few replies, in order; drops a client that leaves too much unread."""

    @abstractmethod
    def has_room(self) -> bool:
        """Tell whether the client has read nearly all that was written."""

    @abstractmethod
    def hang_up(self, code: Close) -> None:
        """Tell the client why, and cut the connection if it does not leave; never waits."""

    def check_alive(self) -> None:  # noqa: B027  a carrier that asks its clients itself needs none
        """Called every ``PING_INTERVAL_SEC``: drop a client that has gone without a word."""

    def send(self, replies: list[Reply]) -> None:
        """Write replies, in order; a long answer in parts, as the client reads. Never waits."""
        if self.is_closing:
            return
        if len(replies) <= PART_REPLIES and not self._waiting:
            self.write(replies)
            return
        is_first = not self._waiting
        self._waiting.extend(replies)
        if len(self._waiting) > WAITING_MAX_REPLIES:
            self.close(Close.TOO_SLOW)
        elif is_first:
            self._moved_sec = time.monotonic()
            self._write_part()

    def close(self, code: Close) -> None:
        """Close the connection, once."""
        if self.is_closing:
            return
        self.is_closing = True
        self.hub.metrics.dropped[code.name.lower()] += 1
        self.hang_up(code)

    def joined(self) -> None:
        """Begin: greet a user known already, else wait only so long for a token."""
        if self.client.user is not None:
            self.send([Authenticated(self.client.user.id)])
        elif not self.client.may_play:
            self._auth_timer = self._loop.call_later(AUTH_TIMEOUT_SEC, self._check_auth)

    def left(self) -> None:
        """Stop all timers."""
        self.is_closing = True
        for timer in (self._timer, self._auth_timer):
            if timer is not None:
                timer.cancel()

    def receive(self, decode: Callable[[Any], Message], frame: Any, n_bytes: int) -> None:
        """Take in one frame and answer it. No waiting and no task: this is what every note costs.

        Parameters
        ----------
        decode : callable
            Frame to message; raises RefusedError.
        frame : object
            As it came.
        n_bytes : int
            Its length, about.
        """
        if self.is_closing:
            return
        arrival_sec = time.monotonic()
        if self._bucket.take(arrival_sec, 1 + n_bytes // BYTES_PER_TOKEN):
            self._answer(decode, frame, arrival_sec)
        else:
            self._refuse_rate(arrival_sec)

    def _answer(self, decode: Callable[[Any], Message], frame: Any, arrival_sec: float) -> None:
        client = self.client
        session = client.session
        try:
            message = decode(frame)
            if isinstance(message, RoomMessage):
                self._receive_in_room(message, arrival_sec)
                return
            replies = client.receive(message, arrival_sec)
        except RefusedError as error:
            replies = [self._refusal(error)]
        if replies:
            self.send(replies)
        microphone = client.microphone
        if microphone is not None and microphone.is_waiting and not microphone.is_busy:
            self._analyse(microphone)
        # Sound comes without end and changes nothing.
        if session is not None and (replies or decode is not AudioChunk):
            self._go_on(session, arrival_sec)
            self.hub.metrics.observe(time.monotonic() - arrival_sec)

    def _receive_in_room(self, message: RoomMessage, arrival_sec: float) -> None:
        """Hand an event on to the listening rooms, which answer by themselves."""
        if not self.client.may_play:
            raise RefusedError("UNAUTHENTICATED", "send authenticate {token} first", message.event)
        self.hub.rooms.receive(self, message, arrival_sec)

    def _go_on(self, session: Session, now_sec: float) -> None:
        """See to what follows of a message to a session: its end, or its next deadline."""
        if self.client.session is None:
            self.hub.ended(session)
        else:
            due_sec = session.due_sec
            if due_sec < self._armed_sec:
                self._arm(due_sec, now_sec)

    def _analyse(self, microphone: Microphone) -> None:
        """Let a worker hear what waits; its outcome brings the next."""
        microphone.is_busy = True
        self.hub.workers.submit(microphone.analyse, partial(self._heard, microphone))

    def _heard(self, microphone: Microphone, outcome: Outcome[Heard]) -> None:
        """Answer what was heard of a microphone, unless another has taken its place."""
        microphone.is_busy = False
        client = self.client
        if self.is_closing or microphone is not client.microphone:
            return
        try:
            if outcome.error is not None:
                raise outcome.error
            assert outcome.result is not None
            now_sec = time.monotonic()
            session = client.session
            replies = client.heard(outcome.result, now_sec)
            if replies:
                self.send(replies)
            if session is not None:
                self._go_on(session, now_sec)
            if microphone.is_waiting:
                self._analyse(microphone)
        except Exception:
            self.fail()

    async def receive_long(
        self, decode: Callable[[Any], Message], frame: Any, n_bytes: int
    ) -> None:
        """Take in one frame of more than ``STRANGER_MAX_BYTES``; nothing may follow meanwhile."""
        if not self.client.may_play:
            self.receive(_refuse_stranger, frame, n_bytes)
        elif n_bytes < THREAD_MIN_BYTES:
            self.receive(decode, frame, n_bytes)
        elif self.may_send(n_bytes):
            reading = self._loop.run_in_executor(None, decode, frame)
            await asyncio.wait([reading])
            if not self.is_closing:
                self._answer(asyncio.Future.result, reading, time.monotonic())

    def may_send(self, n_bytes: int) -> bool:
        """Charge for something to come; refuses it where the client sends too much."""
        now_sec = time.monotonic()
        if self.is_closing:
            return False
        if self._bucket.take(now_sec, 1 + n_bytes // BYTES_PER_TOKEN):
            return True
        self._refuse_rate(now_sec)
        return False

    async def recognise(self) -> None:
        """Find out whose token the client has sent; it may be asked for elsewhere."""
        client = self.client
        assert client.claim is not None
        try:
            replies = client.known(await self.hub.bearers.read(client.claim, self.address))
        except TokenError as error:
            replies = client.unknown(str(error))
        except ApiError as error:  # its provider does not answer, or was asked too often
            replies = client.unknown(error.message, is_wrong=False)
        self.send(replies)
        if client.failed_attempts >= AUTH_ATTEMPTS:
            self.close(Close.UNAUTHENTICATED)

    async def open(self) -> None:
        """Answer the client's wish for a session, in a thread: a long score takes a while."""
        client = self.client
        request = client.opening
        assert request is not None
        try:
            piece = await find_piece(request, self.hub.library, client.user_id)
            session = await asyncio.to_thread(
                open_session, request, client.user_id, self.kind, piece
            )
            if not self.is_closing:
                self.hub.started(session)
                self.send(client.opened(session))
        except RefusedError as error:
            self.send([self._refusal(error)])
        finally:
            client.opening = None

    def fail(self) -> None:
        """An error of ours: log it, tell the client, and let it connect anew."""
        log.exception("connection failed", kind=self.kind)
        self.send([ErrorReply("INTERNAL", "the server failed: connect again")])
        self.close(Close.INTERNAL)

    def _write_part(self) -> None:
        """Write the next of the replies that wait, and come again for the others."""
        waiting = self._waiting
        if self.is_closing:
            waiting.clear()
            return
        now_sec = time.monotonic()
        if self.has_room():
            self.write([waiting.popleft() for _ in range(min(PART_REPLIES, len(waiting)))])
            self._moved_sec = now_sec
            if waiting:
                self._loop.call_soon(self._write_part)
        elif now_sec - self._moved_sec > STALLED_MAX_SEC:
            self.close(Close.TOO_SLOW)
        else:
            self._loop.call_later(PART_INTERVAL_SEC, self._write_part)

    def refuse(self, error: RefusedError) -> None:
        """Tell the client that something of its was refused."""
        self.send([self._refusal(error)])

    def _refusal(self, error: RefusedError) -> ErrorReply:
        self.hub.metrics.errors[error.code] += 1
        return ErrorReply(error.code, error.message, error.event)

    def _refuse_rate(self, now_sec: float) -> None:
        """Say so once a second; hang up on one that goes on."""
        if now_sec - self._refused_sec > REFUSED_FORGOTTEN_SEC:
            self._n_refused = 0
        self._refused_sec = now_sec
        self._n_refused += 1
        self.hub.metrics.errors["RATE_LIMITED"] += 1
        if (microphone := self.client.microphone) is not None:
            microphone.end()  # what is not read may have been sound
            if microphone.is_waiting and not microphone.is_busy:
                self._analyse(microphone)
        if self._n_refused > REFUSED_MAX:
            self.close(Close.RATE_LIMITED)
        elif now_sec - self._told_sec > REFUSED_TOLD_SEC:
            self._told_sec = now_sec
            rate = self.hub.settings.messages_per_sec
            said = f"at most {rate} messages a second are read"
            if microphone is not None:
                said += ": the microphone's stream has ended, send start_audio again"
            self.send([ErrorReply("RATE_LIMITED", said)])

    def _arm(self, due_sec: float, now_sec: float) -> None:
        """Ring when time alone has something to say.

        A deadline that moved on is left to ring: looking again then is cheaper than a new timer
        for every note.
        """
        if self._timer is not None:
            self._timer.cancel()
        self._armed_sec = due_sec
        self._timer = self._loop.call_later(max(due_sec - now_sec, MIN_TICK_SEC), self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._armed_sec = inf
        session = self.client.session
        if session is None or self.is_closing:
            return
        try:
            now_sec = time.monotonic()
            if now_sec >= session.due_sec:
                replies = session.tick(now_sec)
                if replies:
                    self.send(replies)
            due_sec = session.due_sec
            if due_sec < inf:
                self._arm(due_sec, now_sec)
        except Exception:
            self.fail()

    def _check_auth(self) -> None:
        if not self.client.may_play:
            self.close(Close.UNAUTHENTICATED)


def _refuse_stranger(_frame: Any) -> Message:
    raise RefusedError("UNAUTHENTICATED", "send authenticate {token} first")
