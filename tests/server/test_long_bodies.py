"""What long bodies may take of the memory."""

import asyncio
import io
import json

import pytest

from server.errors import ApiError
from server.http.long_bodies import LONG_BODIES, LongBodies, Share

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIZE = 1 << 20


@pytest.fixture
def bodies(api):
    """Room for hardly more than one body of ``SIZE``; afterwards as before."""
    bodies = api.app[LONG_BODIES]
    before = bodies.of_one_bytes, bodies.of_all_bytes
    bodies.of_one_bytes = SIZE + SIZE // 2
    yield bodies
    bodies.of_one_bytes, bodies.of_all_bytes = before


async def slow(came, goes_on):
    """A queue of which the last bytes come later."""
    yield b'{"items": [], "filled": "' + b"x" * SIZE
    came.set()
    await goes_on.wait()
    yield b'"}'


def send(person, data):
    headers = {"Content-Type": "application/json"}
    return person.ask("POST", "sessions/batch", data=data, headers=headers)


async def settled(bodies, n_bytes):
    async with asyncio.timeout(30):
        while bodies.n_bytes < n_bytes:
            await asyncio.sleep(0)


@pytest.mark.parametrize("whose", ["own", "all"])
async def test_what_has_no_room_is_refused_until_there_is_some(api, bodies, whose):
    ada, ben = await api.person("Ada"), await api.person("Ben")
    other = ada if whose == "own" else ben
    if whose == "all":
        bodies.of_all_bytes = bodies.of_one_bytes
    came, goes_on = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(send(ada, slow(came, goes_on)))
    await settled(bodies, SIZE)
    whole = json.dumps({"items": [], "filled": "x" * SIZE}).encode()
    refused = await send(other, io.BytesIO(whole))
    assert (refused.status, refused.code) == (503, "BUSY")
    assert int(refused.headers["Retry-After"]) > 0
    if whose == "own":
        assert (await send(ben, io.BytesIO(whole))).status == 200  # it is nobody else's fault
    goes_on.set()
    assert (await first).status == 200
    assert (await send(other, io.BytesIO(whole))).status == 200
    assert bodies.n_bytes == 0


async def test_what_is_refused_counts_no_bytes():
    bodies = LongBodies(of_one_bytes=10, of_all_bytes=15)
    ada, ben = Share(bodies, "ada"), Share(bodies, "ben")
    ada.grow(10)
    for share, n_bytes in ((ada, 1), (ben, 6)):
        with pytest.raises(ApiError, match="uploaded at once"):
            share.grow(n_bytes)
    ben.grow(5)
    assert bodies.n_bytes == 15
