"""The offline queue: what becomes of changes that devices made while they were away.

Pure: rows and changes in, verdicts and rows out. Versions decide, never the clocks of devices:

- A change says the version of the copy that it was made from, and makes the next one; making a
  session is a change of version 0. It fits if that is still the version of what is kept.
- A change whose digest is kept at its place has been made before, however much followed it.
- Anything else is a conflict: nothing is changed, and the device is told both copies.
- A change without a version is made to whatever is there. Such changes of one session in one
  batch that are, in their order, the last that were made to it have been made before. One that was
  made, but not last, is a conflict: nobody can tell whether it is sent again or meant again.
- Behind a change that was not made, those of the same batch that were made from the copy it would
  have made are conflicts, too: another device may have made that version.
- What is deleted stays deleted, whatever comes from a copy older than that. Making the session
  again, with the version of what is left of it, brings it back.
- To delete what is not there, or no longer, has been done before.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal, NamedTuple

from server.errors import FieldError
from server.practice.changes import (
    Row,
    Standing,
    changed_row,
    deleted_row,
    new_row,
    standing_of_change,
)
from server.practice.content import DIGEST_BYTES, Columns, whole

Op = Literal["create", "update", "delete"]


class Status(StrEnum):
    """What became of one change."""

    APPLIED = "applied"
    ALREADY_APPLIED = "already_applied"
    CONFLICT = "conflict"
    REJECTED = "rejected"


NOT_MADE = (Status.CONFLICT, Status.REJECTED)


class Change(NamedTuple):
    """One change as a device sent it.

    Attributes
    ----------
    op : str
        create, update or delete.
    id : str
        Of the session, in lower case.
    base_version : int or None
        The version it was made from; 0 for one that was not there; None: whatever is there.
    digest : bytes
        Of what was sent, by :func:`server.practice.content.digest_of`; empty if that is malformed.
    given : dict
        The columns it sets.
    problem : FieldError or None
        Why it cannot be made, unless it has been made before.
    """

    op: Op
    id: str
    base_version: int | None
    digest: bytes
    given: Columns
    problem: FieldError | None = None


class Outcome(NamedTuple):
    """What became of one change, and the row as it is then; None where there is none."""

    status: Status
    row: Row | None


class Owner(NamedTuple):
    """Whose sessions they are, and where their days begin."""

    user_id: str
    zone: str


def decide(row: Row | None, changes: Sequence[Change], owner: Owner) -> list[Outcome]:
    """Make changes of one session in their order.

    Parameters
    ----------
    row : Row or None
        What is kept of it before.
    changes : sequence of Change
        All of one id.
    owner : Owner
        Who sends them.

    Returns
    -------
    list of Outcome
        One for each change; the row of the last is the row to keep.
    """
    outcomes: list[Outcome] = []
    n_repeated = _n_repeated(row, changes)
    failed_base: int | None = None
    made_before = b"" if row is None else row["digests"]
    for number, change in enumerate(changes):
        if change.base_version is None and change.digest and number < n_repeated:
            outcome = Outcome(Status.ALREADY_APPLIED, row)
        else:
            outcome = _outcome(row, change, owner, failed_base)
        if _is_again(change, outcome, made_before):
            outcome = Outcome(Status.CONFLICT, row)
        if outcome.status in NOT_MADE and failed_base is None:
            failed_base = change.base_version
        outcomes.append(outcome)
        row = outcome.row
    return outcomes


def _n_repeated(row: Row | None, changes: Sequence[Change]) -> int:
    """How many of the first changes are, in this order, the last that were made."""
    if row is None:
        return 0
    made: bytes = row["digests"]
    sent = [change.digest for change in changes[: len(made) // DIGEST_BYTES]]
    for n in range(len(sent), 0, -1):
        if made.endswith(b"".join(sent[:n])):
            return n
    return 0


def _is_again(change: Change, outcome: Outcome, made: bytes) -> bool:
    """Whether it would be made to whatever is there, and has been made before this batch."""
    if change.base_version is not None or outcome.status is not Status.APPLIED:
        return False
    places = range(0, len(made), DIGEST_BYTES)
    return any(made[k : k + DIGEST_BYTES] == change.digest for k in places)


def _outcome(row: Row | None, change: Change, owner: Owner, failed_base: int | None) -> Outcome:
    status = _status(row, change)
    if status is not Status.APPLIED:
        return Outcome(status, row)
    if _is_behind(change, failed_base):
        return Outcome(Status.CONFLICT, row)
    if change.problem is not None:
        return Outcome(Status.REJECTED, row)
    return Outcome(status, _made(row, change, owner))


def _is_behind(change: Change, failed_base: int | None) -> bool:
    """Whether it was made from a copy that a change which was not made would have made."""
    return (
        failed_base is not None
        and change.base_version is not None
        and change.base_version > failed_base
    )


def _status(row: Row | None, change: Change) -> Status:
    if not change.digest:
        return Status.REJECTED
    if change.op == "create":
        return _status_of_create(row, change)
    if change.op == "update":
        return _status_of_update(row, change)
    return _status_of_delete(row, change)


def _status_of_create(row: Row | None, change: Change) -> Status:
    if row is None:
        return Status.APPLIED
    standing = standing_of_change(row, change.base_version or 0, change.digest)
    if standing is Standing.APPLIED:
        return Status.ALREADY_APPLIED
    is_back = row["deleted_at"] is not None and change.base_version == row["version"]
    return Status.APPLIED if is_back else Status.CONFLICT


def _status_of_update(row: Row | None, change: Change) -> Status:
    if row is None:
        return Status.REJECTED
    standing = standing_of_change(row, change.base_version, change.digest)
    if standing is Standing.APPLIED:
        return Status.ALREADY_APPLIED
    return Status.APPLIED if standing is Standing.FITS else Status.CONFLICT


def _status_of_delete(row: Row | None, change: Change) -> Status:
    if row is None or row["deleted_at"] is not None:
        return Status.ALREADY_APPLIED
    return _status_of_update(row, change)


def _made(row: Row | None, change: Change, owner: Owner) -> Row:
    """The row after a change that fits."""
    if row is None:
        return new_row(owner.user_id, change.id, change.given, change.digest, owner.zone)
    if change.op == "create":
        given = {"began_at": datetime.now(UTC), **whole(change.given)}
        return changed_row(row, given, change.digest, owner.zone, deleted_at=None)
    if change.op == "update":
        return changed_row(row, change.given, change.digest, owner.zone)
    return deleted_row(row, change.digest)
