"""The tables of takes and rooms."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Double, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.store.tables.base import ID_CHARS, Base, UtcDateTime
from server.takes.format import MAX_TEXT


class TakeRow(Base):
    """One take; the marks are null until it has ended."""

    __tablename__ = "takes"
    __table_args__ = (
        Index("ix_takes_user_id_id", "user_id", "id"),
        Index("ix_takes_status", "status"),
    )

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    writer_id: Mapped[str] = mapped_column(String(ID_CHARS))
    status: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(String(MAX_TEXT))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    song: Mapped[str] = mapped_column(String(MAX_TEXT))
    title: Mapped[str] = mapped_column(String(MAX_TEXT))
    source: Mapped[str] = mapped_column(String(MAX_TEXT))
    mode: Mapped[str] = mapped_column(String(16))
    tempo_bpm: Mapped[float | None] = mapped_column(Double)
    judged_by: Mapped[str] = mapped_column(String(MAX_TEXT))
    score: Mapped[bytes] = mapped_column(LargeBinary)
    instrument: Mapped[str | None] = mapped_column(String(MAX_TEXT))
    notes_played: Mapped[int | None]
    overall_score: Mapped[float | None] = mapped_column(Double)
    accuracy: Mapped[float | None] = mapped_column(Double)
    grade: Mapped[str | None] = mapped_column(String(8))
    message: Mapped[str | None] = mapped_column(Text)
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class ChunkRow(Base):
    """One part of the log of a take."""

    __tablename__ = "take_chunks"
    # Clustered by take on SQLite too: the parts of a take are written and read together.
    __table_args__ = ({"sqlite_with_rowid": False},)

    take_id: Mapped[str] = mapped_column(
        String(ID_CHARS), ForeignKey("takes.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class RoomRow(Base):
    """One listening room that is not over, as its process last wrote it down."""

    __tablename__ = "rooms"
    __table_args__ = (Index("ix_rooms_writer_id", "writer_id"),)

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    writer_id: Mapped[str] = mapped_column(String(ID_CHARS))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class WriterRow(Base):
    """A process that has running takes or rooms, and when it last wrote, by the database."""

    __tablename__ = "take_writers"

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    machine: Mapped[str] = mapped_column(String(MAX_TEXT))
    pid: Mapped[int]
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
