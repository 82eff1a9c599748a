"""The routes, by area."""

from server import ws
from server.routes import (
    auth,
    docs,
    instruments,
    lessons,
    music,
    oauth,
    ops,
    own,
    page,
    progress,
    queue,
    search,
    session_parts,
    sessions,
    songs,
    sync,
    teaching,
    two_factor,
    users,
)

DECLARED = (
    auth,
    docs,
    instruments,
    lessons,
    music,
    ops,
    own,
    progress,
    queue,
    search,
    session_parts,
    sessions,
    songs,
    sync,
    teaching,
    users,
    oauth,
    two_factor,
)
# Pages and sockets, which no client calls by their answers.
PLAIN = (
    page,
    ws,
)
