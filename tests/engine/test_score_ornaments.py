"""Ornaments and fermatas: what may sound beside a written note, counted by hand."""

import re
from collections import Counter

import pytest

from engine import Score


def note(pitch, notations="", *, quarters=1, inside="", voice=1, staff=1):
    """One note such as note("F#5", "<ornaments><trill-mark/></ornaments>"); "R" is a rest."""
    alter = {"#": "<alter>1</alter>", "b": "<alter>-1</alter>"}.get(pitch[1:2], "")
    head = f"<pitch><step>{pitch[0]}</step>{alter}<octave>{pitch[-1]}</octave></pitch>"
    head = "<rest/>" if pitch == "R" else head
    length = "" if "<grace" in inside else f"<duration>{quarters}</duration>"
    place = f"<voice>{voice}</voice><staff>{staff}</staff>"
    notations = f"<notations>{notations}</notations>" if notations else ""
    return f"<note>{inside}{head}{length}{place}{notations}</note>"


def ornaments(*signs):
    """Ornaments of a note."""
    return f"<ornaments>{''.join(signs)}</ornaments>"


TRILL = ornaments("<trill-mark/>")
CHORD = "<chord/>"
BACK = "<backup><duration>4</duration></backup>"


def part(*bars, fifths=0, more=""):
    """A part of 4/4 bars."""
    attributes = (
        f"<attributes><divisions>1</divisions><key><fifths>{fifths}</fifths></key>{more}"
        "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    )
    return "".join(
        f'<measure number="{k + 1}">{"" if k else attributes}{bar}</measure>'
        for k, bar in enumerate(bars)
    )


def read(*bars, **arguments):
    """Read bars as a score."""
    text = f'<part-list/><part id="P">{part(*bars, **arguments)}</part>'
    return Score.from_bytes(f"<score-partwise>{text}</score-partwise>".encode())


def ornamented(score):
    """Pitch, ornament and auxiliaries of the notes that have one."""
    notes = score.notes[score.notes["ornament"] != ""]
    return notes[["pitch", "ornament", "ornament_upper", "ornament_lower"]].tolist()


@pytest.mark.parametrize(
    ("fifths", "notes", "expected"),
    [
        pytest.param(0, [note("C5", TRILL)], (72, 74, 71), id="C-major"),
        pytest.param(0, [note("E5", TRILL)], (76, 77, 74), id="semitone-above"),
        pytest.param(1, [note("F#5", TRILL)], (78, 79, 76), id="F-sharp-in-G"),
        pytest.param(1, [note("E5", TRILL)], (76, 78, 74), id="key-signature-above"),
        pytest.param(-3, [note("G4", TRILL)], (67, 68, 65), id="three-flats"),
        pytest.param(1, [note("F5"), note("E5", TRILL)], (76, 77, 74), id="natural-before"),
        pytest.param(1, [note("F4"), note("E5", TRILL)], (76, 78, 74), id="other-octave"),
        pytest.param(1, [note("E5", TRILL), note("F5")], (76, 78, 74), id="natural-behind"),
        pytest.param(
            0, [note("F#5"), note("F5"), note("E5", TRILL)], (76, 77, 74), id="last-one-counts"
        ),
        pytest.param(
            0,
            [note("E5", TRILL, quarters=4), BACK, note("F#5", voice=2)],
            (76, 78, 74),
            id="other-voice-of-the-staff",
        ),
        pytest.param(
            0,
            [note("F#5", staff=2, quarters=4, voice=5), BACK, note("E5", TRILL)],
            (76, 77, 74),
            id="other-staff",
        ),
        pytest.param(
            1,
            [note("F#5", ornaments("<trill-mark/>", "<accidental-mark>natural</accidental-mark>"))],
            (78, 79, 76),
            id="mark-that-changes-nothing",
        ),
        pytest.param(
            1,
            [note("E5", ornaments("<trill-mark/>", "<accidental-mark>natural</accidental-mark>"))],
            (76, 77, 74),
            id="own-natural",
        ),
        pytest.param(
            0,
            [
                note(
                    "A4",
                    ornaments(
                        "<trill-mark/>",
                        '<accidental-mark placement="above">flat</accidental-mark>',
                        '<accidental-mark placement="below">sharp</accidental-mark>',
                    ),
                )
            ],
            (69, 70, 68),
            id="marks-above-and-below",
        ),
        pytest.param(0, [note("E#5", TRILL)], (77, -1, 74), id="no-auxiliary-on-the-same-key"),
        pytest.param(0, [note("G9", TRILL)], (127, -1, 125), id="top-of-the-range"),
        pytest.param(0, [note("B4", ornaments("<shake/>"))], (71, 72, 69), id="shake"),
    ],
)
def test_trill_auxiliaries_follow_key_and_bar(fifths, notes, expected):
    pitch, upper, lower = expected
    score = read("".join(notes), fifths=fifths)
    assert ornamented(score) == [(pitch, "trill", upper, lower)]


def test_accidentals_end_with_their_bar_and_a_tied_one_does_not_renew_them():
    tie = '<tie type="stop"/>'
    first = note("F#5", quarters=3) + note("F#5", inside='<tie type="start"/>')
    second = note("F#5", inside=tie) + note("E5", TRILL)
    assert ornamented(read(first, second)) == [(76, "trill", 77, 74)]


def test_transposing_instruments_sound_their_auxiliaries_transposed():
    clarinet = "<transpose><chromatic>-2</chromatic></transpose>"
    assert ornamented(read(note("E5", TRILL), fifths=1, more=clarinet)) == [(74, "trill", 76, 72)]


def test_keys_may_differ_by_staff_and_need_not_be_of_the_circle():
    keys = (
        '<key number="2"><key-step>B</key-step><key-alter>-1</key-alter>'
        "<key-step>C</key-step><key-alter>1</key-alter></key>"
    )
    bar = note("B4", TRILL, quarters=4) + BACK + note("Bb4", TRILL, voice=5, staff=2, quarters=4)
    assert ornamented(read(bar, more=keys)) == [(70, "trill", 73, 69), (71, "trill", 72, 69)]
    new_key = "<attributes><key><fifths>1</fifths></key></attributes>"
    changed = new_key + note("B4", TRILL, voice=5, staff=2, quarters=4)
    assert ornamented(read(bar, changed, more=keys))[2:] == [(71, "trill", 72, 69)]


@pytest.mark.parametrize(
    ("sign", "kind", "upper", "lower"),
    [
        ("<mordent/>", "mordent", -1, 67),
        ("<inverted-mordent/>", "mordent", 71, -1),
        ('<inverted-mordent long="yes" approach="above"/>', "mordent", 71, 67),
        ("<turn/>", "turn", 71, 67),
        ("<inverted-turn/>", "turn", 71, 67),
        ("<delayed-turn/>", "turn", 71, 67),
        ("<vertical-turn/>", "turn", 71, 67),
        ('<mordent/><accidental-mark placement="below">sharp</accidental-mark>', "mordent", -1, 68),
        ("<mordent/><accidental-mark>sharp</accidental-mark>", "mordent", -1, 68),
        ("<inverted-mordent/><accidental-mark>flat</accidental-mark>", "mordent", 70, -1),
        ("<turn/><accidental-mark>flat</accidental-mark>", "turn", 70, 67),
        ('<tremolo type="single">3</tremolo>', "tremolo", -1, -1),
    ],
)
def test_signs_of_musicxml(sign, kind, upper, lower):
    assert ornamented(read(note("A4", ornaments(sign)))) == [(69, kind, upper, lower)]


@pytest.mark.parametrize("sign", ["<schleifer/>", "<other-ornament>x</other-ornament>", ""])
def test_other_signs_allow_nothing(sign):
    assert ornamented(read(note("A4", ornaments(sign)))) == []


def test_wavy_line_trills_all_notes_of_its_voice_even_over_the_bar_line():
    start, stop = (ornaments(f'<wavy-line type="{kind}"/>') for kind in ("start", "stop"))
    first = note("C5", start, quarters=4) + BACK + note("C4", voice=2, quarters=4)
    grace = note("G5", inside="<grace/>")
    second = note("D5") + grace + note("E5", stop) + note("F5", quarters=2)
    assert ornamented(read(first, second)) == [
        (72, "trill", 74, 71),
        (74, "trill", 76, 72),
        (76, "trill", 77, 74),
    ]


def test_wavy_line_without_end_is_of_its_note():
    start = ornaments('<wavy-line type="start"/>')
    assert ornamented(read(note("C5", start) + note("D5"))) == [(72, "trill", 74, 71)]


def test_trill_on_a_chord_is_for_its_top_note_and_on_a_note_in_it_for_that():
    chord = note("C5", TRILL) + note("E5", inside=CHORD) + note("G5", inside=CHORD)
    assert ornamented(read(chord)) == [(79, "trill", 81, 77)]
    inner = note("C5") + note("E5", TRILL, inside=CHORD) + note("G5", inside=CHORD)
    assert ornamented(read(inner)) == [(76, "trill", 77, 74)]


def test_arpeggio_and_fermata_at_one_note_are_for_the_chord():
    chord = note("C5", "<arpeggiate/><fermata/>") + note("E5", inside=CHORD) + note("G5")
    score = read(chord)
    assert ornamented(score) == [(72, "arpeggio", -1, -1), (76, "arpeggio", -1, -1)]
    assert score.notes["has_fermata"].tolist() == [True, True, False]


def test_trill_in_a_broken_chord_stays_a_trill():
    chord = note("C5", "<arpeggiate/>") + note("E5", "<arpeggiate/>" + TRILL, inside=CHORD)
    assert ornamented(read(chord)) == [(72, "arpeggio", -1, -1), (76, "trill", 77, 74)]


def test_fermata_on_a_rest_holds_the_note_before_it():
    score = read(note("C5") + note("D5"), note("R", "<fermata/>", quarters=2) + note("E5"))
    assert score.notes["has_fermata"].tolist() == [False, True, False]


def two_note_tremolo(*chords):
    """A tremolo between two chords, half of a 4/4 bar each."""
    signs = [ornaments(f'<tremolo type="{kind}">3</tremolo>') for kind in ("start", "stop")]
    return "".join(
        note(pitch, "" if k else sign, quarters=2, inside=CHORD if k else "")
        for chord, sign in zip(chords, signs, strict=True)
        for k, pitch in enumerate(chord)
    )


def test_the_sides_of_a_tremolo_are_each_others_auxiliaries():
    assert ornamented(read(two_note_tremolo(["C4"], ["G4"]))) == [
        (60, "tremolo", 67, -1),
        (67, "tremolo", -1, 60),
    ]


def test_every_pitch_of_a_tremolo_between_chords_is_allowed_on_the_other_side():
    first, second = [60, 64], [67, 72, 76]
    notes = ornamented(read(two_note_tremolo(["C4", "E4"], ["G4", "C5", "E5"])))
    for side, other in ((notes[:2], second), (notes[2:], first)):
        allowed = {pitch for row in side for pitch in row[2:] if pitch >= 0}
        assert allowed == set(other)


def test_a_tie_keeps_the_ornament_of_either_end():
    held = note("C5", TRILL, quarters=4, inside='<tie type="start"/>')
    end = note("C5", "<fermata/>", inside='<tie type="stop"/>')
    score = read(held, end)
    assert ornamented(score) == [(72, "trill", 74, 71)]
    assert score.notes["has_fermata"].tolist() == [True]
    late = read(
        note("C5", quarters=4, inside='<tie type="start"/>'),
        note("C5", TRILL, inside='<tie type="stop"/>'),
    )
    assert ornamented(late) == [(72, "trill", 74, 71)]


def test_repeats_keep_ornaments_and_sections_too():
    repeat = '<barline location="right"><repeat direction="backward"/></barline>'
    score = read(note("C5", TRILL, quarters=4) + repeat, note("D5", TRILL, quarters=4))
    assert ornamented(score) == [(72, "trill", 74, 71)] * 2 + [(74, "trill", 76, 72)]
    assert ornamented(score.section(2, 2)) == [(74, "trill", 76, 72)]
    assert ornamented(Score.from_notes(score.notes)) == ornamented(score)


MEI = """<?xml version="1.0"?><mei xmlns="http://www.music-encoding.org/ns/mei" meiversion="5.0">
<music><body><mdiv><score><scoreDef meter.count="4" meter.unit="4" keysig="1s"><staffGrp>
<staffDef n="1" lines="5" clef.shape="G" clef.line="2"/>
<staffDef n="2" lines="5" clef.shape="F" clef.line="4"/></staffGrp></scoreDef><section>
<measure n="1"><staff n="1"><layer n="1">{upper}</layer></staff>
<staff n="2"><layer n="1"><note xml:id="low" dur="1" pname="g" oct="2"/></layer></staff>
{signs}</measure>
<measure n="2"><staff n="1"><layer n="1">
<note xml:id="z" dur="1" pname="c" oct="5"/></layer></staff>
<staff n="2"><layer n="1"><rest xml:id="r" dur="1"/></layer></staff>{more}</measure>
</section></score></mdiv></body></music></mei>"""

UPPER = """<note xml:id="a" dur="4" pname="e" oct="5"/><chord xml:id="k" dur="4">
<note xml:id="k1" pname="c" oct="5"/><note xml:id="k2" pname="a" oct="5"/></chord>
<note xml:id="b" dur="2" pname="f" oct="5" accid.ges="s"/>"""


def read_mei(signs, more="", upper=UPPER):
    """Read two bars on two staves with some signs."""
    return Score.from_bytes(MEI.format(upper=upper, signs=signs, more=more).encode())


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ('<trill startid="#a"/>', [(76, "trill", 78, 74)]),
        ('<trill startid="#a" accidupper="n"/>', [(76, "trill", 77, 74)]),
        ('<trill staff="1" tstamp="3"/>', [(78, "trill", 79, 76)]),
        ('<trill staff="1" tstamp="2"/>', [(81, "trill", 83, 79)]),
        ('<trill startid="#k"/>', [(81, "trill", 83, 79)]),
        ('<trill startid="#k1"/>', [(72, "trill", 74, 71)]),
        ('<trill staff="2" tstamp="1"/>', [(43, "trill", 45, 42)]),
        ('<mordent startid="#b"/>', [(78, "mordent", -1, 76)]),
        ('<mordent startid="#b" form="upper"/>', [(78, "mordent", 79, -1)]),
        ('<mordent startid="#b" form="lower" accidlower="s"/>', [(78, "mordent", -1, 77)]),
        ('<turn startid="#b" accidlower="n"/>', [(78, "turn", 79, 76)]),
        ('<arpeg plist="#k"/>', [(72, "arpeggio", -1, -1), (81, "arpeggio", -1, -1)]),
        ('<arpeg plist="#k" order="nonarp"/>', []),
        ('<trill startid="#nobody"/>', []),
        ('<trill staff="7" tstamp="1"/>', []),
        (
            '<trill startid="#b" endid="#z"/>',
            [(78, "trill", 79, 76), (72, "trill", 74, 71)],
        ),
    ],
)
def test_signs_of_mei(sign, expected):
    assert ornamented(read_mei(sign)) == expected


