"""How far somebody is in the lessons: theirs alone, shown wherever lessons are."""

import pytest

from server.keys import PROGRESS
from server.lessons import course

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_lesson_not_begun_is_at_zero(api):
    ada = await api.person()
    answer = await ada.get("lessons/101/progress")
    assert answer.status == 200
    assert answer.data == {
        "lesson_id": 101,
        "progress": 0,
        "completed_at": None,
        "updated_at": None,
    }


async def test_progress_is_kept_and_shown_with_the_lessons(api):
    ada = await api.person()
    put = await ada.patch("lessons/the-staff/progress", {"progress": 40})
    assert (put.status, put.data["progress"], put.data["completed_at"]) == (200, 40, None)
    assert (await ada.get("lessons/101/progress")).data == put.data
    assert (await ada.get("lessons/101")).data["progress"] == 40
    lessons = {each["id"]: each["progress"] for each in (await ada.get("lessons?limit=200")).data}
    assert lessons == {each.id: 40 * (each.id == 101) for each in course.lessons()}
    module = (await ada.get("lessons/modules/1")).data
    mean = 40 // len(course.module(1).lessons)
    assert (module["lessons"][0]["progress"], module["progress"]) == (40, mean)
    modules = (await ada.get("lessons/modules")).data
    assert [each["progress"] for each in modules] == [mean, 0, 0]


async def test_a_module_is_done_when_all_its_lessons_are(api):
    ada = await api.person()
    for lesson in course.module(2).lessons:
        assert (await ada.get("lessons/modules/2")).data["progress"] < 100
        await ada.patch(f"lessons/{lesson.id}/progress", {"progress": 100})
    assert (await ada.get("lessons/modules/2")).data["progress"] == 100


async def test_the_time_of_completion_is_that_of_the_first_hundred(api):
    ada = await api.person()
    done = (await ada.patch("lessons/101/progress", {"progress": 100})).data
    assert done["completed_at"] is not None
    again = (await ada.patch("lessons/101/progress", {"progress": 100})).data
    assert again["completed_at"] == done["completed_at"]
    assert again["updated_at"] > done["updated_at"]
    less = (await ada.patch("lessons/101/progress", {"progress": 99})).data
    assert less["completed_at"] is None
    more = (await ada.patch("lessons/101/progress", {"progress": 100})).data
    assert more["completed_at"] > done["completed_at"]


async def test_progress_is_ones_own(api):
    ada, bob = await api.person("Ada"), await api.person("Bob", "teacher")
    await ada.patch("lessons/101/progress", {"progress": 40})
    assert (await bob.get("lessons/101/progress")).data["progress"] == 0
    assert (await bob.get("lessons/101")).data["progress"] == 0
    assert (await api.nobody.get("lessons/101")).data["progress"] is None
    assert set(await api.app[PROGRESS].of(bob.id)) == set()


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_without_an_account_there_is_no_progress(api, method):
    body = {"progress": 5} if method == "PATCH" else None
    answer = await api.nobody.ask(method, "lessons/101/progress", body)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("progress", [-1, 101, 1.5, "half", None, True])
async def test_progress_is_a_percentage(api, progress):
    ada = await api.person()
    answer = await ada.patch("lessons/101/progress", {"progress": progress})
    assert (answer.status, answer.code) == (422, "INVALID_FIELD")
    assert answer.data["details"] == {"field": "progress"}
    missing = await ada.patch("lessons/101/progress", {})
    assert missing.data["details"] == {"field": "progress"}


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_a_lesson_that_is_not_there_has_no_progress(api, method):
    ada = await api.person()
    body = {"progress": 5} if method == "PATCH" else None
    answer = await ada.ask(method, "lessons/the-stave/progress", body)
    assert (answer.status, answer.code) == (404, "LESSON_NOT_FOUND")
