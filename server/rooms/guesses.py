"""Wrong codes, counted by the address they come from: a room is not found by trying."""

import ipaddress
from collections import OrderedDict
from math import ceil

from server.errors import ApiError

MAX_WRONG = 20  # a party's typing errors
FORGIVEN_MS = 6000.0  # one wrong code is forgotten after each of these
MAX_ADDRESSES = 10_000
HOUSE_BITS = 64  # of IPv6: what one house is given, or one machine of a data centre


class Guesses:
    """How many wrong codes came from where, of late."""

    def __init__(self) -> None:
        # Of each address when all its wrong codes will be forgotten; the latest to err is last.
        self._forgiven_ms: OrderedDict[str, float] = OrderedDict()

    def check(self, address: str, now_ms: float) -> None:
        """Let an address try one more.

        Raises
        ------
        ApiError
            If too many were wrong, saying when the next may be tried.
        """
        debt_ms = self._forgiven_ms.get(house(address), now_ms) - now_ms
        wait_ms = debt_ms - (MAX_WRONG - 1) * FORGIVEN_MS
        if wait_ms > 0:
            raise too_many("too many wrong codes came from your address", wait_ms, MAX_WRONG)

    def count(self, address: str, now_ms: float) -> None:
        """Count a wrong one."""
        name = house(address)
        since_ms = max(self._forgiven_ms.pop(name, now_ms), now_ms)
        self._forgiven_ms[name] = since_ms + FORGIVEN_MS
        if len(self._forgiven_ms) > MAX_ADDRESSES:
            self._forgiven_ms.popitem(last=False)


def house(address: str) -> str:
    """Name those who share an address: an IPv6 network counts as one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is None:
        return str(ipaddress.ip_network((ip, HOUSE_BITS), strict=False))
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def too_many(what: str, wait_ms: float, limit: float) -> ApiError:
    """Refuse what comes too often, saying when to try again."""
    seconds = str(ceil(wait_ms / 1000.0))
    headers = {
        "Retry-After": seconds,
        "RateLimit-Limit": f"{limit:g}",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": seconds,
    }
    return ApiError(429, "RATE_LIMITED", f"{what}: try again in {seconds} seconds", headers=headers)
