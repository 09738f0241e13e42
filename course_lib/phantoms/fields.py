"""Scalar fields over the head, in millimetres: the atlas's maps, distances, and smooth random noise."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

# The box of MNI space, millimetres (z, y, x), that random fields cover: larger than any head after its deformation.
BOX_FIRST = np.array([-150.0, -160.0, -130.0])
BOX_LAST = np.array([130.0, 150.0, 130.0])


@dataclass(frozen=True)
class Field:
    """A scalar known on a regular lattice.

    Attributes:
        values: (z, y, x) float32.
        origin: (z, y, x), millimetres of the first value.
        spacing: millimetres between values, the same along all axes.
    """

    values: np.ndarray
    origin: np.ndarray
    spacing: float

    def sample(self, points, outside=None):
        """Linear interpolation at ``points``, a (3, ...) array or a tuple of three arrays z, y, x in millimetres.

        Beyond the lattice the nearest value counts, or ``outside`` where that is given. Returns float32 of the points'
        shape.
        """
        index = [
            (axis - np.float32(start)) * np.float32(1 / self.spacing)
            for axis, start in zip(points, self.origin, strict=True)
        ]
        mode, value = ("nearest", 0.0) if outside is None else ("constant", outside)
        return ndimage.map_coordinates(self.values, index, order=1, mode=mode, cval=value, output=np.float32)


def random_field(rng, wavelength, first=BOX_FIRST, last=BOX_LAST):
    """Smooth Gaussian noise of mean 0 and standard deviation 1 that varies over about ``wavelength`` millimetres."""
    spacing = wavelength / 4
    shape = np.ceil((np.asarray(last) - first) / spacing).astype(int) + 2
    noise = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), 1.0, mode="wrap")
    return Field(noise / noise.std(), np.asarray(first, float), spacing)


def soft_below(distance, limit=0.0, width=1.5):
    """1 where ``distance`` lies under ``limit``, 0 above, with a linear step ``width`` wide: an edge without jaggies."""
    return np.clip(0.5 - (distance - np.float32(limit)) / np.float32(width), 0, 1, dtype=np.float32)


def ellipsoid(points, centre, radii):
    """Approximate distance, millimetres, to an ellipsoid's surface (negative inside); centre and radii are (z, y, x)."""
    scaled = sum(
        ((axis - np.float32(c)) / np.float32(r)) ** 2 for axis, c, r in zip(points, centre, radii, strict=True)
    )
    return (np.sqrt(scaled) - 1) * np.float32(min(radii))
