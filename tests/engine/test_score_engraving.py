"""Engraved scores: the same ids as the notes, and nothing but a picture."""

import re
from xml.etree.ElementTree import fromstring

import pytest

from engine import Score
from engine.errors import RuleError, ScoreError
from engine.score import engrave

SVG = "{http://www.w3.org/2000/svg}"

ABC = b'X:1\nT:Tune\nM:3/4\nL:1/8\nQ:1/4=90\nK:G\n|:(3GAB {c}d2[Bd]>c|1 G6-:|2 G6|"^dolce"^G5 z|]\n'
HUMDRUM = b"**kern\t**kern\n*M2/4\t*M2/4\n=1\t=1\n4c\t8ee\n.\t8ff\n4d\t4gg\n==\t==\n*-\t*-\n"
MEI = (
    b'<mei xmlns="http://www.music-encoding.org/ns/mei"><meiHead/><music><body><mdiv><score>'
    b'<scoreDef meter.count="4" meter.unit="4"><staffGrp><staffDef n="1" lines="5"'
    b' clef.shape="G" clef.line="2"/></staffGrp></scoreDef><section><measure n="1"><staff n="1">'
    b'<layer n="1"><note pname="c" oct="4" dur="4"/><note xml:id="own" pname="d" oct="4" dur="4"/>'
    b"%s</layer></staff>%s</measure></section></score></mdiv></body></music></mei>"
)


def musicxml(text="", note_id=""):
    """A bar whose every text is ``text``."""
    named = f' id="{note_id}"' if note_id else ""
    return (
        f"<score-partwise><work><work-title>{text}</work-title></work><part-list><score-part"
        f' id="P"><part-name>{text}</part-name></score-part></part-list><part id="P"><measure'
        ' number="1"><attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4'
        "</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes><direction>"
        f"<direction-type><words>{text}</words></direction-type></direction><harmony><root>"
        f'<root-step text="{text}">C</root-step></root><kind text="{text}">major</kind></harmony>'
        f"<note{named}><pitch><step>C</step><octave>5</octave></pitch><duration>4</duration>"
        f"<type>whole</type><lyric><text>{text}</text></lyric></note></measure></part>"
        "</score-partwise>"
    ).encode()


def drawn_notes(svg):
    """Ids of all note heads of a picture."""
    groups = fromstring(svg).iter(f"{SVG}g")
    return {g.get("id") for g in groups if "note" in g.get("class", "").split()}


@pytest.mark.parametrize("data", [musicxml(), ABC, HUMDRUM, MEI % (b"", b"")])
def test_every_note_is_drawn_under_its_id(data):
    ids = set(Score.from_bytes(data).notes["id"].tolist())
    assert ids <= drawn_notes(engrave(data))


@pytest.mark.parametrize("name", ["asap_Haydn_Keyboard_Sonatas_48-1", "asap_Bach_Fugue_bwv_848"])
def test_every_note_of_a_sonata_is_drawn_under_its_id(shared, name):
    path = shared / "data" / "scores" / f"{name}.musicxml"
    score = Score.read(path)
    ids = set(score.notes["id"].tolist())
    missing = ids - drawn_notes(engrave(path.read_bytes(), str(path)))
    assert missing == set()


def test_the_same_file_is_drawn_the_same_in_every_process(monkeypatch, tmp_path):
    first = engrave(MEI % (b"", b""))
    monkeypatch.setenv("ETUDE_CACHE_DIR", str(tmp_path / "another"))
    assert engrave(MEI % (b"", b"")) == first


ATTACKS = [
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&quot;/&gt;&lt;img src=x onerror=alert(1)&gt;",
    "]]&gt;&lt;svg onload=alert(1)&gt;",
    "javascript:alert(1)",
]

ALLOWED = {"svg", "g", "defs", "desc", "path", "use", "text", "tspan", "polygon", "polyline"} | {
    "rect",
    "circle",
    "ellipse",
    "line",
}


def assert_is_plain_picture(svg):
    for element in fromstring(svg).iter():
        assert element.tag.removeprefix(SVG) in ALLOWED
        for key, value in element.attrib.items():
            assert not key.lower().startswith("on")
            assert key != "style"
            if "href" in key:
                assert value.startswith("#")


@pytest.mark.parametrize("text", ATTACKS)
def test_text_of_the_file_stays_text(text):
    svg = engrave(musicxml(text))
    assert_is_plain_picture(svg)
    assert re.search(r"<(script|img|svg o)", svg) is None


def test_svg_and_links_inside_mei_are_left_out():
    script = b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"><script>x()</script></svg>'
    symbol = b'<symbolTable><symbolDef xml:id="s">' + script + b"</symbolDef></symbolTable>"
    data = MEI % (
        b"",
        b'<dir tstamp="1"><ref target="javascript:x()">a</ref><symbol altsym="#s"/></dir>',
    )
    data = data.replace(b"<staffGrp>", symbol + b"<staffGrp>", 1)
    assert_is_plain_picture(engrave(data))


