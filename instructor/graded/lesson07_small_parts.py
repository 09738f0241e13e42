"""Graded exercise of lesson 7: take away the parts of a mask that are too small."""

import numpy as np
from scipy import ndimage

from course_lib.check.exercise import Exercise, Misconception, Property, case

TEXT = """
## Graded: crumbs

A patient can have two tumours, so keeping the largest part alone may throw one away. Take away only what is too small
to be one.
"""

STUB = '''
from scipy import ndimage


def without_crumbs(mask, pixels):
    """The mask without its small parts: a boolean array of the same shape.

    mask: (height, width) boolean. pixels: a part stays if it has at least so many.
    Pixels that touch at a corner belong to one part.
    """
    raise NotImplementedError("your turn")
'''

SOLUTION = STUB.replace(
    '    raise NotImplementedError("your turn")',
    """    parts, _ = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())
    return mask & (sizes[parts] >= pixels)""",
)

CORNERS_TOO = np.ones((3, 3))


def _kept(mask, wanted, structure=CORNERS_TOO):
    """The parts whose number and size are wanted."""
    parts, count = ndimage.label(mask, structure)
    made = np.zeros(mask.shape, bool)
    for number in range(1, count + 1):
        if wanted(number, int((parts == number).sum())):
            made |= parts == number
    return made


def _right(mask, pixels):
    return _kept(mask, lambda number, size: size >= pixels)


def _largest_only(mask, pixels):
    sizes = [size for _, size in sorted(_sizes(mask).items())]
    largest = 1 + sizes.index(max(sizes)) if sizes else 0
    return _kept(mask, lambda number, size: number == largest and size >= pixels)


def _sizes(mask):
    parts, count = ndimage.label(mask, CORNERS_TOO)
    return {number: int((parts == number).sum()) for number in range(1, count + 1)}


def _background_counts(mask, pixels):
    parts, _ = ndimage.label(mask, CORNERS_TOO)
    return np.bincount(parts.ravel())[parts] >= pixels


def _all_or_nothing(mask, pixels):
    return mask if mask.sum() >= pixels else mask & False


def _mask(*rows):
    return np.array([[letter == "#" for letter in row] for row in rows])


TWO_AND_A_CRUMB = _mask("##....#.", "##......", "....###.", "....###.")
STEPS = _mask("#.....##", ".#......", "..#....#", "........")
CORNER = _mask("##......", "..##....", ".......#", "#.......")
CRUMBS = _mask("#..#..", "......", "..#..#")

EXERCISE = Exercise(
    name="without_crumbs",
    lesson=7,
    task="Take away the parts of a mask that have too few pixels.",
    reference=_right,
    picture=True,
    properties=[
        Property(
            "Every part that is large enough stays, and the others go.",
            [
                case(TWO_AND_A_CRUMB, 3, note="two parts of four and six pixels, and one pixel"),
                case(TWO_AND_A_CRUMB, 5, note="the same, where four are too few"),
            ],
            points=2,
        ),
        Property(
            "A part with just so many pixels stays.", [case(TWO_AND_A_CRUMB, 4, note="the smaller part has just four")]
        ),
        Property(
            "Pixels joined by a corner belong together.",
            [
                case(STEPS, 3, note="three pixels in a slanting row"),
                case(CORNER, 4, note="two pairs, joined by a corner"),
            ],
        ),
        Property(
            "Where no part is large enough the mask is empty, and an empty one stays so.",
            [case(CRUMBS, 2, note="four single pixels"), case(CRUMBS & False, 2, note="no tumour at all")],
        ),
    ],
    misconceptions=[
        Misconception(
            "just so many is too few",
            "A part with exactly that number of pixels has at least so many.",
            lambda mask, pixels: _kept(mask, lambda number, size: size > pixels),
        ),
        Misconception("only the largest part", "Others that are large enough are tumours too.", _largest_only),
        Misconception(
            "corners do not connect",
            "Parts that touch at a corner came apart here, and their pieces are too small.",
            lambda mask, pixels: _kept(mask, lambda number, size: size >= pixels, None),
        ),
        Misconception(
            "the small parts kept",
            "These are the crumbs: what should go.",
            lambda mask, pixels: _kept(mask, lambda number, size: size < pixels),
        ),
        Misconception(
            "the background kept as well",
            "The background is a part of many pixels for `bincount`. It is no tumour.",
            _background_counts,
        ),
        Misconception(
            "all parts counted together",
            "The number of pixels of the whole mask was compared. Every part has its own.",
            _all_or_nothing,
        ),
    ],
    hints=[
        "Label the parts, as in the lesson, and count the pixels of each.",
        "`sizes[parts]` puts, at every pixel, the size of the part that it belongs to.",
        "Compare that with the number asked for. What is the size at a pixel of the background?",
    ],
)
