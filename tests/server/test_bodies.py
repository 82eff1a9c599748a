"""What a JSON body may say, as its description has it."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def patch(person, text: str):
    headers = {"Content-Type": "application/json"}
    return await person.patch("lessons/101/progress", data=text, headers=headers)


@pytest.mark.parametrize("number", ["35", "35.0", "3.5e1", "350E-1"])
async def test_a_whole_number_may_be_written_in_any_way(api, number):
    answer = await patch(await api.person(), f'{{"progress": {number}}}')
    assert (answer.status, answer.data["progress"]) == (200, 35)


@pytest.mark.parametrize("number", ["35.5", "1e300", "101.0", "-1.0"])
async def test_another_number_is_refused_as_it_came(api, number):
    answer = await patch(await api.person(), f'{{"progress": {number}}}')
    assert answer.status == 422
    assert answer.data["error"].startswith("progress: expected a whole number from 0 to 100, got ")


async def test_a_number_beyond_all_is_no_json(api):
    answer = await patch(await api.person(), '{"progress": 1e400}')
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert answer.data["error"] == "the body is not JSON: no number is as large as 1e400"


@pytest.mark.parametrize("blank", ["", " \n", "\x1c\x1f", "\x85", "\ufeff", "\u3000"])
async def test_a_comment_of_what_nobody_sees_is_refused(api, blank):
    ada = await api.person()
    session = await ada.post("sessions", {"duration": 60})
    answer = await ada.post(f"sessions/{session.data['id']}/comments", {"body": blank})
    assert (answer.status, answer.data["details"]) == (422, {"field": "body"})
    assert answer.data["error"].startswith("body: expected some text, got ")
