"""Scores of one mask against another: overlap, distance of the surfaces, lesions found.

Every score takes two masks of the same shape, of any number of dimensions: a slice (height, width) or a volume
(slice, height, width). Masks are boolean, or numbers that are all 0 or 1. `truth` is the expert's, `guess` the
network's.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from course_lib.errors import ArgumentError


def as_masks(truth, guess):
    """The two masks as boolean arrays of one shape.

    Raises:
        ArgumentError: the shapes differ, or a value is neither 0 nor 1 (probabilities, or a mask read as 0 and 255).
    """
    truth, guess = _as_mask(truth, "truth"), _as_mask(guess, "guess")
    if truth.shape != guess.shape:
        raise ArgumentError(
            f"truth has shape {truth.shape} and guess {guess.shape}: a score compares masks pixel by pixel. "
            "Bring both to one size first (resize_probabilities, then threshold)."
        )
    return truth, guess


def _as_mask(values, name):
    values = np.asarray(values)
    if values.dtype == bool:
        return values
    if values.dtype.kind not in "iuf":
        raise ArgumentError(f"{name} holds {values.dtype} values: give a boolean mask, or numbers that are 0 or 1.")
    mask = values == 1
    if not np.all(mask | (values == 0)):
        raise ArgumentError(
            f"{name} has values other than 0 and 1 (smallest {values.min()}, largest {values.max()}): "
            "threshold probabilities first (p >= 0.5), and read a 0/255 mask as mask > 0."
        )
    return mask


def dice_score(truth, guess):
    """Dice's overlap 2 |truth ∩ guess| / (|truth| + |guess|), from 0 (nothing shared) to 1 (the same mask).

    Two empty masks agree: 1. One empty mask: 0. Source: Dice 1945, doi 10.2307/1932409.

    >>> dice_score([1, 1, 0, 0], [0, 1, 1, 0])
    0.5
    """
    truth, guess = as_masks(truth, guess)
    size = int(truth.sum()) + int(guess.sum())
    return 1.0 if size == 0 else 2 * int((truth & guess).sum()) / size


def precision(truth, guess):
    """Share of the guessed pixels that are tumour: 1 means no false alarm.

    Two empty masks: 1. An empty guess for a tumour that is there: NaN, as there is nothing to take a share of.

    >>> round(precision([1, 1, 0, 0], [1, 1, 1, 0]), 3)
    0.667
    """
    truth, guess = as_masks(truth, guess)
    return _share(truth & guess, of=guess, other=truth)


def recall(truth, guess):
    """Share of the tumour's pixels that were guessed (sensitivity): 1 means no miss.

    Two empty masks: 1. A guess where there is no tumour at all: NaN, as there is nothing to take a share of.

    >>> recall([1, 1, 0, 0], [1, 0, 1, 0])
    0.5
    """
    truth, guess = as_masks(truth, guess)
    return _share(truth & guess, of=truth, other=guess)


def _share(both, of, other):
    if of.any():
        return int(both.sum()) / int(of.sum())
    return float("nan") if other.any() else 1.0


def volume_error(truth, guess):
    """(guessed volume - true volume) / true volume: -1 found nothing, 0 the right size, 1 twice too large.

    Two empty masks: 0. A guess where there is no tumour: NaN. The right size says nothing about the right place.

    >>> volume_error([1, 1, 0, 0], [0, 1, 1, 1])
    0.5
    """
    truth, guess = as_masks(truth, guess)
    if not truth.any():
        return float("nan") if guess.any() else 0.0
    return (int(guess.sum()) - int(truth.sum())) / int(truth.sum())


def hausdorff95(truth, guess):
    """Distance, in pixels, within which 95 % of each surface lies of the other: 0 is the same surface.

    The surface of a mask is its pixels that touch the outside through an edge (a face in 3-D) or lie on the border
    of the image. From each surface pixel of one mask, the distance to the nearest surface pixel of the other is
    taken; the score is the larger of the two 95th percentiles, one for each direction. MONAI's
    `compute_hausdorff_distance(percentile=95)` does the same; DeepMind's surface-distance also takes the larger of
    two directed percentiles, but weighs surface elements by their area. (Pooling both directions before the
    percentile, as MedPy does, gives smaller numbers.)

    The spacing is one pixel in every direction, between slices too: the scans' files carry no spacing.
    Two empty masks: 0. One empty mask: NaN, as no distance can be taken; count such cases apart.

    >>> truth, guess = np.zeros((9, 9), bool), np.zeros((9, 9), bool)
    >>> truth[2, 2] = guess[2, 6] = True
    >>> hausdorff95(truth, guess)
    4.0
    """
    truth, guess = as_masks(truth, guess)
    if not (truth.any() and guess.any()):
        return float("nan") if truth.any() or guess.any() else 0.0
    box = ndimage.find_objects((truth | guess).astype(np.uint8))[0]
    # Inside the box of both masks every distance is what it was, and a surface pixel stays one: outside is all empty.
    truth, guess = (_surface(mask[box]) for mask in (truth, guess))
    to_truth, to_guess = (ndimage.distance_transform_edt(~surface) for surface in (truth, guess))
    return float(max(np.percentile(to_guess[truth], 95), np.percentile(to_truth[guess], 95)))


def _surface(mask):
    return mask & ~ndimage.binary_erosion(mask)


class LesionCounts(NamedTuple):
    """How many connected parts were found (see `count_lesions`)."""

    lesions: int
    """Connected parts of the truth."""
    found: int
    """Those of them that the guess touches."""
    guesses: int
    """Connected parts of the guess."""
    false_alarms: int
    """Those of them that touch no tumour."""


def count_lesions(truth, guess, overlap=0.0):
    """Count the lesions found and the false alarms, part by part.

    Pixels that touch, corners included, are one part (8 neighbours in a slice, 26 in a volume). A lesion counts as
    found when the guess covers more than the share `overlap` of it; a guessed part is a false alarm when no more
    than that share of it lies on tumour. With `overlap=0` one shared pixel is enough.
    """
    truth, guess = as_masks(truth, guess)
    if not 0 <= overlap < 1:
        raise ArgumentError(f"overlap is a share from 0 up to, not including, 1; got {overlap}.")
    lesions, found = _parts_covered(truth, guess, overlap)
    guesses, confirmed = _parts_covered(guess, truth, overlap)
    return LesionCounts(lesions, found, guesses, guesses - confirmed)


def _parts_covered(mask, by, overlap):
    """Number of connected parts of `mask`, and of those covered by more than the share `overlap`."""
    parts, count = ndimage.label(mask, structure=np.ones((3,) * mask.ndim))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    covered = np.bincount(parts[by], minlength=count + 1)[1:]
    return count, int((covered > overlap * sizes).sum())


def lesion_f1(truth, guess, overlap=0.0):
    """F1 score over lesions instead of pixels: a small lesion counts as much as a large one.

    The harmonic mean of the share of lesions found and the share of guessed parts that are no false alarms, both by
    the rule of `count_lesions`. Two empty masks: 1. One empty mask: 0.

    >>> lesion_f1([1, 1, 0, 1, 0, 0], [0, 1, 0, 0, 0, 1])
    0.5
    """
    lesions, found, guesses, false_alarms = count_lesions(truth, guess, overlap)
    if lesions == 0 or guesses == 0:
        return float(lesions == guesses)
    found, right = found / lesions, 1 - false_alarms / guesses
    return 0.0 if found + right == 0 else 2 * found * right / (found + right)
