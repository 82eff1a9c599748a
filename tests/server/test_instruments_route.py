"""The list of what can be listened to."""

import aiohttp

from engine.instruments import INSTRUMENTS


async def test_every_instrument_is_listed_with_its_range_and_kind(start_server):
    server = await start_server()
    async with (
        aiohttp.ClientSession() as http,
        http.get(server.url + "/api/v1/instruments") as response,
    ):
        found = await response.json()
    assert response.status == 200
    assert [one["name"] for one in found] == sorted(INSTRUMENTS)
    violin = next(one for one in found if one["name"] == "violin")
    assert violin == {"name": "violin", "low_pitch": 55, "high_pitch": 105, "kind": "melody"}
    assert {one["name"] for one in found if one["kind"] == "chords"} >= {"piano", "guitar"}
