"""Learned weights that ship with the package: ``weights/NAME.npy``, its origin in ``NAME.json``."""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray


@cache
def learned(name: str) -> NDArray[np.float32]:
    """The weights of one net; read once, shared by all that use it.

    Parameters
    ----------
    name : str
        Of the file in ``engine/weights``.

    Returns
    -------
    (n,) float32
        Not to be written.
    """
    with (files("engine") / "weights" / f"{name}.npy").open("rb") as file:
        weights: NDArray[np.float32] = np.load(file)
    weights.setflags(write=False)
    return weights
