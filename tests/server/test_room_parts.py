"""The parts of the room's library, each by itself, in a real browser."""

import hashlib
import io
import wave

import pytest
from page_driver import Page


@pytest.fixture(scope="module")
def page(chromium, page_server) -> Page:
    page = chromium.new_page()
    page.goto(f"{page_server}/room")
    yield page
    page.close()


def run(page: Page, script: str, argument=None):
    return page.evaluate(script, argument)


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 200_000])
def test_the_digest_of_a_file_is_its_sha256(page, size):
    told = run(
        page,
        """async (size) => {
            const { sha256Of } = await import("/web/room/sha256.js");
            const bytes = Uint8Array.from({ length: size }, (_, k) => (7 * k + (k >> 8)) & 255);
            return sha256Of(new Blob([bytes]));
        }""",
        size,
    )
    data = bytes((7 * k + (k >> 8)) & 255 for k in range(size))
    assert told == hashlib.sha256(data).hexdigest()


def test_the_digest_does_not_depend_on_how_the_bytes_come(page):
    digests = run(
        page,
        """async () => {
            const { Sha256 } = await import("/web/room/sha256.js");
            const bytes = Uint8Array.from({ length: 500 }, (_, k) => k & 255);
            return [1, 3, 63, 64, 65, 500].map((step) => {
                const hash = new Sha256();
                for (let at = 0; at < 500; at += step) hash.add(bytes.subarray(at, at + step));
                return hash.hex();
            });
        }""",
    )
    expected = hashlib.sha256(bytes(k & 255 for k in range(500))).hexdigest()
    assert digests == [expected] * 6


def test_samples_become_a_wav_file(page):
    data = run(
        page,
        """async () => {
            const { wavOf } = await import("/web/room/wav.js");
            const file = wavOf(new Float32Array([0, 0.5, -1, 2]), 44100);
            return [...new Uint8Array(await file.arrayBuffer())];
        }""",
    )
    with wave.open(io.BytesIO(bytes(data))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (44100, 1, 2)
        samples = memoryview(file.readframes(4)).cast("h").tolist()
    assert samples == [0, 16384, -32767, 32767]


def test_alarms_go_off_in_order_and_not_before_their_time(page):
    told = run(
        page,
        """async () => {
            const { Alarms } = await import("/web/room/alarms.js");
            const alarms = new Alarms();
            const now = performance.now();
            const rung = [];
            const late = (at) => performance.now() - at;
            const ring = (name, at) => alarms.set(at, () => rung.push([name, late(at)]));
            const waits = [["late", 60], ["soon", 20], ["past", -50]];
            for (const [name, after] of waits) ring(name, now + after);
            ring("never", now + 30)();
            await alarms.until(now + 80);
            alarms.close();
            return rung;
        }""",
    )
    assert [name for name, _ in told] == ["past", "soon", "late"]
    assert all(late >= 0 for _, late in told)


def test_alarms_go_off_in_order_whichever_timer_comes_first(page):
    told = run(
        page,
        """async () => {
            const { Alarms } = await import("/web/room/alarms.js");
            const ids = [];
            let timers = null;
            const { Worker } = globalThis;
            globalThis.Worker = class {
                constructor() { timers = this; }
                postMessage({ id }) { ids.push(id); }
                terminate() {}
            };
            const alarms = new Alarms();
            globalThis.Worker = Worker;
            const [now, rung] = [performance.now(), []];
            alarms.set(now + 10, () => rung.push("first"));
            alarms.set(now + 11, () => rung.push("second"));
            await new Promise((resolve) => setTimeout(resolve, 30));
            for (const id of ids.reverse()) {
                timers.onmessage({ data: id });
                await new Promise((resolve) => setTimeout(resolve, 20));
            }
            alarms.close();
            return rung;
        }""",
    )
    assert told == ["first", "second"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("clockTime(0)", "0:00"),
        ("clockTime(187_900)", "3:07"),
        ("clockTime(3_723_000)", "1:02:03"),
        ("clockTime(-5)", "0:00"),
        ("signed(3.14)", "+3.1 ms"),
        ("signed(-12.6)", "−13 ms"),
        ("signed(0.04)", "0 ms"),
        ("signed(-1234)", "−1.2 s"),
        ("nearness(-2.4, 9.2)", "within 3 ms, sure to ±9.2 ms"),
        ("nearness(0.2, null)", "within 1 ms"),
        ("offsetWords(0)", "with the host"),
        ("offsetWords(40)", "40 ms ahead of the host"),
        ("offsetWords(-40)", "40 ms behind the host"),
        ("endWords('session_expired')", "The room’s time is over."),
        ("endWords('unheard_of')", "The room is closed."),
        ("errorWords({ code: 'NOT_HOST' })", "Only the host may do that."),
        ("errorWords({ code: 'NEW', message: 'As the server says.' })", "As the server says."),
    ],
)
def test_figures_are_said_in_words(page, call, words):
    script = f"""async () => {{
        const {{ clockTime, signed, nearness, offsetWords, endWords, errorWords }} =
            await import("/web/room/words.js");
        return {call};
    }}"""
    assert run(page, script) == words


