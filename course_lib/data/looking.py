"""Small questions about slices in memory: the first functions that learners write themselves."""

import numpy as np

from course_lib.errors import DataError


def standardise(image: np.ndarray) -> np.ndarray:
    """Bring every sequence of a slice to mean 0 and standard deviation 1, by itself.

    Scanners have no common unit of brightness; this takes each one's own away. A sequence that is the same
    everywhere (an empty slice) becomes zeros.

    Args:
        image: one slice, (height, width, sequence), any number type.

    Returns:
        float32 of the same shape.

    Raises:
        DataError: not three axes.

    >>> standardise(np.array([[[0, 7], [10, 7]]], np.uint8)).tolist()
    [[[-1.0, 0.0], [1.0, 0.0]]]
    """
    image = np.asarray(image)
    if image.ndim != 3:
        raise DataError(f"Expected one slice, (height, width, sequence); got shape {image.shape}.")
    decimal = image.astype("float32")
    spread = decimal.std(axis=(0, 1))
    return (decimal - decimal.mean(axis=(0, 1))) / np.where(spread > 0, spread, 1)


def largest_slice(masks: np.ndarray) -> int:
    """Position of the slice with the largest tumour area; the first of several equals.

    Args:
        masks: (slice, height, width) or (slice, height, width, 1), tumour where not 0.

    Returns:
        Position along the first axis, from 0.

    Raises:
        DataError: there are no slices.

    >>> largest_slice(np.array([[[0, 0]], [[1, 1]], [[0, 255]]]))
    1
    """
    masks = np.asarray(masks)
    if masks.ndim < 3 or not len(masks):
        raise DataError(f"Expected masks, (slice, height, width); got shape {masks.shape}.")
    return int(np.count_nonzero(masks.reshape(len(masks), -1), axis=1).argmax())
