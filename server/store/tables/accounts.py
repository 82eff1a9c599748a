"""The tables of people: who they are, how they sign in, whom they teach."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.store.tables.base import ID_CHARS, Base, UtcDateTime

EMAIL_CHARS = 254  # RFC 5321, section 4.5.3.1.3, without its angle brackets
NAME_CHARS = 200
PROVIDER_CHARS = 64
SUBJECT_CHARS = 255
ROLE_CHARS = 16
KIND_CHARS = 40
ADDRESS_CHARS = 64
AGENT_CHARS = 200
ZONE_CHARS = 64
CODE_CHARS = 32


def _user_key(column: str = "users.id") -> ForeignKey:
    """Whatever belongs to a user goes with them."""
    return ForeignKey(column, ondelete="CASCADE")


class UserRow(Base):
    """One person; who came from elsewhere has no password, and may have no e-mail address.

    ``email_key`` is the address as addresses are compared. A secret of two-factor sign-in is sealed
    and counts once ``totp_enabled_at`` is set; ``totp_step`` is the last time step that was used.
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email_key", name="uq_users_email_key"),)

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(EMAIL_CHARS))
    email_key: Mapped[str | None] = mapped_column(String(EMAIL_CHARS))
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(String(NAME_CHARS))
    role: Mapped[str] = mapped_column(String(ROLE_CHARS))
    instrument: Mapped[str] = mapped_column(String(NAME_CHARS))
    time_zone: Mapped[str] = mapped_column(String(ZONE_CHARS))
    password_hash: Mapped[str | None] = mapped_column(Text)
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_enabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_step: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IdentityRow(Base):
    """One way in from elsewhere: a provider, and the subject by which it knows the user."""

    __tablename__ = "identities"
    __table_args__ = (Index("ix_identities_user_id", "user_id"),)

    provider: Mapped[str] = mapped_column(String(PROVIDER_CHARS), primary_key=True)
    subject: Mapped[str] = mapped_column(String(SUBJECT_CHARS), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(ID_CHARS), _user_key())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginRow(Base):
    """One sign-in and the family of refresh tokens it grew.

    ``generation`` counts how often the family was refreshed: only the token of this generation is
    good. ``revoked_why`` is logout, reuse, password,
    two_factor, address or account.
    """

    __tablename__ = "logins"
    __table_args__ = (
        Index("ix_logins_user_id", "user_id"),
        Index("ix_logins_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(ID_CHARS), _user_key())
    generation: Mapped[int]
    address: Mapped[str] = mapped_column(String(ADDRESS_CHARS))
    agent: Mapped[str] = mapped_column(String(AGENT_CHARS))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_why: Mapped[str | None] = mapped_column(String(ROLE_CHARS))


class OneTimeTokenRow(Base):
    """A token that was mailed, or a sign-in under way: known by its SHA-256 only, good once.

    ``purpose`` is verify, reset, oauth or another word of its maker's; ``data`` what it needs then.
    """

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        Index("ix_one_time_tokens_user_id", "user_id"),
        Index("ix_one_time_tokens_expires_at", "expires_at"),
    )

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(ROLE_CHARS))
    user_id: Mapped[str | None] = mapped_column(String(ID_CHARS), _user_key())
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCodeRow(Base):
    """One code that stands in for a lost second factor, known by its hash only, good once."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[str] = mapped_column(String(ID_CHARS), _user_key(), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class AuditRow(Base):
    """One security event; that of a user who has left names nobody."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_user_id_id", "user_id", "id"),
        Index("ix_audit_events_at", "at"),
    )

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    event: Mapped[str] = mapped_column(String(KIND_CHARS))
    address: Mapped[str] = mapped_column(String(ADDRESS_CHARS))
    agent: Mapped[str] = mapped_column(String(AGENT_CHARS))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


class LinkRow(Base):
    """A teacher and a student who both agreed; either may end it."""

    __tablename__ = "links"
    __table_args__ = (
        UniqueConstraint("teacher_id", "student_id", name="uq_links_teacher_id_student_id"),
        Index("ix_links_student_id", "student_id"),
    )

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    teacher_id: Mapped[str] = mapped_column(String(ID_CHARS), _user_key())
    student_id: Mapped[str] = mapped_column(String(ID_CHARS), _user_key())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InvitationRow(Base):
    """A code that links whoever accepts it with who made it; good once, for a while."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("code", name="uq_invitations_code"),
        Index("ix_invitations_inviter_id_id", "inviter_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_CHARS))
    inviter_id: Mapped[str] = mapped_column(String(ID_CHARS), _user_key())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_by: Mapped[str | None] = mapped_column(String(ID_CHARS))
