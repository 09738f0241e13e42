"""What a lesion looks like in each sequence: bright in FLAIR, darker before contrast, with cores and enhancement."""

from dataclasses import dataclass

import numpy as np

from course_lib.phantoms.fields import soft_below


@dataclass(frozen=True)
class Look:
    """A lesion's appearance.

    Attributes:
        ratio: (3,) brightness over the brain's in pre, FLAIR and post.
        border: width of the border's fading, in units of the lesion's mean radius.
        fade: by how much the outer parts are less changed than the middle, 0..1.
        keep: share of the healthy tissue's pattern that shows through.
        mottle: strength of the patches inside.
        core: radius of the core over the lesion's, 0 where it has none.
        core_light: (3,) brightness of the core.
        shift: (3,) place of the core's centre in the lesion, in units of its mean radius.
        ring: brightness that contrast agent adds on the core's rim.
        patches: brightness that contrast agent adds in patches.
    """

    ratio: np.ndarray
    border: float
    fade: float
    keep: float
    mottle: float
    core: float
    core_light: np.ndarray
    shift: np.ndarray
    ring: float
    patches: float


def draw_look(rng, contrast, median_ratio):
    """A lesion's look; ``median_ratio``: how bright lesions of this institution are in FLAIR, over the brain."""
    brain = 0.5 * contrast["grey"] + 0.5
    before = np.clip(rng.normal(0.83, 0.1), 0.5, 1.02)
    flair = np.clip(rng.normal(median_ratio + 0.22, 0.28), 1.12, 2.6)
    if rng.random() < 0.1:  # hardly brighter than the cortex: found by its darkness before contrast and by its shape
        before, flair = rng.uniform(0.6, 0.88), rng.uniform(1.0, 1.2)
    ratio = np.array([before, flair, before + rng.normal(0.02, 0.05)])
    kind = rng.choice(["none", "cyst", "dim"], p=[0.46, 0.24, 0.3])
    if kind == "cyst":
        core, core_light = rng.uniform(0.35, 0.95), contrast["cyst"] * rng.uniform(0.6, 1.3, 3)
    else:
        core = rng.uniform(0.25, 0.65) if kind == "dim" else 0.0
        core_light = brain * ratio * [rng.uniform(0.6, 0.9), rng.uniform(0.5, 0.9), rng.uniform(0.6, 0.9)]
    return Look(
        ratio=(ratio * brain).astype(np.float32),
        border=rng.uniform(0.1, 0.5),
        fade=rng.uniform(0.0, 0.55),
        keep=rng.uniform(0.1, 0.6),
        mottle=rng.uniform(0.05, 0.22),
        core=core,
        core_light=np.asarray(core_light, np.float32),
        shift=rng.normal(0, 0.22, 3),
        ring=rng.choice([0.0, 1.0], p=[0.85, 0.15]) * rng.uniform(0.2, 1.2),
        patches=rng.choice([0.0, 1.0], p=[0.75, 0.25]) * rng.uniform(0.2, 1.0),
    )


def paint_lesion(canvas, lesion, look, level, threshold, points):
    """Paint the lesion over the healthy brain; ``level`` as by `growth` at ``points``, ``threshold`` at its border."""
    inward = (np.float32(threshold) - level) / np.float32(threshold)
    cover = np.clip(0.5 + inward / np.float32(look.border), 0, 1)
    cover = cover * cover * (3 - 2 * cover)
    touched = np.flatnonzero(cover > 0)
    cover, inward, points = cover[touched], inward[touched], points[:, touched]
    coarse, middle, fine = (f.sample(points) for f in (lesion.coarse, lesion.middle, lesion.fine))
    strength = 1 - np.float32(look.fade) * np.clip(1 - 1.6 * inward, 0, 1)
    healthy = canvas.light[:, touched]
    change = 1 + (look.ratio[:, None] - 1) * strength
    mottled = 1 + np.float32(look.mottle) * (0.8 * coarse + 0.8 * middle + 0.5 * fine)
    sick = np.float32(look.keep) * healthy * change + np.float32(1 - look.keep) * change * mottled
    lit = healthy + cover * (sick - healthy)
    if look.core > 0:
        away = lesion.frame.astype(np.float32) @ (points - lesion.centre.astype(np.float32)[:, None])
        away -= look.shift.astype(np.float32)[:, None]
        core_level = np.sqrt(np.square(away).sum(0)) + 0.14 * middle + 0.08 * coarse
        radius = look.core * threshold
        core = soft_below(core_level, radius, 0.12) * (inward > 0.02)
        lit += core * (look.core_light[:, None] - lit)
        lit[2] += np.float32(look.ring) * np.exp(-np.square((core_level - radius) / 0.09)) * cover
    lit[2] += np.float32(look.patches) * np.clip(middle + 0.6 * fine - 0.9, 0, 1) * cover
    canvas.light[:, touched] = lit
