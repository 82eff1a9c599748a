"""What goes over the wire when somebody signs in elsewhere."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from server.identity.one_time_tokens import MAX_CHARS

STATE_MAX_CHARS = 200
CODE_MAX_CHARS = 2048
REDIRECT_MAX_CHARS = 500
# RFC 7636, section 4.1: the form of a verifier; its challenge is a SHA-256 in Base64.
Verifier = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._~-]{43,128}$")]
Challenge = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}$")]


class OAuthProvider(Struct):
    """Somebody to sign in with, and where that begins."""

    name: str
    url: str


class BeginQuery(Struct):
    """Where to come back to, and what will show that it is the page that began.

    ``redirect`` is a path of this server, or an address of one of its listed origins. A page of
    another origin should send ``challenge``, the S256 of a verifier that it keeps for itself.
    """

    redirect: Annotated[str, Meta(max_length=REDIRECT_MAX_CHARS)] = "/"
    challenge: Challenge | None = None


class CallbackQuery(Struct):
    """What the provider sends back by way of the browser, among other things."""

    TAKES_OTHERS: ClassVar[bool] = True
    state: Annotated[str, Meta(max_length=STATE_MAX_CHARS)] = ""
    code: Annotated[str, Meta(max_length=CODE_MAX_CHARS)] = ""
    error: Annotated[str, Meta(max_length=STATE_MAX_CHARS)] = ""
    user: Annotated[str, Meta(max_length=CODE_MAX_CHARS)] = ""  # Apple's, the first time


class OAuthCode(Struct):
    """The code that the page was given, good once and for a minute."""

    code: Annotated[str, Meta(min_length=1, max_length=MAX_CHARS)]
    verifier: Verifier | None = None
