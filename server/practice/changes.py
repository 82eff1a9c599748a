"""One change of one practice session: whether it may be made, and the row it makes.

A change is made to a version and makes the next. The row keeps a digest of each of the last
changes: one that is sent again is known, and makes nothing twice. What is deleted leaves an empty
row behind, so that another device does not bring it back.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from server.practice.content import BLANK, DIGEST_BYTES, Columns, whole
from server.practice.days import day_of

Row = Mapping[Any, Any]
KEPT_DIGESTS = 256


class Standing(Enum):
    """How a change stands to the row that is there."""

    FITS = "fits"
    APPLIED = "applied before"
    MISSING = "nothing to change"
    CONFLICT = "another change came first"


def standing_of_new(row: Row | None, digest: bytes) -> Standing:
    """Tell whether a practice session may be made where this row is."""
    if row is None:
        return Standing.FITS
    return Standing.APPLIED if _change_after(row, 0) == digest else Standing.CONFLICT


def standing_of_change(row: Row | None, base_version: int | None, digest: bytes) -> Standing:
    """Tell whether a practice session may be changed or deleted.

    Parameters
    ----------
    row : Row or None
        What is there.
    base_version : int or None
        The version the change was made from; None: whatever is there.
    digest : bytes
        Of the change, by :func:`server.practice.content.digest_of`.
    """
    if row is None:
        return Standing.MISSING
    base = row["version"] - 1 if base_version is None else base_version
    if _change_after(row, base) == digest:
        return Standing.APPLIED
    if row["deleted_at"] is not None:
        return Standing.MISSING if base_version is None else Standing.CONFLICT
    return Standing.FITS if base_version in (None, row["version"]) else Standing.CONFLICT


def new_row(
    user_id: str, session_id: str, given: Columns, digest: bytes, zone: str, **server: Any
) -> Columns:
    """Lay out a practice session that is made; ``server`` are columns no user says."""
    now = datetime.now(UTC)
    row: Columns = {"audio_file": None, "audio_type": None, "take_id": None, "details": None}
    row |= {"began_at": now, **whole(given), **server}
    return row | {
        "user_id": user_id,
        "id": session_id,
        "version": 1,
        "digests": digest,
        "created_at": now,
        "updated_at": now,
        "deleted_at": None,
        "day": day_of(row["began_at"], zone),
    }


def changed_row(row: Row, given: Columns, digest: bytes, zone: str, **server: Any) -> Columns:
    """Lay out a practice session of which some columns, or by :func:`whole` all, are new."""
    changed = {**row, **given, **server, **_next(row, digest)}
    return changed | {"day": day_of(changed["began_at"], zone)}


def deleted_row(row: Row, digest: bytes) -> Columns:
    """Lay out what is left of a practice session that is deleted."""
    changed = {**row, **BLANK, "tags": [], **_next(row, digest)}
    changed |= {"audio_file": None, "audio_type": None, "take_id": None, "details": None}
    return changed | {"deleted_at": changed["updated_at"]}


def _next(row: Row, digest: bytes) -> Columns:
    digests = (row["digests"] + digest)[-KEPT_DIGESTS * DIGEST_BYTES :]
    return {"version": row["version"] + 1, "digests": digests, "updated_at": datetime.now(UTC)}


def _change_after(row: Row, version: int) -> bytes | None:
    """The digest of the change that was made to a version; None where it is not kept."""
    end = len(row["digests"]) - (row["version"] - version - 1) * DIGEST_BYTES
    is_kept = DIGEST_BYTES <= end <= len(row["digests"])
    return row["digests"][end - DIGEST_BYTES : end] if is_kept else None
