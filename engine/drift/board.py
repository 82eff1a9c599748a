"""All clients of a room beside its host, looked at in one native call."""

import math
from collections.abc import Sequence
from typing import Any

from engine.drift.member import Member
from engine.drift.playback import Phase, Playback
from engine.drift.quality import QUALITIES, quality_of
from engine.drift.steering import MAX_NUDGE, NUDGE_SEC, RATE_STEP
from native.sync_tick import AFAR, CHANGED, NUDGE, UNTOLD, SyncTick

BUSY_MS = 20.0  # between two looks while somebody is being brought together with the host
LOOK_MS = 100.0  # and while everybody is
SPAN_MS = 1_000.0  # over which the slope of a line is taken
OTHER_TRACK_MS = 5_000.0  # the drift of who plays something else altogether
WAY_MAX_MS = 2_000.0


class Board:
    """Where everybody is.

    Parameters
    ----------
    clients : sequence of Member
        Who is steered; the host is not among them.
    """

    def __init__(self, clients: Sequence[Member]) -> None:
        self._clients = clients
        self._tick = SyncTick([0, len(clients)])
        self._places = {client.user_id: place for place, client in enumerate(clients)}
        self._touched = set(self._places)
        self._is_host_touched = True
        self._tick.gain_per_ms.fill(1.0 / (1e3 * NUDGE_SEC))

    def touch(self, user_id: str) -> None:
        """Something has changed with a member: client or host."""
        if user_id in self._places:
            self._touched.add(user_id)
        else:
            self._is_host_touched = True

    def look(self, host: Member, now_ms: float) -> list[Member]:
        """Return who needs to be told something, now that time has passed."""
        self._write(host.player, now_ms)
        self._tick.process(now_ms, RATE_STEP)
        flags = self._tick.flags.tolist()
        needy = [
            client
            for client, flag in zip(self._clients, flags, strict=True)
            if flag & (CHANGED | AFAR | NUDGE) or not client.steering.is_settled(host.player)
        ]
        self._touched.update(client.user_id for client in needy)
        return needy

    def due_ms(self, host: Member, now_ms: float) -> float:
        """Return when to look again."""
        if not self._clients:
            return math.inf
        if not all(client.steering.is_settled(host.player) for client in self._clients):
            return now_ms + BUSY_MS
        return now_ms + LOOK_MS if host.player.is_running else math.inf

    @staticmethod
    def status(client: Member, host: Member, now_ms: float) -> dict[str, Any]:
        """Return how far off a client is, what that is called and how sure it is."""
        drift = client.steering.drift(host.player, now_ms)
        if not math.isfinite(drift):
            drift = OTHER_TRACK_MS
        doubt = 0.0
        for player in (client.player, host.player):
            # Half the way there and back is how lopsided the ways may be: no ping can tell.
            doubt += player.uncertainty(now_ms) + 0.5 * min(player.clock.rtt_ms, WAY_MAX_MS)
        quality = quality_of(drift)
        return {"drift": round(drift, 2), "quality": quality, "confidenceMs": round(doubt, 1)}

    def _write(self, host: Playback, now_ms: float) -> None:
        """Write down the lines that have changed."""
        tick = self._tick
        if self._is_host_touched:
            tick.host_anchor_ms[0], tick.host_skew[0] = _line(host, now_ms)
            tick.host_at_ms[0] = now_ms
        everybody = self._places if self._is_host_touched else self._touched
        for user_id in everybody:
            place = self._places[user_id]
            client = self._clients[place]
            steering, player = client.steering, client.player
            anchor, tick.skew[place] = _line(player, now_ms)
            tick.anchor_ms[place] = anchor if player.track == host.track else math.nan
            tick.at_ms[place] = now_ms
            tick.offset_ms[place] = steering.target(host, now_ms) - host.position(now_ms)
            tick.most_nudge[place] = MAX_NUDGE if "rate" in client.caps else 0.0
            tick.band_ms[place] = steering.band()
            tick.nudge[place] = player.rate - 1.0
            told = client.told["quality"]
            tick.told[place] = UNTOLD if told is None else QUALITIES.index(told)
        self._touched.clear()
        self._is_host_touched = False


def _line(player: Playback, now_ms: float) -> tuple[float, float]:
    """Return where a player is, and its rate less 1; a player that stands has -1."""
    here = player.position(now_ms)
    if player.phase is not Phase.RUNNING:
        return here, -1.0
    return here, (player.position(now_ms + SPAN_MS) - here) / SPAN_MS - 1.0
