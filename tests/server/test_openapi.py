"""The description of the API: whole, true, and shown without a network."""

import re
from pathlib import Path

import pytest
from rest_people import BASE

from server.app import make_app
from server.config import Settings
from server.http.codes import CODES
from server.http.declare import ROUTES, Access
from server.http.openapi import TAGS, describe, plain_path, tag_of
from server.http.openapi_parts import refusals
from server.http.reference import errors_table, routes_table

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCS = Path(__file__).resolve().parents[2] / "docs"
API = Path(__file__).resolve().parents[3] / "shared" / "API.md"
# Of API.md, what is for later, and what no plain request answers.
LATER = {"audio", "uploads", "tasks", "notifications"}
PAGES = {"/"}


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    return make_app(Settings(data_dir=tmp_path_factory.mktemp("app")))[ROUTES]


async def test_every_route_says_what_it_does(declared):
    for route in declared:
        assert route.summary.endswith((".", "?")), route.path
        assert tag_of(route) in TAGS, route.path
        assert len(route.summary) < 120, route.path


async def test_every_code_is_explained_and_none_is_made_up(declared):
    told = {code for route in declared for codes in refusals(route).values() for code in codes}
    everywhere = {"METHOD_NOT_ALLOWED", "NOT_FOUND", "BAD_REQUEST"}  # where no route answers
    assert told | everywhere == CODES.keys()


@pytest.mark.parametrize("name, table", [("api", routes_table), ("errors", errors_table)])
async def test_the_tables_are_what_the_code_says(declared, name, table):
    written = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    word = {"api": "routes"}.get(name, name)
    assert table(declared) == written, f"python -m server.http.reference {word} > docs/{name}.md"


async def test_operations_have_names_of_their_own(declared):
    document = describe(declared)
    names = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert len(names) == len(set(names)) == len(declared)


