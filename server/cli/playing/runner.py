"""Runs a sitting: inputs are polled, the take is judged, shown and kept."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from operator import attrgetter
from typing import Any

import structlog

from server.cli.playing.report import Report
from server.cli.playing.session import GRACE_SEC, PlaySession
from server.cli.playing.view import View
from server.config import Settings
from server.inputs import Input
from server.inputs.files import RecordedInput
from server.inputs.midi import WATCH_SEC, MidiInput
from server.store import TakeKeeper, TakeStore

POLL_SEC = 0.005  # notes carry the time of their arrival, so this delays only what is seen
SWITCH_SEC = 0.0005  # a note waits no longer than this for the interpreter while a frame is drawn
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_by_time = attrgetter("time_sec")


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
    """

    def __init__(
        self,
        session: PlaySession,
        report: Report,
        view: View,
        inputs: Sequence[Input],
        clock_sec: Callable[[], float],
    ) -> None:
        self.session = session
        self.report = report
        self.view = view
        self.inputs = list(inputs)
        self.clock_sec = clock_sec
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
                await asyncio.sleep(POLL_SEC)
            self._end()

    def _step(self, now_sec: float) -> None:
        events = [event for source in self.inputs for event in source.poll(now_sec)]
        self._show(self.session.step(sorted(events, key=_by_time), now_sec))
        self.view.refresh(now_sec)

    def _end(self) -> None:
        now_sec = self.clock_sec()
        events = [event for source in self.inputs for event in source.poll(now_sec)]
        self._show(self.session.step(sorted(events, key=_by_time), now_sec))
        if self.signal is None:
            self._show(self.session.finish(now_sec))
        else:
            self.session.take.interrupt()

    def _show(self, results: Sequence[Any]) -> None:
        if results:
            self.view.show(self.report.add(results))

    def _is_over(self, now_sec: float) -> bool:
        """A recording is played to its end, a player to the end of the piece."""
        recordings = [source for source in self.inputs if isinstance(source, RecordedInput)]
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


async def play_take(sitting: Sitting, keeper: TakeKeeper, midi: MidiInput | None) -> None:
    """Run a sitting while the keyboard is watched, signals are heeded and logs are shown."""
    async with AsyncExitStack() as stack:
        stack.enter_context(_signals(sitting.interrupt))
        stack.enter_context(_quick_switching())
        stack.enter_context(_logs_to(sitting.view))
        if midi is not None:
            await stack.enter_async_context(_watched(midi, sitting.view))
        await sitting.run(keeper)


@asynccontextmanager
async def _watched(midi: MidiInput, view: View) -> AsyncIterator[None]:
    """Tell when the keyboard comes and goes, off the loop as looking for it takes a while."""
    stopping = asyncio.Event()

    async def watch() -> None:
        dropped = 0
        while not await _wait(stopping.wait(), WATCH_SEC):
            for change in await asyncio.to_thread(midi.refresh):
                view.notice(f"{change.name} {'is connected' if change.is_there else 'has gone'}")
            if midi.dropped > dropped:
                view.notice(f"{midi.dropped - dropped} MIDI messages were lost: too many at once")
                dropped = midi.dropped

    task = asyncio.create_task(watch(), name="midi-watch")
    try:
        yield
    finally:
        stopping.set()
        await task
        await asyncio.to_thread(midi.close)


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
