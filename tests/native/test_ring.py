import os
import shutil
import subprocess
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native.errors import RangeError
from native.ring import Message, Ring, clock_sec

HERE = Path(__file__).resolve().parent
SOURCE_DIR = HERE.parents[1] / "native" / "src"
messages = st.lists(st.integers(0, 255), min_size=1, max_size=3)


def data_of(popped: list[Message]) -> list[bytes]:
    return [message.data for message in popped]


@given(st.lists(messages, max_size=64))
def test_messages_come_out_whole_and_in_order(pushed):
    ring = Ring(64)
    assert all(ring.push(message) for message in pushed)
    assert data_of(ring.pop()) == [bytes(message) for message in pushed]
    assert ring.pop() == []
    assert ring.dropped == 0


@given(st.lists(st.one_of(messages, st.none()), max_size=200))
def test_a_ring_behaves_as_a_bounded_queue(steps):
    """``None`` takes everything out; the model is a list of at most eight."""
    ring, model, dropped = Ring(8), [], 0
    for step in steps:
        if step is None:
            assert data_of(ring.pop()) == model
            model.clear()
        elif ring.push(step):
            model.append(bytes(step))
        else:
            dropped += 1
        assert len(model) <= 8
        assert ring.dropped == dropped
    assert data_of(ring.pop()) == model


def test_a_full_ring_keeps_the_oldest_and_counts_the_rest():
    ring = Ring(4)
    assert [ring.push([0x90, pitch, 1]) for pitch in range(6)] == [True] * 4 + [False] * 2
    assert ring.dropped == 2
    assert [message.data[1] for message in ring.pop()] == [0, 1, 2, 3]
    assert ring.push([0x90, 9, 1])
    assert [message.data[1] for message in ring.pop()] == [9]
    assert ring.dropped == 2


def test_more_messages_than_one_batch_come_out_at_once():
    ring = Ring(1024)
    for k in range(1000):
        ring.push([0xB0, k % 128, k // 128])
    assert [m.data[1] + 128 * m.data[2] for m in ring.pop()] == list(range(1000))


def test_messages_are_stamped_at_arrival_on_the_ring_s_clock():
    ring = Ring(8)
    before_sec = clock_sec()
    ring.push(b"\x90\x3c\x40")
    ring.push([0x80, 60, 0])
    after_sec = clock_sec()
    first, second = ring.pop()
    assert before_sec <= first.time_sec <= second.time_sec <= after_sec
    assert after_sec == pytest.approx(time.monotonic(), abs=1.0)


@pytest.mark.parametrize("message", [[], [0xF0, 1, 2, 0xF7], [0] * 5000])
def test_what_is_no_channel_message_is_neither_stored_nor_counted(message):
    ring = Ring(2)
    assert not ring.push(message)
    assert ring.pop() == []
    assert ring.dropped == 0


def test_reset_empties_the_ring_and_keeps_the_count_of_drops():
    ring = Ring(2)
    for _ in range(3):
        ring.push([0xFE])
    ring.reset()
    assert ring.pop() == []
    assert ring.dropped == 1
    assert ring.push([0xFE])
    assert data_of(ring.pop()) == [b"\xfe"]


@pytest.mark.parametrize("capacity", [-1, 0, 1, 3, 1000, 2**20 + 1, 2**21, 2**64])
def test_a_capacity_that_is_no_power_of_two_in_range_is_refused(capacity):
    with pytest.raises(RangeError) as caught:
        Ring(capacity)
    assert str(caught.value) == f"capacity must be a power of two, 2..2**20, got {capacity}"


def test_nothing_is_lost_between_two_python_threads():
    ring, count = Ring(1 << 16), 20_000
    producer = threading.Thread(
        target=lambda: [ring.push([0x90, k % 128, k // 128 % 128]) for k in range(count)]
    )
    producer.start()
    received: list[Message] = []
    while producer.is_alive():
        received += ring.pop()
    producer.join()
    received += ring.pop()
    assert ring.dropped == 0
    assert [m.data[1] + 128 * m.data[2] for m in received] == [k % 16384 for k in range(count)]
    assert all(a.time_sec <= b.time_sec for a, b in pairwise(received))


def compile_driver(target: Path, sanitizer: str) -> subprocess.CompletedProcess[str]:
    flags = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-g", "-O1"]
    sources = [str(HERE / "ring_threads.c"), str(SOURCE_DIR / "ring.c")]
    linking = ["-pthread", f"-fsanitize={sanitizer}", "-o", str(target)]
    command = ["gcc", *flags, f"-I{SOURCE_DIR}", *sources, *linking]
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
