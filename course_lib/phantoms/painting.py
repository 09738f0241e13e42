"""Painting the healthy head: tissue after tissue over (3, n) brightness, from points in MNI space."""

import numpy as np

from course_lib.phantoms.fields import ellipsoid, random_field, soft_below


class Canvas:
    """Brightness of n points in three sequences, painted over layer by layer.

    Attributes:
        light: (3, n) float32 in pre, FLAIR, post, relative to white matter.
    """

    def __init__(self, count):
        self.light = np.zeros((3, count), np.float32)

    def paint(self, cover, brightness, texture=None):
        """Lay ``brightness``, (3,) or (3, n), times ``texture``, (n,), over the points by ``cover``, (n,) of 0 to 1."""
        touched = np.flatnonzero(cover)
        brightness = np.asarray(brightness, np.float32)
        brightness = brightness[:, None] if brightness.ndim == 1 else brightness[:, touched]
        if texture is not None:
            brightness = brightness * texture[touched]
        under = self.light[:, touched]
        self.light[:, touched] = under + cover[touched].astype(np.float32) * (brightness - under)


def mirrored(points, skew=0.08):
    """Points folded onto one side, a little skewed: noise read there is alike, not equal, left and right."""
    z, y, x = points
    return np.stack([z + np.float32(skew) * x, y, np.abs(x)])


def paint_soft_parts(canvas, points, skin, contrast, rng):
    """Skin, the fat under it, and muscle with sheets of fat between; ``skin``: distance to the head's surface."""
    folded = mirrored(points)
    body = soft_below(skin, 0.0, 1.5)
    coarse, fine = random_field(rng, 32).sample(folded), random_field(rng, 15).sample(folded)
    canvas.paint(body, contrast["muscle"], np.exp(0.22 * fine + 0.1 * coarse))
    patchy = np.clip(0.45 + 0.5 * random_field(rng, 24).sample(folded), 0, 0.9)
    sheets = soft_below(np.abs(coarse + 0.6 * fine), rng.uniform(0.15, 0.35), 0.5) * patchy
    pads = soft_below(-coarse - 0.7 * fine, -1.5, 0.6)
    glow = np.exp(0.28 * random_field(rng, 40, (0.6, 1.0)).sample(points))  # fat near the coil's elements shines
    canvas.paint(body * np.maximum(sheets, pads), contrast["fat"], glow)
    thickness = np.float32(rng.uniform(3.5, 7.5)) * (1 + np.float32(0.15) * random_field(rng, 60).sample(points))
    thickness = thickness * (1 + 0.5 * soft_below(points[1], -70, 40) + soft_below(-points[0], -65, 50))
    canvas.paint(body * soft_below(-skin, thickness, 2.0), contrast["fat"], glow)
    canvas.paint(body * soft_below(-skin, 0.9, 1.5), contrast["skin"])


def paint_face(canvas, points, skin, contrast, rng):
    """What lies in the lower slices: eyes in their fat, nose and sinuses, mastoids, mouth and spine."""
    folded = mirrored(points)
    sides = points[0], points[1], np.abs(points[2])
    inside = soft_below(skin, -2.0, 1.5)
    noise = random_field(rng, 9).sample(folded)
    cells = random_field(rng, 6).sample(folded)
    paint_eyes(canvas, sides, inside, contrast, (-36 + rng.normal(0, 2), 62 + rng.normal(0, 2)))
    paint_skull_base(canvas, sides, inside, contrast, noise, cells)
    paint_neck(canvas, sides, inside, contrast, noise)


def paint_eyes(canvas, points, inside, contrast, centre):
    """The globes and, behind each, a cone of fat with the optic nerve and muscles; ``points``: z, y, |x|."""
    z, y, side = points
    eye_z, eye_y = centre
    forward = np.clip((y - 18) / np.float32(eye_y - 18), 0, 1.25)
    axis = np.hypot(side - (14 + 18 * forward), z - (-34 + (eye_z + 34) * forward))
    cone = soft_below(axis - (3 + 15 * np.minimum(forward, 1)), 0, 2) * soft_below(18 - y, 0, 2) * inside
    canvas.paint(cone, contrast["fat"])
    canvas.paint(cone * soft_below(np.abs(axis - (2 + 10 * forward)), 1.3, 1.5) * (forward < 0.8), contrast["muscle"])
    canvas.paint(cone * soft_below(axis, 2.2, 1.5) * (forward < 0.8), contrast["white"] * np.float32(0.9))
    globe = ellipsoid((z, y, side), (eye_z, eye_y, 32), (12, 12.5, 12))
    canvas.paint(soft_below(globe, 0, 1.5), contrast["muscle"])
    canvas.paint(soft_below(globe, -1.6, 1.5), contrast["vitreous"])
    canvas.paint(soft_below(ellipsoid((z, y, side), (eye_z, eye_y + 9, 32), (4.5, 2.2, 4.5)), 0, 1.5), contrast["lens"])


