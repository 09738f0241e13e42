"""From brightness to the published kind of picture: coil shading, blur, noise, grey levels, and cut edges."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from course_lib.phantoms.fields import random_field
from course_lib.phantoms.geometry import FULL


@dataclass(frozen=True)
class Scanner:
    """One patient's scanner; three values mean pre, FLAIR, post.

    Attributes:
        level: (3,) grey level of the median brain voxel.
        shading: (3,) strength of the slow brightness drift over the head.
        surface: (3,) how much brighter the head is near the coil than at its middle.
        blur: (3,) standard deviation, pixels of 256.
        sharpen: (3,) strength of the scanner's edge filter.
        noise: (3,) standard deviation of the noise in each of the two channels whose magnitude is taken, grey levels.
        floor: (3,) grey level added to everything, the background included.
        gamma: (3,) exponent of the last step from brightness to grey level.
    """

    level: np.ndarray
    shading: np.ndarray
    surface: np.ndarray
    blur: np.ndarray
    sharpen: np.ndarray
    noise: np.ndarray
    floor: np.ndarray
    gamma: np.ndarray


def draw_scanner(rng, level):
    """A scanner; ``level``: (3,) typical grey levels of the brain at the patient's institution."""
    common = rng.normal(0, 0.12)
    floor = np.zeros(3)
    if rng.random() < 0.04:
        floor[0] = rng.uniform(40, 90)  # a few published scans have a grey background before contrast
    return Scanner(
        level=np.asarray(level) * np.exp(common + rng.normal(0, 0.2, 3)),
        shading=rng.uniform(0.02, 0.14, 3),
        surface=np.abs(rng.normal(0, 0.16, 3)),
        blur=rng.uniform(0.4, 1.3, 3),
        sharpen=np.array([rng.uniform(0, 0.5), rng.uniform(0, 1.2), rng.uniform(0, 0.5)]),
        noise=np.exp(rng.normal(np.log([1.6, 3.3, 2.2]), 0.45)),
        floor=floor,
        gamma=rng.uniform(0.9, 1.12, 3),
    )


def shade(light, points, skin, scanner, rng):
    """Multiply (3, n) brightness by slow drifts and by the coil's nearness; changes ``light``."""
    nearness = np.exp(np.minimum(skin, 0) / 28)
    wide = [random_field(rng, 110).sample(points) for _ in range(2)]
    for sequence in range(3):
        drift = wide[0] + (0.5 * wide[1] if sequence == 1 else 0)
        light[sequence] *= np.exp(
            np.float32(scanner.shading[sequence]) * drift + np.float32(scanner.surface[sequence]) * (nearness - 0.4)
        )


def expose(volume, scanner, brain_median, rng):
    """Blur, sharpen, scale to grey levels and add noise.

    Args:
        volume: (slice, row, column, 3) float32 brightness; not kept.
        scanner: see `Scanner`.
        brain_median: (3,) brightness of the median brain voxel.
        rng: random generator.

    Returns:
        (slice, row, column, 3) float32 of 0..255, not rounded.
    """
    ratio = volume.shape[1] / FULL
    out = np.empty_like(volume)
    for sequence in range(3):
        plane = volume[..., sequence] / np.float32(brain_median[sequence])
        width = scanner.blur[sequence] * ratio
        plane = ndimage.gaussian_filter(plane, (0, width, width))
        soft = ndimage.gaussian_filter(plane, (0, 2.0 * ratio, 2.0 * ratio))
        plane = np.clip(plane + np.float32(scanner.sharpen[sequence]) * (plane - soft), 0, None)
        plane = np.float32(scanner.level[sequence]) * plane ** np.float32(scanner.gamma[sequence])
        noise = rng.standard_normal((2, *plane.shape), dtype=np.float32)
        noise *= np.float32(scanner.noise[sequence] * ratio**0.7)
        out[..., sequence] = np.hypot(plane + noise[0], noise[1]) + np.float32(scanner.floor[sequence])
    return np.clip(out, 0, 255)


def cut_edges(volume, rng):
    """Blacken what a scan did not cover: a box in the plane, and slanted first and last slices; changes ``volume``."""
    slices, size = volume.shape[:2]
    k, row, column = np.ogrid[:slices, :size, :size]
    v, u = row / size - 0.5, column / size - 0.5
    for sequence, chance in zip((0, 1, 2), (0.45, 0.2, 0.45), strict=True):
        if rng.random() < chance:
            slope = rng.normal(0, 0.06, 2) * slices
            first, last = rng.uniform(-0.06, 0.03) * slices, (1 + rng.uniform(-0.05, 0.05)) * slices
            depth = k + slope[0] * v + slope[1] * u
            volume[..., sequence][(depth < first) | (depth > last)] = 0
        if rng.random() < chance:
            half = rng.uniform(0.36, 0.5, 2)
            volume[..., sequence][
                np.broadcast_to((np.abs(u) > half[0]) | (np.abs(v) > max(half[1], 0.45)), (slices, size, size))
            ] = 0