def test_fermatas_of_mei():
    score = read_mei('<fermata startid="#k"/>', '<fermata staff="1" tstamp="1"/>')
    held = score.notes[score.notes["has_fermata"]]
    assert held["pitch"].tolist() == [72, 81, 72]


def test_tremolos_of_mei():
    upper = (
        '<bTrem unitdur="32"><chord dur="2"><note pname="c" oct="5"/><note pname="e" oct="5"/>'
        '</chord></bTrem><fTrem unitdur="32"><note dur="2" pname="c" oct="5"/>'
        '<note dur="2" pname="g" oct="5"/></fTrem>'
    )
    assert ornamented(read_mei("", upper=upper)) == [
        (72, "tremolo", -1, -1),
        (76, "tremolo", -1, -1),
        (72, "tremolo", 79, -1),
        (79, "tremolo", -1, 72),
    ]


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("!trill!F T=F", [(66, "trill", 67, 64), (65, "trill", 67, 64)]),
        ("MA PA", [(69, "mordent", -1, 67), (69, "mordent", 71, -1)]),
        (
            "!lowermordent!A !pralltriller!A",
            [(69, "mordent", -1, 67), (69, "mordent", 71, -1)],
        ),
        ("~A !turn!^c", [(69, "turn", 71, 67), (73, "turn", 74, 71)]),
        ("!arpeggio![CE]", [(60, "arpeggio", -1, -1), (64, "arpeggio", -1, -1)]),
        ("T[ceg]", [(79, "trill", 81, 78)]),
        ("!///!C4", [(60, "tremolo", -1, -1)]),
        ("=F T=E", [(64, "trill", 65, 62)]),
        ("T{g}F", [(66, "trill", 67, 64)]),
    ],
)
def test_decorations_of_abc(music, expected):
    assert ornamented(Score.from_bytes(f"X:1\nM:4/4\nL:1/4\nK:G\n{music}|]\n".encode())) == expected


