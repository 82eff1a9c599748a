"""Where the browser may be sent when it has signed in: to pages of this server's own origins."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from server.errors import FieldError
from server.http.origins import ANY


def own_origins(own: str, listed: Iterable[str]) -> frozenset[str]:
    """Give the origins of pages that may be returned to: those that are let in by name.

    Parameters
    ----------
    own : str
        The address of this server.
    listed : iterable of str
        Other origins; that all may come in lets nobody be sent to any.
    """
    names = (origin.rstrip("/") for origin in listed if origin != ANY)
    return frozenset(origin for origin in (_origin(own), *names) if origin is not None)


def checked_redirect(redirect: str, origins: frozenset[str]) -> str:
    """Give an address as it is, if it may be returned to.

    Parameters
    ----------
    redirect : str
        A path of this server, or an address.
    origins : frozenset of str
        The origins of addresses that are taken.

    Raises
    ------
    FieldError
        If it leads elsewhere: the code that comes with it would be somebody else's.
    """
    # What browsers read otherwise than it is read here: \ is / to them, and controls are nothing.
    is_plain = redirect.isprintable() and redirect.isascii() and not set(redirect) & set("\\ #")
    if is_plain and (is_path(redirect) or _origin(redirect) in origins):
        return redirect
    raise FieldError(
        "redirect",
        "redirect: expected a path of this server, or an address of an origin in ETUDE_ORIGINS, "
        "without a fragment",
    )


def is_path(redirect: str) -> bool:
    """Whether it is a path of this server."""
    return redirect.startswith("/") and not redirect.startswith("//")


def _origin(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        if parts.username is not None or parts.scheme not in ("http", "https"):
            return None
        return f"{parts.scheme}://{parts.netloc}".lower()
    except ValueError:
        return None
