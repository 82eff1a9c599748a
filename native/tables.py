"""What all that listen at one sample rate read: made once, shared, never written again."""

from functools import lru_cache

from native._core import ffi, lib
from native.errors import RangeError

KEPT_RATES = 8  # most streams have one of these; tables live on while anybody reads them


class Tables:
    """The taps that bring a rate to the core's own, and the angles of its Fourier transforms.

    Parameters
    ----------
    rate_hz : float
        Samples a second, 16000 to 96000.

    Raises
    ------
    RangeError
        If ``rate_hz`` breaks its rule.
    """

    def __init__(self, rate_hz: float) -> None:
        size = lib.core_tables_size(rate_hz)
        if size == 0:
            raise RangeError(f"rate_hz must be 16000..96000, got {rate_hz}")
        self._memory = ffi.new("char[]", size + 16)
        start = int(ffi.cast("uintptr_t", self._memory))
        self._self = ffi.cast("core_tables *", self._memory + (-start % 16))
        lib.core_tables_init(self._self, rate_hz)


@lru_cache(maxsize=KEPT_RATES)
def tables(rate_hz: float) -> Tables:
    """The tables of a rate; the same ones for all who ask while they are kept."""
    return Tables(rate_hz)
