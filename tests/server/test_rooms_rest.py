"""Listening rooms over REST: every route, for everybody who may and may not."""

import re
from datetime import datetime, timedelta

import aiohttp
import pytest
from room_peers import ROOMS, NearLink, Rest, SetClock

from server.auth import local_user
from server.keys import HUB
from server.rooms.codes import ALPHABET

NOT_FOUND = (404, "SESSION_NOT_FOUND")


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def server(start_server):
    return await start_server()


@pytest.fixture
def guest(http, server):
    return Rest(http, server.url)


@pytest.fixture
async def closed(start_server):
    """A server that asks for tokens."""
    return await start_server(guests=False)


@pytest.fixture
def account(http, closed):
    """The rooms of a server that asks for tokens, as somebody."""

    def of(name):
        user = local_user(name)
        return Rest(http, closed.url, closed.app[HUB].tokens.issue(user, days=1))

    return of


def code_of(answer):
    status, body = answer
    assert set(body) == {"error", "code", "details"}
    return status, body["code"]


async def test_a_room_is_made_with_a_code_and_an_end(guest):
    status, made = await guest.ask("POST", "", {"userId": "u1", "userName": "Ada"})
    assert status == 201
    assert set(made) == {"sessionId", "role", "createdAt", "expiresAt", "userId", "memberKey"}
    assert (made["role"], made["userId"]) == ("host", "u1")
    assert re.fullmatch(f"[{ALPHABET}]{{6}}", made["sessionId"])
    begin, end = (datetime.fromisoformat(made[name]) for name in ("createdAt", "expiresAt"))
    assert end - begin == timedelta(hours=4) and begin.tzinfo is not None


async def test_length_of_code_and_hours_are_settings(start_server, http, monkeypatch):
    server = await start_server(session_code_length=9, session_timeout_hours=0.5)
    made = await Rest(http, server.url).make()
    assert len(made["sessionId"]) == 9
    begin, end = (datetime.fromisoformat(made[name]) for name in ("createdAt", "expiresAt"))
    assert end - begin == timedelta(minutes=30)


async def test_a_body_may_use_either_spelling(guest):
    status, made = await guest.ask("POST", "", {"user_id": "u1", "user_name": "Ada"})
    assert (status, made["userId"]) == (201, "u1")
    status, joined = await guest.ask("POST", f"/{made['sessionId']}/join", {"user_id": "u2"})
    assert (status, joined["hostName"]) == (200, "Ada")


async def test_who_joins_is_a_client_and_reads_the_code_as_people_do(guest):
    code = (await guest.make())["sessionId"]
    spoken = f"{code[:3].lower()}-{code[3:].lower()}"
    joined = await guest.join(spoken, "u2", "Ben")
    wanted = {"sessionId", "role", "hostName", "joinedAt", "expiresAt", "userId", "memberKey"}
    assert set(joined) == wanted
    assert (joined["sessionId"], joined["role"], joined["hostName"]) == (code, "client", "Ada")
    assert datetime.fromisoformat(joined["joinedAt"]).tzinfo is not None


async def test_joining_again_keeps_the_place_and_the_role(guest):
    code = (await guest.make())["sessionId"]
    await guest.join(code, "u2", "Ben")
    again = await guest.join(code, "u2", "Benjamin")
    assert (again["role"], "memberKey" in again) == ("client", False)
    assert (await guest.join(code, "host", "Ada"))["role"] == "host"
    _, state = await guest.ask("GET", f"/{code}/state")
    assert state["clients"] == [{"userId": "u2", "userName": "Benjamin"}]


async def test_the_state_tells_who_is_there_before_anything_plays(guest):
    code = (await guest.make())["sessionId"]
    await guest.join(code, "u2", "Ben")
    await guest.join(code, "u3", "Eve")
    status, state = await guest.ask("GET", f"/{code}/state")
    assert status == 200
    ben, eve = ({"userId": "u2", "userName": "Ben"}, {"userId": "u3", "userName": "Eve"})
    assert state == {
        "sessionId": code,
        "host": {"userId": "host", "userName": "Ada"},
        "client": ben,
        "clients": [ben, eve],
        "currentTrack": None,
        "lastSync": None,
    }


