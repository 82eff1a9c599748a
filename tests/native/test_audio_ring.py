import os
import shutil
import subprocess
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native.audio_ring import AudioBlock, AudioRing
from native.errors import RangeError
from native.ring import clock_sec

HERE = Path(__file__).resolve().parent
SOURCE_DIR = HERE.parents[1] / "native" / "src"


def ramp(start: int, n: int) -> np.ndarray:
    """Samples that are their own positions."""
    return np.arange(start, start + n, dtype=np.float32)


def joined(blocks: list[AudioBlock]) -> list[float]:
    return [sample for block in blocks for sample in block.samples.tolist()]


@given(st.lists(st.integers(1, 40), max_size=30))
def test_samples_come_out_whole_and_in_order(sizes):
    ring, position = AudioRing(2048), 0
    for size in sizes:
        assert ring.push(ramp(position, size))
        position += size
    blocks = ring.pop()
    assert joined(blocks) == list(range(position))
    assert [block.first for block in blocks] == np.cumsum([0, *sizes])[:-1].tolist()
    assert ring.pop() == []
    assert ring.dropped == 0


@given(st.lists(st.one_of(st.integers(1, 150), st.none()), max_size=100))
def test_a_ring_behaves_as_a_bounded_queue_of_whole_blocks(steps):
    """``None`` takes everything out; the model is the list of the positions that are inside."""
    capacity = 128
    ring, model, dropped, position, n_marks = AudioRing(capacity), [], 0, 0, 0
    for step in steps:
        if step is None:
            blocks = ring.pop()
            assert joined(blocks) == model
            for block in blocks:
                assert block.samples.tolist() == list(
                    range(block.first, block.first + len(block.samples))
                )
            model.clear()
            n_marks = 0
            continue
        fits = len(model) + step <= capacity and n_marks < capacity // 32
        assert ring.push(ramp(position, step)) == fits
        if fits:
            model += range(position, position + step)
            n_marks += 1
        else:
            dropped += step
        position += step
        assert ring.dropped == dropped
    assert joined(ring.pop()) == model


def test_a_gap_shows_in_the_positions():
    ring = AudioRing(64)
    assert [ring.push(ramp(k, 30)) for k in (0, 30, 60)] == [True, True, False]
    assert ring.dropped == 30
    assert [block.first for block in ring.pop()] == [0, 30]
    assert ring.push(ramp(90, 30))
    (block,) = ring.pop()
    assert (block.first, block.start, block.samples[0]) == (90, 90, 90.0)


def test_a_long_block_comes_in_pieces_that_know_where_they_stand():
    ring = AudioRing(1 << 15)
    ring.push(ramp(0, 5))
    ring.push(ramp(5, 20_000))
    blocks = ring.pop()
    assert joined(blocks) == list(range(20_005))
    assert [block[1:4] for block in blocks] == [
        (0, 0, 5),
        (5, 5, 20_005),
        (5 + 8192, 5, 20_005),
        (5 + 2 * 8192, 5, 20_005),
    ]
    assert len({block.time_sec for block in blocks[1:]}) == 1


def test_many_channels_become_their_mean_or_the_one_that_is_chosen():
    frames = np.array([[1, 2, 6], [-1, 0, 1], [0.5, 0.25, 0]], np.float32)
    heard = {}
    for channel in (None, 0, 1, 2):
        ring = AudioRing(64, n_channels=3, channel=channel)
        assert ring.push(frames)
        heard[channel] = ring.pop()[0].samples.tolist()
    assert heard == {None: [3, 0, 0.25], 0: [1, -1, 0.5], 1: [2, 0, 0.25], 2: [6, 1, 0]}


def test_what_is_left_of_a_frame_is_ignored():
    ring = AudioRing(64, n_channels=2)
    assert ring.push(ramp(0, 5))
    assert joined(ring.pop()) == [0.5, 2.5]


