"""A piece that somebody uploaded."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from server.pieces.search import indexed_words
from server.pieces.words import words_of
from server.store.tables.songs import EVERYBODY

if TYPE_CHECKING:
    from engine import Score

FIRST_ID = 10_001  # below are the shipped pieces
SLUG = "upload-"  # and the id
READ_SCORES = 8  # kept in memory: the largest takes some 50 MB
ENDINGS = {
    "musicxml": ".musicxml",
    "mxl": ".mxl",
    "mei": ".mei",
    "abc": ".abc",
    "humdrum": ".krn",
    "midi": ".mid",
}


@dataclass(frozen=True, slots=True)
class File:
    """The file of a score; two of the same digest are the same."""

    digest: bytes
    data: bytes = field(compare=False, repr=False)
    name: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Upload:
    """A piece as its row has it; see :class:`server.pieces.piece.Piece`.

    ``file`` is None and ``words`` are missing where only a list was asked for.
    """

    id: int
    owner_id: str
    is_shared: bool
    title: str
    composer: str
    level: int
    kind: str
    hands: str
    key: str
    tempo_bpm: float
    format: str
    words: frozenset[str] = frozenset()
    file: File | None = None

    first_published = ""
    provenance = ""

    @classmethod
    def of(cls, row: Row[Any]) -> "Upload":
        """Read a row of songs, with or without its data and its terms."""
        shown = {name: getattr(row, name) for name in _SAME}
        upload_file = None
        if "data" in row._mapping:
            upload_file = File(row.digest, row.data, f"{SLUG}{row.id}{ENDINGS[row.format]}")
        words = indexed_words(row.terms) if "terms" in row._mapping else frozenset()
        is_shared = row.audience == EVERYBODY
        return cls(**shown, is_shared=is_shared, words=words, file=upload_file)

    @property
    def slug(self) -> str:
        """A name without spaces that never changes."""
        return f"{SLUG}{self.id}"

    @property
    def title_words(self) -> frozenset[str]:
        """The folded words of the title."""
        return frozenset(words_of(self.title))

    @property
    def file_name(self) -> str:
        """What to call the file of the score."""
        return f"{self.slug}{ENDINGS[self.format]}"

    def data(self) -> bytes:
        """The file of the score."""
        return self._file().data

    def score(self) -> "Score":
        """The score as it is played; may take a moment."""
        return _read(self._file())

    def _file(self) -> File:
        assert self.file is not None  # the library brings it with a single piece
        return self.file


_SAME = (
    "id",
    "owner_id",
    "title",
    "composer",
    "level",
    "kind",
    "hands",
    "key",
    "tempo_bpm",
    "format",
)


@lru_cache(maxsize=READ_SCORES)
def _read(file: File) -> "Score":
    from engine import Score

    return Score.from_bytes(file.data, file.name)


def upload_id(key: str) -> int | None:
    """The id that a name may stand for; None: it is no name of an upload."""
    digits = key.casefold().removeprefix(SLUG)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 10):
        return None
    number = int(digits)
    return number if FIRST_ID <= number < 2**31 else None
