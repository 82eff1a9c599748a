"""The pitch tracker's nets in torch, in the order in which the core reads their weights."""

import numpy as np
import torch
from torch import nn

from engine.reference_pitch import (
    HIDDEN,
    KIN_TAPS,
    LAG_TAPS,
    LINE_TAPS,
    SECOND,
    THIRD,
    WINDOW_HOPS,
)
from native.pitch import BINS, CONTEXT, PAD, ROWS, SCALARS

WINDOWS = len(WINDOW_HOPS)
FURTHEST = max(KIN_TAPS)
VOICE_HIDDEN, VOICE_OUT = 32, 8
SURELY = 20.0  # log odds above every threshold of the core


class Scorer(nn.Module):  # type: ignore[misc]
    """Scores of all bins and of nothing at all, (n, ROWS, ROW), (n, CONTEXT) -> (n, BINS + 1)."""

    def __init__(self) -> None:
        super().__init__()
        inputs = WINDOWS * len(LAG_TAPS) + (ROWS - WINDOWS) * len(LINE_TAPS) + 2
        self.none = nn.Linear(CONTEXT, 1)
        self.context = nn.Linear(CONTEXT, HIDDEN)
        self.first = nn.Conv1d(inputs, HIDDEN, 1, bias=False)
        self.second = nn.Conv1d(HIDDEN, SECOND, 1)
        self.third = nn.Conv1d(SECOND * len(KIN_TAPS), THIRD, 1)
        self.last = nn.Conv1d(THIRD, 1, 1, bias=False)
        place = torch.arange(BINS, dtype=torch.float32) / BINS
        self.register_buffer("places", torch.stack([place, place**2]))

    def forward(self, rows: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        seen = [
            rows[:, row, PAD + tap : PAD + tap + BINS]
            for row in range(rows.shape[1])
            for tap in (LAG_TAPS if row < WINDOWS else LINE_TAPS)
        ]
        places = self.places[:, None].expand(-1, len(rows), -1)
        seen_by_bin = self.first(torch.stack([*seen, *places], dim=1))
        hidden = torch.relu(seen_by_bin + self.context(context)[:, :, None])
        middle = nn.functional.pad(torch.relu(self.second(hidden)), (FURTHEST, FURTHEST))
        kin = [middle[:, :, FURTHEST + tap : FURTHEST + tap + BINS] for tap in KIN_TAPS]
        scores = self.last(torch.relu(self.third(torch.cat(kin, 1))))[:, 0]
        return torch.cat([scores, self.none(context)], 1)


class Voice(nn.Module):  # type: ignore[misc]
    """Logits that something sounds and that the bin is right, (n, SCALARS) -> (n, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(SCALARS, VOICE_HIDDEN)
        self.last = nn.Linear(VOICE_HIDDEN, VOICE_OUT)

    def forward(self, scalars: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.last(torch.relu(self.first(scalars)))
        return logits


def always() -> Voice:
    """Says of every frame that something sounds."""
    voice = Voice()
    with torch.no_grad():
        for weights in voice.parameters():
            weights.zero_()
        voice.last.bias.fill_(SURELY)
    return voice


def flat(scorer: Scorer, voice: Voice) -> np.ndarray:
    """All weights as the core reads them, float32."""
    first, second, third, last = scorer.first, scorer.second, scorer.third, scorer.last
    parts = [
        scorer.none.bias,
        scorer.none.weight[0],
        scorer.context.bias,
        scorer.context.weight.T,
        first.weight[:, :, 0].T,
        second.bias,
        second.weight[:, :, 0].T,
        third.bias,
        third.weight[:, :, 0].T,
        last.weight[0, :, 0],
        voice.first.weight.T,
        voice.first.bias,
        voice.last.weight.T,
        voice.last.bias,
    ]
    return np.concatenate([p.detach().numpy().ravel() for p in parts]).astype(np.float32)
