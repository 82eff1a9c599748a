"""Recordings as they come: every format, many channels, damaged, empty, or no sound at all."""

import numpy as np
import pytest
import soundfile

from server.inputs.audio_files import MAX_HOURS, AudioFile
from server.inputs.errors import AudioFileError

RATE_HZ = 48_000
TONE = (0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)


@pytest.fixture
def write(tmp_path):
    """Write samples to a file of that name."""

    def write(name, samples=TONE, rate_hz=RATE_HZ, **how):
        soundfile.write(tmp_path / name, samples, rate_hz, **how)
        return tmp_path / name

    return write


def read(path, n_frames=1000, channel=None):
    with AudioFile(path, channel) as file:
        return np.concatenate(list(file.blocks(n_frames)))


def refusal(path, channel=None):
    with pytest.raises(AudioFileError) as caught:
        read(path, channel=channel)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "within"), [("a.wav", 1e-4), ("a.flac", 1e-4), ("a.ogg", 0.03), ("a.mp3", 0.03)]
)
def test_each_format_is_read_whole(write, name, within):
    path = write(name)
    with AudioFile(path) as file:
        assert (file.rate_hz, file.n_frames, file.duration_sec) == (RATE_HZ, RATE_HZ, 1.0)
        blocks = list(file.blocks(1000))
    assert [len(block) for block in blocks] == [1000] * 48
    assert {block.dtype for block in blocks} == {np.dtype(np.float32)}
    off = np.abs(np.concatenate(blocks) - TONE)
    assert off[: RATE_HZ * 9 // 10].max() < within  # an MP3's end is its decoder's


@pytest.mark.parametrize("n_frames", [1, 7, 4096, 10**6])
def test_the_length_of_the_blocks_changes_nothing(write, n_frames):
    path = write("a.flac", TONE[:5000])
    np.testing.assert_array_equal(read(path, n_frames), read(path))


def test_channels_become_their_mean_or_the_one_that_is_chosen(write):
    path = write("a.wav", np.stack([TONE, 0 * TONE, -2 * TONE], axis=1), subtype="FLOAT")
    np.testing.assert_allclose(read(path), -TONE / 3, atol=1e-7)
    np.testing.assert_array_equal(read(path, channel=0), TONE)
    np.testing.assert_array_equal(read(path, channel=2), -2 * TONE)
    assert refusal(path, channel=3) == f"{path}: there is no channel 4, the last one is 3"


def test_floats_that_are_no_numbers_pass_without_a_warning(write):
    samples = np.array([[np.nan, 1], [np.inf, -np.inf], [3e38, 3e38]], np.float32)
    heard = read(write("a.wav", samples, subtype="FLOAT"))
    assert np.isnan(heard[:2]).all()


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100, 96_000])
def test_rates_from_16_to_96_khz_are_given_as_they_are(write, rate_hz):
    with AudioFile(write("a.wav", rate_hz=rate_hz)) as file:
        assert file.rate_hz == rate_hz


@pytest.mark.parametrize(
    ("rate_hz", "given_hz", "n_given"),
    [(8_000, 16_000, 2 * RATE_HZ), (192_000, 96_000, RATE_HZ // 2)],
)
def test_lower_and_higher_rates_are_doubled_and_halved(write, rate_hz, given_hz, n_given):
    path = write("a.wav", rate_hz=rate_hz)
    with AudioFile(path) as file:
        assert (file.file_rate_hz, file.rate_hz, file.n_frames) == (rate_hz, given_hz, n_given)
        assert file.duration_sec == RATE_HZ / rate_hz
        assert len(np.concatenate(list(file.blocks()))) == n_given


@pytest.mark.parametrize("rate_hz", [7_999, 384_001])
def test_other_rates_are_refused(write, rate_hz):
    path = write("a.wav", rate_hz=rate_hz)
    assert refusal(path) == f"{path}: the rate must be 8000 to 384000 Hz, got {rate_hz}"


def test_a_file_that_is_not_there_or_no_file_is_refused(tmp_path):
    path = tmp_path / "none.wav"
    assert refusal(path) == f"{path} cannot be read: No such file or directory"
    assert refusal(tmp_path) == f"{tmp_path} is not a file"


@pytest.mark.parametrize("data", [b"", b"hello", b"RIFF", bytes(range(256)) * 20])
@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.txt", "a"])
def test_what_is_no_audio_is_refused(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    assert refusal(path).startswith(f"{path} is no audio that can be read: ")


def test_samples_without_a_header_are_refused(tmp_path):
    path = tmp_path / "a.raw"
    path.write_bytes(bytes(1000))
    assert refusal(path) == f"{path}: samples without a header do not tell their rate"


def test_a_file_without_a_sample_is_refused(write):
    path = write("a.wav", TONE[:0])
    assert refusal(path) == f"{path}: there is no sound in it, not one sample"


def test_too_many_channels_are_refused(write):
    path = write("a.wav", np.zeros((10, 65), np.float32))
    assert refusal(path) == f"{path}: there may be at most 64 channels, got 65"


def test_a_recording_that_is_too_long_is_refused_before_it_is_read(write, tmp_path):
    """The header of a WAV file claims its length; the hole in the file takes no room."""
    path = write("a.wav", TONE[:100], 16_000)
    n_bytes = int((MAX_HOURS * 3600 + 1) * 16_000 * 2)
    header = bytearray(path.read_bytes()[:44])
    header[4:8] = (n_bytes + 36).to_bytes(4, "little")
    header[40:44] = n_bytes.to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header)
        file.truncate(44 + n_bytes)
    assert refusal(path) == f"{path}: a recording must last at most {MAX_HOURS:g} hours"


def test_a_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        file.truncate((4 << 30) + 1)
    assert refusal(path) == f"{path}: an audio file must be at most 4 GiB"


def test_a_damaged_file_is_read_up_to_the_damage_and_then_refused(write, tmp_path):
    data = write("a.flac").read_bytes()
    path = tmp_path / "cut.flac"
    path.write_bytes(data[: len(data) // 2])
    heard = 0
    with pytest.raises(AudioFileError) as caught, AudioFile(path) as file:
        for block in file.blocks(1000):
            heard += len(block)
    assert str(caught.value).startswith(f"{path} is damaged: ")
    assert 1000 <= heard < RATE_HZ


@pytest.mark.parametrize("name", ["a.wav", "a.mp3"])
def test_a_file_that_was_cut_off_ends_where_it_ends(write, tmp_path, capfd, name):
    data = write(name).read_bytes()
    path = tmp_path / f"cut-{name}"
    path.write_bytes(data[: len(data) // 2])
    assert 0.2 * RATE_HZ < len(read(path)) < 0.8 * RATE_HZ
    assert capfd.readouterr().err == ""
