"""Bearer tokens from elsewhere: signed ones, and those that only their provider can read."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
import uuid

import jwt
import msgspec
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from local_issuer import AUDIENCE, new_key, public_jwk, running_issuer
from rest_people import Person, running_api

from server.config.providers import OidcIssuer, OpaqueProvider, RateLimits
from server.outside.oidc import CLOCKS_SEC
from server.outside.strangers import AT_ONCE

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE_SEC = 20.0
UNKNOWN_MAX = RateLimits().unknown_tokens_per_address_per_minute
ALGORITHMS = ("RS256", "PS512", "ES384", "EdDSA")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def issuer():
    async with running_issuer() as running:
        running.kids = {name: running.add_key(name) for name in ALGORITHMS}
        running.kids["for another use"] = running.add_key("ES256", use="enc")
        running.kids["too short"] = running.add_key("RS256", bits=1024)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def school():
    async with running_issuer() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(rest_settings, issuer, school):
    oidc = (
        OidcIssuer(name="auth0", issuer=issuer.url, audience=AUDIENCE),
        OidcIssuer(name="auth0-mobile", issuer=issuer.url, audience="mobile"),
    )
    opaque = (
        OpaqueProvider(name="library", profile_url=f"{issuer.url}/me"),
        OpaqueProvider(
            name="school", profile_url=f"{school.url}/me", subject_field="id", name_field="label"
        ),
    )
    settings = msgspec.structs.replace(
        rest_settings, oidc=oidc, opaque=opaque, proxies=("127.0.0.1",)
    )
    async with running_api(settings) as running:
        yield running


@pytest.fixture(autouse=True)
def answering(issuer, school):
    """What a test breaks is whole again for the next."""
    yield
    issuer.status = school.status = issuer.described_as = None


def new_subject():
    return f"auth0|{uuid.uuid4().hex}"


async def me(api, token, address=None):
    headers = {} if address is None else {"X-Forwarded-For": address}
    return await Person(api, token=token).get("auth/me", headers=headers)


async def until(claim, what):
    """Ask again and again until it is so; memories of a minute would take too long."""
    end_sec = time.monotonic() + PATIENCE_SEC
    while not await claim():
        assert time.monotonic() < end_sec, f"waited in vain until {what}"
        await asyncio.sleep(0.1)


def refused(answer):
    return answer.status == 401 and answer.code == "INVALID_TOKEN"


async def test_who_comes_from_an_issuer_is_one_account(api, issuer):
    subject = new_subject()
    first = await me(api, issuer.token(subject, name="Ada Lovelace"))
    assert (first.status, first.data["name"]) == (200, "Ada Lovelace")
    again = await me(api, issuer.token(subject, name="Ada", nonce="another token"))
    assert again.data == first.data
    assert (await me(api, issuer.token(new_subject()))).data["id"] != first.data["id"]


async def test_many_who_come_at_once_for_the_first_time_are_one_account(api, issuer):
    subject = new_subject()
    tokens = [issuer.token(subject, nonce=number) for number in range(8)]
    answers = await asyncio.gather(*(me(api, token) for token in tokens))
    assert len({answer.data["id"] for answer in answers}) == 1


async def test_the_same_subject_of_another_provider_is_somebody_else(api, issuer, school):
    subject = new_subject()
    school.profiles["pass"] = {"id": subject}
    ids = [
        (await me(api, token)).data["id"]
        for token in (issuer.token(subject), issuer.token(subject, aud="mobile"), "pass")
    ]
    assert len(set(ids)) == 3


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_issuers_may_sign_by_any_public_key(api, issuer, algorithm):
    answer = await me(api, issuer.token(new_subject(), kid=issuer.kids[algorithm]))
    assert answer.status == 200, answer.data


def part(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def signed_by(secret, head, claims):
    """Sign by a secret, whatever that is: PyJWT would not take a public key."""
    said = f"{part(head)}.{part(claims)}"
    signature = hmac.new(secret, said.encode(), hashlib.sha256).digest()
    return f"{said}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def forged(issuer):
    """Tokens that say to be somebody's, and are not."""
    good = issuer.token("victim")
    head, body, signature = good.split(".")
    claims, kid = issuer.claims("victim"), {"kid": issuer.kid}
    key, _ = issuer._keys[issuer.kid]
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    own_key = new_key("ES256")
    embedded = {**kid, "jwk": public_jwk(own_key, "ES256"), "jku": "http://127.0.0.1:9/jwks"}
    now = int(time.time())
    return {
        "expired": issuer.token("victim", exp=now - 3600),
        "not yet good": issuer.token("victim", nbf=now + 3600),
        "without end": issuer.token("victim", exp=None),
        "another audience": issuer.token("victim", aud="https://elsewhere.example"),
        "no audience": issuer.token("victim", aud=None),
        "nobody's": issuer.token("victim", sub=None),
        "nobody by name": issuer.token(""),
        "a subject that is too long": issuer.token("a" * 300),
        "another key": jwt.encode(claims, own_key, "ES256", kid),
        "a key of its own": jwt.encode(claims, own_key, "ES256", embedded),
        "the public key as a secret": signed_by(public, {"alg": "HS256", **kid}, claims),
        "alg none": f"{part({'alg': 'none', **kid})}.{body}.",
        "alg none, signed": f"{part({'alg': 'none', **kid})}.{body}.{signature}",
        "an unknown alg": f"{part({'alg': 'XX256', **kid})}.{body}.{signature}",
        "another alg": f"{part({'alg': 'RS256', **kid})}.{body}.{signature}",
        "other claims": f"{head}.{part({**claims, 'sub': 'admin'})}.{signature}",
        "an alg that is no text": f"{part({'alg': ['ES256'], **kid})}.{body}.{signature}",
    }


