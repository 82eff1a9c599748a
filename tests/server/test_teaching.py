"""Students and teachers: invitations, links, comments; a teacher sees the linked students only."""

import uuid
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlalchemy import update

from server.keys import ACCOUNTS
from server.people import links
from server.people.links import INVITATIONS
from server.people.sight import SESSIONS
from server.takes.ids import uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def invite(inviter) -> str:
    answer = await inviter.post("teaching/invitations")
    assert answer.status == 201
    return answer.data["code"]


async def link(teacher, student) -> None:
    answer = await student.post("teaching/invitations/accept", {"code": await invite(teacher)})
    assert answer.status == 201


@pytest_asyncio.fixture(loop_scope="module")
async def pair(api):
    """A teacher and a linked student."""
    teacher, student = await api.person("Nadia", "teacher"), await api.person("Lili")
    await link(teacher, student)
    return teacher, student


async def practise(api, person, session_id=None) -> str:
    """A practice session, as the store keeps it."""
    now, session_id = datetime.now(UTC), session_id or uuid7()
    row = {
        "user_id": person.id,
        "id": session_id,
        "version": 1,
        "digests": b"0" * 16,
        "created_at": now,
        "updated_at": now,
        "began_at": now,
        "day": now.date(),
        "duration_seconds": 60.0,
        "tags": [],
    }
    async with api.app[ACCOUNTS].database.writing() as connection:
        await connection.execute(SESSIONS.insert().values(row))
    return session_id


@pytest.mark.parametrize("inviting", ["teacher", "student"])
async def test_an_accepted_invitation_links_two(api, inviting):
    teacher, student = await api.person("Nadia", "teacher"), await api.person("Lili")
    inviter, other = (teacher, student) if inviting == "teacher" else (student, teacher)
    code = await invite(inviter)
    answer = await other.post(
        "teaching/invitations/accept", {"code": f" {code[:4].lower()} {code[4:]} "}
    )
    assert (answer.status, answer.data["id"]) == (201, inviter.id)
    assert [s["id"] for s in (await teacher.get("teaching/students")).data] == [student.id]
    assert [t["name"] for t in (await student.get("teaching/teachers")).data] == ["Nadia"]


async def test_accepting_again_changes_nothing(api):
    teacher, student = await api.person("Nadia", "teacher"), await api.person("Lili")
    code = await invite(teacher)
    for _ in range(2):
        answer = await student.post("teaching/invitations/accept", {"code": code})
        assert answer.status == 201
    assert len((await teacher.get("teaching/students")).data) == 1


async def test_a_code_is_good_for_one(api):
    teacher = await api.person("Nadia", "teacher")
    code = await invite(teacher)
    first, second = await api.person("Lili"), await api.person("Mo")
    await first.post("teaching/invitations/accept", {"code": code})
    answer = await second.post("teaching/invitations/accept", {"code": code})
    assert (answer.status, answer.code) == (404, "INVITATION_NOT_FOUND")
    assert [s["id"] for s in (await teacher.get("teaching/students")).data] == [first.id]


async def test_a_code_is_over_after_a_while(api):
    teacher, student = await api.person("Nadia", "teacher"), await api.person("Lili")
    code = await invite(teacher)
    over = update(INVITATIONS).where(INVITATIONS.c.code == code)
    async with api.app[ACCOUNTS].database.writing() as connection:
        await connection.execute(over.values(expires_at=datetime(2026, 1, 1, tzinfo=UTC)))
    answer = await student.post("teaching/invitations/accept", {"code": code})
    assert (answer.status, answer.code) == (404, "INVITATION_NOT_FOUND")
    assert (await teacher.get("teaching/invitations")).data == []


@pytest.mark.parametrize("role", ["teacher", "student"])
async def test_a_code_is_for_the_other_role(api, role):
    code = await invite(await api.person("Nadia", role))
    answer = await (await api.person("Omar", role)).post(
        "teaching/invitations/accept", {"code": code}
    )
    assert (answer.status, answer.code) == (403, "WRONG_ROLE")


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": 7}, {"code": "X" * 33}])
async def test_a_bad_code_names_its_field(api, body):
    answer = await (await api.person()).post("teaching/invitations/accept", body)
    assert (answer.status, answer.code) == (422, "INVALID_FIELD")
    assert answer.data["details"] == {"field": "code"}


async def test_an_invitation_can_be_taken_back_by_its_maker_only(api):
    teacher, other = await api.person("Nadia", "teacher"), await api.person("Eve", "teacher")
    made = (await teacher.post("teaching/invitations")).data
    assert [i["id"] for i in (await teacher.get("teaching/invitations")).data] == [made["id"]]
    assert (await other.get("teaching/invitations")).data == []
    path = f"teaching/invitations/{made['id']}"
    assert (await other.delete(path)).code == "INVITATION_NOT_FOUND"
    assert (await teacher.delete(path)).status == 204
    assert (await teacher.delete(path)).status == 404
    answer = await (await api.person()).post("teaching/invitations/accept", {"code": made["code"]})
    assert answer.status == 404