def test_an_id_that_could_break_out_of_a_page_is_replaced():
    data = musicxml(note_id="&quot;&gt;&lt;script&gt;")
    assert Score.from_bytes(data).notes["id"].tolist() == ["n1"]
    assert "n1" in drawn_notes(engrave(data))


def test_the_picture_takes_the_colour_of_its_page():
    svg = engrave(ABC)
    assert "black" not in svg
    assert 'stroke="currentColor"' in svg


def test_metronome_notes_are_ordinary_characters():
    assert "♩" in engrave(ABC)


def test_the_width_is_kept_and_a_larger_scale_makes_it_taller():
    sizes = {}
    for scale in (40, 80):
        root = fromstring(engrave(ABC * 1, width_px=400, scale=scale))
        assert root.get("width") == "400"
        sizes[scale] = int(root.get("height"))
    assert sizes[80] > sizes[40]


def test_a_long_score_is_one_picture_of_several_pages():
    tune = b"X:1\nM:4/4\nL:1/4\nK:C\n" + b"CDEF|GABc|\n" * 700
    root = fromstring(engrave(tune, width_px=200, scale=100))
    pages = root.findall(f"{SVG}svg")
    tops = [int(page.get("y")) for page in pages]
    assert len(pages) > 1
    assert tops == sorted(set(tops))
    assert int(root.get("height")) > tops[-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width_px": 0}, "width_px must be 200 to 10000, got 0"),
        ({"scale": 1000}, "scale must be 10 to 200 percent, got 1000"),
    ],
)
def test_sizes_out_of_range_are_refused(options, message):
    with pytest.raises(RuleError) as caught:
        engrave(ABC, **options)
    assert str(caught.value) == message


def test_a_midi_file_has_nothing_to_engrave():
    with pytest.raises(ScoreError, match=r"a.mid: a MIDI file has no notation to engrave"):
        engrave(b"MThd", "a.mid")


def test_abc_notes_written_without_space_are_beamed_and_tuplets_marked():
    svg = engrave(b"X:1\nM:4/4\nL:1/8\nK:C\nCD E F GA>B c|(3CDE F4 z2|]\n")
    classes = [g.get("class", "") for g in fromstring(svg).iter(f"{SVG}g")]
    assert classes.count("beam") == 3
    assert classes.count("tuplet") == 1


def drawn(music: str, head: str = "") -> list[str]:
    """The classes of what is drawn for a line of ABC."""
    tune = f"X:1\n{head}M:4/4\nL:1/4\nK:C\n{music}|]\n"
    return [g.get("class", "") for g in fromstring(engrave(tune.encode())).iter(f"{SVG}g")]


@pytest.mark.parametrize(
    ("music", "sign", "count"),
    [
        ("(CD) (EF|G4)", "slur", 2),
        ("(C(DE)F)", "slur", 2),
        ("((((((((CD))))))))", "slur", 6),  # MusicXML has no more numbers
        ("(CDEF", "slur", 0),
        ("(C)DEF)", "slur", 0),
        ("(3CDE (FG)", "slur", 1),
        (".C.[DF] !staccato!E F", "artic", 3),
        ("LC !accent!D !>!E !tenuto!F", "artic", 4),
        ("C.|D", "artic", 0),
        ("!1!C !5!G", "fing", 2),
        ("!p!C D !mf!E !ff!F", "dynam", 3),
        ("!<(!C D !<)!E !>(!F|G !diminuendo)!A", "hairpin", 2),
        ("!nonsense!C", "artic", 0),
        ("C4|z4|C z3|Z", "mRest", 2),
    ],
)
def test_signs_of_abc_are_drawn(music, sign, count):
    assert drawn(music).count(sign) == count


def test_abc_voices_within_a_brace_are_one_system_of_two_staves():
    voices = "V:R\nV:L clef=bass\n"
    music = "[V:R] c4|]\n[V:L] C,4"
    assert drawn(music, f"%%score {{R L}}\n{voices}").count("grpSym") == 1
    assert drawn(music, voices).count("grpSym") == 0


def test_slurs_and_signs_of_abc_change_no_note():
    plain = Score.from_bytes(b"X:1\nM:4/4\nL:1/4\nK:C\nCDEF|]\n").notes
    signed = Score.from_bytes(b"X:1\nM:4/4\nL:1/4\nK:C\n!p!(!1!C.D) !<(!LE !<)!F|]\n").notes
    assert signed.tolist() == plain.tolist()


def test_a_tilde_in_the_words_of_abc_is_a_space_within_a_syllable():
    svg = engrave(b"X:1\nM:4/4\nL:1/4\nK:C\nC2 D E|]\nw: one~two three four\n")
    texts = [
        "".join(g.itertext()).split()
        for g in fromstring(svg).iter(f"{SVG}g")
        if g.get("class") == "syl"
    ]
    assert texts == [["one", "two"], ["three"], ["four"]]
