"""From what was sent to columns: what a user says of a practice session."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict

from server.errors import FieldError
from server.practice.models import MAX_SUMMARY, Analysis, SessionFields

Columns = dict[str, Any]
DIGEST_BYTES = 16
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
MAX_AHEAD = timedelta(days=1)  # a clock may be wrong, by its time zone at most

# What a user says, each as long as nothing was said of it; ``began_at`` is now then.
BLANK: Mapping[str, Any] = {
    "duration_seconds": 0.0,
    "song_id": None,
    "song_name": None,
    "instrument": None,
    "focus": None,
    "rating": None,
    "notes": None,
    "tags": (),
    "xml_content": None,
    "analysis_summary": None,
    "analysis_feedback": None,
    "score_accuracy": None,
}


def columns_of(fields: SessionFields) -> Columns:
    """Lay out what is said as columns; a column that nothing is said of is not there.

    Raises
    ------
    FieldError
        If the date is out of range.
    """
    said = {name: value for name, value in asdict(fields).items() if value is not UNSET}
    given = {name: said[name] for name in BLANK if name in said}
    if said.get("date") is not None:
        given["began_at"] = _began_at(said["date"])
    duration_seconds = said.get("duration_seconds")
    if duration_seconds is None:
        duration_seconds = said.get("duration")
    given.pop("duration_seconds", None)
    if duration_seconds is not None:
        given["duration_seconds"] = float(duration_seconds)
    if "tags" in given:
        given["tags"] = list(dict.fromkeys(given["tags"] or ()))
    analysis = said.get("analysis")
    return given if analysis is None else {**_analysed(analysis), **given}


def whole(given: Columns) -> Columns:
    """Fill in what is blank where nothing was said."""
    return {**BLANK, "tags": [], **given}


def digest_of(op: str, given: Columns) -> bytes:
    """Sum up one change as it was sent, so that it is known again when it is sent again."""
    sent = msgspec.msgpack.encode([op, given], order="deterministic")
    return blake2b(sent, digest_size=DIGEST_BYTES).digest()


def _began_at(moment: datetime) -> datetime:
    try:
        began_at = moment.astimezone(UTC)
    except OverflowError:
        began_at = datetime.min.replace(tzinfo=UTC)
    if not EARLIEST <= began_at <= datetime.now(UTC) + MAX_AHEAD:
        raise FieldError(
            "date",
            f"date: expected a time from 1900 to now, got {moment.isoformat()!r}: "
            "is the clock of the device right?",
        )
    return began_at


def _analysed(analysis: str | Analysis) -> Columns:
    """A text is the summary; a longer one begins with it."""
    if isinstance(analysis, str):
        feedback = analysis if len(analysis) > MAX_SUMMARY else None
        return {"analysis_summary": analysis[:MAX_SUMMARY], "analysis_feedback": feedback}
    return {
        "analysis_summary": analysis.summary,
        "analysis_feedback": analysis.feedback,
        "score_accuracy": analysis.accuracy,
    }
