"""Exercise: what became of every pixel."""

import numpy as np

from course_lib import masks
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _codes(truth, guess, hit=1, miss=2, alarm=3):
    return np.select([truth & guess, truth & ~guess, guess & ~truth], [hit, miss, alarm], 0).astype(np.uint8)


def _swapped(truth, probability, threshold):
    return _codes(truth, probability >= threshold, miss=3, alarm=2)


def _above_only(truth, probability, threshold):
    return _codes(truth, probability > threshold)


def _probabilities_as_masks(truth, probability, threshold):
    return _codes(truth, probability > 0)


def _threshold_ignored(truth, probability, threshold):
    return _codes(truth, probability >= 0.5)


def _healthy_as_hits(truth, probability, threshold):
    guess = probability >= threshold
    return np.where(truth == guess, 1, _codes(truth, guess)).astype(np.uint8)


def _right_or_wrong(truth, probability, threshold):
    return (truth != (probability >= threshold)).astype(np.uint8)


def _hits_not_told(truth, probability, threshold):
    return _codes(truth, probability >= threshold, hit=0)


def _sum_of_both(truth, probability, threshold):
    return (truth.astype(int) + 2 * (probability >= threshold)).astype(np.uint8)


def _boolean_zeros(truth, probability, threshold):
    return _codes(truth, probability >= threshold) > 0


TRUTH = np.array([[0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]], bool)
LIKELY = np.array([[0.0, 0.9, 0.4, 0.1], [0.0, 0.7, 0.3, 0.0], [0.0, 0.8, 0.2, 0.0]])
EDGE = np.array([[0.5, 0.5], [0.4, 0.6]])
NONE = np.zeros((2, 2), bool)

ERRORS = Exercise(
    name="error_codes",
    lesson=7,
    task="Say of every pixel what became of it: 0 healthy and left alone, 1 hit, 2 miss, 3 false alarm.",
    reference=masks.error_codes,
    picture=True,
    properties=[
        Property(
            "Hits are 1, misses 2, false alarms 3, and healthy pixels that were left alone 0.",
            [
                case(TRUTH, LIKELY, 0.5, note="two hits, two misses, one false alarm"),
                case(TRUTH, TRUTH.astype(float), 0.5, note="the network is right and sure everywhere"),
            ],
            points=2,
        ),
        Property(
            "The threshold decides what is guessed, and a pixel right at it is guessed to be tumour.",
            [
                case(TRUTH, LIKELY, 0.2, note="a low threshold"),
                case(np.array([[1, 0], [1, 0]], bool), EDGE, 0.5, note="two pixels right at the threshold"),
            ],
        ),
        Property(
            "Without tumour there are only false alarms and pixels left alone.",
            [case(NONE, EDGE, 0.45, note="no tumour at all"), case(NONE, np.zeros((2, 2)), 0.5, note="nothing at all")],
        ),
    ],
    misconceptions=[
        Misconception(
            "misses and false alarms swapped",
            "Misses and false alarms have changed places. Tumour that was not guessed is a miss; a guess where there "
            "is no tumour raises a false alarm.",
            _swapped,
        ),
        Misconception(
            "probabilities taken for a mask",
            "A probability of 0.01 is not a guess. Turn the probabilities into a mask first, with the threshold; then "
            "compare two masks.",
            _probabilities_as_masks,
        ),
        Misconception(
            "healthy pixels counted as hits",
            "A healthy pixel that was left alone is right, but it is no hit: there was nothing to hit. Most of a slice "
            "would be hits.",
            _healthy_as_hits,
        ),
        Misconception(
            "only right and wrong",
            "This says where the two differ. Asked for is also how: a miss and a false alarm are different mistakes.",
            _right_or_wrong,
        ),
        Misconception(
            "the threshold always 0.5",
            "Another threshold changes nothing here. Use the one that is given.",
            _threshold_ignored,
        ),
        Misconception(
            "a pixel right at the threshold left out",
            "Nearly: a pixel whose probability equals the threshold is guessed to be tumour.",
            _above_only,
        ),
        Misconception(
            "hits not marked",
            "The errors are told well, but hits are 0 like healthy pixels: then nobody sees what was found.",
            _hits_not_told,
        ),
        Misconception(
            "codes in a boolean array",
            "`np.zeros_like(truth)` is boolean, because `truth` is: 2 and 3 become True in it. Codes need whole "
            "numbers, as in `np.zeros(truth.shape, int)`.",
            _boolean_zeros,
        ),
        Misconception(
            "truth plus twice the guess",
            "An elegant sum, but it gives other numbers: in it a miss is 1, a false alarm 2 and a hit 3.",
            _sum_of_both,
        ),
    ],
    hints=[
        "There are two questions for every pixel: is it tumour, and was it guessed? Four answers, four numbers.",
        "First make a mask of the guess from probabilities and threshold. A hit is where both masks are True.",
        "Begin with zeros (whole numbers, not booleans) and set each kind; `codes[truth & ~guess]` are the misses.",
    ],
)
