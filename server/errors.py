"""Errors of the server: one class per thing a caller can act on."""

from collections.abc import Mapping
from typing import Any, ClassVar


class ServerError(Exception):
    """Root of every error raised by :mod:`server`.

    Attributes
    ----------
    see : str
        The command that lists what there is; told in the terminal only. Mostly none.
    """

    see: ClassVar[str] = ""


class ConfigError(ServerError, ValueError):
    """A setting breaks a rule; the message names setting, rule and value."""


class FieldError(ServerError, ValueError):
    """A field breaks a rule; the message names field, rule and value.

    Parameters
    ----------
    field : str
        Path of the field, dotted; ``data`` for the whole.
    message : str
        A sentence a person can act on.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class BindError(ServerError):
    """The server cannot listen where it was told to."""


class TokenError(ServerError):
    """A token is wrong, expired or tampered with; the message may be shown to its bearer."""


class UnknownTokenError(TokenError):
    """A token that whoever was asked did not make: somebody else may have."""


class ReusedTokenError(TokenError):
    """A refresh token came a second time: it was stolen, or a client kept an old one.

    Parameters
    ----------
    user_id : str
        Whose sign-in it was.
    login_id : str
        Which.
    """

    def __init__(self, user_id: str, login_id: str) -> None:
        super().__init__(
            "the refresh token was used before, so its sign-in was ended: sign in again"
        )
        self.user_id = user_id
        self.login_id = login_id


class KeyFileError(ServerError):
    """The signing key cannot be trusted: unreadable, malformed or open to other users."""


class SecretError(ServerError):
    """A server that others can reach was given no secret; the message says how to give one."""


class ApiError(ServerError):
    """A request that is refused: becomes the error shape of the API.

    Parameters
    ----------
    status : int
        HTTP status.
    code : str
        UPPER_SNAKE; part of the protocol, never renamed.
    message : str
        A sentence a person can act on.
    details : object, optional
        Anything JSON; a 422 names the field here.
    headers : mapping, optional
        What else HTTP should say.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers


class WrongSecretError(ApiError):
    """A password or code is wrong: who guesses is stopped after a while."""


class EmailTakenError(ApiError):
    """Somebody has an account with this address."""

    def __init__(self) -> None:
        super().__init__(
            409,
            "EMAIL_TAKEN",
            "this e-mail address has an account: sign in, or ask for a new password",
            {"field": "email"},
        )


class RefusedError(ServerError):
    """A message of a live connection is refused: becomes the event ``error``.

    Parameters
    ----------
    code : str
        One of :data:`server.protocol.CODES`.
    message : str
        A sentence a person can act on.
    event : str, optional
        The message that is refused, where it could be told.
    """

    def __init__(self, code: str, message: str, event: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.event = event


class TakeError(ServerError, ValueError):
    """What was kept of a take cannot be read: damaged, cut off or of a newer version."""


class StoreError(ServerError):
    """The database cannot be used: not there, not upgraded, or full of what it did not take."""


class BackupError(ServerError):
    """A backup cannot be made, or one cannot be restored: the message says what to do."""


class NoTakeError(TakeError):
    """There is no such take, or the name does not say which."""


class NoAccountError(ServerError, LookupError):
    """Nobody has such an account."""


class NoSecondFactorError(ServerError):
    """An account has no second factor that could be taken away."""


class UnknownSongError(ApiError, LookupError):
    """The catalogue has no such piece; the message suggests what may have been meant."""

    see = "etude songs"

    def __init__(self, message: str) -> None:
        super().__init__(404, "SONG_NOT_FOUND", message)


class UnknownModuleError(ApiError, LookupError):
    """The course has no such module; the message names those that there are."""

    def __init__(self, message: str) -> None:
        super().__init__(404, "MODULE_NOT_FOUND", message)


class UnknownExampleError(ApiError, LookupError):
    """The lesson has no such example; the message says how many it has."""

    def __init__(self, message: str) -> None:
        super().__init__(404, "EXAMPLE_NOT_FOUND", message)


class UnknownLessonError(ApiError, LookupError):
    """The course has no such lesson; the message suggests what may have been meant."""

    see = "etude lessons"

    def __init__(self, message: str) -> None:
        super().__init__(404, "LESSON_NOT_FOUND", message)


class CourseError(ServerError, ValueError):
    """A file of the lessons breaks a rule; the message names file, rule and value."""
