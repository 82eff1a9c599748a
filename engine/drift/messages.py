"""What the members say, checked."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import EngineError

POSITION_MAX_MS = 1e9  # eleven days
CLOCK_MAX_MS = 1e15
RESOLUTION_MAX_MS = 10_000.0
LATENCY_MAX_MS = 5_000.0
OFFSET_MAX_MS = 60_000.0
RATE_MAX = 4.0
NUMBER_MAX = 2**53
TEXT_MAX = 2_000
CAPS = frozenset({"ping", "mono", "at", "rate"})
CAUSES = frozenset({"poll", "change", "playing", "waiting", "paused"})

Data = Mapping[str, Any]


class MessageError(EngineError, ValueError):
    """A message breaks a rule, or comes from the wrong member; nothing has changed.

    Parameters
    ----------
    code : str
        ``INVALID_PAYLOAD``, ``NOT_HOST``, ``HOST_TAKEN`` or ``WRONG_ORDER``.
    message : str
        Field, rule and value.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Report:
    """What a player was doing. Times are of the device's clock, ms."""

    track: str
    position_ms: float
    is_playing: bool
    asked_ms: float
    answered_ms: float
    is_mono: bool
    rate: float | None
    seq: int | None
    ack: int | None
    cause: str
    output_ms: float
    name: str | None
    artist: str | None
    duration_ms: float | None


READ_MS = 25.0  # before its time stamp that a position may have been read, where nobody says


def read_report(data: Data) -> Report:
    """Check a ``playback_state``.

    Raises
    ------
    MessageError
        Naming the field, the rule and the value.
    """
    mono = number(data, "mono", -CLOCK_MAX_MS, CLOCK_MAX_MS, None)
    if mono is None:
        answered = number(data, "timestamp", -CLOCK_MAX_MS, CLOCK_MAX_MS)
        asked = answered - READ_MS
    else:
        answered = mono
        asked = number(data, "monoReq", mono - 60_000.0, mono, mono)
    cause = data.get("cause")
    if cause is not None and cause not in CAUSES:
        raise _broken("cause", f"one of {', '.join(sorted(CAUSES))}", cause)
    is_playing = data.get("isPlaying")
    if not isinstance(is_playing, bool):
        raise _broken("isPlaying", "true or false", is_playing)
    return Report(
        track=text(data, "trackUri"),
        position_ms=number(data, "position", 0.0, POSITION_MAX_MS),
        is_playing=is_playing,
        asked_ms=asked,
        answered_ms=answered,
        is_mono=mono is not None,
        rate=number(data, "rate", 0.0, RATE_MAX, None),
        seq=integer(data, "seq"),
        ack=integer(data, "ack"),
        cause=cause or "poll",
        output_ms=number(data, "outputLatencyMs", 0.0, LATENCY_MAX_MS, 0.0),
        name=text(data, "trackName", None),
        artist=text(data, "artist", None),
        duration_ms=number(data, "duration", 0.0, POSITION_MAX_MS, None),
    )


def read_caps(data: Data) -> frozenset[str]:
    """Check what a member says that it can do; what is not known here is left out."""
    caps = data.get("caps") or ()
    if not isinstance(caps, list | tuple) or not all(isinstance(cap, str) for cap in caps):
        raise _broken("caps", "a list of texts", caps)
    return CAPS.intersection(caps)


_REQUIRED: Any = object()


def number(data: Data, field: str, least: float, most: float, default: Any = _REQUIRED) -> Any:
    """Return a finite number of a message within its bounds."""
    value = data.get(field)
    if value is None and default is not _REQUIRED:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _broken(field, "a number", value)
    if not least <= value <= most:  # false for NaN, too
        raise _broken(field, f"{least:g} to {most:g}", value)
    return float(value)


def integer(data: Data, field: str) -> int | None:
    """Return a whole number of a message, or None where there is none."""
    value = number(data, field, -NUMBER_MAX, NUMBER_MAX, None)
    if value is None:
        return None
    if not value.is_integer():
        raise _broken(field, "a whole number", value)
    return int(value)


def text(data: Data, field: str, default: Any = _REQUIRED) -> Any:
    """Return a text of a message."""
    value = data.get(field)
    if value is None and default is not _REQUIRED:
        return default
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_MAX:
        raise _broken(field, f"a text of 1 to {TEXT_MAX} characters", value)
    return value


def _broken(field: str, rule: str, value: Any) -> MessageError:
    return MessageError("INVALID_PAYLOAD", f"{field} must be {rule}, got {_short(value)}")


def _short(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
