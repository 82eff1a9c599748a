"""Under which addresses other devices find a server that listens on all of a machine's."""

import socket
from ipaddress import ip_address

# Where a server listens on all addresses, and what is elsewhere then: addresses of nobody
# (RFC 5737, RFC 3849). Nothing is sent there; to look for the way tells by which of its own
# addresses this machine would go.
EVERYWHERE = {
    "0.0.0.0": (socket.AF_INET, "192.0.2.1"),
    "::": (socket.AF_INET6, "2001:db8::1"),
}


def url_here(host: str, port: int) -> str:
    """Give the address that people type on the machine itself."""
    if host in ("127.0.0.1", "0.0.0.0", "localhost"):
        return _url("localhost", port)
    return _url("::1" if host == "::" else host, port)  # localhost may have no such address


def url_for_others(host: str, port: int) -> str | None:
    """Give the address that other devices of the network type.

    Parameters
    ----------
    host : str
        Where the server listens.
    port : int
        Its port.

    Returns
    -------
    str or None
        None unless it listens on all addresses, and the machine has one that others reach.
    """
    if host not in EVERYWHERE:
        return None
    own = _own_address(*EVERYWHERE[host])
    return None if own is None else _url(own, port)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _own_address(family: socket.AddressFamily, elsewhere: str) -> str | None:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            own = str(probe.getsockname()[0])
    except OSError:  # no network of that kind
        return None
    address = ip_address(own)
    is_own = address.is_loopback or address.is_unspecified or address.is_link_local
    return None if is_own else own
