"""Scalar fields over the head, in millimetres: the atlas's maps, distances, and smooth random noise."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

TILE = 44  # values along a side of the noise that random fields repeat


@dataclass(frozen=True)
class Field:
    """A scalar known on a regular lattice.

    Attributes:
        values: (z, y, x) float32.
        origin: (z, y, x), millimetres of the first value.
        spacing: millimetres between values, the same along all axes.
        repeats: whether the lattice repeats beyond its end, else its last value counts there.
    """

    values: np.ndarray
    origin: np.ndarray
    spacing: float
    repeats: bool = False

    def sample(self, points, outside=None):
        """Linear interpolation at ``points``, a (3, ...) array or a tuple of three arrays z, y, x in millimetres.

        ``outside``: value beyond the lattice, if not the nearest. Returns float32 of the points' shape.
        """
        index = [
            (axis - np.float32(start)) * np.float32(1 / self.spacing)
            for axis, start in zip(points, self.origin, strict=True)
        ]
        mode = "grid-wrap" if self.repeats else "nearest" if outside is None else "constant"
        return ndimage.map_coordinates(self.values, index, order=1, mode=mode, cval=outside or 0.0, output=np.float32)


def random_field(rng, wavelength, reach=(1.0,), ratio=2.0):
    """Smooth Gaussian noise of mean 0 that varies over about ``wavelength`` millimetres.

    Args:
        rng: random generator.
        wavelength: of the finest octave; the noise repeats after eleven of them along each axis, from a random start.
        reach: standard deviation of each octave, the finest first.
        ratio: wavelength of one octave over that of the next finer one.
    """
    values = np.zeros((TILE,) * 3, np.float32)
    for octave, deviation in enumerate(reach):
        noise = rng.standard_normal(values.shape, dtype=np.float32)
        noise = ndimage.gaussian_filter(noise, ratio**octave, mode="wrap", truncate=3)
        values += np.float32(deviation) * (noise - noise.mean()) / noise.std()
    spacing = wavelength / 4
    return Field(values, rng.uniform(0, TILE * spacing, 3), spacing, repeats=True)


def soft_below(distance, limit=0.0, width=1.5):
    """1 where ``distance`` lies under ``limit``, 0 above, with a linear step ``width`` wide: a smooth edge."""
    return np.clip(0.5 - (distance - np.float32(limit)) / np.float32(width), 0, 1, dtype=np.float32)


def ellipsoid(points, centre, radii):
    """Approximate distance, millimetres, to an ellipsoid's surface, negative inside; centre and radii are (z, y, x)."""
    parts = zip(points, centre, radii, strict=True)
    scaled = sum(((axis - np.float32(middle)) / np.float32(radius)) ** 2 for axis, middle, radius in parts)
    return (np.sqrt(scaled) - 1) * np.float32(min(radii))
