"""Settings of their own: who vouches for a user, and how often somebody may ask."""

from typing import Annotated

from msgspec import Meta, Struct

from server.config.about import about
from server.config.kinds import PemKey, SafeUrl

# Names stand in routes and beside users in the database.
ProviderName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Filled = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=1)]


class GoogleSignIn(Struct, frozen=True, kw_only=True):
    """Signing in with Google."""

    client_id: Annotated[
        Filled, about("Google's id of this server.", example="1234.apps.googleusercontent.com")
    ]
    client_secret: Annotated[Filled, about("The secret that Google gave.", is_hidden=True)]
    authorize_url: Annotated[SafeUrl, about("Where people are sent to sign in.")] = SafeUrl(
        "https://accounts.google.com/o/oauth2/v2/auth"
    )
    token_url: Annotated[SafeUrl, about("Where a code becomes a token.")] = SafeUrl(
        "https://oauth2.googleapis.com/token"
    )
    jwks_url: Annotated[SafeUrl, about("The keys that sign its tokens.")] = SafeUrl(
        "https://www.googleapis.com/oauth2/v3/certs"
    )
    issuer: Annotated[Filled, about("Who its tokens say they come from.")] = (
        "https://accounts.google.com"
    )


class GithubSignIn(Struct, frozen=True, kw_only=True):
    """Signing in with GitHub, which has no identity tokens: the profile is asked for."""

    client_id: Annotated[Filled, about("GitHub's id of this server.", example="Iv1.1234")]
    client_secret: Annotated[Filled, about("The secret that GitHub gave.", is_hidden=True)]
    authorize_url: Annotated[SafeUrl, about("Where people are sent to sign in.")] = SafeUrl(
        "https://github.com/login/oauth/authorize"
    )
    token_url: Annotated[SafeUrl, about("Where a code becomes a token.")] = SafeUrl(
        "https://github.com/login/oauth/access_token"
    )
    profile_url: Annotated[SafeUrl, about("Where the profile is.")] = SafeUrl(
        "https://api.github.com/user"
    )
    emails_url: Annotated[SafeUrl, about("Where the verified addresses are.")] = SafeUrl(
        "https://api.github.com/user/emails"
    )


class AppleSignIn(Struct, frozen=True, kw_only=True):
    """Signing in with Apple, where a key signs what elsewhere is a secret."""

    client_id: Annotated[Filled, about("Apple's id of this service.", example="org.example.etude")]
    team_id: Annotated[Filled, about("The developer team.", example="ABCDE12345")]
    key_id: Annotated[Filled, about("The id of the key.", example="XYZ9876543")]
    private_key: Annotated[
        PemKey, about("The key itself: the text of the .p8 file.", is_hidden=True)
    ]
    authorize_url: Annotated[SafeUrl, about("Where people are sent to sign in.")] = SafeUrl(
        "https://appleid.apple.com/auth/authorize"
    )
    token_url: Annotated[SafeUrl, about("Where a code becomes a token.")] = SafeUrl(
        "https://appleid.apple.com/auth/token"
    )
    jwks_url: Annotated[SafeUrl, about("The keys that sign its tokens.")] = SafeUrl(
        "https://appleid.apple.com/auth/keys"
    )
    issuer: Annotated[Filled, about("Who its tokens say they come from.")] = (
        "https://appleid.apple.com"
    )


class OAuth(Struct, frozen=True, kw_only=True):
    """Whom people may sign in with; None: not offered."""

    google: GoogleSignIn | None = None
    github: GithubSignIn | None = None
    apple: AppleSignIn | None = None


class OidcIssuer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An outside issuer whose signed bearer tokens are taken.

    Attributes
    ----------
    name : str
        What its users are kept under.
    issuer, audience : str
        What a token must say in ``iss`` and ``aud``.
    jwks_url : str or None
        Its keys; None: where its ``/.well-known/openid-configuration`` says.
    """

    name: ProviderName
    issuer: SafeUrl
    audience: Filled
    jwks_url: SafeUrl | None = None


class OpaqueProvider(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An outside provider whose bearer tokens only it can read.

    Attributes
    ----------
    name : str
        What its users are kept under.
    profile_url : str
        What answers a token with its user's profile.
    subject_field, email_field, name_field : str
        What the profile calls them.
    """

    name: ProviderName
    profile_url: SafeUrl
    subject_field: Filled = "sub"
    email_field: Filled = "email"
    name_field: Filled = "name"


class RateLimits(Struct, frozen=True, kw_only=True):
    """How often somebody may ask before 429 is the answer."""

    requests_per_account_per_minute: Annotated[
        Count, about("REST requests of one account, or of one address without a token.")
    ] = 30_000
    auth_per_address_per_minute: Annotated[
        Count, about("Attempts to register, log in or refresh of one address: a class shares one.")
    ] = 300
    unknown_tokens_per_address_per_minute: Annotated[
        Count,
        about(
            "Tokens of one address that the providers of `opaque` are asked for and do not know."
        ),
    ] = 60
    failed_logins_per_quarter_hour: Annotated[
        Count,
        about(
            "Wrong passwords of one account from one address; five times as many from all others."
        ),
    ] = 10
    mails_per_address_per_hour: Annotated[Count, about("Mails asked for by one address.")] = 60
    mails_per_email_per_hour: Annotated[Count, about("Mails to one e-mail address.")] = 5
