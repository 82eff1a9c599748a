"""``etude pitch``: notes and contour of recordings, as a table, as JSON, as a picture."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import soundfile
from melodies import mixed, one_by_one
from tones import shaped, tone
from typer.testing import CliRunner

from engine.errors import RuleError
from engine.notes import HEARD_NOTES
from engine.pitch import PITCH_FRAMES, PitchTracker
from engine.tuning import Tuning
from server.cli import app
from server.inputs.audio_files import AudioFile
from server.inputs.errors import AudioFileError
from server.inputs.recorded_pitch import RecordedPitch, hear_recording
from server.reports.errors import ReportFileError
from server.reports.pitch_chart import cents_text, draw_pitch, tuning_text

RATE_HZ = 44_100
SVG = "{http://www.w3.org/2000/svg}"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "pitch.md"
ETUDE = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "200"})


def tune(pitches, cents=0.0, note_sec=0.5):
    """Notes one after the other, with a rest before each and one at the end."""
    duration_sec = (note_sec + 0.1) * len(pitches) + 0.5
    return mixed(one_by_one(pitches, note_sec), duration_sec, RATE_HZ, cents)


PITCHES = [60, 64, 67, 72, 67]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Five notes, each 20 cents sharp."""
    path = tmp_path_factory.mktemp("recording") / "tune.flac"
    soundfile.write(path, tune(PITCHES, cents=20.0), RATE_HZ)
    return path


def invoke(*arguments):
    return ETUDE.invoke(app, ["pitch", *map(str, arguments)])


def rows(output):
    return re.findall(r"^ *([\d.]+) s +([\d.]+) s +(\S+) +(\S+) +([\d.]+) +", output, re.MULTILINE)


def test_a_table_tells_each_note_its_time_and_how_far_off_it_is(recording):
    done = invoke(recording)
    assert done.exit_code == 0, done.output
    told = rows(done.output)
    assert [row[2] for row in told] == ["C4", "E4", "G4", "C5", "G4"]
    for k, (onset_sec, _, _, cents, _) in enumerate(told):
        assert float(onset_sec) == pytest.approx(0.1 + 0.6 * k, abs=0.05)
        assert int(cents) == pytest.approx(20, abs=6)
    assert done.output.splitlines()[-1] == (
        "5 notes in 3.5 s, cents against equal temperament, A4 = 440 Hz"
    )


def test_cents_are_told_against_another_tuning(recording):
    done = invoke(recording, "--a4", 445.1, "--instrument", "guitar")
    assert [row[2] for row in rows(done.output)] == ["C4", "E4", "G4", "C5", "G4"]
    assert all(abs(int(row[3].replace("−", "-"))) <= 6 for row in rows(done.output))
    named = invoke(recording, "--tuning", "sargam", "--tonic", "C")
    assert [row[2] for row in rows(named.output)] == ["Sa", "Ga", "Pa", "Sa", "Pa"]
    assert named.output.splitlines()[-1].endswith("cents against sargam, Sa = C, A4 = 440 Hz")


def test_a_note_is_named_by_the_pitch_it_had_in_the_end(tmp_path):
    """Live it is told as the C sharp that it begins as at first."""
    contour = 61.35 + 0.3 * np.clip((np.arange(RATE_HZ) / RATE_HZ - 0.15) / 0.1, 0.0, 1.0)
    sound = 0.2 * shaped(tone(contour))
    tracker = PitchTracker(RATE_HZ)
    tracker.process(sound[: int(0.15 * RATE_HZ)])
    assert tracker.take_notes()["pitch"].tolist() == [61]
    soundfile.write(tmp_path / "scoop.wav", sound, RATE_HZ)
    with AudioFile(tmp_path / "scoop.wav") as file:
        (note,) = hear_recording(file).notes
    assert (note["pitch"], note["cents"]) == (62, pytest.approx(-35, abs=10))


def documented_fields():
    return set(re.findall(r"`(\w+)`(?=[^|]*\|)", DOCS.read_text(encoding="utf-8"))) - {"null"}