async def test_the_state_tells_what_is_played_and_where(start_server, http):
    clock = SetClock()
    server = await start_server(clock)
    rest = Rest(http, server.url)
    code = (await rest.make())["sessionId"]
    host = NearLink(server.app[HUB])
    host.join(code, "host", "host")
    names = {"trackName": "Clair de lune", "artist": "Debussy", "duration": 300_000}
    host.report(10_000, **names)
    clock.advance(1000)
    host.report(11_000, **names)
    _, state = await rest.ask("GET", f"/{code}/state")
    track = state["currentTrack"]
    assert abs(track.pop("position") - 11_000) < 100
    assert track == {
        "uri": "spotify:track:1",
        "name": "Clair de lune",
        "artist": "Debussy",
        "duration": 300_000,
        "isPlaying": True,
    }
    assert datetime.fromisoformat(state["lastSync"]).tzinfo is not None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/join", {"userId": "u2"}),
        ("PATCH", "/offset", {"offsetMs": 10}),
        ("GET", "/state", None),
        ("DELETE", "", None),
    ],
)
@pytest.mark.parametrize("code", ["ZZZZZZ", "a", "🎵", "O0I1", "x" * 300])
async def test_an_unknown_code_is_not_found(guest, method, path, body, code):
    assert code_of(await guest.ask(method, f"/{code}{path}", body)) == NOT_FOUND


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "userId"),
        ({"userId": ""}, "userId"),
        ({"userId": "x" * 101}, "userId"),
        ({"userId": 7}, "userId"),
        ({"userId": "u", "userName": "x" * 101}, "userName"),
        ({"userId": "u", "memberKey": "short"}, "memberKey"),
        ([], "data"),
        ("text", "data"),
    ],
)
@pytest.mark.parametrize("is_join", [False, True], ids=["make", "join"])
async def test_a_broken_rule_names_its_field(guest, body, field, is_join):
    path = f"/{(await guest.make())['sessionId']}/join" if is_join else ""
    status, said = await guest.ask("POST", path, body)
    assert (status, said["code"], said["details"]) == (422, "INVALID_FIELD", {"field": field})
    assert field in said["error"] or field == "data"


@pytest.mark.parametrize("offset", [60_001, -60_001, 1e300, "soon", None, True])
async def test_a_wrong_offset_is_named(guest, offset):
    code = (await guest.make())["sessionId"]
    await guest.join(code, "u2")
    status, said = await guest.ask("PATCH", f"/{code}/offset", {"offsetMs": offset})
    assert (status, said["details"]) == (422, {"field": "offsetMs"})


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 50_000, b'{"userId": NaN}'])
async def test_what_is_no_json_is_a_bad_request(server, http, body):
    async with http.post(server.url + ROOMS, data=body) as response:
        assert (response.status, (await response.json())["code"]) == (400, "BAD_REQUEST")


async def test_a_long_body_is_refused(server, http):
    async with http.post(server.url + ROOMS, data=b" " * 70_000) as response:
        said = await response.json()
        assert (response.status, said["code"]) == (413, "REQUEST_ENTITY_TOO_LARGE")


async def test_an_offset_is_told_at_once(start_server, http):
    clock = SetClock()
    server = await start_server(clock)
    rest = Rest(http, server.url)
    code = (await rest.make())["sessionId"]
    host, client = NearLink(server.app[HUB]), NearLink(server.app[HUB])
    host.join(code, "host", "host")
    host.report(10_000)
    client.join(code, "u2")
    clock.advance(1000)
    host.report(11_000)
    client.heard.clear()
    status, said = await rest.ask("PATCH", f"/{code}/offset", {"offsetMs": 250.5})
    assert (status, said["sessionId"], said["offsetMs"]) == (200, code, 250.5)
    assert datetime.fromisoformat(said["updatedAt"]).tzinfo is not None
    (_, command), *_ = client.take("sync_command")
    assert abs(command["position"] - 11_250.5) < 500
    clock.advance(1100)
    assert client.last("room_state")["members"][1]["offsetMs"] == 250.5


async def test_an_offset_set_before_the_client_connects_waits_for_it(start_server, http):
    clock = SetClock()
    server = await start_server(clock)
    rest = Rest(http, server.url)
    code = (await rest.make())["sessionId"]
    await rest.join(code, "u2")
    assert (await rest.ask("PATCH", f"/{code}/offset", {"offsetMs": -30}))[0] == 200
    client = NearLink(server.app[HUB])
    client.join(code, "u2")
    clock.advance(1000)
    assert client.last("room_state")["members"][0]["offsetMs"] == -30


async def test_an_offset_goes_to_who_is_named_or_is_the_only_one(guest):
    made = await guest.make()
    offset = f"/{made['sessionId']}/offset"
    body = {"offsetMs": 5}
    assert code_of(await guest.ask("PATCH", offset, body)) == (403, "NOT_MEMBER")
    ben = await guest.join(made["sessionId"], "ben")
    assert (await guest.ask("PATCH", offset, body))[0] == 200
    await guest.join(made["sessionId"], "eve")
    status, said = await guest.ask("PATCH", offset, body)
    assert (status, said["details"]) == (422, {"field": "userId"})
    for named in ({"userId": "eve"}, {"userId": "ben"}, {"memberKey": ben["memberKey"]}):
        assert (await guest.ask("PATCH", offset, {**body, **named}))[0] == 200
    for other in ({"userId": "ben"}, {"userId": "nobody"}, {"memberKey": "not of anybody"}):
        answer = await guest.ask("PATCH", offset, {**body, **other})
        assert code_of(answer) == (403, "NOT_MEMBER")  # ben's key was shown above
    answer = await guest.ask("PATCH", offset, {**body, "userId": "host"})
    assert code_of(answer) == (409, "HOST_LEADS")


