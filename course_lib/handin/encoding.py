"""Masks as run lengths: most of a mask is empty, and what is not comes in long rows."""

import numpy as np

from course_lib.errors import ArgumentError


def encode_runs(mask):
    """The runs of tumour in a mask, read row by row as one long line of pixels.

    Args:
        mask: (height, width), tumour where not 0.

    Returns:
        A list of (start, length): the position of a run's first pixel, counted from 0, and how many pixels it has. A
        run that reaches a row's end goes on in the next row. An empty mask gives an empty list.

    >>> encode_runs([[0, 1, 1], [1, 0, 0], [0, 0, 255]])
    [(1, 3), (8, 1)]
    """
    tumor = np.asarray(mask).ravel() != 0
    fenced = np.concatenate([[False], tumor, [False]])  # so that every run has a beginning and an end
    edges = np.flatnonzero(fenced[1:] != fenced[:-1])
    return [(int(start), int(end - start)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def decode_runs(runs, shape):
    """The mask that `encode_runs` wrote down.

    Args:
        runs: (start, length) of each run, in order, with at least one empty pixel between two.
        shape: (height, width).

    Returns:
        (height, width) boolean.

    Raises:
        ArgumentError: runs that no mask of this shape has.

    >>> decode_runs([(1, 3)], (2, 3)).astype(int)
    array([[0, 1, 1],
           [1, 0, 0]])
    """
    check_runs(runs, shape)
    mask = np.zeros(shape[0] * shape[1], bool)
    for start, length in runs:
        mask[start : start + length] = True
    return mask.reshape(shape)


def check_runs(runs, shape):
    """Raise `ArgumentError` unless a mask of this shape has these runs."""
    last = -1
    for start, length in runs:
        if start <= last or length < 1 or start + length > shape[0] * shape[1]:
            raise ArgumentError(
                f"A mask of {shape[0]} × {shape[1]} pixels has no run of {length} pixels at {start} here: runs come in "
                "order, do not touch, and end within the mask."
            )
        last = start + length
