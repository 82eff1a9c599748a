"""One member of a room: reports where its player is, and does what the server tells it."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from msgspec import Struct

from server.roomclient.clock import Clock
from server.roomclient.errors import MissingTrackError, PlayerError
from server.roomclient.messages import Command, RoomState, Status
from server.roomclient.player import Cause, Happening, Move, Player, Reading, Track

Role = Literal["host", "client"]
Send = Callable[[str, dict[str, Any]], None]

REPORT_SEC = 1.0
REPORT_SPREAD = 0.03  # so that the members of a room do not all speak at once
SETTLE_MS = 2.0  # from the effect of a command to the report of it
OVER_MS = 500.0  # likewise, of a command to play what is behind the end of the track
DIGITS = 3  # of a millisecond
NOTHING = Track("etude:nothing", "nothing")  # told by who cannot play what the host plays


class Member:
    """Speaks for one player; knows nothing of sockets.

    Parameters
    ----------
    player : Player
        What plays.
    clock : Clock
        The clock of the player's times.
    role : str
        ``host`` or ``client``.
    user_id : str
        Who this is among the members.
    send : callable
        Takes an event and its data; may drop them while there is no connection.
    tell : callable
        Takes a sentence for the listener.

    Attributes
    ----------
    role : str
        What the member is now: the host may hand over.
    room : RoomState
        Who is in the room, as last told.
    status : Status or None
        How far off this member is, as last told.
    command : Command or None
        The last one that was not about the rate.
    reading : Reading or None
        Where the player was, as last reported.
    on_ended : callable
        Called when the player has come to the end of its track.
    failed : asyncio.Future
        Gets the exception of whatever went wrong unexpectedly.
    """

    def __init__(
        self,
        player: Player,
        clock: Clock,
        role: Role,
        user_id: str,
        send: Send,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.role = role
        self.room = RoomState([])
        self.status: Status | None = None
        self.command: Command | None = None
        self._player = player
        self._clock = clock
        self._user_id = user_id
        self._send = send
        self._tell = tell
        self._seq = 0
        self._has_nothing = False  # to play what it was told to
        self._missed: set[str] = set()  # tracks of which the listener knows that
        self._ack: int | str | None = None
        self.reading: Reading | None = None
        self.on_ended: Callable[[], None] = lambda: None
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._moving: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        player.on_happening = self._happened

    def introduction(self) -> dict[str, Any]:
        """What ``join_session`` says of this member's player and clock."""
        caps = ["ping", "mono", "at"] + ["rate"] * self._player.has_rate
        return {
            "role": self.role,
            "caps": caps,
            "mono": self._mono(),
            "resolutionMs": self._player.resolution_ms,
            "timestamp": self._clock.wall_ms(),
        }

    def pong(self, ping: dict[str, Any], came_ms: float) -> dict[str, Any]:
        """The answer to a ping that came at an instant; to be sent at once."""
        return {
            "id": ping.get("id"),
            "t0": ping.get("t0"),
            "monoRecv": round(came_ms, DIGITS),
            "monoSend": self._mono(),
        }

    def joined(self) -> None:
        """The server knows this member, for the first time or again."""
        self.report_soon()

    def report_soon(self, cause: Cause = "poll") -> None:
        """Report as soon as the player has answered."""
        self._spawn(self.report(cause))

    async def report(self, cause: Cause = "poll") -> None:
        """Ask the player where it is, and tell the server."""
        try:
            reading = await self._player.read()
        except PlayerError as error:
            self._tell(str(error))
            return
        if reading is None and self._has_nothing:
            now_ms = self._clock.now_ms()
            reading = Reading(NOTHING, 0.0, False, 1.0, now_ms, now_ms)
        if reading is not None:
            self.reading = reading
            self._seq += 1
            self._send("playback_state", self._state(reading, cause))

    def reading_now(self) -> Reading | None:
        """Where the player must be now, by its last reading; asks nobody."""
        reading = self.reading
        if reading is None or not reading.is_playing:
            return reading
        passed_ms = self._clock.now_ms() - reading.answered_ms
        return reading._replace(position_ms=reading.position_ms + passed_ms * reading.rate)

    async def report_for_ever(self) -> None:
        """Report about once a second."""
        while True:
            await asyncio.sleep(REPORT_SEC * random.uniform(1 - REPORT_SPREAD, 1 + REPORT_SPREAD))
            await self.report()

    def receive(self, event: str, told: Struct | None) -> None:
        """Take what the server says, pings apart."""
        if event == "request_state":
            self.report_soon()
        elif isinstance(told, Command):
            self._obey(told)
        elif isinstance(told, Status):
            self.status = told
        elif isinstance(told, RoomState):
            self.room = told
            mine = (person for person in told.members if person.user_id == self._user_id)
            if (me := next(mine, None)) is not None:
                self.role = "host" if me.role == "host" else "client"

    def lead(self, move: Move) -> None:
        """Do what the host's user wants: move the player, and let the room follow."""
        before = self.reading_now()
        if before is not None and before.track.uri == move.track_uri:  # what follows counts on it
            self.reading = before._replace(
                position_ms=before.position_ms if move.position_ms is None else move.position_ms,
                is_playing=move.is_playing,
                answered_ms=self._clock.now_ms(),
            )
        self._replace_move(self._lead(move))

    async def close(self) -> None:
        """Stop reporting and moving; the player is left as it is."""
        tasks = [*self._tasks, *([self._moving] if self._moving else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _mono(self) -> float:
        return round(self._clock.now_ms(), DIGITS)

    def _state(self, reading: Reading, cause: Cause) -> dict[str, Any]:
        track = reading.track
        state = {
            "trackUri": track.uri,
            "position": round(reading.position_ms, DIGITS),
            "isPlaying": reading.is_playing,
            "timestamp": self._clock.wall_ms(),
            "mono": round(reading.answered_ms, DIGITS),
            "monoReq": round(reading.asked_ms, DIGITS),
            "rate": reading.rate,
            "seq": self._seq,
            "ack": self._ack,
            "cause": cause if self._player.has_events else "poll",
            "outputLatencyMs": self._player.output_latency_ms,
            "trackName": track.name or None,
            "artist": track.artist or None,
            "duration": track.duration_ms,
        }
        return {name: value for name, value in state.items() if value is not None}

    def _obey(self, command: Command) -> None:
        if command.action == "set_rate":
            self._spawn(self._change_rate(command))
            return
        self.command = command
        self._replace_move(self._execute(command))

    async def _change_rate(self, command: Command) -> None:
        if command.rate is None or not self._player.has_rate:
            return
        if command.execute_at is not None:
            await self._clock.sleep_until(command.execute_at)
        self._player.set_rate(command.rate)

    async def _execute(self, command: Command) -> None:
        """Begin a command, wait for its effect, and report it."""
        acknowledging = self._spawn(self._acknowledge(command)) if self._waits(command) else None
        if acknowledging is None:
            self._begun(command)
        try:
            move = self._move_of(command)
            if move is not None:
                await self._player.move(move)
        except PlayerError as error:
            await self._give_up(error)
            return
        except asyncio.CancelledError:
            if acknowledging is not None:
                acknowledging.cancel()  # overtaken before it began
            raise
        await self._pause(self._settle_ms(command))
        await self._report_effect()

    def _settle_ms(self, command: Command) -> float:
        """How long to wait with the report: there is no hurry where the track is over."""
        track = self._player.track
        length_ms = None if track is None else track.duration_ms
        is_over = length_ms is not None and command.position >= length_ms
        return OVER_MS if is_over and not self._player.is_playing else SETTLE_MS

    async def _give_up(self, why: PlayerError) -> None:
        """Fall silent, and go on telling that: the others should not think that this one hears."""
        self._has_nothing = True
        if not isinstance(why, MissingTrackError):
            self._tell(str(why))
        elif why.track_uri not in self._missed:  # the server tries again and again
            self._missed.add(why.track_uri)
            self._tell(str(why))
        if self._player.track is not None and self._player.is_playing:
            await self._player.move(Move(self._player.track.uri, None, False))

    def _waits(self, command: Command) -> bool:
        """Whether nothing shows of a command before its instant."""
        at_ms = command.execute_at
        return at_ms is not None and not command.cue and at_ms > self._clock.now_ms()

    async def _acknowledge(self, command: Command) -> None:
        assert command.execute_at is not None
        await self._clock.sleep_until(command.execute_at)
        self._begun(command)

    def _begun(self, command: Command) -> None:
        if command.cmd_id is not None:
            self._ack = command.cmd_id

    def _move_of(self, command: Command) -> Move | None:
        """What the player shall do; None if it does so already."""
        player = self._player
        is_same = player.track is not None and player.track.uri == command.track_uri
        if command.action == "play" and is_same and player.is_playing:
            return None
        if command.action in ("play", "pause"):
            is_playing = command.action == "play"
        elif command.is_playing is not None:
            is_playing = command.is_playing
        else:
            is_playing = player.is_playing or command.action == "switch_track"
        return Move(
            command.track_uri, command.position, is_playing, command.execute_at, command.cue
        )

    async def _lead(self, move: Move) -> None:
        """Move by the user's own wish: tell of the change, then of the sound."""
        moving = asyncio.ensure_future(self._player.move(move))
        try:
            await asyncio.sleep(0)
            if not moving.done():
                await self._pause(SETTLE_MS)
            if not moving.done():
                await self.report("change")
            await moving
        except PlayerError as error:
            self._tell(str(error))
            return
        finally:
            moving.cancel()
        await self._pause(SETTLE_MS)
        await self._report_effect()

    async def _pause(self, pause_ms: float) -> None:
        await self._clock.sleep_until(self._clock.now_ms() + pause_ms)

    async def _report_effect(self) -> None:
        await self.report("playing" if self._player.is_playing else "paused")

    def _happened(self, happening: Happening) -> None:
        self.report_soon("paused" if happening == "ended" else happening)
        if happening == "ended":
            self.on_ended()

    def _replace_move(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Let a newer move overtake what is under way."""
        if self._moving is not None:
            self._moving.cancel()
        self._moving = self._spawn(coroutine)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if not self.failed.done():
            self.failed.set_exception(error)
