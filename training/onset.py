"""Trains the onset detector: python -m training.onset CACHE writes engine/weights/onset.*.

A hop's features are brought to 32 values; those of 16 of the last 23 hops give the chance of an
onset 40, 48, ... 160 ms back. The detector sees frames of the shipped pitch tracker: train it after
that one.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from native.notes import N_FEATURES, N_WEIGHTS, ONSET_DELAYS
from training.onset_features import features_of, frames_of, pieces, targets_of
from training.packages import PACKAGES
from training.samples import cache_folder
from training.voices import FLITE_VERSION, check_flite

EMBEDDED, HIDDEN = 32, 32
TAPS = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    13,
    15,
    18,
    22,
)  # hops back, as notes_onset.c has them
CROP = 500  # hops of a training crop
BATCH = 16
STEPS = 2000
RATE = 2e-3
SEED = 1
TRAINED_ON = (
    "bass-electric",
    "cello",
    "flute",
    "guitar-acoustic",
    "guitar-electric",
    "harmonium",
    "organ",
    "piano",
    "trombone",
    "tuba",
    "violin",
    "xylophone",
)
HELD_OUT = ("clarinet", "french-horn", "guitar-nylon", "harp")
SPEAKERS, HELD_OUT_SPEAKERS = ("rms", "slt", "kal16"), ("awb",)
TRAIN_PIECES, HELD_OUT_PIECES = 260, 50

Rows = tuple[np.ndarray, np.ndarray]


class OnsetNet(nn.Module):  # type: ignore[misc]
    """The net of ``notes_onset.c``."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(N_FEATURES, EMBEDDED)
        self.look = nn.Linear(len(TAPS) * EMBEDDED, HIDDEN)
        self.tell = nn.Linear(HIDDEN, ONSET_DELAYS)

    def forward(self, rows: torch.Tensor, drop: float = 0.0) -> torch.Tensor:
        """Logits (n, hops, ONSET_DELAYS) of features (n, hops, N_FEATURES)."""
        kept = torch.relu(self.embed(rows))
        if drop:
            kept = nn.functional.dropout(kept, drop)
        padded = nn.functional.pad(kept, (0, 0, TAPS[-1], 0))
        hops = rows.shape[1]
        seen = [padded[:, TAPS[-1] - tap : TAPS[-1] - tap + hops] for tap in TAPS]
        hidden = torch.relu(self.look(torch.cat(seen, dim=2)))
        if drop:
            hidden = nn.functional.dropout(hidden, drop)
        told: torch.Tensor = self.tell(hidden)
        return told


def rows_of(
    cache: Path, seed: int, n: int, instruments: Sequence[str], speakers: Sequence[str]
) -> list[Rows]:
    """Features and targets of pieces drawn at random."""
    out = []
    for piece in pieces(cache, seed, n, instruments, speakers):
        features = features_of(piece, frames_of(piece))
        out.append((features.astype(np.float16), targets_of(piece, len(features))))
    return out


def train(rows: list[Rows], seed: int = SEED, steps: int = STEPS) -> tuple[OnsetNet, np.ndarray]:
    """Train a net; its first layer takes standardised features.

    Returns
    -------
    net : OnsetNet
    scale : (2, N_FEATURES) float32
        Mean and standard deviation of each feature.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    rows = [row for row in rows if len(row[1]) >= CROP]
    every = np.concatenate([features[::7].astype(np.float32) for features, _ in rows])
    scale = np.stack([every.mean(axis=0), every.std(axis=0) + 1e-3])
    lengths = np.array([len(targets) for _, targets in rows])
    net = OnsetNet()
    optimizer = torch.optim.AdamW(net.parameters(), RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.1)
    total = 0.0
    for step in range(steps):
        x, y = _batch(rng, rows, lengths, scale)
        logits = net(x, drop=0.1)[:, TAPS[-1] :]
        loss = nn.functional.binary_cross_entropy_with_logits(logits, y[:, TAPS[-1] :])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item()
        if step % 250 == 249:
            print(f"step {step + 1}: loss {total / 250:.4f}", flush=True)
            total = 0.0
    return net.eval(), scale


def _batch(
    rng: np.random.Generator, rows: list[Rows], lengths: np.ndarray, scale: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor]:
    picked = rng.choice(len(rows), BATCH, p=lengths / lengths.sum())
    x, y = [], []
    for number in picked:
        features, targets = rows[number]
        at = int(rng.integers(0, max(1, len(targets) - CROP)))
        x.append((features[at : at + CROP] - scale[0]) / scale[1])
        y.append(targets[at : at + CROP])
    return torch.from_numpy(np.stack(x).astype(np.float32)), torch.from_numpy(np.stack(y))


def exported(net: OnsetNet, scale: np.ndarray) -> np.ndarray:
    """The weights as ``notes_onset.c`` reads them, (N_WEIGHTS,) float32."""
    parts = [p.detach().numpy().astype(np.float64) for p in net.parameters()]
    first = (parts[0] / scale[1]).T
    bias = parts[1] - (parts[0] / scale[1]) @ scale[0]
    flat = [first, bias, parts[2].T, parts[3], parts[4].T, parts[5]]
    weights = np.concatenate([part.ravel() for part in flat]).astype(np.float32)
    if weights.shape != (N_WEIGHTS,):
        raise ValueError(f"the core takes {N_WEIGHTS} weights, got {weights.shape[0]}")
    return weights


def scored(net: OnsetNet, scale: np.ndarray, rows: list[Rows]) -> float:
    """Mean cross-entropy of held-out rows."""
    losses, weight = 0.0, 0
    with torch.no_grad():
        for features, targets in rows:
            x = torch.from_numpy(((features - scale[0]) / scale[1]).astype(np.float32))[None]
            y = torch.from_numpy(targets)[None]
            loss = nn.functional.binary_cross_entropy_with_logits(net(x), y, reduction="sum")
            losses, weight = losses + loss.item(), weight + targets.size
    return losses / max(weight, 1)


def provenance(loss: float) -> dict[str, object]:
    """What stands beside the weights."""
    used = [p for p in PACKAGES if p.instrument in TRAINED_ON]
    return {
        "recipe": "python -m training.onset",
        "seed": SEED,
        "steps": STEPS,
        "pieces": TRAIN_PIECES,
        "voices": f"{FLITE_VERSION} {', '.join(SPEAKERS)} (CMU's free licence), sung by WORLD",
        "data": [f"{p.name} {p.version}: {p.licence}" for p in used],
        "held_out": [*HELD_OUT, *HELD_OUT_SPEAKERS],
        "held_out_cross_entropy": round(loss, 5),
    }


def main() -> None:
    """Make the shipped weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", nargs="?", help="default: ETUDE_TRAINING_CACHE")
    parser.add_argument("--out", type=Path, default=Path("engine/weights"))
    arguments = parser.parse_args()
    cache = cache_folder(arguments.cache)
    check_flite()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    rows = rows_of(cache, 1, TRAIN_PIECES, TRAINED_ON, SPEAKERS)
    net, scale = train(rows)
    held_out = rows_of(cache, 2, HELD_OUT_PIECES, HELD_OUT, HELD_OUT_SPEAKERS)
    np.save(arguments.out / "onset.npy", exported(net, scale))
    told = json.dumps(provenance(scored(net, scale, held_out)), indent=2)
    (arguments.out / "onset.json").write_text(told + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
