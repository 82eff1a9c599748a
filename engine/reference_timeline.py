"""Where a player is, from its reports, in plain Python: the oracle of the native timeline.

A report is no point but an interval: the position was read between asking and answering, it was
rounded down, or it is as old as the player's last refresh. While the player runs, all reports
bound the same line, so their intervals are intersected (Marzullo & Owicki 1983), each widened by
what the skew of the player's own clock may have added since.
"""

SKEW_MAX = 500e-6  # of an audio clock against the device's own
SKEW_MIN_MS = 10_000.0  # how long a run must be to tell its skew
SKEW_SLACK = 1e-6  # oscillators wander
SKEW_RELAX = 20e-6  # with each new line: what was learned may have been of a line that was none
EDGE_MS = 0.1  # clocks of pages tick that coarsely
SETTLE_MS = 20_000.0  # the beginning of a run, whose sharpest moment its skew is told from


class Timeline:
    """The line of a running player: position over the device's clock, both in milliseconds."""

    def __init__(self) -> None:
        self.skew_lo, self.skew_hi = -SKEW_MAX, SKEW_MAX
        self.rate = 1.0
        self.ref_ms = 0.0
        self.lo = self.hi = 0.0
        self.n_reports = 0
        self._begin()

    def reset(self) -> None:
        """Forget the line and the player's skew."""
        self.__init__()  # type: ignore[misc]

    def forget(self) -> None:
        """Forget the line, but not the player's skew."""
        self.n_reports = 0

    def restart(self, asked: float, answered: float, position: float, resolution: float) -> None:
        """Begin a new line with a report: the player ran then, and runs on."""
        self.ref_ms = answered
        self.lo = position - EDGE_MS
        self.hi = position + resolution + self.rate * (answered - asked) + EDGE_MS
        self.n_reports = 1
        self.skew_lo = max(-SKEW_MAX, self.skew_lo - SKEW_RELAX)
        self.skew_hi = min(SKEW_MAX, self.skew_hi + SKEW_RELAX)
        self._begin()

    def report(self, asked: float, answered: float, position: float, resolution: float) -> float:
        """Take in a report of the running player.

        Returns
        -------
        float
            0 where it fits the line; else how far the player jumped, ms: the line is begun anew.
        """
        if not self.n_reports:
            self.restart(asked, answered, position, resolution)
            return 0.0
        self.carry(answered)
        lo = position - EDGE_MS
        hi = position + resolution + self.rate * (answered - asked) + EDGE_MS
        if lo > self.hi or hi < self.lo:
            jump = lo - self.hi if lo > self.hi else hi - self.lo
            self.restart(asked, answered, position, resolution)
            return jump
        self.lo = max(self.lo, lo)
        self.hi = min(self.hi, hi)
        self.n_reports += 1
        self._learn_skew()
        return 0.0

    def narrow(self, lo: float, hi: float) -> None:
        """Take in what is known otherwise of where the player is now, unless reports deny it."""
        lo, hi = max(self.lo, lo), min(self.hi, hi)
        if lo < hi:
            self.lo, self.hi = lo, hi

    def loosen(self, behind_ms: float) -> None:
        """Let the player be as much further back as that."""
        self.lo -= behind_ms

    def set_rate(self, device_ms: float, rate: float) -> None:
        """The player runs at another rate from an instant on."""
        self.carry(device_ms)
        self.rate = rate

    def carry(self, device_ms: float) -> None:
        """Move the line's reference to another instant."""
        step = device_ms - self.ref_ms
        ran = self.rate * step
        slow, fast = ran * self.skew_lo, ran * self.skew_hi
        self.lo += ran + min(slow, fast)
        self.hi += ran + max(slow, fast)
        self.ref_ms = device_ms
        self._ran += ran

    def at(self, device_ms: float) -> float:
        """Position at an instant."""
        step = self.rate * (device_ms - self.ref_ms)
        return 0.5 * (self.lo + self.hi) + step * (1.0 + self.skew)

    @property
    def skew(self) -> float:
        """Of the player's clock against the device's."""
        return 0.5 * (self.skew_lo + self.skew_hi)

    @property
    def uncertainty_ms(self) -> float:
        """Half the width of the interval."""
        return 0.5 * (self.hi - self.lo)

    def _begin(self) -> None:
        self._ran = 0.0  # by the rates alone, since the beginning
        self._sharp = (0.0, self.lo, self.hi)  # the narrowest interval of the beginning

    def _learn_skew(self) -> None:
        ran0, lo0, hi0 = self._sharp
        if self._ran < SETTLE_MS and self.hi - self.lo < hi0 - lo0:
            self._sharp = (self._ran, self.lo, self.hi)
            return
        ran = self._ran - ran0
        if ran < SKEW_MIN_MS:
            return
        lo = max(self.skew_lo, (self.lo - hi0 - ran) / ran - SKEW_SLACK)
        hi = min(self.skew_hi, (self.hi - lo0 - ran) / ran + SKEW_SLACK)
        if lo > hi:
            lo, hi = -SKEW_MAX, SKEW_MAX
        self.skew_lo, self.skew_hi = lo, hi
