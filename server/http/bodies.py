"""What a request brings: a JSON object, in either spelling of its fields, checked."""

from typing import Any, TypeVar

import msgspec
from aiohttp import web

from server.checks import checked, spelled, spellings_of
from server.errors import ApiError, FieldError

MAX_BYTES = 65_536

T = TypeVar("T", bound=msgspec.Struct)


async def read_body(request: web.Request, kind: type[T]) -> T:
    """Read the body of a request; none at all is an object without fields.

    Raises
    ------
    ApiError
        If it is too long or no JSON.
    FieldError
        Naming the field that breaks a rule.
    """
    body = await request.read()
    if len(body) > MAX_BYTES:
        raise ApiError(413, "REQUEST_ENTITY_TOO_LARGE", f"the body has more than {MAX_BYTES} bytes")
    try:
        data: Any = msgspec.json.decode(body) if body.strip() else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, "BAD_REQUEST", f"the body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise FieldError("data", "the body must be a JSON object")
    return checked(spelled(data, spellings_of(kind)), kind)
