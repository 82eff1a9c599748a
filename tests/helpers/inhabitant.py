"""Somebody with something of everything over REST, and the paths to all of it."""

import itertools
import re
import uuid
from datetime import UTC, datetime

from settled import settle

from server.http.declare import ROUTES, Access, Uuid
from server.http.openapi import plain_path
from server.keys import STORE

UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
TUNE = "X:1\nT:{title}\nM:4/4\nL:1/4\nK:C\nCDEF|GAGF|EDCD|C4|]\n"
ONE, OTHER = (f"00000000-0000-7000-8000-00000000000{k}" for k in (1, 2))
# What may be said to whatever takes a body: right in form, so that only an id can be wrong.
BODIES = {
    "NewComment": {"body": "hello"},
    "ChangedSession": {"notes": "mine now", "rating": 1, "date": "2026-11-01T10:00:00Z"},
    "NewSession": {"notes": "mine now"},
    "SongChange": {"title": "mine now", "shared": True},
    "UncheckedQueue": {
        "items": [
            {"op": "create", "id": ONE, "session": {"tags": ["mine"]}},
            {"op": "update", "id": ONE, "session": {"tags": ["now"]}},
            {"op": "delete", "id": OTHER},
        ]
    },
}


def changes_of(uuids) -> dict:
    """A batch that changes and deletes whatever sessions have those ids."""
    ops = ({"op": "update", "session": {"notes": "mine now"}}, {"op": "delete"})
    return {"items": [{**op, "id": one} for one in sorted(uuids) for op in ops]}


class Inhabitant:
    """Somebody with a secret in everything that is theirs."""

    def __init__(self, person) -> None:
        self.person = person
        self.secret = f"secret{uuid.uuid4().hex}"
        self.uuids = set()
        self.numbers = set()

    async def settle(self, api, other) -> None:
        """Practise, comment, upload, and be linked with somebody else."""
        ada, secret = self.person, self.secret
        await settle(api.app[STORE], ada.id, other.id)
        session = {
            "date": datetime.now(UTC).isoformat(),
            "duration_seconds": 600,
            "song_name": secret,
            "instrument": secret,
            "focus": secret,
            "notes": secret,
            "tags": [secret],
            "xml_content": secret,
            "analysis_summary": secret,
            "analysis_feedback": secret,
        }
        made = await ada.post("sessions", session)
        assert made.status == 201
        said = await ada.post(f"sessions/{made.data['id']}/comments", {"body": secret})
        assert said.status == 201
        await ada.post("teaching/invitations")
        tune = TUNE.format(title=secret).encode()
        song = await ada.ask("POST", "songs", data=tune, headers={"Content-Type": "text/vnd.abc"})
        assert song.status == 201
        self.numbers.add(str(song.data["id"]))
        self.uuids |= {ada.id, said.data["id"]}

    async def look(self, api) -> dict[str, bytes]:
        """Read all lists of one's own; gather every id that stands there."""
        found = {}
        for route in routes(api, with_parts=False):
            is_open = route.access is Access.OPEN  # the same for everybody
            if route.method == "GET" and route.media == "application/json" and not is_open:
                answer = await self.person.get(route.path)
                if answer.status == 200:
                    found[route.path] = answer.body
                    self.uuids |= set(UUID.findall(answer.body.decode()))
        return found


def routes(api, *, with_parts):
    return [r for r in api.app[ROUTES] if ("{" in r.path) == with_parts]


def paths(route, inhabitant):
    """A route's path with every id of somebody in it."""
    path = plain_path(route)
    parts = re.findall(r"\{(\w+)\}", path)
    ids = [inhabitant.uuids if route.hints[part] == Uuid else inhabitant.numbers for part in parts]
    for chosen in itertools.product(*(sorted(each) for each in ids)):
        yield path.format(**dict(zip(parts, chosen, strict=True)))
