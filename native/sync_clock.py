"""A device's clock against the server's, in the native core: one call a ping."""

from native._core import ffi, lib
from native.errors import RangeError

CLOCK_MAX_MS: int = lib.CORE_SYNC_CLOCK_MS

_ping, _hear = lib.core_sync_clock_ping, lib.core_sync_clock_hear
_to_server, _to_device = lib.core_sync_clock_to_server, lib.core_sync_clock_to_device


class SyncClock:
    """Maps a device's clock to the server's, both in milliseconds."""

    def __init__(self) -> None:
        self._memory = ffi.new("uint64_t[]", lib.core_sync_clock_size() // 8 + 1)
        self._self = ffi.cast("core_sync_clock *", self._memory)
        lib.core_sync_clock_init(self._self)
        self._told = lib.core_sync_clock_tell(self._self)

    @property
    def is_known(self) -> bool:
        """Whether anything was heard of the clock."""
        return bool(self._told.n_pings or self._told.n_heard)

    @property
    def n_pings(self) -> int:
        """How many pings were taken in since it was known to go on evenly."""
        n_pings: int = self._told.n_pings
        return n_pings

    @property
    def offset_ms(self) -> float:
        """The device's clock less the server's, at the last ping."""
        offset_ms: float = self._told.offset_ms
        return offset_ms

    @property
    def skew(self) -> float:
        """Of the device's clock against the server's."""
        skew: float = self._told.skew
        return skew

    @property
    def skew_sd(self) -> float:
        """Its standard deviation."""
        skew_sd: float = self._told.skew_sd
        return skew_sd

    @property
    def rtt_ms(self) -> float:
        """The least way there and back; infinite where nothing was heard."""
        rtt_ms: float = self._told.rtt_ms
        return rtt_ms

    @property
    def down_ms(self) -> float:
        """The usual way to the device."""
        down_ms: float = self._told.down_ms
        return down_ms

    @property
    def up_ms(self) -> float:
        """The usual way back."""
        up_ms: float = self._told.up_ms
        return up_ms

    @property
    def doubt_ms(self) -> float:
        """How far off the clock may be for want of pings, but for lopsided ways."""
        doubt_ms: float = self._told.doubt_ms
        return doubt_ms

    def ping(self, t0_ms: float, recv_ms: float, send_ms: float, t1_ms: float) -> None:
        """Take in a ping.

        Parameters
        ----------
        t0_ms, t1_ms : float
            When it was sent and came back, by the server's clock.
        recv_ms, send_ms : float
            When it was received and answered, by the device's.

        Raises
        ------
        RangeError
            If one of them is beyond ``CLOCK_MAX_MS`` either way or NaN; nothing has changed then.
        """
        if _ping(self._self, t0_ms, recv_ms, send_ms, t1_ms) != lib.CORE_OK:
            raise RangeError(
                f"times must be within {CLOCK_MAX_MS} ms, "
                f"got {t0_ms}, {recv_ms}, {send_ms} and {t1_ms}"
            )

    def hear(self, device_ms: float, arrival_ms: float) -> None:
        """Take in a time stamp of a device that cannot be pinged, or was not yet.

        Parameters
        ----------
        device_ms : float
            By the device's clock.
        arrival_ms : float
            By the server's.

        Raises
        ------
        RangeError
            As :meth:`ping` does.
        """
        if _hear(self._self, device_ms, arrival_ms) != lib.CORE_OK:
            raise RangeError(
                f"times must be within {CLOCK_MAX_MS} ms, got {device_ms} and {arrival_ms}"
            )

    def to_server(self, device_ms: float) -> float:
        """Server time of an instant of the device's clock."""
        server_ms: float = _to_server(self._self, device_ms)
        return server_ms

    def to_device(self, server_ms: float) -> float:
        """The device's clock at a server time."""
        device_ms: float = _to_device(self._self, server_ms)
        return device_ms

    def reset(self) -> None:
        """Forget everything."""
        lib.core_sync_clock_reset(self._self)
