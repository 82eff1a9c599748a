"""Where the server listens, what it keeps where, whom it lets in: each setting, once."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
import platformdirs

from server.config.about import about
from server.config.kinds import (
    FilesUrl,
    MailAddress,
    MailUrl,
    RedisUrl,
    Secret,
    WebUrl,
    without_password,
)
from server.config.providers import Count, OAuth, OidcIssuer, OpaqueProvider, RateLimits

Environment = Literal["development", "production"]
WebOrigin = Annotated[str, msgspec.Meta(pattern=r"^https?://[^/\s;,'\"]+/?$")]
LogLevel = Literal["debug", "info", "warning", "error"]

# The first setting of each part, and what the part is called.
PARTS = {
    "host": "Where it listens, and who comes in",
    "data_dir": "What is kept, and where",
    "access_minutes": "Accounts",
    "max_connections": "Live play",
    "session_code_length": "Listening rooms",
    "rate_limits": "Limits of requests",
    "oauth": "Signing in elsewhere",
}


def _user_data_dir() -> Path:
    return platformdirs.user_data_path("etude", appauthor=False)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the server can be told, checked once; each field says what it means."""

    host: Annotated[str, about("Address to listen on; 0.0.0.0: all of this machine's.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, about("Port; 0 takes any free one.", "PORT", ge=0, le=65535)] = 8000
    environment: Annotated[
        Environment | None,
        about(
            "development or production; by default production where others can connect.",
            example="production",
        ),
    ] = None
    secret: Annotated[
        Secret | None,
        about(
            "What tokens are signed with, 32 random characters or more (`etude secret` makes one); "
            "by default a key kept in the data folder.",
            "SECRET_KEY",
            is_hidden=True,
        ),
    ] = None
    public_url: Annotated[
        WebUrl | None,
        about(
            "The address people type, behind a proxy: the base of links in mails.",
            "RENDER_EXTERNAL_URL",
            example="https://etude.example",
        ),
    ] = None
    guests: Annotated[
        bool | None,
        about(
            "May people play without a token? By default where nobody else can connect.",
            example=False,
        ),
    ] = None
    origins: Annotated[
        tuple[str, ...],
        about(
            "Web origins let in beside the server's own; * lets in all.",
            example=["https://game.example"],
        ),
    ] = ()
    proxies: Annotated[
        tuple[str, ...],
        about(
            "Addresses of proxies in front of the server, which tell whom they speak for.",
            example=["127.0.0.1"],
        ),
    ] = ()
    log_level: Annotated[LogLevel, about("debug, info, warning or error.")] = "info"

    data_dir: Annotated[
        Path,
        about(
            "Folder of the signing key and, by default, of takes and files; by default the user's "
            "data folder.",
            example="/var/lib/etude",
        ),
    ] = msgspec.field(default_factory=_user_data_dir)
    database_url: Annotated[
        str | None,
        about(
            "SQLAlchemy URL of the database; by default SQLite in the data folder.",
            "DATABASE_URL",
            example="postgresql://user:password@host/etude",
        ),
    ] = None
    redis_url: Annotated[
        RedisUrl | None,
        about(
            "Redis, where several processes serve together.",
            "REDIS_URL",
            example="redis://127.0.0.1:6379/0",
        ),
    ] = None
    files_url: Annotated[
        FilesUrl | None,
        about(
            "Where recordings are kept, S3-compatible; by default `files` in the data folder.",
            example="s3://bucket/etude",
        ),
    ] = None
    max_audio_bytes: Annotated[Count, about("The longest recording that is kept.")] = (
        20 * 1024 * 1024
    )
    audit_days: Annotated[Count, about("How long security events are kept.")] = 365

    access_minutes: Annotated[Count, about("How long an access token is good for.")] = 30
    refresh_days: Annotated[Count, about("How long a refresh token is good for.")] = 7
    mail_url: Annotated[
        MailUrl | None,
        about(
            "The mail server and the account on it: smtp:// or smtps://.",
            "SMTP_URL",
            example="smtp://user:password@host:587",
        ),
    ] = None
    mail_from: Annotated[
        MailAddress | None,
        about(
            "Whom mails come from.",
            "MAIL_FROM",
            example="Etude <etude@etude.example>",
        ),
    ] = None

    max_connections: Annotated[Count, about("Sockets open at once, of both kinds together.")] = 5000
    messages_per_sec: Annotated[
        Count,
        about("Sustained rate of one connection; twice as many may come in a burst."),
    ] = 500

    session_code_length: Annotated[
        int,
        about("Characters of the code of a listening room.", "SESSION_CODE_LENGTH", ge=4, le=12),
    ] = 6
    session_timeout_hours: Annotated[
        float,
        about("When a room ends, since it was made.", "SESSION_TIMEOUT_HOURS", gt=0.0, le=168.0),
    ] = 4.0
    max_rooms: Annotated[Count, about("Rooms at once.")] = 10_000
    rooms_per_account: Annotated[
        Count,
        about("Rooms at once that one user made, or the guests of one address."),
    ] = 100
    room_members: Annotated[Count, about("Members of one room.")] = 200
    music: Annotated[
        Path | None,
        about("Folder of audio files that listening rooms may play.", example="/srv/music"),
    ] = None
    spotify_url: Annotated[
        WebOrigin | None,
        about(
            "Where the room page finds Spotify's Web API; by default it does not ask for it.",
            example="https://api.spotify.com",
        ),
    ] = None

    rate_limits: RateLimits = RateLimits()
    oauth: OAuth = OAuth()
    oidc: Annotated[
        tuple[OidcIssuer, ...],
        about(
            "Outside issuers whose signed tokens are taken (OpenID Connect).",
            example=[
                {
                    "name": "auth0",
                    "issuer": "https://etude.eu.auth0.com/",
                    "audience": "https://etude.example/api",
                }
            ],
        ),
    ] = ()
    opaque: Annotated[
        tuple[OpaqueProvider, ...],
        about(
            "Outside providers that are asked whose a token is.",
            example=[{"name": "school", "profile_url": "https://login.school.example/me"}],
        ),
    ] = ()

    def __post_init__(self) -> None:
        if self.environment is None:
            default = "development" if self.is_private else "production"
            msgspec.structs.force_setattr(self, "environment", default)

    @property
    def store_url(self) -> str:
        """The database that is used: the one given, else SQLite in the data folder."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'etude.db'}"

    @property
    def is_loopback(self) -> bool:
        """Only programs on this machine can connect."""
        return is_loopback(self.host)

    @property
    def is_private(self) -> bool:
        """Nobody else is served: neither on an address of others nor through a proxy."""
        public_name = None if self.public_url is None else urlsplit(self.public_url).hostname
        return self.is_loopback and (public_name is None or is_loopback(public_name))

    @property
    def is_development(self) -> bool:
        """Convenience comes before caution."""
        return self.environment == "development"

    @property
    def allows_guests(self) -> bool:
        """A client may play without a token."""
        return self.is_private if self.guests is None else self.guests

    def __repr__(self) -> str:
        return f"Settings({without_password(self.store_url)!r}, {self.host!r}, {self.port})"


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address, without port, is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
