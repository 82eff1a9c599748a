"""ABC, MEI, Humdrum and compressed MusicXML, against notes counted by hand."""

import zipfile
from io import BytesIO

import pytest

from engine import Score
from engine.errors import ScoreError


def rows(score, *fields):
    """Rows of some fields, in playing order."""
    return score.notes[list(fields)].tolist()


def abc(music, *, key="C", head="M:4/4\nL:1/4"):
    """Read a tune."""
    return Score.from_bytes(f"X:1\nT:Tune\n{head}\nK:{key}\n{music}\n".encode(), "tune.abc")


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("C, C c c'", [(48, 0, 1), (60, 1, 1), (72, 2, 1), (84, 3, 1)]),
        ("C2 D/ E// F3/2", [(60, 0, 2), (62, 2, 0.5), (64, 2.5, 0.25), (65, 2.75, 1.5)]),
        ("C>D E<<F", [(60, 0, 1.5), (62, 1.5, 0.5), (64, 2, 0.25), (65, 2.25, 1.75)]),
        ("[CEG]2 z [CE]", [(60, 0, 2), (64, 0, 2), (67, 0, 2), (60, 3, 1), (64, 3, 1)]),
        ("[C2E2] D2", [(60, 0, 2), (64, 0, 2), (62, 2, 2)]),
        ("C2- C D|E4", [(60, 0, 3), (62, 3, 1), (64, 4, 4)]),
        ("^C4-|C C3", [(61, 0, 5), (60, 5, 3)]),
        ("^F G F2|F4", [(66, 0, 1), (67, 1, 1), (66, 2, 2), (65, 4, 4)]),
        ("C5 z3|D4", [(60, 0, 5), (62, 8, 4)]),
        ("{c}C2 {/de}D2", [(60, 0, 2), (72, 0, 0), (62, 2, 2), (74, 2, 0), (76, 2, 0)]),
        ("Z2|C4", [(60, 8, 4)]),
        ("C4 & E4|G4", [(60, 0, 4), (64, 0, 4), (67, 4, 4)]),
        (
            '"Am"C !trill!D .E (~F)|G4 % c',
            [(60, 0, 1), (62, 1, 1), (64, 2, 1), (65, 3, 1), (67, 4, 4)],
        ),
    ],
)
def test_abc_music(music, expected):
    assert rows(abc(music), "pitch", "onset_beat", "duration_beat") == expected


def test_abc_tuplets():
    onsets = abc("(3CDE F2|(3:2:2 C2D E2").notes["onset_beat"].tolist()
    assert onsets == pytest.approx([0, 2 / 3, 4 / 3, 2, 4, 16 / 3, 6])


@pytest.mark.parametrize(
    ("key", "pitches"),
    [
        ("C", [65, 71]),
        ("G", [66, 71]),
        ("Gm", [65, 70]),
        ("Dmix", [66, 71]),
        ("F#dor", [66, 71]),
        ("D Dorian", [65, 71]),
        ("none", [65, 71]),
    ],
)
def test_abc_keys_and_modes(key, pitches):
    assert abc("FB", key=key).notes["pitch"].tolist() == pitches


@pytest.mark.parametrize(
    ("music", "pitches"),
    [
        ("|:C4:|D4", "CCD"),
        ("C4|D4:|:E4:|", "CDCDEE"),
        ("C4|1 D4:|2 E4||F4", "CDCEF"),
        ("C4|[1,3 D4:|[2 E4:|[4 F4|]", "CDCECDCF"),
        ("C4::D4:|E4", "CCDDE"),
        ("C4|D4 !fine!|E4 !D.C.!|", "CDECD"),
        ("C4|!segno!D4|E4 !dacoda!|F4 !D.S.!||!coda!G4|", "CDEFDEG"),
    ],
)
def test_abc_repeats_and_jumps(music, pitches):
    letters = {0: "C", 2: "D", 4: "E", 5: "F", 7: "G"}
    assert "".join(letters[p % 12] for p in abc(music).notes["pitch"].tolist()) == pitches


def test_abc_pickup_is_bar_0_and_a_divided_bar_keeps_its_number():
    score = abc("G|c2 e2|d2 c:|:G|c4|]")
    assert score.bars["measure"].tolist() == [0, 1, 2, 0, 1, 2, 2, 3]
    assert score.bars["onset_beat"][:3].tolist() == [-1, 0, 4]


