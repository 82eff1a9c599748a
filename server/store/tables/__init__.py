"""The tables. A change needs a migration beside it; a test compares the two."""

from server.store.tables.accounts import (
    AuditRow,
    IdentityRow,
    InvitationRow,
    LinkRow,
    LoginRow,
    OneTimeTokenRow,
    RecoveryCodeRow,
    UserRow,
)
from server.store.tables.base import Base, UtcDateTime
from server.store.tables.practice import CommentRow, PracticeSessionRow, SessionTagRow
from server.store.tables.songs import LessonProgressRow, SongNumberRow, SongRow
from server.store.tables.takes import ChunkRow, RoomRow, TakeRow, WriterRow

__all__ = [
    "AuditRow",
    "Base",
    "ChunkRow",
    "CommentRow",
    "IdentityRow",
    "InvitationRow",
    "LessonProgressRow",
    "LinkRow",
    "LoginRow",
    "OneTimeTokenRow",
    "PracticeSessionRow",
    "RecoveryCodeRow",
    "RoomRow",
    "SessionTagRow",
    "SongNumberRow",
    "SongRow",
    "TakeRow",
    "UserRow",
    "UtcDateTime",
    "WriterRow",
]
