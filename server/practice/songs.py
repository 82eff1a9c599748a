"""The pieces that a practice session may name by their number."""

from server.errors import FieldError
from server.pieces.library import Library
from server.practice.content import Columns


async def name_song(library: Library, user_id: str, given: Columns) -> Columns:
    """Call a piece by its title; a piece that has only a name is none of the library's.

    Raises
    ------
    FieldError
        If there is no such piece for this user.
    """
    if given.get("song_id") is None:
        return with_title(given, {})
    return with_title(given, await library.titles(user_id, [given["song_id"]]))


def with_title(given: Columns, titles: dict[int, str]) -> Columns:
    """As :func:`name_song`, by the titles of :meth:`Library.titles` for many at once."""
    song_id = given.get("song_id")
    if song_id is None:
        return {**given, "song_id": None} if given.get("song_name") is not None else given
    if song_id not in titles:
        raise FieldError("song_id", f"song_id: there is no piece {song_id}: see GET songs")
    return {**given, "song_name": titles[song_id]}
