"""What the page does with sound before it is sent: its times, its pieces, its words."""

import pytest
from page_driver import Page

BLOCK = 480
RATE_HZ = 48_000
BLOCK_MS = 10.0

# A feed whose client writes down what it is told; `hear(n, {delayMs, from, rateHz})` lets the
# microphone bring n blocks, each of 10 ms and arriving as soon as it is full.
FEED = """async () => {
    const { AudioFeed } = await import("/web/audio_feed.js");
    const listeners = {};
    const client = {
        isOpen: true, unsentBytes: 0, told: [],
        on(name, listener) { listeners[name] = listener; },
        emit(name, data) { listeners[name](data); },
        startAudio(options) { this.told.push({ ...options, sent: 0, blocks: [] }); },
        sendAudio(samples) {
            this.told.at(-1).sent += samples.length;
            this.told.at(-1).blocks.push(samples.length);
        },
        stopAudio() { this.stops += 1; }, stops: 0,
    };
    const behind = [];
    const feed = new AudioFeed(client, (isBehind) => behind.push(isBehind));
    let [frame, arrival] = [0, 1000];
    const hear = (count, { delayMs = () => 0, stepMs = 10, rateHz = 48000 } = {}) => {
        for (let k = 0; k < count; k += 1) {
            frame += 480;
            arrival += stepMs;
            const samples = new Float32Array(480).fill(frame);
            feed.take({ samples, endFrame: frame, rateHz }, arrival + delayMs(k));
        }
    };
    return (%s)({ feed, client, behind, hear, skip: (ms) => (arrival += ms), now: () => arrival });
}"""


@pytest.fixture
def page(open_page, page_server) -> Page:
    return open_page(page_server)


def feed(page: Page, script: str):
    return page.evaluate(FEED % script)


def test_the_clock_takes_the_quickest_of_many_arrivals(page):
    told = page.evaluate(
        """async () => {
            const { StreamClock } = await import("/web/stream_clock.js");
            const clock = new StreamClock();
            const before = clock.atMs(1);
            for (const [end, delay] of [[0.01, 7], [0.02, 3], [0.03, 0], [0.04, 25], [0.05, 4]]) {
                clock.add(end, 1000 * end + 500 + delay);
            }
            return [before === Infinity, clock.atMs(0.05), clock.atMs(0)];
        }"""
    )
    assert told == [True, pytest.approx(550), pytest.approx(500)]


def test_the_clock_forgets_what_it_knew_a_second_ago(page):
    moved = page.evaluate(
        """async () => {
            const { StreamClock } = await import("/web/stream_clock.js");
            const clock = new StreamClock();
            for (let k = 0; k < 100; k += 1) clock.add(k / 100, 10 * k);
            const told = [clock.atMs(0)];
            for (let k = 100; k < 220; k += 1) {
                clock.add(k / 100, 10 * k + 40);
                if (k === 120 || k === 219) told.push(clock.atMs(0));
            }
            return told;
        }"""
    )
    assert moved == pytest.approx([0, 0, 40])


def test_a_stream_tells_when_its_first_sample_was_in_the_air(page):
    told = feed(
        page,
        """({ feed, client, hear }) => {
            feed.latencyMs = 12;
            hear(3);
            feed.begin({ a4: 442, instrument: "violin" });
            hear(5);
            return client.told;
        }""",
    )
    assert len(told) == 1
    assert (told[0]["a4"], told[0]["instrument"]) == (442, "violin")
    assert (told[0]["sampleRate"], told[0]["format"]) == (RATE_HZ, "f32le")
    assert told[0]["at"] == pytest.approx(1000 + 3 * BLOCK_MS - 12)
    assert told[0]["blocks"] == [BLOCK] * 5


def test_what_was_heard_before_a_session_is_sent_again(page):
    told = feed(
        page,
        """({ feed, client, hear }) => {
            feed.begin();
            hear(20);
            feed.hold();
            hear(10);
            feed.begin({}, { fromMs: 1000 + 145 });
            hear(1);
            return client.told;
        }""",
    )
    assert [one["sent"] for one in told] == [20 * BLOCK, 17 * BLOCK]
    assert told[1]["at"] == pytest.approx(1000 + 140)


def test_three_seconds_are_kept(page):
    told = feed(
        page,
        """({ feed, client, hear }) => {
            hear(1000);
            feed.begin({}, { fromMs: 0 });
            return client.told;
        }""",
    )
    assert told[0]["sent"] == pytest.approx(3 * RATE_HZ, abs=2 * BLOCK)
    assert told[0]["at"] == pytest.approx(1000 + 1000 * BLOCK_MS - 3000, abs=2 * BLOCK_MS)


def test_a_quartz_that_runs_wrong_is_made_up_for_sample_by_sample(page):
    # 10 ms of samples come every 10.003 ms: 300 parts in a million, three times a bad quartz.
    told, now = feed(
        page,
        """({ feed, client, hear, now }) => {
            feed.begin();
            hear(6000, { stepMs: 10.003 });
            return [client.told, now()];
        }""",
    )
    assert len(told) == 1
    assert set(told[0]["blocks"]) == {BLOCK, BLOCK + 1}
    assert sum(length != BLOCK for length in told[0]["blocks"]) < 6000 / 4
    end_ms = told[0]["at"] + 1000 * told[0]["sent"] / RATE_HZ
    assert end_ms == pytest.approx(now, abs=11)


