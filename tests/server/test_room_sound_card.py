"""Rooms through a sound card: a virtual one, whose sound is recorded and measured."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import numpy as np
import pytest
import pytest_asyncio
import soundfile
from room_server import running_room_server

from server.inputs.microphone_library import list_devices
from server.roomclient import Clock, Identity, Move, Room, RoomService, Track
from server.roomclient.audio_player import AudioPlayer

pytestmark = pytest.mark.asyncio(loop_scope="module")
RATE_HZ = 44_100
NOISE_SEC, NOISE_HZ = 60, 800
OFFSET_MS, NEAR_MS = 40.0, 15.0  # generous: the machine of the tests is busy
NEAREST_MS = 5.0  # nearer, and two copies could not be told apart
WAIT_SEC = 60.0
MONITOR = ("parec", "--device=vmic_sink.monitor", "--raw", "--format=float32le", "--channels=1",
           f"--rate={RATE_HZ}", "--latency-msec=20")  # fmt: skip


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """Noise, of which no two moments are alike, dull enough to stay alike at rates near one."""
    path = tmp_path_factory.mktemp("music") / "noise.wav"
    spectrum = np.fft.rfft(np.random.default_rng(1).normal(size=NOISE_SEC * RATE_HZ))
    spectrum[NOISE_HZ * NOISE_SEC :] = 0.0
    samples = np.fft.irfft(spectrum)
    soundfile.write(path, 0.1 * samples / samples.std(), RATE_HZ)
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def players(sound_server, noise):
    """Two players of the noise: a sound server takes seconds to begin with each."""
    sound_server.plug()
    list_devices()

    async def find(track_uri):
        return Track(track_uri, "noise", "", 1e3 * NOISE_SEC)

    both = [AudioPlayer(Clock(), find, lambda _uri: noise) for _ in range(2)]
    await asyncio.gather(*(player.open() for player in both))
    yield both
    for player in both:
        await player.close()


@pytest.fixture
def player(players):
    """One of them."""
    return players[0]


@asynccontextmanager
async def recording(seconds):
    """Record what all that sounds comes to; gives a function that waits for the samples."""
    process = await asyncio.create_subprocess_exec(*MONITOR, stdout=asyncio.subprocess.PIPE)
    try:

        async def record():
            payload = await process.stdout.readexactly(4 * int(seconds * RATE_HZ))
            return np.frombuffer(payload, np.float32)

        yield record
    finally:
        process.kill()
        await process.wait()


async def until(happens):
    """Ask again and again until it is so."""
    async with asyncio.timeout(WAIT_SEC):
        while not (found := await happens()):
            await asyncio.sleep(0.02)
        return found


def echo_ms(samples, piece=RATE_HZ // 5):
    """How far apart the two copies are of which a sound is made, and how alike they are."""
    likeness = np.zeros(piece)
    for begin in range(0, len(samples) - piece + 1, piece):
        spectrum = np.fft.rfft(samples[begin : begin + piece], 2 * piece)
        likeness += np.fft.irfft(np.abs(spectrum) ** 2)[:piece]
    likeness /= likeness[0]
    nearest = round(NEAREST_MS * RATE_HZ / 1e3)  # before, all is alike to itself
    lag = nearest + int(likeness[nearest : piece // 2].argmax())
    return 1e3 * lag / RATE_HZ, likeness[lag]


async def test_positions_go_with_the_clock(player):
    await player.move(Move("noise", 5_000.0, True))
    first = await player.read()
    assert first.is_playing and first.track.name == "noise"
    assert 5_000.0 <= first.position_ms < 6_000.0
    offsets = []
    for _ in range(25):
        await asyncio.sleep(0.02)
        reading = await player.read()
        offsets.append(reading.position_ms - reading.answered_ms)
    if player.output.n_gaps == 0:
        assert max(offsets) - min(offsets) < 20.0


async def test_a_cue_starts_at_its_instant(player):
    clock = Clock()
    await player.move(Move("noise", 5_000.0, True))
    at_ms = clock.now_ms() + 500.0
    cueing = asyncio.create_task(player.move(Move("noise", 20_000.0, True, at_ms, True)))
    reading = await until(player.read)
    await until(lambda: _is_at(player, 20_000.0))
    assert clock.now_ms() < at_ms
    await cueing
    assert clock.now_ms() >= at_ms
    reading = await player.read()
    if player.output.n_gaps == 0:
        assert reading.position_ms - 20_000.0 == pytest.approx(reading.answered_ms - at_ms, abs=20)


async def _is_at(player, position_ms):
    return (await player.read()).position_ms == position_ms


async def test_what_the_card_gets_is_the_sound_at_the_position(player, noise):
    await player.move(Move("noise", 30_000.0, True))
    async with recording(1.0) as record:
        heard = await record()
        reading = await player.read()
    written, _ = soundfile.read(noise, dtype="float32")
    around = int(reading.position_ms * RATE_HZ / 1e3)
    stretch = written[around - 3 * RATE_HZ : around + RATE_HZ]
    likeness = np.fft.irfft(
        np.fft.rfft(stretch, 1 << 19) * np.conj(np.fft.rfft(heard, 1 << 19)), 1 << 19
    )
    assert likeness.max() > 0.5 * np.linalg.norm(heard) ** 2


async def test_a_pause_is_silent_and_keeps_its_place(player):
    await player.move(Move("noise", 5_000.0, True))
    await player.move(Move("noise", None, False))
    reading = await player.read()
    assert not reading.is_playing and not player.is_playing
    assert (await player.read()).position_ms == reading.position_ms
    await player.move(Move("noise", None, True))
    again = await player.read()
    assert reading.position_ms <= again.position_ms < reading.position_ms + 1_000.0


async def test_the_end_is_told(player):
    ended = asyncio.get_running_loop().create_future()
    player.on_happening = ended.set_result
    await player.move(Move("noise", 1e3 * NOISE_SEC - 200.0, True))
    async with asyncio.timeout(WAIT_SEC):
        assert await ended == "ended"
    reading = await player.read()
    assert (reading.position_ms, reading.is_playing) == (1e3 * NOISE_SEC, False)


async def test_a_room_is_heard_together_but_for_an_offset(players):
    async with running_room_server() as server, aiohttp.ClientSession() as http:
        service = RoomService(http, server.url)
        host = await Room.create(service, Identity("Hanna"), players[0])
        client = await Room.join(service, host.code, Identity("Clara"), players[1])
        running = [asyncio.create_task(room.run()) for room in (host, client)]
        host.member.lead(Move("noise", 5_000.0, True))
        await server.until(lambda: server.said("join_session", client.who.user_id))
        await client.set_offset(OFFSET_MS)  # so that the two can be told apart

        async def are_heard():
            async with recording(0.4) as record:
                apart_ms, share = echo_ms(await record())
            return share > 0.2 and abs(apart_ms - OFFSET_MS) < NEAR_MS

        await until(are_heard)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_sound_card_that_comes_back_is_played_on(player, players, sound_server):
    await players[1].close()  # PortAudio sees new devices only where none is open
    happenings = []
    player.on_happening = happenings.append
    await player.move(Move("noise", 5_000.0, True))
    sound_server.unplug()

    async def is_told():
        return happenings

    await until(is_told)
    assert happenings == ["waiting"]
    stood = await player.read()
    assert stood.is_playing
    await player.move(Move("noise", 30_000.0, True))
    assert (await player.read()).position_ms == 30_000.0
    sound_server.plug()

    async def goes_on():
        reading = await player.read()
        return reading.position_ms > 30_000.0 and len(happenings) == 2

    await until(goes_on)
    assert happenings == ["waiting", "playing"]
    assert (await player.read()).is_playing
