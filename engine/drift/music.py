"""What is on: the names of the track, as the host tells them."""

from dataclasses import asdict, dataclass
from typing import Any

from engine.drift.messages import POSITION_MAX_MS, Data, number, text
from engine.drift.playback import Phase, Playback


@dataclass(frozen=True, slots=True)
class Music:
    """The names of a track and how long it is; all but the first may be unknown."""

    uri: str
    name: str | None = None
    artist: str | None = None
    duration: float | None = None

    @classmethod
    def of(cls, data: Data, before: "Music | None") -> "Music":
        """Read a report of the host; what it does not say again stays.

        Raises
        ------
        MessageError
            If a field breaks its rule.
        """
        uri = text(data, "trackUri")
        known = before if before is not None and before.uri == uri else cls(uri)
        return cls(
            uri,
            text(data, "trackName", known.name),
            text(data, "artist", known.artist),
            number(data, "duration", 0.0, POSITION_MAX_MS, known.duration),
        )

    def state(self, player: Playback, now_ms: float) -> dict[str, Any]:
        """Return the track and where it is."""
        return asdict(self) | {
            "position": round(player.position(now_ms), 1),
            "isPlaying": player.phase in (Phase.RUNNING, Phase.LOADING),
        }
