"""Sound as it comes over a wire: bytes cut anywhere, to samples."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Format = Literal["s16le", "f32le"]

SAMPLE_BYTES: dict[Format, int] = {"s16le": 2, "f32le": 4}
S16_SCALE = np.float32(1.0 / 32768.0)  # full scale is 1, and exact


class PcmReader:
    """Puts samples together; bytes of one that is not whole yet are kept for the next call.

    Parameters
    ----------
    pcm_format : str
        ``s16le`` or ``f32le``.
    """

    def __init__(self, pcm_format: Format) -> None:
        self._is_float = pcm_format == "f32le"
        self._sample_bytes = SAMPLE_BYTES[pcm_format]
        self._rest = b""

    def read(self, parts: Sequence[bytes]) -> NDArray[np.float32]:
        """Give the samples of these parts, in order.

        Returns
        -------
        (n,) float32
            Full scale is 1. Floats are given as they are: NaN and infinity too.
        """
        data = parts[0] if len(parts) == 1 and not self._rest else b"".join((self._rest, *parts))
        n_samples, n_left = divmod(len(data), self._sample_bytes)
        self._rest = bytes(data[len(data) - n_left :]) if n_left else b""
        if self._is_float:
            return np.frombuffer(data, "<f4", n_samples)
        return np.frombuffer(data, "<i2", n_samples) * S16_SCALE
