"""The share of pixels that are tumour."""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case


def _tumor_share(masks):
    return float((masks > 0).mean()) if masks.size else 0.0


def _only_tumor_slices(masks):
    return _tumor_share(masks[(masks > 0).any(axis=(1, 2))])


def _summed_values(masks):
    return float(masks.sum() / masks.size)


def _divided_by_255(masks):
    return float((masks / 255).mean())


def _share_of_slices(masks):
    return float((masks > 0).any(axis=(1, 2)).mean())


def _one_share_a_slice(masks):
    return (masks > 0).mean(axis=(1, 2))


def _number_of_pixels(masks):
    return int(np.count_nonzero(masks))


def _in_percent(masks):
    return 100 * _tumor_share(masks)


def _masks(*slices) -> np.ndarray:
    """(slice, height, width) uint8."""
    return np.array(slices, np.uint8)


CLEAR, DOT, BLOB = [[0, 0, 0], [0, 0, 0]], [[0, 1, 0], [0, 0, 0]], [[1, 1, 0], [0, 1, 0]]

SHARE = Exercise(
    name="tumor_share",
    lesson=2,
    task="Give the share of all pixels that are tumour, from 0 to 1.",
    reference=_tumor_share,
    properties=[
        Property(
            "Tumour pixels are divided by all pixels, those of slices without tumour included.",
            [
                case(_masks(BLOB, CLEAR, CLEAR, DOT), note="3 + 0 + 0 + 1 tumour pixels of 24"),
                case(_masks(DOT), note="one slice, 1 of 6 pixels"),
            ],
            points=2,
        ),
        Property(
            "Masks drawn with 255 count like masks drawn with 1.",
            [case(255 * _masks(CLEAR, BLOB), note="255 for tumour, as in the files")],
        ),
        Property(
            "Where no slice shows tumour the share is 0.",
            [case(_masks(CLEAR, CLEAR), note="two slices without tumour")],
        ),
    ],
    misconceptions=[
        Misconception(
            "slices without tumour left out",
            "The share is taken over tumour slices alone, so it comes out too large. A slice without tumour has "
            "pixels too, and a network sees every one of them.",
            _only_tumor_slices,
        ),
        Misconception(
            "255 counted as 255 pixels",
            "In the files tumour is drawn with the value 255, and here the values were added up. Count the pixels "
            "that are not 0, whatever they hold.",
            _summed_values,
        ),
        Misconception(
            "everything divided by 255",
            "The files hold 0 and 255, but `load_slices` gives 0 and 1. Ask whether a pixel is above 0: it fits both.",
            _divided_by_255,
        ),
        Misconception(
            "share of slices",
            "This is the share of slices on which there is any tumour. Asked for is the share of pixels.",
            _share_of_slices,
        ),
        Misconception(
            "one share for each slice",
            "There is one number for each slice; asked for is one number for all of them. Which axis is left over?",
            _one_share_a_slice,
            sign=lambda inputs, output: np.ndim(output) > 0,
        ),
        Misconception(
            "a number of pixels",
            "This is how many pixels are tumour. A share also needs how many there are.",
            _number_of_pixels,
        ),
        Misconception("in per cent", "A share runs from 0 to 1; this one runs to 100.", _in_percent),
    ],
    hints=[
        "Two numbers are needed: how many pixels are tumour, and how many pixels there are.",
        "`masks > 0` is True where there is tumour, whether the mask holds 1 or 255.",
        "The mean of True and False is the share of True. Leave `axis` out, and it runs over all slices at once.",
    ],
)
