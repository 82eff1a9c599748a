"""Trains what says whether anything sounds and how sure that is, on top of a trained scorer."""

from typing import NamedTuple

import numpy as np
import torch

from native.pitch import SCALARS
from training.pitch_clips import HOP, Clip
from training.pitch_frames import tracked
from training.pitch_net import Voice
from training.pitch_notes import RATE_HZ

BATCH = 2048
EPOCHS = 6
PEAK_RATE = 6e-3
NOW = 1  # hops: levels are told of sound so old
WEIGHTS = (3.0, 3.0)  # what a note not heard costs, and a false alarm ...
BLEED_WEIGHTS = (1.0, 5.0)
FRESH_SEC, FRESH_COST = 0.06, 3.0  # ... more where a note is new and its pitch is right already
WITHIN_CENTS = 50.0


class Moments(NamedTuple):
    """Every frame of some clips.

    Attributes
    ----------
    scalars : (n, SCALARS) float32
    is_voiced : (n,) float32
        1 where something sounds, 0 where not, -1 where that is not certain.
    is_right : (n,) float32
        1 where f0 is within 50 cents of what sounds, else 0; -1 where that is not certain.
    weights : (n, 2) float32
        What a note not heard costs there, and what a false alarm does.
    """

    scalars: np.ndarray
    is_voiced: np.ndarray
    is_right: np.ndarray
    weights: np.ndarray


def moments(clips: list[Clip], weights: np.ndarray) -> Moments:
    """What the core makes of every frame, with the scorer's weights in their place."""
    parts = [_of_clip(one, weights) for one in clips]
    return Moments(*(np.concatenate([part[k] for part in parts]) for k in range(4)))


def _of_clip(one: Clip, weights: np.ndarray) -> Moments:
    frames, features = tracked(one.sound, weights)
    n = len(frames)
    last = len(one.f0_hz) - 1
    now = one.f0_hz[np.clip(np.arange(n) - NOW, 0, last)]
    hop = np.round(frames["time_sec"] * RATE_HZ / HOP).astype(int) - 1
    then = one.f0_hz[np.clip(hop, 0, last)]
    off = np.abs(1200 * np.log2(frames["f0_hz"] / np.maximum(then, 1e-3)))
    is_right = np.where(then > 0, off < WITHIN_CENTS, then)
    cost = np.tile(np.array(BLEED_WEIGHTS if one.has_bleed else WEIGHTS, np.float32), (n, 1))
    age_sec = one.age_sec[np.clip(np.arange(n) - NOW, 0, last)]
    cost[(age_sec < FRESH_SEC) & (is_right == 1), 0] *= FRESH_COST
    is_voiced = np.sign(now).astype(np.float32)
    return Moments(features[:, -SCALARS:], is_voiced, is_right.astype(np.float32), cost)


def loss_of(voice: Voice, data: Moments, rows: np.ndarray) -> torch.Tensor:
    logits = voice(torch.from_numpy(data.scalars[rows]))
    total = torch.zeros(())
    for k, truth in enumerate((data.is_voiced[rows], data.is_right[rows])):
        target = torch.from_numpy(np.maximum(truth, 0))
        each = torch.nn.functional.binary_cross_entropy_with_logits(
            logits[:, k], target, reduction="none"
        )
        sound, silence = data.weights[rows].T
        weight = (truth >= 0) * (np.where(truth == 0, silence, sound) if k == 0 else 1.0)
        total = total + (each * torch.from_numpy(weight.astype(np.float32))).mean()
    return total


def train(data: Moments, seed: int) -> Voice:
    """A net trained on the moments; the same one for the same moments and seed."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    voice = Voice()
    steps = EPOCHS * (len(data.is_voiced) // BATCH)
    optimiser = torch.optim.AdamW(voice.parameters(), lr=PEAK_RATE, weight_decay=1e-4)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, total_steps=steps)
    for epoch in range(EPOCHS):
        order = rng.permutation(len(data.is_voiced))
        total = 0.0
        for first in range(0, len(order) - BATCH + 1, BATCH):
            loss = loss_of(voice, data, np.sort(order[first : first + BATCH]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            plan.step()
            total += loss.item()
        print(f"epoch {epoch}: loss {total * BATCH / len(order):.4f}", flush=True)
    return voice


def calibrate(voice: Voice, data: Moments) -> float:
    """Shift how sure the pitch is, by the log odds returned, until it is as often right as is said.

    Of instruments that were not trained on, the net knows less than it says.
    """
    known = data.is_right >= 0
    with torch.no_grad():
        logits = voice(torch.from_numpy(data.scalars[known]))[:, 1].double()
        low, high = torch.tensor(-5.0), torch.tensor(5.0)
        while high - low > 1e-4:
            middle = (low + high) / 2
            is_much = torch.sigmoid(logits + middle).mean() > data.is_right[known].mean()
            low, high = (low, middle) if is_much else (middle, high)
        voice.last.bias[1] += low
    return float(low)


def told(voice: Voice, data: Moments) -> dict[str, float]:
    """Shares: voiced frames found, silent frames taken for sound."""
    with torch.no_grad():
        is_told = voice(torch.from_numpy(data.scalars))[:, 0].numpy() > 0
    has_bleed, silent = data.weights[:, 1] == BLEED_WEIGHTS[1], data.is_voiced == 0
    return {
        "recall": float(is_told[data.is_voiced == 1].mean()),
        "false alarm": float(is_told[silent & ~has_bleed].mean()),
        "false alarm with bleed": float(is_told[silent & has_bleed].mean()),
    }
