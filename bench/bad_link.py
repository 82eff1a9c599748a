"""A bad link between clients and a server: a proxy that is late, uneven and loses segments.

It does to a TCP stream what such a link does: nothing is lost or overtaken in the end, but a lost
segment comes a retransmission time-out later, and all that follows it waits.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

SEGMENT_BYTES = 1448  # what an Ethernet frame carries of a TCP stream
RETRANSMIT_MS = 220.0  # the least time-out of Linux, and a little for the timer


class Quality(NamedTuple):
    """How bad a link is, each way.

    Attributes
    ----------
    delay_ms, jitter_ms : float
        A segment takes ``delay_ms``, give or take up to ``jitter_ms``, all alike likely.
    loss : float
        The share of segments that are lost and sent again.
    """

    delay_ms: float = 40.0
    jitter_ms: float = 20.0
    loss: float = 0.01


class Direction:
    """One direction of one connection.

    Parameters
    ----------
    quality : Quality
        How bad it is.
    chance : random.Random
        Where its luck comes from.
    """

    def __init__(self, quality: Quality, chance: random.Random) -> None:
        self._quality = quality
        self._chance = chance
        self._last_sec = 0.0

    def arrival_sec(self, sent_sec: float) -> float:
        """When a segment comes that was sent at an instant; never before the one before it."""
        quality, chance = self._quality, self._chance
        delay_ms = quality.delay_ms + chance.uniform(-quality.jitter_ms, quality.jitter_ms)
        if chance.random() < quality.loss:
            delay_ms += RETRANSMIT_MS + quality.delay_ms
        self._last_sec = max(self._last_sec, sent_sec + delay_ms / 1e3)
        return self._last_sec

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry a stream to its end."""
        loop = asyncio.get_running_loop()
        segments: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                arrival_sec, segment = await segments.get()
                await asyncio.sleep(arrival_sec - loop.time())
                if not segment:
                    break
                writer.write(segment)
                await writer.drain()
            writer.close()

        delivering = asyncio.create_task(deliver())
        try:
            while segment := await reader.read(SEGMENT_BYTES):
                segments.put_nowait((self.arrival_sec(loop.time()), segment))
            segments.put_nowait((self.arrival_sec(loop.time()), b""))
            await delivering
        except ConnectionError:  # one end has gone, and so has what was on its way
            writer.close()
        finally:
            delivering.cancel()


@asynccontextmanager
async def bad_link(host: str, port: int, quality: Quality, seed: int = 1) -> AsyncIterator[int]:
    """Lead to a server by a bad link; gives the port on this machine where it begins."""
    chance = random.Random(seed)
    carrying: set[asyncio.Task[None]] = set()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        carrying.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
            up, down = (Direction(quality, random.Random(chance.random())) for _ in "ud")
            try:
                await asyncio.gather(up.carry(reader, far_writer), down.carry(far_reader, writer))
            finally:
                far_writer.close()
        except asyncio.CancelledError:
            return  # the link is taken down
        finally:
            writer.close()
            carrying.discard(task)

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(carrying):
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)
