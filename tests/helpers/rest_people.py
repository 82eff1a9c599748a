"""People who use the REST interface, each with a token and a way to ask."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from declared_answers import DeclaredAnswers

from server.app import make_app
from server.auth import DAY_SEC, User
from server.config import Settings
from server.identity.account import Account
from server.keys import ACCOUNTS, HUB

BASE = "/api/v1/"


@dataclass
class Answer:
    """What the server said."""

    status: int
    data: Any
    headers: Any
    body: bytes

    @property
    def code(self) -> str:
        return self.data["code"]


@dataclass
class Person:
    """Somebody with an account, or nobody: without ``account`` no token is sent."""

    api: "Api"
    account: Account | None = None
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.account.id

    async def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """Send a request; ``path`` is below /api/v1/ unless it begins with a slash."""
        headers = {**self.headers, **options.pop("headers", {})}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            options["json"] = body
        url = self.api.url + (path if path.startswith("/") else BASE + path)
        async with self.api.http.request(method, url, headers=headers, **options) as response:
            raw = await response.read()
            self.api.answers.check()
            is_json = response.content_type == "application/json" and raw
            data = await response.json() if is_json else None
            return Answer(response.status, data, response.headers, raw)

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return await self.ask("POST", path, body, **options)

    async def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return await self.ask("PUT", path, body, **options)

    async def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        return await self.ask("PATCH", path, body, **options)

    async def delete(self, path: str, body: Any = None, **options: Any) -> Answer:
        return await self.ask("DELETE", path, body, **options)


class Api:
    """A server of one test module, and people for it."""

    def __init__(
        self,
        app: web.Application,
        url: str,
        http: aiohttp.ClientSession,
        answers: DeclaredAnswers,
    ) -> None:
        self.app = app
        self.url = url
        self.http = http
        self.answers = answers

    @property
    def nobody(self) -> Person:
        return Person(self)

    async def person(self, name: str = "Ada", role: str = "student", **about: Any) -> Person:
        """Make an account nobody else has, with a token that needs no sign-in."""
        account = await self.app[ACCOUNTS].make(name, role, **about)
        token = self.app[HUB].tokens.issue(User(account.id, account.name), 3600 / DAY_SEC)
        return Person(self, account, token)


async def link(teacher: Person, student: Person) -> None:
    """Let a student accept a teacher's invitation."""
    invited = await teacher.post("teaching/invitations")
    answer = await student.post("teaching/invitations/accept", {"code": invited.data["code"]})
    assert answer.status == 201


@asynccontextmanager
async def running_api(settings: Settings):
    """Run a server of these settings on a free port."""
    app = make_app(settings)
    answers = DeclaredAnswers(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession() as http:
            yield Api(app, f"http://127.0.0.1:{runner.addresses[0][1]}", http, answers)
        answers.check()
    finally:
        await runner.cleanup()
