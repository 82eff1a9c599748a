"""What a sound card is given in a room: places to the sample, rates, fades, stalls and ends."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from server.roomclient import PlayerError
from server.roomclient.audio_player import _happening
from server.roomclient.interpolation import PHASES, TAPS, interpolate, sinc_table
from server.roomclient.output_clock import KEPT_BLOCKS, STEADY_BLOCKS, OutputClock
from server.roomclient.track_reader import AHEAD_SEC, TrackReader, Window
from server.roomclient.voice import FADE_SEC, Segment, Target, Voice

RATE_HZ = 48_000
FADE = round(FADE_SEC * RATE_HZ)
TABLE = sinc_table(1.0)


def counting(n=4 * RATE_HZ, start=0, rate_hz=RATE_HZ, n_track=None):
    """Sound whose every sample says where it is."""
    frames = np.repeat(np.arange(start, start + n, dtype=np.float32)[:, None], 2, axis=1)
    return Window(start, frames, rate_hz, n_track or start + n, Path("a.wav"))


def render(voice, first, n=480):
    out = np.full((n, 2), np.nan, np.float32)
    voice.render(out, first)
    return out[:, 0]


def started(place=1_000.0, window=None, at_frame=0.0, first=0):
    """A voice that has played its first block."""
    voice = Voice(RATE_HZ)
    window = window or counting()
    voice.target = Target(1, place, True, at_frame, False, window, TABLE)
    render(voice, first)
    return voice


# ---- places


def test_a_voice_without_a_target_is_silent():
    assert not render(Voice(RATE_HZ), 0).any()


def test_music_begins_at_its_frame_and_fades_in():
    voice = Voice(RATE_HZ)
    voice.target = Target(1, 1_000.0, True, 100.0, True, counting(), TABLE)
    out = render(voice, 0)
    assert not out[:101].any()
    np.testing.assert_array_equal(out[100 + FADE :], 1_000.0 + np.arange(FADE, 380))
    rise = out[100 : 100 + FADE] / (1_000.0 + np.arange(FADE))
    assert (np.diff(rise) > 0).all() and rise[0] == 0.0 and rise[-1] == 1.0


def test_what_comes_late_is_where_it_would_be():
    voice = started(at_frame=-500.0)
    assert voice.place_at(0) == 1_500.0
    assert render(voice, 480)[0] == 1_980.0


def test_a_move_in_the_middle_of_a_block_is_to_the_sample():
    voice = started()
    voice.target = Target(2, 50_000.0, True, 700.0)
    out = render(voice, 480)
    assert out[219] == 1_699.0
    np.testing.assert_allclose(out[220 + FADE :], 50_000.0 + np.arange(FADE, 260))
    assert voice.place_at(699) == 1_699.0
    assert voice.place_at(700) == 50_000.0


def test_a_move_between_two_frames_begins_with_the_next():
    voice = started()
    voice.rate = 0.5
    voice.target = Target(2, 5_000.0, True, 700.4)
    render(voice, 480)
    assert voice.place_at(701) == pytest.approx(5_000.3)


def test_a_newer_target_overtakes_one_that_waits():
    voice = started()
    voice.target = Target(2, 50_000.0, True, 2_000.0)
    render(voice, 480)
    voice.target = Target(3, 70_000.0, True, 1_500.0)
    render(voice, 960)
    assert voice.place_at(1_440) == 2_440.0
    render(voice, 1_440)
    render(voice, 1_920)
    assert voice.place_at(2_100) == 70_600.0


def test_a_cue_is_silent_at_once_and_waits_at_its_place():
    voice = started()
    voice.target = Target(2, 9_000.0, True, 1_500.0, True)
    out = render(voice, 480)
    assert not out[FADE:].any()
    assert (voice.now.state, voice.place_at(900)) == ("cued", 9_000.0)
    render(voice, 960)
    out = render(voice, 1_440)
    assert not out[:60].any()
    assert out[60 + FADE] == 9_000.0 + FADE
    assert voice.now.state == "plays"


def test_a_pause_without_a_place_stands_where_it_was():
    voice = started()
    voice.target = Target(2, None, False, 600.0)
    out = render(voice, 480)
    assert out[119] == 1_599.0
    assert not out[120 + FADE :].any()
    assert (voice.now.state, voice.place_at(10_000)) == ("stands", 1_600.0)


def test_what_is_left_fades_out():
    window = counting()
    window.frames[:] = 1.0
    voice = started(window=window)
    voice.target = Target(2, None, False)
    out = render(voice, 480)
    assert out[0] == 1.0
    assert (np.diff(out[:FADE]) < 0).all()
    assert out[FADE - 1] == 0.0 and not out[FADE:].any()


def test_a_jump_crosses_over_without_a_step():
    window = counting()
    window.frames[:] = 1.0
    voice = started(window=window)
    voice.target = Target(2, 50_000.0, True, 700.0)
    out = render(voice, 480)
    np.testing.assert_allclose(out, 1.0, atol=1e-6)


@pytest.mark.parametrize("n", [1, 7, 64, 480, 1_000])
def test_the_size_of_blocks_changes_nothing(n):
    def whole(n):
        voice = Voice(RATE_HZ)
        window = counting()
        window.frames[:] = np.random.default_rng(1).normal(size=window.frames.shape)
        voice.target = Target(1, 1_000.0, True, 100.0, True, window, TABLE)
        voice.rate = 1.004
        return np.concatenate([render(voice, k, min(n, 2_000 - k)) for k in range(0, 2_000, n)])

    np.testing.assert_allclose(whole(n), whole(2_000), atol=2e-5)


# ---- rates


def test_a_rate_goes_on_from_where_it_is_without_a_break():
    voice = started()
    voice.rate = 1.005
    out = render(voice, 480)
    np.testing.assert_allclose(out, 1_480.0 + 1.005 * np.arange(480), rtol=1e-6)
    assert voice.place_at(960) == pytest.approx(1_962.4)
    voice.rate = 1.0
    np.testing.assert_allclose(render(voice, 960)[0], 1_962.4, rtol=1e-6)


def test_a_track_of_another_rate_is_played_in_time():
    voice = started(window=counting(rate_hz=44_100))
    assert voice.place_at(48_000) == pytest.approx(1_000.0 + 44_100.0)


def test_a_tone_between_samples_is_the_tone():
    f0_hz, n = 5_000.0, 4_000
    places = 100.0 + 0.9973 * np.arange(n - 200)
    samples = np.sin(2 * np.pi * f0_hz / RATE_HZ * np.arange(n)).astype(np.float32)[:, None]
    read = interpolate(samples, places, TABLE)[:, 0]
    error = read - np.sin(2 * np.pi * f0_hz / RATE_HZ * places)
    assert 20 * np.log10(np.abs(error).max()) < -80.0


def test_thinning_out_keeps_out_what_would_fold():
    n = 8_000
    tone = np.sin(2 * np.pi * 0.45 * np.arange(n)).astype(np.float32)[:, None]
    read = interpolate(tone, 100.0 + 2.0 * np.arange(3_000), sinc_table(0.5))
    assert np.abs(read).max() < 0.01


def test_the_filter_lets_silence_and_steadiness_alone():
    assert TABLE.shape == (PHASES + 1, TAPS)
    np.testing.assert_allclose(TABLE.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(TABLE[0], np.eye(TAPS)[TAPS // 2 - 1], atol=1e-6)


# ---- stalls and ends


def test_a_track_ends_at_its_last_frame():
    voice = started(place=900.0, window=counting(n=3_000, n_track=1_500))
    out = render(voice, 480)
    assert out[119] == 1_499.0
    assert not out[120:].any()
    assert (voice.now.state, voice.now.frame, voice.place_at(9_999)) == ("ended", 600.0, 1_500.0)


def test_a_voice_without_sound_stands_and_goes_on_when_there_is_some():
    window = counting(n=2_000, n_track=48_000)
    voice = started(window=window)
    render(voice, 480)
    assert not render(voice, 960).any()
    assert voice.now.state == "stalls"
    stood = voice.place_at(960)
    assert not render(voice, 1_440).any()
    more = counting(n=20_000, n_track=48_000)
    voice.offer = window, more
    out = render(voice, 1_920)
    assert voice.now.state == "plays"
    assert out[FADE] == stood + FADE


def test_sound_that_was_read_for_another_place_is_not_taken():
    voice = started()
    other = counting()
    voice.offer = other, counting(n=10)
    before = voice.window
    render(voice, 480)
    assert voice.window is before


@pytest.mark.parametrize(
    ("before", "now", "earlier", "happening"),
    [
        ((1, "plays"), (1, "ended"), [(1, 500.0)], "ended"),
        ((1, "stands"), (2, "ended"), [(2, 500.0)], "ended"),  # a short rest, played between looks
        ((1, "stands"), (2, "ended"), [(2, 900.0)], None),  # told to play behind the end
        ((1, "ended"), (1, "ended"), [(1, 500.0)], None),
        ((1, "plays"), (1, "stalls"), [], "waiting"),
        ((1, "stalls"), (1, "plays"), [], "playing"),
        ((1, "stalls"), (2, "plays"), [], None),  # as it was told to
        ((1, "cued"), (1, "plays"), [], None),
    ],
)
def test_what_happens_of_its_own_accord_is_told(before, now, earlier, happening):
    def segment(number, state, place=900.0):
        return Segment(number, 0.0, place, 0.0, RATE_HZ, state)

    played = tuple(segment(number, "plays", place) for number, place in earlier)
    last = segment(*now)
    assert _happening(segment(*before), last, (*played, last)) == happening


# ---- files


@pytest.fixture
def ramp_file(tmp_path):
    """A file whose samples say where they are."""
    path = tmp_path / "ramp.wav"
    soundfile.write(path, np.arange(20 * 8_000) / 200_000, 8_000, "FLOAT")
    return path


def places(window):
    return np.rint(window.frames[:, 0] * 200_000)


def test_sound_is_read_around_a_place(ramp_file):
    reader = TrackReader(ramp_file)
    window = reader.around(50_000.0)
    assert (window.rate_hz, window.n_track) == (8_000, 160_000)
    assert window.covers(50_000.0 - 3.5 * 8_000, 50_000.0 + 8_000 * (AHEAD_SEC - 1))
    np.testing.assert_array_equal(places(window), np.arange(window.start, window.end))
    np.testing.assert_array_equal(window.frames[:, 0], window.frames[:, 1])
    reader.close()


def test_before_a_track_and_behind_it_is_silence(ramp_file):
    reader = TrackReader(ramp_file)
    early, late = reader.around(0.0), reader.around(160_000.0)
    assert early.start < 0 and not early.frames[: -early.start + 1].any()
    assert late.end > 160_000 and not late.frames[160_000 - late.start :].any()
    assert places(late)[159_999 - late.start] == 159_999
    reader.close()


def test_reading_on_goes_on_without_a_gap(ramp_file):
    reader = TrackReader(ramp_file)
    window = reader.around(10_000.0)
    for frame in (40_000.0, 60_000.0, 110_000.0):
        window = reader.after(window, frame)
        inside = np.arange(max(0, window.start), min(window.end, 160_000))
        np.testing.assert_array_equal(places(window)[inside - window.start], inside)
        assert window.covers(frame - 3.9 * 8_000, frame + 11.9 * 8_000)
    assert reader.after(window, 100_000.0) is window
    reader.close()


def test_compressed_files_are_read_to_the_sample_wherever_one_begins(tmp_path):
    rng = np.random.default_rng(1)
    sound = rng.normal(size=(30_000, 2)) * 0.05
    for name in ("a.flac", "a.ogg", "a.mp3"):
        soundfile.write(tmp_path / name, sound, 44_100)
        reader = TrackReader(tmp_path / name)
        whole, part = reader.around(0.0), reader.around(1e6)
        part = reader._read(12_345, 20_000)
        expected = whole.frames[12_345 - whole.start : 20_000 - whole.start]
        np.testing.assert_allclose(part.frames, expected, atol=2e-3, err_msg=name)
        reader.close()


def test_a_file_that_is_no_music_is_told(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("do re mi")
    with pytest.raises(PlayerError, match=r"notes\.txt cannot be played: "):
        TrackReader(path)


# ---- the card's time


def test_frames_are_tied_to_the_clock_through_jitter():
    rng = np.random.default_rng(1)
    clock = OutputClock(RATE_HZ)
    assert not clock.is_known
    for k in range(4 * KEPT_BLOCKS):
        clock.add(480 * k, 5_000.0 + 10.0 * k + rng.normal(0.0, 1.5))
    assert clock.is_known
    assert clock.heard_ms(480 * 1_000) == pytest.approx(15_000.0, abs=1.0)
    assert clock.frame_at(clock.heard_ms(1_234.5)) == pytest.approx(1_234.5)


def test_a_device_that_takes_sound_before_it_plays_is_not_believed_at_first():
    clock = OutputClock(RATE_HZ)
    for k in range(5):
        clock.add(480 * k, 5.0 + 10.0 * k)
    for k in range(5, 5 + STEADY_BLOCKS - 1):
        clock.add(480 * k, 1_800.0 + 10.0 * k)
        assert not clock.is_known
    clock.add(480 * 30, 1_800.0 + 300.0)
    assert clock.is_known
    assert clock.heard_ms(0) == pytest.approx(1_800.0)


def test_after_lost_frames_the_blocks_since_count():
    clock = OutputClock(RATE_HZ)
    for k in range(100):
        clock.add(480 * k, 10.0 * k)
    for k in range(100, 100 + STEADY_BLOCKS):
        clock.add(480 * k, 200.0 + 10.0 * k)
    assert clock.heard_ms(0) == pytest.approx(200.0)


def test_one_late_block_changes_nothing():
    clock = OutputClock(RATE_HZ)
    for k in range(100):
        clock.add(480 * k, 10.0 * k + (500.0 if k == 90 else 0.0))
    assert clock.heard_ms(0) == pytest.approx(0.0)
