"""Etude and its public peers, each behind the laboratory's protocol of one call per note.

The peers are driven as their own documentation does, with their own defaults, and everything
their interface leaves open is decided in their favour.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import metadata, version
from pathlib import Path
from time import perf_counter_ns
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]


class Etude:
    """The product's follower, as others call it."""

    def start(self, score: NDArray[Any]) -> None:
        """Begin a score."""
        from engine.matching import ScoreFollower

        self._follower = ScoreFollower(score)
        self.position: float | None = None
        self.revisions: list[tuple[int, int]] = []

    def note_on(self, pitch: int, onset_sec: float, velocity: int) -> int | None:
        """Take in one note."""
        match = self._follower.note_on(pitch, onset_sec, velocity)
        self.position, self.revisions = match.position_beat, match.revisions
        return match.index if match.index >= 0 else None


PLAYED_DTYPE = [("id", "U8"), ("pitch", "i4"), ("onset_sec", "f8"), ("velocity", "i4")]


class Parangonar:
    """What parangonar's online matchers have in common: rows of note arrays, counted ids."""

    def start(self, score: NDArray[Any]) -> None:
        """Begin a score."""
        self._score = score.copy()
        self._score["id"] = [str(i) for i in range(len(score))]
        self._count = 0
        self._matcher = self.make(self._score)
        self.position: float | None = None

    def make(self, score: NDArray[Any]) -> Any:
        """Make the peer's own matcher."""
        raise NotImplementedError

    def row(self, pitch: int, onset_sec: float, velocity: int) -> Any:
        """A performed note as the peer takes it."""
        self._count += 1
        note = (str(self._count - 1), pitch, onset_sec, velocity)
        return np.array([note], PLAYED_DTYPE)[0]


class TempoWarping(Parangonar):
    """parangonar's SLT_OLTW: time warping online that knows of tempo.

    It answers with a score onset; the note is the one of the played pitch there. As in its own
    alignments a note is given once, but after a while it may be given again, as after a jump back.
    """

    INIT_SEC_PER_BEAT = 60 / 90
    """parangonar's own first guess."""

    AGAIN_SEC = 1.0

    def make(self, score: NDArray[Any]) -> Any:
        """Make the peer's own matcher."""
        self._notes = defaultdict(list)
        for i, row in enumerate(score):
            self._notes[row["onset_beat"], row["pitch"]].append(i)
        self._given_sec = np.full(len(score), -np.inf)
        return import_module("parangonar").TOLTWMatcher(
            score, tracker_type="SLT_OLTW", init_tempo=self.INIT_SEC_PER_BEAT
        )

    def note_on(self, pitch: int, onset_sec: float, velocity: int) -> int | None:
        """Take in one note."""
        moment = self._matcher(self.row(pitch, onset_sec, velocity))
        self.position = self._matcher.unique_onsets[moment]
        for index in self._notes.get((self.position, pitch), ()):
            if onset_sec - self._given_sec[index] > self.AGAIN_SEC:
                self._given_sec[index] = onset_sec
                return int(index)
        return None


class Transformer(Parangonar):
    """parangonar's online transformer, which names notes itself."""

    def make(self, score: NDArray[Any]) -> Any:
        """Make the peer's own matcher."""
        import_module("torch").set_num_threads(1)
        return import_module("parangonar").OnlineTransformerMatcher(score)

    def note_on(self, pitch: int, onset_sec: float, velocity: int) -> int | None:
        """Take in one note."""
        if self._count == 0:
            self._matcher.prepare_performance(onset_sec)
        known = len(self._matcher.alignment)
        self._matcher.online(self.row(pitch, onset_sec, velocity))
        self.position = self._matcher.get_current_score_onset()
        alignment = self._matcher.alignment
        return int(alignment[-1][0]) if len(alignment) > known else None


