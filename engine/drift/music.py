"""What is on: the names of the track, as the host tells them."""

from dataclasses import asdict, dataclass
from typing import Any

from engine.drift.messages import Report
from engine.drift.playback import Phase, Playback


@dataclass(frozen=True, slots=True)
class Music:
    """The names of a track and how long it is; all but the first may be unknown."""

    uri: str
    name: str | None = None
    artist: str | None = None
    duration: float | None = None

    @classmethod
    def of(cls, report: Report, before: "Music | None") -> "Music":
        """Take the names from a report of the host; what it does not say again stays."""
        known = before if before is not None and before.uri == report.track else cls(report.track)
        return cls(
            report.track,
            known.name if report.name is None else report.name,
            known.artist if report.artist is None else report.artist,
            known.duration if report.duration_ms is None else report.duration_ms,
        )

    def state(self, player: Playback, now_ms: float) -> dict[str, Any]:
        """Return the track and where it is."""
        return asdict(self) | {
            "position": round(player.position(now_ms), 1),
            "isPlaying": player.phase in (Phase.RUNNING, Phase.LOADING),
        }
