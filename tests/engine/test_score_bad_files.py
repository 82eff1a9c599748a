"""Files that are no scores: each is refused in one clear line, in bounded time and memory."""

import os
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Score
from engine.errors import ScoreError
from engine.score import limits, process

BARS = "a score must have at most 20000 bars"
NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration></note>"
MUSICXML = (
    '<?xml version="1.0"?><score-partwise><part-list><score-part id="P"><part-name/></score-part>'
    f'</part-list><part id="P"><measure number="1">{NOTE * 4}</measure></part></score-partwise>'
).encode()
MEI = (
    b'<mei xmlns="http://www.music-encoding.org/ns/mei"><meiHead/><music><body><mdiv><score>'
    b'<scoreDef><staffGrp><staffDef n="1" lines="5"/></staffGrp></scoreDef><section><measure n="1">'
    b'<staff n="1"><layer n="1"><note pname="c" oct="4" dur="4"/></layer></staff></measure>'
    b"</section></score></mdiv></body></music></mei>"
)
ABC = b"X:1\nT:Tune\nM:3/4\nL:1/8\nK:G\n|:(3GAB {c}d2[Bd]>c|1 G6-:|2 G6|]\n"
HUMDRUM = b"**kern\n*M3/4\n=1\n4c\n8d\n8e\n4f\n=2\n2.g\n==\n*-\n"


def midi_bytes(*messages, ticks_per_beat=96):
    """A MIDI file of one track."""
    file = mido.MidiFile(ticks_per_beat=ticks_per_beat)
    file.tracks.append(mido.MidiTrack(messages))
    stream = BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def on(delta=0, velocity=64):
    """A note on."""
    return mido.Message("note_on", note=60, velocity=velocity, time=delta)


EXAMPLES = int(os.environ.get("ETUDE_FUZZ_EXAMPLES", "25"))
"""Damaged files to try; more in a long run by hand."""

MIDI = midi_bytes(on(), on(96, 0), on(), on(48, 0))

LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(f'<!ENTITY {chr(98 + k)} "{f"&{chr(97 + k)};" * 10}">'.encode() for k in range(10))
    + b"]><score-partwise>&k;</score-partwise>"
)
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<score-partwise><work><work-title>&x;</work-title></work></score-partwise>"
)


