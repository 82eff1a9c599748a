"""Answers that a client may keep: sent again only when they have changed."""

import hashlib
from collections.abc import Mapping

from aiohttp import hdrs, web

REVALIDATE = "public, no-cache"  # always ask, often 304
PRIVATE = "private, no-cache"
TAG_CHARS = 32


def tagged(
    request: web.Request,
    body: bytes,
    content_type: str,
    headers: Mapping[str, str] | None = None,
    *,
    is_private: bool = False,
) -> web.Response:
    """Answer with the body, or with 304 to one who has it already.

    Parameters
    ----------
    request : Request
        Says what is known.
    body : bytes
        The whole answer.
    content_type : str
        Its media type.
    headers : mapping, optional
        What else a whole answer says.
    is_private : bool
        Whether nobody else may keep it.
    """
    tag = hashlib.sha256(body).hexdigest()[:TAG_CHARS]
    known = request.if_none_match or ()
    is_known = any(etag.value in (tag, "*") for etag in known)
    response = web.Response(status=304) if is_known else web.Response(body=body, headers=headers)
    if not is_known:
        response.content_type = content_type
    response.etag = tag
    response.headers[hdrs.CACHE_CONTROL] = PRIVATE if is_private else REVALIDATE
    return response
