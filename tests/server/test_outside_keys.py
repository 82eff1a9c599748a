"""The keys of an issuer: fetched when they are needed, again for a new one, and not too often."""

import pytest
from local_issuer import AUDIENCE, LocalIssuer, running_issuer

from server.config.providers import OidcIssuer
from server.errors import TokenError
from server.outside.asking import Asking, AwayError
from server.outside.key_sets import FETCHES_BURST, FRESH_SEC, KEPT_SEC, KeySet
from server.outside.oidc import OidcTokens, issuer_of


@pytest.fixture
async def issuer():
    async with running_issuer() as running:
        yield running


@pytest.fixture
async def tokens(issuer):
    asking = Asking()
    configured = OidcIssuer(name="auth0", issuer=issuer.url, audience=AUDIENCE)
    yield OidcTokens([issuer_of(configured, asking)])
    await asking.close()


async def test_keys_are_fetched_once_and_again_for_a_new_one(issuer, tokens):
    for _ in range(3):
        assert (await tokens.read(issuer.token("ada"))).subject == "ada"
    assert issuer.n_jwks == 1
    old = issuer.token("ada")
    issuer.rotate("RS256")
    assert (await tokens.read(issuer.token("ada"))).subject == "ada"
    assert issuer.n_jwks == 2
    with pytest.raises(TokenError, match="has no key"):
        await tokens.read(old)


async def test_made_up_keys_do_not_cost_the_issuer_a_request_each(issuer, tokens):
    stranger = LocalIssuer()
    stranger.url = issuer.url
    for _ in range(10):
        stranger.rotate()
        with pytest.raises(TokenError, match="has no key"):
            await tokens.read(stranger.token("ada"))
    assert issuer.n_jwks == FETCHES_BURST
    assert (await tokens.read(issuer.token("ada"))).subject == "ada"


async def test_an_issuer_that_is_away_is_told_so(issuer, tokens):
    issuer.status = 500
    with pytest.raises(AwayError):
        await tokens.read(issuer.token("ada"))
    issuer.status = None
    assert await tokens.read(issuer.token("ada"))


async def test_an_issuer_that_describes_another_is_not_believed(issuer, tokens):
    issuer.described_as = "https://elsewhere.example"
    with pytest.raises(AwayError):
        await tokens.read(issuer.token("ada"))


class Source:
    """Keys, and a clock that tests set."""

    def __init__(self):
        self.issuer = LocalIssuer()
        self.now_sec = 0.0
        self.n_fetched = 0
        self.is_away = False
        self.keys = KeySet("auth0", self.fetch, lambda: self.now_sec)

    async def fetch(self):
        self.n_fetched += 1
        if self.is_away:
            raise AwayError("auth0")
        return list(self.issuer.jwks)

    async def find(self):
        return await self.keys.find({"alg": "ES256", "kid": self.issuer.kid})


async def test_keys_are_asked_for_again_after_a_while():
    source = Source()
    assert await source.find()
    source.now_sec += FRESH_SEC + 1
    assert await source.find()
    assert source.n_fetched == 2


async def test_known_keys_are_good_for_a_while_without_the_issuer():
    source = Source()
    assert await source.find()
    source.is_away = True
    source.now_sec += FRESH_SEC + 1
    assert await source.find()
    source.now_sec = KEPT_SEC + 1
    with pytest.raises(AwayError):
        await source.find()
    source.is_away = False
    assert await source.find()


async def test_without_a_name_any_key_that_fits_will_do():
    source = Source()
    assert await source.keys.find({"alg": "ES256"})
    assert await source.keys.find({"alg": "RS256"}) is None


@pytest.mark.parametrize("algorithm", ["HS256", "none", None, "ES256K", ["ES256"], {}])
async def test_no_key_is_for_an_algorithm_of_secrets(algorithm):
    source = Source()
    assert await source.keys.find({"alg": algorithm, "kid": source.issuer.kid}) is None
    assert source.n_fetched == 0
