"""Where a request comes from: limits are counted by that."""

from aiohttp import web

FORWARDED = "X-Forwarded-For"


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
        address = named.pop().strip() or address
    return address
