"""Microphones on many connections, in frames as time passes, each verdict timed.

A process of its own: ``python -m bench.microphone_load URL PLAN`` prints what came of it as JSON.

When a note can be known is taken from a listener fed with the same frames here: a verdict is timed
from the end of that frame.
"""

import asyncio
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import msgspec
import numpy as np
import uvloop

from bench.load import CONNECT_AT_ONCE, Player, allow_connections
from bench.wires import BINARY, Wire
from engine.listening.melody import MelodyListener
from engine.tuning import Tuning
from server.live.pcm import S16_SCALE

FRAME_SEC = 0.02
NOTE_SEC = 0.5
SPREAD_SEC = 1.0  # players begin within this
SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
PARTIALS = 8
LAST_SEC = 20.0  # what has not been heard by then is lost
STARTED_SEC = 60.0
REFUSED_TOLD = 3
SEED = 4


class Plan(msgspec.Struct):
    """What to do: so many streams of so many seconds, at so many samples a second."""

    streams: int
    seconds: float
    sample_rate: int = 44_100


class Outcome(msgspec.Struct):
    """What came of it.

    Attributes
    ----------
    frames : int
        Frames sent.
    notes, verdicts : int
        Notes that the listener here heard, and verdicts of the server.
    refused : list of str
        What the server refused, the first few.
    worst_late_ms : float
        How much later than planned a frame was sent at most: this process's own lateness.
    verdicts_ms : list of float
        From the end of the frame by which a note can be known to its verdict.
    """

    frames: int
    notes: int
    verdicts: int
    refused: list[str]
    worst_late_ms: float
    verdicts_ms: list[float]


class Recording:
    """A tune to be sent by everybody: its frames, and when each of its notes can be known."""

    def __init__(self, plan: Plan) -> None:
        self.sample_rate = plan.sample_rate
        n_samples = round(FRAME_SEC * plan.sample_rate)
        n_frames = round(plan.seconds / FRAME_SEC)
        pcm = _tune(n_samples * n_frames, plan.sample_rate)
        self.frames = [pcm[k * n_samples : (k + 1) * n_samples] for k in range(n_frames)]
        self.packets = [_packet(frame.tobytes()) for frame in self.frames]
        self.n_notes = int(plan.seconds / NOTE_SEC) + 1
        self.known_at = self._known_at()

    def _known_at(self) -> list[int]:
        """Number of the frame by which each note is told."""
        listener = MelodyListener(float(self.sample_rate), None, Tuning())
        known: dict[int, int] = {}
        for number, frame in enumerate(self.frames):
            for note in listener.process(frame * S16_SCALE):
                known.setdefault(note.note_id, number)
        return list(known.values())


class MicrophonePlayer(Player):
    """One connection that sends the recording and is judged by it."""

    def __init__(self, recording: Recording, host: str) -> None:
        super().__init__(Wire(), host, recording.n_notes, is_eager=False)
        self._recording = recording
        self._sent_sec: list[float] = []
        self.refused: list[str] = []
        self.verdicts_sec: list[float] = []

    def send_frame(self, number: int) -> None:
        """Send one frame of the recording."""
        self._sent_sec.append(time.perf_counter())
        self._transport.write(self._recording.packets[number])

    def end(self) -> None:
        """Ask for the summary, which comes when all that was sent has been heard."""
        self._write("end_session", {})

    def _start(self) -> None:
        notes = [
            {"midiNote": SCALE[k % len(SCALE)], "startTime": 1e3 * NOTE_SEC * k, "duration": 400}
            for k in range(self._n_notes)
        ]
        self._write("start_session", {"expectedNotes": notes, "tempo": 120})
        rate = self._recording.sample_rate
        self._write("start_audio", {"sampleRate": rate, "format": "s16le", "timestamp": 0})

    def _frame_received(self, opcode: int, payload: bytes) -> None:
        if payload.startswith(b'{"event":"feedback"'):
            self._judged(time.perf_counter(), payload)
        elif payload.startswith(b'{"event":"error"'):
            self.refused.append(payload.decode())
        elif payload.startswith(b'{"event":"session_ended"'):
            self.done.set_result(None)
        elif payload.startswith(b'{"event":"session_started"') or opcode > 2:
            super()._frame_received(opcode, payload)

    def _judged(self, now_sec: float, payload: bytes) -> None:
        event = self._wire.decode(payload)
        assert event is not None
        index = event[1].played_index
        if index is not None and index < len(self._recording.known_at):
            self.verdicts_sec.append(now_sec - self._sent_sec[self._recording.known_at[index]])


