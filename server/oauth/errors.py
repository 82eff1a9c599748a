"""What can go wrong between a provider and this server."""

from server.errors import ApiError, ServerError


class OAuthError(ServerError):
    """A sign-in that did not come to an end; the page is told.

    Parameters
    ----------
    code : str
        ACCESS_DENIED or PROVIDER_REFUSED; part of the protocol, never renamed.
    reason : str
        For the log of security events.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def refused(reason: str) -> OAuthError:
    """Make the failure of a sign-in in which a provider says what must not be believed."""
    return OAuthError("PROVIDER_REFUSED", reason)


def not_configured(provider: str) -> ApiError:
    """Make the refusal of a provider that this server does not sign in with."""
    return ApiError(
        404,
        "PROVIDER_NOT_CONFIGURED",
        "this server does not sign in with such a provider: GET /api/v1/auth/oauth lists those",
        {"provider": provider},
    )


def not_begun() -> ApiError:
    """Make the refusal of what no browser began here, or not this one, or too long ago."""
    return ApiError(
        400,
        "OAUTH_STATE_INVALID",
        "this sign-in was begun in another browser, too long ago, or is over: begin it again",
    )
