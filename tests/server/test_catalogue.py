"""The catalogue: what it says of each piece, and how a piece is found."""

from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest

from engine import Score
from server.errors import ApiError, UnknownSongError
from server.pieces import catalogue
from server.pieces.song_models import Kind


def test_every_id_and_slug_is_given_once():
    songs = catalogue.songs()
    assert len({song.id for song in songs}) == len(songs)
    assert len({song.slug for song in songs}) == len(songs)
    assert [song.id for song in songs] == sorted(song.id for song in songs)


def test_ids_that_clients_know_have_not_changed():
    known = {
        1: "hot-cross-buns",
        7: "ode-to-joy",
        15: "minuet-in-g",
        30: "five-finger-right",
        50: "scale-c-major-one-octave",
        79: "scale-d-minor-two-octaves",
        80: "alankar-1",
        94: "janta-varisai-1",
    }
    assert {key: catalogue.find(key).slug for key in known} == known


def test_there_is_something_of_every_kind_and_for_beginners():
    songs = catalogue.songs()
    assert {song.kind for song in songs} == set(get_args(Kind))
    assert sum(song.kind in ("tune", "piece") for song in songs) >= 12
    assert any(song.level == 1 and song.hands == "right" for song in songs)
    assert any(song.kind == "piece" and song.hands == "both" for song in songs)


@pytest.mark.parametrize("song", catalogue.songs(), ids=lambda song: song.slug)
def test_entry_is_complete(song):
    assert song.title and song.composer and song.key
    assert song.kind in get_args(Kind)
    assert catalogue.MIN_LEVEL <= song.level <= catalogue.MAX_LEVEL
    assert song.hands in ("right", "left", "both")
    assert 30 <= song.tempo_bpm <= 200
    assert song.first_published.endswith(".")
    assert "this project" in song.provenance
    assert song.data().startswith(b"<?xml")


def test_no_file_is_without_an_entry():
    files = {path.name for path in catalogue.SONGS_DIR.glob("*.musicxml")}
    assert files == {song.path.name for song in catalogue.songs()}


@pytest.mark.parametrize(
    "key",
    [
        4,
        "4",
        "frere-jacques",
        "FRERE-JACQUES",
        "Frère Jacques",
        "frere jacques",
        " Frère  Jacques ",
    ],
)
def test_piece_is_found_by_any_of_its_names(key):
    assert catalogue.find(key).id == 4


def test_unknown_name_suggests_what_was_meant():
    with pytest.raises(UnknownSongError) as caught:
        catalogue.find("ode-to-yoy")
    assert str(caught.value) == (
        "there is no piece 'ode-to-yoy'; did you mean ode-to-joy or ode-to-joy-two-hands?"
    )
    assert isinstance(caught.value, ApiError)
    assert (caught.value.status, caught.value.code) == (404, "SONG_NOT_FOUND")


def test_part_of_a_title_suggests_the_piece():
    with pytest.raises(UnknownSongError, match="did you mean amazing-grace"):
        catalogue.find("grace")


@pytest.mark.parametrize("key", [0, -1, 999_999, "", "qqqqzzzz", "x" * 10_000, "a\nb"])
def test_nonsense_is_refused_in_one_short_line(key):
    with pytest.raises(UnknownSongError) as caught:
        catalogue.find(key)
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("query", ["für elise", "FUR ELISE", "fu\u0308r", "elise beethoven"])
def test_search_forgives_accents_and_case(query):
    assert next(song.slug for song in catalogue.search(query)) == "fuer-elise-theme"


def test_search_wants_every_word():
    assert [song.slug for song in catalogue.search("ode joy two")] == ["ode-to-joy-two-hands"]
    assert catalogue.search("ode minuet") == []


def test_search_puts_titles_first():
    found = catalogue.search("ode")
    assert [song.slug for song in found[:2]] == ["ode-to-joy", "ode-to-joy-two-hands"]
    slugs = [song.slug for song in catalogue.search("scale")]
    assert slugs and all(slug.startswith("scale-") for slug in slugs)


def test_flat_keys_are_found_as_they_are_typed():
    slugs = [song.slug for song in catalogue.search("b-flat")]
    assert slugs == ["scale-b-flat-major-one-octave", "scale-b-flat-major-two-octaves"]
    assert [song.slug for song in catalogue.search("B♭")] == slugs


def test_empty_search_gives_everything():
    assert catalogue.search("") == catalogue.songs()


def test_score_is_read_once():
    song = catalogue.find("hot-cross-buns")
    assert song.score() is song.score()


def test_those_who_want_a_piece_at_once_share_one_reading(monkeypatch):
    read, readings = Score.read, []

    def count(path):
        readings.append(path)
        return read(path)

    monkeypatch.setattr(Score, "read", count)
    catalogue._read.cache_clear()
    song = catalogue.find("hot-cross-buns")
    with ThreadPoolExecutor(8) as pool:
        scores = list(pool.map(lambda _: song.score(), range(8)))
    assert len(readings) == 1 and all(score is scores[0] for score in scores)