def paint_skull_base(canvas, points, inside, contrast, noise, cells):
    """Bone of the skull's base and of the face, then the air-filled hollows in it; ``points``: z, y, |x|."""
    z, y, side = points
    base = soft_below(ellipsoid((z, y, side), (-52, -2, 0), (14, 24, 22)), 0, 3) * inside
    canvas.paint(base, contrast["marrow"], 0.5 + 0.4 * np.tanh(noise))
    petrous = soft_below(ellipsoid((z, y, side), (-44, -26, 46), (13, 15, 25)), 0, 3) * inside
    canvas.paint(petrous, contrast["bone"])
    canvas.paint(petrous * soft_below(-cells, -0.9, 0.5), contrast["mucosa"] * np.float32(0.7))
    hollows = np.minimum.reduce(
        [
            ellipsoid((z, y, side), (-62, 52, 27), (16, 17, 13)),  # maxillary sinuses
            ellipsoid((z, y, side), (-44, 14, 6), (9, 12, 10)),  # sphenoid
            ellipsoid((z, y, side), (-38, 44, 5), (14, 22, 9)),  # ethmoid
            ellipsoid((z, y, side), (-68, 52, 5), (20, 40, 11)),  # nose
            ellipsoid((z, y, side), (-2, 78, 12), (13, 5, 12)),  # frontal
            ellipsoid((z, y, side), (-88, 8, 0), (24, 9, 14)),  # throat
        ]
    )
    hollow = soft_below(hollows + 1.5 * noise, 0, 2.0) * inside
    canvas.paint(hollow, contrast["air"])
    canvas.paint(hollow * soft_below(-cells, -0.55, 0.5) * (side < 16), contrast["mucosa"])


def paint_neck(canvas, points, inside, contrast, noise):
    """Jaw, teeth, tongue, the upper spine and its cord; ``points``: z, y, |x|."""
    z, y, side = points
    low = soft_below(z, -80, 6.0) * inside
    tongue = soft_below(ellipsoid(points, (-102, 52, 0), (20, 30, 22)), 0, 3)
    canvas.paint(low * tongue, contrast["muscle"], 1.1 + 0.25 * np.tanh(noise))
    arch = np.abs(np.hypot(side / 30, (y - 46) / 42) - 1) * 32
    teeth = soft_below(arch, 4.5, 2.0) * soft_below(-y, -46, 4) * low
    canvas.paint(teeth, contrast["bone"], 1 + 2.5 * (np.sin(side * 0.9) > 0.3))
    jaw = soft_below(np.abs(side - 44 - 0.1 * (y - 20)), 4.0, 2.0) * soft_below(np.abs(y - 18), 14.0, 3.0)
    canvas.paint(jaw * soft_below(z, -62, 5.0) * inside, contrast["marrow"] * np.float32(0.8))
    spine = soft_below(z, -70, 4.0) * inside
    bone = np.minimum(ellipsoid(points, (-100, -22, 0), (60, 10, 13)), np.abs(np.hypot(side, y + 46) - 19) - 3.5)
    canvas.paint(spine * soft_below(bone, 0, 3), contrast["marrow"] * np.float32(0.55))
    canvas.paint(spine * soft_below(np.hypot(side, y + 46), 12, 2), contrast["fluid"])
    canvas.paint(spine * soft_below(np.hypot(side / 1.2, y + 46), 6, 2), contrast["white"])


def paint_skull(canvas, points, skin, hull, contrast, rng):
    """The skull's two dark tables with marrow between, the dura, and the fluid-filled space within."""
    thick = rng.uniform(4.0, 7.0) * (1 + 0.2 * random_field(rng, 50).sample(points))
    gap = np.float32(rng.uniform(1.0, 2.6))
    shell = soft_below(hull, gap + thick, 1.5) * soft_below(skin, -2.0, 1.5)
    canvas.paint(shell, contrast["bone"])
    between = np.abs(hull - gap - thick / 2)
    marrow = soft_below(between, thick * rng.uniform(0.1, 0.26), 1.5) * shell
    mottle = np.clip(0.7 + 0.5 * random_field(rng, 16).sample(points), 0, 1.6)
    canvas.paint(marrow, contrast["marrow"], mottle)
    canvas.paint(soft_below(hull, gap + 0.8, 1.5), contrast["dura"])
    canvas.paint(soft_below(hull, gap - 0.6, 1.5), contrast["fluid"])


