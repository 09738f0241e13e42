"""Exercise: hits, false alarms and misses of a prediction that is not sure.

The references of this lesson are NumPy, so that asking for a later lesson's exercise does not start TensorFlow; a
test holds them equal to `course_lib.losses`.
"""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case


def soft_counts(truth, guess, per_image=False):
    """Hits, false alarms and misses, in fractions of a pixel: of the whole batch, or of each image."""
    truth, guess = np.asarray(truth, float), np.asarray(guess, float)
    hits = truth * guess
    return _summed(truth, per_image, hits, guess - hits, truth - hits)


def _summed(truth, per_image, *terms):
    axes = tuple(range(1, np.ndim(truth))) if per_image else None
    return tuple(term.sum(axis=axes) for term in terms)


def _thresholded(truth, guess, per_image=False):
    return soft_counts(truth, np.asarray(guess) >= 0.5, per_image)


def _swapped(truth, guess, per_image=False):
    hits, alarms, misses = soft_counts(truth, guess, per_image)
    return hits, misses, alarms


def _whole_guess(truth, guess, per_image=False):
    return _summed(truth, per_image, truth * guess, guess, truth - truth * guess)


def _whole_truth(truth, guess, per_image=False):
    return _summed(truth, per_image, truth * guess, guess - truth * guess, truth)


def _whole_areas(truth, guess, per_image=False):
    return _summed(truth, per_image, truth * guess, guess, truth)


def _with_background(truth, guess, per_image=False):
    hits = truth * guess + (1 - truth) * (1 - guess)
    return _summed(truth, per_image, hits, guess - truth * guess, truth - truth * guess)


def _averaged(truth, guess, per_image=False):
    size = truth[0].size if per_image else truth.size
    return tuple(count / size for count in soft_counts(truth, guess, per_image))


def _always_pooled(truth, guess, per_image=False):
    return soft_counts(truth, guess)


def _always_per_image(truth, guess, per_image=False):
    return soft_counts(truth, guess, per_image=True)


def _along_the_batch(truth, guess, per_image=False):
    if not per_image:
        return soft_counts(truth, guess)
    return tuple(term.sum(axis=0) for term in (truth * guess, (1 - truth) * guess, truth * (1 - guess)))


TUMOR = np.array([[[1.0, 1, 0], [1, 0, 0]]])
CORNER = np.array([[[1.0, 0, 0], [0, 0, 0]]])
NONE = np.zeros((1, 2, 3))
SURE = np.array([[[1.0, 0, 1], [1, 1, 0]]])
UNSURE = np.array([[[0.75, 0.25, 0.5], [1, 0.125, 0]]])
BATCH, GUESSES = np.concatenate([TUMOR, NONE, CORNER]), np.concatenate([UNSURE, UNSURE / 2, SURE])

COUNTS = Exercise(
    name="soft_counts",
    lesson=5,
    task="Count hits, false alarms and misses, in fractions of a pixel where the guess is a probability.",
    reference=soft_counts,
    properties=[
        Property("A sure guess is counted as one counts pixels.", [case(TUMOR, SURE, note="probabilities 0 and 1")]),
        Property(
            "A pixel guessed with 0.75 is three quarters of a hit, or of a false alarm; what is left of a tumour pixel "
            "is missed.",
            [
                case(TUMOR, UNSURE, note="an unsure guess"),
                case(NONE, UNSURE, note="no tumour at all: everything guessed is false alarm"),
                case(TUMOR, NONE, note="nothing guessed: everything is missed"),
            ],
            points=2,
        ),
        Property(
            "Without `per_image` all images of the batch are counted together.",
            [case(BATCH, GUESSES, note="three images, the second without tumour")],
        ),
        Property(
            "With `per_image` every image has its own three counts.",
            [
                case(BATCH, GUESSES, per_image=True, note="three images, the second without tumour"),
                case(TUMOR, UNSURE, per_image=True, note="a batch of one image"),
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "thresholds first",
            "Counted after a threshold, a small change of a probability changes nothing, and training has no slope to "
            "follow. Count fractions.",
            _thresholded,
        ),
        Misconception(
            "misses and false alarms swapped",
            "All three numbers are there. In which order were they asked for, and which of them can there be where the "
            "guess is empty?",
            _swapped,
        ),
        Misconception(
            "everything guessed counted as false alarm",
            "Only what was guessed where there is no tumour is a false alarm; the rest of the guess are hits.",
            _whole_guess,
        ),
        Misconception(
            "the whole tumour counted as missed",
            "A tumour pixel guessed with 0.75 is missed by a quarter, not altogether.",
            _whole_truth,
        ),
        Misconception(
            "whole areas instead of errors",
            "The second and third number are the areas of guess and mask, hits and all. Dice can be made of these; a "
            "false alarm is only what is no hit, and so is a miss.",
            _whole_areas,
        ),
        Misconception(
            "background counted as hits",
            "Pixels rightly left out are true negatives. Here they are counted nowhere: there are so many that they "
            "would hide all the rest.",
            _with_background,
        ),
        Misconception(
            "averages instead of sums",
            "A count does not get smaller because the picture around it gets larger: add up, do not average.",
            _averaged,
        ),
        Misconception(
            "`per_image` not used",
            "With `per_image=True` there should be three numbers for each image, not for the batch.",
            _always_pooled,
        ),
        Misconception(
            "each image counted apart, always",
            "Unless `per_image` is asked for, the whole batch has one count of hits, one of false alarms, one of "
            "misses.",
            _always_per_image,
        ),
        Misconception(
            "summed along the batch",
            "The first axis is the batch. Summed along it, pixels of different images are added to each other, and "
            "each place keeps a count of its own.",
            _along_the_batch,
        ),
    ],
    hints=[
        "Mask and guess multiplied, pixel by pixel: where is the product not 0, and what does it say there?",
        "A false alarm is what was guessed on a pixel where `1 - truth` is 1. And what of a tumour pixel is missed?",
        "Three products of the same shape, then `.sum(axis=…)`: over all axes, or over all but the first.",
    ],
)