@pytest.mark.parametrize("samples", [[np.nan, 1.0], [np.inf, -np.inf], [3e38, 3e38]])
def test_bad_samples_pass_as_they_are(samples):
    ring = AudioRing(64)
    assert ring.push(np.array(samples, np.float32))
    np.testing.assert_array_equal(ring.pop()[0].samples, np.array(samples, np.float32))


def test_nothing_is_no_block():
    ring = AudioRing(64)
    assert not ring.push(b"")
    assert ring.pop() == []
    assert ring.dropped == 0


def test_blocks_are_stamped_at_arrival_and_keep_the_age_they_were_told():
    ring = AudioRing(64)
    before_sec = clock_sec()
    ring.push(ramp(0, 8))
    ring.push(ramp(8, 8), 0.25)
    after_sec = clock_sec()
    first, second = ring.pop()
    assert before_sec <= first.time_sec <= second.time_sec <= after_sec
    assert (first.age_sec, second.age_sec) == (0.0, 0.25)


def test_reset_empties_the_ring_and_the_stream_goes_on():
    ring = AudioRing(64)
    ring.push(ramp(0, 60))
    ring.push(ramp(60, 10))
    ring.reset()
    assert ring.pop() == []
    assert ring.dropped == 10
    assert ring.push(ramp(70, 64))
    assert ring.pop()[0].first == 70


@pytest.mark.parametrize("capacity", [-1, 0, 32, 63, 1000, 2**24 + 1, 2**25, 2**64])
def test_a_capacity_that_is_no_power_of_two_in_range_is_refused(capacity):
    with pytest.raises(RangeError) as caught:
        AudioRing(capacity)
    assert str(caught.value) == f"capacity must be a power of two, 2**6..2**24, got {capacity}"


@pytest.mark.parametrize("n_channels", [0, -1, 1025])
def test_a_number_of_channels_out_of_range_is_refused(n_channels):
    with pytest.raises(RangeError) as caught:
        AudioRing(64, n_channels)
    assert str(caught.value) == f"n_channels must be 1 to 1024, got {n_channels}"


@pytest.mark.parametrize("channel", [-1, 2, 3])
def test_a_channel_that_is_not_there_is_refused(channel):
    with pytest.raises(RangeError) as caught:
        AudioRing(64, 2, channel)
    assert str(caught.value) == f"channel must be 0 to 1, got {channel}"


def test_nothing_is_lost_between_two_python_threads():
    ring, n, count = AudioRing(1 << 17), 48, 2000
    producer = threading.Thread(
        target=lambda: [ring.push(ramp(k * n, n)) for k in range(count)],
    )
    producer.start()
    received: list[AudioBlock] = []
    while producer.is_alive():
        received += ring.pop()
        time.sleep(0)
    producer.join()
    received += ring.pop()
    assert ring.dropped == 0
    assert joined(received) == list(range(n * count))
    assert all(a.time_sec <= b.time_sec for a, b in pairwise(received))


def compile_driver(target: Path, sanitizer: str) -> subprocess.CompletedProcess[str]:
    flags = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-g", "-O1"]
    sources = [HERE / "audio_ring_threads.c", SOURCE_DIR / "audio_ring.c", SOURCE_DIR / "ring.c"]
    linking = ["-pthread", f"-fsanitize={sanitizer}", "-o", str(target)]
    command = ["gcc", *flags, f"-I{SOURCE_DIR}", *map(str, sources), *linking]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("sanitizer", ["thread", "address,undefined"])
def test_a_producer_and_a_consumer_never_race(tmp_path, sanitizer):
    if shutil.which("gcc") is None:
        pytest.skip("gcc is absent")
    compiled = compile_driver(tmp_path / "driver", sanitizer)
    if "cannot find" in compiled.stderr:
        pytest.skip(f"gcc has no runtime for -fsanitize={sanitizer}")
    assert compiled.returncode == 0, compiled.stderr
    env = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    ran = subprocess.run([tmp_path / "driver"], capture_output=True, text=True, timeout=60, env=env)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "WARNING" not in ran.stderr