async def run(url: str, plan: Plan) -> Outcome:
    """Send the recording on all connections at once, and wait for the last verdicts."""
    allow_connections(plan.streams)
    recording = Recording(plan)
    players = await _connect(url, recording, plan.streams)
    worst_late_sec = await _send(players, len(recording.frames))
    n_notes = plan.streams * len(recording.known_at)
    for player in players:
        player.end()
    await asyncio.wait_for(asyncio.gather(*(player.done for player in players)), LAST_SEC)
    return Outcome(
        plan.streams * len(recording.frames),
        n_notes,
        sum(len(player.verdicts_sec) for player in players),
        [text for player in players for text in player.refused][:REFUSED_TOLD],
        1e3 * worst_late_sec,
        [round(1e3 * sec, 3) for player in players for sec in player.verdicts_sec],
    )


async def _connect(url: str, recording: Recording, n_streams: int) -> list[MicrophonePlayer]:
    place = urlsplit(url)
    loop = asyncio.get_running_loop()
    turn = asyncio.Semaphore(CONNECT_AT_ONCE)

    async def connect() -> MicrophonePlayer:
        async with turn:
            _, player = await loop.create_connection(
                lambda: MicrophonePlayer(recording, place.netloc),
                place.hostname or "",
                place.port or 80,
            )
            await asyncio.wait_for(player.started, STARTED_SEC)
            return player

    return await asyncio.gather(*(connect() for _ in range(n_streams)))


async def _send(players: list[MicrophonePlayer], n_frames: int) -> float:
    """Send frames as time passes, each stream begun at a moment of its own; the worst delay."""
    begun_sec = np.random.default_rng(SEED).uniform(0.0, SPREAD_SEC, len(players))
    due_sec = np.add.outer(FRAME_SEC * np.arange(n_frames), begun_sec)
    order = np.argsort(due_sec, axis=None)
    start_sec = time.perf_counter()
    worst_sec = 0.0
    for at in order.tolist():
        number, k = divmod(at, len(players))
        planned_sec = start_sec + due_sec[number, k]
        wait_sec = planned_sec - time.perf_counter()
        if wait_sec > 0.0:
            await asyncio.sleep(wait_sec)
        players[k].send_frame(number)
        worst_sec = max(worst_sec, time.perf_counter() - planned_sec)
    return float(worst_sec)


def _tune(n_samples: int, sample_rate: int) -> np.ndarray[Any, np.dtype[np.int16]]:
    """A scale of plucked notes over a faint noise, as 16-bit samples."""
    sound = 1e-4 * np.random.default_rng(SEED).standard_normal(n_samples)
    for k in range(int(n_samples / sample_rate / NOTE_SEC) + 1):
        begin = round(k * NOTE_SEC * sample_rate)
        t_sec = np.arange(min(round(0.45 * sample_rate), n_samples - begin)) / sample_rate
        f0_hz = 440.0 * 2.0 ** ((SCALE[k % len(SCALE)] - 69) / 12.0)
        partials = np.arange(1, PARTIALS + 1)[:, None]
        waves = np.sin(2 * np.pi * f0_hz * partials * t_sec) / partials
        envelope = np.minimum(1.0, t_sec / 0.003) * np.exp(-t_sec / 0.25)
        fade = np.minimum(1.0, (t_sec[-1] - t_sec) / 0.02) if len(t_sec) else 1.0
        sound[begin : begin + len(t_sec)] += 0.25 * envelope * fade * waves.sum(axis=0)
    return np.round(32767.0 * np.clip(sound, -1.0, 1.0)).astype("<i2")


def _packet(pcm: bytes) -> bytes:
    """Lay out a binary frame, masked as a client must with the mask that changes nothing."""
    head = bytes((0x80 | BINARY, 0x80 | 126)) + len(pcm).to_bytes(2, "big")
    return head + b"\0\0\0\0" + pcm


if __name__ == "__main__":
    outcome = uvloop.run(run(sys.argv[1], msgspec.json.decode(sys.argv[2], type=Plan)))
    print(msgspec.json.encode(outcome).decode())
