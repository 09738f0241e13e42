"""The head around the MNI152 brain: what the template leaves out, as distances in millimetres.

The template holds the brain alone. Skull and scalp follow its hull; face, neck, nose and ears are drawn from a few
measures of an average head. Everything is computed once per process, in about a second.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy import ndimage

from course_lib.errors import DataError
from course_lib.phantoms.fields import Field

ATLAS = Path(__file__).parent.parent / "assets" / "mni152.npz"

# The head below the brain's widest part: height z, half width, front and back y of its outline, millimetres (MNI).
OUTLINE = np.array(
    [
        (-150, 61, 68, -92),
        (-125, 66, 85, -97),
        (-100, 71, 93, -103),
        (-80, 74, 95, -108),
        (-60, 77, 93, -114),
        (-40, 78, 88, -117),
        (-20, 80, 87, -119),
        (0, 80, 86, -119),
        (20, 72, 78, -112),
    ]
)
SCALP = 14.0  # from the brain's hull to the skin over the vault


@dataclass(frozen=True)
class Head:
    """Fields of the average head, see `Field`.

    Attributes:
        t1, gm, wm: template intensity, grey-matter and white-matter share, 0..1.
        deep_wm: white matter averaged over some 6 mm, which lesions grow along.
        hull: distance to the brain's smoothed surface, negative inside.
        ventricle: distance to the ventricles, negative inside.
        skin: distance to the head's surface, negative inside.
        seeds: (n, 3) float32 z, y, x of voxels in cerebral white matter, x > 0: where a lesion can start.
    """

    t1: Field
    gm: Field
    wm: Field
    deep_wm: Field
    hull: Field
    ventricle: Field
    skin: Field
    seeds: np.ndarray


def signed_distance(inside, spacing):
    """Distance of every voxel to the border of ``inside``, millimetres, negative inside, slightly smoothed."""
    distance = ndimage.distance_transform_edt(~inside) - ndimage.distance_transform_edt(inside)
    return ndimage.gaussian_filter(distance.astype(np.float32), 0.7) * np.float32(spacing)


def head_outline(points, hull):
    """Boolean: the head with face, nose, neck and ears; ``points`` z, y, x in millimetres, ``hull`` as in `Head`."""
    z, y, x = points
    half, front, back = (np.interp(z, OUTLINE[:, 0], column) for column in OUTLINE[:, 1:].T)
    along = (y - (front + back) / 2) / ((front - back) / 2)
    egg = 1 - 0.28 * np.clip(along, 0, 1) ** 2  # narrower towards the face
    face = (np.abs(along) ** 2.4 + np.abs(x / (half * egg)) ** 2.4 < 1) & (z < 20)
    tip = 90 + 22 * np.exp(-(((z + 62) / 20) ** 2))
    nose = (y > 70) & (y < tip) & (np.abs(x) < 19 * np.clip((tip - y) / 30, 0, 0.8)) & (z > -85) & (z < -15)
    ear = (((z + 42) / 26) ** 2 + ((y + 28) / 15) ** 2 + ((np.abs(x) - 84 + 0.2 * (y + 28)) / 4.5) ** 2) < 1
    vault = hull < SCALP + np.interp(z, (35, 85), (0, 5))  # the top slices cut the scalp aslant and show it thick
    return vault | face | nose | ear


def read_atlas():
    """The atlas's arrays by name, see tools/make_atlas.py. Raises DataError where the file is missing or damaged."""
    try:
        with np.load(ATLAS, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in ("t1", "gm", "wm", "origin", "spacing")}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DataError(
            f"{ATLAS}: the brain atlas that phantoms are made from is missing or damaged ({error}). "
            "Install the course again, or run tools/make_atlas.py where nilearn is installed."
        ) from error


def closing(inside, radius, spacing):
    """``inside`` with every bay filled that a ball of ``radius`` millimetres cannot enter."""
    grown = ndimage.distance_transform_edt(~inside) * spacing <= radius
    return ndimage.distance_transform_edt(grown) * spacing > radius


