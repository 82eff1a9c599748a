"""The results as pictures."""

from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.pitch.engines import ENGINES
from bench.pitch.metrics import REGISTERS
from bench.pitch.summary import Bin, Frames, of
from bench.pitch.targets import FRAME_TARGETS, LATENCY_REGISTERS, clean_notes

# Okabe and Ito: told apart by everyone; markers tell apart in grey.
STYLES = {
    "etude": ("#000000", "D"),
    "aubio-yinfft": ("#E69F00", "s"),
    "aubio-yinfast": ("#56B4E9", "o"),
    "librosa-yin": ("#009E73", "^"),
    "librosa-pyin": ("#CC79A7", "v"),
    "swift-f0": ("#0072B2", "P"),
}
TARGET_COLOUR = "#D55E00"
NOISES = {"clean": "none", "snr30": "30", "snr20": "20", "snr10": "10", "snr0": "0"}


def draw(frames: dict[str, Frames], calibration: dict[str, list[Bin]], path: Path) -> None:
    """Draw ``path`` as SVG: accuracy by noise, latency by register, confidence.

    Raises
    ------
    BenchError
        If matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BenchError(f"no picture: {error}; pip install '.[bench]'") from None
    with matplotlib.rc_context({"svg.hashsalt": "etude", "svg.fonttype": "none"}):
        figure = Figure(figsize=(13, 4.4), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        draw_noise(left, frames)
        draw_latency(middle, frames)
        draw_confidence(right, calibration)
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=7, frameon=False)
        figure.savefig(path, metadata={"Date": None})


def styled(name: str) -> dict[str, Any]:
    """Colour, marker and title of an engine."""
    colour, marker = STYLES[name]
    return {"color": colour, "marker": marker, "label": ENGINES[name].title, "markersize": 6}


def draw_noise(axes: Any, frames: dict[str, Frames]) -> None:
    """Live accuracy, the louder the noise."""
    for name, f in frames.items():
        found = [f.rate("within_50", of("exact", c), live=True) for c in NOISES]
        if all(value is not None for value in found):
            axes.plot(range(len(NOISES)), found, **styled(name))
    wanted = {"clean": 0, "snr10": 3, "snr0": 4}
    targets = [target.wanted for target in FRAME_TARGETS[: len(wanted)]]
    style = {"color": TARGET_COLOUR, "linestyle": "none", "marker": "_", "markersize": 16}
    axes.plot(list(wanted.values()), targets, **style, label="target for Etude")
    axes.set_xticks(range(len(NOISES)), NOISES.values())
    axes.set_xlabel("pink noise, dB below the instrument")
    axes.set_ylabel("right on the screen at that instant, %")
    axes.grid(alpha=0.3)


def draw_latency(axes: Any, frames: dict[str, Frames]) -> None:
    """Median and 90th percentile to a stable pitch, by register."""
    names = [name for name, _, _ in REGISTERS]
    for shift, (name, f) in enumerate(frames.items()):
        found = [f.latency((register,), clean_notes) for register in names]
        places = [i + 0.1 * (shift - 2) for i, latency in enumerate(found) if latency]
        there = [latency for latency in found if latency]
        if there:
            style = styled(name)
            axes.vlines(
                places, [t.median for t in there], [t.p90 for t in there], style["color"], alpha=0.4
            )
            axes.plot(places, [t.median for t in there], **style, linestyle="none")
    for registers, wanted, _ in LATENCY_REGISTERS.values():
        for register in registers:
            place = names.index(register)
            axes.hlines(wanted, place - 0.4, place + 0.4, TARGET_COLOUR)
    axes.set_yscale("log")
    axes.set_yticks([5, 10, 20, 50, 100, 200], ["5", "10", "20", "50", "100", "200"])
    axes.set_xticks(range(len(names)), names)
    axes.set_ylabel("ms to stable pitch: median to 90th percentile")
    axes.grid(alpha=0.3)


def draw_confidence(axes: Any, curves: dict[str, list[Bin]]) -> None:
    """What was said against what was right; dots are as large as their frames are many."""
    axes.plot([0, 100], [0, 100], color="#999999", linewidth=1)
    for (what, bins), colour in zip(curves.items(), ("#000000", "#0072B2"), strict=False):
        most = max(b.frames for b in bins)
        said, right = [b.said for b in bins], [b.right for b in bins]
        axes.plot(said, right, color=colour, label=what)
        axes.scatter(said, right, [12 + 160 * b.frames / most for b in bins], colour)
    if curves:
        axes.legend(frameon=False, loc="upper left")
    axes.set_xlabel("sure, Etude said, %")
    axes.set_ylabel("right, %")
    axes.grid(alpha=0.3)
