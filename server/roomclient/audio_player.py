"""Plays files through the sound card, to the sample."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from server.roomclient.clock import Clock
from server.roomclient.errors import PlayerError
from server.roomclient.interpolation import sinc_table
from server.roomclient.output import Output, look_again
from server.roomclient.player import Happening, Move, Reading, Track
from server.roomclient.track_reader import AHEAD_SEC, TrackReader, Window
from server.roomclient.voice import NOTHING, Segment, Target, Voice

WATCH_SEC = 0.04
RETRY_SEC = 1.0  # between two looks for a device that has gone
START_SEC = 10.0  # a device that has not begun by then will not
NEEDED_SEC = 2.0  # of sound beyond a place; less is read anew

Find = Callable[[str], Awaitable[Track]]


class Held(NamedTuple):
    """What is told while a track is read, or the device is away."""

    track: Track
    position_ms: float
    is_playing: bool


class AudioPlayer:
    """Plays files; positions are those of the sound that is heard, as the driver tells.

    Parameters
    ----------
    clock : Clock
        What its times are told on.
    find : callable
        Gives the track of a uri, or raises MissingTrackError.
    path_of : callable
        The file of a track that was found.
    device : str, optional
        The sound output; by default the system's own.
    latency_ms : float
        How much later than its driver knows the device is heard, as by Bluetooth.
    """

    has_rate = True
    has_events = True
    resolution_ms = 0.0

    def __init__(
        self, clock: Clock, find: Find, path_of: Callable[[str], Path],
        device: str | None = None, latency_ms: float = 0.0,
    ) -> None:  # fmt: skip
        self.on_happening: Callable[[Happening], None] = lambda happening: None
        self.output_latency_ms = latency_ms
        self.track: Track | None = None
        self._clock = clock
        self._find = find
        self._path_of = path_of
        self._wanted = device
        self._output: Output | None = None
        self._voice: Voice | None = None
        self._reader: TrackReader | None = None
        self._reading = asyncio.Lock()
        self._number = 0
        self._held: Held | None = None
        self._is_lost = False  # the device
        self._watching: asyncio.Task[None] | None = None

    @property
    def is_playing(self) -> bool:
        """Whether it plays or is about to."""
        if self._held is not None:
            return self._held.is_playing
        return self._voice is not None and _is_playing(self._voice.now)

    @property
    def output(self) -> Output:
        """What it plays through, once open."""
        assert self._output is not None
        return self._output

    async def open(self) -> None:
        """Open the device and learn its time.

        Raises
        ------
        PlayerError
            If there is none, or it does not begin.
        """
        await self._open_output()
        self._watching = asyncio.create_task(self._watch())

    async def read(self) -> Reading | None:
        """Tell what is heard now."""
        if self.track is None or self._voice is None:
            return None
        now_ms, rate = self._clock.now_ms(), self._voice.rate
        if (held := self._held) is not None:
            return Reading(held.track, held.position_ms, held.is_playing, rate, now_ms, now_ms)
        frame = self.output.timing.frame_at(now_ms)
        segment = self._voice.segment_at(frame)
        position_ms = max(0.0, 1e3 * self._voice.place_at(frame) / segment.rate_hz)
        return Reading(self.track, position_ms, _is_playing(segment), rate, now_ms, now_ms)

    async def move(self, move: Move) -> None:
        """Go there, to the sample; what comes too late goes on as if it had been in time.

        Raises
        ------
        PlayerError
            If the file cannot be had or read.
        """
        track = await self._find(move.track_uri)
        if self._is_lost:
            self._wait_for_device(track, move)
            return
        voice = self._open_voice()
        is_new = self.track is None or self.track.uri != track.uri
        try:
            if move.is_cued or is_new:
                self._hold(Held(track, move.position_ms or 0.0, move.is_playing), voice)
            window = await self._sound_for(track, move, voice)
            self._number += 1
            target = self._target(move, window, voice)
            voice.target = target
            self.track = track
            if move.is_cued or is_new:
                await self._taken(voice, target.number)
        finally:
            if not self._is_lost:
                self._held = None
        await self._effective(voice, target.number, move.is_playing)

    def set_rate(self, rate: float) -> None:
        """Play so fast from the next block on."""
        self._open_voice().rate = rate

    async def close(self) -> None:
        """Fall silent and let go of the device."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if self._output is not None:
            await asyncio.to_thread(self._output.close)
        async with self._reading:
            if self._reader is not None:
                self._reader.close()

    def _open_voice(self) -> Voice:
        assert self._voice is not None, "the player is not open"
        return self._voice

    def _hold(self, held: Held, voice: Voice) -> None:
        """Fall silent while sound is read."""
        self._held, self.track = held, held.track
        self._number += 1
        voice.target = Target(self._number, None, False)

    async def _sound_for(self, track: Track, move: Move, voice: Voice) -> Window | None:
        """Sound around where it goes; None where it is at hand."""
        async with self._reading:
            path = self._path_of(track.uri)
            if self._reader is None or self._reader.path != path:
                reader = await asyncio.to_thread(TrackReader, path)
                if self._reader is not None:
                    self._reader.close()
                self._reader = reader
            elif move.position_ms is None or self._has_sound(voice.window, move.position_ms):
                return None
        return await self._read_sound(move)

    async def _read_sound(self, move: Move) -> Window:
        async with self._reading:
            assert self._reader is not None
            place = (move.position_ms or 0.0) * self._reader.rate_hz / 1e3
            return await asyncio.to_thread(self._reader.around, place)

    def _has_sound(self, window: Window | None, position_ms: float) -> bool:
        if window is None or self._reader is None or window.path != self._reader.path:
            return False
        place = position_ms * window.rate_hz / 1e3
        return window.covers(place, place + NEEDED_SEC * window.rate_hz)

    def _target(self, move: Move, window: Window | None, voice: Voice) -> Target:
        sound = window or voice.window
        rate_hz = sound.rate_hz if sound is not None else 1
        place = None if move.position_ms is None else move.position_ms * rate_hz / 1e3
        at_frame = None if move.at_ms is None else self.output.timing.frame_at(move.at_ms)
        table = None if window is None else sinc_table(min(1.0, voice.rate_hz / rate_hz))
        return Target(self._number, place, move.is_playing, at_frame, move.is_cued, window, table)

    async def _taken(self, voice: Voice, number: int) -> None:
        """Wait until the driver's thread has seen a target."""
        while voice.now.number < number:
            await asyncio.sleep(0.002)

    async def _effective(self, voice: Voice, number: int, is_playing: bool) -> None:
        """Wait until what a target is about is heard."""
        states = ("plays", "stalls", "ended") if is_playing else ("stands",)
        while not (voice.now.number >= number and voice.now.state in states):
            await asyncio.sleep(0.002)
        await self._clock.sleep_until(self.output.timing.heard_ms(voice.now.frame))

    async def _open_output(self) -> None:
        output = Output(self._clock, self._wanted)
        voice = Voice(output.rate_hz)
        await asyncio.to_thread(output.start, voice.render)
        try:
            async with asyncio.timeout(START_SEC):
                while not output.timing.is_known:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            await asyncio.to_thread(output.close)
            raise PlayerError(f"{output.name} does not begin to play") from None
        voice.rate = 1.0 if self._voice is None else self._voice.rate
        self._output, self._voice = output, voice

    async def _watch(self) -> None:
        """Read on ahead of the music, tell what happens to it, and look after the device."""
        before, voice = NOTHING, self._open_voice()
        while True:
            await asyncio.sleep(WATCH_SEC)
            if not self.output.is_there():
                await self._take_up_again()
                voice = self._open_voice()
                before = voice.now
            await self._read_on(voice)
            now = voice.now
            happening = _happening(before, now, voice.segments)
            if happening is not None:
                await self._clock.sleep_until(self.output.timing.heard_ms(now.frame))
                self.on_happening(happening)
            before = now

    async def _take_up_again(self) -> None:
        """The device has gone: stand still until there is one, and go on from there."""
        reading, self._is_lost = await self.read(), True
        if reading is not None:
            self._held = Held(reading.track, reading.position_ms, reading.is_playing)
            self.on_happening("waiting")
        await asyncio.to_thread(self.output.close)
        while True:
            try:
                await asyncio.to_thread(look_again)
                await self._open_output()
                break
            except PlayerError:  # not there yet
                await asyncio.sleep(RETRY_SEC)
        held, self._is_lost, self._held = self._held, False, None
        if held is not None:
            await self._go_on(held)

    async def _go_on(self, held: Held) -> None:
        """Play on a new device what was played on the old one."""
        move = Move(held.track.uri, held.position_ms, held.is_playing)
        voice, self._number = self._open_voice(), self._number + 1
        window = await self._read_sound(move)
        voice.target = self._target(move, window, voice)
        await self._effective(voice, self._number, held.is_playing)
        self.on_happening("playing" if held.is_playing else "paused")

    def _wait_for_device(self, track: Track, move: Move) -> None:
        """Remember where to go once there is a device."""
        self.track = track
        position_ms = move.position_ms
        if position_ms is None:
            position_ms = self._held.position_ms if self._held is not None else 0.0
        self._held = Held(track, position_ms, move.is_playing)

    async def _read_on(self, voice: Voice) -> None:
        window = voice.window
        if window is None or self._reading.locked():
            return
        place = voice.place_at(self.output.frame)
        if window.end - place > 0.5 * AHEAD_SEC * window.rate_hz:
            return
        async with self._reading:
            if self._reader is not None and self._reader.path == window.path:
                more = await asyncio.to_thread(self._reader.after, window, place)
                voice.offer = window, more


def _is_playing(segment: Segment) -> bool:
    return segment.state in ("plays", "cued", "stalls")


def _happening(before: Segment, now: Segment, segments: tuple[Segment, ...]) -> Happening | None:
    """What a voice did of its own accord between two looks."""
    if now.state == before.state and now.number == before.number:
        return None
    if now.state == "stalls":
        return "waiting"
    if now.state == "ended":
        has_played = any(s.number == now.number and s.place < now.place for s in segments)
        return "ended" if has_played else None  # it was told to play what is behind the end
    is_same = now.number == before.number
    return "playing" if is_same and (before.state, now.state) == ("stalls", "plays") else None
