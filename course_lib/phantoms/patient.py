"""One synthetic patient, from a seed to slices in memory."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from course_lib.errors import ArgumentError
from course_lib.phantoms.clinical import draw_clinical
from course_lib.phantoms.contrast import SEQUENCES, draw_contrast
from course_lib.phantoms.geometry import FULL, draw_pose, ripple, slice_points, stretch, widen_ventricles
from course_lib.phantoms.head import load_head
from course_lib.phantoms.institutions import INSTITUTIONS, draw_slices, institution_of, missing_of
from course_lib.phantoms.lesion_look import draw_look, paint_lesion
from course_lib.phantoms.lesions import choose_level, draw_lesion, growth, outline, push_aside
from course_lib.phantoms.painting import Canvas, paint_brain, paint_face, paint_skull, paint_soft_parts, tissue_shares
from course_lib.phantoms.scanner import cut_edges, draw_scanner, expose, shade

LEAST_SIZE, MOST_SIZE = 32, 512  # sides, pixels
MOST_PATIENTS = 9999  # the names have four digits
LEAST_AREA = 100  # pixels of 256 x 256: smaller spots in a slice are not outlined
OUTSIDE = 9.0  # level of a lesion's growth where it cannot get to
THICK = 3.5  # millimetres between slices from which on a slice is the average of two planes


@dataclass(frozen=True)
class Phantom:
    """A synthetic patient.

    Attributes:
        name: folder name, PHANTOM_<institution>_<4 digits>_<date>.
        institution: one of CS, DU, EZ, FG, HT.
        images: (slice, height, width, 3) uint8, channels pre-contrast, FLAIR, post-contrast.
        masks: (slice, height, width, 1) uint8 in {0, 1}.
        missing: the sequences that FLAIR stands in for, among "pre" and "post".
        clinical: the patient's row of data.csv, a dict in the table's order; None marks a gap.
    """

    name: str
    institution: str
    images: np.ndarray
    masks: np.ndarray
    missing: tuple
    clinical: dict


def phantom_patient(seed, size=128, number=0):
    """Make one synthetic patient in memory, without writing anything.

    Args:
        seed: whole number, 0 or more; the patients of one seed form a set.
        size: height and width of the slices, pixels, 32 to 512; the published slices have 256.
        number: which patient of the set, from 0 to 9998; it does not matter how many others are made.

    Returns:
        A `Phantom`. The same arguments give the same bytes.

    Raises:
        ArgumentError: an argument is no whole number, or outside its range.
        DataError: the brain atlas that ships with the course is missing or damaged.

    >>> patient = phantom_patient(seed=0, size=32)
    >>> patient.images.shape[1:], patient.images.dtype, patient.name.split("_")[0]
    ((32, 32, 3), dtype('uint8'), 'PHANTOM')
    """
    check_whole("seed", seed, 0)
    check_whole("size", size, LEAST_SIZE, MOST_SIZE)
    check_whole("number", number, 0, MOST_PATIENTS - 1)
    institution = institution_of(seed, number)
    streams = np.random.default_rng([int(seed), int(number)]).spawn(4)
    volume, masks, centre = render(streams[0], INSTITUTIONS[institution], int(size))
    cut_edges(volume, streams[1])
    missing = missing_of(seed, number)
    for sequence in missing:
        volume[..., SEQUENCES.index(sequence)] = volume[..., SEQUENCES.index("FLAIR")]
    day = date(1993, 1, 1) + timedelta(days=int(streams[2].integers(0, 4300)))
    patient = f"PHANTOM_{institution}_{int(number) + 1:04d}"
    return Phantom(
        name=f"{patient}_{day:%Y%m%d}",
        institution=institution,
        images=np.rint(volume).astype(np.uint8),
        masks=masks[..., None].astype(np.uint8),
        missing=missing,
        clinical=draw_clinical(streams[3], patient, centre),
    )


def check_whole(name, value, least, most=None):
    """Raise ArgumentError unless ``value`` is a whole number from ``least`` to ``most``."""
    upper = f"from {least} to {most}" if most is not None else f"of at least {least}"
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ArgumentError(f"{name} must be a whole number {upper}, got {value!r}.")
    if value < least or (most is not None and value > most):
        raise ArgumentError(f"{name} must be a whole number {upper}, got {value}.")


def render(rng, habits, size):
    """Draw and picture one patient of an institution with these `habits`.

    Returns:
        (slice, row, column, 3) float32 of 0..255, (slice, row, column) bool, and the lesion's centre, z, y, x.
    """
    head = load_head()
    # A stream of its own for each step, so that a change to one leaves the others' draws as they were.
    pose_rng, shape_rng, lesion_rng, look_rng, contrast_rng, scanner_rng, paint_rng, noise_rng = rng.spawn(8)
    height = np.clip(pose_rng.normal(habits.height, 11), 192, 250)
    pose = draw_pose(pose_rng, draw_slices(pose_rng, habits), height)
    layers = 2 if pose.spacing > THICK else 1
    grid = slice_points(pose, size, layers)
    near = head.skin.sample(grid) < 14  # millimetres: bending moves nothing farther in from the air around
    points = stretch(shape_rng, grid[:, near])
    skin = head.skin.sample(points) + np.float32(shape_rng.uniform(-3, 3))
    hull = head.hull.sample(points)
    contrast = draw_contrast(contrast_rng)
    inner = np.flatnonzero(hull < 4)
    lesion = draw_lesion(lesion_rng, head)
    source = ripple(shape_rng, push_aside(lesion, points[:, inner], hull[inner]))
    source = widen_ventricles(source, shape_rng.uniform(-0.1, 0.32))
    level = np.full(len(hull), OUTSIDE, np.float32)
    level[inner] = growth(lesion, points[:, inner], source, head, hull[inner])
    by_slice = into_slices(level, near, layers, OUTSIDE)
    threshold = choose_level(by_slice, lesion.area * (size / FULL) ** 2)

    canvas = Canvas(points.shape[1])
    tissue = paint_head(canvas, points, source, (skin, hull), head, contrast, paint_rng)
    median = np.median(canvas.light[:, inner[tissue > 0.7]], axis=1)
    paint_lesion(canvas, lesion, draw_look(look_rng, contrast, habits.contrast), level, threshold, points)
    scanner = draw_scanner(scanner_rng, habits.level)
    shade(canvas.light, points, skin, scanner, scanner_rng)
    volume = expose(into_slices(canvas.light.T, near, layers, 0), scanner, median, noise_rng)
    hand = look_rng.uniform(0.6, 2.2) * size / FULL
    return volume, outline(by_slice, threshold, hand, LEAST_AREA * (size / FULL) ** 2), lesion.centre


def into_slices(values, near, layers, elsewhere):
    """Put (n,) or (n, channel) values where ``near``, (slice * layer, row, column), holds, and average the layers."""
    volume = np.full((*near.shape, *values.shape[1:]), elsewhere, np.float32)
    volume[near] = values
    return volume.reshape(len(near) // layers, layers, *volume.shape[1:]).mean(1)


def paint_head(canvas, points, source, distances, head, contrast, rng):
    """Paint everything healthy; ``distances``: to the skin and the hull. Returns the inner points' share of tissue."""
    skin, hull = distances
    outer, inner = np.flatnonzero(hull > -3), np.flatnonzero(hull < 4)
    shell = Canvas(len(outer))
    paint_soft_parts(shell, points[:, outer], skin[outer], contrast, rng)
    paint_face(shell, points[:, outer], skin[outer], contrast, rng)
    paint_skull(shell, points[:, outer], skin[outer], hull[outer], contrast, rng)
    canvas.light[:, outer] = shell.light
    brain = Canvas(len(inner))
    brain.light = canvas.light[:, inner]
    shares = tissue_shares(head, source, hull[inner], rng)
    paint_brain(brain, source, shares, hull[inner], head, contrast, rng)
    canvas.light[:, inner] = brain.light
    return shares[0] + shares[1]
