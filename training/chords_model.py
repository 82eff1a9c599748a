"""The chord verifier's two nets in torch, and their weights in the order that the C reads."""

import numpy as np
import torch
from numpy.typing import NDArray

from native.chords import N_FEATURES, N_PITCHES, N_WEIGHTS

EARS, TOLD, MINDS = 64, 8, 64
STEPS = (-12, -19, -24, -28, -31, -34, -36, 12, 19, 24, -1, 1, -2, 2, -5, 5, -7, 7)


class Model(torch.nn.Module):  # type: ignore[misc]
    """As ``chords_net.c`` has it, and a head that is for training only.

    Parameters
    ----------
    mean, deviation : (N_FEATURES,) float32
        Of the features; they go into the first weights when those are written out.
    """

    def __init__(self, mean: NDArray[np.float32], deviation: NDArray[np.float32]) -> None:
        super().__init__()
        self.mean = torch.from_numpy(mean)
        self.deviation = torch.from_numpy(deviation)
        self.ear = torch.nn.Linear(N_FEATURES, EARS)
        self.tell = torch.nn.Linear(EARS, TOLD)
        self.mind = torch.nn.Linear(N_FEATURES + (len(STEPS) + 1) * TOLD, MINDS)
        self.last = torch.nn.Linear(MINDS, 1)
        self.head = torch.nn.Linear(TOLD, 1)
        pitches = torch.arange(N_PITCHES)[:, None] + torch.tensor((0, *STEPS))[None, :]
        outside = (pitches < 0) | (pitches >= N_PITCHES)
        self.around = torch.where(outside, N_PITCHES, pitches)

    def forward(self, features: torch.Tensor, rows: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The logits of some pitches and, for training, the first net's own of all.

        Parameters
        ----------
        features : (n, N_PITCHES, N_FEATURES) float32
        rows : (k,) int64
            Which of the n * N_PITCHES pitches the second net judges.

        Returns
        -------
        (k,) float32 and (n, N_PITCHES) float32
        """
        x = (features - self.mean) / self.deviation
        told = torch.relu(self.tell(torch.relu(self.ear(x))))
        n = len(x)
        padded = torch.cat([told, torch.zeros(n, 1, TOLD)], 1).reshape(-1, TOLD)
        question, pitch = rows // N_PITCHES, rows % N_PITCHES
        places = self.around[pitch] + question[:, None] * (N_PITCHES + 1)
        context = padded[places].reshape(len(rows), -1)
        own = x.reshape(-1, N_FEATURES)[rows]
        judged = self.last(torch.relu(self.mind(torch.cat([own, context], 1))))
        return judged[:, 0], self.head(told)[..., 0]


def weights_of(model: Model) -> NDArray[np.float32]:
    """All weights as the C reads them: each layer's (inputs, outputs), then its biases."""

    def layer(linear: torch.nn.Linear, n_scaled: int) -> list[NDArray[np.float64]]:
        w = linear.weight.detach().double().numpy().T.copy()
        b = linear.bias.detach().double().numpy().copy()
        mean, deviation = model.mean.double().numpy(), model.deviation.double().numpy()
        w[:n_scaled] /= deviation[:n_scaled, None]
        b -= mean[:n_scaled] @ w[:n_scaled]
        return [w.ravel(), b]

    parts = layer(model.ear, N_FEATURES) + layer(model.tell, 0)
    parts += layer(model.mind, N_FEATURES) + layer(model.last, 0)
    flat = np.concatenate(parts).astype(np.float32)
    if flat.shape != (N_WEIGHTS,):
        raise ValueError(f"the nets must have {N_WEIGHTS} weights, got {flat.size}")
    return flat
