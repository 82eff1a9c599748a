"""A kept file as an answer: whole, or the range that was asked for."""

from pathlib import PurePosixPath

from aiohttp import hdrs, web

from server.errors import ApiError
from server.files.store import FileStore


async def serve_file(
    request: web.Request, files: FileStore, path: str, media_type: str
) -> web.StreamResponse | None:
    """Answer with a file that only who may ask is shown; None: it is not there.

    Raises
    ------
    ApiError
        416, if the range lies outside of it.
    """
    size = await files.size(path)
    if size is None:
        return None
    tag = PurePosixPath(path).stem  # a file is never written again: its name says what is in it
    headers = {
        hdrs.ETAG: f'"{tag}"',
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.CACHE_CONTROL: "private, no-cache",
    }
    if any(known.value in (tag, "*") for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    span = _span(request, size, tag)
    response = web.StreamResponse(status=200 if span is None else 206, headers=headers)
    start, stop = span or (0, size)
    if span is not None:
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{stop - 1}/{size}"
    response.content_type = media_type
    response.content_length = stop - start
    await response.prepare(request)
    if stop > start:
        async for part in files.read(path, start, stop):
            await response.write(part)
    await response.write_eof()
    return response


def _span(request: web.Request, size: int, tag: str) -> tuple[int, int] | None:
    """The range that is asked for; None: all of it, as where the range is none."""
    if request.headers.get(hdrs.IF_RANGE, f'"{tag}"') != f'"{tag}"':
        return None
    try:
        return span_of(request, size)
    except ValueError:
        return None


def span_of(request: web.Request, size: int) -> tuple[int, int] | None:
    """The first byte of the range that is asked for, and that behind its last; None: no range.

    Raises
    ------
    ApiError
        416, if it lies outside of the file.
    ValueError
        If it is no range.
    """
    asked = request.http_range
    if asked.start is None and asked.stop is None:
        return None
    start, stop, _ = asked.indices(size)
    if start >= stop:
        raise outside(size)
    return start, stop


def outside(size: int) -> ApiError:
    """Make the refusal of bytes that a file has not."""
    return ApiError(
        416,
        "RANGE_NOT_SATISFIABLE",
        f"the file has {size} bytes: ask for some of them",
        headers={hdrs.CONTENT_RANGE: f"bytes */{size}"},
    )
