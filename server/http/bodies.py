"""What a request brings: a JSON object, in either spelling of its fields, checked."""

import asyncio
from math import isfinite
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from server.checks import QUOTE_CHARS, checked, spelled, spellings_of
from server.errors import ApiError, FieldError
from server.http.long_bodies import SHARE
from server.http.queries import refuse_nul

MAX_BYTES = 65_536
LOOP_MAX_BYTES = 65_536  # what is longer is decoded in a thread
ESCAPED_NUL = b"\\u0000"
EXACT_MAX = 2**53  # up to here a float tells all whole numbers apart

T = TypeVar("T", bound=msgspec.Struct)


def _number(text: str) -> int | float:
    """Read a number with a point or an exponent: 35.0 is a whole one, as JSON Schema has it."""
    number = float(text)
    if not isfinite(number):
        raise msgspec.DecodeError(f"no number is as large as {text[:QUOTE_CHARS]}")
    return int(number) if number.is_integer() and abs(number) <= EXACT_MAX else number


_JSON = msgspec.json.Decoder(float_hook=_number)


def says_something(kind: type[msgspec.Struct]) -> bool:
    """Whether a body of this kind must have a field, though it need not have any certain one."""
    return bool(getattr(kind, "SAYS_SOMETHING", False))


async def read_body(request: web.Request, kind: type[T], max_bytes: int = MAX_BYTES) -> T:
    """Read the body of a request; none at all is an object without fields.

    Raises
    ------
    ApiError
        If it is too long or no JSON, whatever it says to be; 503 if too much comes at once.
    FieldError
        Naming the field that breaks a rule.
    """
    body = await _read(request, max_bytes)
    if len(body) > LOOP_MAX_BYTES:
        return await asyncio.to_thread(_decode, body, kind)
    return _decode(body, kind)


async def _read(request: web.Request, max_bytes: int) -> bytearray:
    """Read all of it, but hardly more than it may have."""
    body, share = bytearray(), request.get(SHARE)
    while piece := await request.content.readany():
        body += piece
        if len(body) > max_bytes:
            message = f"the body has more than {max_bytes} bytes"
            raise ApiError(413, "REQUEST_ENTITY_TOO_LARGE", message)
        if share is not None:
            share.grow(len(piece))
    return body


def _decode(body: bytearray, kind: type[T]) -> T:
    try:
        data: Any = _JSON.decode(body) if body.strip() else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, "BAD_REQUEST", f"the body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise FieldError("data", "the body must be a JSON object")
    if not data and says_something(kind):
        raise FieldError("data", "the body must have at least one field")
    if ESCAPED_NUL in body and not getattr(kind, "CHECKS_ITSELF", False):
        refuse_nul(data)
    return checked(spelled(data, spellings_of(kind)), kind)