async def test_forged_tokens_are_refused_and_go_nowhere_else(api, issuer, school):
    for kind, token in forged(issuer).items():
        answer = await me(api, token)
        assert refused(answer), (kind, answer.data)
        assert ("expired" in answer.data["error"]) == (kind == "expired"), kind
        is_readable = kind != "an alg that is no text"
        assert token not in issuer.asked + school.asked or not is_readable, kind


async def test_a_token_of_another_issuer_is_nobodys(api, issuer):
    assert refused(await me(api, issuer.token("victim", iss="https://elsewhere.example")))


@pytest.mark.parametrize("kind", ["for another use", "too short"])
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
async def test_a_key_that_is_not_good_is_not_believed(api, issuer, kind):
    answer = await me(api, issuer.token("victim", kid=issuer.kids[kind]))
    assert refused(answer)
    assert "has no key" in answer.data["error"]


async def test_an_opaque_token_is_read_by_its_provider(api, school):
    token = uuid.uuid4().hex
    school.profiles[token] = {"id": 4711, "label": "Klara", "email": "not verified@"}
    first = await me(api, token)
    assert (first.data["name"], first.data["email"]) == ("Klara", None)
    assert (await me(api, token)).data == first.data
    assert school.asked.count(token) == 1


async def test_of_many_requests_at_once_one_asks(api, school):
    token = uuid.uuid4().hex
    school.profiles[token] = {"id": token}
    answers = await asyncio.gather(*(me(api, token) for _ in range(10)))
    assert [answer.status for answer in answers] == [200] * 10
    assert school.asked.count(token) == 1


async def test_a_token_that_nobody_knows_is_asked_for_once(api, school):
    token = uuid.uuid4().hex
    for _ in range(3):
        assert refused(await me(api, token))
    assert school.asked.count(token) == 1


