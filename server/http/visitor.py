"""Who stands behind a request as far as the network tells: the address, and what they use."""

import ipaddress

from aiohttp import hdrs, web
from msgspec import Struct

from server.http.addresses import address_of
from server.http.settings import SETTINGS

ADDRESS_CHARS = 64
AGENT_CHARS = 200
IPV6_PREFIX = 64  # what one household is given: within it, addresses cost nothing


class Visitor(Struct, frozen=True):
    """Where a request comes from.

    Attributes
    ----------
    address : str
        Empty where the network has none to tell.
    agent : str
        The program, as it calls itself.
    """

    address: str
    agent: str

    @classmethod
    def of(cls, request: web.Request) -> "Visitor":
        """Tell who sent a request; the server's own proxies are believed."""
        address = address_of(request, request.app[SETTINGS].proxies)
        agent = request.headers.get(hdrs.USER_AGENT, "")
        return cls(address[:ADDRESS_CHARS], _printable(agent)[:AGENT_CHARS])


OPERATOR = Visitor("", "etude")  # who uses the command line


def network_of(address: str) -> str:
    """Give what uses are counted by: an IPv4 address, or the network of an IPv6 one."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, IPV6_PREFIX), strict=False))


def _printable(text: str) -> str:
    """Databases and terminals take no control characters, and no halves of surrogate pairs."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
