"""Trains the chord verifier's nets and measures them on instruments left out."""

import numpy as np
import torch
from numpy.typing import NDArray

from native.chords import N_PITCHES
from training.chords_data import HELD, WAITS_SEC, Asked
from training.chords_model import Model

BATCH = 64
RATE, LEAST_RATE = 4e-3, 1e-4
COUNTS = 0.05  # pitches of more weight are always judged, others one time in TEN
TEN = 10
NEWTON_STEPS = 20
HEAD_SHARE = 0.3  # of the first net's own verdict in what is minimised


def train(asked: Asked, epochs: int, seed: int) -> Model:
    """Fit the nets by Adam, the rate falling as a cosine."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    sample = asked.features[:: max(1, len(asked.features) // 2000)].astype(np.float32)
    flat = sample.reshape(-1, sample.shape[-1])
    model = Model(flat.mean(0), np.maximum(flat.std(0), 0.05))
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    steps = epochs * (len(asked.features) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, steps, pct_start=0.1, final_div_factor=RATE / LEAST_RATE
    )
    for epoch in range(epochs):
        order = rng.permutation(len(asked.features))
        total = 0.0
        for k in range(len(order) // BATCH):
            loss = _loss(model, asked, order[k * BATCH : (k + 1) * BATCH], rng)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(f"epoch {epoch}: loss {total / max(1, len(order) // BATCH):.4f}", flush=True)
    return model


def _loss(
    model: Model, asked: Asked, batch: NDArray[np.int64], rng: np.random.Generator
) -> torch.Tensor:
    weight = asked.weight[batch].ravel()
    rows = np.nonzero((weight > COUNTS) | (rng.integers(0, TEN, len(weight)) == 0))[0]
    raised = np.where(weight > COUNTS, weight, weight * TEN)[rows]
    began = torch.from_numpy(asked.began[batch].astype(np.float32))
    features = torch.from_numpy(asked.features[batch].astype(np.float32))
    judged, first = model(features, torch.from_numpy(rows))
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    by_row = torch.from_numpy(raised)
    main = bce(judged, began.reshape(-1)[rows], by_row, reduction="sum") / by_row.sum()
    every = torch.from_numpy(asked.weight[batch])
    return main + HEAD_SHARE * bce(first, began, every, reduction="sum") / every.sum()


def logits(model: Model, asked: Asked) -> NDArray[np.float32]:
    """The second net's verdict on every pitch of every question."""
    out = []
    with torch.no_grad():
        for k in range(0, len(asked.features), 256):
            features = torch.from_numpy(asked.features[k : k + 256].astype(np.float32))
            judged, _ = model(features, torch.arange(len(features) * N_PITCHES))
            out.append(judged.reshape(len(features), N_PITCHES).numpy())
    return np.concatenate(out)


def table(asked: Asked, verdict: NDArray[np.float32]) -> list[dict[str, float]]:
    """For each wait: F1 at 0 and at the best threshold, and rejected decoys at the latter."""
    rows = []
    for wait, wait_sec in enumerate(WAITS_SEC):
        at = asked.wait == wait
        score, began, decoy = verdict[at], asked.began[at], asked.decoy[at]
        decoys = np.isin(np.abs(decoy), (1, 12)) & ~began
        counts = [(f1(score, began, decoys, level), level) for level in np.arange(-3, 3, 0.1)]
        best, level = max(counts)
        rows.append(
            {
                "wait_sec": wait_sec,
                "f1_at_half": f1(score, began, decoys, 0.0),
                "f1": best,
                "level": float(level),
                "semitone": float((score[np.abs(decoy) == 1] < level).mean()),
                "octave": float((score[np.abs(decoy) == 12] < level).mean()),
                "held": float((score[decoy == HELD] < level).mean()),
                "up": float((score[decoy == 12] < level).mean()),
            }
        )
    return rows


def f1(
    score: NDArray[np.float32], began: NDArray[np.bool_], decoys: NDArray[np.bool_], level: float
) -> float:
    """Of notes against decoys, at a level of the logit."""
    hit, false = (score[began] >= level).sum(), (score[decoys] >= level).sum()
    return float(2 * hit / max(1, hit + false + began.sum()))


def calibration(asked: Asked, verdict: NDArray[np.float32]) -> tuple[float, float]:
    """Slope and shift that make the logits of notes and their decoys as sure as they are right.

    References
    ----------
    Platt (1999), "Probabilistic outputs for support vector machines"; by Newton's method.
    """
    rows = asked.began | (asked.decoy != 0)
    x, y = verdict[rows].astype(np.float64), asked.began[rows].astype(np.float64)
    slope, shift = 1.0, 0.0
    design = np.stack([x, np.ones_like(x)])
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-(slope * x + shift)))
        gradient = design @ (chance - y)
        curvature = (design * (chance * (1 - chance))) @ design.T
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
        slope, shift = slope - float(step[0]), shift - float(step[1])
    return slope, shift


def calibrate(model: Model, slope: float, shift: float) -> None:
    """Put a slope and a shift into the last layer."""
    with torch.no_grad():
        model.last.weight *= slope
        model.last.bias *= slope
        model.last.bias += shift