async def test_only_the_host_ends_a_room(account):
    ada, ben, eve = account("Ada"), account("Ben"), account("Eve")
    code = (await ada.make("a"))["sessionId"]
    await ben.join(code, "b")
    for other in (ben, eve):
        assert code_of(await other.ask("DELETE", f"/{code}")) == (403, "NOT_HOST")
        assert code_of(await other.ask("DELETE", f"/{code}?userId=a")) == (403, "NOT_HOST")
    assert (await ada.ask("GET", f"/{code}/state"))[0] == 200
    assert await ada.ask("DELETE", f"/{code}") == (204, None)
    assert code_of(await ada.ask("GET", f"/{code}/state")) == NOT_FOUND


async def test_a_guest_who_says_to_be_another_does_not_end_a_room(guest):
    code = (await guest.make())["sessionId"]
    await guest.join(code, "u2")
    assert code_of(await guest.ask("DELETE", f"/{code}?userId=u2")) == (403, "NOT_HOST")
    assert code_of(await guest.ask("DELETE", f"/{code}", {"userId": "u2"})) == (403, "NOT_HOST")
    assert await guest.ask("DELETE", f"/{code}", {"userId": "host"}) == (204, None)


async def test_a_key_that_was_shown_is_asked_for_ever_since(guest):
    made = await guest.make()
    code, key = made["sessionId"], made["memberKey"]
    shown = {"userId": "host", "userName": "Ada", "memberKey": key}
    assert (await guest.ask("POST", f"/{code}/join", shown))[1]["memberKey"] == key
    taken = {"userId": "host", "userName": "Eve"}
    for wrong in ({}, {"memberKey": "another key"}):
        answer = await guest.ask("POST", f"/{code}/join", {**taken, **wrong})
        assert code_of(answer) == (403, "NOT_HOST")
        assert code_of(await guest.ask("DELETE", f"/{code}", wrong)) == (403, "NOT_HOST")
    assert (await guest.ask("DELETE", f"/{code}?memberKey={key}"))[0] == 204


async def test_a_place_belongs_to_the_account_that_took_it(account):
    ada, ben = account("Ada"), account("Ben")
    code = (await ada.make("a"))["sessionId"]
    await ada.join(code, "second device")
    body = {"userId": "second device"}
    answer = await ben.ask("POST", f"/{code}/join", body)
    assert code_of(answer) == (403, "NOT_MEMBER")
    answer = await ben.ask("PATCH", f"/{code}/offset", {**body, "offsetMs": 1})
    assert code_of(answer) == (403, "NOT_MEMBER")
    assert code_of(await ben.ask("PATCH", f"/{code}/offset", {"offsetMs": 1})) == (
        403,
        "NOT_MEMBER",
    )
    assert (await ada.ask("PATCH", f"/{code}/offset", {"offsetMs": 1}))[0] == 200


async def test_the_host_may_set_the_offset_of_the_only_client(account):
    ada, ben = account("Ada"), account("Ben")
    code = (await ada.make("a"))["sessionId"]
    await ben.join(code, "b")
    assert (await ada.ask("PATCH", f"/{code}/offset", {"offsetMs": 1}))[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", ""), ("POST", "/{}/join"), ("PATCH", "/{}/offset"), ("GET", "/{}/state"),
     ("DELETE", "/{}")],
)  # fmt: skip
async def test_without_a_token_or_with_a_bad_one_nobody_gets_in(
    http, closed, account, method, path
):
    code = (await account("Ada").make())["sessionId"]
    body = {"userId": "u2", "offsetMs": 1}
    for token, expected in ((None, "UNAUTHENTICATED"), ("nonsense", "INVALID_TOKEN")):
        answer = await Rest(http, closed.url, token).ask(method, path.format(code), body)
        assert code_of(answer) == (401, expected)


async def test_the_status_and_the_figures_tell_of_rooms(server, guest, http):
    code = (await guest.make())["sessionId"]
    await guest.make()
    await guest.ask("DELETE", f"/{code}")
    await guest.ask("GET", "/ZZZZZZ/state")
    async with http.get(server.url + "/api/v1/status") as response:
        status = await response.json()
    assert (status["rooms"], status["features"]["rooms"]) == (1, True)
    async with http.get(server.url + "/metrics") as response:
        figures = (await response.text()).splitlines()
    assert "etude_rooms 1.0" in figures
    assert "etude_rooms_made_total 2.0" in figures
    assert "etude_wrong_codes_total 1.0" in figures
    assert 'etude_rooms_ended_total{reason="host_ended"} 1.0' in figures
