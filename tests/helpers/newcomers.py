"""People who come with an address and a password, over REST as any client does."""

import uuid
from dataclasses import dataclass
from typing import Any

from rest_people import Answer, Api, Person

PASSWORD = "wohltemperiert"


@dataclass
class Member(Person):
    """Somebody who has signed in; ``tokens`` is what the server answered last."""

    tokens: Any = None

    @property
    def id(self) -> str:
        return self.tokens["user"]["id"]

    @property
    def email(self) -> str:
        return self.tokens["user"]["email"]

    async def refresh(self, token: str | None = None) -> Answer:
        """Ask for new tokens, and take them."""
        given = token or self.tokens["refresh_token"]
        answer = await self.api.nobody.post("auth/refresh", {"refresh_token": given})
        if answer.status == 200:
            self.take(answer)
        return answer

    def take(self, answer: Answer) -> "Member":
        self.tokens = answer.data
        self.token = answer.data["access_token"]
        return self


def new_email(name: str = "ada") -> str:
    """Nobody else has it, not even in a database that other tests share."""
    return f"{name}.{uuid.uuid4().hex}@example.org"


async def join(api: Api, name: str = "Ada", **more: Any) -> Member:
    """Register; whatever is not said here is made up."""
    body = {"email": new_email(), "password": PASSWORD, "name": name, **more}
    answer = await api.nobody.post("auth/register", body)
    assert answer.status == 201, answer.data
    return Member(api).take(answer)


async def log_in(api: Api, email: str, password: str = PASSWORD) -> Answer:
    """Try to sign in."""
    return await api.nobody.post("auth/login", {"email": email, "password": password})


async def member(api: Api, email: str, password: str = PASSWORD) -> Member:
    """Sign in once more."""
    answer = await log_in(api, email, password)
    assert answer.status == 200, answer.data
    return Member(api).take(answer)
