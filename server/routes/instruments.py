"""What the server can listen to: instruments and voices with their ranges."""

from typing import Literal

from msgspec import Struct

from engine.instruments import INSTRUMENTS, Instrument
from server.http.declare import Access, Call, Route


class InstrumentInfo(Struct):
    """An instrument or a voice: MIDI pitches of its range, and whether it plays chords."""

    name: str
    low_pitch: int
    high_pitch: int
    kind: Literal["melody", "chords"]

    @classmethod
    def of(cls, instrument: Instrument) -> "InstrumentInfo":
        """Put an instrument into its wire shape."""
        return cls(instrument.name, instrument.low_pitch, instrument.high_pitch, instrument.kind)


async def list_instruments(call: Call) -> list[InstrumentInfo]:
    """All of them, by name: what ``start_audio`` may say."""
    return [InstrumentInfo.of(INSTRUMENTS[name]) for name in sorted(INSTRUMENTS)]


def routes() -> list[Route]:
    """The route of the list."""
    path = "/api/v1/instruments"
    return [Route(method="GET", path=path, handler=list_instruments, access=Access.OPEN)]