def test_json_has_the_notes_and_the_contour_as_documented(recording, tmp_path):
    done = invoke(recording, "--json", "--instrument", "guitar")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["file"], told["rate_hz"], told["instrument"]) == ("tune.flac", RATE_HZ, "guitar")
    assert told["duration_sec"] == pytest.approx(3.5, abs=1e-3)
    assert [note["pitch"] for note in told["notes"]] == PITCHES
    assert all(note["onset_sec"] < note["offset_sec"] for note in told["notes"])
    contour = told["contour"]
    assert len({len(contour[name]) for name in contour}) == 1
    assert contour["time_sec"][-1] < told["duration_sec"]
    middle = [
        f for t, f in zip(contour["time_sec"], contour["f0_hz"], strict=True) if 0.3 < t < 0.4
    ]
    assert middle == pytest.approx([264.66] * len(middle), rel=0.003)
    fields = {*told, *told["notes"][0], *contour}
    assert fields == documented_fields() - {"file_name"}
    assert invoke(recording, tmp_path / "a.json", "--json").output == (
        f"wrote {tmp_path / 'a.json'}\n"
    )
    assert json.loads((tmp_path / "a.json").read_text())["notes"][0]["name"] == "C4"


def test_the_picture_has_a_box_for_each_note_and_the_contour(recording, tmp_path):
    path = tmp_path / "a.svg"
    done = invoke(recording, "--plot", path)
    assert done.output == f"wrote {path}\n"
    root = ET.parse(path).getroot()
    boxes = [e for e in root.iter(f"{SVG}rect") if "note" in e.get("class", "")]
    assert [box.get("class") for box in boxes] == ["note sharp"] * 5
    assert boxes[0].find(f"{SVG}title").text.startswith("C4 +")
    heights = [float(box.get("y")) for box in boxes]
    assert heights[0] > heights[1] > heights[2] > heights[3] < heights[4]
    lines = [e for e in root.iter(f"{SVG}polyline") if e.get("class") == "contour"]
    assert len(lines) >= 5
    texts = [e.text for e in root.iter(f"{SVG}text")]
    assert {"tune.flac", "C4", "C5", "0:01"} <= set(texts)


def test_a_picture_without_a_name_is_kept_with_the_reports(recording, tmp_path):
    done = invoke(recording, "--plot")
    path = tmp_path / "data" / "reports" / "tune.pitch.svg"
    assert done.output == f"wrote {path}\n"
    assert ET.parse(path).getroot().tag == f"{SVG}svg"
    assert invoke(recording, "--plot").exit_code == 0  # the latest one counts


@pytest.mark.parametrize("seconds", [0.0001, 2.0])
def test_silence_has_no_note_and_an_empty_picture(tmp_path, seconds):
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(max(1, int(seconds * RATE_HZ)), np.float32), RATE_HZ)
    assert invoke(path).output == "no note was heard\n"
    assert json.loads(invoke(path, "--json").output)["notes"] == []
    invoke(path, tmp_path / "a.svg", "--plot")
    root = ET.parse(tmp_path / "a.svg").getroot()
    assert not [e for e in root.iter(f"{SVG}rect") if "note" in e.get("class", "")]


def test_bad_samples_in_a_file_do_no_harm(tmp_path):
    samples = tune([60, 62])
    samples[RATE_HZ // 4 :: 997] = np.nan
    samples[RATE_HZ // 2 : RATE_HZ // 2 + 3] = [np.inf, -np.inf, 3e38]
    soundfile.write(tmp_path / "bad.wav", samples, RATE_HZ, subtype="FLOAT")
    done = invoke(tmp_path / "bad.wav", "--json")
    assert done.exit_code == 0, done.output
    assert "NaN" not in done.output


def test_samples_that_are_no_numbers_are_counted(tmp_path):
    samples = tune(PITCHES)
    samples[[100, 5000, 40_000]] = np.nan, np.inf, -np.inf
    soundfile.write(tmp_path / "bad.wav", samples, RATE_HZ, subtype="FLOAT")
    done = invoke(tmp_path / "bad.wav")
    assert done.exit_code == 0
    assert done.stderr == "etude: 3 samples are no numbers: taken as silence\n"


def test_who_asks_for_chords_is_told_where_they_are_heard(recording):
    done = invoke(recording, "--instrument", "piano")
    assert done.exit_code == 0
    assert "one note at a time is told here" in done.stderr
    assert invoke(recording, "--instrument", "violin").stderr == ""


def test_a_note_that_sounds_on_ends_with_the_recording(tmp_path):
    path = tmp_path / "cut.wav"
    soundfile.write(path, tune([69], note_sec=1.0)[: int(0.8 * RATE_HZ)], RATE_HZ)
    with AudioFile(path) as file:
        heard = hear_recording(file)
    assert heard.notes["pitch"].tolist() == [69]
    assert heard.notes["offset_sec"][0] == pytest.approx(0.79, abs=0.01)
    assert heard.frames["time_sec"].max() < 0.8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--json", "--plot"], "--json and --plot exclude each other"),
        (["other.svg"], "a second file needs --json or --plot"),
        (["--tonic", "D"], "--tonic needs --tuning just or sargam"),
        (["--a4", "470"], "'--a4'"),
        (["--tuning", "mean"], "'mean' is not one of"),
        (["--channel", "0"], "'--channel'"),
    ],
)
def test_a_wrong_use_is_status_2_and_says_why(recording, arguments, message):
    done = invoke(recording, *arguments)
    assert done.exit_code == 2
    assert message in done.output


