"""A load generator: players on many connections, each note timed until its verdict is back.

It speaks just enough WebSocket to cost less than the server it measures.
"""

import asyncio
import base64
import os
import resource
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import numpy as np

from bench.wires import Wire

NOTE_MS = 125.0  # of the score: eight notes a second
SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
CONNECT_AT_ONCE = 50
ANSWER_SEC = 10.0  # a verdict that has not come by then is lost


class Load(NamedTuple):
    """What to do.

    Attributes
    ----------
    connections, notes : int
        How many players, and notes of each.
    rate_hz : float
        Notes a second of each; 0: the next as soon as the last is answered.
    is_awake : bool
        Keep this process from sleeping: for CPU figures, not for round trips on a busy machine.
    """

    connections: int
    notes: int
    rate_hz: float = 0.0
    is_awake: bool = True


class Outcome(NamedTuple):
    """What came of it; round trips in seconds, CPU per note in seconds."""

    sent: int
    lost: int
    out_of_order: int
    seconds: float
    cpu_sec: float
    round_trips_sec: np.ndarray[Any, np.dtype[np.float64]]


class Player(asyncio.Protocol):
    """One connection that plays a scale."""

    def __init__(self, wire: Wire, host: str, n_notes: int, is_eager: bool) -> None:
        self._wire = wire
        self._host = host
        self._n_notes = n_notes
        self._is_eager = is_eager
        self._buffer = b""
        self._is_open = False
        self._sent_at: deque[float] = deque()
        self._transport: asyncio.Transport
        self.n_sent = self.n_answered = self.out_of_order = 0
        self.round_trips_sec: list[float] = []
        loop = asyncio.get_running_loop()
        self.started: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's only looks like one
        key = base64.b64encode(os.urandom(16)).decode()
        wish = f"Sec-WebSocket-Protocol: {self._wire.subprotocol}\r\n"
        self._transport.write(
            f"GET {self._wire.path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"{wish if self._wire.subprotocol else ''}\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """What has not been answered is lost."""
        self._fail(f"the server closed the connection: {exc}")

    def data_received(self, data: bytes) -> None:
        """Take frames apart; those of a server are not masked."""
        data = self._buffer + data
        if not self._is_open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self._fail(f"no WebSocket: {head!r}")
            self._is_open = True
            if self._wire.is_ready:
                self._start()
        start = 0
        while len(data) - start >= 2:
            begin, size = start + 2, data[start + 1]
            if size == 126:
                begin, size = start + 4, int.from_bytes(data[start + 2 : start + 4], "big")
            elif size == 127:
                begin, size = start + 10, int.from_bytes(data[start + 2 : start + 10], "big")
            if len(data) < begin + size:
                break
            self._frame_received(data[start] & 0x0F, data[begin : begin + size])
            start = begin + size
        self._buffer = data[start:]

    def play(self) -> None:
        """Send the next note."""
        data = {
            "midiNote": SCALE[self.n_sent % len(SCALE)],
            "velocity": 64,
            "timestamp": self.n_sent * NOTE_MS,
        }
        self._sent_at.append(time.perf_counter())
        self.n_sent += 1
        self._write("note_played", data)

    def finish(self) -> None:
        """End the session and leave."""
        if not self._wire.is_echo:
            self._write("end_session", {})
        self._send(8, (1000).to_bytes(2, "big"))
        self._transport.close()

    def _start(self) -> None:
        if self._wire.is_echo:
            self.started.set_result(None)
            return
        notes = [
            {"midiNote": SCALE[k % len(SCALE)], "startTime": k * NOTE_MS, "duration": NOTE_MS}
            for k in range(self._n_notes)
        ]
        wish = {"sessionType": "song", "expectedNotes": notes, "tempo": 120}
        self._write("start_session", wish)

    def _frame_received(self, opcode: int, payload: bytes) -> None:
        if opcode > 2:
            if opcode == 9:
                self._send(10, payload)
            return
        event = self._wire.decode(payload)
        if event is None:
            for answer in self._wire.answer(payload):
                self._send(self._wire.opcode, answer)
            if self._wire.is_ready and not self.started.done():
                self._start()
        elif event[0] == "session_started":
            self.started.set_result(None)
        elif event[0] == "feedback":
            self._verdict_received(event[1].played_index)
        elif event[0] == "note_played":  # the echo's
            self._verdict_received(round(event[1].timestamp / NOTE_MS))
            self._next()
        elif event[0] == "stats_update":
            self._next()
        elif event[0] == "error":
            self._fail(f"refused: {event[1].message}")

    def _fail(self, reason: str) -> None:
        for future in (self.started, self.done):
            if not future.done():
                future.set_exception(ConnectionError(reason))

    def _verdict_received(self, index: int | None) -> None:
        self.round_trips_sec.append(time.perf_counter() - self._sent_at.popleft())
        self.out_of_order += index != self.n_answered
        self.n_answered += 1

    def _next(self) -> None:
        if self.n_answered == self._n_notes:
            if not self.done.done():
                self.done.set_result(None)
        elif self._is_eager and self.n_sent == self.n_answered:
            self.play()

    def _write(self, event: str, data: dict[str, Any]) -> None:
        self._send(self._wire.opcode, self._wire.encode(event, data))

    def _send(self, opcode: int, payload: bytes) -> None:
        """Send a frame, masked as a client must, with the mask that changes nothing."""
        size = len(payload)
        if size < 126:
            head = bytes((0x80 | opcode, 0x80 | size))
        elif size < 65536:
            head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
        else:
            head = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
        self._transport.write(head + b"\0\0\0\0" + payload)


async def run(url: str, make_wire: Callable[[], Wire], load: Load, pid: int) -> Outcome:
    """Play on all connections at once.

    Parameters
    ----------
    url : str
        Of the server.
    make_wire : callable
        Makes the wire of one connection.
    load : Load
        How much.
    pid : int
        The server's process, whose CPU time is read.
    """
    allow_connections(load.connections)
    players = await _connect(url, make_wire, load)
    stay_awake = asyncio.create_task(_stay_awake(load.is_awake))
    cpu_sec, start_sec = process_cpu_sec(pid), time.perf_counter()
    if load.rate_hz:
        await asyncio.gather(*(_play_steadily(player, load) for player in players))
    else:
        for player in players:
            player.play()
    limit_sec = ANSWER_SEC if load.rate_hz else None
    waiting = [player.done for player in players]
    await asyncio.wait(waiting, timeout=limit_sec)
    stay_awake.cancel()
    seconds, cpu_sec = time.perf_counter() - start_sec, process_cpu_sec(pid) - cpu_sec
    for player in players:
        player.finish()
    sent = sum(player.n_sent for player in players)
    return Outcome(
        sent,
        sent - sum(player.n_answered for player in players),
        sum(player.out_of_order for player in players),
        seconds,
        cpu_sec,
        np.concatenate([player.round_trips_sec for player in players]),
    )


async def _connect(url: str, make_wire: Callable[[], Wire], load: Load) -> list[Player]:
    loop = asyncio.get_running_loop()
    place = urlsplit(url)
    turn = asyncio.Semaphore(CONNECT_AT_ONCE)

    async def connect() -> Player:
        async with turn:
            _, player = await loop.create_connection(
                lambda: Player(make_wire(), place.netloc, load.notes, not load.rate_hz),
                place.hostname or "",
                place.port or 80,
            )
            await player.started
            return player

    return await asyncio.gather(*(connect() for _ in range(load.connections)))


async def _stay_awake(is_wanted: bool) -> None:
    """Never let this process sleep: waking it would be charged to the server that answers.

    On a virtual machine that costs more than all the server does, and the more the longer it had
    been waited for.
    """
    while is_wanted:
        await asyncio.sleep(0)


async def _play_steadily(player: Player, load: Load) -> None:
    """Play notes at the rate, beginning at a moment of this player's own."""
    loop = asyncio.get_running_loop()
    begin = loop.time() + (hash(id(player)) % 1000) / 1000.0 / load.rate_hz
    for k in range(load.notes):
        await asyncio.sleep(begin + k / load.rate_hz - loop.time())
        player.play()


def process_cpu_sec(pid: int) -> float:
    """CPU time a process and its threads have used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def allow_connections(count: int) -> None:
    """Raise this process's limit of open files, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 100
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
