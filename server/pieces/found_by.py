"""Looking pieces up by their terms, in the words of each database."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Table, Text, cast, column, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from server.pieces.search import REMNANT_SIGN, remnants
from server.store.tables import Base
from server.store.tables.songs import SEARCH_TABLE

_SONGS: Table = Base.metadata.tables["songs"]
_FOUND = table(SEARCH_TABLE, column("rowid"), column(SEARCH_TABLE))
# Word for word the expression of the index.
_VECTOR: ColumnElement[object] = literal_column("array_to_tsvector(string_to_array(terms, ' '))")


def has_terms(words: Sequence[str], is_sqlite: bool, with_slips: bool) -> ColumnElement[bool]:
    """Whether a piece has what each word begins, or with slips may be.

    Parameters
    ----------
    words : sequence of str
        Folded: letters and digits, which need no quoting; at least one.
    is_sqlite : bool
        Which database is asked.
    with_slips : bool
        Whether what is left of a word is looked up as well.
    """
    left = [sorted(remnants(word)) if with_slips else [] for word in words]
    if is_sqlite:
        wanted = (_fts5(word, some) for word, some in zip(words, left, strict=True))
        match = _FOUND.c[SEARCH_TABLE].op("MATCH", is_comparison=True)(" AND ".join(wanted))
        return _SONGS.c.id.in_(select(_FOUND.c.rowid).where(match))
    wanted = (_tsquery(word, some) for word, some in zip(words, left, strict=True))
    return _VECTOR.op("@@", is_comparison=True)(cast(cast(" & ".join(wanted), Text), TSQUERY))


def _fts5(word: str, left: Iterable[str]) -> str:
    terms = [f'"{word}"*', *(f'"{REMNANT_SIGN}{remnant}"' for remnant in left)]
    return f"({' OR '.join(terms)})"


def _tsquery(word: str, left: Iterable[str]) -> str:
    terms = [f"'{word}':*", *(f"'{REMNANT_SIGN}{remnant}'" for remnant in left)]
    return f"({' | '.join(terms)})"
