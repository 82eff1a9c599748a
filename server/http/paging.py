"""One page of a list: a bare array, and in the headers how many there are and what comes next."""

from collections.abc import Sequence
from typing import Annotated, Protocol, TypeVar

from msgspec import Meta, Struct

from server.http.declare import Call

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_ID = 2**31 - 1  # as databases count


class HasId(Protocol):
    """What can be paged: things with a number that never changes."""

    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=HasId)


class PageQuery(Struct):
    """``?limit=&cursor=``; the cursor is the id of the last one seen."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[int, Meta(ge=0, le=MAX_ID)] = 0


def cut(call: Call, items: Sequence[T], query: PageQuery) -> list[T]:
    """Cut one page out of a list that is sorted by id, and say in the headers where the next is."""
    rest = [item for item in items if item.id > query.cursor]
    shown = rest[: query.limit]
    following = str(shown[-1].id) if len(rest) > len(shown) else None
    call.page(len(items), following, query.limit)
    return shown
