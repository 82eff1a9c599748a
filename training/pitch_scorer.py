"""Trains the scorer of bins: of all bins of a frame, the one where the true pitch lies."""

import numpy as np
import torch

from native.pitch import BINS
from training.pitch_frames import Frames
from training.pitch_net import Scorer

BATCH = 384
EPOCHS = 5
PEAK_RATE = 6e-3
UNCERTAIN = 0.03  # share of the target that is spread over all bins


def target_of(bins: torch.Tensor) -> torch.Tensor:
    """Shares of the two bins about a fractional one, or of nothing at all, (n, BINS + 1)."""
    sounds = bins >= 0
    low = bins.floor().clamp(0, BINS - 2)
    part = (bins - low).clamp(0, 1)
    out = torch.full((len(bins), BINS + 1), UNCERTAIN / (BINS + 1))
    at = torch.where(sounds, low.long(), torch.tensor(BINS))[:, None]
    share = torch.where(sounds, 1 - part, torch.tensor(1.0))
    out.scatter_add_(1, at, (1 - UNCERTAIN) * share[:, None])
    above = torch.where(sounds, low.long() + 1, torch.tensor(BINS))[:, None]
    return out.scatter_add_(1, above, (1 - UNCERTAIN) * (1 - share)[:, None])


def scores_of(scorer: Scorer, frames: Frames, rows: "np.ndarray | slice") -> torch.Tensor:
    maps = torch.from_numpy(frames.rows[rows].astype(np.float32))
    scores: torch.Tensor = scorer(maps, torch.from_numpy(frames.context[rows]))
    return scores


def loss_of(scorer: Scorer, frames: Frames, rows: np.ndarray) -> torch.Tensor:
    share = target_of(torch.from_numpy(frames.bins[rows]))
    return -(share * torch.log_softmax(scores_of(scorer, frames, rows), 1)).sum(1).mean()


def right(scorer: Scorer, frames: Frames) -> tuple[float, float]:
    """Share of the frames whose best bin lies within a half semitone of the truth; and of those
    where what is best, a bin or nothing, is right as to whether anything sounds."""
    found, told = [], []
    with torch.no_grad():
        for first in range(0, len(frames.bins), BATCH):
            scores = scores_of(scorer, frames, slice(first, first + BATCH))
            found.append(scores[:, :BINS].argmax(1).numpy())
            told.append((torch.logsumexp(scores[:, :BINS], 1) > scores[:, BINS]).numpy())
    sounds = frames.bins >= 0
    near = np.abs(np.concatenate(found) - frames.bins) <= 1.0
    return float(near[sounds].mean()), float((np.concatenate(told) == sounds).mean())


def train(frames: Frames, seed: int, epochs: int = EPOCHS, valid: Frames | None = None) -> Scorer:
    """A scorer trained on the frames; the same one for the same frames and seed."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    scorer = Scorer()
    steps = epochs * (len(frames.bins) // BATCH)
    optimiser = torch.optim.AdamW(scorer.parameters(), lr=PEAK_RATE, weight_decay=1e-4)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, total_steps=steps)
    for epoch in range(epochs):
        order = rng.permutation(len(frames.bins))
        total = 0.0
        for first in range(0, len(order) - BATCH + 1, BATCH):
            loss = loss_of(scorer, frames, np.sort(order[first : first + BATCH]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            plan.step()
            total += loss.item()
        said = f"epoch {epoch}: loss {total * BATCH / len(order):.4f}"
        print(said + (f", right {right(scorer, valid)}" if valid else ""), flush=True)
    return scorer
