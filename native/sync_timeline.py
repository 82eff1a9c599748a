"""Where a running player is, from its reports, in the native core: one call a report."""

from native._core import ffi, lib

_report, _at = lib.core_sync_timeline_report, lib.core_sync_timeline_at


class Timeline:
    """The line of a running player: position over the device's clock, both in milliseconds."""

    def __init__(self) -> None:
        self._self = ffi.new("core_sync_timeline *")
        lib.core_sync_timeline_init(self._self)

    @property
    def rate(self) -> float:
        """That the player was told to run at; to be set before :meth:`restart` only."""
        rate: float = self._self.rate
        return rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._self.rate = rate

    @property
    def n_reports(self) -> int:
        """Of this line; 0: there is none."""
        n_reports: int = self._self.n_reports
        return n_reports

    @property
    def ref_ms(self) -> float:
        """When on the device's clock the player is between ``lo`` and ``hi``."""
        ref_ms: float = self._self.ref_ms
        return ref_ms

    @property
    def lo(self) -> float:
        """The player is there or further on at ``ref_ms``."""
        lo: float = self._self.lo
        return lo

    @property
    def hi(self) -> float:
        """The player is not beyond this at ``ref_ms``."""
        hi: float = self._self.hi
        return hi

    @property
    def skew_lo(self) -> float:
        """The least skew of the player's clock against the device's."""
        skew_lo: float = self._self.skew_lo
        return skew_lo

    @property
    def skew_hi(self) -> float:
        """The largest."""
        skew_hi: float = self._self.skew_hi
        return skew_hi

    @property
    def skew(self) -> float:
        """The one between."""
        return 0.5 * (self.skew_lo + self.skew_hi)

    @property
    def uncertainty_ms(self) -> float:
        """Half the width of the interval."""
        return 0.5 * (self.hi - self.lo)

    def restart(
        self, asked_ms: float, answered_ms: float, position_ms: float, resolution_ms: float
    ) -> None:
        """Begin a new line with a report: the player ran then, and runs on.

        Parameters
        ----------
        asked_ms, answered_ms : float
            When the player was asked and answered, by the device's clock.
        position_ms : float
            What it said.
        resolution_ms : float
            How much that may have been rounded down, or be old.
        """
        lib.core_sync_timeline_restart(
            self._self, asked_ms, answered_ms, position_ms, resolution_ms
        )

    def report(
        self, asked_ms: float, answered_ms: float, position_ms: float, resolution_ms: float
    ) -> float:
        """Take in a report of the running player; parameters as of :meth:`restart`.

        Returns
        -------
        float
            0 where it fits the line; else how far the player jumped, ms: the line is begun anew.
        """
        jump_ms: float = _report(self._self, asked_ms, answered_ms, position_ms, resolution_ms)
        return jump_ms

    def narrow(self, lo: float, hi: float) -> None:
        """Take in what is known otherwise of where the player is now, unless reports deny it."""
        lib.core_sync_timeline_narrow(self._self, lo, hi)

    def loosen(self, behind_ms: float) -> None:
        """Let the player be as much further back as that."""
        lib.core_sync_timeline_loosen(self._self, behind_ms)

    def set_rate(self, device_ms: float, rate: float) -> None:
        """The player runs at another rate from an instant on."""
        lib.core_sync_timeline_set_rate(self._self, device_ms, rate)

    def carry(self, device_ms: float) -> None:
        """Move the line's reference to another instant."""
        lib.core_sync_timeline_carry(self._self, device_ms)

    def at(self, device_ms: float) -> float:
        """Position at an instant."""
        position_ms: float = _at(self._self, device_ms)
        return position_ms

    def forget(self) -> None:
        """Forget the line, but not the player's skew."""
        lib.core_sync_timeline_forget(self._self)

    def reset(self) -> None:
        """Forget the line and the player's skew."""
        lib.core_sync_timeline_reset(self._self)
