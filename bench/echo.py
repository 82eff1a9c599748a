"""The yardstick: a bare aiohttp + uvloop echo, which does nothing but carry frames.

``python -m bench.echo`` prints its address and runs until it is told to stop.
"""

import asyncio

import uvloop
from aiohttp import WSMsgType, web

PATH = "/api/v1/ws"


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Send every frame back as it came."""
    socket = web.WebSocketResponse(protocols=("msgpack",), compress=False)
    await socket.prepare(request)
    while True:
        message = await socket.receive()
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
        else:
            return socket


async def serve() -> None:
    """Listen on any free port of this machine."""
    app = web.Application()
    app.router.add_get(PATH, echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(f"echo at http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve())
