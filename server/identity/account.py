"""The account behind a request."""

from typing import Literal

from msgspec import Struct

Role = Literal["student", "teacher"]
STUDENT: Role = "student"
TEACHER: Role = "teacher"
UTC = "UTC"


class Account(Struct, frozen=True, kw_only=True):
    """A user of this server, as every request of theirs knows them.

    Attributes
    ----------
    id : str
        UUID.
    name : str
        As shown to others.
    role : str
        student or teacher.
    instrument : str
        What they play; empty where they have not said.
    time_zone : str
        IANA name: where their days begin and end.
    email : str or None
        None where none is known.
    is_verified : bool
        Whether they have shown that the address is theirs.
    login_id : str or None
        The sign-in by which this request came; None for tokens that none stands behind.
    """

    id: str
    name: str
    role: Role = STUDENT
    instrument: str = ""
    time_zone: str = UTC
    email: str | None = None
    is_verified: bool = False
    login_id: str | None = None
