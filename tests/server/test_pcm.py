"""Bytes of sound to samples, wherever they are cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.live.pcm import PcmReader


def test_full_scale_is_one():
    samples = PcmReader("s16le").read([np.array([-32768, 0, 16384, 32767], "<i2").tobytes()])
    assert samples.dtype == np.float32
    assert samples.tolist() == [-1.0, 0.0, 0.5, 32767 / 32768]


def test_floats_are_given_as_they_are():
    sent = np.array([0.25, -1.5, np.nan, np.inf], "<f4")
    np.testing.assert_array_equal(PcmReader("f32le").read([sent.tobytes()]), sent)


@pytest.mark.parametrize(("pcm_format", "kind"), [("s16le", "<i2"), ("f32le", "<f4")])
@given(data=st.data())
def test_wherever_the_bytes_are_cut_the_samples_are_the_same(pcm_format, kind, data):
    n_bytes = np.dtype(kind).itemsize
    sent = np.arange(-20, 20).astype(kind)
    pcm = sent.tobytes()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(pcm)), max_size=12)))
    pieces = [pcm[a:b] for a, b in zip([0, *cuts], [*cuts, len(pcm)], strict=True)]
    reader = PcmReader(pcm_format)
    got = []
    while pieces:
        n = data.draw(st.integers(1, len(pieces)))
        got.append(reader.read(pieces[:n]))
        del pieces[:n]
    whole = PcmReader(pcm_format).read([pcm])
    np.testing.assert_array_equal(np.concatenate(got), whole)
    assert len(whole) == len(pcm) // n_bytes


def test_nothing_gives_nothing():
    assert PcmReader("f32le").read([]).shape == (0,)
    assert PcmReader("s16le").read([b"", b"\x01"]).shape == (0,)
