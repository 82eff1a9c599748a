"""Search: the same results in the same order from every database, and everything in one place."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from server.identity.accounts import AccountStore
from server.pieces import catalogue, search
from server.pieces.library import Library
from server.pieces.seeding import seed
from server.pieces.song_models import SongsQuery
from server.pieces.study import Study
from server.pieces.uploads import Uploads
from server.store.transactions import Database

TITLES = [
    ("Träumerei", "Robert Schumann"),
    ("Clair de lune", "Claude Debussy"),
    ("Nocturne No. 2 in E♭", "Frédéric Chopin"),
    ("La Cucaracha", "Traditional (Mexico)"),
    ("Łódź Polka", "Stanisław Moniuszko"),
    ("Æolian Harp Étude", "Chopin"),
    ("Prélude à l’après-midi", "Debussy"),
    ("Romance sans paroles", "Fauré"),
    ("सा रे गा मा", "Traditional (India)"),
    ("月亮代表我的心", "翁清溪"),
    ("Odeon", "Ernesto Nazareth"),
    ("O'Carolan's 'Concerto' \\ & | ! :* ()", "Turlough O'Carolan"),
]
# What is looked for, and what comes first (a slug, or a title of the list above).
EXPECTED = {
    "ode yoy": "ode-to-joy",
    "für elise": "fuer-elise-theme",
    "FUR ELISE": "fuer-elise-theme",
    "fuer elise": "fuer-elise-theme",
    "elsie": "fuer-elise-theme",
    "greensleves": "greensleeves",
    "greensleaves": "greensleeves",
    "silent nigth": "silent-night",
    "au claire de la lune": "au-clair-de-la-lune",
    "clair de lune debussy": "Clair de lune",
    "traumerei": "Träumerei",
    "träumerie": "Träumerei",
    "schuman": "Träumerei",
    "shumann": "Träumerei",
    "nocturne e flat": "Nocturne No. 2 in E♭",
    "nocturne E♭": "Nocturne No. 2 in E♭",
    "frederic chopin": "Nocturne No. 2 in E♭",
    "lodz": "Łódź Polka",
    "moniusko": "Łódź Polka",
    "aeolian etude": "Æolian Harp Étude",
    "prelude apres midi": "Prélude à l’après-midi",
    "सा रे": "सा रे गा मा",
    "月亮": "月亮代表我的心",
    "o'carolan": "O'Carolan's 'Concerto' \\ & | ! :* ()",
    "ode": "ode-to-joy",
    "beethofen": "ode-to-joy",
    "minuett": "minuet-in-g",
    "mary little lmab": "mary-had-a-little-lamb",
    "c major scale two": "scale-c-major-two-octaves",
}
NOTHING = ["ode minuet", "ode tp joy", "qqqqzzzz", "xyz", "hot cross bums elise"]
ANYTHING = ["a", "scale", "traditional", "two hands", "e", "1", "o' & |", 'a" OR b*']
NO_WORDS = ["", "!?", "'", '"', "\x00", "\\", "(" * 200, "·"]
SLIP_SEED = 6
over_rest = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
async def database(database_url):
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


def study_of(title: str, composer: str = "") -> Study:
    return Study(title, composer, 2, "right", "C major", 100.0, "abc")


async def fill(database) -> str:
    """Put in what is shipped, and what somebody else shares; gives the id of its owner."""
    await seed(database)
    owner = await AccountStore(database).make("Clara")
    store = Uploads(database)
    for number, (title, composer) in enumerate(TITLES):
        data = str(number).encode()
        await store.add(owner.id, study_of(title, composer), data, is_shared=True)
    return owner.id


def slipped(title: str, chance: random.Random) -> str:
    """A title as somebody in a hurry types it."""
    letters = list(title)
    for _ in range(chance.randrange(3)):
        at = chance.randrange(len(letters))
        letters[at] = chance.choice(["", letters[at] * 2, "x"])
    return "".join(letters)


async def test_every_database_gives_what_the_rule_says_in_its_order(database):
    await fill(database)
    library = Library(database)
    listed, _, _ = await library.page(None, SongsQuery(limit=200))
    everything = [await library.find(piece.id, None) for piece in listed]
    assert len(everything) == len(catalogue.songs()) + len(TITLES)
    chance = random.Random(SLIP_SEED)
    typed = [slipped(piece.title, chance) for piece in everything]
    n_found = 0
    for query in [*EXPECTED, *NOTHING, *ANYTHING, *typed]:
        found = [piece.slug for piece in await library.search(None, query)]
        expected = search.find(search.query_words(query), everything)
        assert found == [piece.slug for piece in expected], query
        n_found += query in typed and bool(found)
    assert n_found > 0.6 * len(typed)  # a slip in a short word makes another one


async def test_what_is_meant_comes_first(database):
    await fill(database)
    library = Library(database)
    for query, wanted in EXPECTED.items():
        found = await library.search(None, query)
        assert found and wanted in (found[0].slug, found[0].title), query
    for query in [*NOTHING, *NO_WORDS]:
        assert await library.search(None, query) == [], query


async def test_a_query_as_long_as_may_be_is_answered(database):
    await fill(database)
    library = Library(database)
    for query in (" ".join(f"abcdefgh{k}xyzuvw" for k in range(20))[:200], "ab" * 100):
        assert await library.search(None, query) == []


async def test_seeding_again_changes_nothing_and_mends_what_is_different(database):
    n_songs = len(catalogue.songs())
    assert await seed(database) == n_songs
    assert await seed(database) == 0
    async with database.writing() as connection:
        await connection.execute(text("UPDATE songs SET digest = '', terms = 'x' WHERE id = 1"))
        await connection.execute(text("UPDATE songs SET id = 9999 WHERE id = 2"))
    assert await Library(database).search(None, "hot cross") == []
    assert await seed(database) == 3  # one changed, one missing, one too many
    found = await Library(database).search(None, "hot cross")
    assert [piece.slug for piece in found] == ["hot-cross-buns"]


async def practise(person, name, days_ago, **more):
    date = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    body = {"duration_seconds": 60, "date": date, **more}
    if isinstance(name, int):
        body["song_id"] = name
    else:
        body["song_name"] = name
    answer = await person.post("sessions", body)
    assert answer.status == 201, answer.body
    return answer.data["id"]


@over_rest
async def test_one_search_finds_pieces_lessons_and_own_sessions(api):
    ada, bob = await api.person("Ada"), await api.person("Bob")
    theirs = await practise(bob, "Amazing Grace", 1)
    old = await practise(ada, "Amazing Grace", 9)
    new = await practise(ada, 10, 2)
    answer = await ada.get("search", params={"q": "amazing"})
    assert answer.status == 200
    assert answer.data["songs"][0]["slug"] == "amazing-grace"
    assert [each["id"] for each in answer.data["sessions"]][-1] == old
    assert theirs not in str(answer.data)
    title = catalogue.by_id(10).title
    again = await ada.get("search", params={"q": title})
    assert next(each["id"] for each in again.data["sessions"]) == new
    lessons = await ada.get("search", params={"q": "staff lines", "limit": 1})
    assert [lesson["id"] for lesson in lessons.data["lessons"]] == [101]
    assert lessons.data["lessons"][0]["progress"] == 0


@over_rest
async def test_sessions_are_found_by_song_focus_and_tags_with_slips_forgiven(api):
    ada = await api.person()
    first = await practise(ada, "Träumerei", 3, focus="Left hand", tags=["Rubato", "slow"])
    second = await practise(ada, "Traumerei (again)", 2, focus="Both hands")
    third = await practise(ada, "Clair de lune", 1, tags=["slow"])
    expected = {
        "traumerei": [second, first],
        "träumerie": [second, first],
        "slow": [third, first],
        "slow traumerei": [first],
        "left rubato": [first],
        "hands": [second],
        "hand": [second, first],
        "lune slow": [third],
        "rubatto": [first],
        "lune left": [],
        "nothing": [],
        "!": [],
    }
    for query, ids in expected.items():
        found = (await ada.get("search", params={"q": query})).data["sessions"]
        assert [each["id"] for each in found] == ids, query
    limited = (await ada.get("search", params={"q": "slow", "limit": 1})).data["sessions"]
    assert [each["id"] for each in limited] == [third]


@over_rest
async def test_a_deleted_session_is_not_found(api):
    ada = await api.person()
    gone = await practise(ada, "Vanishing", 1, tags=["mist"])
    assert (await ada.get("search?q=vanishing")).data["sessions"]
    await ada.delete(f"sessions/{gone}")
    for word in ("vanishing", "mist"):
        assert (await ada.get(f"search?q={word}")).data["sessions"] == []


@over_rest
async def test_a_guest_finds_what_is_everybodys(api):
    answer = await api.nobody.get("search", params={"q": "minuet"})
    assert answer.data["songs"][0]["slug"] == "minuet-in-g"
    assert answer.data["sessions"] == []
    assert all(lesson["progress"] is None for lesson in answer.data["lessons"])


@over_rest
@pytest.mark.parametrize(
    ("path", "field"),
    [("search", "q"), ("search?q=", "q"), ("search?q=a&limit=51", "limit"), ("songs?q=", "q")],
)
async def test_a_bad_search_names_its_field(api, path, field):
    answer = await api.nobody.get(path)
    assert (answer.status, answer.data["details"]) == (422, {"field": field})


@over_rest
async def test_a_search_with_a_bad_token_is_refused(api):
    answer = await api.nobody.get("search?q=a", headers={"Authorization": "Bearer x"})
    assert (answer.status, answer.code) == (401, "INVALID_TOKEN")
