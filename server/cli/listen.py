"""``etude listen``: what a microphone hears, now: the note, how far off it is, how loud."""

import asyncio
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli.hearing import (
    MIC,
    A4Option,
    ChannelOption,
    InstrumentOption,
    TonicOption,
    TuningOption,
    make_tuning,
)

if TYPE_CHECKING:
    from engine.tuning import Tuning
    from server.inputs.microphone import Microphone

POLL_SEC = 0.01
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def listen(
    mic: Annotated[
        str | None,
        typer.Option(
            MIC,
            help="Microphone: name, part of it, or its number in `etude devices`.",
            show_default="the system's own",
        ),
    ] = None,
    instrument: InstrumentOption = None,
    a4: A4Option = None,
    tuning: TuningOption = None,
    tonic: TonicOption = None,
    channel: ChannelOption = None,
) -> None:
    """Show which note sounds at the microphone and how many cents off it is, until Ctrl-C."""
    from engine.instruments import instrument_named
    from server.inputs.microphone import Microphone

    wanted = make_tuning(a4, tuning, tonic)
    if instrument is not None:
        instrument_named(instrument)  # refused before a microphone is opened
    microphone = Microphone(mic or None, None if channel is None else channel - 1)
    microphone.connect()
    try:
        asyncio.run(_listen(microphone, instrument, wanted))
    finally:
        microphone.close()


async def _listen(microphone: "Microphone", instrument: str | None, tuning: "Tuning") -> None:
    """Show what is heard until a signal comes, which is the way to end it."""
    from native.ring import clock_sec
    from server.cli.listening.ear import NeedleEar
    from server.cli.listening.view import make_view
    from server.cli.playing.runner import watched
    from server.inputs.feed import Feed, Process
    from server.inputs.sample_clock import SampleClock

    ear: NeedleEar | None = None

    def begin(clock: SampleClock) -> Process:
        nonlocal ear
        ear = NeedleEar(clock.rate_hz, instrument, tuning)
        return ear.process

    stopping = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    feed = Feed(microphone, begin)
    with make_view(tuning) as view:
        view.notice(f"listening to {microphone.name}")
        async with watched(microphone, view):
            while not stopping.is_set():
                feed.poll()
                if ear is not None:
                    view.show(ear.take(), clock_sec())
                await asyncio.sleep(POLL_SEC)
