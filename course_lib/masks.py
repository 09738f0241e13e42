"""What one does with a mask once it is there: find its errors, tidy it, move its outline, draw it from points.

Masks are (height, width) or (slice, height, width), boolean or numbers that are all 0 or 1.
"""

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw
from scipy import ndimage

from course_lib.errors import ArgumentError
from course_lib.evaluation.scores import as_masks, dice_score

HEALTHY, HIT, MISS, FALSE_ALARM = 0, 1, 2, 3


def error_codes(truth, probability, threshold=0.5):
    """What became of every pixel: 0 healthy and left alone, 1 hit, 2 miss, 3 false alarm.

    Args:
        truth: the expert's mask.
        probability: of tumour, of the same shape, 0 to 1; a mask will do.
        threshold: a pixel is guessed to be tumour from this probability on.

    Returns:
        uint8 array of that shape.

    >>> error_codes([[0, 1, 1, 0]], [[0.1, 0.9, 0.2, 0.5]])
    array([[0, 1, 2, 3]], dtype=uint8)
    """
    truth, guess = as_masks(truth, np.asarray(probability) >= threshold)
    return np.select([truth & guess, truth, guess], [HIT, MISS, FALSE_ALARM], HEALTHY).astype(np.uint8)


def best_threshold(truth, probability, thresholds):
    """The threshold with the best Dice; of several equally good ones the highest.

    Args:
        truth: the expert's mask, a slice or a whole volume.
        probability: of tumour, of the same shape; tumour is guessed where it is at least the threshold.
        thresholds: those to choose from, in any order.

    Returns:
        One of `thresholds`.

    >>> best_threshold([[1, 1, 0]], [[0.9, 0.6, 0.3]], [0.2, 0.4, 0.6, 0.8])
    0.6
    """
    probability = np.asarray(probability)
    return max(thresholds, key=lambda threshold: (dice_score(truth, probability >= threshold), threshold))


def largest_part(mask):
    """The largest connected part of a mask; pixels that touch, corners included, are one part.

    Args:
        mask: a slice (8 neighbours) or a volume (26).

    Returns:
        Boolean mask of the same shape; empty if the mask is. Of two parts of one size the one that comes first.

    >>> largest_part([[1, 0, 1, 1]])
    array([[False, False,  True,  True]])
    """
    mask, _ = as_masks(mask, mask)
    parts, count = ndimage.label(mask, np.ones((3,) * mask.ndim))
    if count == 0:
        return mask
    return parts == 1 + np.bincount(parts.ravel())[1:].argmax()


def resized_outline(mask, pixels):
    """The mask with its outline drawn wider (`pixels` > 0) or tighter (< 0) in every slice.

    A pixel counts as one away from those that it touches with an edge.

    >>> resized_outline(np.array([[0, 0, 0, 1, 0, 0]], bool), 1).astype(int)
    array([[0, 0, 1, 1, 1, 0]])
    """
    mask, _ = as_masks(mask, mask)
    if pixels == 0:
        return mask
    cross = ndimage.generate_binary_structure(2, 1).reshape((1,) * (mask.ndim - 2) + (3, 3))
    change = ndimage.binary_dilation if pixels > 0 else ndimage.binary_erosion
    return change(mask, cross, abs(pixels))


def one_pixel_costs(masks):
    """What one pixel of difference costs: Dice of each mask with its own outline, moved or redrawn.

    Args:
        masks: (slice, height, width), tumour on each.

    Returns:
        DataFrame, a row a slice: area (pixels); moved (by one pixel: mean of up, down, left and right), wider (drawn
        one pixel wider all round), two_readers (one draws a pixel wider, the other a pixel tighter, compared with each
        other).

    Raises:
        ArgumentError: a slice without tumour.
    """
    masks, _ = as_masks(masks, masks)
    if masks.ndim != 3 or not masks.any(axis=(1, 2)).all():
        raise ArgumentError("Give masks of the shape (slice, height, width) with tumour on every slice.")
    room = np.pad(masks, ((0, 0), (1, 1), (1, 1)))  # so that nothing moves out of the picture
    wide, tight = resized_outline(room, 1), resized_outline(room, -1)
    moved = [np.roll(room, step, axis) for step in (-1, 1) for axis in (1, 2)]
    rows = []
    for k, mask in enumerate(room):
        shifted = np.mean([dice_score(mask, other[k]) for other in moved])
        rows.append((int(mask.sum()), shifted, dice_score(mask, wide[k]), dice_score(wide[k], tight[k])))
    return pd.DataFrame(rows, columns=["area", "moved", "wider", "two_readers"])


def from_outline(points, shape):
    """The mask inside an outline of straight lines; pixels whose centre lies on a line belong to it.

    Args:
        points: [(x, y), …] in pixels, the centre of the upper left pixel being (0, 0); the last is joined to the first.
        shape: (height, width) of the mask.

    Returns:
        (height, width) boolean; empty for fewer than three points.

    Raises:
        ArgumentError: points that are no finite pairs of numbers.

    >>> from_outline([(1, 0), (2, 0), (2, 1), (1, 1)], (2, 4)).astype(int)
    array([[0, 1, 1, 0],
           [0, 1, 1, 0]])
    """
    height, width = shape
    try:
        points = np.asarray(points, float).reshape(-1, 2)
    except (TypeError, ValueError):
        raise ArgumentError("An outline is a list of points (x, y), in pixels.") from None
    if not np.isfinite(points).all():
        raise ArgumentError("An outline is a list of points (x, y), in pixels; some here are no finite numbers.")
    if len(points) < 3:
        return np.zeros((height, width), bool)
    fine = 9  # drawn nine times finer: then the middle of nine is a pixel's centre, and lines may pass between pixels
    canvas = Image.new("1", (width * fine, height * fine))
    corners = np.round(np.clip(points, -1, max(shape)) * fine + fine // 2).astype(int)
    ImageDraw.Draw(canvas).polygon([tuple(corner) for corner in corners.tolist()], fill=1, outline=1)
    return np.asarray(canvas)[fine // 2 :: fine, fine // 2 :: fine].copy()
