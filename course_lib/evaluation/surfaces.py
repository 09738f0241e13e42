"""The surface of a mask."""

import numpy as np
from scipy import ndimage

from course_lib.evaluation.scores import as_masks


def surface_points(mask):
    """Where a mask's surface pixels lie: those that touch the outside through an edge (a face in 3-D).

    Beyond the border of the image all is outside. These are the pixels between which `hausdorff95` takes distances.

    Args:
        mask: boolean or 0/1, of any number of dimensions.

    Returns:
        (point, axis) whole numbers: row and column in a slice; slice, row and column in a volume.

    >>> surface_points(np.ones((3, 3), bool)).tolist()
    [[0, 0], [0, 1], [0, 2], [1, 0], [1, 2], [2, 0], [2, 1], [2, 2]]
    """
    mask, _ = as_masks(mask, mask)
    return np.argwhere(mask & ~ndimage.binary_erosion(mask))
