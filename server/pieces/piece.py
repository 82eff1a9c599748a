"""What all pieces have in common, shipped or uploaded."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from engine import Score


class Piece(Protocol):
    """A piece that somebody may see; the attributes are those of the catalogue's songs."""

    @property
    def id(self) -> int: ...

    @property
    def slug(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def composer(self) -> str: ...

    @property
    def level(self) -> int: ...

    @property
    def kind(self) -> str: ...

    @property
    def hands(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def tempo_bpm(self) -> float: ...

    @property
    def first_published(self) -> str: ...

    @property
    def provenance(self) -> str: ...

    @property
    def owner_id(self) -> str | None:
        """Who uploaded it; None: it is shipped."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether everybody may see it."""
        ...

    @property
    def format(self) -> str:
        """The kind of file it is in."""
        ...

    @property
    def title_words(self) -> Collection[str]: ...

    @property
    def words(self) -> Collection[str]: ...

    @property
    def file_name(self) -> str:
        """What to call the file of the score, with an ending that tells its kind."""
        ...

    def data(self) -> bytes:
        """The file of the score."""
        ...

    def score(self) -> "Score":
        """The score as it is played; may take a moment."""
        ...
