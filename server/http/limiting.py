"""How often somebody may ask: counted by account, else by address, told in every answer.

Answers carry ``RateLimit-Limit``, ``RateLimit-Remaining`` and ``RateLimit-Reset`` (seconds) of the
limit that has least left, a refusal ``Retry-After``.
"""

import hashlib
from collections.abc import Awaitable, Callable
from enum import Enum
from math import ceil
from typing import NamedTuple

from aiohttp import web

from server.config.providers import RateLimits
from server.errors import ApiError
from server.http.visitor import Visitor, network_of
from server.http.windows import Uses, Windows
from server.identity.account import Account

MINUTE_SEC = 60
QUARTER_SEC = 900
HOUR_SEC = 3600
SOCKETIO = "/socket.io/"


class Limit(Enum):
    """How often a route may be used, and by whom that is counted."""

    GENERAL = "general"
    SIGN_IN = "sign_in"
    MAIL = "mail"
    NONE = "none"  # as often as one likes


class Rule(NamedTuple):
    """So many uses in a window of time."""

    name: str
    amount: int
    window_sec: int


class State(NamedTuple):
    """Where somebody stands with a rule."""

    rule: Rule
    remaining: int
    reset_sec: int


STATE = web.RequestKey("rate_limit", State)  # the limit that has least left


class Rules:
    """The rules of a server.

    Parameters
    ----------
    limits : RateLimits
        As it was told.
    """

    def __init__(self, limits: RateLimits) -> None:
        general = Rule("general", limits.requests_per_account_per_minute, MINUTE_SEC)
        sign_in = Rule("sign_in", limits.auth_per_address_per_minute, MINUTE_SEC)
        mail = Rule("mail", limits.mails_per_address_per_hour, HOUR_SEC)
        self.of_route = {Limit.GENERAL: general, Limit.SIGN_IN: sign_in, Limit.MAIL: mail}
        self.mail_to = Rule("mail_to", limits.mails_per_email_per_hour, HOUR_SEC)
        failures = limits.failed_logins_per_quarter_hour
        self.failed = Rule("failed", failures, QUARTER_SEC)
        # NIST SP 800-63B-4, section 3.2.2, allows 100 in a row.
        self.failed_anywhere = Rule("failed_anywhere", 5 * failures, QUARTER_SEC)


Told = Callable[[web.Request, Rule, str | None], Awaitable[None]]


class Limiter:
    """Counts uses and refuses what is too much.

    Parameters
    ----------
    windows : Windows
        Where they are counted.
    tell : callable
        Told of a request, the rule it broke and whose it is, once in each window.
    limits : RateLimits
        How much is too much.
    """

    def __init__(self, windows: Windows, tell: Told, limits: RateLimits) -> None:
        self.rules = Rules(limits)
        self._windows = windows
        self._tell = tell

    async def check(
        self, request: web.Request, limit: Limit = Limit.GENERAL, account: Account | None = None
    ) -> None:
        """Count a request by its account, else by its address.

        Raises
        ------
        ApiError
            429, if there were too many.
        """
        if limit is Limit.NONE:
            return
        who = account.id if account else by_address(request)
        user_id = None if account is None else account.id
        await self.count(request, self.rules.of_route[limit], who, user_id)

    async def count(
        self, request: web.Request, rule: Rule, who: str, user_id: str | None = None
    ) -> None:
        """Count a use of something by somebody.

        Raises
        ------
        ApiError
            429, if there were too many.
        """
        if not await self.allows(request, rule, who, user_id):
            raise self.refusal(request)

    def refusal(self, request: web.Request) -> ApiError:
        """Make the refusal of a request that was not allowed."""
        return too_often(request[STATE].reset_sec)

    async def allows(
        self,
        request: web.Request,
        rule: Rule,
        who: str,
        user_id: str | None = None,
        *,
        is_told: bool = True,
    ) -> bool:
        """Count a use and tell whether it is within the rule; the client is, if ``is_told``."""
        uses = await self._windows.count(f"{rule.name}:{who}", rule.window_sec)
        if is_told:
            _note(request, rule, uses)
        if uses.times == rule.amount + 1:
            await self._tell(request, rule, user_id)
        return uses.times <= rule.amount

    async def has_left(self, request: web.Request, rule: Rule, who: str) -> bool:
        """Tell whether one more use would be within the rule, without counting it."""
        uses = await self._windows.look(f"{rule.name}:{who}", rule.window_sec)
        _note(request, rule, uses)
        return uses.times < rule.amount

    async def forget(self, rule: Rule, who: str) -> None:
        """Count from none again: somebody has shown that they may."""
        await self._windows.forget(f"{rule.name}:{who}")


LIMITER = web.AppKey("limiter", Limiter)


def too_often(reset_sec: int) -> ApiError:
    """Make the refusal of what was done too often, for so long."""
    return ApiError(
        429,
        "RATE_LIMITED",
        f"that was too often: try again in {reset_sec} seconds",
        {"retry_after_seconds": reset_sec},
        {"Retry-After": str(reset_sec)},
    )


def by_address(request: web.Request) -> str:
    """Name where a request comes from, as uses are counted."""
    return network_of(Visitor.of(request).address)


def by_name(name: str) -> str:
    """Name somebody who is not known yet, such as by e-mail address; others cannot read it."""
    return hashlib.blake2b(name.encode(errors="replace"), digest_size=16).hexdigest()


def _note(request: web.Request, rule: Rule, uses: Uses) -> None:
    """Remember of the rules that a request comes under the one that has least left."""
    state = State(rule, max(rule.amount - uses.times, 0), ceil(uses.left_sec))
    before = request.get(STATE)
    if before is None or state.remaining <= before.remaining:
        request[STATE] = state


@web.middleware
async def limit_others(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Count what no declared route answers by its address; those count for themselves."""
    owner = getattr(request.match_info.handler, "__self__", None)
    if not isinstance(getattr(owner, "limit", None), Limit) and not _is_exempt(request):
        await request.app[LIMITER].check(request)
    return await handler(request)


async def add_limits(request: web.Request, response: web.StreamResponse) -> None:
    """Say in every answer how much is left; a refusal by a limit of its own has said so."""
    state = request.get(STATE)
    if state is not None and "RateLimit-Limit" not in response.headers:
        response.headers["RateLimit-Limit"] = str(state.rule.amount)
        response.headers["RateLimit-Remaining"] = str(state.remaining)
        response.headers["RateLimit-Reset"] = str(state.reset_sec)


def _is_exempt(request: web.Request) -> bool:
    """A Socket.IO connection counts once; what it sends has limits of its own."""
    return request.path == SOCKETIO and "sid" in request.query
