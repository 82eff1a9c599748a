"""The tables of practice: sessions, their tags, what was said of them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Date,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.store.tables.base import ID_CHARS, Base, UtcDateTime

LABEL_CHARS = 200
TAG_CHARS = 50
FILE_CHARS = 200
_THERE = text("deleted_at IS NULL")


class PracticeSessionRow(Base):
    """One practice session of a user; ids are made by clients and only theirs.

    ``day`` is the date of ``began_at``, in the user's time zone. ``version`` counts the changes;
    ``digests`` holds 16 bytes of each of them, so that a change sent twice is known. What is left
    of a deleted one keeps another device from bringing it back.
    """

    __tablename__ = "practice_sessions"
    __table_args__ = (
        # Partial: lists and sums never walk over what is deleted. SQLite looks at the rows all the
        # same unless the index has ``deleted_at``; with the duration, days are summed by it alone.
        Index(
            "ix_practice_sessions_user_id_began_at_id",
            "user_id",
            "began_at",
            "id",
            "deleted_at",
            sqlite_where=_THERE,
            postgresql_where=_THERE,
        ),
        Index(
            "ix_practice_sessions_user_id_day",
            "user_id",
            "day",
            "deleted_at",
            "duration_seconds",
            sqlite_where=_THERE,
            postgresql_where=_THERE,
        ),
        Index("ix_practice_sessions_song_id_began_at", "song_id", "began_at"),
    )

    user_id: Mapped[str] = mapped_column(
        String(ID_CHARS), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    version: Mapped[int]
    digests: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    day: Mapped[date] = mapped_column(Date)
    duration_seconds: Mapped[float] = mapped_column(Double)
    song_id: Mapped[int | None]
    song_name: Mapped[str | None] = mapped_column(String(LABEL_CHARS))
    instrument: Mapped[str | None] = mapped_column(String(LABEL_CHARS))
    focus: Mapped[str | None] = mapped_column(String(LABEL_CHARS))
    rating: Mapped[int | None]
    notes: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(JSON)
    xml_content: Mapped[str | None] = mapped_column(Text)
    analysis_summary: Mapped[str | None] = mapped_column(Text)
    analysis_feedback: Mapped[str | None] = mapped_column(Text)
    score_accuracy: Mapped[float | None] = mapped_column(Double)
    audio_file: Mapped[str | None] = mapped_column(String(FILE_CHARS))
    audio_type: Mapped[str | None] = mapped_column(String(LABEL_CHARS))
    take_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)


_SESSION = ["practice_sessions.user_id", "practice_sessions.id"]


class SessionTagRow(Base):
    """One tag of one practice session, folded, for filters; the session has it as written."""

    __tablename__ = "session_tags"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "session_id"], _SESSION, ondelete="CASCADE"),
        Index("ix_session_tags_user_id_tag_session_id", "user_id", "tag", "session_id"),
        {"sqlite_with_rowid": False},
    )

    user_id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    tag: Mapped[str] = mapped_column(String(TAG_CHARS), primary_key=True)


class CommentRow(Base):
    """What a teacher or the student said of a practice session."""

    __tablename__ = "session_comments"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "session_id"], _SESSION, ondelete="CASCADE"),
        Index("ix_session_comments_user_id_session_id_id", "user_id", "session_id", "id"),
        Index("ix_session_comments_author_id", "author_id"),
    )

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(ID_CHARS))
    session_id: Mapped[str] = mapped_column(String(ID_CHARS))
    author_id: Mapped[str] = mapped_column(
        String(ID_CHARS), ForeignKey("users.id", ondelete="CASCADE")
    )
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