def test_what_cannot_be_heard_is_refused(recording, tmp_path):
    (tmp_path / "a.wav").write_text("no sound")
    assert isinstance(invoke(tmp_path / "a.wav").exception, AudioFileError)
    assert isinstance(invoke(recording, "--instrument", "kazoo").exception, RuleError)
    assert isinstance(invoke(recording, "--channel", "2").exception, AudioFileError)
    existing = tmp_path / "a.svg"
    existing.write_text("mine")
    assert isinstance(invoke(recording, existing, "--plot").exception, ReportFileError)
    assert existing.read_text() == "mine"


# ---- the picture by itself


def drawn(notes, frames, duration_sec=2.0, tuning=None):
    heard = RecordedPitch(
        np.array(notes, HEARD_NOTES), np.array(frames, PITCH_FRAMES), duration_sec
    )
    return ET.fromstring(draw_pitch(heard, tuning or Tuning(), "a <b> & c"))


def test_notes_are_coloured_by_how_far_off_they_are():
    notes = [(k, 60, cents, 261.6, 0.2 * k, 0.2 * k + 0.1, 64, 0.9) for k, cents in
             enumerate([0.0, 10.0, 10.5, -10.5, float("nan")])]  # fmt: skip
    root = drawn(notes, [])
    kinds = [e.get("class") for e in root.iter(f"{SVG}rect")][1:]
    assert kinds == ["note good", "note good", "note sharp", "note flat", "note unknown"]


def test_the_contour_breaks_at_silences_and_jumps_and_leaves_slips_out():
    steady = [(0.01 * k, 440.0, True, 0.9) for k in range(50)]
    steady[25] = (0.25, 8000.0, True, 0.5)
    silence = [(0.01 * k, 440.0, False, 0.1) for k in range(50, 60)]
    octave = [(0.01 * k, 880.0, True, 0.9) for k in range(60, 110)]
    after = [(0.01 * k, 440.0, True, 0.9) for k in range(110, 150)]
    root = drawn([], steady + silence + octave + after)
    lines = [e.get("points").split() for e in root.iter(f"{SVG}polyline")]
    assert len(lines) == 3
    levels = [{float(point.split(",")[1]) for point in line} for line in lines]
    assert [len(level) for level in levels] == [1, 1, 1]
    assert levels[0] == levels[2] != levels[1]
    assert len([e for e in root.iter(f"{SVG}text") if e.text in ("A4", "A5")]) == 2


def test_the_title_is_written_as_it_is():
    assert drawn([], []).find(f"{SVG}title").text == "a <b> & c"


def test_cents_and_tunings_in_words():
    assert [cents_text(c) for c in (0.4, -12.6, 7.5, float("nan"))] == ["+0", "−13", "+8", "–"]
    assert tuning_text(Tuning(442.0)) == "equal temperament, A4 = 442 Hz"
    assert tuning_text(Tuning(440.0, "just", "D")) == "just intonation on D, A4 = 440 Hz"
    assert tuning_text(Tuning(440.0, "sargam", "C#")) == "sargam, Sa = C♯, A4 = 440 Hz"
