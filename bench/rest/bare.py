"""The yardstick: a bare aiohttp + uvloop handler that answers constant JSON.

``python -m bench.rest.bare GET_BYTES POST_BYTES`` prints its address and runs until it is told to
stop. A POST is read and answered with 201; both answers are as long as Etude's.
"""

import asyncio
import sys

import msgspec
import uvloop
from aiohttp import web

PATH = "/api/v1/sessions"


def filled(n_bytes: int) -> bytes:
    """JSON of so many bytes."""
    frame = len(msgspec.json.encode({"filled": ""}))
    return msgspec.json.encode({"filled": "x" * max(0, n_bytes - frame)})


def make_app(get_bytes: int, post_bytes: int) -> web.Application:
    """Put the two handlers together."""
    listed, made = filled(get_bytes), filled(post_bytes)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=listed, content_type="application/json")

    async def make(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=made, status=201, content_type="application/json")

    app = web.Application()
    app.router.add_get(PATH, answer)
    app.router.add_post(PATH, make)
    return app


async def serve(get_bytes: int, post_bytes: int) -> None:
    """Listen on any free port of this machine."""
    runner = web.AppRunner(make_app(get_bytes, post_bytes), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(f"bare at http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
