"""What many routes of the OpenAPI description share: headers, the error shape, its refusals."""

from typing import Any, Final

from msgspec import Struct

from server.http.codes import CODES
from server.http.declare import Access, Limit, Route

Json = dict[str, Any]

REQUEST_HEADERS: Final = {
    "If-Match": "The `ETag` of the version that is meant: another one there now refuses.",
    "If-None-Match": "The `ETag` of what is there already: the same one answers 304.",
    "Range": "Which bytes are wanted.",
}
ANSWER_HEADERS: Final = {
    "ETag": "The version of what is answered.",
    "Link": 'Where the next page is, as `<…>; rel="next"`; not on the last one.',
    "X-Total-Count": "How many there are on all pages.",
    "Location": "Where to go on.",
    "Retry-After": "In how many seconds to try again.",
    "RateLimit-Limit": "How many requests may be sent in a window of time.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "In how many seconds the window ends.",
    "WWW-Authenticate": "How to say who one is.",
    "Content-Range": "Which bytes these are.",
    "Accept-Ranges": "In what parts this may be asked for.",
}
COUNTS = frozenset(
    {"X-Total-Count", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
)
HEADERS: Final = REQUEST_HEADERS | ANSWER_HEADERS
WRONG_LIMIT = "limit: expected a whole number from 1 to 200, got 500"
LIMITED = ("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


class Error(Struct):
    """A refusal: a sentence a person can act on, a code for programs, and what else helps."""

    error: str
    code: str
    details: Any


class FieldDetails(Struct):
    """Which field breaks a rule: its path, dotted."""

    field: str


# Refusals of every route.
EVERYWHERE: Final = {
    403: ("ORIGIN_NOT_ALLOWED",),
    421: ("WRONG_HOST",),
    429: ("RATE_LIMITED",),
    500: ("INTERNAL",),
}
OF_TOKENS: Final = ("UNAUTHENTICATED", "INVALID_TOKEN")


def refusals(route: Route) -> dict[int, list[str]]:
    """Every status and code that a route may refuse with."""
    found: dict[int, list[str]] = {}
    for part in (EVERYWHERE, _of_access(route), _of_input(route), route.errors):
        for status, codes in part.items():
            known = found.setdefault(status, [])
            known += [code for code in codes if code not in known]
    return dict(sorted(found.items()))


def _of_access(route: Route) -> dict[int, tuple[str, ...]]:
    if route.access is Access.OPEN:
        return {}
    is_teachers = route.access is Access.TEACHER
    wrong_role = {403: ("WRONG_ROLE",)} if is_teachers else {}
    return {401: OF_TOKENS, 503: ("PROVIDER_UNAVAILABLE",), **wrong_role}


def _of_input(route: Route) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    if route.body is not None:
        found[400] = ("BAD_REQUEST",)
        found[413] = ("REQUEST_ENTITY_TOO_LARGE",)
    if route.body is not None or route.takes:
        found[408] = ("REQUEST_TIMEOUT",)
    if route.takes:
        found[400] = ("BAD_REQUEST",)
    if route.is_long:
        found[503] = ("BUSY",)
    if route.body or route.query or route.parameters or route.takes:
        found[422] = ("INVALID_FIELD",)
    return found


def refusal(status: int, codes: list[str]) -> Json:
    """Describe a refusal: its codes, each with what it means, and an example."""
    meanings = "\n".join(f"- `{code}`: {CODES[code]}" for code in codes)
    example: Json = {"error": CODES[codes[0]], "code": codes[0], "details": None}
    if codes[0] == "INVALID_FIELD":
        example |= {"error": WRONG_LIMIT, "details": {"field": "limit"}}
    one_of = {"properties": {"code": {"enum": codes}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Error"}, one_of]}
    headers = {401: ("WWW-Authenticate",), 416: ("Content-Range",), 429: LIMITED}.get(status, ())
    described: Json = {
        "description": meanings,
        "content": {"application/json": {"schema": schema, "example": example}},
    }
    if headers:
        described["headers"] = answer_headers(headers)
    return described


def is_elsewhere(route: Route) -> bool:
    """Whether a route sends the browser on."""
    return 300 <= route.status < 400


def good_statuses(route: Route) -> set[int]:
    """Every status of an answer that is no refusal."""
    status = 204 if route.answer in (None, type(None)) else route.status
    return {status, *route.also}


def names_of_request(route: Route) -> list[str]:
    """Headers that a request may have: those of the answers that may come, and its own."""
    names = [name for name in route.headers if name in REQUEST_HEADERS]
    names += ["Range"] if 206 in route.also else []
    return names + (["If-None-Match"] if 304 in route.also else [])


def names_of_answer(route: Route, status: int) -> list[str]:
    """Headers of a good answer of a status."""
    names = [name for name in route.headers if name not in REQUEST_HEADERS]
    names += ["Location"] if is_elsewhere(route) else []
    names += ["ETag"] if 304 in route.also else []
    names += ["Accept-Ranges"] if 206 in route.also and status != 304 else []
    return names + (["Content-Range"] if status == 206 else [])


def answer_headers(names: tuple[str, ...] | list[str]) -> Json:
    """Refer to headers of an answer."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def all_headers() -> Json:
    """Describe every header that an answer may have."""
    return {
        name: {
            "description": meaning,
            "schema": {"type": "integer", "minimum": 0} if name in COUNTS else {"type": "string"},
        }
        for name, meaning in ANSWER_HEADERS.items()
    }


def limit_words(route: Route) -> str:
    """Say how the uses of a route are counted."""
    return {
        Limit.GENERAL: "",
        Limit.NONE: "As often as one likes.",
        Limit.SIGN_IN: "Counted with the other ways to sign in, by address and by account.",
        Limit.MAIL: "Counted with what sends mail, by address and by account.",
    }[route.limit]
