"""The shipped pieces: what there is, and how to find one."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from server.errors import UnknownSongError
from server.pieces import search as rules
from server.pieces.naming import hint, like, named, quoted
from server.pieces.words import words_of

if TYPE_CHECKING:
    from engine import Score

__all__ = ["Song", "find", "search", "songs"]

SONGS_DIR = Path(__file__).resolve().parent.parent / "songs"
MIN_LEVEL, MAX_LEVEL = 1, 5
_READING: defaultdict[Path, Lock] = defaultdict(Lock)  # makes a lock in one step of C


@dataclass(frozen=True, slots=True)
class Song:
    """One shipped piece.

    Attributes
    ----------
    id, slug : int, str
        Its two names; neither ever changes.
    title, composer : str
        As they are shown.
    level : int
        1 (one finger at a time) to 5.
    kind : str
        tune, piece, scale, exercise or sargam.
    hands : str
        ``right``, ``left`` or ``both``.
    key : str
        Key, or scale and tonic.
    tempo_bpm : float
        As written, in quarter notes a minute.
    first_published, provenance : str
        Why the piece may be given away.
    path : Path
        The score.
    """

    id: int
    slug: str
    title: str
    composer: str
    level: int
    kind: str
    hands: str
    key: str
    tempo_bpm: float
    first_published: str
    provenance: str
    path: Path

    @property
    def owner_id(self) -> None:
        """Nobody's: it is shipped."""
        return None

    @property
    def is_shared(self) -> bool:
        """Everybody may see it."""
        return True

    @property
    def format(self) -> str:
        """All are shipped in one kind of file."""
        return "musicxml"

    @property
    def title_words(self) -> frozenset[str]:
        """The folded words of the title."""
        return _words(self)[0]

    @property
    def words(self) -> frozenset[str]:
        """The folded words by which it is found."""
        return _words(self)[1]

    @property
    def file_name(self) -> str:
        """What to call the file of the score."""
        return self.path.name

    def data(self) -> bytes:
        """The file of the score."""
        return self.path.read_bytes()

    def score(self) -> "Score":
        """The score as it is played; read once, which takes a moment, whoever asks meanwhile."""
        with _READING[self.path]:
            return _read(self.path)


def songs() -> list[Song]:
    """All shipped pieces, by id."""
    return list(_catalogue())


def find(key: int | str) -> Song:
    """Give the piece of an id, a slug or a title, in any case and without its accents.

    Raises
    ------
    UnknownSongError
        Suggesting what may have been meant.
    """
    song = named(_catalogue(), key)
    if song is None:
        raise UnknownSongError(f"there is no piece {quoted(key)}{hint(_like(str(key)))}")
    return song


def by_id(song_id: int) -> Song | None:
    """Give the piece of an id."""
    return _by_id().get(song_id)


def search(query: str) -> list[Song]:
    """Pieces that have every word of the query, best first; see :mod:`server.pieces.search`."""
    return rules.find(rules.query_words(query), _catalogue())


def _like(key: str) -> list[str]:
    """What may have been meant: names that are nearly the same, else what has the words."""
    near = like(_catalogue(), key)
    return near or [song.slug for song in search(key) if words_of(key)]


@cache
def _catalogue() -> tuple[Song, ...]:
    import tomllib

    entries = tomllib.loads((SONGS_DIR / "catalogue.toml").read_text(encoding="utf-8"))["song"]
    read = (Song(**entry, path=SONGS_DIR / f"{entry['slug']}.musicxml") for entry in entries)
    return tuple(sorted(read, key=lambda song: song.id))


@cache
def _by_id() -> dict[int, Song]:
    return {song.id: song for song in _catalogue()}


@cache
def _words(song: Song) -> tuple[frozenset[str], frozenset[str]]:
    text = " ".join((song.title, song.composer, song.slug, song.kind, song.key))
    return frozenset(words_of(song.title)), frozenset(words_of(text))


@cache
def _read(path: Path) -> "Score":
    from engine import Score  # the engine costs a listing nothing

    return Score.read(path)
