"""Two accounts against each other: every id of one, on every route, with the other's token."""

import pytest
import pytest_asyncio
from inhabitant import BODIES, Inhabitant, changes_of, paths, routes

from server.http.declare import Access

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSED = {401, 403, 404, 405, 409, 412, 415, 422}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def victim(api):
    victim = Inhabitant(await api.person("Ada"))
    await victim.settle(api, await api.person("Nadia", "teacher"))
    await victim.look(api)
    return victim


@pytest.mark.parametrize("role", ["student", "teacher", "nobody"])
async def test_no_id_of_one_opens_anything_to_another(api, victim, role):
    stranger = api.nobody if role == "nobody" else await api.person("Eve", role)
    before, n_tried = await victim.look(api), 0
    for route in routes(api, with_parts=True):
        body = BODIES.get(route.body.__name__, {}) if route.body else None
        for path in paths(route, victim):
            answer = await stranger.ask(route.method, path, body)
            n_tried += 1
            assert victim.secret not in str(answer.body), (route.method, path)
            assert answer.status in REFUSED or is_open(route), (route.method, path, answer.status)
    for route in routes(api, with_parts=False):
        if route.method == "GET":
            for query in queries(route, victim):
                answer = await stranger.get(route.path, params=query)
                assert victim.secret not in str(answer.body), (route.path, query)
    batch = await stranger.post("sessions/batch", changes_of(victim.uuids))
    assert victim.secret not in str(batch.body)
    assert n_tried > 100
    assert await victim.look(api) == before


def is_open(route) -> bool:
    """Whether a route may answer with something of one's own, or of everybody's."""
    return "/lessons/" in route.path or route.path.endswith("/songs/{song}")


def queries(route, victim):
    """What to look for with a route: open ones, the same for everybody, are asked once."""
    if route.access is Access.OPEN:
        return [{}]
    return [{}, {"q": victim.secret}, {"tag": victim.secret}, {"cursor": max(victim.uuids)}]