def test_fermatas_of_abc():
    score = Score.from_bytes(b"X:1\nM:4/4\nL:1/4\nK:C\nHC D !fermata!E F|G2 Hz2|]\n")
    assert score.notes["has_fermata"].tolist() == [True, False, True, False, True]


def test_signs_of_humdrum():
    kern = "**kern\n*clefG2\n*k[f#]\n*M4/4\n=1\n4eeT\n4eet\n4dd;\n4ff#W\n==\n*-\n"
    score = Score.from_bytes(kern.encode(), "x.krn")
    assert ornamented(score) == [
        (76, "trill", 78, 74),
        (76, "trill", 77, 74),
        (78, "mordent", -1, 76),
    ]
    assert score.notes["has_fermata"].tolist() == [False, False, True, False]


CORPUS_TAGS = {
    "trill-mark": "trill",
    "mordent": "mordent",
    "inverted-mordent": "mordent",
    "turn": "turn",
    "arpeggiate": "arpeggio",
}


def test_real_scores_have_as_many_ornaments_as_their_files(shared):
    for path in sorted((shared / "data" / "scores").glob("*.musicxml")):
        found = Counter(re.findall(r"<([\w-]+)[ />]", path.read_text()))
        written = Counter()
        for tag, kind in CORPUS_TAGS.items():
            written[kind] += found[tag]
        notes = Score.read(path).notes
        first_pass = {row["id"]: str(row["ornament"]) for row in notes if row["ornament"]}
        assert Counter(first_pass.values()) == +written, path.name
