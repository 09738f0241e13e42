"""Exercise: which sequences are copies of FLAIR."""

import numpy as np

from course_lib import data
from course_lib.check.exercise import Exercise, Misconception, Property, case
from course_lib.check.lesson01.pictures import slice_of


def _patient(*slices) -> np.ndarray:
    """A patient of slices, each given as its three sequences: (slice, height, width, sequence)."""
    return np.stack([slice_of(*sequences) for sequences in slices])


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


def _first_copy_only(images):
    return data.missing_sequences(images)[:1]


def _bare_text(images):
    names = data.missing_sequences(images)
    return names[0] if len(names) == 1 else names


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
        Misconception(
            "text instead of a tuple",
            'A tuple of one needs a comma: `("post",)`. Brackets alone make no tuple.',
            _bare_text,
            sign=lambda inputs, output: isinstance(output, str),
        ),
        Misconception(
            "stopped at the first copy",
            "One copy was found, and then nothing more was looked for. A `return` inside a loop or an `if` ends the "
            "whole function.",
            _first_copy_only,
        ),
    ],
    hints=[
        "What stands in the place of a sequence that was not taken? The text above says it.",
        "`images[..., 1]` is FLAIR of all slices at once; `np.array_equal` compares two arrays as a whole.",
        'Build the answer name by name: for "pre" compare channels 0 and 1, for "post" channels 2 and 1.',
    ],
)