class OuterProductHmm:
    """matchmaker's outer-product HMM, which takes whole chords.

    As in its own defaults, notes within 35 ms are one chord; the answers of a chord are counted as
    first answers although they come when it is complete, and what a chord costs is shared by its
    notes.
    """

    causal = True

    def align(self, score: NDArray[Any], perf: NDArray[Any]) -> dict[str, Any]:
        """Match a whole performance, looking back only."""
        message = import_module("mido").Message
        chords = import_module("matchmaker.features.midi").ChordOnsetProcessor()
        follower = import_module("matchmaker.prob").OuterProductHMM(score)
        index = {(row["onset_beat"], row["pitch"]): i for i, row in enumerate(score)}
        pred, position = np.full(len(perf), -1), np.full(len(perf), np.nan)
        micros = np.zeros(len(perf))

        def answer(first: int, end: int, chord: Any) -> None:
            began = perf_counter_ns()
            beat = follower(*chord)
            micros[first:end] += (perf_counter_ns() - began) / 1e3 / (end - first)
            position[first:end] = beat
            pred[first:end] = [index.get((beat, p), -1) for p in perf["pitch"][first:end].tolist()]

        first = 0
        for i, note in enumerate(perf):
            velocity, onset_sec = max(1, int(note["velocity"])), float(note["onset_sec"])
            pressed = message("note_on", note=int(note["pitch"]), velocity=velocity)
            began = perf_counter_ns()
            chord = chords(([(pressed, onset_sec)], onset_sec))
            micros[i] += (perf_counter_ns() - began) / 1e3
            if chord is not None:
                answer(first, i, chord)
                first = i
        answer(first, len(perf), chords.flush_remaining())
        return {"pred": pred, "position": position, "micros": micros}


def baseline(name: str) -> Callable[[], Any]:
    """One of the laboratory's own simple matchers."""
    return lambda: import_module("adapters").BASELINES[name]()


class Matcher(NamedTuple):
    """What stands in the tables, and what it needs.

    ``requires`` are pairs of (module, distribution); the first distribution's version is told.
    """

    title: str
    make: Callable[[], Any]
    requires: tuple[tuple[str, str], ...] = ()


EXTRA = ("parangonar", "pymatchmaker")
"""Distributions that the ``bench`` extra brings."""

PARANGONAR = ("parangonar", "parangonar")
MATCHERS = {
    "etude": Matcher("Etude", Etude),
    "transformer": Matcher(
        "parangonar, online transformer", Transformer, (PARANGONAR, ("torch", "torch"))
    ),
    "warping": Matcher("parangonar, SLT_OLTW", TempoWarping, (PARANGONAR,)),
    "outer-hmm": Matcher(
        "matchmaker, outer-product HMM", OuterProductHmm, (("matchmaker", "pymatchmaker"),)
    ),
    "pointer": Matcher("greedy pointer", baseline("greedy_pointer")),
    "window": Matcher("fixed-tempo window", baseline("fixed_window")),
}


def missing(matcher: Matcher) -> str:
    """What to install before this matcher can be measured; empty if nothing is missing."""
    told = []
    for module, _ in matcher.requires:
        try:
            import_module(module)
        except ImportError as error:
            told.append(str(error))
    wanted = "".join(f" {name}" for _, name in matcher.requires if name not in EXTRA)
    return f"not installed ({', '.join(told)}): pip install '.[bench]'{wanted}" if told else ""


def identity(name: str) -> dict[str, str]:
    """Version and licence, for the tables; results of another version are measured again."""
    requires = MATCHERS[name].requires
    if requires:
        about = metadata(requires[0][1]).json
        licence = str(about.get("license_expression") or about.get("license") or "not told")
        told = ", ".join(f"{module} {version(distribution)}" for module, distribution in requires)
        return {"version": told, "licence": licence}
    if name == "etude":
        from server.version import __version__

        return {"version": f"{__version__} ({fingerprint()})", "licence": "Etude's"}
    return {"version": "of the laboratory", "licence": "-"}


def fingerprint() -> str:
    """Eight digits that change when the engine does."""
    files = [*(ROOT / "native").glob("_core.*"), *(ROOT / "native").glob("*.py")]
    files += [*(ROOT / "engine").rglob("*.py"), *(ROOT / "engine").rglob("*.npy")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()[:8]
