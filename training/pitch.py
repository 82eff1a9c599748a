"""Makes ``engine/weights/pitch.npy``: run as ``python -m training.pitch [CACHE]``.

Clips are drawn, the core makes maps of them, the scorer learns to tell the true bin or that nothing
sounds; with its weights in place the core then makes scalars of every frame, from which the second
net learns whether something sounds and how sure the pitch is.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from training import pitch_scorer, pitch_voice
from training.packages import PACKAGES
from training.pitch_frames import HELD_OUT, PIANO_LAYERS, clips, drawn
from training.pitch_net import Scorer, Voice, always, flat
from training.pitch_voice import Moments
from training.samples import cache_folder

SEED, VALID_SEED, VOICE_SEED = 1, 2, 3  # what says how sure it is hears nothing of the first
CLIPS, VALID_CLIPS = 3000, 120
VOICE_CLIPS = 600
WEIGHTS = Path(__file__).resolve().parents[1] / "engine" / "weights" / "pitch.npy"
SAID = np.arange(0.0, 1.0, 0.1)  # edges of the calibration curve


def curve(voice: Voice, data: Moments) -> list[dict[str, float]]:
    """Of the frames said to be so sure, how many were right: a row for every tenth."""
    with torch.no_grad():
        sure = torch.sigmoid(voice(torch.from_numpy(data.scalars))[:, 1]).numpy()
    rows = []
    for low in SAID:
        inside = (sure >= low) & (sure < low + 0.1) & (data.is_right >= 0)
        if inside.any():
            told, right = sure[inside].mean(), data.is_right[inside].mean()
            rows.append({"frames": int(inside.sum()), "said": told, "right": right})
    return [{name: round(float(value), 4) for name, value in row.items()} for row in rows]


def provenance(figures: object) -> dict[str, object]:
    """What the weights come from."""
    used = [p for p in PACKAGES if p.instrument != "piano" or p.layer in PIANO_LAYERS]
    return {
        "recipe": "python -m training.pitch",
        "seeds": {"training": SEED, "validation": VALID_SEED, "voicing": VOICE_SEED},
        "clips": {"training": CLIPS, "validation": VALID_CLIPS, "voicing": VOICE_CLIPS},
        "held_out_instruments": HELD_OUT,
        "data": [{"package": p.name, "version": p.version, "licence": p.licence} for p in used],
        "libraries": {"numpy": np.__version__, "torch": str(torch.__version__)},
        "figures_on_held_out_instruments": figures,
    }


def main() -> None:
    """Train both nets and write the weights with their provenance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", nargs="?", help="default: ETUDE_TRAINING_CACHE")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    cache = cache_folder(given.cache)
    known = clips(cache, SEED, CLIPS)
    print(f"{len(known)} clips drawn", flush=True)
    scorer: Scorer = pitch_scorer.train(drawn(known, SEED), SEED)
    weights = flat(scorer, always())
    unheard = clips(cache, VOICE_SEED, VOICE_CLIPS)
    voice = pitch_voice.train(pitch_voice.moments(unheard, weights), SEED)
    others = clips(cache, VALID_SEED, VALID_CLIPS, is_held_out=True)
    half = VALID_CLIPS // 2
    shift = pitch_voice.calibrate(voice, pitch_voice.moments(others[half:], weights))
    seen = pitch_voice.moments(others[:half], weights)
    figures = {
        "shift_of_confidence": shift,  # by the other half of the clips
        "bin_right_and_voicing_right": pitch_scorer.right(scorer, drawn(others, VALID_SEED)),
        "voicing": pitch_voice.told(voice, seen),
        "calibration": curve(voice, seen),
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    np.save(given.out, flat(scorer, voice))
    described = json.dumps(provenance(figures), indent=1) + "\n"
    given.out.with_suffix(".json").write_text(described, encoding="utf-8")


if __name__ == "__main__":
    main()