def tissue_shares(head, source, hull, rng):
    """Grey and white matter, (n,) each of 0 to 1, as one person has them.

    An average of 152 brains is blurred: shares are made crisper, and furrows of one's own are cut into the cortex.
    """
    grey, white = head.gm.sample(source, outside=0.0), head.wm.sample(source, outside=0.0)
    fluid = np.clip(1 - grey - white, 0, 1) * np.float32(rng.uniform(1.0, 2.2))
    power = np.float32(rng.uniform(1.3, 2.4))
    grey, white, fluid = (np.power(np.clip(share, 1e-4, None), power) for share in (grey, white, fluid))
    furrow = soft_below(np.abs(random_field(rng, 15, (0.35, 1.0)).sample(source)), rng.uniform(0.03, 0.14), 0.16)
    depth = rng.uniform(7, 16)
    fluid += (
        np.float32(rng.uniform(0.2, 1.4)) * furrow * soft_below(-hull, depth, 8.0) * (grey > 0.15) * (source[0] > -30)
    )
    total = grey + white + fluid
    return grey / total, white / total


def paint_brain(canvas, source, shares, hull, head, contrast, rng):
    """Grey and white matter over the fluid, vessels, and the bright seams that FLAIR has without disease."""
    grey, white = shares
    fluid = np.clip(1 - grey - white, 0, 1)
    within = soft_below(hull, 0.8, 1.5)
    texture = 1 + np.float32(0.02) * random_field(rng, 10).sample(source)
    mixed = sum(np.multiply.outer(contrast[n], s) for n, s in (("grey", grey), ("white", white), ("fluid", fluid)))
    canvas.paint(within, mixed, texture)
    fluid *= within
    paint_flair_seams(canvas, source, white, fluid, head, rng)
    paint_vessels(canvas, source, fluid, hull, contrast, rng)


def paint_flair_seams(canvas, source, white, fluid, head, rng):
    """What FLAIR shows bright in healthy heads: caps on the ventricles, pulsing fluid, small spots, air's blotches."""
    z, y, x = source
    ventricle = head.ventricle.sample(source, outside=60.0)
    rim = np.exp(-np.square((ventricle - 1.0) / np.float32(rng.uniform(1.2, 3.2)))) * (ventricle > -2)
    horns = np.exp(-np.square((y - 30) / 12)) + np.exp(-np.square((y + 46) / 14)) + 0.35
    patchy = np.clip(0.8 + 0.5 * random_field(rng, 12).sample(source), 0, 2)
    canvas.light[1] *= 1 + np.float32(rng.choice([0.1, 0.35, 0.8], p=[0.4, 0.4, 0.2])) * rim * horns * patchy
    pulse = np.clip(random_field(rng, 22).sample(source) - 0.6, 0, 1.5) * fluid * soft_below(z, 12, 20)
    canvas.light[1] += np.float32(rng.uniform(0, 0.7)) * pulse
    spots = np.clip(random_field(rng, 9).sample(source) - np.float32(rng.uniform(1.9, 3.0)), 0, 0.5) * white
    canvas.light[1] *= 1 + spots
    air = np.exp(-np.square((z + 32) / 11) - np.square((y - 18) / 18) - np.square(x / 30))
    air += np.exp(-np.square((z + 40) / 8) - np.square((y + 12) / 18) - np.square((np.abs(x) - 52) / 12))
    blotch = random_field(rng, 18).sample(source)
    canvas.light[1] *= 1 + np.float32(rng.uniform(0, 0.35)) * air * np.clip(blotch, -1, 1.5)


def paint_vessels(canvas, source, fluid, hull, contrast, rng):
    """Veins and arteries, dark or grey before and bright after contrast, the sinuses, and the choroid plexus."""
    z, y, x = source
    tubes = [random_field(rng, 18).sample(source) for _ in range(2)]
    course = np.sqrt(np.square(tubes[0]) + np.square(tubes[1]))
    depth = np.clip(fluid * 2 + soft_below(-hull, 4, 3) * (hull < 1.5) * 0.8 + 0.06, 0, 1)
    canvas.paint(np.clip(soft_below(course, 0.17, 0.12) * depth, 0, 1) * 0.8, contrast["vein"])
    sagittal = np.abs(x) + 0.8 * np.abs(hull - 0.2) < 4.5
    sagittal &= (z > 0) | (y < -60)
    canvas.paint(sagittal * soft_below(-y, 70 + z * 0.4, 20), contrast["vein"])
    cleft = soft_below(np.abs(x), 0.7, 1.2) * (z > 18) * soft_below(hull, -1, 2) * soft_below(-hull, 28, 6)
    canvas.paint(0.5 * cleft, contrast["dura"])
    plexus = ellipsoid((z, y, np.abs(x)), (10, -34, 21), (5, 8, 4))
    third = ellipsoid((z, y, np.abs(x)), (14, -4, 4), (3, 14, 2.5))
    canvas.paint(0.75 * soft_below(np.minimum(plexus, third), 0, 3), contrast["choroid"])
