"""Exercise: the threshold that suits best."""

import numpy as np

from course_lib import evaluation, masks
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _dice(truth, probability, threshold):
    return evaluation.dice_score(truth, probability >= threshold)


def _lowest_of_equals(truth, probability, thresholds):
    return max(thresholds, key=lambda one: (_dice(truth, probability, one), -one))


def _last_of_equals(truth, probability, thresholds):
    return max(reversed(thresholds), key=lambda one: _dice(truth, probability, one))


def _above_only(truth, probability, thresholds):
    return max(thresholds, key=lambda one: (evaluation.dice_score(truth, probability > one), one))


def _accuracy(truth, probability, thresholds):
    return max(thresholds, key=lambda one: (float(((probability >= one) == truth).mean()), one))


def _recall(truth, probability, thresholds):
    return max(thresholds, key=lambda one: ((truth & (probability >= one)).sum(), one))


def _precision(truth, probability, thresholds):
    def precision(one):
        guess = probability >= one
        return (truth & guess).sum() / max(guess.sum(), 1)

    return max(thresholds, key=lambda one: (precision(one), one))


def _best_score(truth, probability, thresholds):
    return max(_dice(truth, probability, one) for one in thresholds)


def _place(truth, probability, thresholds):
    return list(thresholds).index(masks.best_threshold(truth, probability, thresholds))


def _worst(truth, probability, thresholds):
    return min(thresholds, key=lambda one: (_dice(truth, probability, one), -one))


TRUTH = np.array([[0, 1, 1, 0], [0, 1, 0, 0]], bool)
CLEAR = np.array([[0.1, 0.9, 0.8, 0.1], [0.2, 0.7, 0.3, 0.1]])
# Dice grows down to 0.3, where accuracy would rather stay at 0.8 (few guesses, few errors).
FAINT = np.array([[0.3, 0.9, 0.3, 0.0], [0.3, 0.3, 0.0, 0.0]])
HIDDEN = np.array([[0.3, 0.9, 0.1, 0.2], [0.2, 0.8, 0.3, 0.2]])
GRID = [0.2, 0.4, 0.6, 0.8]
STEPS = np.array([[0.6, 0.6, 0.4, 0.2], [0.4, 0.8, 0.2, 0.2]])

THRESHOLD = Exercise(
    name="best_threshold",
    lesson=7,
    task="Of some thresholds, find the one at which the guess has the best Dice.",
    reference=masks.best_threshold,
    properties=[
        Property(
            "The threshold itself comes back, that with the best Dice.",
            [
                case(TRUTH, CLEAR, [0.15, 0.5, 0.85], note="a clear case"),
                case(TRUTH, CLEAR, [0.85, 0.5, 0.15], note="the same, in falling order"),
                case(TRUTH, FAINT, [0.2, 0.8], note="the tumour is faint but for one pixel"),
                case(TRUTH, HIDDEN, [0.05, 0.5], note="one pixel of the tumour is less likely than healthy ones"),
            ],
            points=2,
        ),
        Property(
            "A pixel right at the threshold is guessed to be tumour.",
            [case(TRUTH, STEPS, GRID, note="probabilities that equal thresholds")],
        ),
        Property(
            "Of several equally good ones the highest is taken.",
            [
                case(TRUTH, CLEAR, [0.4, 0.5, 0.6, 0.9], note="0.4, 0.5 and 0.6 give the same mask"),
                case(TRUTH, CLEAR, [0.6, 0.4, 0.5], note="the same three, in no order"),
                case(np.zeros((2, 4), bool), CLEAR, [0.5, 0.95, 0.98], note="no tumour: an empty guess is right"),
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "the lowest of several equals",
            "The Dice is right, but several thresholds reach it, and this is the lowest of them. (`argmax` stops at "
            "the first.) The highest guesses no pixel more than needed.",
            _lowest_of_equals,
        ),
        Misconception(
            "the last of several equals",
            "Of several with the same Dice this takes the one that comes last in the list, and the list may be in any "
            "order. `sorted(thresholds)` brings them from low to high.",
            _last_of_equals,
        ),
        Misconception(
            "a pixel right at the threshold left out",
            "A pixel whose probability equals the threshold counts as tumour.",
            _above_only,
        ),
        Misconception(
            "accuracy instead of Dice",
            "This threshold gets most pixels right, and most pixels are healthy: lesson 2's trap. Dice leaves out the "
            "healthy pixels that were left alone.",
            _accuracy,
        ),
        Misconception(
            "only misses counted",
            "This finds the most tumour, whatever the false alarms. Dice counts both.",
            _recall,
        ),
        Misconception(
            "only false alarms counted",
            "This raises the fewest false alarms, whatever is missed. Dice counts both.",
            _precision,
        ),
        Misconception(
            "the best Dice instead of its threshold",
            "This is how good the best is. Asked for is where it is reached.",
            _best_score,
        ),
        Misconception(
            "the place in the list",
            "This is which of the thresholds it is, counted from 0. Give the threshold itself.",
            _place,
        ),
        Misconception(
            "the worst one",
            "This threshold has the lowest Dice. Is 1 a good Dice, or a bad one?",
            _worst,
        ),
    ],
    hints=[
        "Try every threshold: a mask from it, the Dice of that mask. Which is the largest?",
        "`evaluation.dice_score(truth, mask)` gives the Dice. Go through the thresholds and remember the best so far.",
        "Go through them from low to high, and replace the best also when the new one is as good: ties fall right.",
    ],
)
