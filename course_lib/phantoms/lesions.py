"""Low-grade gliomas: where they start, how far they grow, what they push aside and how they look.

A lesion is a level set of a function that starts as the distance from a centre, in units of three axes, and is bent by
noise (fingers, bays), by white matter (gliomas creep along fibres) and by walls (ventricles, the brain's surface, the
cleft between the hemispheres). The level is chosen so that the largest cross-section has the area that was drawn.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from course_lib.phantoms.fields import Field, random_field, soft_below


@dataclass(frozen=True)
class Lesion:
    """One lesion's drawn properties.

    Attributes:
        centre: (3,) z, y, x, millimetres in MNI space.
        frame: 3 x 3, turns millimetres into the lesion's own axes of unit mean length.
        area: pixels of 256 x 256 that its largest cross-section shall cover.
        push: share by which the mass effect widens the tissue's place, 0 none.
        along_fibres: how much farther it grows in white matter.
        coarse, middle, fine: noise that bends the border and mottles the inside.
        roughness: weights of the three.
        crosses: whether it may grow through the corpus callosum into the other hemisphere.
    """

    centre: np.ndarray
    frame: np.ndarray
    area: float
    push: float
    along_fibres: float
    coarse: Field
    middle: Field
    fine: Field
    roughness: np.ndarray
    crosses: bool

    @property
    def side(self):
        """1 where the lesion lies at x > 0, else -1."""
        return 1.0 if self.centre[2] > 0 else -1.0

    @property
    def radius(self):
        """Millimetres of a disc of the lesion's area, at one pixel a millimetre."""
        return float(np.sqrt(self.area / np.pi))


def draw_lesion(rng, head):
    """A lesion in one hemisphere's white matter; `head` is the average `Head`."""
    weight = np.exp(-0.5 * ((head.seeds[:, 0] - 10) / 27) ** 2 - 0.5 * ((head.seeds[:, 1] + 6) / 36) ** 2)
    centre = head.seeds[rng.choice(len(head.seeds), p=weight / weight.sum())].astype(float)
    side = rng.choice([-1.0, 1.0])
    axes = np.array([rng.uniform(0.8, 1.25), rng.uniform(0.85, 1.3), rng.uniform(0.75, 1.1)])
    turn = Rotation.from_euler("zyx", rng.normal(0, 25, 3), degrees=True).as_matrix()
    area = float(np.clip(np.exp(rng.normal(np.log(2450), 0.62)), 450, 8500))
    radius = np.sqrt(area / np.pi)
    centre[2] *= side
    fields = [random_field(rng, wavelength) for wavelength in (1.5 * radius, 0.7 * radius, 8.0)]
    return Lesion(
        centre=centre,
        frame=(turn / axes[:, None]) / radius,
        area=area,
        push=float(rng.choice([0.0, 1.0], p=[0.25, 0.75]) * rng.uniform(0.08, 0.38)),
        along_fibres=float(rng.uniform(0.1, 0.9)),
        coarse=fields[0],
        middle=fields[1],
        fine=fields[2],
        roughness=np.array([0.16, 0.13, 0.07]) * rng.uniform(0.4, 1.7, 3),
        crosses=bool(rng.random() < 0.12),
    )


def own_distance(lesion, points):
    """Distance of (3, n) points from the lesion's centre in units of its mean radius, without any bending."""
    away = points - lesion.centre.astype(np.float32)[:, None]
    return np.sqrt(np.square(lesion.frame.astype(np.float32) @ away).sum(0))


def push_aside(lesion, points, hull):
    """Mass effect: where (3, n) points read the healthy brain from, once the lesion has pushed it outwards.

    Tissue around the lesion is read from nearer its centre; at the skull (``hull`` near 0) nothing moves.
    """
    distance = own_distance(lesion, points)
    reach = np.float32(lesion.push) * np.exp(-0.5 * np.square(distance / 1.3)) * np.clip(-hull / 14, 0, 1)
    centre = lesion.centre.astype(np.float32)[:, None]
    return centre + (points - centre) * (1 - reach)


def growth(lesion, points, source, head, hull):
    """The level function of (3, n) points: small at the centre, rising outwards, high behind walls.

    ``source`` are the same points as read from the healthy brain (see `push_aside`).
    """
    distance = own_distance(lesion, points)
    near = np.flatnonzero(distance < 3)
    points, source, hull, level = points[:, near], source[:, near], hull[near], distance[near]
    for weight, field in zip(lesion.roughness, (lesion.coarse, lesion.middle, lesion.fine), strict=True):
        level = level + np.float32(weight) * field.sample(points)
    level -= np.float32(lesion.along_fibres) * (head.deep_wm.sample(source, outside=0.0) - np.float32(0.4))
    level += 3 * soft_below(head.ventricle.sample(source), -0.5, 3.0)
    level += 3 * soft_below(-hull, 0.5, 2.0)
    other_side = soft_below(lesion.side * source[2], 0.5, 3.0)
    callosum = (source[0] > 2) & (source[0] < 30) & (np.abs(source[1] + 8) < 40) if lesion.crosses else False
    level += other_side * np.where(callosum, np.float32(0.25), np.float32(3.0))
    z, y = source[0], source[1]
    level += 3 * soft_below(np.maximum(z + 16 + 0.25 * (y + 40), y + 28), 0.0, 3.0)  # under the tentorium
    distance = np.maximum(distance, 3)
    distance[near] = level
    return distance


def choose_level(level, area):
    """The level at which the largest cross-section covers ``area`` pixels; ``level``: (slice, row, column)."""
    flat = level.reshape(len(level), -1)
    order = min(max(round(area), 4), flat.shape[1] - 1)
    return float(np.partition(flat, order, axis=1)[:, order].min())


def outline(level, threshold, blur, smallest):
    """The mask an annotator would draw around ``level < threshold``.

    Args:
        level: (slice, row, column) float32, infinite where there is no head.
        threshold: see `choose_level`.
        blur: standard deviation, pixels, of the hand's smoothing.
        smallest: areas below this many pixels are left out of a slice.

    Returns:
        (slice, row, column) bool: the largest part in three dimensions and parts at least a tenth as large.
    """
    share = np.clip((threshold - level) / 0.08 + 0.5, 0, 1)
    mask = ndimage.gaussian_filter(share, (0.0, blur, blur)) > 0.5
    parts, count = ndimage.label(mask)
    if count > 1:
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        mask = np.isin(parts, np.flatnonzero(sizes >= 0.1 * sizes.max()))
    for plane in mask:
        parts, count = ndimage.label(plane, np.ones((3, 3)))
        sizes = np.bincount(parts.ravel(), minlength=count + 1)
        plane &= (sizes >= smallest)[parts]
    return mask
