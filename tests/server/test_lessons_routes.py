"""The lessons over REST, through a real server."""

from xml.etree import ElementTree

import pytest
from aiohttp import ClientSession

from server.lessons import course

BASE = "/api/v1/lessons"


@pytest.fixture
async def get(start_server):
    server = await start_server()
    async with ClientSession(server.url) as http:

        async def get(path="", status=200, **options):
            response = await http.get(BASE + path, **options)
            assert response.status == status, await response.text()
            return response

        yield get


async def test_modules_are_listed_with_what_they_hold(get):
    modules = await (await get("/modules")).json()
    assert [module["slug"] for module in modules] == ["reading", "rhythm", "first-pieces"]
    heading = {"id", "slug", "title", "summary", "lesson_count", "minutes", "progress"}
    assert set(modules[0]) == heading
    assert modules[1]["lesson_count"] == len(course.module(2).lessons)


@pytest.mark.parametrize("name", ["2", "rhythm"])
async def test_module_has_its_lessons_in_teaching_order(get, name):
    module = await (await get(f"/modules/{name}")).json()
    assert module["title"] == "Rhythm"
    assert [lesson["id"] for lesson in module["lessons"]] == [
        lesson.id for lesson in course.module(2).lessons
    ]
    assert "html" not in module["lessons"][0]


async def test_lessons_are_listed_page_by_page(get):
    first = await get(params={"limit": 30})
    assert first.headers["X-Total-Count"] == str(len(course.lessons()))
    rest = await get("?" + first.links["next"]["url"].query_string)
    found = [lesson["id"] for page in (first, rest) for lesson in await page.json()]
    assert found == sorted(lesson.id for lesson in course.lessons())
    assert "Link" not in rest.headers


@pytest.mark.parametrize("name", ["109", "the-grand-staff"])
async def test_lesson_has_text_examples_and_steps(get, name):
    lesson = await (await get(f"/{name}")).json()
    assert (lesson["id"], lesson["slug"], lesson["module_id"]) == (109, "the-grand-staff", 1)
    assert lesson["requires"] == [105, 103]
    assert lesson["html"].count("<figure") == len(lesson["examples"]) == 2
    assert all(example["svg_url"] in lesson["html"] for example in lesson["examples"])
    assert lesson["steps"][1] == {
        "number": 2,
        "task": course.lesson(109).steps[1].task,
        "song": "five-finger-both",
        "song_id": 32,
        "song_title": "Five-Finger Exercise, both hands",
        "from_bar": 1,
        "to_bar": 2,
        "hands": "both",
        "other_hand": "silent",
        "mode": "wait",
        "tempo": None,
        "repeats": True,
        "accuracy": 85,
        "instrument": None,
        "tuning": "equal",
        "tonic": None,
    }


async def test_example_is_a_picture_that_is_sent_once(get):
    (example, _) = (await (await get("/109")).json())["examples"]
    response = await get(example["svg_url"].removeprefix(BASE))
    assert response.content_type == "image/svg+xml"
    root = ElementTree.fromstring(await response.text())
    assert any(element.get("class") == "note" for element in root.iter())
    again = {"headers": {"If-None-Match": response.headers["ETag"]}}
    assert await (await get("/109/examples/1.svg", status=304, **again)).text() == ""


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("/the-pulses", "LESSON_NOT_FOUND", "did you mean the-pulse"),
        ("/99999999999999999999", "LESSON_NOT_FOUND", "there is no lesson"),
        ("/modules/9", "MODULE_NOT_FOUND", "there are 1 (reading)"),
        ("/109/examples/3.svg", "EXAMPLE_NOT_FOUND", "has 2 examples, there is no number 3"),
        ("/109/examples/0.svg", "EXAMPLE_NOT_FOUND", "there is no number 0"),
        ("/9/examples/1.svg", "LESSON_NOT_FOUND", "there is no lesson '9'"),
    ],
)
async def test_what_is_not_there_is_told(get, path, code, said):
    error = await (await get(path, status=404)).json()
    assert error["code"] == code and said in error["error"]


@pytest.mark.parametrize(
    ("path", "field"),
    [("?limit=0", "limit"), ("?cursor=x", "cursor"), ("/109/examples/one.svg", "number")],
)
async def test_wrong_input_names_its_field(get, path, field):
    error = await (await get(path, status=422)).json()
    assert (error["code"], error["details"]) == ("INVALID_FIELD", {"field": field})


async def test_a_wrong_token_is_refused_and_none_is_needed(get):
    bad = {"headers": {"Authorization": "Bearer nonsense"}}
    assert (await (await get(status=401, **bad)).json())["code"]
    await get("/109")
