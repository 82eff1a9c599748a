"""A device's clock against the server's, in plain Python: the oracle of the native clock filter.

Delays are never negative, so of the four timestamps of a ping (Mills 1991, RFC 5905 section 8)
the quickest ones of each direction bound the offset best. The minima of both directions are kept
apart: the quick way out and the quick way back seldom fall on the same ping. Both are carried to
now along the skew, a line through the offsets of the past minutes; what the skew may still be off
is added to old minima, so that they lose to newer ones in time.
"""

import math

BUCKETS = 64
BUCKET_MS = 4_000.0
SKEW_SD = 100e-6  # of quartz oscillators against one another, before anything is known
SKEW_MOST = 1e-3  # more is no quartz, but somebody's joke
PHASE_FLOOR_MS = 0.1  # of the offset in one bucket, at best: time stamps and queues
UNKNOWN_DELAY_MS = 10.0  # one way, for who cannot be pinged: a home network
SURE_PINGS = 5
HEARD_DOUBT_MS = 15.0
UNHEARD_DOUBT_MS = 100.0
STEP_MS = 250.0  # a clock is taken to have been set when it is off by more
STEP_COUNT = 4  # that often without a break


class SyncClock:
    """Maps a device's clock to the server's, both in milliseconds."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.buckets: list[list[float]] = []  # [number, t_down, down, t_up, up]
        self.ref_ms = 0.0  # server time that offset and slopes refer to
        self.offset_ms = 0.0  # device minus server at ref_ms
        self.skew = 0.0
        self.skew_sd = SKEW_SD
        self.rtt_ms = math.inf  # least there and back, delays only
        self.down_ms = UNKNOWN_DELAY_MS  # typical
        self.up_ms = UNKNOWN_DELAY_MS
        self.n_pings = 0
        self.n_heard = 0
        self._n_off = 0

    @property
    def is_known(self) -> bool:
        """Whether anything was heard of the clock."""
        return self.n_pings > 0 or self.n_heard > 0

    @property
    def doubt_ms(self) -> float:
        """How far off the clock may be for want of pings, but for lopsided ways."""
        if self.n_pings >= SURE_PINGS:
            return 0.0
        if self.n_pings:
            return 0.25 * self.rtt_ms
        return HEARD_DOUBT_MS if self.n_heard else UNHEARD_DOUBT_MS

    def ping(self, t0_ms: float, recv_ms: float, send_ms: float, t1_ms: float) -> None:
        """Take in a ping: sent t0, received, answered (device), back at t1."""
        is_off = min(
            recv_ms - t0_ms - self._offset_at(t0_ms), t1_ms - send_ms + self._offset_at(t1_ms)
        )
        if not self.n_pings or is_off < -STEP_MS:
            self.reset()
        self.n_pings += 1
        self._put(t0_ms, recv_ms - t0_ms, t1_ms, t1_ms - send_ms)
        self._solve(t1_ms)
        down = recv_ms - t0_ms - self._offset_at(t0_ms)
        up = t1_ms - send_ms + self._offset_at(t1_ms)
        share = max(0.1, 1.0 / self.n_pings)
        self.down_ms += share * (min(down, self.down_ms + 50.0) - self.down_ms)
        self.up_ms += share * (min(up, self.up_ms + 50.0) - self.up_ms)

    def hear(self, device_ms: float, arrival_ms: float) -> None:
        """Take in a time stamp of a device that cannot be pinged, or was not yet."""
        if self.n_pings:
            return
        up = arrival_ms - device_ms
        if self.n_heard:
            late = up + self._offset_at(arrival_ms) - UNKNOWN_DELAY_MS
            self._n_off = self._n_off + 1 if late > STEP_MS else 0
            if late < -STEP_MS or self._n_off >= STEP_COUNT:
                self.reset()
        self.n_heard += 1
        # The way out is taken to be as long as the way back: nothing tells otherwise.
        self._put(arrival_ms, 2.0 * UNKNOWN_DELAY_MS - up, arrival_ms, up)
        self._solve(arrival_ms)

    def to_server(self, device_ms: float) -> float:
        """Server time of an instant of the device's clock."""
        return (device_ms - self.offset_ms + self.skew * self.ref_ms) / (1.0 + self.skew)

    def to_device(self, server_ms: float) -> float:
        """The device's clock at a server time."""
        return server_ms + self._offset_at(server_ms)

    def _offset_at(self, server_ms: float) -> float:
        return self.offset_ms + self.skew * (server_ms - self.ref_ms)

    def _put(self, t_down: float, down: float, t_up: float, up: float) -> None:
        number = math.floor(t_up / BUCKET_MS)
        buckets = self.buckets
        if not buckets or number > buckets[-1][0]:
            buckets.append([number, t_down, down, t_up, up])
            if len(buckets) > BUCKETS:
                del buckets[0]
            return
        last = buckets[-1]
        if self.n_pings:
            if down - self.skew * (t_down - last[1]) < last[2]:
                last[1:3] = t_down, down
            if up + self.skew * (t_up - last[3]) < last[4]:
                last[3:5] = t_up, up
        elif up + self.skew * (t_up - last[3]) < last[4]:
            last[1:5] = t_down, down, t_up, up

    def _solve(self, now_ms: float) -> None:
        """Fit the skew over all buckets, then carry the minima of each direction to now."""
        buckets = self.buckets
        rtt = min(b[2] + b[4] for b in buckets)
        # Weighted least squares with the prior skew ~ N(0, SKEW_SD).
        n = sum_t = sum_y = sum_tt = sum_ty = 0.0
        first = 0.5 * (buckets[0][2] - buckets[0][4])
        for b in buckets:
            sigma = PHASE_FLOOR_MS + 0.25 * (b[2] + b[4] - rtt)
            if not self.n_pings:
                sigma = 2.0
            w = 1.0 / (sigma * sigma)
            t = 0.5 * (b[1] + b[3]) - now_ms
            y = 0.5 * (b[2] - b[4]) - first
            n += w
            sum_t += w * t
            sum_y += w * y
            sum_tt += w * t * t
            sum_ty += w * t * y
        spread = max(0.0, sum_tt - sum_t * sum_t / n) + 1.0 / (SKEW_SD * SKEW_SD)
        skew = (sum_ty - sum_t * sum_y / n) / spread
        self.skew = min(max(skew, -SKEW_MOST), SKEW_MOST)
        self.skew_sd = math.sqrt(1.0 / spread)
        down = up = math.inf
        for b in buckets:
            down = min(down, b[2] + self.skew * (now_ms - b[1]) + self.skew_sd * (now_ms - b[1]))
            up = min(up, b[4] - self.skew * (now_ms - b[3]) + self.skew_sd * (now_ms - b[3]))
        self.ref_ms = now_ms
        self.offset_ms = 0.5 * (down - up)
        self.rtt_ms = max(0.0, down + up)
