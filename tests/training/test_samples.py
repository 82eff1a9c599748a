"""Sample packages: names, labels, true pitches, checks."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest

from training import packages, samples
from training.true_pitch import cents_off, hz, measured_f0_hz

RATE_HZ = 44100
FORBIDDEN = ("trumpet", "contrabass", "oboe", "bassoon", "saxophone", "tonejs-instrument-piano-")


def note(f0_hz, partials=8, seconds=0.6, inharmonicity=0.0):
    """A harmonic tone whose partials fall off."""
    time_sec = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    k = np.arange(1, partials + 1)
    freq_hz = k * f0_hz * np.sqrt(1 + inharmonicity * k**2)
    keep = freq_hz < RATE_HZ / 2
    waves = np.sin(2 * np.pi * freq_hz[keep, None] * time_sec) / k[keep, None]
    return (0.3 * waves.sum(axis=0)).astype(np.float32)


@pytest.mark.parametrize("pitch", [21, 33, 48, 60, 69, 83, 84, 96, 105])
@pytest.mark.parametrize("cents", [-30, 0, 45])
def test_the_true_pitch_is_measured(pitch, cents):
    f0_hz = hz(pitch) * 2 ** (cents / 1200)
    assert measured_f0_hz(note(f0_hz), RATE_HZ, pitch) == pytest.approx(f0_hz, rel=2e-3)


@pytest.mark.parametrize("pitch", [36, 60, 72, 90])
@pytest.mark.parametrize("wrong_by", [-12, 12, -1, 1, 7])
def test_a_mislabelled_note_is_none(pitch, wrong_by):
    assert measured_f0_hz(note(hz(pitch)), RATE_HZ, pitch + wrong_by) is None


def test_a_stiff_string_keeps_its_pitch():
    f0_hz = measured_f0_hz(note(hz(28), partials=20, inharmonicity=2e-4), RATE_HZ, 28)
    assert abs(cents_off(f0_hz, 28)) < 40


@pytest.mark.parametrize("sound", [np.zeros(30000), np.zeros(10), np.zeros(0)])
def test_silence_has_no_pitch(sound):
    assert measured_f0_hz(sound.astype(np.float32), RATE_HZ, 60) is None


@pytest.mark.parametrize(
    ("member", "pitch"),
    [
        ("package/audio/A0v10.mp3", 21),
        ("package/audio/D#4v2.mp3", 63),
        ("package/Cs5.mp3", 73),
        ("package/C4.mp3", 60),
        ("package/Bb3.mp3", 58),
        ("package/README.md", None),
        ("package/noise.mp3", None),
    ],
)
def test_labels_are_read(member, pitch):
    assert samples.labelled_pitch(member) == pitch


def test_packages_are_pinned_and_none_is_of_the_instruments_measured_on():
    assert len({package.name for package in packages.PACKAGES}) == len(packages.PACKAGES)
    for package in packages.PACKAGES:
        assert len(package.integrity) == 88
        assert "CC BY 3.0" in package.licence
        assert not any(word in package.name for word in FORBIDDEN)


def test_a_tarball_other_than_the_pinned_one_is_refused(tmp_path):
    package = packages.PACKAGES[0]
    path = tmp_path / "audio-samples-piano-mp3-velocity2-1.0.5.tgz"
    path.write_bytes(b"something else")
    with pytest.raises(packages.PackageError) as raised:
        packages.fetch(package, tmp_path)
    assert str(raised.value) == (
        f"{path} must have the pinned SHA-512, got {packages.digest(path)}"
    )


def test_without_npm_the_reason_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(packages.shutil, "which", lambda _name: None)
    with pytest.raises(packages.PackageError) as raised:
        packages.fetch(packages.PACKAGES[0], tmp_path)
    assert str(raised.value) == "npm must be installed to fetch the sample packages"


def test_what_npm_says_is_told(tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "npm error 404\n")
    monkeypatch.setattr(packages.shutil, "which", lambda name: name)
    monkeypatch.setattr(packages.subprocess, "run", lambda *_args, **_kwargs: failed)
    with pytest.raises(packages.PackageError) as raised:
        packages.fetch(replace(packages.PACKAGES[0], name="x", version="1"), tmp_path)
    assert str(raised.value) == "npm pack x@1: npm error 404"


def test_samples_come_back_from_the_cache(tmp_path):
    sound = note(hz(60))
    kept = samples.Sample("piano", 2, 60, 261.6, 100, (sound * 32767).astype(np.int16))
    samples._save([kept], tmp_path / "samples" / "audio-samples-piano-mp3-velocity2-1.0.5.npz")
    (got,) = samples.load(tmp_path, ["piano"], [2])
    assert (got.instrument, got.layer, got.pitch, got.f0_hz) == ("piano", 2, 60, 261.6)
    np.testing.assert_allclose(got.sound(), sound[100:], atol=1e-4)


def test_a_cache_folder_must_be_named(monkeypatch):
    monkeypatch.delenv("ETUDE_TRAINING_CACHE", raising=False)
    with pytest.raises(SystemExit) as raised:
        samples.cache_folder()
    assert str(raised.value) == "give a cache folder, or set ETUDE_TRAINING_CACHE"


def test_a_note_begins_where_it_is_first_heard():
    sound = np.concatenate([np.zeros(1000), note(hz(60))])
    assert 1000 <= samples.first_heard(sound) <= 1010
