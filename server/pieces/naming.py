"""Finding what is shipped by any of its names, and what may have been meant by a wrong one."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from server.pieces.words import fold

MAX_SUGGESTIONS = 3
QUOTE_CHARS = 60  # of an unknown name in the error message


class Named(Protocol):
    """What has an id, a slug and a title."""

    @property
    def id(self) -> int:
        """Its number, which never changes."""

    @property
    def slug(self) -> str:
        """Its name in addresses, which never changes."""

    @property
    def title(self) -> str:
        """As it is shown."""


N = TypeVar("N", bound=Named)


def named(things: Iterable[N], key: int | str) -> N | None:
    """Give the one of an id, a slug or a title, in any case and without its accents."""
    wanted = fold(str(key))
    return next((thing for thing in things if wanted in _names(thing)), None)


def quoted(key: int | str) -> str:
    """Write an unknown name as an error message does."""
    return repr(str(key)[:QUOTE_CHARS])


def like(things: Iterable[Named], key: int | str) -> list[str]:
    """The slugs of those whose slug or title is nearly what was typed, the likest first."""
    slugs = {name: thing.slug for thing in things for name in _names(thing)[1:]}
    wanted = fold(str(key))[:QUOTE_CHARS]
    close = difflib.get_close_matches(wanted, slugs, n=2 * MAX_SUGGESTIONS)
    return list(dict.fromkeys(slugs[name] for name in close))


def hint(slugs: Sequence[str]) -> str:
    """Ask whether one of them was meant; nothing where there is none."""
    return f"; did you mean {' or '.join(slugs[:MAX_SUGGESTIONS])}?" if slugs else ""


def _names(thing: Named) -> tuple[str, str, str]:
    return str(thing.id), thing.slug, fold(thing.title)
