"""Where the server listens, what it keeps where, and whom it lets in."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import platformdirs
from msgspec import Meta

from server.checks import checked
from server.errors import ConfigError, FieldError

Port = Annotated[int, Meta(ge=0, le=65535)]
LogLevel = Literal["debug", "info", "warning", "error"]
Count = Annotated[int, Meta(ge=1)]
CodeLength = Annotated[int, Meta(ge=4, le=12)]
Hours = Annotated[float, Meta(gt=0.0, le=168.0)]
WebOrigin = Annotated[str, Meta(pattern=r"^https?://[^/\s;,'\"]+/?$")]

# Environment variable of each setting; the first one set wins.
ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "host": ("ETUDE_HOST",),
    "port": ("ETUDE_PORT", "PORT"),
    "guests": ("ETUDE_GUESTS",),
    "database_url": ("ETUDE_DATABASE_URL", "DATABASE_URL"),
    "origins": ("ETUDE_ORIGINS",),
    "proxies": ("ETUDE_PROXIES",),
    "log_level": ("ETUDE_LOG_LEVEL",),
    "max_connections": ("ETUDE_MAX_CONNECTIONS",),
    "messages_per_sec": ("ETUDE_MESSAGES_PER_SEC",),
    "session_code_length": ("ETUDE_SESSION_CODE_LENGTH", "SESSION_CODE_LENGTH"),
    "session_timeout_hours": ("ETUDE_SESSION_TIMEOUT_HOURS", "SESSION_TIMEOUT_HOURS"),
    "max_rooms": ("ETUDE_MAX_ROOMS",),
    "rooms_per_account": ("ETUDE_ROOMS_PER_ACCOUNT",),
    "room_members": ("ETUDE_ROOM_MEMBERS",),
    "music": ("ETUDE_MUSIC",),
    "spotify_url": ("ETUDE_SPOTIFY_URL",),
}


def data_dir() -> Path:
    """Return the folder of takes and keys: ``ETUDE_DATA_DIR``, else the user's data folder."""
    given = os.environ.get("ETUDE_DATA_DIR")
    return Path(given) if given else platformdirs.user_data_path("etude", appauthor=False)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the server can be told, checked once.

    Attributes
    ----------
    host, port
        Where to listen; port 0 takes any free one.
    guests : bool or None
        May people play without a token? None: only where nobody else can connect.
    database_url : str or None
        SQLAlchemy URL of the takes; None: SQLite in the data folder.
    data_dir : Path
        Folder of the signing key and, by default, of the takes.
    origins : tuple of str
        Web origins let in beside the server's own; ``*`` lets in all.
    proxies : tuple of str
        Addresses of proxies in front of the server, which tell whom they speak for.
    log_level : LogLevel
        debug, info, warning or error.
    max_connections : int
        Sockets open at once, of both kinds together.
    messages_per_sec : int
        Sustained rate of one connection; twice as many may come in a burst.
    session_code_length : int
        Characters of the code of a listening room.
    session_timeout_hours : float
        When a room ends by itself, since it was made.
    max_rooms : int
        Rooms at once.
    rooms_per_account : int
        Rooms at once that one user made, or the guests of one address.
    room_members : int
        Members of one room.
    music : Path or None
        Folder of audio files that listening rooms may play; None offers none.
    spotify_url : str or None
        Where the room page finds Spotify's Web API; None: it does not ask for it.
    """

    host: str = "127.0.0.1"
    port: Port = 8000
    guests: bool | None = None
    database_url: str | None = None
    data_dir: Path = msgspec.field(default_factory=data_dir)
    origins: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    log_level: LogLevel = "info"
    max_connections: Count = 5000
    messages_per_sec: Count = 500
    session_code_length: CodeLength = 6
    session_timeout_hours: Hours = 4.0
    max_rooms: Count = 10_000
    rooms_per_account: Count = 100
    room_members: Count = 200
    music: Path | None = None
    spotify_url: WebOrigin | None = None

    @property
    def store_url(self) -> str:
        """The database that is used: the one given, else SQLite in the data folder."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'etude.db'}"

    @property
    def is_loopback(self) -> bool:
        """Only programs on this machine can connect."""
        return is_loopback(self.host)

    @property
    def allows_guests(self) -> bool:
        """A client may play without a token."""
        return self.is_loopback if self.guests is None else self.guests

    @classmethod
    def from_env(cls, **overrides: Any) -> "Settings":
        """Settings of the environment, under those given here (None: not given).

        Raises
        ------
        ConfigError
            If a value breaks its rule.
        """
        values: dict[str, Any] = {}
        for name, variables in ENVIRONMENT.items():
            found = next((os.environ[key] for key in variables if os.environ.get(key)), None)
            if found is not None:
                values[name] = found
        for name in ("origins", "proxies"):
            if name in values:
                values[name] = values[name].replace(",", " ").split()
        values |= {name: value for name, value in overrides.items() if value is not None}
        try:
            settings = checked(values, cls, strict=False)
        except FieldError as error:
            raise ConfigError(str(error)) from None
        if settings.music is not None and not settings.music.is_dir():
            raise ConfigError(f"music: expected a folder, got {str(settings.music)!r}")
        return settings


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address, without port, is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