async def test_open_invitations_are_limited(api, monkeypatch):
    monkeypatch.setattr(links, "MAX_OPEN", 3)
    teacher = await api.person("Nadia", "teacher")
    for _ in range(3):
        await invite(teacher)
    answer = await teacher.post("teaching/invitations")
    assert (answer.status, answer.code) == (409, "TOO_MANY_INVITATIONS")


@pytest.mark.parametrize("ender", ["teacher", "student"])
async def test_either_side_ends_a_link(api, pair, ender):
    teacher, student = pair
    session = await practise(api, student)
    one, path = (
        (teacher, f"teaching/students/{student.id}")
        if ender == "teacher"
        else (student, f"teaching/teachers/{teacher.id}")
    )
    assert (await teacher.get(f"sessions/{session}/comments")).status == 200
    assert (await one.delete(path)).status == 204
    assert (await one.delete(path)).code == "NOT_LINKED"
    assert (await teacher.get("teaching/students")).data == []
    assert (await teacher.get(f"sessions/{session}/comments")).code == "SESSION_NOT_FOUND"


async def test_nobody_ends_the_link_of_others(api, pair):
    teacher, student = pair
    eve = await api.person("Eve", "teacher")
    assert (await eve.delete(f"teaching/students/{student.id}")).code == "NOT_LINKED"
    assert len((await teacher.get("teaching/students")).data) == 1


@pytest.mark.parametrize(("method", "path"), [("GET", "teaching/students"), ("DELETE", "x")])
async def test_students_have_no_students(api, method, path):
    path = path if method == "GET" else f"teaching/students/{uuid7()}"
    answer = await (await api.person()).ask(method, path)
    assert (answer.status, answer.code) == (403, "WRONG_ROLE")


async def test_teacher_and_student_talk_about_a_session(api, pair):
    teacher, student = pair
    path = f"sessions/{await practise(api, student)}/comments"
    said = await teacher.post(path, {"body": "Bar 5: lighter.\nWell done!"})
    assert said.status == 201
    await student.post(path, {"body": "Danke 🎹"})
    first = await student.get(path, params={"limit": "1"})
    assert first.headers["X-Total-Count"] == "2"
    assert first.data == [said.data]
    assert (said.data["author_name"], said.data["author_role"]) == ("Nadia", "teacher")
    following = first.headers["Link"].partition(">")[0][1:]
    second = await teacher.get(following)
    assert [c["body"] for c in second.data] == ["Danke 🎹"]
    assert "Link" not in second.headers


async def test_a_comment_goes_by_its_author_or_the_sessions_owner(api, pair):
    teacher, student = pair
    path = f"sessions/{await practise(api, student)}/comments"
    of_teacher = [(await teacher.post(path, {"body": "!"})).data["id"] for _ in range(2)]
    of_student = (await student.post(path, {"body": "?"})).data["id"]
    assert (await teacher.delete(f"{path}/{of_student}")).code == "COMMENT_NOT_FOUND"
    assert (await teacher.delete(f"{path}/{of_teacher[0]}")).status == 204
    assert (await student.delete(f"{path}/{of_teacher[1]}")).status == 204
    assert [c["id"] for c in (await student.get(path)).data] == [of_student]


async def test_strangers_see_no_comments(api, pair):
    _, student = pair
    path = f"sessions/{await practise(api, student)}/comments"
    comment = (await student.post(path, {"body": "mine"})).data["id"]
    for stranger in (await api.person("Eve"), await api.person("Mallory", "teacher")):
        for answer in (
            await stranger.get(path),
            await stranger.post(path, {"body": "hello"}),
            await stranger.delete(f"{path}/{comment}"),
        ):
            assert (answer.status, answer.code) == (404, "SESSION_NOT_FOUND")
    assert (await api.nobody.get(path)).status == 401


async def test_of_two_sessions_of_one_id_each_sees_their_own(api, pair):
    teacher, student = pair
    session = await practise(api, student)
    await practise(api, teacher, session)
    path = f"sessions/{session}/comments"
    await student.post(path, {"body": "the student's"})
    await teacher.post(path, {"body": "the teacher's"})
    assert [c["body"] for c in (await student.get(path)).data] == ["the student's"]
    assert [c["body"] for c in (await teacher.get(path)).data] == ["the teacher's"]


@pytest.mark.parametrize(
    "body", [{}, {"body": ""}, {"body": " \n"}, {"body": "x" * 4001}, {"body": None}]
)
async def test_a_bad_comment_names_its_field(api, body):
    answer = await (await api.person()).post(f"sessions/{uuid.uuid4()}/comments", body)
    assert (answer.status, answer.data["details"]) == (422, {"field": "body"})


async def test_a_malformed_id_names_its_field(api):
    answer = await (await api.person()).get("sessions/nonsense/comments")
    assert (answer.status, answer.data["details"]) == (422, {"field": "session_id"})