async def test_every_reference_leads_somewhere(declared):
    document = describe(declared)

    def refs(value):
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for inner in value.values():
                yield from refs(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from refs(inner)

    for ref in set(refs(document)):
        found = document
        for step in ref.removeprefix("#/").split("/"):
            found = found[step]
        assert found


@pytest.mark.parametrize(
    ("path", "status", "headers"),
    [
        ("/api/v1/sessions/{session_id}/audio", "200", {"ETag", "Accept-Ranges"}),
        (
            "/api/v1/sessions/{session_id}/audio",
            "206",
            {"ETag", "Accept-Ranges", "Content-Range"},
        ),
        ("/api/v1/sessions/{session_id}/audio", "416", {"Content-Range"}),
        ("/api/v1/music/{path}", "206", {"ETag", "Accept-Ranges", "Content-Range"}),
        ("/api/v1/music/{path}", "416", {"Content-Range"}),
        ("/api/v1/songs/{song}/midi", "304", {"ETag"}),
        ("/api/v1/auth/oauth/{provider}", "302", {"Location"}),
        ("/api/v1/auth/oauth/{provider}/callback", "303", {"Location"}),
    ],
)
async def test_answers_without_a_body_of_ours_are_told_with_their_headers(
    declared, path, status, headers
):
    answer = describe(declared)["paths"][path]["get"]["responses"][status]
    assert answer["headers"].keys() == headers


async def test_what_sends_the_browser_on_has_no_other_answer(declared):
    responses = describe(declared)["paths"]["/api/v1/auth/oauth/{provider}"]["get"]["responses"]
    assert [status for status in responses if status < "400"] == ["302"]
    assert "content" not in responses["302"]


async def test_an_answer_that_is_not_declared_fails_the_test_that_sees_it(api, monkeypatch):
    (route,) = [each for each in api.app[ROUTES] if each.path == "/api/v1/songs/{song}/notes"]
    monkeypatch.setitem(route.errors, 404, ())
    with pytest.raises(AssertionError, match=r"not declared: .*404, 'SONG_NOT_FOUND'"):
        await api.nobody.get("songs/999999/notes")
    monkeypatch.undo()
    assert (await api.nobody.get("songs/999999/notes")).code == "SONG_NOT_FOUND"


async def test_the_contract_is_answered(declared, shared):
    answered = {(route.method, without_names(plain_path(route))) for route in declared}
    missing = set(contract()) - answered
    assert missing == set()


def contract():
    """Every route that the table of API.md names, as far as it is in scope."""
    rows = API.read_text().partition("| area | routes |")[2].partition("\n\n")[0].splitlines()
    for row in rows[2:]:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        methods = ["GET"]
        for words in re.findall(r"`([^`]+)`", "|".join(cells[1:])):
            *given, path = words.split(" ")
            if given and all(word.isupper() for word in given):
                methods = given
            elif given:
                continue
            yield from routes_of(methods, path)


def routes_of(methods, path):
    if path.split("?")[0].rstrip("/").split("/")[0] in LATER or path in PAGES:
        return
    if "{" not in path and not re.fullmatch(r"[\w/.?=-]+", path):
        return
    for spelled in alternatives(path.split("?")[0]):
        full = spelled if spelled.startswith("/") else BASE + spelled
        for method in methods:
            yield method, without_names(full)


def alternatives(path):
    """Spell ``{a,b}`` out."""
    found = re.search(r"\{([\w.]+(?:,[\w.]+)+)\}", path)
    if found is None:
        yield path
        return
    for word in found[1].split(","):
        yield from alternatives(path[: found.start()] + word + path[found.end() :])


def without_names(path):
    """A path whatever its parts are called."""
    return re.sub(r"\{\w+\}", "{}", path)


async def test_the_server_shows_its_own_description(api):
    answer = await api.nobody.get("/api/openapi.json")
    assert (answer.status, answer.data["openapi"]) == (200, "3.1.0")
    served = {(r.method, plain_path(r)) for r in api.app[ROUTES]}
    told = {(m.upper(), p) for p, path in answer.data["paths"].items() for m in path}
    assert told == served
    again = await api.nobody.get(
        "/api/openapi.json", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("page", ["docs", "redoc"])
async def test_its_pages_take_nothing_from_elsewhere(api, page):
    answer = await api.nobody.get(f"/api/{page}")
    text = answer.body.decode()
    assert answer.status == 200
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    for name in re.findall(r"(?:src|href)=\"([^\"]+)\"", text):
        asset = await api.nobody.get(name if name.startswith("/") else f"/api/{name}")
        assert asset.status == 200, name


async def test_no_route_for_accounts_answers_nobody(api):
    for route in api.app[ROUTES]:
        if route.access not in (Access.ACCOUNT, Access.TEACHER):
            continue
        path = re.sub(r"\{\w+\}", "1", plain_path(route))
        answer = await api.nobody.ask(route.method, path, {} if route.body else None)
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED"), (route.method, path)
        forged = {"Authorization": "Bearer x.y.z"}
        answer = await api.nobody.ask(route.method, path, headers=forged)
        assert (answer.status, answer.code) == (401, "INVALID_TOKEN"), (route.method, path)


async def test_routes_for_teachers_refuse_students(api):
    student = await api.person()
    routes = [route for route in api.app[ROUTES] if route.access is Access.TEACHER]
    assert routes
    for route in routes:
        path = re.sub(r"\{\w+\}", "1", plain_path(route))
        answer = await student.ask(route.method, path)
        assert (answer.status, answer.code) == (403, "WRONG_ROLE"), (route.method, path)


async def test_wrong_input_names_its_field_on_every_route(api):
    ada = await api.person()
    person = {Access.TEACHER: await api.person("Nadia", "teacher")}
    for route in api.app[ROUTES]:
        who = person.get(route.access, ada)
        path = re.sub(r"\{\w+\}", "1", plain_path(route))
        if route.body is not None:
            for body in ([], "text", 7):
                answer = await who.ask(route.method, path, body)
                assert answer.status in (404, 422), (route.method, path, answer.data)
        for field in ("limit", "from_bar", "width", "level"):
            if route.query and field in route.query.__struct_fields__ and "{" not in route.path:
                answer = await who.ask(route.method, path, params={field: "x"})
                assert (answer.status, answer.data["details"]) == (422, {"field": field}), path
