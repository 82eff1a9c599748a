"""People whose practice the history page shows: made over REST, signed in in a browser."""

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from newcomers import PASSWORD, new_email


@dataclass
class Practiser:
    """Somebody with an account on a server, and a way to ask it."""

    url: str
    tokens: Any

    @property
    def user(self) -> Any:
        return self.tokens["user"]

    @property
    def script(self) -> str:
        """What makes a browser find them signed in, once."""
        kept = {
            "access": self.tokens["access_token"],
            "refresh": self.tokens["refresh_token"],
            "endsAt": 1000 * (time.time() + self.tokens["expires_in"]),
            "user": self.user,
        }
        found = json.dumps(json.dumps(kept))
        return f"localStorage['etude.sign-in'] ??= {found};"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request below /api/v1/; gives what the server answers."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/api/v1/{path}", data, method=method)
        request.add_header("Authorization", f"Bearer {self.tokens['access_token']}")
        request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=60) as response:
            return json.loads(response.read() or "null")

    def practise(self, date: str, minutes: float, song_name: str, **more: Any) -> Any:
        """Make a practice session."""
        body = {"date": date, "duration_seconds": 60 * minutes, "song_name": song_name, **more}
        return self.ask("POST", "sessions", body)

    def sessions(self) -> Any:
        return self.ask("GET", "sessions?limit=200")

    def has(self, session_id: str) -> bool:
        """Whether the server has a practice session."""
        try:
            self.ask("GET", f"sessions/{session_id}")
        except HTTPError as error:
            if error.code == 404:
                return False
            raise
        return True


def new_practiser(url: str, name: str = "Ada", role: str = "student", zone: str = "") -> Practiser:
    """Make an account, in a time zone if one is given."""
    body = {"email": new_email(), "password": PASSWORD, "name": name, "role": role}
    request = Request(f"{url}/api/v1/auth/register", json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    with urlopen(request, timeout=60) as response:
        person = Practiser(url, json.load(response))
    if zone:
        person.tokens["user"] = person.ask("PATCH", "auth/profile", {"time_zone": zone})
    return person


def link(teacher: Practiser, student: Practiser) -> None:
    """Let a student accept a teacher's invitation."""
    code = teacher.ask("POST", "teaching/invitations")["code"]
    student.ask("POST", "teaching/invitations/accept", {"code": code})
