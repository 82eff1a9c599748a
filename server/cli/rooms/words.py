"""A room in words."""

import re
from urllib.parse import unquote

from server.roomclient.messages import Person
from server.roomclient.player import Reading, Track

NO_DRIFT = "–"
NO_REPORT = "not playing yet"
URI_LENGTH = 24  # as much of a uri as stands for a title


def name_text(person: Person) -> str:
    """What a member is called."""
    return person.user_name or person.user_id


def drift_text(person: Person) -> str:
    """How far off a member is: ``+2.3 ms``; a dash for the host and who is not known."""
    if person.drift is None or person.role == "host":
        return NO_DRIFT
    return f"{person.drift:+.1f} ms".replace("-", "−")


def doubt_text(person: Person) -> str:
    """How sure that is: ``±9 ms``."""
    if person.confidence_ms is None or person.role == "host":
        return ""
    return f"±{person.confidence_ms:.0f} ms"


def person_text(person: Person) -> str:
    """A member on a line."""
    name = name_text(person)
    if not person.online:
        return f"{name}: away"
    if person.role == "host":
        return f"{name}: host"
    if person.quality is None or person.drift is None:
        return f"{name}: {NO_REPORT}"
    told = f"{name}: {person.quality}, {drift_text(person)}"
    return f"{told} {doubt_text(person)}".rstrip()


def track_text(track: Track) -> str:
    """A track in words."""
    name = track.name or title_in(track.uri)
    return f"{name} · {track.artist}" if track.artist else name


def title_in(uri: str) -> str:
    """What stands for the title of a track that has none: the last part of its uri, shortened."""
    last = unquote(re.split("[/:]", uri.rstrip("/:"))[-1])
    return last if len(last) <= URI_LENGTH else f"{last[: URI_LENGTH - 1]}…"


def time_text(time_ms: float) -> str:
    """A time of a track: ``3:05``, ``1:02:03``."""
    seconds = int(time_ms // 1000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def reading_text(reading: Reading | None) -> str:
    """What plays, and where."""
    if reading is None:
        return "nothing is played yet"
    sign = "▶" if reading.is_playing else "⏸"
    where = time_text(reading.position_ms)
    if reading.track.duration_ms is not None:
        where += f" / {time_text(reading.track.duration_ms)}"
    return f"{sign} {track_text(reading.track)}   {where}"
