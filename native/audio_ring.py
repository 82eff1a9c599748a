"""A ring of timed audio: from a device's callback to a worker, without waiting."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from native._core import ffi, lib
from native.errors import RangeError

CAPACITY = 1 << 17  # samples: 2.7 s at 48 kHz, longer than any worker may be held up
_BATCH = 1 << 13  # samples taken out in one call


class AudioBlock(NamedTuple):
    """Samples that follow each other.

    Attributes
    ----------
    samples : (n,) float32
        Mono.
    first : int
        Position of the first of them in the stream; samples that were dropped count.
    start, end : int
        Positions of the first sample that came with them and after the last one.
    time_sec : float
        When they came, on the clock of :func:`native.ring.clock_sec`.
    age_sec : float
        How long before that sample number ``start`` was taken, as it was told.
    """

    samples: NDArray[np.float32]
    first: int
    start: int
    end: int
    time_sec: float
    age_sec: float


class AudioRing:
    """Audio from one producer thread to one consumer thread.

    Parameters
    ----------
    capacity : int
        Samples it can hold; a power of two, 2**6 to 2**24.
    n_channels : int
        Channels of what is pushed.
    channel : int, optional
        Which of them is heard, from 0; by default the mean of all.

    Raises
    ------
    RangeError
        If an argument breaks its rule.
    """

    def __init__(
        self, capacity: int = CAPACITY, n_channels: int = 1, channel: int | None = None
    ) -> None:
        size = lib.core_audio_ring_size(capacity) if 0 < capacity < 2**63 else 0
        if size == 0:
            raise RangeError(f"capacity must be a power of two, 2**6..2**24, got {capacity}")
        if not 1 <= n_channels <= 1024:
            raise RangeError(f"n_channels must be 1 to 1024, got {n_channels}")
        if channel is not None and not 0 <= channel < n_channels:
            raise RangeError(f"channel must be 0 to {n_channels - 1}, got {channel}")
        self._memory = ffi.new("uint8_t[]", size)
        self._ring = lib.core_audio_ring_init(self._memory, capacity)
        self._n_channels = n_channels
        self._channel = -1 if channel is None else channel
        self._out = np.empty(min(_BATCH, capacity), np.float32)
        self._pointer = ffi.from_buffer("float[]", self._out)
        self._block = ffi.new("core_audio_block *")

    def push(self, frames: object, age_sec: float = 0.0) -> bool:
        """Store a block of interleaved float32 frames; never waits.

        Parameters
        ----------
        frames : buffer
            Its bytes are the samples, frame by frame; what is left of a frame is ignored.
        age_sec : float
            How long before this call the first frame was taken.

        Returns
        -------
        bool
            Whether the block was stored.
        """
        data = ffi.from_buffer("float[]", frames)
        n, channels = len(data) // self._n_channels, self._n_channels
        status = lib.core_audio_ring_push(self._ring, data, n, channels, self._channel, age_sec)
        return bool(status == lib.CORE_OK)

    def pop(self) -> list[AudioBlock]:
        """Take out what is there.

        Returns
        -------
        list of AudioBlock
            In the order in which they were pushed; a long block comes in pieces.
        """
        blocks: list[AudioBlock] = []
        block, size = self._block, len(self._out)
        while count := lib.core_audio_ring_pop(self._ring, self._pointer, size, block):
            where = (block.first, block.start, block.end, block.time_sec, block.age_sec)
            blocks.append(AudioBlock(self._out[:count].copy(), *where))
        return blocks

    @property
    def dropped(self) -> int:
        """How many samples found the ring full since it was made."""
        return int(lib.core_audio_ring_dropped(self._ring))

    def reset(self) -> None:
        """Throw away what was not yet taken out."""
        lib.core_audio_ring_reset(self._ring)
