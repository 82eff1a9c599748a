"""What the server can listen to: instruments and voices with their ranges."""

from typing import Literal

from aiohttp import web
from msgspec import Struct

from engine.instruments import INSTRUMENTS, Instrument
from server.http.rest import reply


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


async def list_instruments(_request: web.Request) -> web.Response:
    """All of them, by name: what ``start_audio`` may say."""
    return reply([InstrumentInfo.of(INSTRUMENTS[name]) for name in sorted(INSTRUMENTS)])


def routes() -> list[web.RouteDef]:
    """The route of the list."""
    return [web.get("/api/v1/instruments", list_instruments)]
