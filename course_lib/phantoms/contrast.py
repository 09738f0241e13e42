"""How bright each tissue is in each sequence, for one patient on one scanner (the idea of SynthSeg, Billot 2023).

Brightness is relative to white matter in the same sequence. Orders and ranges follow T1 before contrast, FLAIR and T1
after contrast, wide enough that no scanner looks like another.
"""

from dataclasses import dataclass

import numpy as np

SEQUENCES = ("pre", "FLAIR", "post")

# Mean brightness in pre, FLAIR and post, and its spread from patient to patient (a factor's standard deviation).
TISSUES = {
    "air": ((0.01, 0.01, 0.01), 0.3),
    "fat": ((1.85, 1.9, 1.85), 0.18),
    "skin": ((1.0, 0.8, 1.1), 0.15),
    "muscle": ((0.68, 0.42, 0.8), 0.18),
    "mucosa": ((0.8, 1.3, 1.7), 0.3),
    "bone": ((0.12, 0.1, 0.12), 0.3),
    "marrow": ((1.2, 0.8, 1.25), 0.45),
    "vitreous": ((0.3, 0.2, 0.3), 0.25),
    "lens": ((0.8, 0.6, 0.8), 0.2),
    "dura": ((0.45, 0.5, 1.4), 0.3),
    "vein": ((0.55, 0.4, 2.2), 0.2),
    "choroid": ((0.75, 1.35, 2.0), 0.25),
    "cyst": ((0.42, 0.45, 0.45), 0.3),
}


@dataclass(frozen=True)
class Contrast:
    """Brightness by tissue: ``values[name]`` is a (3,) float32 of pre, FLAIR and post; white matter is 1 in each."""

    values: dict

    def __getitem__(self, name):
        return self.values[name]


def draw_contrast(rng):
    """The tissues' brightness for one patient. In some, fat is suppressed after contrast."""
    values = {}
    for name, (mean, spread) in TISSUES.items():
        common, own = rng.normal(0, spread * 0.7), rng.normal(0, spread * 0.7, 3)
        values[name] = np.array(mean) * np.exp(common + own)
    grey_pre = rng.uniform(0.72, 1.02)
    values["grey"] = np.array([grey_pre, rng.uniform(1.0, 1.42), np.clip(grey_pre + rng.uniform(-0.02, 0.22), 0, 1.12)])
    fluid_pre = rng.uniform(0.15, 0.52)
    values["fluid"] = np.array([fluid_pre, rng.uniform(0.08, 0.5), fluid_pre + rng.uniform(-0.05, 0.2)])
    if rng.random() < 0.16:
        values["fat"][2] *= rng.uniform(0.25, 0.5)
    return Contrast(
        {name: value.astype(np.float32) for name, value in values.items()} | {"white": np.ones(3, np.float32)}
    )