def test_abc_voices_are_staves():
    head = "M:2/4\nL:1/4\nV:R clef=treble\nV:L clef=bass"
    score = abc("[V:R]c d|e2|\n[V:L]C,2|^D,2|", head=head)
    assert rows(score, "pitch", "onset_beat", "staff") == [
        (48, 0, 2),
        (72, 0, 1),
        (74, 1, 1),
        (51, 2, 2),
        (76, 2, 1),
    ]


def test_abc_fields_inside_the_music():
    score = abc("C4|[M:6/8][L:1/8][K:D]F3 c3|", head="M:4/4\nL:1/4\nQ:1/4=120")
    assert rows(score, "pitch", "onset_beat", "duration_beat") == [
        (60, 0, 4),
        (66, 4, 1.5),
        (73, 5.5, 1.5),
    ]
    assert score.bars[["count", "unit"]].tolist() == [(4, 4), (6, 8)]


@pytest.mark.parametrize(
    ("tempo", "bpm"),
    [("1/4=120", 120), ("3/8=80", 120), ('"Allegro" 1/2=60', 120), ("90", 90), ("lento", 100)],
)
def test_abc_tempo(tempo, bpm):
    assert abc("C4", head=f"M:4/4\nL:1/4\nQ:{tempo}").tempi["bpm"].tolist() == [bpm]


@pytest.mark.parametrize(
    ("metre", "duration"), [("2/4", 0.25), ("3/4", 0.5), ("C|", 0.5), ("none", 0.5)]
)
def test_abc_unit_length_follows_the_metre(metre, duration):
    assert abc("C", head=f"M:{metre}").notes["duration_beat"].tolist() == [duration]


def test_abc_reads_the_first_tune_and_its_names():
    two = b"X:1\nT:First\nC:Anon.\nK:C\nC4|\n\nX:2\nT:Second\nK:C\nD4|\n"
    score = Score.from_bytes(two)
    assert (score.title, score.composer, len(score.notes)) == ("First", "Anon.", 1)


@pytest.mark.parametrize(
    ("music", "message"),
    [("C/0", "a length must be > 0, got '/0'"), ("z4|", "a score must have at least one note")],
)
def test_abc_that_makes_no_sense_is_refused(music, message):
    with pytest.raises(ScoreError, match=f"tune.abc: {message}"):
        abc(music)


