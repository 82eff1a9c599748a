"""Routes, each declared once: what it takes, what it answers, who may use it.

A handler's own signature is the declaration. Its first parameter is the :class:`Call`; ``query``
and ``body`` are structs that the query string and the JSON body are checked against; every other
parameter is a part of the path. What it returns is what its return annotation says: JSON of it, or
``None`` for 204, or a ``web.StreamResponse`` for anything else. The OpenAPI description is made of
the same declarations.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from string import Formatter
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_type_hints

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

from server.checks import spellings_of
from server.errors import ApiError
from server.http.bodies import MAX_BYTES, read_body
from server.http.limiting import LIMITER, Limit, by_address
from server.http.long_bodies import LONG_BODIES
from server.http.queries import read_query, read_texts
from server.http.rest import reply
from server.http.visitor import Visitor
from server.identity.account import TEACHER, Account
from server.identity.bearers import Bearers
from server.patterns import A_UUID, UUID_PATTERN

BEARERS = web.AppKey("bearers", Bearers)
ROUTES: web.AppKey[list["Route"]] = web.AppKey("routes", list)

__all__ = [
    "BEARERS",
    "ROUTES",
    "Access",
    "Call",
    "Errors",
    "Handler",
    "Limit",
    "Number",
    "Route",
    "Text",
    "Uuid",
    "definitions",
]

# The length as well: to a pattern of Python a newline at the end is none.
Uuid = Annotated[str, Meta(pattern=UUID_PATTERN, max_length=36, examples=[A_UUID])]
Number = Annotated[int, Meta(ge=0, le=2**31 - 1)]  # a small integer, as databases count
Text = Annotated[str, Meta(min_length=1, max_length=2000)]  # a part of a path


class Access(Enum):
    """Who may use a route."""

    OPEN = "anybody"
    ANYBODY = "anybody; accounts see what is theirs as well"
    GUEST = "accounts, and guests where the server lets them in"
    ACCOUNT = "accounts"
    TEACHER = "teachers"


class Call:
    """One request under way.

    Parameters
    ----------
    request : Request
        As it came.
    account : Account, optional
        Who sent it.

    Attributes
    ----------
    headers : dict
        What the answer is to say beside its body.
    status : int or None
        Of the answer, where it is not always the route's.
    """

    __slots__ = ("_account", "headers", "request", "status")

    def __init__(self, request: web.Request, account: Account | None) -> None:
        self.request = request
        self.headers: dict[str, str] = {}
        self.status: int | None = None
        self._account = account

    @property
    def app(self) -> web.Application:
        """What handlers share."""
        return self.request.app

    @property
    def account(self) -> Account:
        """Who sent the request, on routes that are for accounts."""
        assert self._account is not None  # the route's access saw to it
        return self._account

    @property
    def account_if_any(self) -> Account | None:
        """Who sent the request; None for a guest."""
        return self._account

    def page(self, total: int, cursor: str | None, limit: int) -> None:
        """Say in the headers how many there are in all, and where the next page is."""
        self.headers["X-Total-Count"] = str(total)
        if cursor is not None:
            following = self.request.rel_url.update_query(limit=str(limit), cursor=cursor)
            self.headers[hdrs.LINK] = f'<{following}>; rel="next"'


Handler = Callable[..., Awaitable[Any]]
Errors = Mapping[int, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One route.

    Attributes
    ----------
    method, path : str
        As aiohttp has them.
    handler : callable
        See the module.
    access : Access
        Who may use it.
    status : int
        Of a success with a body, or that sends the browser on; without a body it is 204.
    errors : mapping of int to sequence of str
        Status and codes of the refusals beside those that all routes share.
    media : str
        What a ``StreamResponse`` is.
    also : sequence of int
        Other good answers: 201 for what was made, 206 for a part, 304 for what did not change;
        each with its headers.
    headers : sequence of str
        Other headers of the request or the answer that matter here, beside those of lists, limits
        and statuses: names of :data:`server.http.openapi_parts.HEADERS`.
    example : object, optional
        A body that is right.
    limit : Limit
        How its uses are counted.
    max_bytes : int
        How long the body may be.
    takes : sequence of str
        Media types of a body that is no JSON: a file, which the handler reads by itself.
    """

    method: str
    path: str
    handler: Handler
    access: Access = Access.ACCOUNT
    status: int = 200
    errors: Errors = field(default_factory=dict)
    media: str = "application/json"
    also: Sequence[int] = ()
    headers: Sequence[str] = ()
    example: Any = None
    limit: Limit = Limit.GENERAL
    max_bytes: int = MAX_BYTES
    takes: Sequence[str] = ()

    @cached_property
    def hints(self) -> dict[str, Any]:
        """The types of the handler's parameters and of its answer."""
        return get_type_hints(self.handler, include_extras=True)

    @property
    def is_long(self) -> bool:
        """Whether its bodies may be so long that not many fit into the memory."""
        return self.max_bytes > MAX_BYTES

    @property
    def answer(self) -> Any:
        """The type of the answer, beside a ``StreamResponse`` that says it in other ways."""
        answer = self.hints["return"]
        if not isinstance(answer, UnionType):
            return answer
        plain = [part for part in get_args(answer) if part is not web.StreamResponse]
        return Union[tuple(plain)]  # noqa: UP007  made of what is there

    @property
    def query(self) -> type[msgspec.Struct] | None:
        """The struct of the query string."""
        return self.hints.get("query")

    @property
    def body(self) -> type[msgspec.Struct] | None:
        """The struct of the body."""
        return self.hints.get("body")

    @property
    def shown_body(self) -> type[msgspec.Struct] | None:
        """The struct of a body that is right; ``body`` may let more in, to check it later."""
        return getattr(self.body, "SHOWN_AS", self.body)

    @cached_property
    def parameters(self) -> type[msgspec.Struct] | None:
        """The struct of the parts of the path."""
        names = self._parts
        if not names:
            return None
        return msgspec.defstruct("Path", [(name, self.hints[name]) for name in names])

    @property
    def _parts(self) -> list[str]:
        return [name for _, name, _, _ in Formatter().parse(self.path) if name]

    @property
    def summary(self) -> str:
        """What it does, in one sentence: the first of the handler's docstring."""
        return " ".join(self._words.split("\n\n", 1)[0].split())

    @property
    def description(self) -> str:
        """What else there is to say of it; mostly nothing."""
        return self._words.partition("\n\n")[2]

    @property
    def _words(self) -> str:
        return (inspect.getdoc(self.handler) or "").replace("``", "`")

    @cached_property
    def _spellings(self) -> dict[str, str]:
        return spellings_of(self.query) if self.query else {}

    def definition(self) -> web.RouteDef:
        """Lay it out for aiohttp."""
        names = self.hints.keys() - {"return"}
        declared = {"call", "query", "body", *self._parts}
        assert names <= declared, f"{self.path}: nothing brings {names - declared}"
        return web.route(self.method, self.path, self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Parse, call, serialise."""
        call = Call(request, await self._account(request))
        arguments: dict[str, Any] = {}
        if self.parameters is not None:
            parts = read_texts(dict(request.match_info), self.parameters)
            arguments |= msgspec.structs.asdict(parts)
        if self.query is not None:
            arguments["query"] = read_query(request.query, self.query, self._spellings)
        if not self.is_long:
            return await self._answer(call, arguments)
        who = call.account_if_any.id if call.account_if_any else by_address(request)
        with request.app[LONG_BODIES].share(request, who):
            return await self._answer(call, arguments)

    async def _answer(self, call: Call, arguments: dict[str, Any]) -> web.StreamResponse:
        if self.body is not None:
            arguments["body"] = await read_body(call.request, self.body, self.max_bytes)
        return self._response(call, await self.handler(call, **arguments))

    async def _account(self, request: web.Request) -> Account | None:
        """Tell who may use the route; the use is counted, whoever they are."""
        limiter, bearers = request.app[LIMITER], request.app[BEARERS]
        if self.access is Access.OPEN:
            await limiter.check(request, self.limit)
            return None
        try:
            authorization = request.headers.get(hdrs.AUTHORIZATION)
            account = await bearers.account_of(authorization, Visitor.of(request).address)
        except ApiError:
            await limiter.check(request)
            raise
        await limiter.check(request, self.limit, account)
        is_guest = self.access is Access.GUEST and bearers.allows_guests
        if account is None and not is_guest and self.access is not Access.ANYBODY:
            raise unauthenticated()
        if self.access is Access.TEACHER and account is not None and account.role != TEACHER:
            raise ApiError(403, "WRONG_ROLE", "this is for teachers")
        return account

    def _response(self, call: Call, result: Any) -> web.StreamResponse:
        if isinstance(result, web.StreamResponse):
            result.headers.update(call.headers)
            return result
        if result is None:
            return web.Response(status=204, headers=call.headers)
        return reply(result, call.status or self.status, call.headers)


def definitions(routes: list[Route]) -> list[web.RouteDef]:
    """Lay routes out for aiohttp.

    A path without parts refuses the methods it has not, so that none is taken for a part of a
    more general path: ``PUT /sessions/statistics`` is no ``PUT /sessions/{id}``.
    """
    methods: dict[str, set[str]] = {}
    for route in routes:
        methods.setdefault(route.path, set()).add(route.method)
    others = [
        web.route(hdrs.METH_ANY, path, _refusal_of_others(allowed))
        for path, allowed in methods.items()
        if "{" not in path
    ]
    return [*(route.definition() for route in routes), *others]


def _refusal_of_others(
    allowed: set[str],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    answered = sorted(allowed | ({hdrs.METH_HEAD} if hdrs.METH_GET in allowed else set()))

    async def refuse(request: web.Request) -> web.StreamResponse:
        raise web.HTTPMethodNotAllowed(request.method, answered)

    return refuse


def unauthenticated() -> ApiError:
    """Make the refusal of a request without a token."""
    return ApiError(
        401,
        "UNAUTHENTICATED",
        "send an Authorization header: Bearer and a token",
        headers={"WWW-Authenticate": "Bearer"},
    )
