"""Graded exercise of lesson 5: a Tversky index with a third weight, on the hits."""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case

TEXT = """
## Graded: a third weight

Misses and false alarms have weights. Give hits one too: what was found counts `hit_weight` times, wherever it stands in
the fraction.
"""

STUB = '''
def three_weight_index(truth, guess, hit_weight, fn_weight, fp_weight):
    """Tversky index whose hits are weighted as well; no smoothing.

    truth: masks, (image, height, width), 0 or 1, with some tumour. guess: probabilities, of the same shape.
    hit_weight, fn_weight, fp_weight: how often hits, misses and false alarms count. The whole batch has one index.
    """
    raise NotImplementedError("your turn")
'''

SOLUTION = STUB.replace(
    '    raise NotImplementedError("your turn")',
    """    hits = hit_weight * (truth * guess).sum()
    misses = fn_weight * (truth * (1 - guess)).sum()
    alarms = fp_weight * ((1 - truth) * guess).sum()
    return hits / (hits + misses + alarms)""",
)


def _parts(truth, guess):
    hits = float((truth * guess).sum())
    return hits, float(truth.sum()) - hits, float(guess.sum()) - hits


def _index(truth, guess, hit_weight, fn_weight, fp_weight):
    hits, misses, alarms = _parts(truth, guess)
    return hit_weight * hits / (hit_weight * hits + fn_weight * misses + fp_weight * alarms)


def _swapped(truth, guess, hit_weight, fn_weight, fp_weight):
    return _index(truth, guess, hit_weight, fp_weight, fn_weight)


def _above_only(truth, guess, hit_weight, fn_weight, fp_weight):
    return hit_weight * _index(truth, guess, 1, fn_weight, fp_weight)


def _below_only(truth, guess, hit_weight, fn_weight, fp_weight):
    return _index(truth, guess, hit_weight, fn_weight, fp_weight) / hit_weight


def _forgotten(truth, guess, hit_weight, fn_weight, fp_weight):
    return _index(truth, guess, 1, fn_weight, fp_weight)


def _loss(truth, guess, hit_weight, fn_weight, fp_weight):
    return 1 - _index(truth, guess, hit_weight, fn_weight, fp_weight)


def _smooth(truth, guess, hit_weight, fn_weight, fp_weight):
    hits, misses, alarms = _parts(truth, guess)
    return (hit_weight * hits + 1) / (hit_weight * hits + fn_weight * misses + fp_weight * alarms + 1)


def _per_image(truth, guess, hit_weight, fn_weight, fp_weight):
    return np.mean([_index(t, g, hit_weight, fn_weight, fp_weight) for t, g in zip(truth, guess, strict=True)])


def _thresholded(truth, guess, hit_weight, fn_weight, fp_weight):
    return _index(truth, (guess >= 0.5) * 1.0, hit_weight, fn_weight, fp_weight)


TUMOR = np.array([[[1.0, 1, 0], [1, 1, 0]]])
TIMID, GENEROUS = np.array([[[1.0, 0, 0], [1, 0, 0]]]), np.ones((1, 2, 3))
UNSURE = np.array([[[0.75, 0.625, 0.25], [1, 0.5, 0.125]]])
SMALL = np.array([[[1.0, 0, 0], [0, 0, 0]]])

EXERCISE = Exercise(
    name="three_weight_index",
    lesson=5,
    task="Weight the hits of the Tversky index as well.",
    reference=_index,
    properties=[
        Property(
            "Hits count `hit_weight` times, above and below.",
            [
                case(TUMOR, TIMID, 2.0, 0.5, 0.5, note="two of four pixels missed, hits count twice"),
                case(TUMOR, TIMID, 0.5, 0.5, 0.5, note="hits count one half: with equal weights, Jaccard"),
            ],
            points=2,
        ),
        Property(
            "Misses count `fn_weight` times, false alarms `fp_weight` times.",
            [
                case(TUMOR, TIMID, 1.0, 0.7, 0.3, note="only misses"),
                case(TUMOR, GENEROUS, 1.0, 0.7, 0.3, note="only false alarms"),
                case(TUMOR, UNSURE, 1.0, 0.9, 0.2, note="fractions of pixels"),
            ],
            points=2,
        ),
        Property(
            "All images of a batch together have one index.",
            [case(np.concatenate([TUMOR, SMALL]), np.concatenate([TIMID, UNSURE]), 1.0, 0.7, 0.3, note="two images")],
        ),
    ],
    misconceptions=[
        Misconception(
            "the two errors' weights swapped", "Which of the guesses only misses? Look at its weight.", _swapped
        ),
        Misconception(
            "weighted above only", "What was found stands below as well, among all that counts.", _above_only
        ),
        Misconception("weighted below only", "What was found stands above as well.", _below_only),
        Misconception(
            "the new weight not used", "This is the index of the lesson: right where hits count once.", _forgotten
        ),
        Misconception(
            "the loss instead of the index",
            "A perfect guess gets the smallest value here, and should get the largest.",
            _loss,
        ),
        Misconception("smoothed", "Nothing is added here: there is always some tumour.", _smooth),
        Misconception(
            "the mean of the images' indices",
            "Each image was divided by itself. Here the counts of the batch are added up before anything is divided.",
            _per_image,
        ),
        Misconception("thresholds first", "Count fractions of pixels, as the lesson does.", _thresholded),
    ],
    hints=[
        "The three counts are those of the lesson. Write down which weight belongs to which.",
        "Multiply each count by its weight at once, and give the products names.",
        "Above stands the weighted hits, below the sum of all three products.",
    ],
)