def brain_hull(tissue, origin, spacing):
    """Distance to the smoothed surface that the skull follows, on a lattice wide enough for the head.

    Over the vault even the cleft between the hemispheres is bridged; at the base the skull follows the lobes closely.
    """
    margin = np.array([(50, 30), (30, 32), (34, 34)])  # atlas voxels below/above, behind/in front, left/right
    brain = np.pad(ndimage.gaussian_filter(tissue.astype(np.float32), 1.0), margin)[::2, ::2, ::2] > 0.4
    spacing, origin = 2 * spacing, origin - spacing * margin[:, 0]
    brain = ndimage.binary_fill_holes(brain)
    close, wide = (signed_distance(closing(brain, radius, spacing), spacing) for radius in (8, 26))
    z = (origin[0] + spacing * np.arange(len(brain)))[:, None, None]
    hull = np.minimum(close, wide + np.interp(z, (-18, 12), (16, 0))).astype(np.float32)
    return Field(round_top(hull, z, 5 / spacing), origin, spacing)


def round_top(distance, z, blur):
    """Smooth a distance over the vault, where a skull is rounder than the brain's two humps; ``blur`` in voxels."""
    share = np.interp(z, (30, 60), (0, 1)).astype(np.float32)
    return distance + share * (ndimage.gaussian_filter(distance, blur, truncate=3) - distance)


def ventricle_distance(fluid_share, hull, points, lattice):
    """Distance to the lateral and third ventricles: fluid deep in the brain that hangs together near the middle."""
    z, y, x = points
    box = (np.abs(x) < 40) & (y > -58) & (y < 38) & (z > -14) & (z < 32) & (hull < -20)
    box &= (np.abs(x) > 3) | (np.abs(y + 12) < 22) & (z < 20)  # the cleft between the hemispheres is no ventricle
    parts, _ = ndimage.label((fluid_share > 0.55) & box)
    near = (np.abs(x) < 20) & (np.abs(y) < 14) & (z > 8) & (z < 26)
    keep = np.unique(parts[near])
    inside = np.isin(parts, keep[keep > 0])
    return Field(signed_distance(inside, lattice.spacing), lattice.origin, lattice.spacing)


def lattice_points(field):
    """The coordinates z, y, x, millimetres, of a field's values: three arrays that broadcast to its shape."""
    axes = (o + field.spacing * np.arange(n) for o, n in zip(field.origin, field.values.shape, strict=True))
    return np.meshgrid(*axes, indexing="ij", sparse=True)


@lru_cache(maxsize=1)
def load_head():
    """The average head, see `Head`. Raises DataError where the atlas cannot be read."""
    arrays = read_atlas()
    origin, spacing = arrays["origin"], float(arrays["spacing"])
    t1, gm, wm = (Field(arrays[n].astype(np.float32) / 255, origin, spacing) for n in ("t1", "gm", "wm"))
    hull = brain_hull(t1.values + gm.values + wm.values > 0.35, origin, spacing)
    outline = head_outline(lattice_points(hull), hull.values)
    skin = signed_distance(ndimage.gaussian_filter(outline.astype(np.float32), 0.8) > 0.5, hull.spacing)
    skin = round_top(skin, lattice_points(hull)[0], 9 / hull.spacing)
    skin = ndimage.gaussian_filter(skin, 3 / hull.spacing)

    points = z, y, x = lattice_points(t1)
    depth = hull.sample(np.broadcast_arrays(*points))
    deep = ndimage.gaussian_filter(wm.values, 2.0)
    cerebrum = (z > np.where(y < -25, -6, -32)) & (z < 62) & (x > 13) & (depth < -9)
    return Head(
        t1=t1,
        gm=gm,
        wm=wm,
        deep_wm=Field(deep, origin, spacing),
        hull=hull,
        ventricle=ventricle_distance(1 - gm.values - wm.values, depth, points, t1),
        skin=Field(skin, hull.origin, hull.spacing),
        seeds=(np.argwhere((deep > 0.55) & cerebrum) * spacing + origin).astype(np.float32),
    )