def test_a_tuner_hears_every_sample_as_it_is(page):
    told = feed(
        page,
        """({ feed, client, hear }) => {
            feed.begin({}, { isTimed: false });
            hear(6000, { stepMs: 10.005 });
            return client.told;
        }""",
    )
    assert [set(one["blocks"]) for one in told] == [{BLOCK}]


def test_jitter_changes_no_sample(page):
    told = feed(
        page,
        """({ feed, client, hear }) => {
            feed.begin();
            hear(500, { delayMs: (k) => (k * 7919) % 60 });
            return client.told;
        }""",
    )
    assert [set(one["blocks"]) for one in told] == [{BLOCK}]


def test_a_little_missing_sound_is_filled_up(page):
    told, now = feed(
        page,
        """({ feed, client, hear, skip, now }) => {
            feed.begin();
            hear(100);
            skip(50);
            hear(200);
            return [client.told, now()];
        }""",
    )
    assert len(told) == 1
    odd = [length for length in told[0]["blocks"] if length != BLOCK]
    assert odd == [pytest.approx(0.050 * RATE_HZ, abs=2)]
    end_ms = told[0]["at"] + 1000 * told[0]["sent"] / RATE_HZ
    assert end_ms == pytest.approx(now, abs=0.1)


def test_what_fills_a_gap_goes_to_and_fro_without_a_step(page):
    told = page.evaluate(
        """async () => {
            const { filling } = await import("/web/audio_feed.js");
            return [...filling(Float32Array.of(1, 2, 3, 4), 10, 1000)];
        }"""
    )
    assert told == [4, 3, 2, 1, 2, 3, 4, 3, 2, 1]


def test_much_missing_sound_begins_a_new_stream_at_its_own_time(page):
    told, now = feed(
        page,
        """({ feed, client, hear, skip, now }) => {
            feed.begin();
            hear(100);
            skip(20000);
            hear(1500);
            return [client.told, now()];
        }""",
    )
    assert len(told) == 2
    end_ms = told[1]["at"] + 1000 * told[1]["sent"] / RATE_HZ
    assert end_ms == pytest.approx(now, abs=0.1)


def test_another_rate_begins_a_new_stream(page):
    told = feed(
        page,
        """({ feed, client, hear }) => {
            feed.begin();
            hear(3);
            hear(3, { rateHz: 44100 });
            return client.told.map(({ sampleRate }) => sampleRate);
        }""",
    )
    assert told == [48000, 44100]


def test_a_connection_that_cannot_keep_up_is_told_of_and_served_again(page):
    told, behind = feed(
        page,
        """({ feed, client, behind, hear }) => {
            feed.begin();
            hear(5);
            client.unsentBytes = 4 * 48000 * 2.1;
            hear(5);
            client.unsentBytes = 4 * 48000;
            hear(5);
            client.unsentBytes = 0;
            hear(5);
            return [client.told, behind];
        }""",
    )
    assert [one["sent"] for one in told] == [5 * BLOCK, 5 * BLOCK]
    assert told[1]["at"] == pytest.approx(1000 + 15 * BLOCK_MS)
    assert behind == [True, False]


def test_a_lost_connection_gets_a_new_stream_when_it_is_back(page):
    told = feed(
        page,
        """({ feed, client, hear }) => {
            feed.begin({ a4: 415 });
            hear(2);
            client.isOpen = false;
            client.emit("connection", { state: "lost" });
            hear(2);
            client.isOpen = true;
            client.emit("connection", { state: "open" });
            hear(2);
            return client.told.map(({ a4, at, sent }) => [a4, at, sent]);
        }""",
    )
    assert told == [
        [415, pytest.approx(1000), 2 * BLOCK],
        [415, pytest.approx(1000 + 4 * BLOCK_MS), 2 * BLOCK],
    ]


def test_the_end_of_the_sound_is_told(page):
    told = feed(
        page,
        """({ feed, client, hear }) => {
            feed.begin();
            hear(1);
            feed.end();
            hear(1);
            feed.end();
            return [client.told.map(({ sent }) => sent), client.stops];
        }""",
    )
    assert told == [[BLOCK], 1]


def test_a_stretched_block_keeps_its_shape(page):
    told = page.evaluate(
        """async () => {
            const { stretched } = await import("/web/audio_feed.js");
            const line = Float32Array.from({ length: 101 }, (_, index) => index / 100);
            const [long, short, same] = [102, 100, 101].map((length) => stretched(line, length));
            return [[...long], [...short], same === line];
        }"""
    )
    assert told[0] == pytest.approx([index / 101 for index in range(102)], abs=1e-6)
    assert told[1] == pytest.approx([index / 99 for index in range(100)], abs=1e-6)
    assert told[2] is True
