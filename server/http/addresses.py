"""Where a request comes from: limits are counted by that."""

import re

from aiohttp import web

FORWARDED = "X-Forwarded-For"
# Some proxies tell the port as well, which is another for each connection.
_WITH_PORT = re.compile(r"(?P<v4>[\d.]+):\d+|\[(?P<v6>[^\]]+)\](:\d+)?")


def address_of(request: web.Request, proxies: tuple[str, ...]) -> str:
    """Name the address of a client.

    Parameters
    ----------
    request : Request
        As it came.
    proxies : tuple of str
        Addresses of the server's own proxies. Whom they say to speak for is believed, the last
        that is no proxy itself; what anybody else says is not.

    Returns
    -------
    str
        Empty where the network has none to tell.
    """
    address = request.remote or ""
    named = ",".join(request.headers.getall(FORWARDED, [])).split(",")
    while address in proxies and named:
        address = _without_port(named.pop().strip()) or address
    return address


def _without_port(address: str) -> str:
    found = _WITH_PORT.fullmatch(address)
    return address if found is None else found["v4"] or found["v6"]
