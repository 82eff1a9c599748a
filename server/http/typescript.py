"""Types of REST and events for TypeScript, made of the structs that go over the wire.

``python -m server.http.typescript > docs/etude.d.ts`` writes them anew; a test holds the two equal.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from server.http.declare import Route
from server.http.openapi import is_stream, plain_path, tag_of
from server.http.openapi_parts import Error, refusals
from server.http.typescript_types import Types
from server.live.models import LIVE_MESSAGES, REPLIES
from server.rooms.models import ROOM_MESSAGES, ROOM_REPLIES

HEAD = """// Made by `python -m server.http.typescript`; do not edit.
//
// `paths` has every route: what it takes, what it answers, with what codes it refuses.
// `ClientEvents` and `ServerEvents` have every event of live play and listening rooms.
"""

EVENTS = """/** A text frame to the plain WebSocket. */
export type ClientFrame =
  { [E in keyof ClientEvents]: { event: E; data: ClientEvents[E] } }[keyof ClientEvents];

/** A text frame from the plain WebSocket. */
export type ServerFrame =
  { [E in keyof ServerEvents]: { event: E; data: ServerEvents[E] } }[keyof ServerEvents];
"""

Events = dict[str, list[type[msgspec.Struct]]]


def declarations(routes: Iterable[Route]) -> str:
    """Make the whole file.

    Parameters
    ----------
    routes : iterable of Route
        All there are.
    """
    routes = sorted(routes, key=lambda route: (tag_of(route), plain_path(route), route.method))
    sent, told = _by_name(LIVE_MESSAGES, ROOM_MESSAGES), _by_name(REPLIES, ROOM_REPLIES)
    asked = [
        kind for route in routes for kind in (route.shown_body, route.query) if kind is not None
    ]
    asked += [kind for kinds in sent.values() for kind in kinds]
    types = Types(asked)
    parts = [*_paths(routes, types), *_events("ClientEvents", "From the client.", sent, types)]
    parts += [*_events("ServerEvents", "From the server.", told, types), EVENTS]
    types.of(Error)
    return "\n".join([HEAD, *types.interfaces(), *parts])


def _by_name(*groups: Mapping[str, type[msgspec.Struct]]) -> Events:
    """Both rooms and live play have a ``session_ended``: the name stands for either."""
    found: Events = {}
    for group in groups:
        for name, kind in group.items():
            found.setdefault(name, []).append(kind)
    return found


def _events(name: str, words: str, events: Events, types: Types) -> Iterator[str]:
    yield f"/** {words} */"
    yield f"export interface {name} {{"
    for event, kinds in events.items():
        yield f"  {event}: {' | '.join(types.of(kind) for kind in kinds)};"
    yield "}\n"


def _paths(routes: list[Route], types: Types) -> Iterator[str]:
    by_path: dict[str, list[Route]] = {}
    for route in routes:
        by_path.setdefault(plain_path(route), []).append(route)
    yield "/** Every route, by path and method. */"
    yield "export interface paths {"
    for path, shared in by_path.items():
        yield f"  {json.dumps(path)}: {{"
        for route in shared:
            yield f"    /** {route.summary} */"
            yield f"    {route.method.lower()}: {{"
            yield from (f"      {line};" for line in _route(route, types))
            yield "    };"
        yield "  };"
    yield "}\n"


def _route(route: Route, types: Types) -> Iterator[str]:
    if route.parameters is not None:
        yield f"path: {_fields(route.parameters, types)}"
    if route.query is not None:
        is_asked = any(field.required for field in msgspec.structs.fields(route.query))
        yield f"query{'' if is_asked else '?'}: {_fields(route.query, types)}"
    if (body := route.shown_body) is not None:
        is_asked = any(field.required for field in msgspec.structs.fields(body))
        yield f"body{'' if is_asked else '?'}: {types.of(body)}"
    yield f"response: {_answer(route.answer, types)}"
    codes = sorted({code for codes in refusals(route).values() for code in codes})
    yield f"errors: {' | '.join(map(json.dumps, codes))}"


def _fields(kind: type[msgspec.Struct], types: Types) -> str:
    lines = [
        f"{field.encode_name}{'' if field.required else '?'}: {types.of(field.type)}"
        for field in msgspec.structs.fields(kind)
    ]
    return f"{{ {'; '.join(lines)} }}"


def _answer(answer: Any, types: Types) -> str:
    if answer in (None, type(None)):
        return "void"
    return "Blob" if is_stream(answer) else types.of(answer)


if __name__ == "__main__":
    from server.app import make_app
    from server.config import Settings
    from server.http.declare import ROUTES

    declared: list[Route] = make_app(Settings())[ROUTES]
    print(declarations(declared), end="")
