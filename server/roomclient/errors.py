"""Errors of a room's client: one class per thing a listener can act on."""

from server.errors import ServerError


class RoomError(ServerError):
    """The server refuses, or is none: no such room, a wrong token, an answer nobody can read.

    Parameters
    ----------
    code : str
        The protocol's code, or ``UNREACHABLE`` or ``BAD_ANSWER`` of our own.
    message : str
        A sentence a person can act on.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PlayerError(ServerError):
    """A player cannot do what it should: no device, no permission, a damaged file."""


class MissingTrackError(PlayerError):
    """The host plays what this listener has not.

    Parameters
    ----------
    track_uri : str
        What is played.
    message : str
        A sentence a person can act on.
    """

    def __init__(self, track_uri: str, message: str) -> None:
        super().__init__(message)
        self.track_uri = track_uri