def mei(measures, definition='keysig="1f" meter.count="4" meter.unit="4"', staff=""):
    """Read an MEI document of one staff."""
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<mei xmlns="http://www.music-encoding.org/ns/mei" meiversion="5.0"><meiHead><fileDesc><titleStmt>
<title>Hand made</title><composer>Somebody</composer></titleStmt><pubStmt/></fileDesc></meiHead>
<music><body><mdiv><score><scoreDef {definition}><staffGrp>
<staffDef n="1" lines="5" clef.shape="G" clef.line="2" {staff}/></staffGrp></scoreDef>
<section>{measures}</section></score></mdiv></body></music></mei>"""
    return Score.from_bytes(text.encode(), "test.mei")


def layer(content, more="", **attributes):
    """One measure of one voice."""
    named = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    return f'<measure {named}><staff n="1"><layer n="1">{content}</layer></staff>{more}</measure>'


def mei_note(pname, dur=4, more=""):
    """One note in octave 4."""
    return f'<note pname="{pname}" oct="4" dur="{dur}" {more}/>'


def test_mei_values_dots_tuplets_chords_and_grace_notes():
    triplet = f'<tuplet num="3" numbase="2">{mei_note("c", 8) * 3}</tuplet>'
    chord = f'<chord dur="4" dots="1">{mei_note("c")}{mei_note("e")}</chord>'.replace(
        ' dur="4" />', "/>"
    )
    grace = mei_note("g", 8, 'grace="unacc"')
    score = mei(
        layer(triplet + chord + '<rest dur="8"/>' + grace + f"<beam>{mei_note('f')}</beam>")
    )
    assert rows(score, "pitch", "is_grace") == [
        (60, False),
        (60, False),
        (60, False),
        (60, False),
        (64, False),
        (65, False),
        (67, True),
    ]
    assert score.notes["onset_beat"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1, 1, 3, 3])


def test_mei_key_signature_and_bar_imply_accidentals_where_none_are_given():
    natural = mei_note("b", 4, 'accid="n"')
    score = mei(layer(mei_note("b") + natural + mei_note("b", 2)) + layer(mei_note("b", 1)))
    assert score.notes["pitch"].tolist() == [70, 71, 71, 70]


def test_mei_gestural_accidentals_rule_where_they_are_given():
    score = mei(layer(mei_note("b", 2) + mei_note("b", 2, 'accid.ges="f"')))
    assert score.notes["pitch"].tolist() == [71, 70]


def test_mei_transposing_staff_sounds():
    assert mei(layer(mei_note("d", 1)), staff='trans.semi="-2"').notes["pitch"].tolist() == [60]


def test_mei_ties_repeats_and_endings():
    held = mei_note("d", 1, 'tie="t"')
    score = mei(
        layer(mei_note("c", 2) + mei_note("d", 2, 'tie="i"'), n="1", left="rptstart")
        + f'<ending n="1">{layer(held, n="2", right="rptend")}</ending>'
        + f'<ending n="2">{layer(mei_note("e", 1), n="3", right="end")}</ending>'
    )
    assert rows(score, "pitch", "onset_beat", "duration_beat", "measure") == [
        (60, 0, 2, 1),
        (62, 2, 6, 1),
        (60, 8, 2, 1),
        (62, 10, 2, 1),
        (64, 12, 4, 3),
    ]


def test_mei_pickup_metre_change_tempo_and_whole_bar_rest():
    change = '<scoreDef meter.count="6" meter.unit="8"/>'
    tempo = '<tempo tstamp="1" mm="60" mm.unit="4" mm.dots="1"/>'
    score = mei(
        layer(mei_note("c"), n="0", metcon="false")
        + layer(mei_note("d", 1), tempo, n="1")
        + change
        + layer("<mRest/>", n="2")
        + layer(mei_note("e", 4), n="3")
    )
    assert score.bars.tolist() == [
        (0, -1.0, 1.0, 4, 4, 0, True),
        (1, 0.0, 4.0, 4, 4, 1, True),
        (2, 4.0, 3.0, 6, 8, 2, True),
        (3, 7.0, 1.0, 6, 8, 3, True),
    ]
    assert score.tempi.tolist() == [(-1.0, 90.0)]


def test_mei_authors_order_of_sections_is_played():
    sections = "".join(
        f'<section xml:id="{name}">{layer(mei_note(name, 1))}</section>' for name in "abc"
    )
    score = mei(
        '<expansion plist="#a #b #a #c"/>' + sections, definition='meter.count="4" meter.unit="4"'
    )
    assert score.notes["pitch"].tolist() == [69, 71, 69, 60]


def test_mei_editorial_marks_are_looked_through():
    content = (
        f"<app><rdg>{mei_note('c')}</rdg><lem>{mei_note('d')}</lem></app>"
        f"<choice><sic>{mei_note('e')}</sic><corr>{mei_note('f')}</corr></choice>"
        f"<supplied>{mei_note('g')}</supplied><del>{mei_note('a')}</del>"
    )
    assert mei(layer(content)).notes["pitch"].tolist() == [62, 64, 67]


def test_mei_long_ids_are_shortened_to_fit_the_arrays():
    long_id = "note-" + "0123456789" * 4
    notes = [f'<note xml:id="{long_id}{k}" pname="c" oct="4" dur="2"/>' for k in "ab"]
    ids = mei(layer("".join(notes))).notes["id"].tolist()
    assert len(set(ids)) == 2
    assert not any(note_id.startswith("note-") for note_id in ids)


def test_mei_tremolo_between_two_notes_takes_the_time_of_one():
    tremolo = f"<fTrem>{mei_note('c', 2)}{mei_note('e', 2)}</fTrem>"
    score = mei(layer(tremolo + f"<bTrem>{mei_note('g', 2)}</bTrem>"))
    assert rows(score, "pitch", "onset_beat") == [(60, 0), (64, 1), (67, 2)]


def test_mei_names_are_read():
    score = mei(layer(mei_note("c", 1)))
    assert (score.title, score.composer) == ("Hand made", "Somebody")


HUMDRUM = b"""!!!OTL: Small rag
**kern\t**kern
*staff2\t*staff1
*clefF4\t*clefG2
*k[b-]\t*k[b-]
*M3/4\t*M3/4
*MM90\t*MM90
4C\t4cc
=1\t=1
2.F 2.A\t4a
.\t8b-L
.\t8bJ
.\t[4cc
=2!|:\t=2!|:
2F\t4cc]
.\t16qdd
.\t4ee
4r\t6ff
.\t12gg
=:|!\t=:|!
*-\t*-
"""


def test_humdrum_notes_voices_ties_graces_and_repeats():
    score = Score.from_bytes(HUMDRUM, "rag.krn")
    assert rows(score, "pitch", "onset_beat", "duration_beat", "staff")[:9] == [
        (48, -1.0, 1.0, 2),
        (72, -1.0, 1.0, 1),
        (53, 0.0, 3.0, 2),
        (57, 0.0, 3.0, 2),
        (69, 0.0, 1.0, 1),
        (70, 1.0, 0.5, 1),
        (71, 1.5, 0.5, 1),
        (72, 2.0, 2.0, 1),
        (53, 3.0, 2.0, 2),
    ]
    assert score.notes["is_grace"].sum() == 2
    assert score.bars["measure"].tolist() == [0, 1, 2, 2]
    assert score.notes["onset_beat"][-1] == pytest.approx(8 + 2 / 3)
    assert (score.title, score.tempi["bpm"].tolist()) == ("Small rag", [90.0])


def test_humdrum_order_of_sections_is_played():
    text = "**kern\n*>[A,A,B]\n*M1/4\n*>A\n=1\n4c\n*>B\n=2\n4d\n==\n*-\n"
    assert Score.from_bytes(text.encode()).notes["pitch"].tolist() == [60, 60, 62]


MUSICXML = (
    b"<score-partwise><part-list/><part id='P'><measure number='1'><note><pitch><step>C</step>"
    b"<octave>4</octave></pitch><duration>4</duration></note></measure></part></score-partwise>"
)


def mxl(members):
    """A compressed archive."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


