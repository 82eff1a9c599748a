"""Live connections know people by the same tokens as REST: of sign-ins, and from elsewhere."""

import json
import uuid

import aiohttp
import msgspec
import pytest
import pytest_asyncio
from local_issuer import AUDIENCE, running_issuer
from newcomers import join, member
from rest_people import Person, running_api

from server.config.providers import OidcIssuer, OpaqueProvider
from server.keys import HUB
from server.limits import Close

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_SEC = 60.0


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


async def test_a_live_connection_ends_with_its_sign_in(api):
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
        assert (await other.post("auth/logout", {})).status == 204
        await hub.drop_signed_out()
        told = await goes.receive(timeout=WAIT_SEC)
        assert (told.type, told.data) == (aiohttp.WSMsgType.CLOSE, Close.UNAUTHENTICATED)
        await stays.send_json({"event": "start_session", "data": {"songId": 1}})
        assert (await stays.receive_json(timeout=WAIT_SEC))["event"] == "session_started"
