"""Exercise: every sequence at mean 0 and standard deviation 1."""

import numpy as np

from course_lib import data
from course_lib.check.exercise import Exercise, Misconception, Property, case
from course_lib.check.lesson01.pictures import slice_of

DARK, BRIGHT, FLAT = [[0, 2], [4, 6]], [[100, 140], [180, 220]], [[9, 9], [9, 9]]


def _over_everything(image):
    decimal = np.asarray(image, "float32")
    return (decimal - decimal.mean()) / (decimal.std() or 1)


def _by_the_range(image):
    decimal = np.asarray(image, "float32")
    low, high = decimal.min(axis=(0, 1)), decimal.max(axis=(0, 1))
    return (decimal - low) / np.where(high > low, high - low, 1)


def _without_guard(image):
    decimal = np.asarray(image, "float32")
    with np.errstate(divide="ignore", invalid="ignore"):
        return (decimal - decimal.mean(axis=(0, 1))) / decimal.std(axis=(0, 1))


def _wrapping(image):
    image = np.asarray(image)
    spread = image.std(axis=(0, 1))
    centred = image - image.mean(axis=(0, 1)).astype(image.dtype)
    return (centred / np.where(spread > 0, spread, 1)).astype("float32")


def _only_centred(image):
    decimal = np.asarray(image, "float32")
    return decimal - decimal.mean(axis=(0, 1))


def _cast_back(image):
    return data.standardise(image).astype(np.int16).astype(np.asarray(image).dtype)


def _by_the_variance(image):
    decimal = np.asarray(image, "float32")
    spread = decimal.var(axis=(0, 1))
    return (decimal - decimal.mean(axis=(0, 1))) / np.where(spread > 0, spread, 1)


def _by_255(image):
    return np.asarray(image, "float32") / 255


STANDARDISE = Exercise(
    name="standardise",
    lesson=1,
    task="Bring every sequence of a slice to mean 0 and standard deviation 1, by itself.",
    reference=data.standardise,
    properties=[
        Property(
            "Every sequence has mean 0 and standard deviation 1, by itself.",
            [case(slice_of(DARK, BRIGHT, [[1, 1], [5, 5]]), note="a dark sequence beside a bright one")],
            points=2,
        ),
        Property(
            "A sequence that is the same everywhere becomes zeros.",
            [case(slice_of(DARK, FLAT, BRIGHT), note="the second sequence is 9 everywhere")],
        ),
        Property(
            "Shape and number of sequences are free.",
            [case(slice_of([[0, 10, 20]], [[5, 5, 8]]), note="two sequences, one row of three pixels")],
        ),
    ],
    misconceptions=[
        Misconception(
            "all sequences together",
            "Mean and spread were taken over the whole array, so a bright sequence stays brighter than a dark one. "
            "Each sequence needs its own: which axes are height and width?",
            _over_everything,
        ),
        Misconception(
            "scaled by the range",
            "The values now run from 0 to 1. That is another way to rescale, and one bright pixel decides it; asked "
            "for are mean 0 and standard deviation 1.",
            _by_the_range,
            sign=lambda inputs, output: np.min(output) == 0 and np.isclose(np.max(output), 1),
        ),
        Misconception(
            "divided by 255",
            "All values lie from 0 to 1 now, but a dark scanner is as dark as before. Each sequence has a mean and a "
            "spread of its own.",
            _by_255,
        ),
        Misconception(
            "cast back to whole numbers",
            "The answer is in whole numbers, which cut off what lies behind the point and wrap what lies below 0. "
            "`np.zeros_like(image)` and `.astype(image.dtype)` make them; return decimals.",
            _cast_back,
            sign=lambda inputs, output: np.asarray(output).dtype.kind in "iu",
        ),
        Misconception(
            "divided by the variance",
            "The variance is the square of the spread: divide by `std`, not by `var`.",
            _by_the_variance,
        ),
        Misconception(
            "divided by zero",
            "A sequence that is the same everywhere has a spread of 0, and 0 divided by 0 is not a number. One NaN in "
            "a batch is enough to spoil a training.",
            _without_guard,
        ),
        Misconception(
            "bytes that wrap",
            "The files hold whole numbers from 0 to 255. In that type 3 − 5 is 254: make decimals of them first.",
            _wrapping,
        ),
        Misconception(
            "centred but not scaled",
            "The mean is 0 now, but the spread is still that of the scanner.",
            _only_centred,
        ),
    ],
    hints=[
        "Whole numbers from 0 to 255 cannot hold the answer: make decimals first, and give decimals back.",
        "`array.mean(axis=…)` takes a tuple of axes. Leave the sequence axis out of it.",
        "Before dividing, replace a spread of 0 by 1: `np.where(spread > 0, spread, 1)`.",
    ],
)
