"""The Fourier transform, the resampler and the dense layer beside NumPy, plain and sanitized."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
SOURCE_DIR = HERE.parents[1] / "native" / "src"
BUILDS = {"plain": ["-O3"], "sanitized": ["-O1", "-fsanitize=address,undefined"]}

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")


@pytest.fixture(scope="module", params=BUILDS)
def prints(request, tmp_path_factory):
    program = tmp_path_factory.mktemp("dsp") / "dsp_prints"
    sources = [
        HERE / "dsp_prints.c",
        *(SOURCE_DIR / f"{x}.c" for x in ("dense", "fft", "resampler")),
    ]
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-fno-math-errno"]
    command = ["gcc", *flags, *BUILDS[request.param], f"-I{SOURCE_DIR}", *sources]
    subprocess.run([*command, "-lm", "-o", program], check=True)

    def run(*words) -> list[np.ndarray]:
        text = " ".join(
            " ".join(f"{x:.9g}" for x in word) if isinstance(word, np.ndarray) else str(word)
            for word in words
        )
        told = subprocess.run([program], input=text, text=True, capture_output=True, check=True)
        return [np.array(line.split(), dtype=float) for line in told.stdout.splitlines()]

    return run


@pytest.mark.parametrize("n", [16, 32, 128, 512, 1024, 2048, 8192])
def test_the_spectrum_is_that_of_numpy(prints, n):
    x = np.random.default_rng(n).normal(size=n).astype(np.float32)
    re, im = prints("fft", n, x)
    expected = np.fft.rfft(x)
    assert re == pytest.approx(expected.real, abs=2e-6 * n)
    assert im == pytest.approx(expected.imag, abs=2e-6 * n)


@pytest.mark.parametrize("rate_hz", [16000, 22050, 44100, 44101, 44100.5, 48000, 96000])
def test_a_tone_keeps_its_frequency_and_its_instant(prints, rate_hz):
    n = int(rate_hz * 0.25)
    tone = np.sin(2 * np.pi * 1000.0 * np.arange(n) / rate_hz).astype(np.float32)
    (delay_sec,), resampled = prints("resample", rate_hz, 333, n, tone)
    expected = np.sin(2 * np.pi * 1000.0 * np.arange(len(resampled)) / 16000.0)
    assert resampled[50:] == pytest.approx(expected[50:], abs=2e-3)
    assert len(resampled) == pytest.approx((0.25 - delay_sec) * 16000, abs=2)


@pytest.mark.parametrize("rate_hz", [44100, 96000])
def test_what_lies_above_the_inner_range_is_stopped(prints, rate_hz):
    n = int(rate_hz * 0.2)
    tone = np.sin(2 * np.pi * 10_000.0 * np.arange(n) / rate_hz).astype(np.float32)
    _, resampled = prints("resample", rate_hz, 256, n, tone)
    assert np.abs(resampled[100:]).max() < 2e-3


@pytest.mark.parametrize("rate_hz", [16000, 44100, 44101])
def test_the_length_of_a_block_changes_no_bit(prints, rate_hz):
    x = np.random.default_rng(1).normal(size=5000).astype(np.float32)
    whole, *pieces = (prints("resample", rate_hz, block, 5000, x)[1] for block in (5000, 1, 7, 512))
    for piece in pieces:
        assert np.array_equal(whole, piece)


def test_what_is_no_number_counts_as_silence_and_what_is_too_loud_is_held(prints):
    x = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30] * 400, dtype=np.float32)
    _, resampled = prints("resample", 16000, 100, len(x), x)
    assert np.isfinite(resampled).all()
    assert np.abs(resampled).max() < 16.0


def test_a_constant_passes_unchanged(prints):
    _, resampled = prints("resample", 44100, 256, 4410, np.full(4410, 0.5, np.float32))
    assert resampled[100:] == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(("n_in", "n_out"), [(5, 1), (17, 8), (40, 43), (12, 96)])
def test_a_dense_layer_is_a_product_of_matrices(prints, n_in, n_out):
    rng = np.random.default_rng(n_out)
    w, b, x = (rng.normal(size=s).astype(np.float32) for s in ((n_in, n_out), n_out, n_in))
    y, positive = prints("dense", n_in, n_out, w.ravel(), b, x)
    assert y == pytest.approx(b + x @ w, abs=1e-5)
    assert positive == pytest.approx(np.maximum(b + x @ w, 0), abs=1e-5)
