"""The tables of trackers: accuracy, noise, registers, latency, harder conditions, models."""

from collections.abc import Iterable, Sequence

from bench.pitch.engines import ENGINES
from bench.pitch.material import CONDITIONS, HARDER
from bench.pitch.metrics import REGISTERS
from bench.pitch.summary import Frames, Latency, Where, of
from bench.pitch.synth import CONDITIONS as MODEL_CONDITIONS
from bench.pitch.synth import MODELS
from bench.pitch.targets import clean, clean_notes


def title(name: str) -> str:
    """How the tables call a tracker."""
    return ENGINES[name].title


def number(value: float | None) -> str:
    """One decimal, or a dash."""
    return "-" if value is None else f"{value:.1f}"


def titled(name: str, text: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table under its heading."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    rule = f"|---{'|---:' * (len(head) - 1)}|"
    parts = [f"## {name}", *([text] if text else [])]
    return "\n\n".join([*parts, "\n".join([f"| {' | '.join(head)} |", rule, *lines])])


def frame_tables(frames: dict[str, Frames], ours: str) -> list[str]:
    """All tables of trackers."""
    return [
        exact_table(frames),
        conditions_table(frames),
        registers_table(frames),
        latency_table(frames),
        harder_table(frames),
        models_table(frames, ours),
    ]


def exact_table(frames: dict[str, Frames]) -> str:
    """Everything about the exact items as they are."""
    names = ("within_50", "within_10", "within_5", "octave", "recalled", "false_alarm", "overall")
    where = of("exact", "clean")
    rows = []
    for name, f in frames.items():
        rates = [number(f.rate(rate, where)) for rate in names]
        now = number(f.rate("within_50", where, live=True))
        rows.append([title(name), *rates, now, number(f.microseconds())])
    return titled(
        "Exact items, clean",
        "RPA: within so many cents. VR, VFA: voicing recall and false alarm. OA: overall accuracy.",
        [
            *("", "RPA50", "RPA10", "RPA5", "octave errors", "VR", "VFA", "OA", "live RPA50"),
            "us of CPU per 256 samples",
        ],
        rows,
    )


def conditions_table(frames: dict[str, Frames]) -> str:
    """Noise and bleed."""
    rows = []
    for name, f in frames.items():
        live = [number(f.rate("within_50", of("exact", c), live=True)) for c in CONDITIONS]
        oa = [number(f.rate("overall", of("exact", c))) for c in ("snr10", "snr0")]
        vfa = number(f.rate("false_alarm", of("exact", "bleed10")))
        real = [number(f.rate(r, of("real"))) for r in ("within_50", "octave")]
        voice = number(f.rate("within_50", of("voice")))
        rows.append([title(name), *live, *oa, vfa, *real, voice])
    return titled(
        "Noise, bleed, real recordings",
        "Live RPA50 of exact items by condition, then what describes each instant.",
        [
            *("", *(f"live, {c}" for c in CONDITIONS), "OA, snr10", "OA, snr0", "VFA, bleed10"),
            *("real, RPA50", "real, octave errors", "voice, RPA50"),
        ],
        rows,
    )


def registers_table(frames: dict[str, Frames]) -> str:
    """By register."""
    names = [name for name, _, _ in REGISTERS]
    rows = [
        [title(n), *(number(f.of_register(name, clean)) for name in names)]
        for n, f in frames.items()
    ]
    return titled("RPA50 by register", "All clean recordings.", ["", *names], rows)


def latency_table(frames: dict[str, Frames]) -> str:
    """From onset to pitch."""
    names = [name for name, _, _ in REGISTERS]
    rows = []
    for n, f in frames.items():
        found = [f.latency((name,), clean_notes) for name in names]
        if any(found):
            rows.append([title(n), *(waited(latency) for latency in found)])
    return titled(
        "From onset to a stable, correct pitch",
        "Milliseconds to the first of three reports in a row that say the note's pitch: median / "
        "90th percentile (percent of notes ever told). Compute time is not in it.",
        ["", *names],
        rows,
    )


def waited(latency: Latency | None) -> str:
    """A cell of the table of latencies."""
    if latency is None:
        return "-"
    return f"{latency.median:.0f} / {latency.p90:.0f} ({latency.told:.0f})"


def recorded(condition: str) -> Where:
    """Recordings, of whatever kind, under a condition."""
    return lambda item: item.kind != "model" and item.condition == condition


def modelled(name: str, condition: str) -> Where:
    """One modelled instrument under a condition."""
    return lambda item: (item.source, item.condition) == (name, condition)


def both(frames: Frames, where: Where) -> str:
    """Live RPA50 / VFA of items; for those that are not live, what describes each instant."""
    live = frames.rate("within_50", where, live=True)
    if live is None:
        live = frames.rate("within_50", where)
    return "-" if live is None else f"{live:.1f} / {number(frames.rate('false_alarm', where))}"


def harder_table(frames: dict[str, Frames]) -> str:
    """Our own conditions."""
    conditions = ("clean", *HARDER)
    rows = [[title(n), *(both(f, recorded(c)) for c in conditions)] for n, f in frames.items()]
    return titled(
        "Rooms, levels, rates",
        "All recordings: live RPA50 / VFA. What a room holds on to after a note counts as false "
        "alarm.",
        ["", *conditions],
        rows,
    )


def models_table(frames: dict[str, Frames], ours: str) -> str:
    """Modelled instruments, by Etude in all conditions and by the peers dry."""
    peers = [name for name in frames if name != ours]
    rows = []
    for model in MODELS:
        cells = [title_of_errors(frames[ours], model)] if ours in frames else []
        if ours in frames:
            cells += [both(frames[ours], modelled(model, c)) for c in MODEL_CONDITIONS[1:]]
        cells += [both(frames[name], modelled(model, MODEL_CONDITIONS[0])) for name in peers]
        rows.append([model, *cells])
    own = (
        ["Etude (octave errors)", "in a small room", "noise 10 dB below"] if ours in frames else []
    )
    return titled(
        "Modelled instruments",
        "Live RPA50 / VFA. They are models, none of them trained with: they tell what class of "
        "sound may fail, not how well an oboe is heard.",
        ["", *own, *(title(name) for name in peers)],
        rows,
    )


def title_of_errors(frames: Frames, model: str) -> str:
    """A dry model's cell, with octave errors."""
    where = modelled(model, MODEL_CONDITIONS[0])
    return f"{both(frames, where)} ({number(frames.rate('octave', where))})"
