"""Answers of the REST interface, and every error in its one shape."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from aiohttp import hdrs, web

from server.errors import ApiError, FieldError

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# What aiohttp says of itself is replaced by a sentence a person can act on.
SENTENCES = {
    404: "there is nothing at this address",
    405: "this address does not answer {method}",
    413: "the body is too large",
}


def reply(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with JSON: a struct, a list or a dict."""
    return web.Response(
        body=msgspec.json.encode(data),
        status=status,
        content_type="application/json",
        headers=headers,
    )


def error_reply(
    status: int,
    code: str,
    message: str,
    details: Any = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Answer with the error shape: a sentence, a code and anything that helps."""
    return reply({"error": message, "code": code, "details": details}, status, headers)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into the error shape; no stack trace leaves."""
    try:
        return await handler(request)
    except ApiError as error:
        return error_reply(error.status, error.code, error.message, error.details, error.headers)
    except FieldError as error:
        return error_reply(422, "INVALID_FIELD", str(error), {"field": error.field})
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _http_error(request, error)
    except Exception:
        log.exception("request failed", method=request.method, path=request.path)
        return error_reply(500, "INTERNAL", "the server failed: try again, or report it")


def _http_error(request: web.Request, error: web.HTTPException) -> web.Response:
    sentence = SENTENCES.get(error.status, error.reason or "the request was refused")
    kept = {str(name): error.headers[name] for name in (hdrs.ALLOW,) if name in error.headers}
    return error_reply(
        error.status,
        HTTPStatus(error.status).name,
        sentence.format(method=request.method),
        headers=kept,
    )
