"""Makes the chord verifier's weights: plays passages, asks about their chords, trains the nets.

Run as ``python -m training.chords`` with ``ETUDE_TRAINING_CACHE`` set; with ``--leave-out`` the
instruments named are kept for measuring and nothing is shipped.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import engine
from native.chords import N_FEATURES, N_WEIGHTS
from training import mix, packages, soundfont
from training.chords_data import Asked, ask, joined
from training.chords_model import weights_of
from training.chords_train import calibrate, calibration, logits, table, train
from training.samples import cache_folder

SEED, MEASURING_SEED = 5, 6
PASSAGES, MEASURED_PASSAGES, EPOCHS = 450, 50, 7
SYNTHETIC = 12  # instruments
CHUNK = 50  # passages a file of the cache
SHARES = {  # how often each is played; 1 where it is not named
    "piano": 14.0,
    "piano-p200": 6.0,
    "guitar-acoustic": 4.0,
    "guitar-steel": 3.0,
    "guitar-nylon-fluid": 4.0,
    "guitar-electric": 2.0,
    "piano-electric": 1.5,
    "harp": 1.5,
    "organ": 0.4,
    "harmonium": 0.4,
}
WEIGHTS = Path(engine.__file__).parent / "weights"


def questions(
    cache: Path, seed: int, n: int, left_out: tuple[str, ...] = (), only: tuple[str, ...] = ()
) -> Asked:
    """What is asked about so many passages; kept in the cache in files of :data:`CHUNK`."""
    name = "-".join([str(N_FEATURES), str(seed), *(f"no-{x}" for x in left_out), *only])
    folder = cache / "chords" / name
    parts: list[Asked] = []
    instruments: list[mix.Instrument] = []
    for first in range(0, n, CHUNK):
        path = folder / f"{first}.npz"
        if not path.exists():
            instruments = instruments or _orchestra(cache, seed, left_out, only)
            _save(_chunk(instruments, seed, first), path)
        with np.load(path) as kept:
            parts.append(Asked(**{key: kept[key] for key in kept.files}))
    return joined(parts)


def _orchestra(
    cache: Path, seed: int, left_out: tuple[str, ...], only: tuple[str, ...]
) -> list[mix.Instrument]:
    rng = np.random.default_rng([seed, 1 << 20])
    all_of_them = mix.orchestra(cache, rng, 0 if only else SYNTHETIC, left_out)
    return [one for one in all_of_them if not only or one.name in only]


def _chunk(instruments: list[mix.Instrument], seed: int, first: int) -> Asked:
    shares = np.array([SHARES.get(one.name, 1.0) for one in instruments])
    parts = []
    for k in range(first, first + CHUNK):
        rng = np.random.default_rng([seed, k])
        instrument = instruments[int(rng.choice(len(instruments), p=shares / shares.sum()))]
        parts.append(ask(rng, mix.draw_passage(rng, instrument)))
    print(f"passages {first} to {first + CHUNK - 1}", flush=True)
    return joined(parts)


def _save(asked: Asked, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".fresh.npz")
    np.savez(fresh, **vars(asked))
    fresh.replace(path)


def provenance(n_questions: int, measured: list[dict[str, float]]) -> dict[str, object]:
    """What is written beside the weights."""
    return {
        "what": "chord verifier: the two nets of native/src/chords_net.c",
        "recipe": "python -m training.chords",
        "seed": SEED,
        "passages": PASSAGES,
        "questions": n_questions,
        "epochs": EPOCHS,
        "weights": N_WEIGHTS,
        "sources": sorted({p.licence for p in packages.PACKAGES} | {soundfont.LICENCE}),
        "measured_on_new_passages": measured,
    }


def main() -> None:
    """Train, measure and, where no instrument was left out, write the weights to be shipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache")
    parser.add_argument("--leave-out", default="", help="instruments, by commas")
    parser.add_argument("--passages", type=int, default=PASSAGES)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=Path, help="where to write; needed where any is left out")
    options = parser.parse_args()
    cache = cache_folder(options.cache)
    left_out = tuple(filter(None, options.leave_out.split(",")))
    asked = questions(cache, SEED, options.passages, left_out)
    model = train(asked, options.epochs, SEED)
    apart = questions(cache, MEASURING_SEED, MEASURED_PASSAGES, only=left_out)
    calibrate(model, *calibration(apart, logits(model, apart)))
    measured = table(apart, logits(model, apart))
    for row in measured:
        print({key: round(value, 3) for key, value in row.items()})
    folder = options.out or (None if left_out else WEIGHTS)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "chords.npy", weights_of(model))
        text = json.dumps(provenance(len(asked.features), measured), indent=2)
        (folder / "chords.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
