"""The pitch benchmark beside the laboratory itself, on the same estimates."""

import importlib
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from bench.pitch import material
from bench.pitch.chord_engines import BUDGETS_SEC, chords
from bench.pitch.chord_summary import best_thresholds, candidates, verified
from bench.pitch.metrics import REGISTERS, Estimates
from bench.pitch.summary import Frames, heard, of
from bench.pitch.targets import clean, clean_notes

RATE_HZ = 44_100
ITEMS = (
    ("dev_exact_cello_clean", "clean"),
    ("dev_exact_trombone_clean", "clean"),
    ("dev_exact_flute_clean", "snr20"),
    ("dev_exact_flute_clean", "bleed10"),
    ("dev_exact_flute_clean", "snr0"),
    ("dev_real_phil_clarinet", "clean"),
    ("dev_real_sal_8", "clean"),
    ("dev_real_voice_vocadito_1", "clean"),
)
RATES = {
    "RPA50": "within_50",
    "RPA10": "within_10",
    "RPA5": "within_5",
    "octave_err": "octave",
    "VR": "recalled",
    "VFA": "false_alarm",
    "OA": "overall",
}


@pytest.fixture
def data(shared):
    return shared / "data/pitch"


@pytest.fixture
def lab(shared, monkeypatch):
    monkeypatch.syspath_prepend(shared / "pitch_lab")
    return shared / "pitch_lab"


def items(data):
    by_name = {(i.source, i.condition): i for i in material.make_items(data, harder=False)}
    return [by_name[wanted] for wanted in ITEMS]


def pretended(truth, rng):
    """Estimates with every fault: late, off, octaves, gaps, voiced where nothing sounds."""
    n = 2 * len(truth.time_sec)
    time_sec = np.sort(rng.uniform(-0.01, truth.time_sec[-1] + 0.01, n))
    time_sec = time_sec[(time_sec % 3.0) > 0.1]
    n = len(time_sec)
    nearest = np.clip(np.round(time_sec / 0.005).astype(int), 0, len(truth.f0_hz) - 1)
    true_hz = np.where(truth.f0_hz[nearest] > 0, truth.f0_hz[nearest], 300.0)
    f0_hz = true_hz * 2 ** rng.choice((0, 0, 0, 0, 0, 0, 0, 1, -1, 0.4), n)
    f0_hz *= 2 ** (rng.normal(0, 12, n) / 1200) * (rng.random(n) > 0.03)
    confidence = np.clip(np.where(truth.f0_hz[nearest] > 0, 0.7, 0.3) + rng.normal(0, 0.2, n), 0, 1)
    told_sec = np.ceil((time_sec + 0.02) * RATE_HZ / 256) * 256 / RATE_HZ
    return Estimates(time_sec, f0_hz, confidence, confidence > 0.55, told_sec)


def kept_as_the_lab_does(data, folder, wanted, estimates):
    """A data folder and raw estimates as the laboratory reads them."""
    raw = folder / "raw/me"
    raw.mkdir(parents=True)
    entries = []
    known = {entry["id"]: entry for entry in material.manifest(data)}
    for item, said in zip(wanted, estimates, strict=True):
        name = item.name if item.kind == "exact" else item.source
        for ending in ("f0.csv", "notes.csv"):
            shutil.copy(data / f"{item.source}.{ending}", folder / f"{name}.{ending}")
        entries.append(known[item.source] | {"id": name, "cond": item.condition})
        names = dict(zip(("t", "f0", "conf", "voiced"), said, strict=False))
        fed = np.round(said.told_sec * RATE_HZ).astype(int)
        np.savez(raw / f"{name}.npz", **names, n=fed, cpu=1.0, dur=10.0)
    (folder / "manifest.json").write_text(json.dumps(entries))
    return raw.parent


