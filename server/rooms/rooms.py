"""All listening rooms of one server: made, found by their codes, ended and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import structlog

from engine.drift import SyncRoom
from engine.errors import EngineError
from server.config import Settings
from server.errors import ApiError, RefusedError
from server.limits import ROOM_OFFSETS_BURST, ROOM_OFFSETS_HZ, TokenBucket
from server.live.models import GUEST
from server.rooms.access import check_place, check_rate, client_of, is_known, seat_of
from server.rooms.clock import Clock
from server.rooms.codes import new_code, read_code
from server.rooms.counts import RoomCounts
from server.rooms.guesses import Guesses, house, too_many
from server.rooms.member import Member
from server.rooms.models import JoinSession, LeaveSession, RoomMessage
from server.rooms.room import Room, Seat, Surroundings
from server.rooms.saved import SavedRoom
from server.takes.format import clean
from server.takes.ids import uuid7

if TYPE_CHECKING:
    from server.live.link import Link
    from server.rooms.keeper import RoomKeeper

HOUR_MS = 3_600_000.0
# Who has been away for so long makes room in a full one.
ABSENT_MS = 600_000.0
# What a room may raise that another version wrote down.
UNREADABLE = (EngineError, LookupError, TypeError, ValueError, AttributeError)

log = structlog.get_logger()


class Rooms:
    """The rooms of this process.

    Every method that refuses raises :class:`server.errors.ApiError`, for REST and sockets alike.

    Parameters
    ----------
    settings : Settings
        Codes, times and limits.
    clock : Clock, optional
        What time it is.
    """

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.counts = RoomCounts(lambda: (len(room.links) for room in self._rooms.values()))
        self._settings = settings
        self._rooms: dict[str, Room] = {}
        self._owned: Counter[str] = Counter()
        self._guesses = Guesses()
        self._offsets: dict[str, TokenBucket] = {}
        self._keeper: RoomKeeper | None = None
        self._is_closing = False
        self._around = Surroundings(self.clock, self.counts, self._changed, self._ended)

    def __len__(self) -> int:
        return len(self._rooms)

    def keep_in(self, keeper: RoomKeeper) -> None:
        """Have a keeper write down what changes."""
        self._keeper = keeper

    def create(
        self, account: str, address: str, user_id: str, name: str, key: str | None
    ) -> tuple[Room, str]:
        """Make a room.

        Parameters
        ----------
        account : str
            Who makes it.
        address : str
            From where: guests are counted by that.
        user_id, name : str
            The host's place.
        key : str or None
            A key the client brings; else one is made.

        Returns
        -------
        Room
            With one member, its host.
        str
            The host's key.
        """
        owner = account if account != GUEST else house(address)
        self._check_space(owner)
        now_ms = self.clock.now_ms()
        host, key = _new_member(account, user_id, name, key, now_ms)
        code = new_code(self._settings.session_code_length)
        while code in self._rooms:
            code = new_code(self._settings.session_code_length)
        saved = SavedRoom(
            id=uuid7(),
            code=code,
            made_ms=now_ms,
            expires_ms=now_ms + HOUR_MS * self._settings.session_timeout_hours,
            host_id=host.id,
            members=[host],
        )
        room = Room(saved, SyncRoom(), self._around)
        self._add(room, owner)
        self.counts.n_made += 1
        log.info("room made", room=room.id)
        self._changed(room, True)
        return room, key

    def restore(self, found: Iterable[SavedRoom]) -> None:
        """Take up rooms that another process left."""
        now_ms = self.clock.now_ms()
        for saved in found:
            try:
                if saved.code in self._rooms:
                    raise ValueError("another room has its code")
                sync = SyncRoom() if saved.sync is None else SyncRoom.restore(saved.sync, now_ms)
                room = Room(saved, sync, self._around)
            except UNREADABLE as error:
                log.warning("a kept room cannot be taken up", room=saved.id, error=repr(error))
                self._forget(saved.id)
                continue
            account = room.host.account
            self._add(room, "" if account == GUEST else account)
            self._changed(room, True)
            log.info("room taken up", room=room.id, members=len(room.members))

    def find(
        self,
        text: str,
        account: str,
        address: str,
        user_id: str | None = None,
        key: str | None = None,
    ) -> Room:
        """Find the room of a code; who is not known in it may be wrong only so often."""
        room = self._rooms.get(read_code(text))
        now_ms = self.clock.now_ms()
        if room is None or not is_known(room, account, user_id, key):
            self._guesses.check(address, now_ms)
        if room is None:
            self._guesses.count(address, now_ms)
            self.counts.n_wrong_codes += 1
            raise ApiError(
                404, "SESSION_NOT_FOUND", "there is no room of that code, or not any more"
            )
        return room

    def join(
        self, room: Room, account: str, user_id: str, name: str | None, key: str | None
    ) -> tuple[Member, str | None]:
        """Give somebody a place, or the one they have.

        Returns
        -------
        Member
            Theirs.
        str or None
            Its key, where it is new or was shown.
        """
        member = room.members.get(user_id)
        if member is None:
            self._make_space(room)
            member, key = _new_member(account, user_id, name or user_id, key, self.clock.now_ms())
            room.members[user_id] = member
        else:
            check_place(room, member, account, key)
            member.show(key)
            if name:
                member.name = clean(name)
        self._changed(room, True)
        return member, key

    def set_offset(
        self, room: Room, account: str, user_id: str | None, key: str | None, offset_ms: float
    ) -> None:
        """Let a client play so much ahead of the host, at once."""
        member = client_of(room, account, user_id, key)
        now_ms = self.clock.now_ms()
        bucket = self._offsets.get(room.id)
        if bucket is None:
            bucket = TokenBucket(ROOM_OFFSETS_HZ, now_ms / 1000.0, ROOM_OFFSETS_BURST)
            self._offsets[room.id] = bucket
        if not bucket.take(now_ms / 1000.0):
            raise too_many("the offsets of this room change too often", 1000.0, ROOM_OFFSETS_HZ)
        room.set_offset(member, offset_ms, now_ms)

    def receive(self, link: Link, message: RoomMessage, arrival_sec: float) -> None:
        """Take in an event of a connection.

        Raises
        ------
        RefusedError
            If it breaks a rule; nothing has changed then.
        """
        now_ms = self.clock.at(arrival_sec)
        try:
            check_rate(link, message, arrival_sec)
            if isinstance(message, JoinSession):
                self._join(link, message, now_ms)
            elif isinstance(message, LeaveSession):
                room, member = seat_of(link, message)
                room.remove(member, now_ms)
            else:
                room, member = seat_of(link, message)
                room.receive(member, message, now_ms)
        except ApiError as error:
            raise RefusedError(error.code, error.message, message.event) from None

    def left(self, link: Link) -> None:
        """A connection is gone."""
        if link.seat is not None:
            link.seat.room.vacate(link, self.clock.now_ms())

    def stop(self) -> None:
        """The server is about to stop: rooms stay as they are, to be taken up again."""
        self._is_closing = True
        for room in self._rooms.values():
            room.stop()

    def _join(self, link: Link, message: JoinSession, now_ms: float) -> None:
        account = link.client.user_id
        room = self.find(
            message.session_id, account, link.address, message.user_id, message.member_key
        )
        known = room.members.get(message.user_id)
        if known is not None:
            check_place(room, known, account, message.member_key)
        if message.role == "host" and known is not room.host:
            raise ApiError(403, "NOT_HOST", "another member is the host of this room")
        member, _ = self.join(room, account, message.user_id, message.user_name, message.member_key)
        if link.seat is not None and link.seat != Seat(room, member):
            link.seat.room.vacate(link, now_ms)
        try:
            room.seat(link, member, message, now_ms)
        except RefusedError:
            if known is None:
                del room.members[member.id]
            raise

    def _check_space(self, owner: str) -> None:
        if self._is_closing:
            raise ApiError(503, "STOPPING", "the server is about to stop: try again later")
        if len(self._rooms) >= self._settings.max_rooms:
            raise ApiError(
                503, "CAPACITY", "the server has no room for another one: try again later"
            )
        if self._owned[owner] >= self._settings.rooms_per_account:
            raise ApiError(
                409,
                "TOO_MANY_ROOMS",
                f"you have {self._owned[owner]} rooms already: end one of them first",
            )

    def _make_space(self, room: Room) -> None:
        """See that one more may come in; who was away for long gives way."""
        if len(room.members) < self._settings.room_members:
            return
        absent = [member for member in room.clients if member.id not in room.links]
        longest = min(absent, key=lambda member: member.left_ms, default=None)
        now_ms = self.clock.now_ms()
        if longest is None or now_ms - longest.left_ms < ABSENT_MS:
            raise ApiError(
                409, "ROOM_FULL", f"the room is full: it has {len(room.members)} members"
            )
        room.remove(longest, now_ms)

    def _add(self, room: Room, owner: str) -> None:
        room.owner = owner
        self._rooms[room.code] = room
        if owner:
            self._owned[owner] += 1
        room.begin()

    def _changed(self, room: Room, is_urgent: bool) -> None:
        if self._keeper is not None:
            self._keeper.mark(room, is_urgent)

    def _ended(self, room: Room, reason: str) -> None:
        del self._rooms[room.code]
        self._offsets.pop(room.id, None)
        if room.owner:
            self._owned[room.owner] -= 1
            if not self._owned[room.owner]:
                del self._owned[room.owner]
        self.counts.ended[reason] += 1
        log.info("room ended", room=room.id, reason=reason)
        self._forget(room.id)

    def _forget(self, room_id: str) -> None:
        if self._keeper is not None:
            self._keeper.forget(room_id)


def _new_member(
    account: str, user_id: str, name: str, key: str | None, now_ms: float
) -> tuple[Member, str]:
    member = Member(user_id, clean(name), account, left_ms=now_ms)
    if key is None:
        return member, member.new_key()
    member.show(key)
    return member, key