def test_a_millisecond_is_seen_beside_a_second(page):
    heights = run(
        page,
        """async () => {
            const { shareOf } = await import("/web/room/drift_line.js");
            return [-5000, -1000, -100, -1, 0, 1, 10, 100, 1000].map(shareOf);
        }""",
    )
    assert heights[:2] == [-1, -1]
    assert heights[1:] == sorted(heights[1:])
    assert heights[4] == 0
    assert 0.04 < heights[5] < 0.1
    assert heights[-1] == 1


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ({"role": "client", "drift": None}, "Not playing yet"),
        ({"role": "client", "drift": 0}, "within 1 ms"),
        ({"role": "client", "drift": None, "online": False}, ""),
        ({"role": "host", "drift": None}, ""),
    ],
)
def test_who_has_not_reported_yet_has_no_drift(page, member, words):
    told = run(
        page,
        """async (member) => {
            const { People } = await import("/web/room/people.js");
            const list = document.createElement("ul");
            new People(list, {}).show([{ userId: "b", userName: "Ben", ...member }], "a");
            return list.querySelector(".person-words").textContent;
        }""",
        member,
    )
    assert told == words


def test_what_changed_in_a_room_is_told(page):
    told = run(
        page,
        """async () => {
            const { changes } = await import("/web/room/news.js");
            const anna = { userId: "a", userName: "Anna", role: "host", online: true, offsetMs: 0 };
            const ben = { userId: "b", userName: "Ben", role: "client", online: true, offsetMs: 0 };
            const steps = [
                [[], [anna, ben]],
                [[anna], [anna, ben]],
                [[anna, ben], [{ ...anna, online: false }, ben]],
                [[{ ...anna, online: false }, ben], [anna, ben]],
                [[anna, ben], [{ ...anna, role: "client" }, { ...ben, role: "host" }]],
                [[anna, ben], [anna]],
                [[anna, ben], [{ ...anna, offsetMs: 30 }, { ...ben, offsetMs: 30 }]],
            ];
            return steps.map(([before, after]) => changes(before, after, "b"));
        }""",
    )
    assert told == [
        ["You came in."],
        ["You came in."],
        ["Anna, the host, went away. Waiting…"],
        ["Anna is back."],
        ["You lead now."],
        ["You left."],
        ["Anna hears it 30 ms ahead of the host."],
    ]


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("etude:song/ode-to-joy", "piece"),
        ("sha256:" + "0" * 64, "file"),
        ("/api/v1/music/a.mp3", "shelf"),
        ("https://example.org/a.mp3", "web"),
        ("spotify:track:1", "spotify"),
        ("javascript:alert(1)", None),
        ("data:audio/wav;base64,", None),
        ("/api/v1/status", None),
    ],
)
def test_a_track_is_told_by_its_uri(page, uri, kind):
    script = """async (uri) => (await import("/web/room/music.js")).kindOf(uri)"""
    assert run(page, script, uri) == kind


def test_a_site_is_asked_for_sound_only_when_its_listener_allows_it(page):
    found = run(
        page,
        """async () => {
            const { Music } = await import("/web/room/music.js");
            const music = new Music();
            const uri = "https://example.org/music/Air%20on%20G.mp3?x=1";
            const before = await music.find(uri);
            music.allowSite("example.org");
            return [before, await music.find(uri), await music.find("sha256:00")];
        }""",
    )
    uri = "https://example.org/music/Air%20on%20G.mp3?x=1"
    assert found == [None, {"uri": uri, "name": "Air on G", "url": uri}, None]


def test_a_piece_is_rendered_to_the_same_length_everywhere(page):
    [frames, seconds, peak, again] = run(
        page,
        """async () => {
            const { lengthFrames, pieceTrack, render } = await import("/web/room/pieces_music.js");
            const { fetchNotes, fetchSong } = await import("/web/api.js");
            const track = await pieceTrack("hot-cross-buns");
            const seconds = await new Promise((resolve, reject) => {
                const audio = new Audio(track.url);
                audio.onloadedmetadata = () => resolve(audio.duration);
                audio.onerror = () => reject(audio.error);
            });
            const notes = await fetchNotes((await fetchSong("hot-cross-buns")).id);
            const samples = new Int16Array(await (await render(notes)).arrayBuffer(), 44);
            const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
            return [lengthFrames(notes), seconds, loudest, samples.length];
        }""",
    )
    assert seconds == pytest.approx(frames / 44_100, abs=1e-4)
    assert again == frames
    assert 3000 < peak <= 32767


def test_every_note_of_a_rendered_piece_sounds_in_its_time(page):
    loud = run(
        page,
        """async () => {
            const { render } = await import("/web/room/pieces_music.js");
            const starts = [0, 1950, 2000, 4010, 8999];
            const notes = starts.map((start_ms) => ({ pitch: 69, start_ms, duration_ms: 100 }));
            const samples = new Int16Array(await (await render(notes)).arrayBuffer(), 44);
            const peak = (fromMs) => samples
                .subarray(Math.round(44.1 * fromMs), Math.round(44.1 * (fromMs + 20)))
                .reduce((most, value) => Math.max(most, Math.abs(value)), 0);
            return [starts.map((ms) => peak(ms) > 1000), [1000, 3500, 7000].map((ms) => peak(ms))];
        }""",
    )
    assert loud == [[True] * 5, [0, 0, 0]]


def test_who_asks_for_a_track_that_is_being_made_waits_for_the_same(page):
    urls = run(
        page,
        """async () => {
            const { Music } = await import("/web/room/music.js");
            const music = new Music();
            const uri = "etude:song/hot-cross-buns";
            const tracks = await Promise.all([music.find(uri), music.find(uri)]);
            return [...tracks, await music.find(uri)].map(({ url }) => url);
        }""",
    )
    assert urls[0].startswith("blob:")
    assert len(set(urls)) == 1
