"""A file that a request brings: as the body itself, or as a part of a form."""

from typing import NamedTuple

from aiohttp import BodyPartReader, StreamReader, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from server.errors import ApiError, FieldError
from server.http.long_bodies import SHARE

FORM = "multipart/form-data"
FILE_FIELD = "file"
FIELD_MAX_BYTES = 4096
FIELDS_MAX = 20
_PIECE_BYTES = 1 << 16


class GivenFile(NamedTuple):
    """A file as it came.

    Attributes
    ----------
    data : bytes
        All of it.
    name : str
        What it is called; empty where nothing says so.
    fields : dict of str to str
        The other fields of the form.
    """

    data: bytes
    name: str
    fields: dict[str, str]


async def read_file(request: web.Request, max_bytes: int, code: str) -> GivenFile:
    """Read the file of a request; never more than may come.

    Parameters
    ----------
    request : Request
        Its body is a form with a field ``file``, or the file.
    max_bytes : int
        How long the file may be.
    code : str
        Of the error if it is longer.

    Raises
    ------
    ApiError
        413 with that code; 400 if the form cannot be read.
    FieldError
        If the form has no file.
    """
    too_large = ApiError(413, code, f"the file must have at most {max_bytes} bytes")
    if request.content_type != FORM:
        return GivenFile(await _read(request, request.content, max_bytes, too_large), "", {})
    try:
        return await _read_form(request, max_bytes, too_large)
    except (ValueError, AssertionError, RuntimeError, HttpProcessingError) as error:
        if isinstance(error, FieldError):
            raise
        message = "the form is damaged or cut off: send multipart/form-data as RFC 7578 has it"
        raise ApiError(400, "BAD_REQUEST", message) from None


async def _read_form(request: web.Request, max_bytes: int, too_large: ApiError) -> GivenFile:
    fields: dict[str, str] = {}
    found: GivenFile | None = None
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.name or len(fields) == FIELDS_MAX:
            raise ValueError(f"a form must have at most {FIELDS_MAX} fields, each with a name")
        if hdrs.CONTENT_ENCODING in part.headers:
            raise ValueError("RFC 7578 knows no packed fields")
        if part.name == FILE_FIELD:
            data = await _read(request, part, max_bytes, too_large)
            found = GivenFile(data, part.filename or "", fields)
        else:
            long = FieldError(part.name, f"{part.name} must have at most {FIELD_MAX_BYTES} bytes")
            fields[part.name] = (await _read(request, part, FIELD_MAX_BYTES, long)).decode()
    if found is None:
        raise FieldError(FILE_FIELD, f"the form must have a file in its field {FILE_FIELD}")
    return found


async def _read(
    request: web.Request,
    source: StreamReader | BodyPartReader,
    max_bytes: int,
    refusal: Exception,
) -> bytes:
    """Read to the end, but hardly further than may be."""
    content, share = bytearray(), request.get(SHARE)
    while piece := await _piece(source):
        content += piece
        if len(content) > max_bytes:
            raise refusal
        if share is not None:
            share.grow(len(piece))
    return bytes(content)


async def _piece(source: StreamReader | BodyPartReader) -> bytes:
    if isinstance(source, BodyPartReader):
        return bytes(source.decode(await source.read_chunk(_PIECE_BYTES)))
    return await source.read(_PIECE_BYTES)
