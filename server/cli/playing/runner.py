"""Runs a sitting: inputs are polled, the take is judged, shown and kept."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from operator import attrgetter
from typing import Any, Protocol

import structlog

from engine.events import Event
from engine.judging import Remark
from engine.performance import Result
from server.cli.playing.accompanist import Accompanist
from server.cli.playing.report import Report
from server.cli.playing.session import GRACE_SEC, PlaySession
from server.cli.playing.view import View
from server.config import Settings
from server.inputs import Input
from server.inputs.audio_input import AudioInput
from server.inputs.files import RecordedInput
from server.inputs.microphone import Microphone
from server.inputs.microphone_input import MicrophoneInput
from server.inputs.midi import WATCH_SEC, Change, MidiInput
from server.store import TakeKeeper, TakeStore

ON_ITS_WAY_SEC = 0.5  # a note at a microphone takes no longer to be told
POLL_SEC = 0.005  # notes carry the time of their arrival, so this delays only what is seen
SWITCH_SEC = 0.0005  # a note waits no longer than this for the interpreter while a frame is drawn
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_by_time = attrgetter("time_sec")


class Port(Protocol):
    """A device that may come and go."""

    def refresh(self) -> list[Change]: ...

    def close(self) -> None: ...


class Noticing(Protocol):
    """What can be told of things other than notes."""

    def notice(self, text: str) -> None: ...


class Sitting:
    """A take on its way from the inputs to the eye and the store.

    Parameters
    ----------
    session : PlaySession
        Judges; not yet begun.
    report : Report
        Of the same take.
    view : View
        Shows it.
    inputs : sequence of Input
        All on the clock of ``clock_sec``.
    clock_sec : callable
        Now, in seconds.
    accompanist : Accompanist, optional
        Plays the session's cues.
    """

    def __init__(
        self,
        session: PlaySession,
        report: Report,
        view: View,
        inputs: Sequence[Input],
        clock_sec: Callable[[], float],
        accompanist: Accompanist | None = None,
    ) -> None:
        self.session = session
        self.report = report
        self.view = view
        self.inputs = list(inputs)
        self.clock_sec = clock_sec
        self._accompanist = accompanist
        self.signal: int | None = None
        self._has_quit = False
        self._over_since_sec: float | None = None

    def quit(self) -> None:
        """End the take as if the piece were over."""
        self._has_quit = True

    def interrupt(self, number: int) -> None:
        """End the take where it is."""
        self.signal = number

    async def run(self, keeper: TakeKeeper) -> None:
        """Play until the piece is over, the player ends it, or a signal comes."""
        keeper.add(self.session.take)
        with self.view:
            while self.signal is None:
                now_sec = self.clock_sec()
                self._step(now_sec)
                if self._has_quit or self._is_over(now_sec):
                    break
                await asyncio.sleep(self._pause_sec())
            await self._hear_out()
            self._end()

    def _step(self, now_sec: float) -> None:
        self._judge(now_sec)
        self._accompany()
        self.view.refresh(now_sec)
        self._accompany()  # drawing takes a while

    def _judge(self, now_sec: float) -> None:
        events = self._events(now_sec)
        for event in events:
            self.report.hear(event)
        self._show(self.session.step(events, now_sec, self._settled_sec(now_sec)))
        for source in self.inputs:
            if isinstance(source, MicrophoneInput | AudioInput):
                for finding in source.take_findings():
                    self.view.notice(finding.message)

    def _settled_sec(self, now_sec: float) -> float:
        return min((source.settled_sec(now_sec) for source in self.inputs), default=now_sec)

    def _events(self, now_sec: float) -> list[Event]:
        """What was played since the last call; not what the machine's own sound brought back."""
        events = [event for source in self.inputs for event in source.poll(now_sec)]
        if self._accompanist is not None:
            events = [event for event in events if not self._accompanist.is_echo(event)]
        return sorted(events, key=_by_time)

    def _pause_sec(self) -> float:
        """Until the next look: as long as notes may wait to be seen, unless one is to be sent."""
        if self._accompanist is None:
            return POLL_SEC
        return min(POLL_SEC, max(0.0, self._accompanist.deadline_sec - self.clock_sec()))

    def _accompany(self) -> None:
        zero_sec = self.session.zero_sec
        if self._accompanist is not None and zero_sec is not None:
            self._accompanist.take(self.session.cues(), zero_sec)
            self._accompanist.play(self.clock_sec())

    async def _hear_out(self) -> None:
        """Wait for what a microphone has been played and not told yet."""
        if not any(isinstance(source, MicrophoneInput) for source in self.inputs):
            return
        end_sec = self.clock_sec()
        while self._settled_sec(now_sec := self.clock_sec()) < end_sec:
            if self.signal is not None or now_sec > end_sec + ON_ITS_WAY_SEC:
                return
            self._judge(now_sec)
            await asyncio.sleep(POLL_SEC)

    def _end(self) -> None:
        now_sec = self.clock_sec()
        if self._accompanist is not None:
            self._accompanist.silence()
        self._judge(now_sec)
        if self.signal is None:
            self._show(self.session.finish(now_sec))
        else:
            self.session.take.interrupt()

    def _show(self, results: Sequence[Result]) -> None:
        if results:
            self.view.show(self.report.add(results))
        for remark in (result for result in results if isinstance(result, Remark)):
            self.view.notice(remark.message)

    def _is_over(self, now_sec: float) -> bool:
        """A recording is played to its end, a player to the end of the piece."""
        recordings = [
            source for source in self.inputs if isinstance(source, RecordedInput | AudioInput)
        ]
        if not recordings:
            return self.session.is_over(now_sec)
        if not all(source.is_over for source in recordings):
            return False
        if self._over_since_sec is None:
            self._over_since_sec = now_sec
        return self.session.is_over(now_sec) or now_sec > self._over_since_sec + GRACE_SEC


