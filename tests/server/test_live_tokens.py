"""Live connections know people by the same tokens as REST: of sign-ins, and from elsewhere."""

import asyncio
import json
import uuid
from contextlib import asynccontextmanager

import aiohttp
import jwt
import msgspec
import pytest
import pytest_asyncio
from local_issuer import AUDIENCE, running_issuer
from newcomers import PASSWORD, join, member
from rest_people import Person, running_api

from server.auth import DAY_SEC, User
from server.config.providers import OidcIssuer, OpaqueProvider
from server.identity.logins import LoginStore
from server.keys import HUB, STORE
from server.limits import Close

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_SEC = 60.0
AT_ONCE_SEC = 5.0  # others wait for the hub to look, 25 s later


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def issuer():
    async with running_issuer() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(rest_settings, issuer):
    oidc = (OidcIssuer(name="auth0", issuer=issuer.url, audience=AUDIENCE),)
    opaque = (OpaqueProvider(name="school", profile_url=f"{issuer.url}/me"),)
    settings = msgspec.structs.replace(rest_settings, oidc=oidc, opaque=opaque, guests=False)
    async with running_api(settings) as running:
        yield running


@pytest.fixture(autouse=True)
def answering(issuer):
    """What a test breaks is whole again for the next."""
    yield
    issuer.status = None


