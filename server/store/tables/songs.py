"""The tables of pieces, and of how far somebody is in the lessons."""

from datetime import datetime

from sqlalchemy import Double, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.store.tables.base import ID_CHARS, Base, UtcDateTime

TITLE_CHARS = 200
KEY_CHARS = 40
KIND_CHARS = 16
EVERYBODY = ""  # as an audience

# What makes songs.terms searchable stands in the migration alone, as each database has its own:
# on SQLite a virtual table and its triggers, on PostgreSQL an index over an expression.
SEARCH_TABLE = "song_search"
SEARCH_INDEX = "ix_songs_terms"


class SongRow(Base):
    """One piece: shipped, without an owner, or uploaded.

    ``audience`` is empty for what everybody may see, else the only user who may. ``digest`` is that
    of the file, or of the catalogue's entry. ``terms`` is what it is found by, with spaces between.
    """

    __tablename__ = "songs"
    __table_args__ = (
        Index("ix_songs_audience_id", "audience", "id"),
        Index("ix_songs_owner_id_digest", "owner_id", "digest", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner_id: Mapped[str | None] = mapped_column(
        String(ID_CHARS), ForeignKey("users.id", ondelete="CASCADE")
    )
    audience: Mapped[str] = mapped_column(String(ID_CHARS))
    title: Mapped[str] = mapped_column(String(TITLE_CHARS))
    composer: Mapped[str] = mapped_column(String(TITLE_CHARS))
    level: Mapped[int]
    kind: Mapped[str] = mapped_column(String(KIND_CHARS))
    hands: Mapped[str] = mapped_column(String(KIND_CHARS))
    key: Mapped[str] = mapped_column(String(KEY_CHARS))
    tempo_bpm: Mapped[float] = mapped_column(Double)
    format: Mapped[str] = mapped_column(String(KIND_CHARS))
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    terms: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SongNumberRow(Base):
    """The last id given to an upload, in one row: the id of a deleted one is not used again."""

    __tablename__ = "song_numbers"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_song_id: Mapped[int]


class LessonProgressRow(Base):
    """How far a user is in a lesson, in percent."""

    __tablename__ = "lesson_progress"
    __table_args__ = ({"sqlite_with_rowid": False},)

    user_id: Mapped[str] = mapped_column(
        String(ID_CHARS), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    lesson_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    progress: Mapped[int]
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