@asynccontextmanager
async def open_keeper(settings: Settings) -> AsyncIterator[TakeKeeper]:
    """Open the store of takes for as long as is played; everything is written at the end."""
    store = await TakeStore.open(settings.store_url)
    try:
        keeper = TakeKeeper(store)
        keeper.start()
        try:
            yield keeper
        finally:
            await keeper.close()
    finally:
        await store.close()


async def play_take(sitting: Sitting, keeper: TakeKeeper, ports: Sequence[Port]) -> None:
    """Run a sitting while its ports are watched, signals are heeded and logs are shown."""
    async with AsyncExitStack() as stack:
        stack.enter_context(_signals(sitting.interrupt))
        stack.enter_context(_quick_switching())
        stack.enter_context(_logs_to(sitting.view))
        for port in ports:
            await stack.enter_async_context(watched(port, sitting.view))
        await sitting.run(keeper)


@asynccontextmanager
async def watched(port: Port, view: Noticing) -> AsyncIterator[None]:
    """Tell when a device comes and goes, off the loop as looking for it takes a while."""
    stopping = asyncio.Event()

    async def watch() -> None:
        dropped = 0
        while not await _wait(stopping.wait(), WATCH_SEC):
            for change in await asyncio.to_thread(port.refresh):
                view.notice(f"{change.name} {'is connected' if change.is_there else 'has gone'}")
            dropped = _tell_losses(port, dropped, view)

    task = asyncio.create_task(watch(), name="midi-watch")
    try:
        yield
    finally:
        stopping.set()
        try:
            await task
        finally:
            await asyncio.to_thread(port.close)


def _tell_losses(port: Port, told: int, view: Noticing) -> int:
    """Tell what was lost since ``told`` losses had been told; return how many there are now."""
    if isinstance(port, MidiInput):
        if port.dropped > told:
            view.notice(f"{port.dropped - told} MIDI messages were lost: too many at once")
        return port.dropped
    if isinstance(port, Microphone):
        if port.n_gaps < max(1, 2 * told):  # told again when it has become twice as bad
            return min(told, port.n_gaps)
        times = "once" if port.n_gaps == 1 else f"{port.n_gaps} times"
        view.notice(f"sound was lost {times}: the machine is too busy to listen")
        return port.n_gaps
    return told


async def _wait(waited: Awaitable[object], timeout_sec: float) -> bool:
    try:
        await asyncio.wait_for(waited, timeout_sec)
    except TimeoutError:
        return False
    return True


@contextmanager
def _signals(interrupt: Callable[[int], object]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, interrupt, number)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


@contextmanager
def _quick_switching() -> Iterator[None]:
    saved_sec = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SEC)
    try:
        yield
    finally:
        sys.setswitchinterval(saved_sec)


@contextmanager
def _logs_to(view: View) -> Iterator[None]:
    """Let the view tell what is logged: lines of a log would tear its picture."""

    def tell(logger: Any, method: str, entry: Any) -> Any:
        details = " ".join(f"{key}={value}" for key, value in entry.items() if key != "event")
        view.notice(f"{entry['event']} {details}".rstrip())
        raise structlog.DropEvent

    saved = structlog.get_config()
    structlog.configure(processors=[tell])
    try:
        yield
    finally:
        structlog.configure(**saved)