@pytest.mark.parametrize("is_shipped", [True, False])
def test_frames_come_to_what_the_laboratory_reports(data, lab, tmp_path, is_shipped):
    pytest.importorskip("mir_eval")
    rng = np.random.default_rng(5)
    wanted = items(data)
    truths = [material.truth(data, item) for item in wanted]
    estimates = [pretended(truth, rng) for truth in truths]
    raw = kept_as_the_lab_does(data, tmp_path, wanted, estimates)
    command = [sys.executable, lab / "report.py", "--data", tmp_path, "--raw", raw]
    command += ["--json", tmp_path / "report.json", *(["--shipped"] if is_shipped else [])]
    subprocess.run(command, check=True, capture_output=True)
    theirs = json.loads((tmp_path / "report.json").read_text())["me"]

    raws = [said._asdict() | {"cpu_sec": np.array(1.0)} for said in estimates]
    ours = Frames([heard(*one) for one in zip(wanted, truths, raws, strict=True)], is_shipped)
    if not is_shipped:
        assert ours.threshold == pytest.approx(theirs["thr"])
    for item in wanted:
        group = f"dev/{item.kind}/{item.condition}"
        where = of(item.kind, item.condition)
        for prefix, live in (("", False), ("LIVE ", True)):
            told = theirs["groups"][prefix + group]
            for their_name, name in RATES.items():
                expected = pytest.approx(100 * told[their_name])
                assert ours.rate(name, where, live) == expected, (group, name, live)
    for name, *_ in REGISTERS:
        if f"dev/{name}" in theirs["reg"]:
            expected = 100 * theirs["reg"][f"dev/{name}"]["RPA50"]
            assert ours.of_register(name, clean) == pytest.approx(expected)
        raw_ms = [theirs["lat_raw"].get(f"dev/{cond}/{name}", []) for cond in ("clean", "real")]
        both = [*raw_ms[0], *raw_ms[1]]
        known = [ms for ms in both if ms is not None]
        if known:
            latency = ours.latency((name,), clean_notes)
            assert latency.median == pytest.approx(np.median(known), abs=1e-6)
            assert latency.p90 == pytest.approx(np.quantile(known, 0.9), abs=1e-6)
            assert latency.notes == len(both)


def test_conditions_are_those_of_the_laboratory_to_the_bit(data, lab, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    source = "dev_exact_flute_clean"
    few = [e for e in material.manifest(data) if e["id"] in (source, material.BLEED_ITEM)]
    few = [entry for entry in few if entry["id"] == source]
    (tmp_path / "in").mkdir()
    for path in [*data.glob(f"{source}*"), *data.glob(f"{material.BLEED_ITEM}*")]:
        shutil.copy(path, tmp_path / "in")
    (tmp_path / "in/manifest.json").write_text(json.dumps(few))
    command = [sys.executable, lab / "conditions.py"]
    command += ["--data", tmp_path / "in", "--out", tmp_path / "out"]
    subprocess.run(command, check=True)
    made = [i for i in material.make_items(data, harder=False) if i.source == source]
    assert [item.condition for item in made] == list(material.CONDITIONS)
    for item in made:
        theirs, rate = soundfile.read(tmp_path / "out" / f"{item.name}.flac", dtype="float32")
        sound = material.sound(data, item)
        assert sound.rate_hz == rate
        assert np.array_equal(sound.samples, theirs), item


def plain_chords(data):
    return [item for item in material.chord_items(data) if item.condition == "clean"]


def test_chords_and_decoys_are_those_of_the_laboratory(data, lab):
    run_poly = importlib.import_module("run_poly")
    for item in plain_chords(data):
        notes = material.notes(data, item)
        theirs = run_poly.candidates([tuple(row) for row in notes.tolist()])
        ours = chords(notes)
        assert [c.candidates for c in ours] == [
            e["true"] + [d[0] for d in e["decoys"]] for e in theirs
        ]
        assert [(c.first_sec, c.last_sec) for c in ours] == [(e["t"], e["tl"]) for e in theirs]


def test_verification_comes_to_what_the_laboratory_reports(data, lab, tmp_path):
    pytest.importorskip("mir_eval")
    run_poly = importlib.import_module("run_poly")
    rng = np.random.default_rng(6)
    raws, asked = [], []
    for item in plain_chords(data):
        notes = material.notes(data, item)
        found = chords(notes)
        asked.append(candidates(found))
        sizes = np.cumsum([len(c.candidates) for c in found])[:-1]
        scores = {
            f"{b:g}": np.clip(
                0.3 + 0.4 * asked[-1].is_written + rng.normal(0, 0.2, len(asked[-1][0])), 0, 1
            )
            for b in BUDGETS_SEC
        }
        raws.append(scores)
        events = run_poly.candidates([tuple(row) for row in notes.tolist()])
        for i, event in enumerate(events):
            event["scores"] = {k: np.split(v, sizes)[i].tolist() for k, v in scores.items()}
        told = {
            "id": item.source,
            "split": "dev",
            "kind": item.kind,
            "score_ms": 1,
            "events": events,
        }
        (tmp_path / f"me_{item.source}.json").write_text(json.dumps(told))
    command = [sys.executable, lab / "report_poly.py", "--data", data, "--raw", tmp_path]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    theirs = [
        line.split("|") for line in report.splitlines() if re.match(r"\| me \|.*\| ALL", line)
    ]
    rows = verified(raws, asked, best_thresholds(raws, asked))
    assert len(theirs) == len(rows) == 4
    for their, row in zip(theirs, rows, strict=True):
        f1, precision, recall, _, semitone, octave = map(float, their[4:10])
        ours = (row.f1, row.precision, row.recall, row.semitone, row.octave)
        assert ours == pytest.approx((f1, precision, recall, semitone, octave), abs=0.051)
