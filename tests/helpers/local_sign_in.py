"""Providers to sign in with on this machine, like Google, GitHub and Apple, and a browser."""

import base64
import hashlib
import re
import uuid
from typing import Any
from urllib.parse import urlencode

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from local_issuer import LocalIssuer
from rest_people import Answer, Api, Person
from yarl import URL

from server.config.providers import AppleSignIn, GithubSignIn, GoogleSignIn, OAuth

APPLE_KEY = ec.generate_private_key(ec.SECP256R1())
APPLE_PEM = APPLE_KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()
FORM = '<form method="post" action="{action}">{inputs}</form>'


class LocalSignIn(LocalIssuer):
    """A provider with a page to sign in at, where ``person`` is who does.

    Attributes
    ----------
    person : dict
        What is said of them in an identity token, or in the profile of GitHub.
    emails : list of dict
        As GitHub tells them.
    refusal : str or None
        Why nobody is signed in.
    """

    client_id = "etude-client"
    client_secret = "etude-client-secret"

    def __init__(self) -> None:
        super().__init__()
        self.person: dict[str, Any] = {}
        self.emails: Any = []
        self.user: str | None = None
        self.refusal: str | None = None
        self.codes: dict[str, dict[str, str]] = {}
        self.granted: set[str] = set()
        self.forms: list[dict[str, str]] = []

    def sign_in(self, **person: Any) -> str:
        """Somebody new sits before the browser; gives their subject."""
        subject = person.pop("sub", None) or uuid.uuid4().hex
        self.person = {"sub": subject, **person}
        return subject

    def configured(self) -> OAuth:
        """The settings of this as all three."""
        common = {"authorize_url": f"{self.url}/authorize", "token_url": f"{self.url}/token"}
        openid = {**common, "jwks_url": f"{self.url}/jwks", "issuer": self.url}
        profile = {"profile_url": f"{self.url}/user", "emails_url": f"{self.url}/user/emails"}
        secret = {"client_id": self.client_id, "client_secret": self.client_secret}
        apple = {"team_id": "TEAM", "key_id": "KEY", "private_key": APPLE_PEM}
        return OAuth(
            google=GoogleSignIn(**secret, **openid),
            github=GithubSignIn(**secret, **common, **profile),
            apple=AppleSignIn(client_id=self.client_id, **apple, **openid),
        )

    def routes(self) -> list[web.RouteDef]:
        return [
            *super().routes(),
            web.get("/authorize", self._authorize),
            web.post("/token", self._token),
            web.get("/user", self._user),
            web.get("/user/emails", self._emails),
        ]

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        assert asked["client_id"] == self.client_id
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        answer = {"state": asked["state"]}
        if self.refusal is not None:
            answer["error"] = self.refusal
        else:
            answer["code"] = code = uuid.uuid4().hex
            self.codes[code] = asked
        if self.user is not None:
            answer["user"] = self.user
        if asked.get("response_mode") == "form_post":
            inputs = "".join(f"<input name='{k}' value='{v}'>" for k, v in answer.items())
            text = FORM.format(action=asked["redirect_uri"], inputs=inputs)
            return web.Response(text=text, content_type="text/html")
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(answer)}")

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        if self.status is not None:
            return web.json_response({}, status=self.status)
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_good = (
            asked is not None
            and form["redirect_uri"] == asked["redirect_uri"]
            and challenge == asked["code_challenge"]
            and form["client_id"] == self.client_id
            and self._knows(form["client_secret"])
        )
        if asked is None or not is_good:  # with the status by which GitHub says it
            status = 400 if asked and "nonce" in asked else 200
            return web.json_response({"error": "invalid_grant"}, status=status)
        access_token = uuid.uuid4().hex
        self.granted.add(access_token)
        told = {"access_token": access_token, "token_type": "Bearer"}
        if "nonce" in asked:
            claims = {"aud": self.client_id, "nonce": asked["nonce"], **self.person}
            told["id_token"] = self.token(claims.pop("sub"), **claims)
        return web.json_response(told)

    def _knows(self, secret: str) -> bool:
        if secret == self.client_secret:
            return True
        claims = jwt.decode(
            secret, APPLE_KEY.public_key(), ["ES256"], audience="https://appleid.apple.com"
        )
        head = jwt.get_unverified_header(secret)
        return (claims["iss"], claims["sub"], head["kid"]) == ("TEAM", self.client_id, "KEY")

    async def _user(self, request: web.Request) -> web.Response:
        self._check_granted(request)
        person = {name: value for name, value in self.person.items() if name != "sub"}
        return web.json_response({"id": self.person["sub"], **person})

    async def _emails(self, request: web.Request) -> web.Response:
        self._check_granted(request)
        return web.json_response(self.emails)

    def _check_granted(self, request: web.Request) -> None:
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.granted:
            raise web.HTTPUnauthorized


class Browser:
    """A browser of its own, which keeps cookies and follows providers back and forth."""

    def __init__(self, api: Api) -> None:
        self.api = api
        origin = URL(api.url)
        # Browsers take https cookies of this machine's own addresses, too.
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=[origin])
        self.http = aiohttp.ClientSession(cookie_jar=jar)

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.http.close()

    async def begin(self, provider: str, **query: str) -> str:
        """Go to the provider; gives the address of its page."""
        url = f"{self.api.url}/api/v1/auth/oauth/{provider}"
        async with self.http.get(url, params=query, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            return answer.headers["Location"]

    async def agree(self, address: str) -> tuple[str, str, dict[str, str]]:
        """Sign in there; gives how the provider would send the browser back."""
        async with self.http.get(address, allow_redirects=False) as answer:
            if answer.status == 302:
                return "GET", answer.headers["Location"], {}
            text = await answer.text()
        inputs = dict(re.findall(r"name='(.*?)' value='(.*?)'>", text))
        return "POST", re.search(r'action="(.*?)"', text)[1], inputs

    async def go(self, method: str, url: str, form: dict[str, str]) -> tuple[int, str]:
        """Go where a provider sends the browser; gives the status, and where that leads."""
        sent = {"data": form, "headers": {"Origin": self.origin}} if method == "POST" else {}
        async with self.http.request(method, url, allow_redirects=False, **sent) as answer:
            return answer.status, answer.headers.get("Location") or (await answer.json())["code"]

    @property
    def origin(self) -> str:
        return self.api.app_provider.url

    async def come_back(self, provider: str, **query: str) -> str:
        """Sign in with a provider; gives where the page is then."""
        status, address = await self.go(*await self.agree(await self.begin(provider, **query)))
        assert status == 303, address
        return address

    async def exchange(self, address: str, **more: str) -> Answer:
        """Take the code that stands in the address to the server, as the page does."""
        code = address.partition("#oauth_code=")[2]
        person = Person(Api(self.api.app, self.api.url, self.http, self.api.answers))
        return await person.post("auth/oauth/token", {"code": code, **more})

    async def sign_in(self, provider: str) -> Answer:
        """Sign in with a provider, to the end."""
        return await self.exchange(await self.come_back(provider))
