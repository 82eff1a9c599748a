"""The results as a page of Markdown."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from bench.pitch.chord_summary import decoys_rejected
from bench.pitch.engines import ENGINES
from bench.pitch.frame_tables import frame_tables, title, titled
from bench.pitch.hop_cost import HopCost
from bench.pitch.metrics import OnsetScore
from bench.pitch.native_hops import IN_C, MELODY, Instructions
from bench.pitch.results import OURS, Chords, Onsets, Results
from bench.pitch.runner import Standing
from bench.pitch.summary import Bin, Frames, calibration_error
from bench.pitch.targets import (
    CHORD_F1,
    DECOY_BUDGET_SEC,
    DECOYS,
    FRAME_TARGETS,
    HOP_US,
    ONSET_TARGETS,
    QUERY_MS,
    WORST_HOP_US,
)

ETUDE = ENGINES[OURS].title


class About(NamedTuple):
    """Where figures come from."""

    date: str
    command: str
    machine: str
    picture: str


def page(results: Results, about: About) -> str:
    """The whole page."""
    parts = [heading(about)]
    if results.frames or results.onsets or results.chords or results.hops:
        parts.append(targets_table(results))
    if results.frames:
        parts += [*frame_tables(results.frames, OURS)]
    if results.calibration:
        parts.append(calibration_table(results.calibration))
    if results.onsets:
        parts.append(onset_table(results.onsets))
    if results.chords:
        parts += [chord_table(results.chords), harder_chords_table(results.chords)]
    if results.hops:
        parts.append(hop_table(results.hops, results.instructions))
    return "\n\n".join([*parts, who_table(results.standings)]) + "\n"


def heading(about: About) -> str:
    """What this is, and how to have it again."""
    return (
        "# Etude and its public peers at the microphone\n\n"
        "Pitch while it is played, onsets and chords, on the development recordings of the pitch "
        "laboratory, on the same in rooms, at other levels and rates, and on modelled instruments. "
        "Sound is fed in blocks of 256 samples; *live* counts what is on the screen at that "
        "instant. Voicing is Etude's own; for each peer, by the threshold of its confidence that "
        "gives it the best overall accuracy on these very recordings.\n\n"
        f"`{about.command}`, {about.date}, on {about.machine}.\n\n"
        f"![Live accuracy in noise, latency and confidence]({about.picture})"
    )


def targets_table(results: Results) -> str:
    """What is wanted, what Etude reaches, and the best of the peers, line by line."""
    rows = [
        *frame_rows(results.frames),
        *onset_rows(results.onsets),
        *chord_rows(results.chords),
        *hop_rows(results.hops),
    ]
    return titled(
        "Targets",
        "Percent where nothing else is said; in brackets what is wanted on instruments, voices "
        "and rooms that nobody tried before. Bold falls short. Peers are each at their best: no "
        "single one has all of its column.",
        ["", "wanted", "Etude", "best peer"],
        rows,
    )


Row = list[str]
Peers = list[tuple[float, str]]


def line(name: str, target: tuple[float, float], value: float, peers: Peers, least: bool) -> Row:
    """One line: what is wanted here and of the unseen, the value, bold if short, the best peer."""
    sign, wanted = (">=" if least else "<="), target[0]
    goal = f"{sign} {wanted:g} ({sign} {target[1]:g})"
    digits = 3 if wanted < 0.25 else 1
    told = f"{value:.{digits}f}"
    holds = value >= wanted if least else value <= wanted
    best = (max if least else min)(peers, default=None)
    beside = f"{best[0]:.1f} ({best[1]})" if best else "-"
    return [name, goal, told if holds else f"**{told}**", beside]


def frame_rows(frames: dict[str, Frames]) -> list[Row]:
    """Targets of trackers."""
    rows = []
    for target in FRAME_TARGETS:
        found = [
            (v, title(n), n) for n, f in frames.items() if (v := target.measured(f)) is not None
        ]
        ours = [v for v, _, n in found if n == OURS]
        peers = [(v, who) for v, who, n in found if n != OURS]
        goal = (target.wanted, target.unseen)
        rows += [line(target.title, goal, v, peers, target.is_least) for v in ours]
    return rows


def onset_rows(onsets: dict[str, Onsets]) -> list[Row]:
    """Targets of onsets."""
    rows = []
    for kind, goal in ONSET_TARGETS.items():
        told = {who: by[kind].f1 for who, by in onsets.items() if kind in by}
        if ETUDE in told:
            value = told.pop(ETUDE)
            peers = [(f1, who) for who, f1 in told.items()]
            name = f"onset F1 within 50 ms, {'instruments' if kind == 'real' else kind}"
            rows.append(line(name, goal, value, peers, least=True))
    return rows


def chord_rows(chords: dict[str, Chords]) -> list[Row]:
    """Targets of chords."""
    if ETUDE not in chords:
        return []
    ours = chords[ETUDE]
    others = [(who, found) for who, found in chords.items() if who != ETUDE]

    def row(
        name: str, goal: tuple[float, float], of: Callable[[Chords], float], least: bool
    ) -> Row:
        return line(name, goal, of(ours), [(of(found), who) for who, found in others], least)

    def f1(at: int) -> Callable[[Chords], float]:
        return lambda found: found.tuned[at].f1

    def rejected(kind: str) -> Callable[[Chords], float]:
        at = list(CHORD_F1).index(DECOY_BUDGET_SEC)
        return lambda found: decoys_rejected(found.tuned[at])[kind]

    rows = [
        row(f"chord notes, F1 after {1e3 * b:.0f} ms", goal, f1(i), True)
        for i, (b, goal) in enumerate(CHORD_F1.items())
    ]
    for kind, goal in DECOYS.items():
        rows.append(row(f"decoys rejected at 100 ms, {kind}", goal, rejected(kind), True))
    rows.append(row("ms of a chord query", (QUERY_MS, QUERY_MS), lambda c: c.query_ms[0], False))
    return rows


def hop_rows(hops: Sequence[HopCost]) -> list[Row]:
    """Targets of cost: of all that listens to a melody."""
    rows = []
    for hop in hops:
        if hop.part.endswith(MELODY):
            where = "in C" if hop.part.startswith(IN_C) else "from Python"
            name = f"us per hop of 256 samples, {where}"
            worst = (WORST_HOP_US, WORST_HOP_US)
            rows.append(line(f"{name}, mean", (HOP_US, HOP_US), hop.mean, [], False))
            rows.append(line(f"{name}, worst", worst, hop.least_worst, [], False))
    return rows


def calibration_table(curves: dict[str, list[Bin]]) -> str:
    """What was said and what was right."""
    errors = [f"{calibration_error(bins):.1f} % on {what}" for what, bins in curves.items()]
    rows = [
        [what, f"{b.said:.1f}", f"{b.right:.1f}", str(b.frames)]
        for what, bins in curves.items()
        for b in bins
    ]
    return titled(
        "Confidence",
        "Frames under all conditions by the confidence that Etude told, and how many of them were "
        f"voiced and within 50 cents. What is said and what is right lie {' and '.join(errors)} "
        "apart in the mean.",
        ["", "said, %", "right, %", "frames"],
        rows,
    )


def onset_table(onsets: dict[str, Onsets]) -> str:
    """Onsets by kind of recording."""
    kinds = list(dict.fromkeys(kind for by in onsets.values() for kind in by))
    rows = []
    for who, by in onsets.items():
        rows.append([who, *(onset_cell(by.get(kind)) for kind in kinds)])
    return titled(
        "Onsets within 50 ms",
        "F1 (precision, recall), ms from an onset to its being told; means over recordings.",
        ["", *kinds],
        rows,
    )


def onset_cell(score: OnsetScore | None) -> str:
    """A cell of the table of onsets."""
    if score is None:
        return "-"
    delay = "" if math.isnan(score.delay_ms) else f", {score.delay_ms:.0f} ms"
    return f"{score.f1:.1f} ({score.precision:.0f}, {score.recall:.0f}){delay}"


def chord_table(chords: dict[str, Chords]) -> str:
    """Chords by budget, at the best thresholds and at 0.5."""
    rows = []
    for who, found in chords.items():
        for how, verified in (("best", found.tuned), ("0.5", found.shipped)):
            for row in verified:
                cells = (row.f1, row.precision, row.recall, row.semitone, row.octave)
                told = f"{how} ({row.threshold:.2f})" if how == "best" else how
                named = [who, f"{1e3 * row.budget_sec:.0f} ms", told]
                rows.append([*named, *(f"{cell:.1f}" for cell in cells), ms(found.query_ms)])
    return titled(
        "Chords",
        "Written notes against decoys an octave or a semitone away, by the audio after the chord; "
        "thresholds are the best on these very recordings for each budget, or 0.5.",
        [
            *("", "audio", "threshold", "F1", "precision", "recall", "semitones rejected"),
            *("octaves rejected", "ms of a query, median / p99"),
        ],
        rows,
    )


def harder_chords_table(chords: dict[str, Chords]) -> str:
    """Rooms, noise, levels, and modelled strings."""
    conditions = list(dict.fromkeys(c for found in chords.values() for c in found.harder))
    rows = []
    for condition in conditions:
        for who, found in chords.items():
            if condition in found.harder:
                verified = found.harder[condition]
                at = list(CHORD_F1).index(DECOY_BUDGET_SEC)
                rejected = [f"{r:.1f}" for r in decoys_rejected(verified[at]).values()]
                rows.append([condition, who, *(f"{row.f1:.1f}" for row in verified), *rejected])
    return titled(
        "Chords in rooms, in noise, of modelled strings",
        "F1 by the audio after the chord, at a threshold of 0.5, and decoys rejected at 100 ms.",
        [
            *("", "", *(f"{1e3 * budget:.0f} ms" for budget in CHORD_F1)),
            *(f"{kind}s rejected" for kind in DECOYS),
        ],
        rows,
    )


def ms(query_ms: tuple[float, float]) -> str:
    """What a query takes."""
    return " / ".join(f"{value:.3f}" for value in query_ms)


def hop_table(hops: Sequence[HopCost], counts: Sequence[Instructions]) -> str:
    """What a hop of 256 samples costs, part by part."""
    instructions = {f"{IN_C}, {c.part}": c for c in counts}
    rows = []
    for hop in hops:
        micros = (hop.mean, hop.median, hop.p99, hop.p9999, hop.worst, hop.least_worst)
        counted = instructions.get(hop.part)
        told = [f"{n:.0f}" for n in counted[1:]] if counted else ["-"] * 3
        rows.append([hop.part, *(f"{us:.1f}" for us in micros), str(hop.hops), *told])
    return titled(
        "Microseconds per hop of 256 samples at 44.1 kHz",
        "Modelled instruments and voices, noise, full scale and silence; CPU time of each call, "
        "in C and from Python. The worst of quickest is over the hops' "
        "quickest times in several passes through the same sound: what else the machine does does "
        "not count there, and it stands in the table of targets. Instructions by callgrind.",
        [
            *("", "mean", "median", "p99", "p99.99", "worst", "worst of quickest", "hops"),
            *("instructions, median", "p99", "worst"),
        ],
        rows,
    )


def who_table(standings: Iterable[Standing]) -> str:
    """Versions, and what went wrong."""
    rows = []
    for s in standings:
        reasons = list(s.failures.values())
        failed = "; ".join(
            f"{reason}: {reasons.count(reason)}" for reason in dict.fromkeys(reasons)
        )
        told = (s.missing or failed or "none").replace("|", "\\|").replace("\n", " ")
        rows.append([s.name, s.section, s.version or "-", told])
    return titled("Who was measured", "", ["", "part", "version", "failures"], rows)
