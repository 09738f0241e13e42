"""Exercise: the slice with the largest tumour."""

import numpy as np

from course_lib import data
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _flattened(masks):
    return int(np.argmax(masks))


def _counted_from_one(masks):
    return data.largest_slice(masks) + 1


def _first_with_tumor(masks):
    return int(np.argmax([mask.any() for mask in masks]))


def _middle_of_tumor(masks):
    with_tumor = [k for k, mask in enumerate(masks) if mask.any()]
    return with_tumor[len(with_tumor) // 2] if with_tumor else 0


def _area_instead(masks):
    return int(max(np.count_nonzero(mask) for mask in masks))


def _values_added(masks):
    return int(masks.astype(int).sum(axis=(1, 2)).argmax())


def _ones_only(masks):
    return int((masks == 1).sum(axis=(1, 2)).argmax())


def _counts_of_columns(masks):
    return int((masks > 0).sum(axis=1).argmax())


def _masks(*slices) -> np.ndarray:
    return np.array(slices, np.uint8)


LARGEST = Exercise(
    name="largest_slice",
    lesson=1,
    task="Give the position, from 0, of the slice with the largest tumour area.",
    reference=data.largest_slice,
    properties=[
        Property(
            "The slice with the most tumour pixels is found.",
            [
                case(
                    _masks([[0] * 5], [[0, 1, 0, 0, 0]], [[1, 1, 0, 0, 0]], [[1] * 5], [[1, 0, 0, 0, 0]]),
                    note="areas 0, 1, 2, 5, 1",
                ),
                case(_masks([[0, 0]], [[1, 1]], [[0, 1]], [[0, 1]]), note="areas 0, 2, 1, 1"),
                case(_masks([[0, 0, 1], [0, 0, 0]], [[1, 0, 1], [1, 0, 1]]), note="two rows; areas 1, 4"),
            ],
            points=2,
        ),
        Property(
            "Masks drawn with 255 count like masks drawn with 1.",
            [
                case(_masks([[0, 0, 0]], [[0, 0, 255]], [[0, 255, 255]]), note="255 for tumour, as in the files"),
                case(_masks([[0, 0, 255]], [[0, 1, 1]]), note="255 on one slice, 1 on the other"),
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "position of the largest pixel",
            "`argmax` of the whole stack gives the position of one pixel in one long row. First one number a slice, "
            "then the largest of them.",
            _flattened,
        ),
        Misconception(
            "a count for every column",
            "A sum over `axis=1` leaves one number for every column of every slice. Height and width both have to go.",
            _counts_of_columns,
        ),
        Misconception(
            "the values added up",
            "The sum weighs a pixel of 255 like 255 pixels of 1. An area is a count: tumour is whatever is not 0.",
            _values_added,
        ),
        Misconception(
            "only ones counted",
            "In the files tumour is 255, not 1. Count whatever is not 0.",
            _ones_only,
        ),
        Misconception("counted from one", "Positions in arrays begin with 0.", _counted_from_one),
        Misconception(
            "first slice with tumour",
            "This is the first slice on which there is any tumour, not that where there is most of it.",
            _first_with_tumor,
        ),
        Misconception(
            "middle slice of the tumour",
            "Tumours are not eggs: the middle one of the slices need not be the largest. Count the pixels.",
            _middle_of_tumor,
        ),
        Misconception(
            "the area instead of the position",
            "This is how large the largest area is. Asked for is where it is.",
            _area_instead,
        ),
    ],
    hints=[
        "You need one number a slice. Which axes have to go?",
        "`np.count_nonzero(masks, axis=(1, 2))` counts the tumour pixels of each slice.",
        "`np.argmax` of those counts is a position. Wrap it in `int(...)`.",
    ],
)
