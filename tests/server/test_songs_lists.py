"""Lists of pieces on each database: filters, pages, what is popular, the path through a piece."""

from datetime import UTC, datetime, timedelta

import pytest
from scores import abc

from server.keys import POPULAR
from server.pieces import catalogue

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def upload(person, title, **query):
    answer = await person.post("songs", data=abc(), params={"title": title, **query})
    assert answer.status == 201, answer.body
    return answer.data["id"]


async def everything(person, path):
    """The ids of all pages of a list."""
    found, total = [], None
    while path:
        answer = await person.get(path)
        assert total in (None, answer.headers["X-Total-Count"])
        total = answer.headers["X-Total-Count"]
        found += [each["id"] for each in answer.data]
        link = answer.headers.get("Link")
        path = link and link.partition(">")[0][1:]
    assert total == str(len(found))
    return found


async def test_a_list_has_the_shipped_pieces_and_ones_own(api):
    ada, bob = await api.person(), await api.person("Bob")
    own = await upload(ada, "Mine")
    shared = await upload(bob, "Ours", shared="true")
    of_ada = await everything(ada, "songs?limit=40")
    assert of_ada == sorted(of_ada)
    assert [number for number in of_ada if number < 10_000] == [s.id for s in catalogue.songs()]
    assert {own, shared} < set(of_ada)
    of_nobody = await everything(api.nobody, "songs?limit=200")
    assert own not in of_nobody and shared in of_nobody
    assert await everything(ada, "songs?mine=true") == [own]
    assert await everything(bob, "songs?mine=true&shared=true") == [shared]
    assert await everything(api.nobody, "songs?mine=true") == []
    assert shared in await everything(ada, "songs?shared=true&limit=200")


async def test_filters_hold_together(api):
    ada = await api.person()
    own = await upload(ada, "Scale of mine")
    found = await everything(ada, "songs?q=scale&limit=5")
    expected = [song.id for song in catalogue.search("scale")]
    assert found == sorted([*expected, own])
    level_2 = [song.id for song in catalogue.search("scale") if song.level == 2]
    assert await everything(ada, "songs?q=scale&kind=scale&level=2&limit=3") == sorted(level_2)
    assert await everything(ada, "songs?q=scale&mine=true") == [own]
    assert await everything(ada, "songs?q=saclle") == []


async def test_a_search_is_read_page_by_page_best_first(api):
    whole = (await api.nobody.get("songs/search?q=scale&limit=200")).data
    assert len(whole) > 14
    assert await everything(api.nobody, "songs/search?q=scale&limit=7") == [s["id"] for s in whole]


@pytest.mark.parametrize(
    "query", ["cursor=2147483648", "cursor=-1", "mine=maybe", "shared=2", "level=0", "kind=opera"]
)
async def test_a_bad_filter_names_its_field(api, query):
    answer = await api.nobody.get(f"songs?{query}")
    assert (answer.status, answer.data["details"]) == (422, {"field": query.partition("=")[0]})


async def practise(person, song_id, days_ago=1):
    date = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    body = {"song_id": song_id, "duration_seconds": 60, "date": date}
    answer = await person.post("sessions", body)
    assert answer.status == 201, answer.body
    return answer.data["id"]


async def popular(api, person):
    api.app[POPULAR]._until_sec = 0.0
    answer = await person.get("songs/popular?limit=50")
    assert answer.status == 200
    return [each["id"] for each in answer.data]


async def test_popular_is_what_was_practised_most_lately(api):
    ada, bob = await api.person(), await api.person("Bob")
    loved, liked, old = 40, 41, 42
    for _ in range(25):
        await practise(ada, loved)
    for _ in range(20):
        await practise(bob, liked)
        await practise(bob, old, days_ago=91)
    gone = [await practise(bob, liked) for _ in range(8)]
    for session_id in gone:
        await bob.delete(f"sessions/{session_id}")
    ids = await popular(api, api.nobody)
    assert ids[:2] == [loved, liked]
    assert len(ids) == 50 and len(set(ids)) == 50
    assert (await api.nobody.get("songs/popular?limit=1")).data[0]["id"] == loved


async def test_a_private_piece_is_never_popular_and_a_shared_one_only_while_it_is(api):
    ada = await api.person()
    own = await upload(ada, "Practised much")
    for _ in range(3):
        await practise(ada, own)
    assert own not in await popular(api, ada)
    await ada.patch(f"songs/{own}", {"shared": True})
    assert own in await popular(api, api.nobody)
    await ada.patch(f"songs/{own}", {"shared": False})
    answer = await api.nobody.get("songs/popular?limit=50")  # counted before
    assert own not in [each["id"] for each in answer.data]


async def test_popular_is_counted_once_a_minute(api):
    ada = await api.person()
    before = await popular(api, ada)
    counted = api.app[POPULAR]._until_sec
    assert (await ada.get("songs/popular?limit=50")).status == 200
    assert api.app[POPULAR]._until_sec == counted
    assert before == await api.app[POPULAR].ids()


@pytest.mark.parametrize("limit", ["0", "51", "x"])
async def test_a_bad_limit_of_popular_names_it(api, limit):
    answer = await api.nobody.get(f"songs/popular?limit={limit}")
    assert (answer.status, answer.data["details"]) == (422, {"field": "limit"})


async def test_the_path_through_a_piece_can_be_played_step_by_step(api):
    answer = await api.nobody.get("songs/minuet-in-g/tutorial")
    assert answer.status == 200
    tutorial = answer.data
    assert (tutorial["song_id"], tutorial["title"]) == (15, "Minuet in G (BWV Anh. 114)")
    assert tutorial["minutes"] == sum(step["minutes"] for step in tutorial["steps"])
    assert set(tutorial["parts"][0]) == {"number", "from_bar", "to_bar", "level", "is_hard"}
    step = tutorial["steps"][0]
    query = {"from_bar": step["from_bar"], "to_bar": step["to_bar"], "hands": step["hands"]}
    notes = await api.nobody.get("songs/minuet-in-g/notes", params=query)
    assert notes.status == 200 and notes.data
    some = await api.nobody.get("songs/minuet-in-g/tutorial?from_bar=9&to_bar=16")
    assert [(part["from_bar"], part["to_bar"]) for part in some.data["parts"]] == [
        (9, 12),
        (13, 16),
    ]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("songs/minuet-in-g/tutorial?from_bar=99", "INVALID_SECTION"),
        ("songs/minuet-in-g/tutorial?from_bar=x", "INVALID_FIELD"),
    ],
)
async def test_an_impossible_part_of_a_tutorial_is_refused(api, path, code):
    answer = await api.nobody.get(path)
    assert (answer.status, answer.code) == (422, code)


async def test_a_tutorial_of_a_piece_without_end_asks_for_a_part(api):
    ada = await api.person()
    long = b"X:1\nT:Long\nM:4/4\nL:1/1\nK:C\n" + b"C|" * 401
    made = await ada.post("songs", data=long)
    whole = await ada.get(f"songs/{made.data['id']}/tutorial")
    assert (whole.status, whole.code) == (422, "INVALID_SECTION")
    assert "choose at most 400 bars" in whole.data["error"]
    part = await ada.get(f"songs/{made.data['id']}/tutorial?from_bar=390&to_bar=401")
    assert {step["to_bar"] for step in part.data["steps"]} <= set(range(390, 402))
