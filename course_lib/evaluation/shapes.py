"""What a mask is made of: its surface, and its largest connected part."""

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


def largest_part(mask):
    """The largest connected part of a mask, all else taken away; of equally large ones the first.

    Pixels that touch, corners included, belong together (8 neighbours in a slice, 26 in a volume), as in
    `count_lesions`.

    Args:
        mask: boolean or 0/1, a slice or a volume.

    Returns:
        A boolean mask of the same shape; empty if `mask` is.

    >>> largest_part([1, 0, 1, 1]).tolist()
    [False, False, True, True]
    """
    mask, _ = as_masks(mask, mask)
    parts, count = ndimage.label(mask, structure=np.ones((3,) * mask.ndim))
    if count == 0:
        return mask.copy()
    return parts == 1 + np.bincount(parts.ravel(), minlength=count + 1)[1:].argmax()
