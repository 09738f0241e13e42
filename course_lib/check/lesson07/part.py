"""Exercise: the largest connected part of a mask."""

import numpy as np
from scipy import ndimage

from course_lib import masks
from course_lib.check.exercise import Exercise, Misconception, Property, case

CORNERS_TOO = np.ones((3, 3))


def _labelled(mask, structure=CORNERS_TOO):
    """Labels, their number, and the pixels of each, background first."""
    parts, count = ndimage.label(mask, structure)
    return parts, count, np.bincount(parts.ravel(), minlength=count + 1)


def _first_part(mask):
    return _labelled(mask)[0] == 1


def _last_part(mask):
    parts, count, _ = _labelled(mask)
    return (parts == count) & mask


def _background(mask):
    parts, _, sizes = _labelled(mask)
    return parts == sizes.argmax()


def _edges_only(mask):
    parts, count, sizes = _labelled(mask, None)
    return parts == 1 + sizes[1:].argmax() if count else mask


def _labels(mask):
    parts, count, sizes = _labelled(mask)
    return np.where(parts == 1 + sizes[1:].argmax(), parts, 0) if count else parts


def _all_labels(mask):
    return _labelled(mask)[0]


def _unchanged(mask):
    return mask


def _number_off_by_one(mask):
    parts, count, sizes = _labelled(mask)
    return parts == sizes[1:].argmax() if count else mask


def _empty_forgotten(mask):
    parts, _, sizes = _labelled(mask)
    return parts == 1 + sizes[1:].argmax()


def _shown_by(wrong):
    """A sign: the output is what the wrong function makes of this mask, whatever it does on an empty one."""
    return lambda inputs, output: np.array_equal(wrong(*inputs), output)


def _mask(*rows) -> np.ndarray:
    """A mask from rows of text, # for tumour."""
    return np.array([[letter == "#" for letter in row] for row in rows])


SMALL_FIRST = _mask("#...#..", ".......", "##.....", "##....#")
CORNER = _mask("##.....", "..#....", "...#...", ".....##", ".....#.")
MIDDLE = _mask("##....#", "##.....", "##....#", ".......")
ONE = _mask("....", ".##.", "....")
MOST = _mask("####.", "####.", "####.", "....#")

PART = Exercise(
    name="largest_part",
    lesson=7,
    task="Keep the largest connected part of a mask; pixels that touch at a corner are connected.",
    reference=masks.largest_part,
    picture=True,
    properties=[
        Property(
            "The part with the most pixels stays, wherever it lies; the others go.",
            [
                case(SMALL_FIRST, note="two small parts come before the largest, and one after it"),
                case(MIDDLE, note="the largest part comes first, two pixels follow"),
            ],
            points=2,
        ),
        Property(
            "Pixels that touch at a corner are one part.",
            [case(CORNER, note="a line that runs across corners: four pixels"), case(MOST, note="held by a corner")],
        ),
        Property(
            "A mask of one part stays as it is, and an empty one stays empty.",
            [case(ONE, note="one part"), case(np.zeros((2, 3), bool), note="an empty mask")],
        ),
    ],
    misconceptions=[
        Misconception(
            "the first part instead of the largest",
            "This keeps the part that `label` numbered 1: the one that it met first, from above. Count pixels.",
            _first_part,
        ),
        Misconception(
            "the last part instead of the largest",
            "This keeps the part with the highest number. The numbers say in which order parts were met, not how "
            "large they are.",
            _last_part,
        ),
        Misconception(
            "the background taken for a part",
            "The background is labelled 0 and is nearly always the largest. Leave it out before you look for the most.",
            _background,
        ),
        Misconception(
            "corners do not connect",
            "Only pixels that share an edge were joined, which is what `label` does unless it is told otherwise. Give "
            "it a `structure`.",
            _edges_only,
            sign=_shown_by(_edges_only),
        ),
        Misconception(
            "a part's number instead of a mask",
            "The right part, but filled with its number. A mask says True or False.",
            _labels,
            sign=lambda inputs, output: (
                np.asarray(output).dtype != bool
                and np.array_equal(np.asarray(output) > 0, masks.largest_part(inputs[0]))
                and np.max(output) > 1
            ),
        ),
        Misconception(
            "all parts, numbered",
            "These are all parts with their numbers, as `label` gives them. One of them should stay, as a mask.",
            _all_labels,
            sign=lambda inputs, output: np.array_equal(output, _labelled(inputs[0])[0]) and np.max(output) > 1,
        ),
        Misconception("nothing taken away", "The mask came back as it was, with all its parts.", _unchanged),
        Misconception(
            "a number off by one",
            "Without the background the sizes begin with part 1, so place 0 among them is part 1.",
            _number_off_by_one,
            sign=_shown_by(_number_off_by_one),
        ),
        Misconception(
            "an empty mask not thought of",
            "An empty mask has no part, so there are no sizes to take the largest of. Ask first whether there is any.",
            _empty_forgotten,
        ),
    ],
    hints=[
        "`ndimage.label(mask, structure)` numbers the parts from 1 on and says how many there are; 0 is background.",
        "`np.bincount(parts.ravel())` counts the pixels of every number. Which of them may not win?",
        "Take `sizes[1:].argmax() + 1`, and compare. With no part at all there is nothing to take the argmax of.",
    ],
)
