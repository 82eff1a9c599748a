"""What goes over the wire about practice sessions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from server.http.declare import Number, Uuid
from server.patterns import NO_NUL
from server.store.tables.practice import LABEL_CHARS, TAG_CHARS

MAX_DURATION_SEC = 7 * 86_400  # whoever left the timer running did not practise for a week
MAX_NOTES = 10_000
MAX_SUMMARY = 2_000
MAX_FEEDBACK = 50_000
MAX_XML = 2 << 20
MAX_TAGS = 20
MAX_COUNT = 2**31 - 1

Label = Annotated[str, Meta(max_length=LABEL_CHARS, pattern=NO_NUL)]
Tag = Annotated[str, Meta(min_length=1, max_length=TAG_CHARS, pattern=NO_NUL)]
Summary = Annotated[str, Meta(max_length=MAX_SUMMARY, pattern=NO_NUL)]
Feedback = Annotated[str, Meta(max_length=MAX_FEEDBACK, pattern=NO_NUL)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Duration = Annotated[float, Meta(ge=0, le=MAX_DURATION_SEC)]
Moment = Annotated[datetime, Meta(tz=True)]


class Analysis(Struct):
    """What another program made of the playing."""

    summary: Summary | None = None
    feedback: Feedback | None = None
    accuracy: Percent | None = None


class SessionFields(Struct, kw_only=True):
    """What a user says of a practice session; a field that is not there says nothing.

    ``duration`` is another name of ``duration_seconds``; ``analysis`` stands for the three fields
    that begin so, which come first where both are given.
    """

    date: Moment | UnsetType | None = UNSET
    duration_seconds: Duration | UnsetType | None = UNSET
    duration: Duration | UnsetType | None = UNSET
    song_id: Number | UnsetType | None = UNSET
    song_name: Label | UnsetType | None = UNSET
    instrument: Label | UnsetType | None = UNSET
    focus: Label | UnsetType | None = UNSET
    rating: Annotated[int, Meta(ge=1, le=5)] | UnsetType | None = UNSET
    notes: Annotated[str, Meta(max_length=MAX_NOTES, pattern=NO_NUL)] | UnsetType | None = UNSET
    tags: Annotated[list[Tag], Meta(max_length=MAX_TAGS)] | UnsetType | None = UNSET
    xml_content: Annotated[str, Meta(max_length=MAX_XML, pattern=NO_NUL)] | UnsetType | None = UNSET
    analysis: Feedback | Analysis | UnsetType | None = UNSET
    analysis_summary: Summary | UnsetType | None = UNSET
    analysis_feedback: Feedback | UnsetType | None = UNSET
    score_accuracy: Percent | UnsetType | None = UNSET


class NewSession(SessionFields, kw_only=True):
    """A practice session to be made; its sound in Base64, if there is any."""

    SAYS_SOMETHING: ClassVar[bool] = True
    id: Uuid | None = None
    audio_base64: str | UnsetType | None = UNSET


class ChangedSession(SessionFields, kw_only=True):
    """A practice session as it is to be; ``version`` is that of the copy it was made from."""

    version: Annotated[int, Meta(ge=1, le=MAX_COUNT)] | None = None
    audio_base64: str | UnsetType | None = UNSET


class SessionInfo(Struct, kw_only=True):
    """A practice session in a list: all but its long texts."""

    id: str
    version: int
    date: datetime
    duration_seconds: float
    song_id: int | None
    song_name: str | None
    instrument: str | None
    focus: str | None
    rating: int | None
    tags: list[str]
    analysis_summary: str | None
    score_accuracy: float | None
    audio_url: str | None
    take_id: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> "SessionInfo":
        """Read the columns :data:`INFO_COLUMNS` of a row."""
        return cls(**_shared(row))


class Session(SessionInfo, kw_only=True):
    """A practice session, whole; ``details`` has the marks of the take it came from, if any."""

    notes: str | None
    xml_content: str | None
    analysis_feedback: str | None
    details: dict[str, Any] | None

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> "Session":
        """Read a whole row."""
        return cls(**_shared(row), **{name: row[name] for name in LONG_COLUMNS})


_SAME = [name for name in SessionInfo.__struct_fields__ if name not in ("date", "audio_url")]
INFO_COLUMNS = [*_SAME, "began_at", "audio_file"]
LONG_COLUMNS = ("notes", "xml_content", "analysis_feedback", "details")


def _shared(row: Mapping[Any, Any]) -> dict[str, Any]:
    values = {name: row[name] for name in _SAME}
    values["date"] = row["began_at"]
    values["audio_url"] = None if row["audio_file"] is None else audio_url(row["id"])
    return values


def audio_url(session_id: str) -> str:
    """Where the sound of a practice session is."""
    return f"/api/v1/sessions/{session_id}/audio"