async def by_header(api, token):
    """The first that is heard of a WebSocket whose handshake brings a token; or its refusal."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with api.http.ws_connect(f"{api.url}/api/v1/ws", headers=headers) as socket:
            return (await socket.receive_json(timeout=WAIT_SEC))["data"]["userId"]
    except aiohttp.WSServerHandshakeError as error:
        return error.status


async def by_event(api, token):
    """What ``authenticate`` is answered, and whether the client may play then."""
    async with api.http.ws_connect(f"{api.url}/api/v1/ws") as socket:
        await socket.send_json({"event": "authenticate", "data": {"token": token}})
        await socket.send_json({"event": "start_session", "data": {"songId": 1}})
        told = await socket.receive_json(timeout=WAIT_SEC)
        follows = await socket.receive_json(timeout=WAIT_SEC)
        may_play = follows["event"] == "session_started"
        assert may_play == (told["event"] == "authenticated"), follows
        return told["data"].get("userId") or told["event"]


async def by_socketio(api, token):
    """Whom the Socket.IO handshake knows, or the code of its refusal."""
    url = f"{api.url}/socket.io/?EIO=4&transport=websocket"
    async with api.http.ws_connect(url) as socket:
        await socket.receive_str(timeout=WAIT_SEC)
        await socket.send_str("40" + json.dumps({"token": token}))
        while True:
            packet = await socket.receive_str(timeout=WAIT_SEC)
            if packet.startswith("44"):
                return json.loads(packet[2:])["data"]["code"]
            if packet.startswith("42"):
                event, data = json.loads(packet[2:])
                assert event == "authenticated"
                return data["userId"]


async def everywhere(api, token):
    return [await way(api, token) for way in (by_header, by_event, by_socketio)]


async def test_a_sign_in_is_known_until_it_ends(api):
    ada = await join(api)
    assert await everywhere(api, ada.token) == [ada.id] * 3
    assert (await ada.post("auth/logout")).status == 204
    assert await everywhere(api, ada.token) == [401, "auth_error", "INVALID_TOKEN"]


async def test_who_comes_from_elsewhere_is_who_they_are_over_rest(api, issuer):
    token = issuer.token(f"auth0|{uuid.uuid4().hex}")
    ids = await everywhere(api, token)
    assert ids == [(await Person(api, token=token).get("auth/me")).data["id"]] * 3


async def test_an_opaque_token_is_known(api, issuer):
    token = uuid.uuid4().hex
    issuer.profiles[token] = {"sub": token}
    ids = await everywhere(api, token)
    assert len(set(ids)) == 1
    assert uuid.UUID(ids[0])


async def test_a_token_that_is_not_good_is_nobodys(api, issuer):
    for token in (issuer.token("ada", exp=1), issuer.token("ada", aud="another"), "nonsense"):
        assert await everywhere(api, token) == [401, "auth_error", "INVALID_TOKEN"]


async def test_a_provider_that_is_away_costs_no_attempt(api, issuer):
    issuer.status = 500
    token = uuid.uuid4().hex
    assert await everywhere(api, token) == [503, "auth_error", "PROVIDER_UNAVAILABLE"]
    async with api.http.ws_connect(f"{api.url}/api/v1/ws") as socket:
        for _ in range(6):  # one more than wrong ones are taken
            await socket.send_json({"event": "authenticate", "data": {"token": token}})
            told = await socket.receive_json(timeout=WAIT_SEC)
            assert told["event"] == "auth_error"
            assert "school does not answer" in told["data"]["message"]
        issuer.status = None
        issuer.profiles[token] = {"sub": token}
        await socket.send_json({"event": "authenticate", "data": {"token": token}})
        assert (await socket.receive_json(timeout=WAIT_SEC))["event"] == "authenticated"


async def test_a_sign_in_that_ended_elsewhere_ends_its_live_connection(api):
    ada = await join(api)
    other = await member(api, ada.email)
    headers = [{"Authorization": f"Bearer {one.token}"} for one in (ada, other)]
    url, hub = f"{api.url}/api/v1/ws", api.app[HUB]
    async with (
        api.http.ws_connect(url, headers=headers[0]) as stays,
        api.http.ws_connect(url, headers=headers[1]) as goes,
    ):
        for socket in (stays, goes):
            assert (await socket.receive_json(timeout=WAIT_SEC))["data"]["userId"] == ada.id
        await hub.drop_signed_out()
        logins = LoginStore(api.app[STORE].database, refresh_days=1)  # another process's
        assert await logins.end_all(ada.id, "logout", but=login_of(ada)) == 1
        await hub.drop_signed_out()
        told = await goes.receive(timeout=WAIT_SEC)
        assert (told.type, told.data) == (aiohttp.WSMsgType.CLOSE, Close.UNAUTHENTICATED)
        await stays.send_json({"event": "start_session", "data": {"songId": 1}})
        assert (await stays.receive_json(timeout=WAIT_SEC))["event"] == "session_started"


def login_of(person):
    """The sign-in that an access token belongs to."""
    return jwt.decode(person.token, options={"verify_signature": False})["sid"]


async def sign_out(ada, _other):
    assert (await ada.post("auth/logout")).status == 204


async def sign_out_by_refresh_token(ada, _other):
    body = {"refresh_token": ada.tokens["refresh_token"]}
    assert (await ada.api.nobody.post("auth/logout", body)).status == 204


async def end_from_another_device(ada, other):
    rows = (await other.get("auth/logins")).data
    (login,) = [row["id"] for row in rows if not row["is_current"]]
    assert (await other.delete(f"auth/logins/{login}")).status == 204


async def change_the_password(_ada, other):
    body = {"current_password": PASSWORD, "new_password": "kunst der fuge"}
    assert (await other.post("auth/password/change", body)).status == 204


async def refresh_twice(ada, _other):
    first = ada.tokens["refresh_token"]
    assert (await ada.refresh()).status == 200
    assert (await ada.refresh(first)).code == "TOKEN_REUSED"


async def delete_the_account(ada, _other):
    assert (await ada.delete("auth/me", {"password": PASSWORD})).status == 204


@asynccontextmanager
async def playing(api, token):
    """A live connection with a piece that has begun."""
    headers = {"Authorization": f"Bearer {token}"}
    async with api.http.ws_connect(f"{api.url}/api/v1/ws", headers=headers) as socket:
        assert (await socket.receive_json(timeout=WAIT_SEC))["event"] == "authenticated"
        await socket.send_json({"event": "start_session", "data": {"songId": 1}})
        assert (await socket.receive_json(timeout=WAIT_SEC))["event"] == "session_started"
        yield socket


async def goes_on(socket):
    """Whether what is played is judged."""
    await socket.send_json({"event": "end_session", "data": {}})
    told = await socket.receive(timeout=WAIT_SEC)
    return told.type is aiohttp.WSMsgType.TEXT


@pytest.mark.parametrize(
    "end",
    [
        sign_out,
        sign_out_by_refresh_token,
        end_from_another_device,
        change_the_password,
        refresh_twice,
        delete_the_account,
    ],
)
async def test_who_ends_a_sign_in_ends_its_live_connection_at_once(api, end):
    ada = await join(api)
    other = await member(api, ada.email)
    async with playing(api, ada.token) as goes, playing(api, other.token) as stays:
        await end(ada, other)
        told = await goes.receive(timeout=AT_ONCE_SEC)
        assert (told.type, told.data) == (aiohttp.WSMsgType.CLOSE, Close.UNAUTHENTICATED)
        assert end is delete_the_account or await goes_on(stays)


async def test_a_token_that_expires_cuts_no_piece(api):
    ada = await join(api)
    user = User(ada.id, "Ada", login_of(ada))
    short = Person(api, token=api.app[HUB].tokens.issue(user, 1 / DAY_SEC))
    async with playing(api, short.token) as socket:
        async with asyncio.timeout(WAIT_SEC):
            while (await short.get("auth/me")).status == 200:
                await asyncio.sleep(0.1)
        await api.app[HUB].drop_signed_out()
        assert await goes_on(socket)


HANDSHAKE = (
    "GET /api/v1/ws HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CLOSED = (0x88, *Close.UNAUTHENTICATED.to_bytes(2, "big"))


async def frame(reader):
    """The first byte of the next frame, and its payload; the server's are short and unmasked."""
    first, length = await reader.readexactly(2)
    return first, await reader.readexactly(length)


async def test_a_connection_is_told_once_that_it_is_closed(api):
    """RFC 6455, section 5.5.1: whoever has sent a close frame sends nothing more."""
    ada = await join(api)
    host = api.url.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(HANDSHAKE.format(host=host, token=ada.token).encode())
    await reader.readuntil(b"\r\n\r\n")
    assert b"authenticated" in (await frame(reader))[1]
    await ada.post("auth/logout")
    first, payload = await frame(reader)
    assert (first, *payload[:2]) == CLOSED
    writer.write(bytes((0x88, 0x80 | 2, 0, 0, 0, 0)) + payload[:2])  # masked by zeros
    assert await asyncio.wait_for(reader.read(), WAIT_SEC) == b""
    writer.close()
