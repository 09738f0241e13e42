"""Exercises of lesson 1: looking at scans."""

import numpy as np

from course_lib import data
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _slice(*sequences, dtype=np.uint8) -> np.ndarray:
    """A slice from one small picture per sequence: (height, width, sequence)."""
    return np.stack([np.array(sequence, dtype) for sequence in sequences], axis=-1)


DARK, BRIGHT, FLAT = [[0, 2], [4, 6]], [[100, 140], [180, 220]], [[9, 9], [9, 9]]


# --- standardise -----------------------------------------------------------------------------------------------------


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


STANDARDISE = Exercise(
    name="standardise",
    lesson=1,
    task="Bring every sequence of a slice to mean 0 and standard deviation 1, by itself.",
    reference=data.standardise,
    properties=[
        Property(
            "Every sequence has mean 0 and standard deviation 1, by itself.",
            [case(_slice(DARK, BRIGHT, [[1, 1], [5, 5]]), note="a dark sequence beside a bright one")],
            points=2,
        ),
        Property(
            "A sequence that is the same everywhere becomes zeros.",
            [case(_slice(DARK, FLAT, BRIGHT), note="the second sequence is 9 everywhere")],
        ),
        Property(
            "Shape and number of sequences are free.",
            [case(_slice([[0, 10, 20]], [[5, 5, 8]]), note="two sequences, one row of three pixels")],
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
        "Work in decimals: what would 3 − 5 be in whole numbers from 0 to 255?",
        "`array.mean(axis=…)` takes a tuple of axes. Leave the sequence axis out of it.",
        "Before dividing, replace a spread of 0 by 1: `np.where(spread > 0, spread, 1)`.",
    ],
)


# --- missing_sequences -----------------------------------------------------------------------------------------------


def _patient(*slices) -> np.ndarray:
    """A patient of slices, each given as its three sequences: (slice, height, width, sequence)."""
    return np.stack([_slice(*sequences) for sequences in slices])


def _by_the_mean(images):
    flair = images[..., 1].mean()
    return tuple(name for k, name in ((0, "pre"), (2, "post")) if images[..., k].mean() == flair)


def _first_slice_only(images):
    return data.missing_sequences(images[:1])


def _any_slice(images):
    names = ((0, "pre"), (2, "post"))
    return tuple(n for k, n in names if any(np.array_equal(s[..., k], s[..., 1]) for s in images))


def _pre_against_post(images):
    return ("pre", "post") if np.array_equal(images[..., 0], images[..., 2]) else ()


def _looking_for_black(images):
    return tuple(name for k, name in ((0, "pre"), (2, "post")) if not images[..., k].any())


A, B, C, BLACK = [[1, 2], [3, 4]], [[5, 6], [7, 8]], [[4, 3], [2, 1]], [[0, 0], [0, 0]]

MISSING = Exercise(
    name="missing_sequences",
    lesson=1,
    task="Name the sequences that are a copy of FLAIR in every slice of a patient.",
    reference=data.missing_sequences,
    properties=[
        Property(
            "A patient with three different sequences lacks none.",
            [
                case(_patient((A, B, C), (B, C, A)), note="all three differ"),
                case(_patient((A, C, B)), note="pre has the same mean as FLAIR, but is another picture"),
                case(_patient((A, B, A)), note="pre and post are alike, FLAIR is not"),
            ],
        ),
        Property(
            "A sequence is missing if it equals FLAIR in every slice.",
            [
                case(_patient((A, B, B), (C, A, A)), note="post is FLAIR again"),
                case(_patient((B, B, A), (A, A, C)), note="pre is FLAIR again"),
                case(_patient((B, B, B), (A, A, A)), note="all three are the same picture"),
            ],
        ),
        Property(
            "One slice that is black everywhere proves nothing.",
            [
                case(_patient((BLACK, BLACK, BLACK), (A, B, C)), note="the first slice lies above the head"),
                case(_patient((A, B, C), (BLACK, BLACK, BLACK)), note="the last slice lies below the head"),
                case(_patient((BLACK, B, C), (BLACK, A, B)), note="a sequence that is black is not a copy of FLAIR"),
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "only the means compared",
            "Two different pictures can have the same mean. Compare them pixel by pixel.",
            _by_the_mean,
        ),
        Misconception(
            "only the first slice compared",
            "The first slice often lies above the head and is black in all sequences. Look at all slices.",
            _first_slice_only,
        ),
        Misconception(
            "one equal slice taken as proof",
            "A slice without any head is equal in all sequences. A copy is equal in every slice.",
            _any_slice,
        ),
        Misconception(
            "pre compared with post",
            "What fills a gap in this data set is FLAIR. Compare pre with FLAIR, and post with FLAIR.",
            _pre_against_post,
        ),
        Misconception(
            "looking for a black sequence",
            "A missing sequence was not left empty here: FLAIR was copied into its place.",
            _looking_for_black,
        ),
    ],
    hints=[
        "What stands in the place of a sequence that was not taken? The text above says it.",
        "`images[..., 1]` is FLAIR of all slices at once; `np.array_equal` compares two arrays as a whole.",
        'Build the answer name by name: for "pre" compare channels 0 and 1, for "post" channels 2 and 1.',
    ],
)


# --- largest_slice ---------------------------------------------------------------------------------------------------


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
            ],
            points=2,
        ),
        Property(
            "Masks drawn with 255 count like masks drawn with 1.",
            [case(_masks([[0, 0, 0]], [[0, 0, 255]], [[0, 255, 255]]), note="255 for tumour, as in the files")],
        ),
    ],
    misconceptions=[
        Misconception(
            "position of the largest pixel",
            "`argmax` of the whole stack gives the position of one pixel in one long row. First one number a slice, "
            "then the largest of them.",
            _flattened,
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


EXERCISES = [
    Exercise(
        name="head_percent",
        lesson=1,
        kind="prediction",
        task="Guess, before looking: how many of 100 pixels lie inside the head?",
        between=(0, 100),
        hints=[
            "There is no wrong answer here: a guess that you have made is one that you can be surprised by.",
            "Draw a head into a square: it does not fill the corners. And some slices lie near the top of the head.",
            "Give any number from 0 to 100.",
        ],
    ),
    LARGEST,
    STANDARDISE,
    MISSING,
    Exercise(
        name="what_a_copy_costs",
        lesson=1,
        kind="free",
        task="Say in two or three sentences what a network loses when a sequence is a copy of FLAIR.",
        hints=[
            "What can a reader tell from three different sequences that one alone does not show?",
            "A network has learned weights for each of three sequences. What do those for `pre` get to see now?",
            "Think of the ventricles, and of a place that lights up only after contrast.",
        ],
    ),
]
