"""One page of a list: a bare array, and in the headers how many there are and what comes next."""

from collections.abc import Sequence
from typing import Annotated, Any, Protocol, TypeVar

from aiohttp import web
from msgspec import Meta, Struct

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class HasId(Protocol):
    """What can be paged: things with a number that never changes."""

    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=HasId)


class PageQuery(Struct):
    """``?limit=&cursor=``; the cursor is the id of the last one seen."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[int, Meta(ge=0)] = 0


def page(
    request: web.Request, items: Sequence[T], query: PageQuery
) -> tuple[list[T], dict[str, Any]]:
    """Cut one page out of a list that is sorted by id.

    Returns
    -------
    list
        The items of the page.
    dict
        Its headers: ``X-Total-Count``, and ``Link`` where there is a next page.
    """
    rest = [item for item in items if item.id > query.cursor]
    shown = rest[: query.limit]
    headers = {"X-Total-Count": str(len(items))}
    if len(rest) > len(shown):
        following = request.rel_url.update_query(limit=str(query.limit), cursor=str(shown[-1].id))
        headers["Link"] = f'<{following}>; rel="next"'
    return shown, headers
