"""What the signal check tells a player: on good sound nothing, on each fault that fault."""

import numpy as np
import pytest
import soundfile
from scipy.signal import fftconvolve, resample_poly

from engine.errors import RuleError
from engine.signal_check import Finding, SignalCheck
from engine.signal_rules import RULES
from engine.signal_words import FAULTS, FINE

RATE_HZ = 44100


def times(seconds):
    return np.arange(round(seconds * RATE_HZ)) / RATE_HZ


def pink(seconds, rms_db, seed=1):
    """Noise that falls 3 dB an octave; its level dBFS by AES17."""
    n = round(seconds * RATE_HZ)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20 * n / RATE_HZ))
    noise = np.fft.irfft(spectrum, n)
    return noise / noise.std() * np.sqrt(0.5) * 10 ** (rms_db / 20)


def notes(seconds, rest_sec=0.25, note_sec=0.5, level=0.2):
    """A player: notes of six harmonics with a soft attack and release, and rests."""
    t = times(seconds)
    step = note_sec + rest_sec
    within = t % step
    f0_hz = 262 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
    phase = 2 * np.pi * np.cumsum(f0_hz[(t // step).astype(int) % 8]) / RATE_HZ
    shape = np.clip(within / 0.02, 0, 1) * np.clip((note_sec - within) / 0.08, 0, 1)
    return level * shape * sum(np.sin(k * phase) / k for k in range(1, 7))


def room(seconds, rms_db=-65.0):
    return pink(seconds, rms_db)


def played(seconds, **how):
    """A player in a quiet room."""
    return notes(seconds, **how) + room(seconds)


def problems(sound, rate_hz=RATE_HZ, lengths=11_025):
    """The problems told one after the other."""
    check = SignalCheck(rate_hz)
    blocks = (sound[at : at + lengths] for at in range(0, len(sound), lengths))
    return [finding.problem for block in blocks for finding in check.process(block)]


def told(sound):
    """The last finding, and the report at the end."""
    check = SignalCheck(RATE_HZ)
    findings = check.process(sound)
    return findings[-1], check.report()


@pytest.mark.parametrize("seconds", [1.0, 20.0])
def test_of_good_sound_nothing_is_said(seconds):
    assert problems(played(seconds)) == []


def test_a_good_microphone_is_reported_as_good():
    check = SignalCheck(RATE_HZ)
    check.process(played(5.0))
    (finding,) = check.report()
    assert (finding.problem, finding.message) == ("ok", "The microphone sounds good.")
    assert finding.level_db == pytest.approx(-11, abs=2)


def test_rests_of_ten_seconds_are_no_fault():
    sound = np.concatenate([played(5.0), room(10.0), played(5.0), room(10.0)])
    assert problems(sound) == []


def test_before_anything_is_played_the_report_asks_for_a_note():
    check = SignalCheck(RATE_HZ)
    assert check.process(room(5.0)) == []
    (finding,) = check.report()
    assert (finding.problem, finding.message) == ("silent", FAULTS["not_heard"].message)
    assert check.is_hearing


def test_digital_silence_is_told_and_its_end_as_well():
    check = SignalCheck(RATE_HZ)
    (finding,) = check.process(np.zeros(3 * RATE_HZ, np.float32))
    assert finding == Finding("silent", -200.0, FAULTS["silent"].message)
    assert not check.is_hearing
    (finding,) = check.process(played(2.0))
    assert (finding.problem, finding.message) == ("ok", FINE)
    assert check.is_hearing


def test_a_muted_microphone_is_told_while_playing():
    sound = np.concatenate([played(6.0), np.zeros(3 * RATE_HZ)])
    assert problems(sound) == ["silent"]


@pytest.mark.parametrize("offset", [0.0, -0.25])
def test_a_constant_is_silence_whatever_its_value(offset):
    assert problems(np.full(3 * RATE_HZ, offset)) == ["silent"]


def test_a_player_who_is_never_heard_is_told_in_the_end():
    assert problems(room(9.0, -95.0)) == []
    assert problems(room(12.0, -95.0)) == ["silent"]


def test_soft_notes_are_told_until_they_are_louder():
    soft = notes(6.0, level=0.001) + room(6.0, -85.0)
    loud = notes(6.0) + room(6.0, -85.0)
    assert problems(soft) == ["too_soft"]
    assert problems(np.concatenate([soft, loud])) == ["too_soft", "ok"]


@pytest.mark.parametrize("volume", [1.0, 0.3])
def test_clipping_is_told_until_it_is_over(volume):
    clipped = volume * np.clip(played(3.0, level=2.0), -1, 1)
    assert problems(np.concatenate([clipped, volume * played(8.0)])) == ["clipping", "ok"]


def test_one_cut_off_top_is_no_clipping():
    sound = played(5.0)
    sound[100_000:100_008] = 0.9
    assert problems(sound) == []


@pytest.mark.parametrize("noise_db", [-19.0, -14.0])
def test_a_room_nearly_as_loud_as_the_player_is_noisy(noise_db):
    finding, report = told(notes(8.0) + room(8.0, noise_db))
    assert finding.problem == "noisy"
    assert finding.message == FAULTS["noisy"].message
    assert [found.problem for found in report] == ["noisy"]


def test_a_room_20_db_below_the_player_is_not_noisy():
    assert problems(notes(12.0) + room(12.0, -38.0)) == []


def test_a_player_who_comes_nearer_ends_the_noise():
    sound = np.concatenate([notes(8.0, level=0.02), notes(10.0)]) + room(18.0, -36.0)
    assert problems(sound) == ["noisy", "ok"]


def test_a_very_loud_room_is_noisy_before_anybody_plays():
    assert problems(room(8.0, -25.0)) == ["noisy"]


@pytest.mark.parametrize("mains_hz", [50, 60])
def test_hum_between_notes_is_told(mains_hz):
    t = times(14.0)
    hum = 0.008 * (np.sin(2 * np.pi * mains_hz * t) + 0.5 * np.sin(4 * np.pi * mains_hz * t + 1))
    assert problems(played(14.0) + hum) == ["hum"]
    assert problems(played(14.0) + 0.02 * hum) == []


def mains(hz, level, seconds):
    t = times(seconds)
    shares = enumerate((1.0, 0.4, 0.6, 0.2, 0.3), 1)
    return level * sum(share * np.sin(2 * np.pi * k * hz * t + k) for k, share in shares)


@pytest.mark.parametrize("mains_hz", [50, 60])
def test_soft_hum_is_no_soft_player(mains_hz):
    assert problems(mains(mains_hz, 0.001, 10.0) + room(10.0, -78.0)) == ["hum"]


def test_a_soft_player_who_never_rests_is_told():
    slur = violin([60, 62, 64, 65, 67, 65, 64, 62] * 3, rest_sec=0.0)
    assert problems(0.003 * slur + room(len(slur) / RATE_HZ, -90.0)) == ["too_soft"]


def test_a_low_pitch_is_the_mains_where_it_hums_or_hardly_sounds():
    check = SignalCheck(RATE_HZ)
    check.process(mains(50, 0.05, 2.0).astype(np.float32))
    assert not check.is_mains_likely
    check.process(mains(50, 0.05, 8.0).astype(np.float32))
    assert check.is_mains_likely
    check.reset()
    check.process(mains(50, 0.002, 1.0).astype(np.float32))
    assert check.is_mains_likely


def violin(tune, note_sec=0.5, rest_sec=0.03, decay_per_sec=0.0, vibrato_cents=15):
    """Notes (MIDI pitches) with vibrato, one after the other, in hardly any noise."""
    t = times(note_sec - rest_sec)
    shape = np.clip(t / 0.04, 0, 1) * np.clip((t[-1] - t) / 0.05, 0, 1)
    shape *= np.exp(-decay_per_sec * t)
    cents = vibrato_cents * np.sin(2 * np.pi * 5.5 * t) * np.clip(t / 0.3, 0, 1)
    bows = []
    for pitch in tune:
        f0_hz = 440 * 2 ** ((pitch - 69 + cents / 100) / 12)
        phase = 2 * np.pi * np.cumsum(f0_hz) / RATE_HZ
        bow = 0.2 * shape * sum(np.sin(k * phase) / k for k in range(1, 14))
        bows += [bow, np.zeros(round(rest_sec * RATE_HZ))]
    sound = np.concatenate(bows)
    return sound + room(len(sound) / RATE_HZ, -80.0)


ODE = [64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64, 64, 62, 62] * 3
TUNES = {"ode": ODE, "one note": [60] * 30, "low": [pitch - 12 for pitch in ODE]}


@pytest.mark.parametrize("rest_sec", [0.0, 0.03, 0.15])
@pytest.mark.parametrize("note_sec", [0.35, 0.5, 1.0])
@pytest.mark.parametrize("tune", TUNES)
def test_notes_that_come_near_the_mains_are_no_hum(tune, note_sec, rest_sec):
    assert problems(violin(TUNES[tune], note_sec, rest_sec)) == []


def reverberant(sound, seconds=0.4, wet=0.3):
    """As in a room: rests are filled by the notes before them."""
    t = times(1.5 * seconds)
    tail = np.random.default_rng(5).standard_normal(len(t)) * np.exp(-6.9 * t / seconds)
    tail *= wet / np.sqrt((tail**2).sum())
    return sound + fftconvolve(sound, tail)[: len(sound)]


@pytest.mark.parametrize("room_of", [np.asarray, reverberant])
@pytest.mark.parametrize("rest_sec", [0.03, 0.15])
@pytest.mark.parametrize("note_sec", [0.35, 0.5, 1.0])
def test_plucked_notes_are_no_hum(note_sec, rest_sec, room_of):
    plucked = violin([60] * 30, note_sec, rest_sec, decay_per_sec=3.0, vibrato_cents=0)
    assert problems(room_of(plucked)) == []


@pytest.mark.parametrize("mains_hz", [50, 60])
@pytest.mark.parametrize("harmonics", [1, 2, 6])
def test_hum_is_told_under_a_violin(mains_hz, harmonics):
    tune = violin(ODE[:30])
    t = np.arange(len(tune)) / RATE_HZ
    hum = sum(np.sin(2 * np.pi * mains_hz * k * t + k * k) / k for k in range(1, harmonics + 1))
    assert problems(tune + 0.01 * hum) == ["hum"]


def test_hum_without_its_fundamental_is_told():
    tune = violin(ODE[:30])
    t = np.arange(len(tune)) / RATE_HZ
    hum = sum(np.sin(2 * np.pi * 50 * k * t + k * k) for k in range(2, 7))
    assert problems(tune + 0.005 * hum) == ["hum"]


def test_hum_that_begins_and_ends_is_told_and_so_is_its_end():
    tune = violin(ODE)
    t = np.arange(len(tune)) / RATE_HZ
    hum = 0.01 * np.sin(2 * np.pi * 50 * t)
    assert problems(tune + np.where((t > 4) & (t < 14), hum, 0)) == ["hum", "ok"]


def test_hum_and_nothing_else_is_a_wrong_device():
    hum = 0.05 * np.sin(2 * np.pi * 50 * times(10.0)) + room(10.0, -75.0)
    finding, _ = told(hum)
    assert (finding.problem, finding.message) == ("wrong_device", FAULTS["no_microphone"].message)


def test_noise_of_full_scale_is_a_wrong_device():
    noise = np.random.default_rng(2).uniform(-1, 1, 6 * RATE_HZ)
    assert problems(noise) == ["wrong_device"]


def test_a_gate_between_notes_is_processing():
    sound = played(10.0)
    loud = np.repeat(np.abs(notes(10.0)).reshape(-1, 441).max(axis=1) > 0, 441)
    finding, _ = told(np.where(loud, sound, 0))
    assert (finding.problem, finding.message) == ("processed", FAULTS["gated"].message)


def with_gain_control(sound, rise_db_per_sec=8.0, most_db=26.0):
    """Falls at once to bring a block to -20 dBFS, rises slowly while there is less."""
    out, gain_db = np.empty_like(sound), 0.0
    for at in range(0, len(sound), 441):
        block = sound[at : at + 441]
        power_db = 10 * np.log10(2 * np.mean(block**2) + 1e-12)
        wanted_db = min(-20 - power_db, most_db)
        gain_db = min(wanted_db, gain_db + 0.01 * rise_db_per_sec)
        out[at : at + 441] = block * 10 ** (gain_db / 20)
    return out


@pytest.mark.parametrize("rise_db_per_sec", [4.0, 8.0, 16.0])
def test_a_room_that_swells_in_rests_is_processing(rise_db_per_sec):
    sound = notes(30.0, rest_sec=2.5, note_sec=1.0) + room(30.0, -60.0)
    assert problems(sound) == []
    finding, _ = told(with_gain_control(sound, rise_db_per_sec))
    assert (finding.problem, finding.message) == ("processed", FAULTS["levelled"].message)


def test_slow_swells_of_the_player_are_no_gain_control():
    t = times(30.0)
    swell = notes(30.0, note_sec=10.0, rest_sec=0.0) * 10 ** (-2 * (1 - (t % 5.0) / 5.0))
    assert problems(swell + room(30.0)) == []


@pytest.mark.parametrize("narrow_hz", [8000, 16000])
def test_telephone_and_wideband_speech_are_narrow(narrow_hz):
    sound = played(8.0, level=0.3)
    up, down = narrow_hz // 100, RATE_HZ // 100
    narrow = resample_poly(resample_poly(sound, up, down), down, up)
    finding, _ = told(narrow)
    assert (finding.problem, finding.message) == ("narrow_band", FAULTS["narrow_band"].message)


def test_holes_in_the_sound_are_told_until_they_end():
    sound = played(16.0, rest_sec=0.0)
    for start in (60_000, 100_000, 130_000):
        sound[start : start + 512] = 0
    assert problems(sound) == ["gaps", "ok"]


def machine_sounds(count):
    """Onsets and offsets of what the machine plays, and a monitor of its output."""
    pairs = [(1.0 + 4.0 * k, 2.0 + 4.0 * k) for k in range(count)]
    sound = np.zeros(round((4.0 * count + 1) * RATE_HZ))
    for onset, _ in pairs:
        start = round((onset + 0.05) * RATE_HZ)
        sound[start : start + RATE_HZ] = 0.2 * np.sin(2 * np.pi * 440 * times(1.0))
    return pairs, sound


@pytest.mark.parametrize(("is_monitor", "last"), [(True, "wrong_device"), (False, "ok")])
def test_what_the_machine_plays_alone_is_no_microphone(is_monitor, last):
    pairs, sound = machine_sounds(5)
    check = SignalCheck(RATE_HZ)
    for pair in pairs:
        check.machine_plays(*pair)
    heard = check.process(sound if is_monitor else sound + room(len(sound) / RATE_HZ))
    if is_monitor:
        assert heard[-1].message == FAULTS["own_output"].message
    assert ([finding.problem for finding in heard] or ["ok"])[-1] == last


def test_of_several_faults_the_gravest_is_told_and_all_are_reported():
    hum = 0.1 * np.sin(2 * np.pi * 50 * times(14.0))
    sound = played(14.0) + hum
    loud = sound.copy()
    loud[10 * RATE_HZ :] = np.clip(10 * loud[10 * RATE_HZ :], -1, 1)
    check = SignalCheck(RATE_HZ)
    assert [finding.problem for finding in check.process(loud)] == ["hum", "clipping"]
    assert [finding.problem for finding in check.report()] == ["clipping", "hum"]


@pytest.mark.parametrize("lengths", [1000, 11_025, 44_101, 10_000_000])
def test_block_lengths_change_nothing(lengths):
    clipped = np.clip(played(3.0, level=2.0), -1, 1)
    sound = np.concatenate([clipped, played(8.0), np.zeros(3 * RATE_HZ)])
    assert problems(sound, lengths=lengths) == ["clipping", "ok", "silent"]


def test_findings_do_not_flutter_at_a_threshold():
    level_db = -50 + 3 * np.sin(2 * np.pi * times(60.0) / 7)  # around that of too soft
    sound = notes(60.0, level=1.0) * 10 ** ((level_db + 3) / 20) / 1.5 + room(60.0, -90.0)
    assert len(problems(sound)) <= 2


def test_after_bad_samples_the_findings_are_those_of_a_new_check():
    check = SignalCheck(RATE_HZ)
    check.process(np.full(5 * RATE_HZ, np.nan))
    check.process(np.full(RATE_HZ, np.inf))
    check.process(np.full(RATE_HZ, 1e30))
    check.process(played(10.0))
    assert [finding.problem for finding in check.report()] == ["ok"]
    check.reset()
    assert check.level_db == -200
    assert check.process(np.zeros(3 * RATE_HZ))[0].problem == "silent"


def test_level_is_that_of_the_last_quarter_of_a_second():
    check = SignalCheck(RATE_HZ)
    check.process(np.sin(2 * np.pi * 500 * times(1.0)))
    assert check.level_db == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("rate_hz", [0, -44100, 8000, 192_000, float("nan"), "fast", None])
def test_rates_outside_the_range_are_refused(rate_hz):
    with pytest.raises(RuleError) as caught:
        SignalCheck(rate_hz)
    assert str(caught.value) == f"sample_rate_hz must be 16000..96000, got {rate_hz!r}"


def test_samples_of_two_dimensions_are_refused():
    with pytest.raises(RuleError) as caught:
        SignalCheck(RATE_HZ).process(np.zeros((4, 2)))
    assert str(caught.value) == "samples must have one dimension, got 2"


def test_every_fault_has_a_rule_and_words_for_a_player():
    assert set(FAULTS) == set(RULES)
    for fault in FAULTS.values():
        assert fault.message.endswith((".", "?"))
        assert ":" in fault.message  # what is heard: what to do about it


@pytest.mark.parametrize("gain_db", [0.0, -20.0])
def test_clean_recordings_raise_no_alarm(shared, gain_db):
    files = sorted((shared / "data/pitch").glob("*.flac"))
    clean = [path for path in files if "snr" not in path.stem]
    assert len(clean) >= 15
    for path in clean:
        sound, rate_hz = soundfile.read(path, dtype="float32")
        assert problems(sound * 10 ** (gain_db / 20), rate_hz) == [], path.stem