CONTAINER = b'<container><rootfiles><rootfile full-path="a/score.xml"/></rootfiles></container>'


@pytest.mark.parametrize(
    "members",
    [
        {"META-INF/container.xml": CONTAINER, "b.xml": b"<x/>", "a/score.xml": MUSICXML},
        {"score.musicxml": MUSICXML},
    ],
    ids=["named-in-the-container", "first-score"],
)
def test_compressed_musicxml(members):
    assert Score.from_bytes(mxl(members), "x.mxl").notes["pitch"].tolist() == [60]


def test_title_and_composer_of_musicxml_are_read():
    head = (
        b"<score-partwise><work><work-title>A\n  Tune</work-title></work>"
        b'<identification><creator type="composer">Anon.</creator></identification>'
    )
    score = Score.from_bytes(MUSICXML.replace(b"<score-partwise>", head))
    assert (score.title, score.composer) == ("A Tune", "Anon.")


@pytest.mark.parametrize(("encoding", "declared"), [("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16")])
def test_musicxml_in_other_encodings(encoding, declared):
    text = MUSICXML.decode().replace("<part-list/>", "<movement-title>Übung</movement-title>")
    data = f'<?xml version="1.0" encoding="{declared}"?>{text}'.encode(encoding)
    assert Score.from_bytes(data).title == "Übung"


def test_timewise_scores_are_read():
    pitch = "<pitch><step>{}</step><octave>4</octave></pitch><duration>1</duration>"
    data = (
        "<score-timewise><part-list/>"
        '<measure number="1"><part id="A"><attributes><divisions>1</divisions></attributes><note>'
        + pitch.format("C")
        + '</note></part><part id="B"><note>'
        + pitch.format("E")
        + '</note></part></measure><measure number="2"><part id="A"><note>'
        + pitch.format("D")
        + "</note></part></measure></score-timewise>"
    )
    score = Score.from_bytes(data.encode())
    assert rows(score, "pitch", "onset_beat", "staff") == [(60, 0, 1), (64, 0, 2), (62, 1, 1)]


MIDI = bytes.fromhex("4d546864000000060000000100604d54726b0000000c00903c406080 3c4000ff2f00")


def test_the_content_tells_the_format_not_the_name():
    assert len(Score.from_bytes(MIDI, "x.musicxml").notes) == 1
    assert len(Score.from_bytes(MUSICXML, "x.mid").notes) == 1