def mxl(name, content):
    """An archive of one file."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


DAMAGED = {
    "nothing": (b"", "the file is empty"),
    "blanks": (b" \n\t ", "the file is empty"),
    "prose": (
        b"Dear diary, today",
        "must be MusicXML, MXL, MEI, ABC, Humdrum or MIDI, got something that begins with 'Dear",
    ),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(64), "must be MusicXML, MXL, MEI, ABC, Humdrum or"),
    "web page": (b"<html><body/></html>", "the XML must be MusicXML or MEI, got <html>"),
    "half a MusicXML": (MUSICXML[:200], "the XML is damaged or cut off"),
    "UTF-16 cut off": (MUSICXML.decode().encode("utf-16")[:201], "the XML is damaged or cut off"),
    "unknown encoding": (b'<?xml version="1.0" encoding="x-own"?><mei/>', "the XML is damaged"),
    "laughs": (LAUGHS, "XML entities are not allowed in a score: take them out"),
    "outside entity": (OUTSIDE, "XML entities are not allowed in a score: take them out"),
    "no notes": (MUSICXML.replace(NOTE.encode(), b""), "a score must have at least one note"),
    "MEI without notes": (MEI.replace(b"<note", b"<rest"), "a score must have at least one note"),
    "empty MEI": (b"<mei/>", "cannot be read as mei"),
    "Humdrum without notes": (b"**kern\n*-\n", "a score must have at least one note"),
    "ABC without notes": (b"X:1\nK:C\nz4|\n", "a score must have at least one note"),
    "broken archive": (b"PK\x03\x04" + bytes(100), "the .mxl archive is damaged"),
    "archive without a score": (mxl("a.txt", b"no"), "the .mxl archive must contain a MusicXML"),
    "half a MIDI file": (MIDI[:-9], "the MIDI file is damaged or cut off"),
    "MIDI garbage": (MIDI[:14] + b"MTrk\0\0\0\4\xff\xff\xff\xff", "the MIDI file is damaged"),
    "MIDI header only": (b"MThd", "a MIDI file must count in ticks per quarter note"),
    "SMPTE": (
        MIDI[:12] + b"\xe7\x28" + MIDI[14:],
        "a MIDI file must count in ticks per quarter note, got division 0xe728",
    ),
    "MIDI type 2": (MIDI[:9] + b"\2" + MIDI[10:], "a MIDI file must be of type 0 or 1"),
    "huge delta": (midi_bytes(on(), on(268_435_455, 0)), "must be at most 200000 beats"),
    "MIDI without notes": (midi_bytes(), "a score must have at least one note"),
}


@pytest.mark.parametrize(("data", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_file_that_is_no_score_is_refused_by_name_and_rule(data, message):
    with pytest.raises(ScoreError) as caught:
        Score.from_bytes(data, "upload")
    assert str(caught.value).startswith(f"upload: {message}")
    assert "\n" not in str(caught.value)


PART = f'<part id="P"><measure>{NOTE}</measure></part>'
ENDLESS = {
    "parts": (f"<score-partwise>{PART * 20_000}</score-partwise>", "a score must have at most 256"),
    "bars": (f'<score-partwise><part id="P">{"<measure/>" * 20_001}</part></score-partwise>', BARS),
    "rests": (f"X:1\nK:C\n{'Z1000 ' * 200}C|", BARS),
    "tune": (f"X:1\nK:C\n{'C' * 200_001}", "a tune must have at most 200000 characters"),
}


@pytest.mark.parametrize(("text", "message"), ENDLESS.values(), ids=ENDLESS.keys())
def test_a_score_without_end_is_refused_while_it_is_read(text, message):
    with pytest.raises(ScoreError, match=message):
        Score.from_bytes(text.encode(), "upload")


UNCLOSED = {
    "decoration": "C|" + "!aaaaaaaaaa" * 18_000,
    "grace": "C|" + "{C" * 40_000,
    "field": "C|" + "[A:" * 60_000,
    "chord": "C|" + "[" * 190_000,
    "text": "C|" + '"' + "z" * 20_000,
    "words": "CDEF|" * 10_000 + "\n" + "w:a\n" * 30_000,
}


@pytest.mark.parametrize("music", UNCLOSED.values(), ids=UNCLOSED.keys())
def test_abc_that_opens_what_it_never_closes_is_read_in_time(music, monkeypatch):
    """In the processor time that a reader has: on a busy machine that may take minutes."""
    monkeypatch.setattr(process, "MAX_WALL_SEC", 300.0)
    assert len(Score.from_bytes(f"X:1\nK:C\n{music}".encode(), "tune.abc").notes) > 0


@pytest.mark.parametrize("data", [MUSICXML, MEI, ABC, HUMDRUM, MIDI])
def test_the_undamaged_files_are_scores(data):
    assert len(Score.from_bytes(data).notes) > 0


def test_a_zip_bomb_is_refused_before_it_fills_the_memory():
    bomb = mxl("score.xml", b" " * (limits.MAX_FILE_BYTES + 1000))
    assert len(bomb) < 100_000
    with pytest.raises(ScoreError, match=r"bomb.mxl: an unpacked score must be at most 24 MiB"):
        Score.from_bytes(bomb, "bomb.mxl")


def test_a_file_of_100_mb_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "large.musicxml"
    with path.open("wb") as file:
        file.truncate(100_000_000)  # no block of it is on disk: reading it would be zeros
    with pytest.raises(ScoreError, match=r"a score file must be at most 24 MiB, got 95\.4 MiB"):
        Score.read(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing.mid", "no such file"), ("folder", "not a file"), ("a\0b", "no such file")],
)
def test_a_path_to_no_file_is_refused(tmp_path, name, message):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ScoreError, match=message):
        Score.read(tmp_path / name)


def test_a_name_with_a_line_break_stays_in_one_line():
    with pytest.raises(ScoreError) as caught:
        Score.from_bytes(b"", "a\nb.mid")
    assert str(caught.value) == "'a\\nb.mid': the file is empty"


def test_a_reader_that_takes_too_long_is_stopped(monkeypatch):
    monkeypatch.setattr(process, "MAX_WALL_SEC", 0.001)
    with pytest.raises(ScoreError, match="slow: reading must take at most 0 s, was stopped"):
        Score.from_bytes(MUSICXML + b"<!-- not in the cache -->", "slow")


def worker_with_limit(name, value, data):
    """Run the reading process with another limit, as the parent sees it end."""
    program = f"from engine.score import limits, worker\nworker.{name} = {value}\nworker.main()\n"
    request = process.msgspec.msgpack.encode(process.Request(data=data))
    root = str(Path(process.__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": root}
    return subprocess.run(
        [sys.executable, "-c", program], input=request, capture_output=True, env=environment
    )


def test_memory_of_the_reader_is_bounded():
    large = MUSICXML.replace(NOTE.encode(), NOTE.encode() * 20_000)
    done = worker_with_limit("MAX_MEMORY_BYTES", 150 << 20, large)
    answer = process.msgspec.msgpack.decode(done.stdout, type=process.Answer)
    assert answer.error == "reading it takes more than 150 MiB of memory"


def test_an_archive_is_never_unpacked_further_than_allowed():
    bomb = mxl("score.xml", bytes(300 << 20))
    done = worker_with_limit("MAX_MEMORY_BYTES", 200 << 20, bomb)
    answer = process.msgspec.msgpack.decode(done.stdout, type=process.Answer)
    assert answer.error == "an unpacked score must be at most 24 MiB"


def test_processor_time_of_the_reader_is_bounded():
    large = MUSICXML.replace(NOTE.encode(), NOTE.encode() * 40_000)
    done = worker_with_limit("MAX_CPU_SEC", 1, large)
    cause = process._cause(done.returncode, done.stderr)
    assert (
        cause == f"reading must take at most {limits.MAX_CPU_SEC} s of processor time, was stopped"
    )


def test_a_crash_of_the_reader_is_told():
    assert "SIGSEGV" in process._cause(-11, b"")
    assert process._cause(1, b"Traceback\nValueError: no\n").endswith("ValueError: no")


def children():
    """Processes this one has started and not yet seen end."""
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    return listing.read_text().split() if listing.exists() else []


@st.composite
def damaged_files(draw):
    """A valid file with some bytes changed, cut out or doubled."""
    data = bytearray(draw(st.sampled_from([MUSICXML, MEI, ABC, HUMDRUM, MIDI])))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data) - 1))
        length = draw(st.integers(0, 12))
        data[at : at + length] = draw(st.binary(max_size=12))
        if not data:
            break
    return bytes(data)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=damaged_files(), name=st.sampled_from(["", "a.abc", "a.krn", "a.mid", "a.xml"]))
def test_damaged_files_are_read_or_refused_and_leave_no_process_behind(data, name):
    before = children()
    try:
        notes = Score.from_bytes(data, name).notes
    except ScoreError as error:
        assert "\n" not in str(error)
        assert "Traceback" not in str(error)
    else:
        assert len(notes) > 0
    assert children() == before