@pytest.mark.parametrize("status", [302, 429, 500, 200])
async def test_a_provider_that_fails_is_no_fault_of_the_token(api, issuer, school, status):
    issuer.status = school.status = status
    token = uuid.uuid4().hex
    answer = await me(api, token)
    assert (answer.status, answer.code) == (503, "PROVIDER_UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) > 0
    issuer.status = school.status = None
    school.profiles[token] = {"id": token}
    assert (await me(api, token)).status == 200


async def test_one_provider_that_fails_does_not_keep_others_away(api, issuer, school):
    issuer.status = 500
    token = uuid.uuid4().hex
    school.profiles[token] = {"id": token}
    assert (await me(api, token)).status == 200
    ada = await api.person("Ada")
    assert (await ada.get("auth/me")).status == 200


@pytest.mark.parametrize("subject", [None, "", True, ["a"], "a\0b"])
async def test_a_profile_of_nobody_is_refused(api, school, subject):
    token = uuid.uuid4().hex
    school.profiles[token] = {"id": subject}
    assert (await me(api, token)).status == 503


async def test_own_tokens_are_sent_nowhere(api, issuer, school):
    ada = await api.person("Ada")
    other_server = jwt.encode({"iss": "etude", "sub": ada.id}, "k" * 32, "HS256")
    assert refused(await me(api, other_server))
    assert await me(api, ada.token)
    assert not {ada.token, other_server} & {*issuer.asked, *school.asked}


async def test_one_account_is_nothing_to_another(api, issuer):
    ada, eve = (Person(api, token=issuer.token(new_subject())) for _ in range(2))
    made = await ada.post("sessions", {"song_name": "Minuet", "instrument": "Piano"})
    assert made.status == 201
    assert (await eve.get(f"sessions/{made.data['id']}")).status == 404
    assert (await ada.get(f"sessions/{made.data['id']}")).status == 200


async def test_who_left_is_forgotten_at_once(api, issuer):
    ada = Person(api, token=issuer.token(new_subject()))
    before = (await ada.get("auth/me")).data["id"]
    assert (await ada.delete("auth/me", {})).status == 204
    assert (await ada.get("auth/me")).data["id"] != before


async def test_a_signed_token_is_not_remembered_beyond_its_end(api, issuer):
    token = issuer.token(new_subject(), exp=int(time.time()) - CLOCKS_SEC + 3)
    assert (await me(api, token)).status == 200

    async def is_over():
        return refused(await me(api, token))

    await until(is_over, "the token was over")


@pytest.mark.parametrize("end", ["exp", "expires_in"])
async def test_an_opaque_token_is_not_remembered_beyond_its_end(api, school, end):
    token = uuid.uuid4().hex
    left = time.time() - CLOCKS_SEC + 2 if end == "exp" else "2"
    school.profiles[token] = {"id": token, end: left}
    assert (await me(api, token)).status == 200
    del school.profiles[token]

    async def is_over():
        return refused(await me(api, token))

    await until(is_over, "the provider was asked again")
    assert school.asked.count(token) == 2


async def flood(api, address):
    """Send made up tokens from an address, half of them at once; gives what was answered."""
    tokens = [uuid.uuid4().hex for _ in range(2 * UNKNOWN_MAX)]
    answers = await asyncio.gather(*(me(api, token, address) for token in tokens[:UNKNOWN_MAX]))
    answers += [await me(api, token, address) for token in tokens[UNKNOWN_MAX:]]
    return tokens, answers


async def test_made_up_tokens_of_one_address_are_soon_asked_for_no_more(api, school):
    tokens, answers = await flood(api, "203.0.113.7")
    assert len(set(tokens) & set(school.asked)) < UNKNOWN_MAX + AT_ONCE
    assert {answer.status for answer in answers} == {401, 429}
    last = answers[-1]
    assert (last.status, last.code) == (429, "RATE_LIMITED")
    assert 0 < int(last.headers["Retry-After"]) <= 60


async def test_live_connections_are_no_way_around_that(api, school):
    address, token = "203.0.113.8", uuid.uuid4().hex
    await flood(api, address)
    headers = {"X-Forwarded-For": address}
    async with api.http.ws_connect(f"{api.url}/api/v1/ws", headers=headers) as socket:
        await socket.send_json({"event": "authenticate", "data": {"token": token}})
        told = await socket.receive_json(timeout=PATIENCE_SEC)
    assert told["event"] == "auth_error"
    assert "too often" in told["data"]["message"]
    assert (await Person(api, token=token, headers=headers).post("users/sync", {})).status == 429
    assert token not in school.asked


async def test_who_was_known_at_an_address_plays_on_beside_a_flood(api, school):
    address, known, new = "203.0.113.9", uuid.uuid4().hex, uuid.uuid4().hex
    school.profiles[known] = {"id": known, "expires_in": 1e-6}  # asked for each time
    school.profiles[new] = {"id": new}
    assert (await me(api, known, address)).status == 200
    await flood(api, address)
    assert (await me(api, known, address)).status == 200
    assert school.asked.count(known) == 2
    assert (await me(api, new, address)).status == 429
    assert (await me(api, new, "203.0.113.10")).status == 200
