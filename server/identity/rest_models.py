"""What goes over the wire about accounts."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from server.identity.account import STUDENT, Account, Role
from server.identity.one_time_tokens import MAX_CHARS as LINK_MAX_CHARS
from server.identity.password_rules import MAX_CHARS, MIN_CHARS
from server.identity.refresh_tokens import MAX_CHARS as TOKEN_MAX_CHARS
from server.store.tables.accounts import EMAIL_CHARS, NAME_CHARS, ZONE_CHARS

CODE_CHARS = 64
CHALLENGE_CHARS = 100
Email = Annotated[
    str, Meta(min_length=3, max_length=EMAIL_CHARS, extra_json_schema={"format": "email"})
]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_CHARS)]
# Their length is checked by the rules of passwords, whose messages never quote one.
NewPassword = Annotated[
    str,
    Meta(
        description=f"{MIN_CHARS} to {MAX_CHARS} characters of any kind, not easily guessed",
        extra_json_schema={"format": "password", "minLength": MIN_CHARS, "maxLength": MAX_CHARS},
    ),
]
Password = Annotated[str, Meta(extra_json_schema={"format": "password"})]
RefreshToken = Annotated[str, Meta(min_length=1, max_length=TOKEN_MAX_CHARS)]


# Of an authenticator, or for recovery; spaces and dashes do not matter.
SecondCode = Annotated[str, Meta(min_length=1, max_length=CODE_CHARS)]


class Me(Struct):
    """The account of who asks."""

    id: str
    email: str | None
    name: str
    role: Role
    instrument: str
    time_zone: str
    is_verified: bool

    @classmethod
    def of(cls, account: Account) -> "Me":
        """Describe an account to itself."""
        return cls(
            id=account.id,
            email=account.email,
            name=account.name,
            role=account.role,
            instrument=account.instrument,
            time_zone=account.time_zone,
            is_verified=account.is_verified,
        )


class Registration(Struct):
    """A new account; without a name it is called what stands before the @."""

    email: Email
    password: NewPassword
    name: Name | None = None
    role: Role = STUDENT


class Credentials(Struct):
    """What somebody signs in with; ``code`` where they have a second factor."""

    email: Annotated[str, Meta(max_length=EMAIL_CHARS)]
    password: Password
    code: SecondCode | None = None


class SignedIn(Struct):
    """The tokens of a sign-in: one for each request, one for the next tokens, good once."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    user: Me


class RefreshBody(Struct):
    """The refresh token, good once."""

    refresh_token: RefreshToken


class LogoutBody(Struct):
    """The refresh token, where the access token has expired."""

    refresh_token: RefreshToken | None = None


class ProfileChange(Struct):
    """What is to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    instrument: Annotated[str, Meta(max_length=NAME_CHARS)] | UnsetType = UNSET
    time_zone: Annotated[str, Meta(min_length=1, max_length=ZONE_CHARS)] | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    role: Role | UnsetType = UNSET


class EmailChange(Struct):
    """Another address, and the password of the account if it has one."""

    new_email: Email
    password: Password | None = None


class LinkToken(Struct):
    """What stands in a mailed link."""

    token: Annotated[str, Meta(min_length=1, max_length=LINK_MAX_CHARS)]


class PasswordChange(Struct):
    """A new password, and the one that was good so far."""

    current_password: Password
    new_password: NewPassword


class Verification(Struct):
    """What stands in a mailed link; ``claim`` where somebody else made the account."""

    token: Annotated[str, Meta(min_length=1, max_length=LINK_MAX_CHARS)]
    claim: bool = False


class ForgottenPassword(Struct):
    """Where a link to a new password is to be sent."""

    email: Email


class PasswordReset(Struct):
    """A new password, from whoever has the mailed link."""

    token: Annotated[str, Meta(min_length=1, max_length=LINK_MAX_CHARS)]
    new_password: NewPassword


class Accepted(Struct):
    """What will happen, said the same to everybody."""

    message: str


class Login(Struct):
    """One sign-in; ``is_current`` marks the one by which this request came."""

    id: str
    address: str
    agent: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    is_current: bool


class TotpSetup(Struct):
    """A secret for an authenticator: to type, to open, and to scan."""

    secret: str
    otpauth_uri: str
    qr_svg: str


class FactorCode(Struct):
    """A code that the authenticator shows."""

    code: SecondCode


class FactorProof(Struct):
    """What turns two-factor sign-in off: one of both."""

    code: SecondCode | None = None
    password: Password | None = None


class FactorState(Struct):
    """Whether two-factor sign-in is on."""

    enabled: bool
    recovery_codes_left: int


class RecoveryCodes(Struct):
    """Codes that stand in for a lost authenticator, each good once."""

    recovery_codes: list[str]


class SecondStep(Struct):
    """The challenge of TWO_FACTOR_REQUIRED, and a code."""

    challenge: Annotated[str, Meta(min_length=1, max_length=CHALLENGE_CHARS)]
    code: SecondCode
