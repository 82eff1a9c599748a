"""A provider of identities on this machine: signed tokens, their keys, and profiles by token."""

import time
import uuid
from contextlib import asynccontextmanager
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

AUDIENCE = "https://etude.example/api"


def new_key(algorithm: str, bits: int = 2048) -> Any:
    """A private key to sign by an algorithm."""
    if algorithm.startswith("ES"):
        curves = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
        return ec.generate_private_key(curves[algorithm]())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, bits)


def public_jwk(key: Any, algorithm: str, **more: Any) -> dict[str, Any]:
    """What an issuer publishes of a key."""
    kind = jwt.get_algorithm_by_name(algorithm)
    return {**kind.to_jwk(key.public_key(), as_dict=True), "use": "sig", **more}


class LocalIssuer:
    """A provider; tests change what it says.

    Attributes
    ----------
    jwks : list of dict
        What it publishes.
    n_jwks : int
        How often that was asked for.
    profiles : dict
        Whose an opaque token is.
    asked : list of str
        The tokens whose profile was asked for.
    status : int or None
        What it answers instead, when it has failed.
    """

    def __init__(self) -> None:
        self.url = ""
        self.jwks: list[dict[str, Any]] = []
        self.n_jwks = 0
        self.profiles: dict[str, Any] = {}
        self.asked: list[str] = []
        self.status: int | None = None
        self.described_as: str | None = None
        self._keys: dict[str, tuple[Any, str]] = {}
        self.kid = self.add_key("ES256")

    def add_key(self, algorithm: str, bits: int = 2048, **more: Any) -> str:
        """Publish one more key."""
        kid = uuid.uuid4().hex
        key = new_key(algorithm, bits)
        self._keys[kid] = key, algorithm
        self.jwks.append(public_jwk(key, algorithm, kid=kid, **more))
        return kid

    def rotate(self, algorithm: str = "ES256") -> None:
        """Sign with a new key, and no longer publish the others."""
        self.jwks.clear()
        self.kid = self.add_key(algorithm)

    def claims(self, subject: str, **claims: Any) -> dict[str, Any]:
        """What a token says; None leaves something out."""
        now = int(time.time())
        base = {"iss": self.url, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 600}
        return {name: one for name, one in {**base, **claims}.items() if one is not None}

    def token(self, subject: str, *, kid: str | None = None, **claims: Any) -> str:
        """Sign a token."""
        kid = kid or self.kid
        key, algorithm = self._keys[kid]
        return jwt.encode(self.claims(subject, **claims), key, algorithm, {"kid": kid})

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/.well-known/openid-configuration", self._describe),
            web.get("/jwks", self._publish),
            web.get("/me", self._profile),
        ]

    async def _describe(self, _request: web.Request) -> web.Response:
        issuer = self.described_as or self.url
        return web.json_response({"issuer": issuer, "jwks_uri": f"{self.url}/jwks"})

    async def _publish(self, _request: web.Request) -> web.Response:
        self.n_jwks += 1
        return web.json_response({"keys": self.jwks}, status=self.status or 200)

    async def _profile(self, request: web.Request) -> web.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.asked.append(token)
        if self.status is not None:
            return web.json_response({}, status=self.status)
        if token not in self.profiles:
            return web.json_response({"error": "invalid_token"}, status=401)
        return web.json_response(self.profiles[token])


@asynccontextmanager
async def running_issuer(issuer: LocalIssuer | None = None):
    """Run a provider on a free port."""
    issuer = issuer or LocalIssuer()
    app = web.Application()
    app.router.add_routes(issuer.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield issuer
    await runner.cleanup()
