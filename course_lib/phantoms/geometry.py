"""Where the voxels of a patient's slices lie in the average head: pose, slices, and smooth individual shape."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from course_lib.phantoms.fields import random_field

FULL = 256  # pixels across the published slices; sizes are drawn in these and scaled
CENTRE = np.array([0.0, -17.0, 0.0])  # z, y, x about which heads turn: the middle of the outline seen from above


@dataclass(frozen=True)
class Pose:
    """How a head lies in its slices.

    Attributes:
        slices: number of slices.
        bottom, top: z, millimetres in MNI space, of the first and last slice.
        zoom: pixels (of 256) a millimetre along rows and along columns.
        shift: pixels (of 256) by which the head's centre misses the picture's, rows and columns.
        turn: 3 x 3 rotation of z, y, x.
    """

    slices: int
    bottom: float
    top: float
    zoom: np.ndarray
    shift: np.ndarray
    turn: np.ndarray

    @property
    def spacing(self):
        """Millimetres between slices."""
        return (self.top - self.bottom) / (self.slices - 1)


def draw_pose(rng, slices, height):
    """A pose; ``height``: the head's extent along the rows, pixels of 256, forehead to occiput."""
    zoom = height / 207 * np.array([1.0, rng.normal(0.975, 0.035)])
    degrees = rng.normal((0, 0, 0), (3.0, 2.5, 5.5))  # about the z, y and x axes: turned, tilted, nodding
    turn = Rotation.from_euler("zyx", degrees, degrees=True).as_matrix()[::-1, ::-1]
    bottom = -62 - 48 * rng.beta(1.6, 1.3)
    top = rng.uniform(86, 103)
    shift = np.array([rng.normal(2, 5), rng.normal(0, 3.5)])
    return Pose(slices, bottom, top, zoom, shift, turn)


def slice_points(pose, size, layers):
    """MNI coordinates of every pixel, before individual shape.

    Args:
        pose: see `Pose`.
        size: pixels along a side.
        layers: planes per slice; a thick slice is the average of several.

    Returns:
        (3, slice * layer, row, column) float32, millimetres z, y, x. Rows run from front to back, columns from the
        patient's left (x < 0) to right: the template is symmetric.
    """
    pixel = FULL / size
    offsets = (np.arange(layers) + 0.5) / layers - 0.5
    z = pose.bottom + pose.spacing * (np.arange(pose.slices)[:, None] + 1.3 * offsets).ravel()
    place = (np.arange(size) + 0.5) * pixel - FULL / 2
    y, x = -(place - pose.shift[0]) / pose.zoom[0], (place - pose.shift[1]) / pose.zoom[1]
    grid = np.stack(np.meshgrid(z, y, x, indexing="ij")).astype(np.float32)
    centre = CENTRE.astype(np.float32)[:, None, None, None]
    level = np.array([pose.bottom + pose.top, 0, 0], np.float32)[:, None, None, None] / 2
    return np.tensordot(pose.turn.astype(np.float32), grid - level, 1) + level + centre


def stretch(rng, points):
    """Give (3, n) points another head's proportions, within some 3 %, and bend them by some 3 mm over 110 mm."""
    reach = np.float32(rng.uniform(1.5, 4.0))
    bent = points * rng.normal(1.0, 0.03, 3).astype(np.float32)[:, None]
    for axis in bent:
        axis += reach * random_field(rng, 110).sample(points)
    return bent


def ripple(rng, points):
    """Bend (3, n) points by some 2 mm over 45 mm and 1.2 mm over 20 mm: folds and nuclei of another brain."""
    reach = rng.uniform(1.0, 3.0), rng.uniform(0.6, 1.8)
    return points + np.stack([random_field(rng, 20, (reach[1], reach[0]), 2.2).sample(points) for _ in range(3)])


def widen_ventricles(points, amount):
    """Pull the reading points towards the ventricles' middle, so that the ventricles come out larger (or smaller)."""
    centre = np.array([14.0, -18.0, 0.0], np.float32)[:, None]
    away = points - centre
    reach = np.exp(-np.square(away / np.array([24, 48, 34], np.float32)[:, None]).sum(0))
    return centre + away * (1 - np.float32(amount) * reach)
