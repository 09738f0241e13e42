"""Is 90 % meant when 90 % is said? Reliability, calibration error, Brier score, inside the head or anywhere else."""

import numpy as np
import pandas as pd
from scipy import ndimage

from course_lib.errors import ArgumentError
from course_lib.evaluation.scores import as_masks

AIR = 25  # grey levels: nothing but air is darker than this in all three sequences


def head_mask(images):
    """Which pixels lie inside the head: brighter than air in at least one sequence, dark holes filled.

    Args:
        images: (..., height, width, sequence), 0..255.

    Returns:
        (..., height, width) boolean.

    Raises:
        ArgumentError: fewer than three axes.
    """
    images = np.asarray(images)
    if images.ndim < 3:
        raise ArgumentError(f"An image has the shape (height, width, 3); got {images.shape}.")
    lit = images.max(axis=-1) > AIR
    flat = [ndimage.binary_fill_holes(one) for one in lit.reshape(-1, *lit.shape[-2:])]
    return np.reshape(flat, lit.shape).astype(bool)


def reliability_table(truth, probabilities, inside=None, bins=10):
    """What was said against what is, bin by bin: the numbers of a reliability diagram.

    Bins have equal width; bin k of n holds probabilities from k/n up to, not including, (k+1)/n, the last one 1 too.

    Args:
        truth: boolean or 0/1, of any shape; (…, 1) may stand for (…).
        probabilities: of the same shape, 0 to 1.
        inside: which pixels to count, a mask of that shape; None counts all.
        bins: how many.

    Returns:
        DataFrame, a row a bin: low, high, count (pixels), probability (their mean), share (of tumour among them).
        In an empty bin the last two are NaN: nothing was said there, which is not the same as 0.

    Raises:
        ArgumentError: shapes that differ, values that are no probabilities or no mask, no pixel inside.

    Source: Guo et al. 2017, arXiv 1706.04599.

    >>> reliability_table([0, 1, 1, 1], [0.1, 0.2, 0.9, 1.0], bins=2)["share"].round(2).tolist()
    [0.5, 1.0]
    """
    truth, said = _selected(truth, probabilities, inside)
    if bins != int(bins) or bins < 1:
        raise ArgumentError(f"bins={bins}: give a whole number of bins, such as 10.")
    edges = np.linspace(0, 1, int(bins) + 1)
    place = np.minimum((said * int(bins)).astype(int), int(bins) - 1)
    count, tumor, total = (np.bincount(place, weights=w, minlength=int(bins)) for w in (None, truth, said))
    known = np.where(count > 0, count, np.nan)
    return pd.DataFrame(
        {"low": edges[:-1], "high": edges[1:], "count": count, "probability": total / known, "share": tumor / known}
    )


def calibration_error(truth, probabilities, inside=None, bins=10):
    """Expected calibration error: how far share and probability lie apart, on average over pixels; 0 is calibrated.

    Args, errors: as for `reliability_table`. Source: Naeini et al. 2015 (AAAI), Guo et al. 2017, arXiv 1706.04599.

    >>> round(calibration_error([0, 1, 1, 1], [0.25, 0.25, 0.75, 0.75], bins=2), 3)
    0.25
    """
    table = reliability_table(truth, probabilities, inside, bins).dropna()
    gaps = (table["share"] - table["probability"]).abs()
    return float((gaps * table["count"]).sum() / table["count"].sum())


def brier_score(truth, probabilities, inside=None):
    """Mean squared distance of the probability from what is (0 or 1): 0 is perfect, always saying one half 0.25.

    Args, errors: as for `reliability_table`. Source: Brier 1950.

    >>> brier_score([1, 0], [0.5, 0.5])
    0.25
    """
    truth, said = _selected(truth, probabilities, inside)
    return float(np.mean((said.astype(float) - truth) ** 2))


def _selected(truth, probabilities, inside):
    """Truth (bool) and probabilities of the pixels inside, in a row each.

    Probabilities keep their type: 0.7 in float32 times 10 is 7, as in float64, but between the two it is less.
    """
    probabilities, truth = _without_last(probabilities), _without_last(truth)
    if probabilities.dtype.kind not in "fiub":
        raise ArgumentError(f"Probabilities are numbers from 0 to 1; got {probabilities.dtype} values.")
    if inside is None:
        inside = np.ones(probabilities.shape, bool)
    inside = as_mask_of(_without_last(inside), probabilities.shape, "inside")
    truth = as_mask_of(truth, probabilities.shape, "truth")
    if not inside.any():
        raise ArgumentError("No pixel is inside: there is nothing to judge. Is the head mask of the same slices?")
    said = probabilities[inside]
    if not (said.min() >= 0 and said.max() <= 1):  # NaN fails too
        raise ArgumentError(
            f"Probabilities lie between 0 and 1; these reach from {said.min():g} to {said.max():g}. "
            "Does the network end in a sigmoid, and did it not diverge?"
        )
    return truth[inside], said


def _without_last(values):
    values = np.asarray(values)
    return values[..., 0] if values.ndim in (3, 4) and values.shape[-1] == 1 else values


def as_mask_of(values, shape, name):
    """`values` as a boolean array, known to have that shape and to be 0 or 1 throughout.

    Raises:
        ArgumentError: another shape, or other values.
    """
    values = np.asarray(values)
    if values.shape != tuple(shape):
        raise ArgumentError(f"{name} has shape {values.shape} and the other array {tuple(shape)}: use the same pixels.")
    return as_masks(values, np.zeros(values.shape, bool))[0]
