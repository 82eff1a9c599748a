"""Listening rooms over Socket.IO: the standard npm client as it is."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from server.keys import HUB

NPM = Path(__file__).resolve().parent.parent / "npm"
WAIT_SEC = 60.0


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_the_standard_client_walks_through_a_room(start_server, transport):
    if shutil.which("node") is None or not (NPM / "node_modules").is_dir():
        pytest.skip("Node.js or tests/npm/node_modules is absent")
    server = await start_server()
    process = await asyncio.create_subprocess_exec(
        "node", "room.js", server.url, transport, cwd=NPM, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), WAIT_SEC)
    told = json.loads(out)
    assert told["transport"] == transport
    answers = {name: (answer["status"], answer["body"]) for name, answer in told["answers"].items()}
    code = answers["made"][1]["sessionId"]
    statuses = {name: status for name, (status, _) in answers.items()}
    assert statuses == {"made": 201, "joined": 200, "offset": 200, "state": 200, "ended": 204}
    assert answers["joined"][1]["hostName"] == "Ada"
    assert answers["offset"][1]["offsetMs"] == 120
    state = answers["state"][1]
    assert state["currentTrack"]["uri"] == "spotify:track:1"
    assert state["client"] == {"userId": "c", "userName": "Ben"}
    ended = {"sessionId": code, "reason": "host_ended", "kind": "sync"}
    assert told["reasons"] == [ended, ended]
    heard = told["client"]
    assert heard[0][0] == "error" and heard[0][1]["code"] == "WRONG_ORDER"
    command = next(data for event, data in heard if event == "sync_command")
    assert {"action", "trackUri", "position", "isPlaying", "timestamp"} <= set(command)
    status = next(data for event, data in heard if event == "sync_status")
    assert {"drift", "lastSync", "quality"} <= set(status)
    assert not server.app[HUB].rooms
